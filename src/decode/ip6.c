/*
 * IPv6 (RFC 8200) and its chain of extension headers. The chain is walked to the upper
 * layer, at most EXT_MAX headers; p->proto is what stands at its end.
 */
#include "config.h"

#include "decode_priv.h"

#define IP6_HEADER   40
#define EXT_MAX      12
#define NO_NEXT      59
#define OPTION_JUMBO 0xc2

/* An Ethernet frame of minimum size pads an empty IPv6 packet with this many bytes. */
#define IP6_PADDING 6

enum ext_kind {
	EXT_NONE,
	EXT_HOP,
	EXT_ROUTING,
	EXT_FRAGMENT,
	EXT_AH,
	EXT_DEST,
	EXT_FINAL, /* an upper layer in the shape of an extension header */
};

/* rank: the order of RFC 8200 section 4.1; 0: anywhere. most: times in one packet. */
static const struct {
	uint8_t kind, rank, most;
} exts[256] = {
    [0] = {EXT_HOP, 1, 1},
    [43] = {EXT_ROUTING, 2, 1},
    [44] = {EXT_FRAGMENT, 3, 1},
    [51] = {EXT_AH, 4, 1},
    [60] = {EXT_DEST, 0, 2},
    [135] = {EXT_FINAL, 5, 1}, /* mobility */
    [139] = {EXT_FINAL, 5, 1}, /* host identity */
    [140] = {EXT_FINAL, 5, 1}, /* shim6 */
};

struct chain {
	const uint8_t *start; /* behind the fixed header */
	uint8_t rank;
	uint8_t seen[EXT_FINAL + 1];
};

static void
set_address(struct addr *a, const uint8_t *bytes)
{
	memcpy(a->bytes, bytes, 16);
	a->family = 6;
}

static void
read_header(struct decoder *d, const uint8_t *h)
{
	struct packet *p = d->p;

	ip_start(d, h);
	p->tos = (uint8_t)(be16(h) >> 4);
	p->proto = h[6];
	p->ttl = h[7];
	set_address(&p->src, h + 8);
	set_address(&p->dst, h + 24);
}

/*
 * A payload length of 0 in front of an upper layer is a jumbogram (RFC 2675, and what
 * Linux calls BIG TCP) or was left to the network card: then the frame's counts.
 */
static void
set_length(struct decoder *d, const uint8_t *h)
{
	uint32_t wire = d->c.left, len = be16(h + 4);

	if (len == 0 && h[6] != NO_NEXT && wire > IP6_PADDING) {
		d->offload = true;
		len = wire;
	} else if (len > wire) {
		d->ip_truncated = true;
		flag(d, ANOMALY_IP_TRUNCATED);
		len = wire;
	}
	cursor_limit(&d->c, len);
	d->p->l3_len = IP6_HEADER + len;
	d->p->l3_cap = IP6_HEADER + cursor_cap(&d->c);
}

static uint32_t
ext_length(uint8_t kind, const uint8_t *h)
{
	if (kind == EXT_FRAGMENT)
		return 8;
	return kind == EXT_AH ? (h[1] + 2U) * 4 : (h[1] + 1U) * 8;
}

static void
ext_order(struct decoder *d, struct chain *chain, uint8_t proto)
{
	uint8_t kind = exts[proto].kind, rank = exts[proto].rank;

	if (++chain->seen[kind] > exts[proto].most || (rank != 0 && rank < chain->rank))
		flag(d, ANOMALY_IP6_EXT_CHAIN);
	if (kind == EXT_HOP && chain->start != d->c.pos)
		flag(d, ANOMALY_IP6_EXT_CHAIN);
	if (rank > chain->rank)
		chain->rank = rank;
}

static void
ext_fragment(struct decoder *d, struct chain *chain, const uint8_t *h)
{
	struct packet *p = d->p;
	uint16_t offset = be16(h + 2);

	p->frag_id = be32(h + 4);
	p->frag_offset = offset & 0xfff8;
	p->more_fragments = (offset & 1) != 0;
	/* One with nothing before and behind it is whole (RFC 6946). */
	p->fragment = p->more_fragments || p->frag_offset != 0;
	d->fragment_head = (uint32_t)(h - chain->start);
	d->fragment_len = d->c.left;
}

