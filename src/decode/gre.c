/*
 * GRE (RFC 2784, RFC 2890, RFC 1701's routing), and what travels in it: Ethernet,
 * NVGRE (RFC 7637), ERSPAN types I to III, WCCP, and PPTP's PPP (version 1, RFC 2637).
 */
#include "config.h"

#include "decode_priv.h"

enum {
	GRE_CHECKSUM = 0x8000,
	GRE_ROUTING = 0x4000,
	GRE_KEY = 0x2000,
	GRE_SEQUENCE = 0x1000,
	GRE_ACK = 0x0080, /* version 1 */
	GRE_VERSION = 0x0007,
};

enum {
	GRE_PPP = 0x880b,
	GRE_BRIDGING = 0x6558,
	GRE_ERSPAN = 0x88be, /* types I and II */
	GRE_ERSPAN3 = 0x22eb,
	GRE_WCCP = 0x883e,
};

#define ERSPAN_TRUNCATED 0x04 /* of the third byte: the mirrored frame was cut */
#define ERSPAN_FRAME_IP  2

#define GRE_ROUTES_MAX 16

/* NVGRE's identifiers that are given to networks (RFC 7637 section 3.2). */
#define VSID_FIRST 0x001000
#define VSID_LAST  0xfffffe

struct gre {
	uint16_t flags, protocol;
	uint32_t key;
};

/* Source route entries of RFC 1701: family, offset, length; all zero ends the list. */
static bool
skip_routing(struct cursor *c)
{
	for (int n = 0; n < GRE_ROUTES_MAX; n++) {
		const uint8_t *h = cursor_pull(c, 4);

		if (h == NULL)
			return false;
		if (be16(h) == 0 && h[3] == 0)
			return true;
		if (cursor_pull(c, h[3]) == NULL)
			return false;
	}
	return false;
}

/* The optional fields, in the order of their bits. */
static bool
read_options(struct cursor *c, struct gre *gre)
{
	const uint8_t *h;

	if ((gre->flags & (GRE_CHECKSUM | GRE_ROUTING)) != 0 &&
	    cursor_pull(c, 4) == NULL)
		return false;
	if ((gre->flags & GRE_KEY) != 0) {
		h = cursor_pull(c, 4);
		if (h == NULL)
			return false;
		gre->key = be32(h);
	}
	if ((gre->flags & GRE_SEQUENCE) != 0 && cursor_pull(c, 4) == NULL)
		return false;
	return (gre->flags & GRE_ROUTING) == 0 || skip_routing(c);
}

/* A key that is a valid VSID is taken for NVGRE; other keys are gretap's. */
static void
bridging(struct decoder *d, const struct gre *gre)
{
	uint32_t vsid = gre->key >> 8;
	bool nvgre =
	    (gre->flags & (GRE_KEY | GRE_SEQUENCE | GRE_CHECKSUM)) == GRE_KEY &&
	    vsid >= VSID_FIRST && vsid <= VSID_LAST;

	if (nvgre)
		tunnel_enter(
		    d, DECODE_TUNNEL_NVGRE, vsid, layer_ethernet, gre->protocol);
	else
		tunnel_enter(
		    d, DECODE_TUNNEL_GRE, gre->key, layer_ethernet, gre->protocol);
}

/* Is the ERSPAN header there, and of this version? */
static bool
version_is(struct decoder *d, const uint8_t *h, uint8_t version)
{
	if (h != NULL && h[0] >> 4 == version)
		return true;
	if (h != NULL)
		flag(d, ANOMALY_TUNNEL_BAD);
	else
		tunnel_short(d);
	return false;
}

/*
 * Type I has no header and no sequence number. Type II: version 1 (4 bits), VLAN (12),
 * class (3), encapsulation (2), truncated (1), session (10), reserved (12), index (20).
 */
