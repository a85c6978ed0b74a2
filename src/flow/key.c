/*
 * Keys of flows: the tuple made independent of direction, ICMP types paired with their
 * answers, and what of an encapsulation tells flows apart. The shard of a packet is a
 * fixed hash of the address pair alone, so that all that may belong together meets.
 */
#include "config.h"

#include "flow/flow_priv.h"

#include <endian.h>
#include <netinet/in.h>
#include <string.h>

/* Requests and their replies: RFC 792, 950, 1256; 4443, 4861, 2710, 4620, 6275. The
 * same pairs as Community ID has. */
static const struct icmp_pair {
	uint8_t request, reply;
	bool has_id; /* an identifier tells apart who asked */
} pairs4[] =
    {
	{8, 0, true},
	{13, 14, true},
	{15, 16, true},
	{10, 9, false},
	{17, 18, true},
},
  pairs6[] = {
      {128, 129, true},
      {133, 134, false},
      {135, 136, false},
      {130, 131, false},
      {139, 140, false},
      {144, 145, false},
};

static const struct icmp_pair *
find_pair(uint8_t proto, uint8_t type)
{
	const struct icmp_pair *pairs = proto == IPPROTO_ICMP ? pairs4 : pairs6;
	size_t n = proto == IPPROTO_ICMP ? sizeof pairs4 / sizeof *pairs4
					 : sizeof pairs6 / sizeof *pairs6;

	for (size_t i = 0; i < n; i++) {
		if (pairs[i].request == type || pairs[i].reply == type)
			return &pairs[i];
	}
	return NULL;
}

bool
flow_icmp_pair(uint8_t proto, uint8_t type, uint8_t *request_r, uint8_t *reply_r)
{
	const struct icmp_pair *pair = find_pair(proto, type);

	if (pair == NULL)
		return false;
	*request_r = pair->request;
	*reply_r = pair->reply;
	return true;
}

