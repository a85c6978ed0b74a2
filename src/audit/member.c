/* Members of a log segment: layout and checks. All numbers are little endian. */
#include "config.h"

#include "audit/member.h"

#include <errno.h>
#include <string.h>

#include "audit/deflate.h"

#define SUBFIELD_BYTES 80
#define MEMBER_VERSION 1

/* Places in the member; those from VERSION_AT on lie in the subfield. */
enum {
	XLEN_AT = 10,
	SUBFIELD_LENGTH_AT = 14,
	VERSION_AT = 16,
	FLAGS_AT = 18,
	STORED_AT = 20,
	JSON_AT = 24,
	RECORDS_AT = 28,
	SEQUENCE_AT = 32,
	LOST_AT = 40,
	FIRST_AT = 48,
	LAST_AT = 56,
	PREVIOUS_AT = 64,
};
_Static_assert(PREVIOUS_AT + 32 == MEMBER_HEADER, "the hash ends the subfield");
_Static_assert(VERSION_AT + SUBFIELD_BYTES == MEMBER_HEADER, "one subfield");

/*
 * gzip, deflate, FEXTRA alone; no time and unknown system, so that the same records
 * give the same bytes everywhere.
 */
static const uint8_t gzip_start[XLEN_AT] = {0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255};
static const uint8_t subfield_id[2] = {'T', 'M'};

static void
put_le(uint8_t *p, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++, value >>= 8)
		p[i] = (uint8_t)value;
}

static uint64_t
get_le(const uint8_t *p, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = bytes; i-- > 0;)
		value = value << 8 | p[i];
	return value;
}

static void
put_header(uint8_t *p, const struct audit_member *m)
{
	memset(p, 0, MEMBER_HEADER);
	memcpy(p, gzip_start, sizeof gzip_start);
	put_le(p + XLEN_AT, 4 + SUBFIELD_BYTES, 2);
	memcpy(p + XLEN_AT + 2, subfield_id, sizeof subfield_id);
	put_le(p + SUBFIELD_LENGTH_AT, SUBFIELD_BYTES, 2);
	p[VERSION_AT] = MEMBER_VERSION;
	put_le(p + FLAGS_AT, m->flags, 2);
	put_le(p + STORED_AT, m->stored_bytes, 4);
	put_le(p + JSON_AT, m->json_bytes, 4);
	put_le(p + RECORDS_AT, m->records, 4);
	put_le(p + SEQUENCE_AT, m->sequence, 8);
	put_le(p + LOST_AT, m->lost, 8);
	put_le(p + FIRST_AT, (uint64_t)m->first, 8);
	put_le(p + LAST_AT, (uint64_t)m->last, 8);
	memcpy(p + PREVIOUS_AT, m->previous, sizeof m->previous);
}

int
member_pack(struct deflate *d, struct audit_member *m, const char *json, size_t len,
    struct buf *out)
{
	size_t start = out->len;
	uint8_t trailer[MEMBER_TRAILER];

	if (!buf_reserve(out, MEMBER_HEADER))
		return -ENOMEM;
	out->len += MEMBER_HEADER;
	if (deflate_pack(d, json, len, out) != 0)
		goto failed;
	put_le(trailer, deflate_crc(json, len), 4);
	put_le(trailer + 4, len, 4);
	buf_add(out, trailer, sizeof trailer);
	if (out->failed)
		goto failed;
	m->stored_bytes = out->len - start;
	m->json_bytes = len;
	put_header((uint8_t *)out->data + start, m);
	return 0;
failed:
	out->len = start;
	return -ENOMEM;
}

static const char *
check_sizes(const struct audit_member *m, uint32_t packed)
{
	if (m->json_bytes > AUDIT_MEMBER_JSON_MAX)
		return "a member claims more JSON than any member may hold";
	if (m->stored_bytes > MEMBER_STORED_MAX)
		return "a member claims more bytes than its JSON can need";
	if (m->stored_bytes < packed + MEMBER_TRAILER)
		return "a member claims fewer bytes than its header has";
	return NULL;
}

const char *
member_parse(const uint8_t *data, struct audit_member *m_r, uint32_t *packed_r)
{
	uint64_t extra, subfield;

	if (memcmp(data, gzip_start, 4) != 0)
		return "no gzip member with an extra field starts here";
	extra = get_le(data + XLEN_AT, 2);
	subfield = get_le(data + SUBFIELD_LENGTH_AT, 2);
	if (memcmp(data + XLEN_AT + 2, subfield_id, sizeof subfield_id) != 0)
		return "a gzip member that tallyman did not write starts here";
	if (data[VERSION_AT] != MEMBER_VERSION)
		return "the member's version is not known: a newer tallyman wrote it";
	if (subfield < SUBFIELD_BYTES || subfield + 4 > extra)
		return "the lengths of the extra field contradict each other";
	*packed_r = (uint32_t)extra + XLEN_AT + 2;
	m_r->flags = (uint16_t)get_le(data + FLAGS_AT, 2);
	m_r->stored_bytes = get_le(data + STORED_AT, 4);
	m_r->json_bytes = get_le(data + JSON_AT, 4);
	m_r->records = get_le(data + RECORDS_AT, 4);
	m_r->sequence = get_le(data + SEQUENCE_AT, 8);
	m_r->lost = get_le(data + LOST_AT, 8);
	m_r->first = (int64_t)get_le(data + FIRST_AT, 8);
	m_r->last = (int64_t)get_le(data + LAST_AT, 8);
	memcpy(m_r->previous, data + PREVIOUS_AT, sizeof m_r->previous);
	return check_sizes(m_r, *packed_r);
}

const char *
member_unpack(struct deflate *d, const struct audit_member *m, uint32_t packed,
    const uint8_t *data, struct buf *out)
{
	size_t len = m->stored_bytes - packed - MEMBER_TRAILER, start = out->len;
	const uint8_t *trailer = data + packed + len;

	if (get_le(trailer + 4, 4) != m->json_bytes)
		return "the member's header and end differ in the length of the JSON";
	if (deflate_unpack(d, data + packed, len, m->json_bytes, out) != 0)
		return "the member's compressed data is damaged";
	if (get_le(trailer, 4) == deflate_crc(out->data + start, m->json_bytes))
		return NULL;
	out->len = start;
	return "the member's checksum does not fit its JSON";
}
