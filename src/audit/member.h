/*
 * A member of a log segment: a gzip member (RFC 1952) whose FEXTRA field tells what is
 * in it, so that a reader hops from one to the next. docs/log-format.md has the table.
 */
#ifndef AUDIT_MEMBER_H
#define AUDIT_MEMBER_H

#include <stddef.h>
#include <stdint.h>

#include "tallyman/audit.h"

struct deflate;

#define MEMBER_HEADER  96 /* bytes up to the end of our subfield */
#define MEMBER_TRAILER 8  /* CRC-32 and length */

/* Bytes of compressed data in a member at most: nothing that honest DEFLATE needs. */
#define MEMBER_STORED_MAX \
	(AUDIT_MEMBER_JSON_MAX + AUDIT_MEMBER_JSON_MAX / 256 + 131072U)

/*
 * Appends a whole member with the JSON lines to out; fills in stored_bytes and
 * json_bytes of m. 0 or -ENOMEM.
 */
int member_pack(struct deflate *d, struct audit_member *m, const char *json, size_t len,
    struct buf *out);

/*
 * Reads the header at data (at least MEMBER_HEADER bytes). *packed_r is the offset of
 * the compressed data in the member. NULL when it is good, else what is wrong.
 */
const char *member_parse(
    const uint8_t *data, struct audit_member *m_r, uint32_t *packed_r);

/*
 * Appends the JSON of a whole member at data to out. NULL when it is good, else what is
 * wrong.
 */
const char *member_unpack(struct deflate *d, const struct audit_member *m,
    uint32_t packed, const uint8_t *data, struct buf *out);

#endif
