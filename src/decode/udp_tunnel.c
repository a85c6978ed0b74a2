/*
 * Tunnels in UDP. A port alone proves nothing (a resolver's reply may go to port 4789),
 * so each header must also look like itself in its fixed bits; what does not is an
 * ordinary datagram. If the payload then fails, tunnel_enter() puts the datagram back.
 */
#include "config.h"

#include "decode_priv.h"

#define IP6_HEADER 40

enum {
	VXLAN_ID = 0x08,
	VXLAN_GPE_NEXT = 0x04,
	VXLAN_GPE_BITS = 0x33, /* version, BUM, OAM: of no importance here */
	VXLAN_GBP = 0x80,
	VXLAN_GBP_BITS = 0x48, /* of the second byte: don't learn, applied */
};

/* Next protocols of VXLAN-GPE. */
static decode_layer *const gpe_next[] = {
    [1] = layer_ip4,
    [2] = layer_ip6,
    [3] = layer_ethernet,
    [5] = layer_mpls,
};

/*
 * RFC 7348: flags (8 bits), reserved (24), identifier (24), reserved (8). The group
 * policy extension uses flag 0x80 and three reserved bytes, GPE flag 0x04 and one.
 */
static decode_layer *
vxlan_payload(const uint8_t *h)
{
	uint32_t reserved = be24(h + 1);

	if ((h[0] & VXLAN_ID) == 0 || h[7] != 0)
		return NULL;
	if (h[0] == VXLAN_ID && reserved == 0)
		return layer_ethernet;
	if (h[0] == (VXLAN_ID | VXLAN_GBP) && (h[1] & ~VXLAN_GBP_BITS) == 0)
		return layer_ethernet;
	if ((h[0] & ~VXLAN_GPE_BITS) == (VXLAN_ID | VXLAN_GPE_NEXT) &&
	    reserved < sizeof gpe_next / sizeof *gpe_next)
		return gpe_next[reserved];
	return NULL;
}

static void
vxlan(struct decoder *d)
{
	const uint8_t *h = cursor_peek(&d->c, 8);
	decode_layer *payload = h != NULL ? vxlan_payload(h) : NULL;

	if (payload == NULL)
		return;
	cursor_pull(&d->c, 8);
	tunnel_enter(d, DECODE_TUNNEL_VXLAN, be24(h + 4), payload, be24(h + 1));
}

/* Options: class (2 bytes), type (1), length in words (low 5 bits): RFC 8926. */
static bool
geneve_options(struct cursor c, uint32_t len)
{
	const uint8_t *h;

	if (len > cursor_cap(&c))
		return len <= c.left;
	cursor_limit(&c, len);
	while (c.left > 0) {
		h = cursor_pull(&c, 4);
		if (h == NULL || cursor_pull(&c, (h[3] & 0x1fU) * 4) == NULL)
			return false;
	}
	return true;
}

/*
 * RFC 8926 section 3.4: version (2 bits), option length in words (6), control,
 * critical (1 each), reserved (6), EtherType (16), identifier (24), reserved (8).
 */
static void
geneve(struct decoder *d)
{
	const uint8_t *h = cursor_peek(&d->c, 8);
	struct cursor options;
	uint32_t len;

	if (h == NULL || h[0] >> 6 != 0 || (h[1] & 0x3f) != 0 || h[7] != 0 ||
	    !ethertype_known(be16(h + 2)))
		return;
	len = (h[0] & 0x3fU) * 4;
	options = d->c;
	cursor_pull(&options, 8);
	if (!geneve_options(options, len))
		return;
	cursor_skip(&d->c, 8 + len);
	tunnel_enter(
	    d, DECODE_TUNNEL_GENEVE, be24(h + 4), layer_ethertype, be16(h + 2));
}

/* Does the cursor stand at an IPv6 packet that fills it to its end? */
static bool
is_whole_ip6(const struct cursor *c)
{
	const uint8_t *h = cursor_peek(c, IP6_HEADER);

	return h != NULL && h[0] >> 4 == 6 && be16(h + 4) == c->left - IP6_HEADER;
}

