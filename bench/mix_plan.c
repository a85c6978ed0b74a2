/*
 * Where the addresses and ports of a frame are, and the checksums that cover them.
 *
 * Not rewritten: addresses in payloads, IPv6 routing headers, 6to4 and NAT64 forms. A
 * transport checksum that lies in a later fragment than the header is left as it is.
 */
#include "config.h"

#include "mix_plan.h"

#include <string.h>

#define DEPTH_MAX 12

enum {
	ETH_IP4 = 0x0800,
	ETH_ARP = 0x0806,
	ETH_TEB = 0x6558,
	ETH_VLAN = 0x8100,
	ETH_QINQ = 0x88a8,
	ETH_IP6 = 0x86dd,
};

enum {
	PROTO_ICMP = 1,
	PROTO_IP4 = 4,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_IP6 = 41,
	PROTO_GRE = 47,
	PROTO_ICMP6 = 58,
	PROTO_UDPLITE = 136,
};

/* Where a transport protocol has its checksum, and what else it has. */
static const struct transport {
	uint8_t sum; /* offset of the checksum; NO_SUM: none */
	bool pseudo; /* it covers the addresses */
	bool ports;
} transports[256] = {
    [PROTO_ICMP] = {.sum = 2},
    [PROTO_TCP] = {.sum = 16, .pseudo = true, .ports = true},
    [PROTO_UDP] = {.sum = 6, .pseudo = true, .ports = true},
    [PROTO_UDPLITE] = {.sum = 6, .pseudo = true, .ports = true},
    [PROTO_ICMP6] = {.sum = 2, .pseudo = true},
};

/* An IP header found, and what its transport header needs to know. */
struct ip {
	size_t src, dst;
	size_t sum; /* of the header itself, or NO_SUM */
	bool v6;
	uint8_t proto;
	size_t next; /* where the transport header starts */
	size_t end;  /* what follows is padding */
	bool later_fragment;
};

static void plan_ip(struct plan *p, size_t off);
static void plan_ether(struct plan *p, size_t off);

static bool
has(const struct plan *p, size_t off, size_t n)
{
	return off <= p->len && n <= p->len - off;
}

static uint16_t
get16(const struct plan *p, size_t off)
{
	return (uint16_t)(p->b[off] << 8 | p->b[off + 1]);
}

static void
plan_arp(struct plan *p, size_t off)
{
	static const uint8_t ether_ip4[] = {0, 1, 8, 0, 6, 4};

	if (!has(p, off, 28) || memcmp(p->b + off, ether_ip4, sizeof ether_ip4) != 0)
		return;
	edit_mac(p, off + 8, NO_SUM);
	edit_v4(p, off + 14, NO_SUM, NO_SUM, false);
	edit_mac(p, off + 18, NO_SUM);
	edit_v4(p, off + 24, NO_SUM, NO_SUM, false);
}

static void
plan_ethertype(struct plan *p, unsigned type, size_t off)
{
	while ((type == ETH_VLAN || type == ETH_QINQ) && has(p, off, 4)) {
		type = get16(p, off + 2);
		off += 4;
	}
	if (type == ETH_IP4 || type == ETH_IP6)
		plan_ip(p, off);
	else if (type == ETH_ARP)
		plan_arp(p, off);
	else if (type == ETH_TEB)
		plan_ether(p, off);
}

static void
plan_ether(struct plan *p, size_t off)
{
	if (!has(p, off, 14) || ++p->depth > DEPTH_MAX)
		return;
	edit_mac(p, off, NO_SUM);
	edit_mac(p, off + 6, NO_SUM);
	plan_ethertype(p, get16(p, off + 12), off + 14);
}

/* RFC 4861: the target of a solicitation or advertisement, and the options' addresses.
 */
static void
plan_neighbour(struct plan *p, size_t off, size_t sum)
{
	uint8_t type = p->b[off];
	size_t opt = off + (type == 133 ? 8 : type == 134 ? 16 : type == 137 ? 40 : 24);

	if ((type == 135 || type == 136 || type == 137) && has(p, off + 8, 16))
		edit_v6(p, off + 8, sum, false);
	if (type == 137 && has(p, off + 24, 16))
		edit_v6(p, off + 24, sum, false);
	while (has(p, opt, 8) && p->b[opt + 1] != 0) {
		if (p->b[opt] == 1 || p->b[opt] == 2)
			edit_mac(p, opt + 2, sum);
		else if (p->b[opt] == 3 && has(p, opt, 32))
			edit_v6(p, opt + 16, sum, false);
		opt += (size_t)p->b[opt + 1] * 8;
	}
}

/* The packet that an ICMP error quotes after 8 bytes, under the error's checksum. */
static void
plan_quote(struct plan *p, size_t off, size_t sum)
{
	p->cover = sum;
	p->cover_udp = false;
	p->quoted = true;
	plan_ip(p, off + 8);
}

static void
plan_icmp(struct plan *p, const struct ip *ip, size_t sum)
{
	uint8_t type;

	if (!has(p, ip->next, 8) || sum == NO_SUM)
		return;
	type = p->b[ip->next];
	if (ip->v6 ? type < 128 : type == 3 || type == 5 || type == 11 || type == 12)
		plan_quote(p, ip->next, sum);
	else if (ip->v6 && type >= 133 && type <= 137)
		plan_neighbour(p, ip->next, sum);
}

/* RFC 2784 and 2890; a checksum there covers what follows. */
static void
plan_gre(struct plan *p, size_t off)
{
	unsigned flags;
	size_t next = off + 4;

	if (!has(p, off, 4))
		return;
	flags = get16(p, off);
	if ((flags & 7) != 0)
		return;
	if (flags & 0x8000) {
		p->cover = off + 4;
		p->cover_udp = false;
	}
	next +=
	    4 * (size_t)(!!(flags & 0x8000) + !!(flags & 0x2000) + !!(flags & 0x1000));
	plan_ethertype(p, get16(p, off + 2), next);
}

