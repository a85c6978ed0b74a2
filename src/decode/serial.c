/*
 * Links without Ethernet framing: BSD loopback, raw IP, netfilter's log, PPP and its
 * PPPoE session stage, and Cisco's HDLC.
 */
#include "config.h"

#include "decode_priv.h"

#define LINKTYPE_NULL             0
#define LINKTYPE_PPP_PPPD         166
#define ETHERTYPE_PPPOE           0x8864
#define ETHERTYPE_PPPOE_DISCOVERY 0x8863

/* Address families as the systems number them that write LINKTYPE_NULL and _LOOP. */
static const struct {
	uint32_t family;
	decode_layer *layer;
} families[] = {
    {2, layer_ip4}, {10, layer_ip6}, /* Linux */
    {23, layer_ip6},                 /* Windows */
    {24, layer_ip6},                 /* NetBSD, OpenBSD */
    {28, layer_ip6},                 /* FreeBSD */
    {30, layer_ip6},                 /* Darwin */
};

static void
family_next(struct decoder *d, uint32_t family)
{
	for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
		if (families[i].family == family) {
			families[i].layer(d, family);
			return;
		}
	}
	decode_stop(d, DECODE_NOT_IP, DECODE_REASON_FAMILY, family);
}

/* LINKTYPE_NULL is in the byte order of the writer, which only its size tells. */
void
layer_null(struct decoder *d, uint32_t linktype)
{
	const uint8_t *h = cursor_pull(&d->c, 4);
	uint32_t family;

	if (h == NULL) {
		decode_stop_short(d, DECODE_REASON_LINK_SHORT, 4);
		return;
	}
	family = be32(h);
	if (linktype == LINKTYPE_NULL && family > 0xffff)
		family = le32(h);
	family_next(d, family);
}

enum {
	NFLOG_PAYLOAD = 9,
	NFLOG_TYPE_MAX = 255,
	NFLOG_FIELDS_MAX = 32,
};

/*
 * LINKTYPE_NFLOG: family, version (1 byte each), group (2); then fields of length
 * (with this header), type (2 bytes each, in the byte order of the writer) and value,
 * padded to 4 bytes. Types are small, which tells the byte order.
 */
void
layer_nflog(struct decoder *d, uint32_t number)
{
	const uint8_t *start = cursor_pull(&d->c, 4), *h;

	(void)number;
	for (int n = 0; start != NULL && n < NFLOG_FIELDS_MAX; n++) {
		uint32_t len, type;

		h = cursor_peek(&d->c, 4);
		if (h == NULL)
			break;
		type = le16(h + 2) <= NFLOG_TYPE_MAX ? le16(h + 2) : be16(h + 2);
		len = le16(h + 2) <= NFLOG_TYPE_MAX ? le16(h) : be16(h);
		if (len < 4)
			break;
		if (type == NFLOG_PAYLOAD) {
			cursor_limit(&d->c, len);
			cursor_pull(&d->c, 4);
			family_next(d, start[0]);
			return;
		}
		cursor_skip(&d->c, (len + 3) & ~UINT32_C(3));
	}
	decode_stop_short(d, DECODE_REASON_LINK_SHORT, 4);
}

static const struct {
	uint16_t protocol;
	decode_layer *layer;
} ppp_protocols[] = {
    {0x0021, layer_ip4},
    {0x0057, layer_ip6},
    {0x0281, layer_mpls},
    {0x0283, layer_mpls},
};

/* The protocol field (RFC 1661 section 2), of one byte when it is odd. */
void
layer_ppp_protocol(struct decoder *d, uint32_t number)
{
	const uint8_t *h = cursor_peek(&d->c, 1);
	uint32_t size = h != NULL && (h[0] & 1) != 0 ? 1 : 2;
	uint16_t protocol;

	(void)number;
	h = cursor_pull(&d->c, size);
	if (h == NULL) {
		decode_stop_short(d, DECODE_REASON_LINK_SHORT, size);
		return;
	}
	protocol = size == 1 ? h[0] : be16(h);
	for (size_t i = 0; i < sizeof ppp_protocols / sizeof *ppp_protocols; i++) {
		if (ppp_protocols[i].protocol == protocol) {
			ppp_protocols[i].layer(d, protocol);
			return;
		}
	}
	decode_stop(d, DECODE_NOT_IP, DECODE_REASON_PPP, protocol);
}

/* With or without RFC 1662's address and control; Cisco's HDLC shares link type 50. */
void
layer_ppp(struct decoder *d, uint32_t number)
{
	const uint8_t *h = cursor_peek(&d->c, 2);
	uint16_t start = h != NULL ? be16(h) : 0;

	if (start == 0x0f00 || start == 0x8f00) {
		layer_chdlc(d, number);
		return;
	}
	if (start == 0xff03)
		cursor_pull(&d->c, 2);
	layer_ppp_protocol(d, number);
}

/* A byte of direction stands in front, or, as pppd writes it, in the address' place. */
void
layer_ppp_direction(struct decoder *d, uint32_t linktype)
{
	const uint8_t *h = cursor_pull(&d->c, 1);

	if (h == NULL) {
		decode_stop_short(d, DECODE_REASON_LINK_SHORT, 1);
		return;
	}
	d->p->way = h[0] == 0 ? DECODE_WAY_IN : DECODE_WAY_OUT;
	h = cursor_peek(&d->c, 1);
	if (linktype == LINKTYPE_PPP_PPPD && h != NULL && h[0] == 0x03)
		cursor_pull(&d->c, 1);
	layer_ppp(d, linktype);
}

/* RFC 2516 section 4: version and type, code, session id, length. */
void
layer_pppoe(struct decoder *d, uint32_t number)
{
	const uint8_t *h = cursor_pull(&d->c, 6);

	(void)number;
	if (h == NULL) {
		decode_stop_short(d, DECODE_REASON_LINK_SHORT, 6);
		return;
	}
	if (h[0] != 0x11 || h[1] != 0) {
		decode_stop(d, DECODE_NOT_IP, DECODE_REASON_ETHERTYPE,
		    h[1] != 0 ? ETHERTYPE_PPPOE_DISCOVERY : ETHERTYPE_PPPOE);
		return;
	}
	cursor_limit(&d->c, be16(h + 4));
	tunnel_enter(
	    d, DECODE_TUNNEL_PPPOE, be16(h + 2), layer_ppp_protocol, ETHERTYPE_PPPOE);
}

/* Address, control, EtherType. */
void
layer_chdlc(struct decoder *d, uint32_t number)
{
	const uint8_t *h = cursor_pull(&d->c, 4);

	(void)number;
	if (h == NULL)
		decode_stop_short(d, DECODE_REASON_LINK_SHORT, 4);
	else
		layer_ethertype(d, be16(h + 2));
}
