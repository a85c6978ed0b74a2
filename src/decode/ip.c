/*
 * What both versions of IP have in common: the step to the upper layer, fragments, and
 * addresses that cannot be right.
 */
#include "config.h"

#include "l4.h"

#define IP_PACKET_MAX 65535

static const struct {
	decode_layer *layer;
	bool ports;
} uppers[256] = {
    [1] = {layer_icmp, false},
    [2] = {layer_igmp, false},
    [4] = {layer_ipip, false},
    [6] = {layer_tcp, true},
    [17] = {layer_udp, true},
    [41] = {layer_ipip, false},
    [47] = {layer_gre, false},
    [50] = {layer_esp, false},
    [51] = {layer_ah, false},
    [58] = {layer_icmp, false},
    [132] = {layer_sctp, true},
    [136] = {layer_udplite, true},
    [137] = {layer_mpls_in_ip, false},
};

/* By the version that the packet itself says, where the link does not. */
void
layer_ip(struct decoder *d, uint32_t number)
{
	const uint8_t *h = cursor_peek(&d->c, 1);

	(void)number;
	if (h == NULL)
		decode_stop_short(d, DECODE_REASON_IP_SHORT, 1);
	else if (h[0] >> 4 == 4)
		layer_ip4(d, 0);
	else if (h[0] >> 4 == 6)
		layer_ip6(d, 0);
	else
		decode_stop(d, DECODE_MALFORMED, DECODE_REASON_IP_VERSION, h[0] >> 4);
}

void
ip_start(struct decoder *d, const uint8_t *header)
{
	d->p->l3 = header;
	d->ip_truncated = d->offload = d->rerouted = false;
}

/* IPv4 127/8, IPv6 ::1. */
static bool
is_loopback(const struct addr *a)
{
	static const uint8_t one[16] = {[15] = 1};

	return a->family == 4 ? a->bytes[0] == 127 : memcmp(a->bytes, one, 16) == 0;
}

static bool
is_group(const struct addr *a)
{
	if (a->family == 4)
		return a->bytes[0] >> 4 == 0xe || be32(a->bytes) == UINT32_MAX;
	return a->bytes[0] == 0xff;
}

/*
 * A loopback interface shows as link type, as Ethernet without addresses, or, where
 * the link has none at all, by both ends being loopback addresses.
 */
bool
ip_on_network(const struct decoder *d)
{
	static const uint8_t zero[6];
	const struct packet *p = d->p;

	if (p->n_tunnels > 0)
		return true;
	if (d->link == LINK_MAC)
		return memcmp(p->src_mac, zero, 6) != 0 ||
		    memcmp(p->dst_mac, zero, 6) != 0;
	return d->link == LINK_BARE && !(is_loopback(&p->src) && is_loopback(&p->dst));
}

static void
check_source(struct decoder *d)
{
	const struct addr *src = &d->p->src;

	if (is_group(src) || (is_loopback(src) && ip_on_network(d)))
		flag(d, ANOMALY_IP_SOURCE_BAD);
}

static void
check_fragment(struct decoder *d)
{
	const struct packet *p = d->p;

	if (p->more_fragments && d->fragment_len % 8 != 0 && !d->ip_truncated)
		flag(d, ANOMALY_FRAG_ODD_SIZE);
	if (d->fragment_head + p->frag_offset + d->fragment_len > IP_PACKET_MAX)
		flag(d, ANOMALY_FRAG_OVERSIZE);
}

void
ip_dispatch(struct decoder *d)
{
	uint8_t proto = d->p->proto;

	l4_set_payload(d);
	if (d->p->frag_offset != 0)
		return;
	if (!uppers[proto].ports)
		l4_check_land(d);
	if (uppers[proto].layer != NULL)
		uppers[proto].layer(d, proto);
}

void
ip_upper(struct decoder *d)
{
	struct packet *p = d->p;

	decode_stop(d, DECODE_IP, DECODE_REASON_NONE, 0);
	if (p->ttl == 0)
		flag(d, ANOMALY_IP_TTL_ZERO);
	check_source(d);
	if (p->fragment)
		check_fragment(d);
	ip_dispatch(d);
}
