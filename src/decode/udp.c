/* UDP (RFC 768) and UDP-Lite (RFC 3828). */
#include "config.h"

#include "l4.h"

#define UDP_HEADER 8

/* The length field; 0 stands for "all" in jumbograms and offloaded packets. */
static uint32_t
udp_length(struct decoder *d, const uint8_t *h)
{
	uint32_t len = be16(h + 4), left = d->c.left;

	if (len == 0 && d->offload)
		return left;
	if (len >= UDP_HEADER && len <= left)
		return len;
	if (len < UDP_HEADER || !(d->p->fragment || d->ip_truncated))
		flag(d, ANOMALY_UDP_LENGTH);
	return left;
}

void
layer_udp(struct decoder *d, uint32_t number)
{
	const uint8_t *h;
	uint32_t len;

	(void)number;
	l4_ports(d, ANOMALY_UDP_PORT_ZERO);
	h = cursor_peek(&d->c, UDP_HEADER);
	if (h == NULL) {
		l4_pull(d, UDP_HEADER);
		return;
	}
	len = udp_length(d, h);
	if (be16(h + 6) != 0)
		l4_checksum(d, len, len, 6);
	cursor_limit(&d->c, len);
	cursor_pull(&d->c, UDP_HEADER);
	d->p->has_l4 = true;
	l4_set_payload(d);
	udp_tunnel(d);
}

/* The length field is the checksum's coverage: 0 for all, at least the header. */
void
layer_udplite(struct decoder *d, uint32_t number)
{
	const uint8_t *h;
	uint32_t len = d->c.left, covered;

	(void)number;
	l4_ports(d, ANOMALY_UDP_PORT_ZERO);
	h = cursor_peek(&d->c, UDP_HEADER);
	if (h == NULL) {
		l4_pull(d, UDP_HEADER);
		return;
	}
	covered = be16(h + 4);
	if (covered == 0)
		covered = len;
	if (covered < UDP_HEADER || (covered > len && !d->p->fragment))
		flag(d, ANOMALY_UDP_LENGTH);
	else
		l4_checksum(d, len, covered, 6);
	cursor_pull(&d->c, UDP_HEADER);
	d->p->has_l4 = true;
	l4_set_payload(d);
}
