/* TCP (RFC 9293): header, options, and flags that no implementation sends. */
#include "config.h"

#include "l4.h"

#define TCP_HEADER 20
#define NO_WSCALE  255

/* NOP, NOP, timestamps: what nearly every segment carries. */
#define TIMESTAMPS_ALIGNED 0x0101080a

enum {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_MSS = 2,
	OPTION_WSCALE = 3,
	OPTION_SACK_OK = 4,
	OPTION_TIMESTAMPS = 8,
	OPTION_FAST_OPEN = 34,
	OPTION_EXPERIMENT = 254,
	FAST_OPEN_MAGIC = 0xf989, /* RFC 7413 section 4.1.1, of experimental options */
};

/* Whole sizes of the options that have one. */
static const uint8_t option_sizes[] = {
    [OPTION_MSS] = 4,
    [OPTION_WSCALE] = 3,
    [OPTION_SACK_OK] = 2,
    [OPTION_TIMESTAMPS] = 10,
};

/* o: the option, of `size` bytes, that are all there. True for Fast Open. */
static bool
read_option(struct decode_tcp *tcp, const uint8_t *o, uint32_t size)
{
	switch (o[0]) {
	case OPTION_MSS:
		tcp->mss = be16(o + 2);
		break;
	case OPTION_WSCALE:
		tcp->wscale = o[2];
		break;
	case OPTION_TIMESTAMPS:
		tcp->has_timestamps = true;
		break;
	case OPTION_FAST_OPEN:
		return true;
	case OPTION_EXPERIMENT:
		return size >= 4 && be16(o + 2) == FAST_OPEN_MAGIC;
	}
	return false;
}

/*
 * Walks the options as far as they were captured; `len` is their true length. True
 * when Fast Open is among them, or could have been in what was cut.
 */
static bool
read_options(struct decoder *d, uint32_t len)
{
	uint32_t cap = cursor_cap(&d->c) < len ? cursor_cap(&d->c) : len, at = 0;
	const uint8_t *o = d->c.pos;
	bool fast_open = false;

	while (at < cap && o[at] != OPTION_END) {
		uint32_t size, want;

		if (o[at] == OPTION_NOP) {
			at++;
			continue;
		}
		if (at + 1 >= cap && cap < len)
			break;
		size = at + 1 < cap ? o[at + 1] : 0;
		want = o[at] < sizeof option_sizes ? option_sizes[o[at]] : 0;
		if (size < 2 || size > len - at || (want != 0 && size != want)) {
			flag(d, ANOMALY_TCP_OPTIONS_BAD);
			return fast_open;
		}
		if (size > cap - at)
			break;
		fast_open |= read_option(&d->p->tcp, o + at, size);
		at += size;
	}
	return fast_open || cap < len;
}

/* Flags of segments that are neither a plain ACK nor part of a regular handshake. */
static void
check_flags(struct decoder *d, uint8_t flags)
{
	uint8_t six = flags & 0x3f;

	if (six == 0)
		flag(d, ANOMALY_TCP_FLAGS_NULL);
	else if ((flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) == 0)
		flag(d, ANOMALY_TCP_FLAGS_NO_ACK);
	if ((flags & TCP_SYN) != 0 && (flags & TCP_FIN) != 0)
		flag(d, ANOMALY_TCP_FLAGS_SYN_FIN);
	if ((flags & TCP_SYN) != 0 && (flags & TCP_RST) != 0)
		flag(d, ANOMALY_TCP_FLAGS_SYN_RST);
	if ((flags & (TCP_FIN | TCP_ACK)) != TCP_FIN)
		return;
	if ((flags & (TCP_PSH | TCP_URG)) == (TCP_PSH | TCP_URG))
		flag(d, ANOMALY_TCP_FLAGS_XMAS);
	else if ((flags & (TCP_SYN | TCP_RST)) == 0)
		flag(d, ANOMALY_TCP_FLAGS_FIN_ONLY);
}

static void
read_header(struct decode_tcp *tcp, const uint8_t *h)
{
	tcp->seq = be32(h + 4);
	tcp->ack = be32(h + 8);
	tcp->flags = h[13];
	tcp->window = be16(h + 14);
	tcp->mss = 0;
	tcp->wscale = NO_WSCALE;
	tcp->has_timestamps = false;
}

/* Where the header's end is unknown there is no payload. */
static void
no_payload(struct decoder *d)
{
	cursor_limit(&d->c, 0);
	l4_set_payload(d);
}

static void
read_rest(struct decoder *d, uint32_t options)
{
	uint8_t flags = d->p->tcp.flags;
	const uint8_t *o = cursor_peek(&d->c, 12);
	bool fast_open = false;

	if (options == 12 && o != NULL && be32(o) == TIMESTAMPS_ALIGNED)
		d->p->tcp.has_timestamps = true;
	else if (options > 0)
		fast_open = read_options(d, options);
	cursor_skip(&d->c, options);
	l4_set_payload(d);
	if ((flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && d->c.left > 0 && !fast_open)
		flag(d, ANOMALY_TCP_SYN_DATA);
}

void
layer_tcp(struct decoder *d, uint32_t number)
{
	const uint8_t *h;
	uint32_t header;

	(void)number;
	l4_ports(d, ANOMALY_TCP_PORT_ZERO);
	l4_checksum(d, d->c.left, d->c.left, 16);
	h = l4_pull(d, TCP_HEADER);
	if (h == NULL)
		return;
	d->p->has_l4 = true;
	read_header(&d->p->tcp, h);
	header = (h[12] >> 4) * 4U;
	if ((h[13] & (TCP_ACK | TCP_SYN | TCP_FIN | TCP_RST)) != TCP_ACK)
		check_flags(d, h[13]);
	if (header >= TCP_HEADER && !cursor_lacks(&d->c, header - TCP_HEADER)) {
		read_rest(d, header - TCP_HEADER);
		return;
	}
	if (header < TCP_HEADER)
		flag(d, ANOMALY_TCP_HEADER_LENGTH);
	else
		l4_short(d, ANOMALY_TCP_HEADER_LENGTH);
	no_payload(d);
}
