/* IPv4 (RFC 791): lengths, header checksum, options. */
#include "config.h"

#include "checksum.h"
#include "decode_priv.h"

#define IP4_HEADER 20

enum {
	IP4_RESERVED = 0x8000,
	IP4_MORE = 0x2000,
	IP4_OFFSET = 0x1fff,
};

enum {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_LSRR = 131,
	OPTION_SSRR = 137,
};

static void
set_address(struct addr *a, const uint8_t *bytes)
{
	memset(a->bytes, 0, sizeof a->bytes);
	memcpy(a->bytes, bytes, 4);
	a->family = 4;
}

static void
read_header(struct decoder *d, const uint8_t *h)
{
	struct packet *p = d->p;
	uint16_t fragment = be16(h + 6);

	ip_start(d, h);
	p->tos = h[1];
	p->ttl = h[8];
	p->proto = h[9];
	set_address(&p->src, h + 12);
	set_address(&p->dst, h + 16);
	if ((fragment & (IP4_MORE | IP4_OFFSET)) != 0) {
		p->fragment = true;
		p->more_fragments = (fragment & IP4_MORE) != 0;
		p->frag_offset = (uint16_t)((fragment & IP4_OFFSET) * 8);
	}
	p->frag_id = be16(h + 4);
	if ((fragment & IP4_RESERVED) != 0)
		flag(d, ANOMALY_IP_RESERVED_FLAG);
}

/*
 * Ends the cursor with the packet, so that padding and trailers are gone. A total
 * length of 0 was left to the network card (segmentation offload): then the frame's
 * counts. False when the lengths are impossible.
 */
static bool
set_length(struct decoder *d, const uint8_t *h, uint32_t header)
{
	uint32_t wire = d->c.left + IP4_HEADER, total = be16(h + 2);

	if (total == 0) {
		d->offload = true;
		total = wire;
	} else if (total > wire) {
		d->ip_truncated = true;
		flag(d, ANOMALY_IP_TRUNCATED);
		total = wire;
	}
	if (header < IP4_HEADER || header > total) {
		flag(d, ANOMALY_IP_HEADER_LENGTH);
		return false;
	}
	cursor_limit(&d->c, total - IP4_HEADER);
	d->p->l3_len = total;
	d->p->l3_cap = cursor_cap(&d->c) + IP4_HEADER;
	return true;
}

/* Leaves the cursor behind the options, also where the capture cut them. */
static void
read_options(struct decoder *d, uint32_t len)
{
	const uint8_t *o = cursor_peek(&d->c, len);

	cursor_skip(&d->c, len);
	if (o == NULL)
		return;
	for (uint32_t at = 0; at < len && o[at] != OPTION_END;) {
		uint32_t size = at + 1 < len ? o[at + 1] : 0;

		if (o[at] == OPTION_NOP) {
			at++;
			continue;
		}
		if (size < 2 || size > len - at) {
			flag(d, ANOMALY_IP_OPTIONS_BAD);
			return;
		}
		if (o[at] == OPTION_LSRR || o[at] == OPTION_SSRR) {
			flag(d, ANOMALY_IP_SOURCE_ROUTE);
			d->rerouted = true;
		}
		at += size;
	}
}

void
layer_ip4(struct decoder *d, uint32_t number)
{
	const uint8_t *h = cursor_pull(&d->c, IP4_HEADER);
	uint32_t header;

	(void)number;
	if (h == NULL) {
		decode_stop_short(d, DECODE_REASON_IP_SHORT, IP4_HEADER);
		return;
	}
	if (h[0] >> 4 != 4) {
		decode_stop(d, DECODE_MALFORMED, DECODE_REASON_IP_VERSION, h[0] >> 4);
		return;
	}
	read_header(d, h);
	header = (h[0] & 0x0f) * 4U;
	if (!set_length(d, h, header)) {
		decode_stop(d, DECODE_MALFORMED, DECODE_REASON_IP_SHORT, 0);
		return;
	}
	if (!d->offload && header <= d->p->l3_cap && !checksum_right(h, header))
		flag(d, ANOMALY_IP_CHECKSUM);
	if (header > IP4_HEADER)
		read_options(d, header - IP4_HEADER);
	d->fragment_head = header;
	d->fragment_len = d->c.left;
	ip_upper(d);
}
