/*
 * Tunnels: the step inwards and the way back out when there was nothing; IP in IP and
 * MPLS, which have no header or no length of their own.
 *
 * The packet that a tunnel travelled in is complete before its payload is looked at,
 * so it can be put back as the innermost one. A tunnel packet that is itself a fragment
 * is not looked into: its other fragments could not be found by the inner addresses.
 */
#include "config.h"

#include "decode_priv.h"

#define PROTO_IP4      4
#define ETHERTYPE_MPLS 0x8847

void
tunnel_short(struct decoder *d)
{
	if (cursor_cap(&d->c) == d->c.left)
		flag(d, ANOMALY_TUNNEL_BAD);
}

/* Puts the outer IP packet back; remembers why, and what the payload was instead. */
static void
fall_back(struct decoder *d, const struct packet *outer)
{
	const uint64_t keep =
	    ANOMALY_BIT(ANOMALY_TUNNEL_DEPTH) | ANOMALY_BIT(ANOMALY_TUNNEL_BAD);
	struct packet inner = *d->p;
	bool bad = inner.result == DECODE_MALFORMED && !d->cut;

	*d->p = *outer;
	d->p->anomalies |= inner.anomalies & keep;
	if (bad)
		flag(d, ANOMALY_TUNNEL_BAD);
	if (inner.result == DECODE_NOT_IP) {
		d->p->reason = DECODE_REASON_TUNNEL;
		d->p->reason_number = inner.reason_number;
	}
}

static void
push(struct packet *p, enum decode_tunnel_type type, uint32_t id)
{
	p->tunnels[p->n_tunnels++] =
	    (struct decode_tunnel){.type = (uint8_t)type, .id = id};
	if (p->result == DECODE_IP) {
		p->outer_src = p->src;
		p->outer_dst = p->dst;
	}
}

/* What belongs to the innermost IP packet starts anew. */
static void
clear_inner(struct packet *p)
{
	const size_t first = offsetof(struct packet, src);

	memset((char *)p + first, 0, sizeof *p - first);
}

void
tunnel_enter(struct decoder *d, enum decode_tunnel_type type, uint32_t id,
    decode_layer *inner, uint32_t number)
{
	struct packet *p = d->p, outer = *p;

	if (p->n_tunnels == DECODE_TUNNEL_MAX) {
		flag(d, ANOMALY_TUNNEL_DEPTH);
		if (p->result != DECODE_IP)
			decode_stop(d, DECODE_NOT_IP, DECODE_REASON_TUNNEL, number);
		return;
	}
	push(p, type, id);
	clear_inner(p);
	decode_stop(d, DECODE_NOT_IP, DECODE_REASON_TUNNEL, number);
	inner(d, number);
	if (outer.result == DECODE_IP && p->result != DECODE_IP &&
	    p->reason != DECODE_REASON_ARP)
		fall_back(d, &outer);
}

/* 4 in 4, 6 in 4 (RFC 2003, RFC 4213) and both in 6 (RFC 2473). */
void
layer_ipip(struct decoder *d, uint32_t proto)
{
	if (!d->p->fragment)
		tunnel_enter(d, DECODE_TUNNEL_IPIP, 0,
		    proto == PROTO_IP4 ? layer_ip4 : layer_ip6, proto);
}

enum {
	MPLS_NIBBLE_CONTROL = 0, /* pseudowire control word (RFC 4385) */
	MPLS_NIBBLE_IP4 = 4,
	MPLS_NIBBLE_IP6 = 6,
};

/* Is there an EtherType where Ethernet behind `skip` bytes has it? */
static bool
maybe_ethernet(const struct cursor *c, uint32_t skip)
{
	const uint8_t *h = cursor_peek(c, skip + 14);

	return h != NULL && ethertype_known(be16(h + skip + 12));
}

/* Would this be IP, judged by its length? Yes where too little was captured. */
static bool
maybe_ip(const struct cursor *c, uint8_t version)
{
	const uint8_t *h = cursor_peek(c, version == 4 ? 20 : 40);
	uint32_t len;

	if (h == NULL)
		return !cursor_lacks(c, version == 4 ? 20 : 40);
	len = version == 4 ? be16(h + 2) : 40U + be16(h + 4);
	return !cursor_lacks(c, len);
}

/*
 * MPLS does not say what it carries. IP shows by its version; an Ethernet pseudowire
 * may have a control word in front, and its first byte may look like a version.
 */
static void
mpls_payload(struct decoder *d)
{
	const uint8_t *h = cursor_peek(&d->c, 1);
	uint8_t nibble = h != NULL ? h[0] >> 4 : MPLS_NIBBLE_IP4;

	if (nibble == MPLS_NIBBLE_IP4 || nibble == MPLS_NIBBLE_IP6) {
		if (maybe_ip(&d->c, nibble) || !maybe_ethernet(&d->c, 0)) {
			layer_ip(d, 0);
			return;
		}
	}
	if (nibble == MPLS_NIBBLE_CONTROL && maybe_ethernet(&d->c, 4))
		cursor_pull(&d->c, 4);
	if (maybe_ethernet(&d->c, 0))
		layer_ethernet(d, 0);
	else
		decode_stop(d, DECODE_NOT_IP, DECODE_REASON_TUNNEL, ETHERTYPE_MPLS);
}

/* Label (20 bits), traffic class (3), bottom of stack (1), TTL (8): RFC 3032. */
static void
mpls_stack(struct decoder *d, uint32_t number)
{
	const uint8_t *h;

	(void)number;
	do {
		h = cursor_pull(&d->c, 4);
		if (h == NULL) {
			decode_stop_short(d, DECODE_REASON_LINK_SHORT, 4);
			return;
		}
	} while ((h[2] & 1) == 0);
	d->p->tunnels[d->p->n_tunnels - 1].id = be24(h) >> 4;
	mpls_payload(d);
}

void
layer_mpls(struct decoder *d, uint32_t number)
{
	tunnel_enter(d, DECODE_TUNNEL_MPLS, 0, mpls_stack, number);
}

/* RFC 4023 section 3. */
void
layer_mpls_in_ip(struct decoder *d, uint32_t number)
{
	if (!d->p->fragment)
		layer_mpls(d, number);
}
