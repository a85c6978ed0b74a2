/*
 * ICMP (RFC 792) and ICMPv6 (RFC 4443): echo ids, the packet that an error quotes, and
 * the addresses of neighbour discovery (RFC 4861).
 */
#include "config.h"

#include "l4.h"

#define ICMP_HEADER 8
#define PROTO_ICMP6 58
#define ECHO_MAX                                                          \
	1472 /* what fits into an Ethernet frame, and what ping -s allows \
		there */
#define QUOTE_EXT_MAX 8

enum icmp_kind {
	KIND_OTHER,
	KIND_ECHO, /* id and sequence number; also timestamp, information, mask */
	KIND_ERROR,
	KIND_ND,
};

struct icmp_row {
	uint8_t kind;
	uint8_t target;  /* ND: offset of the target address in the message, or 0 */
	uint8_t options; /* ND: offset of the options */
};

static const struct icmp_row icmp4_types[256] = {
    [0] = {.kind = KIND_ECHO},
    [3] = {.kind = KIND_ERROR},
    [4] = {.kind = KIND_ERROR},
    [5] = {.kind = KIND_ERROR},
    [8] = {.kind = KIND_ECHO},
    [11] = {.kind = KIND_ERROR},
    [12] = {.kind = KIND_ERROR},
    [13] = {.kind = KIND_ECHO},
    [14] = {.kind = KIND_ECHO},
    [15] = {.kind = KIND_ECHO},
    [16] = {.kind = KIND_ECHO},
    [17] = {.kind = KIND_ECHO},
    [18] = {.kind = KIND_ECHO},
    [42] = {.kind = KIND_ECHO},
    [43] = {.kind = KIND_ECHO},
};

static const struct icmp_row icmp6_types[256] = {
    [1] = {.kind = KIND_ERROR},
    [2] = {.kind = KIND_ERROR},
    [3] = {.kind = KIND_ERROR},
    [4] = {.kind = KIND_ERROR},
    [128] = {.kind = KIND_ECHO},
    [129] = {.kind = KIND_ECHO},
    [133] = {KIND_ND, 0, 8},
    [134] = {KIND_ND, 0, 16},
    [135] = {KIND_ND, 8, 24},
    [136] = {KIND_ND, 8, 24},
    [137] = {KIND_ND, 8, 40},
    [160] = {.kind = KIND_ECHO},
    [161] = {.kind = KIND_ECHO},
};

static void
read_echo(struct decoder *d, const uint8_t *h)
{
	struct packet *p = d->p;

	p->icmp.id = be16(h + 4);
	p->icmp.seq = be16(h + 6);
	/* More fragments are at least one byte more. */
	if (d->c.left + p->more_fragments > ECHO_MAX)
		flag(d, ANOMALY_ICMP_LARGE);
}

/* The first bytes of the quoted packet's upper layer. */
static void
quote_upper(struct decode_icmp *icmp, struct cursor *c)
{
	const struct icmp_row *types =
	    icmp->quote_proto == PROTO_ICMP6 ? icmp6_types : icmp4_types;
	const uint8_t *h;

	switch (icmp->quote_proto) {
	case 6:
	case 17:
	case 132:
	case 136:
		h = cursor_peek(c, 4);
		if (h == NULL)
			return;
		icmp->quote_sport = be16(h);
		icmp->quote_dport = be16(h + 2);
		break;
	case 1:
	case PROTO_ICMP6:
		h = cursor_peek(c, ICMP_HEADER);
		if (h != NULL && types[h[0]].kind == KIND_ECHO)
			icmp->quote_sport = icmp->quote_dport = be16(h + 4);
		break;
	}
}

static void
quote_ip4(struct decode_icmp *icmp, struct cursor *c)
{
	const uint8_t *h = cursor_pull(c, 20);

	if (h == NULL || (h[0] & 0x0f) < 5)
		return;
	icmp->has_quote = true;
	icmp->quote_proto = h[9];
	icmp->quote_src = addr_v4(h + 12);
	icmp->quote_dst = addr_v4(h + 16);
	cursor_skip(c, (h[0] & 0x0f) * 4U - 20);
	if ((be16(h + 6) & 0x1fff) == 0)
		quote_upper(icmp, c);
}