/*
 * RFC 4380 section 5.1.1: the IPv6 packet may have an authentication header (0, 1,
 * two lengths, their contents, 9 bytes) and an origin indication (0, 0, 6 bytes) in
 * front.
 */
static void
teredo(struct decoder *d)
{
	struct cursor c = d->c;
	const uint8_t *h = cursor_peek(&c, 4);

	if (h != NULL && h[0] == 0 && h[1] == 1)
		cursor_pull(&c, 4U + h[2] + h[3] + 9);
	h = cursor_peek(&c, 8);
	if (h != NULL && h[0] == 0 && h[1] == 0)
		cursor_pull(&c, 8);
	if (!is_whole_ip6(&c))
		return;
	d->c = c;
	tunnel_enter(d, DECODE_TUNNEL_TEREDO, 0, layer_ip6, 0);
}

enum {
	GTP_VERSION1 = 0x30, /* version 1, protocol type GTP */
	GTP_FIXED = 0xf8,    /* the bits that this takes, and one reserved */
	GTP_OPTIONAL = 0x07, /* extension, sequence number, N-PDU number */
	GTP_EXTENSION = 0x04,
	GTP_G_PDU = 255,
	GTP_EXTENSIONS_MAX = 8,
};

/*
 * With any optional bit: sequence number (2 bytes), N-PDU (1), next extension (1). An
 * extension: length in words (1), contents, next extension (1).
 */
static bool
gtp_optional(struct cursor *c, uint8_t flags)
{
	const uint8_t *h = cursor_pull(c, 4);
	uint8_t next = h != NULL ? h[3] : 0;

	if (h == NULL)
		return false;
	if ((flags & GTP_EXTENSION) == 0)
		return true;
	for (int n = 0; next != 0; n++) {
		uint32_t len;

		h = cursor_peek(c, 1);
		len = h != NULL ? h[0] * 4U : 0;
		h = cursor_pull(c, len);
		if (len == 0 || h == NULL || n == GTP_EXTENSIONS_MAX)
			return false;
		next = h[len - 1];
	}
	return true;
}

/* A protocol data unit may also be Ethernet or have no structure. */
static void
gtp_payload(struct decoder *d, uint32_t number)
{
	const uint8_t *h = cursor_peek(&d->c, 1);

	if (h == NULL || h[0] >> 4 == 4 || h[0] >> 4 == 6)
		layer_ip(d, number);
	else
		decode_stop(d, DECODE_NOT_IP, DECODE_REASON_TUNNEL, GTP_G_PDU);
}

/* 3GPP TS 29.281 section 5.1: flags, message type, length (2 bytes), tunnel id (4). */
static void
gtpu(struct decoder *d)
{
	struct cursor c = d->c;
	const uint8_t *h = cursor_pull(&c, 8);

	if (h == NULL || (h[0] & GTP_FIXED) != GTP_VERSION1 || h[1] != GTP_G_PDU ||
	    cursor_lacks(&c, be16(h + 2)))
		return;
	cursor_limit(&c, be16(h + 2));
	if ((h[0] & GTP_OPTIONAL) != 0 && !gtp_optional(&c, h[0]))
		return;
	d->c = c;
	tunnel_enter(d, DECODE_TUNNEL_GTPU, be32(h + 4), gtp_payload, 0);
}

static const struct {
	uint16_t port;
	bool source; /* answers come from this port */
	void (*read)(struct decoder *d);
} udp_tunnels[] = {
    {4789, false, vxlan},
    {8472, false, vxlan},
    {4790, false, vxlan},
    {6081, false, geneve},
    {2152, false, gtpu},
    {3544, true, teredo},
};

void
udp_tunnel(struct decoder *d)
{
	const struct packet *p = d->p;

	if (p->fragment)
		return;
	for (size_t i = 0; i < sizeof udp_tunnels / sizeof *udp_tunnels; i++) {
		if (udp_tunnels[i].port != p->dport &&
		    (!udp_tunnels[i].source || udp_tunnels[i].port != p->sport))
			continue;
		udp_tunnels[i].read(d);
		return;
	}
}
