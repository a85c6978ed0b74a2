/*
 * What the format functions of the record types are made of. Numbers, strings and names
 * are taken off the data at m->pos; the text grows in the scratch memory.
 */
#ifndef TALLYMAN_APP_DNS_RDATA_H
#define TALLYMAN_APP_DNS_RDATA_H

#include <stdbool.h>
#include <stdint.h>

#include "app/dns.h"

/* The data of one record while its text is written. */
struct rdata {
	struct dns_message *m;
	uint32_t end; /* offset behind the data */
	struct app_dns_record *r;
	uint32_t used; /* of m->scratch->rdata */
};

/* Writing: what does not fit is left out and noted in the message. */
void rdata_put(struct rdata *d, const void *bytes, uint32_t n);
void rdata_put_str(struct rdata *d, const char *s);
void rdata_put_u32(struct rdata *d, uint32_t value);

/* A copy of text that lives as long as the message. */
struct app_text rdata_keep(struct dns_message *m, const char *text, uint32_t len);

/* Reading: bytes to go, n of them (NULL beyond the end), a number of 1, 2 or 4. */
uint32_t rdata_left(const struct rdata *d);
const uint8_t *rdata_take(struct rdata *d, uint32_t n);
bool rdata_take_number(struct rdata *d, uint32_t size, uint32_t *value_r);

/* Both; false when the data is impossible. Pieces are set apart by a space. */

/* Numbers of the sizes that the digits say, kept in numbers[] too. */
bool rdata_put_numbers(struct rdata *d, const char *sizes);
/* A name, kept in names[i] too. */
bool rdata_put_name(struct rdata *d, unsigned i);
/* A character-string (RFC 1035 section 3.3) as it is, without a space. */
bool rdata_put_string(struct rdata *d);
/* One in quotes. */
bool rdata_put_quoted(struct rdata *d);
/* An address of 4 or 16 bytes, without a space. */
bool rdata_put_address(struct rdata *d, uint32_t size);
/* All that is left. */
void rdata_put_hex_rest(struct rdata *d);
void rdata_put_quoted_rest(struct rdata *d);

#endif
