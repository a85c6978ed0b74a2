/*
 * A shard's meters: what each endpoint sent and received in the running second. This
 * runs twice for every packet: a sketch is touched only when the peer or the port is
 * another one than that of the endpoint's packet before.
 */
#include "config.h"

#include "tallyman/meter.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "flow/meter_places.h"
#include "flow/sketch/hll.h"
#include "tallyman/clock.h"

struct meter_table {
	struct places places;
	int64_t second; /* of what the table holds */
};

/* What a packet says to both of its ends. */
struct sight {
	const struct packet *packet;
	const struct addr *from, *to;
	bool is_arp;
	bool from_initiator;
	bool has_port;
	uint16_t port; /* of the responder */
	bool new_flow, first_answer;
};

struct meter_table *
meter_table_new(uint32_t cap)
{
	struct meter_table *t = calloc(1, sizeof *t);

	if (t != NULL && places_init(&t->places, cap) < 0)
		meter_table_free(&t);
	return t;
}

void
meter_table_free(struct meter_table **t)
{
	if (*t == NULL)
		return;
	places_fini(&(*t)->places);
	free(*t);
	*t = NULL;
}

/* Rounds down; what comes before the first whole second of int64_t is put into it. */
static int64_t
second_of(int64_t ts)
{
	int64_t second = ts - ts % CLOCK_NS_PER_SEC;

	if (second > ts && second >= INT64_MIN + CLOCK_NS_PER_SEC)
		second -= CLOCK_NS_PER_SEC;
	return second;
}

/* The endpoint's place, with room for one more packet or message. */
static inline struct place *
touch(struct meter_table *t, const struct addr *endpoint, int64_t ts)
{
	struct place *p = places_find(&t->places, endpoint);

	if (p != NULL) {
		p->weight++;
		return p;
	}
	if (t->places.used == 0)
		t->second = second_of(ts);
	return places_claim(&t->places, endpoint, 1);
}

static inline void
count_tcp(struct meter_counts *c, const struct packet *p)
{
	uint8_t flags = p->has_l4 ? p->tcp.flags : 0;

	c->tcp++;
	if ((flags & (TCP_SYN | TCP_RST | TCP_FIN)) == 0)
		return;
	c->syn += (flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
	c->synack += (flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
	c->rst += (flags & TCP_RST) != 0;
	c->fin += (flags & TCP_FIN) != 0;
}

static inline void
count(struct meter_counts *c, const struct sight *s)
{
	const struct packet *p = s->packet;

	c->packets++;
	c->bytes += p->wire_len;
	if (s->is_arp) {
		c->arp++;
		return;
	}
	if (p->fragment)
		c->fragments++;
	if (p->proto == IPPROTO_TCP)
		count_tcp(c, p);
	else if (p->proto == IPPROTO_UDP || p->proto == IPPROTO_UDPLITE)
		c->udp++;
	else if (p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6)
		c->icmp++;
}

/* Into the sketches, unless the packet before was from the same conversation. */
static inline void
sketch(
    struct place *place, const struct addr *peer, const struct sight *s, bool initiator)
{
	uint32_t asked = UINT32_C(1) << 31 | (uint32_t)initiator << 16 | s->port;
	struct meter *m = &place->meter;

	if (!places_same(&place->last_peer, peer)) {
		place->last_peer = *peer;
		hll_add(m->peers, hll_hash_addr(peer));
	}
	if (s->has_port && place->asked != asked) {
		place->asked = asked;
		hll_add(initiator ? m->ports : m->ports_in, hll_hash_port(s->port));
	}
}

/* Flows count out at their initiator and in at their responder, whoever sent this. */
static void
count_flow(struct meter *m, const struct sight *s, bool initiator)
{
	struct meter_counts *c = initiator ? &m->out : &m->in;

	c->flows += s->new_flow;
	c->answered += s->first_answer;
}

static inline void
count_end(struct meter_table *t, const struct sight *s, bool sender)
{
	bool initiator = sender == s->from_initiator;
	struct place *place = touch(t, sender ? s->from : s->to, s->packet->ts);

	count(sender ? &place->meter.out : &place->meter.in, s);
	sketch(place, sender ? s->to : s->from, s, initiator);
	if (s->new_flow || s->first_answer)
		count_flow(&place->meter, s, initiator);
}

static bool
has_ports(const struct packet *p)
{
	switch (p->proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
		return p->has_l4;
	default:
		return false;
	}
}

void
meter_packet(
    struct meter_table *t, const struct packet *p, const struct flow_packet *fp)
{
	struct sight s = {
	    .packet = p,
	    .from = &p->src,
	    .to = &p->dst,
	    .from_initiator = fp == NULL || fp->dir == FLOW_TOSERVER,
	};

	if (p->result != DECODE_IP) {
		s.is_arp = true;
		s.from = &p->arp.sender;
		s.to = &p->arp.target;
	} else {
		s.has_port = has_ports(p);
		s.port = s.from_initiator ? p->dport : p->sport;
	}
	if (fp != NULL) {
		s.new_flow = fp->created;
		s.first_answer = fp->first_answer;
	}
	/* One after the other: the second end may take over the first one's place. */
	count_end(t, &s, true);
	count_end(t, &s, false);
}

void
meter_message(
    struct meter_table *t, const struct addr *src, const struct addr *dst, int64_t ts)
{
	touch(t, src, ts)->meter.out.messages++;
	touch(t, dst, ts)->meter.in.messages++;
}

void
meter_flush(
    struct meter_table *t, void (*emit)(void *ctx, const struct meter *m), void *ctx)
{
	struct places *places = &t->places;

	for (uint32_t i = 0; i < places->used; i++) {
		struct meter *m = &places->all[i].meter;

		m->second = t->second;
		m->floor = places->floor;
		emit(ctx, m);
	}
	places_reset(places);
}

uint64_t
meter_table_replaced(const struct meter_table *t)
{
	return t->places.replaced;
}
