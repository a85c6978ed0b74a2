/* Builds capture files byte by byte, in either byte order. */
#ifndef TESTS_CAPTURE_BYTES_H
#define TESTS_CAPTURE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tallyman/buf.h"

struct bytes {
	struct buf buf;
	bool big;
	size_t block; /* where the open block began */
};

void bytes_init(struct bytes *b, bool big);
void bytes_fini(struct bytes *b);
const uint8_t *bytes_data(const struct bytes *b);

void put8(struct bytes *b, uint8_t v);
void put16(struct bytes *b, uint16_t v);
void put32(struct bytes *b, uint32_t v);
void put64(struct bytes *b, uint64_t v);
/* n bytes that follow from `seed`, so that a mix-up of frames shows. */
void put_fill(struct bytes *b, unsigned seed, size_t n);
/* The seed, 0 .. 255, that made the bytes; -1 when none did. */
int fill_seed(const uint8_t *data, size_t n);

/* pcap */
#define MAGIC_US       0xa1b2c3d4u
#define MAGIC_NS       0xa1b23c4du
#define MAGIC_MODIFIED 0xa1b2cd34u
void put_pcap_header(
    struct bytes *b, uint32_t magic, uint32_t snaplen, uint32_t linktype);
/* A record with put_fill(seed) as data. */
void put_record(struct bytes *b, uint32_t sec, uint32_t fraction, uint32_t caplen,
    uint32_t len, unsigned seed);

/* A record of n given bytes. */
void put_record_bytes(
    struct bytes *b, uint32_t sec, uint32_t fraction, const void *data, size_t n);

/* pcapng */
void begin_block(struct bytes *b, uint32_t type);
void end_block(struct bytes *b);
void put_option(struct bytes *b, uint16_t code, const void *value, uint16_t len);
void put_option8(struct bytes *b, uint16_t code, uint8_t value);
void put_option32(struct bytes *b, uint16_t code, uint32_t value);
void put_option64(struct bytes *b, uint16_t code, uint64_t value);
void put_section(struct bytes *b);
/* An interface block without options and with microseconds. */
void put_interface(struct bytes *b, uint16_t linktype, uint32_t snaplen);
/* An enhanced packet block with put_fill(seed) as data, left open for options. */
void begin_enhanced(struct bytes *b, uint32_t interface, uint64_t ts, uint32_t caplen,
    uint32_t len, unsigned seed);
void put_enhanced(
    struct bytes *b, uint32_t interface, uint64_t ts, uint32_t caplen, unsigned seed);

/* gzip: appends a member that holds the bytes. */
void put_gzip(struct bytes *b, const void *data, size_t len);

#endif