static void
erspan(struct decoder *d, const struct gre *gre)
{
	const uint8_t *h;

	if ((gre->flags & GRE_SEQUENCE) == 0) {
		tunnel_enter(
		    d, DECODE_TUNNEL_ERSPAN1, 0, layer_ethernet, gre->protocol);
		return;
	}
	h = cursor_pull(&d->c, 8);
	if (!version_is(d, h, 1))
		return;
	if ((h[2] & ERSPAN_TRUNCATED) != 0)
		cursor_unbound(&d->c);
	tunnel_enter(d, DECODE_TUNNEL_ERSPAN2, be16(h + 2) & 0x3ff, layer_ethernet,
	    gre->protocol);
}

/*
 * Type III: version 2 (4 bits), VLAN (12), class (3), errors (2), truncated (1),
 * session (10); time stamp (32); group tag (16), P (1), frame type (5), hardware (6),
 * direction (1), granularity (2), O (1): a subheader of 8 bytes follows.
 */
static void
erspan3(struct decoder *d, const struct gre *gre)
{
	const uint8_t *h = cursor_pull(&d->c, 12);
	uint32_t session, type;

	if (!version_is(d, h, 2))
		return;
	session = be16(h + 2) & 0x3ff;
	type = h[10] >> 2 & 0x1f;
	if ((h[2] & ERSPAN_TRUNCATED) != 0)
		cursor_unbound(&d->c);
	if ((h[11] & 1) != 0 && cursor_pull(&d->c, 8) == NULL) {
		tunnel_short(d);
		return;
	}
	tunnel_enter(d, DECODE_TUNNEL_ERSPAN3, session,
	    type == ERSPAN_FRAME_IP ? layer_ip : layer_ethernet, gre->protocol);
}

/* Version 2 of WCCP puts a redirect header of 4 bytes in front of the packet. */
static void
wccp(struct decoder *d, const struct gre *gre)
{
	const uint8_t *h = cursor_peek(&d->c, 1);

	if (h != NULL && h[0] >> 4 != 4 && cursor_pull(&d->c, 4) == NULL) {
		tunnel_short(d);
		return;
	}
	tunnel_enter(d, DECODE_TUNNEL_GRE, gre->key, layer_ip4, gre->protocol);
}

static void
other(struct decoder *d, const struct gre *gre)
{
	tunnel_enter(d, DECODE_TUNNEL_GRE, gre->key, layer_ethertype, gre->protocol);
}

static const struct {
	uint16_t protocol;
	void (*read)(struct decoder *d, const struct gre *gre);
} payloads[] = {
    {GRE_BRIDGING, bridging},
    {GRE_ERSPAN, erspan},
    {GRE_ERSPAN3, erspan3},
    {GRE_WCCP, wccp},
};

static void
version0(struct decoder *d, struct gre *gre)
{
	if (!read_options(&d->c, gre)) {
		tunnel_short(d);
		return;
	}
	for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
		if (payloads[i].protocol == gre->protocol) {
			payloads[i].read(d, gre);
			return;
		}
	}
	other(d, gre);
}

/* PPTP: payload length and call id, then sequence and acknowledgement number if they
 * are announced; a packet without sequence number has no payload. */
static void
version1(struct decoder *d, struct gre *gre)
{
	const uint8_t *h;
	uint16_t call;

	if (gre->protocol != GRE_PPP || (gre->flags & GRE_SEQUENCE) == 0)
		return;
	h = cursor_pull(&d->c, 8);
	if (h == NULL ||
	    ((gre->flags & GRE_ACK) != 0 && cursor_pull(&d->c, 4) == NULL)) {
		tunnel_short(d);
		return;
	}
	call = be16(h + 2);
	cursor_limit(&d->c, be16(h));
	tunnel_enter(d, DECODE_TUNNEL_GRE, call, layer_ppp, gre->protocol);
}

void
layer_gre(struct decoder *d, uint32_t number)
{
	const uint8_t *h;
	struct gre gre = {0};

	(void)number;
	if (d->p->fragment)
		return;
	h = cursor_pull(&d->c, 4);
	if (h == NULL) {
		tunnel_short(d);
		return;
	}
	gre.flags = be16(h);
	gre.protocol = be16(h + 2);
	if ((gre.flags & GRE_VERSION) == 0)
		version0(d, &gre);
	else if ((gre.flags & GRE_VERSION) == 1)
		version1(d, &gre);
}