/* Extension headers in front of the quoted transport; 44 is the fragment header. */
static bool
quote_skip_ext(struct decode_icmp *icmp, struct cursor *c)
{
	for (int n = 0; n < QUOTE_EXT_MAX; n++) {
		const uint8_t *h = cursor_peek(c, 8);
		uint8_t proto = icmp->quote_proto;

		if (proto != 0 && proto != 43 && proto != 44 && proto != 60)
			return true;
		if (h == NULL || (proto == 44 && (be16(h + 2) & 0xfff8) != 0))
			return false;
		icmp->quote_proto = h[0];
		cursor_skip(c, proto == 44 ? 8 : (h[1] + 1U) * 8);
	}
	return false;
}

static void
quote_ip6(struct decode_icmp *icmp, struct cursor *c)
{
	const uint8_t *h = cursor_pull(c, 40);

	if (h == NULL)
		return;
	icmp->has_quote = true;
	icmp->quote_proto = h[6];
	icmp->quote_src = addr_v6(h + 8);
	icmp->quote_dst = addr_v6(h + 24);
	if (quote_skip_ext(icmp, c))
		quote_upper(icmp, c);
}

/* Errors carry at least the header of the packet that caused them and 8 bytes more. */
static void
read_quote(struct decoder *d)
{
	struct cursor c = d->c;
	const uint8_t *h = cursor_peek(&c, 1);
	uint8_t version = h != NULL ? h[0] >> 4 : 0;
	uint32_t least = version == 6 ? 48 : 28;

	if (cursor_lacks(&c, least))
		l4_short(d, ANOMALY_ICMP_TRUNCATED);
	if (version == 4)
		quote_ip4(&d->p->icmp, &c);
	else if (version == 6)
		quote_ip6(&d->p->icmp, &c);
}

/* Options: type, length in units of 8 bytes. 1 and 2 are link-layer addresses. */
static void
read_nd_options(struct decoder *d, struct cursor *c)
{
	struct decode_icmp *icmp = &d->p->icmp;
	const uint8_t *h;

	while ((h = cursor_peek(c, 8)) != NULL) {
		uint32_t len = h[1] * 8U;

		if (len == 0 || cursor_lacks(c, len)) {
			l4_short(d, ANOMALY_ICMP_TRUNCATED);
			return;
		}
		if ((h[0] == 1 || h[0] == 2) && !icmp->has_nd_mac) {
			memcpy(icmp->nd_mac, h + 2, 6);
			icmp->has_nd_mac = true;
		}
		cursor_skip(c, len);
	}
}

static void
read_nd(struct decoder *d, struct cursor message, const struct icmp_row *row)
{
	const uint8_t *h = cursor_peek(&message, row->options);

	if (cursor_lacks(&message, row->options))
		l4_short(d, ANOMALY_ICMP_TRUNCATED);
	if (h == NULL)
		return;
	if (row->target != 0)
		d->p->icmp.nd_target = addr_v6(h + row->target);
	cursor_skip(&message, row->options);
	read_nd_options(d, &message);
}

/* At least type, code and checksum are there; h has ICMP_HEADER bytes, or is NULL. */
static void
read_message(struct decoder *d, uint32_t proto, struct cursor message)
{
	const uint8_t *h = cursor_peek(&message, ICMP_HEADER);
	const struct icmp_row *row;

	if (h == NULL)
		return;
	row = &(proto == PROTO_ICMP6 ? icmp6_types : icmp4_types)[h[0]];
	if (row->kind == KIND_ECHO)
		read_echo(d, h);
	else if (row->kind == KIND_ERROR)
		read_quote(d);
	else if (row->kind == KIND_ND)
		read_nd(d, message, row);
}

void
layer_icmp(struct decoder *d, uint32_t proto)
{
	struct cursor message = d->c;
	const uint8_t *h = cursor_peek(&message, 4);
	struct packet *p = d->p;

	memset(&p->icmp, 0, sizeof p->icmp);
	if (cursor_lacks(&message, ICMP_HEADER))
		l4_short(d, ANOMALY_ICMP_TRUNCATED);
	if (h == NULL)
		return;
	if (proto == PROTO_ICMP6)
		l4_checksum(d, d->c.left, d->c.left, 2);
	else
		l4_checksum_bare(d);
	p->has_l4 = true;
	p->icmp.type = h[0];
	p->icmp.code = h[1];
	cursor_skip(&d->c, ICMP_HEADER);
	l4_set_payload(d);
	read_message(d, proto, message);
}