/* VXLAN (RFC 7348) and Geneve (RFC 8926) have 8 bytes; Geneve's options follow. */
static void
plan_udp_tunnel(struct plan *p, size_t off, size_t sum)
{
	uint16_t port = get16(p, off + 2);
	bool geneve = port == 6081;

	if ((port != 4789 && port != 8472 && !geneve) || !has(p, off, 16))
		return;
	if (sum != NO_SUM) {
		p->cover = sum;
		p->cover_udp = true;
	}
	if (!geneve)
		plan_ether(p, off + 16);
	else
		plan_ethertype(
		    p, get16(p, off + 10), off + 16 + 4 * (size_t)(p->b[off + 8] & 63));
}

static void
remember_tuple(struct plan *p, const struct ip *ip)
{
	size_t n = ip->v6 ? 16 : 4, i;
	uint64_t src = 1, dst = 1;

	if (p->quoted)
		return;
	for (i = 0; i < n; i++) {
		src = mix_hash(src ^ p->b[ip->src + i]);
		dst = mix_hash(dst ^ p->b[ip->dst + i]);
	}
	if (!ip->later_fragment && transports[ip->proto].ports && has(p, ip->next, 4)) {
		src = mix_hash(src ^ get16(p, ip->next));
		dst = mix_hash(dst ^ get16(p, ip->next + 2));
	}
	p->tuple = mix_hash((src + dst) ^ ip->proto);
}

static bool
plan_addresses(struct plan *p, const struct ip *ip, size_t sum, bool udp)
{
	bool src, dst;

	if (ip->v6) {
		src = edit_v6(p, ip->src, sum, udp);
		dst = edit_v6(p, ip->dst, sum, udp);
	} else {
		src = edit_v4(p, ip->src, ip->sum, sum, udp);
		dst = edit_v4(p, ip->dst, ip->sum, sum, udp);
	}
	return src || dst;
}

/* Addresses, ports and what is inside. */
static void
plan_transport(struct plan *p, const struct ip *ip)
{
	const struct transport *t = &transports[ip->proto];
	size_t sum = NO_SUM;
	bool udp = ip->proto == PROTO_UDP, changed;

	if (!ip->later_fragment && t->sum != 0 && has(p, ip->next + t->sum, 2))
		sum = ip->next + t->sum;
	if (udp && sum != NO_SUM && get16(p, sum) == 0)
		sum = NO_SUM; /* RFC 768: none was made */
	changed = plan_addresses(p, ip, t->pseudo ? sum : NO_SUM, udp);
	remember_tuple(p, ip);
	if (ip->later_fragment)
		return;
	if (t->ports && has(p, ip->next, 4)) {
		edit_port(p, ip->next, !changed, sum, udp);
		edit_port(p, ip->next + 2, !changed, sum, udp);
	}
	if (udp && has(p, ip->next, 8))
		plan_udp_tunnel(p, ip->next, sum);
	else if (ip->proto == PROTO_ICMP || ip->proto == PROTO_ICMP6)
		plan_icmp(p, ip, sum);
	else if (ip->proto == PROTO_GRE)
		plan_gre(p, ip->next);
	else if (ip->proto == PROTO_IP4 || ip->proto == PROTO_IP6)
		plan_ip(p, ip->next);
}

static bool
parse_ip4(const struct plan *p, size_t off, struct ip *ip_r)
{
	size_t size;

	if (!has(p, off, 20))
		return false;
	size = (size_t)(p->b[off] & 15) * 4;
	*ip_r = (struct ip){.src = off + 12,
	    .dst = off + 16,
	    .sum = off + 10,
	    .proto = p->b[off + 9],
	    .next = off + size,
	    .end = off + get16(p, off + 2),
	    .later_fragment = (get16(p, off + 6) & 0x1fff) != 0};
	return size >= 20;
}

/* RFC 8200: walks the extension headers that have a length. */
static bool
parse_ip6(const struct plan *p, size_t off, struct ip *ip_r)
{
	struct ip ip = {.src = off + 8, .dst = off + 24, .v6 = true, .next = off + 40};

	if (!has(p, off, 40))
		return false;
	ip.proto = p->b[off + 6];
	ip.end = off + 40 + get16(p, off + 4);
	while (has(p, ip.next, 8)) {
		size_t at = ip.next;

		if (ip.proto == 44) {
			ip.later_fragment = (get16(p, at + 2) & 0xfff8) != 0;
			ip.next += 8;
		} else if (ip.proto == 0 || ip.proto == 43 || ip.proto == 60) {
			ip.next += 8 + (size_t)p->b[at + 1] * 8;
		} else {
			break;
		}
		ip.proto = p->b[at];
		if (ip.later_fragment)
			break;
	}
	*ip_r = ip;
	return true;
}

static void
plan_ip(struct plan *p, size_t off)
{
	struct ip ip;
	bool ok = false;

	if (!has(p, off, 1) || ++p->depth > DEPTH_MAX)
		return;
	if (p->b[off] >> 4 == 4)
		ok = parse_ip4(p, off, &ip);
	else if (p->b[off] >> 4 == 6)
		ok = parse_ip6(p, off, &ip);
	if (!ok)
		return;
	if (ip.end >= ip.next && ip.end < p->len) /* a length of zero is an offload's */
		p->len = ip.end;
	plan_transport(p, &ip);
}

void
plan_frame(struct input *in, const uint8_t *frame, size_t len)
{
	struct plan p = {.in = in, .b = frame, .len = len < 65535 ? len : 65535};

	plan_ether(&p, 0);
	count_flow(in, p.tuple);
}
