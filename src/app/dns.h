/*
 * One DNS message out of bytes, without any state: header, names, sections and the
 * text of the record types. The time is linear in the length of the message, whatever
 * its counts and pointers claim.
 */
#ifndef TALLYMAN_APP_DNS_PRIVATE_H
#define TALLYMAN_APP_DNS_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tallyman/app.h"

#define DNS_HEADER    12
#define DNS_NXDOMAIN  3
#define DNS_TEXT_MAX  (32 * 1024) /* texts of one message */
#define DNS_RDATA_MAX 1024        /* text of one record's data */

/* Where the arrays and texts of the message stand until the next one is parsed. */
struct dns_scratch {
	struct app_dns_question questions[APP_DNS_QUESTIONS_MAX];
	struct app_dns_record records[APP_DNS_RECORDS_MAX];
	char text[DNS_TEXT_MAX];
	char rdata[DNS_RDATA_MAX]; /* the text that is being put together */
};

/* A message while it is read. Offsets count from its header. */
struct dns_message {
	const uint8_t *data;
	uint32_t cap, len; /* bytes present, and on the wire */
	uint32_t pos;
	struct dns_scratch *scratch;
	uint32_t text_used;
	bool cut;       /* ran into the end of what is present */
	bool malformed; /* ran into the end of the message, or a value is impossible */
	bool loop;      /* a compression pointer that does not point backward */
	bool shortened;
};

/* What a message is, beyond what it says. */
struct dns_verdict {
	bool header;  /* opcode and counts are possible: it may be called DNS */
	bool loop;    /* see struct dns_message */
	bool certain; /* every byte was understood: no other protocol looks like this */
};

/*
 * Parses the message at data: cap bytes are present of len. Fills *dns_r; variant tells
 * which rules apply. `tcp` and `response_time` are left to the caller.
 */
struct dns_verdict dns_parse(const uint8_t *data, uint32_t cap, uint32_t len,
    enum app_dns_variant variant, struct dns_scratch *scratch, struct app_dns *dns_r);

/* A cheap look at the first bytes: may this be a DNS header? cap may be short. */
bool dns_header_possible(const uint8_t *data, uint32_t cap);

/* A cheap look at a whole message: can dns_parse() find it to be certain? */
bool dns_is_likely(const uint8_t *data, uint32_t cap, uint32_t len);

/* Makes sure that n bytes follow pos; notes what was missing. */
bool dns_need(struct dns_message *m, uint32_t n);

/* Reads the name at m->pos and steps behind it; its text goes to *text_r. False when
 * the message cannot be read on; if it was cut, the text has the labels up to there. */
bool dns_name(struct dns_message *m, struct app_text *text_r);

/* Steps behind the name at m->pos without following pointers. */
bool dns_name_skip(struct dns_message *m);

/* Fills rdata, names and numbers from the data of `len` bytes at m->pos; pos is then
 * anywhere. Notes malformed data in m. */
void dns_rdata(struct dns_message *m, uint32_t len, struct app_dns_record *r);

/* True for a type with a name. */
bool dns_type_known(uint16_t rrtype);

static inline uint16_t
dns_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
dns_u32(const uint8_t *p)
{
	return (uint32_t)dns_u16(p) << 16 | dns_u16(p + 2);
}

#endif