bool
flow_icmp_is_error(uint8_t proto, uint8_t type)
{
	if (proto == IPPROTO_ICMPV6)
		return type < 128;
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static inline uint64_t
be64(const uint8_t *bytes)
{
	uint64_t w;

	memcpy(&w, bytes, sizeof w);
	return be64toh(w);
}

/* True when a (address, then port) is above b. */
static inline bool
is_above(const struct flow_ends *e)
{
	uint64_t s = be64(e->src->bytes), d = be64(e->dst->bytes);

	if (s == d) {
		s = be64(e->src->bytes + 8);
		d = be64(e->dst->bytes + 8);
	}
	return s != d ? s > d : e->sport > e->dport;
}

static inline void
set_ends(const struct flow_ends *e, bool from_hi, struct flow_key *key_r)
{
	const struct addr *lo = from_hi ? e->dst : e->src;
	const struct addr *hi = from_hi ? e->src : e->dst;

	memcpy(key_r->lo, lo->bytes, sizeof key_r->lo);
	memcpy(key_r->hi, hi->bytes, sizeof key_r->hi);
	key_r->lo_port = from_hi ? e->dport : e->sport;
	key_r->hi_port = from_hi ? e->sport : e->dport;
	key_r->encap = 0;
	key_r->proto = e->proto;
	key_r->family = e->src->family;
	key_r->kind = 0;
	key_r->one_way = 0;
}

bool
flow_key_ends(const struct flow_ends *ends, struct flow_key *key_r)
{
	bool from_hi = is_above(ends);

	set_ends(ends, from_hi, key_r);
	return from_hi;
}

static bool
is_icmp(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

/*
 * ICMP of a type: queries by id and by which end asks, so that two ends that ask each
 * other are two flows; the rest as they came.
 */
static bool
key_icmp(struct flow_ends *ends, uint8_t type, uint8_t code, uint16_t id,
    struct flow_key *key_r)
{
	const struct icmp_pair *pair = find_pair(ends->proto, type);
	bool asks, from_hi;

	if (pair == NULL) {
		ends->sport = ends->dport = code;
		set_ends(ends, false, key_r);
		key_r->kind = type;
		key_r->one_way = 1;
		return false;
	}
	asks = type == pair->request;
	ends->sport = asks;
	ends->dport = !asks;
	from_hi = flow_key_ends(ends, key_r);
	key_r->lo_port = pair->has_id ? id : 0;
	key_r->hi_port = asks == from_hi;
	key_r->kind = pair->request;
	return from_hi;
}

static bool
key_packet(const struct packet *p, struct flow_key *key_r)
{
	struct flow_ends ends = {&p->src, &p->dst, p->sport, p->dport, p->proto};
	bool from_hi;

	if (!is_icmp(p->proto))
		return flow_key_ends(&ends, key_r);
	if (p->has_l4)
		return key_icmp(&ends, p->icmp.type, p->icmp.code, p->icmp.id, key_r);
	ends.sport = ends.dport = 0;
	from_hi = flow_key_ends(&ends, key_r);
	key_r->kind = FLOW_KIND_NONE;
	return from_hi;
}

static bool
key_quote(const struct packet *p, struct flow_key *key_r)
{
	const struct decode_icmp *icmp = &p->icmp;
	struct flow_ends ends = {&icmp->quote_src, &icmp->quote_dst, icmp->quote_sport,
	    icmp->quote_dport, icmp->quote_proto};

	/* Of queries, the echo alone is quoted with its id. */
	if (is_icmp(icmp->quote_proto))
		return key_icmp(&ends, icmp->quote_proto == IPPROTO_ICMP ? 8 : 128, 0,
		    icmp->quote_sport, key_r);
	return flow_key_ends(&ends, key_r);
}

struct flow_encap
flow_packet_encap(const struct packet *p)
{
	return (struct flow_encap){p->vlans, p->tunnels, p->n_vlans, p->n_tunnels};
}

/* Labels and endpoint ids that are chosen anew for each direction. */
static bool
is_directional(uint8_t tunnel)
{
	return tunnel == DECODE_TUNNEL_GTPU || tunnel == DECODE_TUNNEL_MPLS;
}

static uint32_t
keyed_id(const struct decode_tunnel *tunnel)
{
	return is_directional(tunnel->type) ? 0 : tunnel->id;
}

uint32_t
flow_encap_hash(const struct flow_encap *e)
{
	uint64_t h = (uint64_t)e->n_vlans << 8 | e->n_tunnels;

	if (h == 0)
		return 0;
	for (unsigned i = 0; i < e->n_vlans; i++)
		h = hash_mix(h ^ e->vlans[i]) + 1;
	for (unsigned i = 0; i < e->n_tunnels; i++) {
		h = hash_mix(h ^ (uint64_t)e->tunnels[i].type << 32 ^
			keyed_id(&e->tunnels[i])) +
		    1;
	}
	return (uint32_t)hash_mix(h) | 1;
}

bool
flow_encap_same(const struct flow_encap *a, const struct flow_encap *b)
{
	if (a->n_vlans != b->n_vlans || a->n_tunnels != b->n_tunnels)
		return false;
	for (unsigned i = 0; i < a->n_vlans; i++) {
		if (a->vlans[i] != b->vlans[i])
			return false;
	}
	for (unsigned i = 0; i < a->n_tunnels; i++) {
		if (a->tunnels[i].type != b->tunnels[i].type ||
		    keyed_id(&a->tunnels[i]) != keyed_id(&b->tunnels[i]))
			return false;
	}
	return true;
}

static uint32_t
keyed_encap(const struct flow_table *t, const struct packet *p)
{
	struct flow_encap encap = flow_packet_encap(p);

	return t->config.key_encapsulation ? flow_encap_hash(&encap) : 0;
}

bool
flow_key_in(const struct flow_table *t, const struct packet *p, struct flow_key *key_r)
{
	bool from_hi = key_packet(p, key_r);

	key_r->encap = keyed_encap(t, p);
	return from_hi;
}

bool
flow_key_quote(
    const struct flow_table *t, const struct packet *p, struct flow_key *key_r)
{
	bool from_hi = key_quote(p, key_r);

	key_r->encap = keyed_encap(t, p);
	return from_hi;
}

static uint64_t
pair_hash(const struct addr *a, const struct addr *b)
{
	struct flow_ends ends = {a, b, 0, 0, 0};
	uint8_t pair[32];
	bool above = is_above(&ends);

	memcpy(pair, above ? b->bytes : a->bytes, 16);
	memcpy(pair + 16, above ? a->bytes : b->bytes, 16);
	return hash_fixed(pair, sizeof pair);
}

unsigned
flow_shard(const struct packet *p, unsigned n)
{
	uint64_t h;

	if (p->result == DECODE_IP) {
		if (is_icmp(p->proto) && p->has_l4 && p->icmp.has_quote)
			h = pair_hash(&p->icmp.quote_src, &p->icmp.quote_dst);
		else
			h = pair_hash(&p->src, &p->dst);
	} else if (p->reason == DECODE_REASON_ARP)
		h = pair_hash(&p->arp.sender, &p->arp.target);
	else
		return 0;
	return (unsigned)(h % n);
}