static void
ext_routing(struct decoder *d, const uint8_t *h)
{
	if (h[2] == 0)
		flag(d, ANOMALY_IP_SOURCE_ROUTE);
	if (h[3] != 0) /* segments left: the destination is only the next stop */
		d->rerouted = true;
}

/* RFC 2675: the payload length, extension headers included, where the header has 0. */
static void
jumbo_length(struct decoder *d, const struct chain *chain, uint32_t len)
{
	uint32_t used = (uint32_t)(d->c.pos - chain->start);

	if (!d->offload || len <= UINT16_MAX)
		return;
	if (len - used > d->c.left) {
		d->ip_truncated = true;
		flag(d, ANOMALY_IP_TRUNCATED);
		return;
	}
	cursor_limit(&d->c, len - used);
	d->p->l3_len = IP6_HEADER + len;
	d->p->l3_cap = IP6_HEADER + used + cursor_cap(&d->c);
}

/* Options of hop-by-hop and destination headers; type 0 is a pad byte. */
static void
ext_options(
    struct decoder *d, const struct chain *chain, const uint8_t *h, uint32_t len)
{
	for (uint32_t at = 2; at < len;) {
		if (h[at] == 0) {
			at++;
			continue;
		}
		if (at + 1 >= len || h[at + 1] > len - at - 2) {
			flag(d, ANOMALY_IP_OPTIONS_BAD);
			return;
		}
		if (h[at] == OPTION_JUMBO && h[at + 1] == 4)
			jumbo_length(d, chain, be32(h + at + 2));
		at += 2U + h[at + 1];
	}
}

/* Reads the extension header p->proto at the cursor; false where the chain ends. */
static bool
ext_read(struct decoder *d, struct chain *chain)
{
	struct packet *p = d->p;
	uint8_t kind = exts[p->proto].kind;
	const uint8_t *h = cursor_peek(&d->c, 8);
	uint32_t len = h != NULL ? ext_length(kind, h) : 8;

	if (kind == EXT_FINAL && h != NULL && h[0] == NO_NEXT)
		return false;
	if (cursor_lacks(&d->c, len) && !d->ip_truncated)
		flag(d, p->fragment ? ANOMALY_FRAG_TINY : ANOMALY_IP6_EXT_CHAIN);
	ext_order(d, chain, p->proto);
	h = cursor_pull(&d->c, len);
	if (h == NULL)
		return false;
	/* A second fragment header would hide what the first one says. */
	if (kind == EXT_FRAGMENT && chain->seen[kind] == 1)
		ext_fragment(d, chain, h);
	else if (kind == EXT_ROUTING)
		ext_routing(d, h);
	else if (kind == EXT_HOP || kind == EXT_DEST)
		ext_options(d, chain, h, len);
	p->proto = h[0];
	return p->frag_offset == 0;
}

static void
read_chain(struct decoder *d)
{
	struct chain chain = {.start = d->c.pos};

	for (int n = 0; exts[d->p->proto].kind != EXT_NONE; n++) {
		if (n == EXT_MAX) {
			flag(d, ANOMALY_IP6_EXT_CHAIN);
			return;
		}
		if (!ext_read(d, &chain))
			return;
	}
}

void
layer_ip6(struct decoder *d, uint32_t number)
{
	const uint8_t *h = cursor_pull(&d->c, IP6_HEADER);

	(void)number;
	if (h == NULL) {
		decode_stop_short(d, DECODE_REASON_IP_SHORT, IP6_HEADER);
		return;
	}
	if (h[0] >> 4 != 6) {
		decode_stop(d, DECODE_MALFORMED, DECODE_REASON_IP_VERSION, h[0] >> 4);
		return;
	}
	read_header(d, h);
	set_length(d, h);
	read_chain(d);
	ip_upper(d);
}
