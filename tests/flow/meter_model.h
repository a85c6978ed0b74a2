/*
 * What the tests of meters share: packets, what tables emit, and a plain model that
 * keeps everything of a second. Include after cmocka.h.
 */
#ifndef TESTS_FLOW_METER_MODEL_H
#define TESTS_FLOW_METER_MODEL_H

#include <netinet/in.h>

#include "flow/sketch/hll.h"
#include "tallyman/meter.h"
#include "flow_values.h"

/* ---- what came out ---- */

struct collected {
	struct meter meters[4096];
	bool written[4096];
	unsigned n;
};

static inline void
collect(void *ctx, const struct meter *m)
{
	struct collected *c = ctx;

	assert_true(c->n < LENGTH(c->meters));
	c->meters[c->n++] = *m;
}

static inline void
collect_merged(void *ctx, const struct meter *m, bool written)
{
	struct collected *c = ctx;

	assert_true(c->n < LENGTH(c->meters));
	c->written[c->n] = written;
	c->meters[c->n++] = *m;
}

static inline const struct meter *
find(const struct collected *c, const struct addr *a)
{
	for (unsigned i = 0; i < c->n; i++)
		if (addr_equal(&c->meters[i].endpoint, a))
			return &c->meters[i];
	return NULL;
}

static inline void
assert_meters_equal(const struct meter *a, const struct meter *b)
{
	assert_true(addr_equal(&a->endpoint, &b->endpoint));
	assert_memory_equal(&a->out, &b->out, sizeof a->out);
	assert_memory_equal(&a->in, &b->in, sizeof a->in);
	assert_memory_equal(a->peers, b->peers, sizeof a->peers);
	assert_memory_equal(a->ports, b->ports, sizeof a->ports);
	assert_memory_equal(a->ports_in, b->ports_in, sizeof a->ports_in);
	assert_true(a->second == b->second);
	assert_true(a->error == b->error);
	assert_true(a->floor == b->floor);
}

static inline struct collected *
collected_new(void)
{
	struct collected *c = calloc(1, sizeof *c);

	assert_non_null(c);
	return c;
}

static inline struct packet
tcp_packet(
    struct addr src, uint16_t sport, struct addr dst, uint16_t dport, uint8_t flags)
{
	struct packet p = {
	    .result = DECODE_IP,
	    .src = src,
	    .dst = dst,
	    .sport = sport,
	    .dport = dport,
	    .proto = IPPROTO_TCP,
	    .has_l4 = true,
	    .wire_len = 60,
	};

	p.tcp.flags = flags;
	return p;
}

/* ---- the model ---- */

enum { WORLD = 256 }; /* addresses of the model, told apart by their last byte */

/* Exact counts of a second, kept for every address. */
struct model {
	struct meter_counts out[WORLD], in[WORLD];
	uint8_t peers[WORLD][METER_HLL_REGISTERS], ports[WORLD][METER_HLL_REGISTERS],
	    ports_in[WORLD][METER_HLL_REGISTERS];
};

static inline struct addr
world_addr(uint32_t i)
{
	return i % 3 == 0 ? v6(UINT64_C(0xfd00) << 48, i) : v4(0xc0a80000 + i);
}

static inline uint32_t
world_index(const struct addr *a)
{
	return a->bytes[a->family == 6 ? 15 : 3];
}

/* A few addresses get most of the packets, as everywhere. */
static inline uint32_t
skewed(uint64_t *seed)
{
	uint64_t r = next_random(seed);

	switch (r & 3) {
	case 0:
		return (uint32_t)(r >> 8) % 4;
	case 1:
		return (uint32_t)(r >> 8) % 40;
	default:
		return (uint32_t)(r >> 8) % WORLD;
	}
}

struct world_packet {
	struct packet packet;
	struct flow_packet flow;
	uint32_t src, dst;
	bool message;
};

static inline struct world_packet
world_packet(uint64_t *seed, int64_t ts)
{
	static const uint8_t flags[] = {
	    TCP_SYN, TCP_SYN | TCP_ACK, TCP_ACK, TCP_ACK, TCP_RST, TCP_FIN | TCP_ACK};
	uint32_t src = skewed(seed), dst = skewed(seed);
	uint64_t r = next_random(seed);
	uint16_t client = (uint16_t)(40000 + r % 64), server = (uint16_t)(r >> 8 & 127);
	bool back = r >> 20 & 1;
	struct world_packet w = {.src = src, .dst = dst, .message = (r >> 22 & 7) == 0};

	w.packet = tcp_packet(world_addr(src), back ? server : client, world_addr(dst),
	    back ? client : server, flags[(r >> 32) % LENGTH(flags)]);
	w.packet.ts = ts;
	w.packet.wire_len = (uint32_t)(60 + (r >> 40) % 1400);
	w.flow.dir = back ? FLOW_TOCLIENT : FLOW_TOSERVER;
	w.flow.created = (r >> 25 & 3) == 0;
	w.flow.first_answer = !w.flow.created && (r >> 27 & 3) == 0;
	return w;
}

static inline void
model_side(struct meter_counts *c, const struct packet *p)
{
	c->packets++;
	c->bytes += p->wire_len;
	c->tcp++;
	c->syn += p->tcp.flags == TCP_SYN;
	c->synack += p->tcp.flags == (TCP_SYN | TCP_ACK);
	c->rst += p->tcp.flags == TCP_RST;
	c->fin += p->tcp.flags == (TCP_FIN | TCP_ACK);
}

static inline void
model_packet(struct model *m, const struct world_packet *w)
{
	bool back = w->flow.dir == FLOW_TOCLIENT;
	uint32_t initiator = back ? w->dst : w->src, responder = back ? w->src : w->dst;
	uint64_t port = hll_hash_port(back ? w->packet.sport : w->packet.dport);

	model_side(&m->out[w->src], &w->packet);
	model_side(&m->in[w->dst], &w->packet);
	m->out[w->src].messages += w->message;
	m->in[w->dst].messages += w->message;
	m->out[initiator].flows += w->flow.created;
	m->in[responder].flows += w->flow.created;
	m->out[initiator].answered += w->flow.first_answer;
	m->in[responder].answered += w->flow.first_answer;
	hll_add(m->peers[w->src], hll_hash_addr(&w->packet.dst));
	hll_add(m->peers[w->dst], hll_hash_addr(&w->packet.src));
	hll_add(m->ports[initiator], port);
	hll_add(m->ports_in[responder], port);
}

static inline void
table_packet(struct meter_table *t, const struct world_packet *w)
{
	meter_packet(t, &w->packet, &w->flow);
	if (w->message)
		meter_message(t, &w->packet.src, &w->packet.dst, w->packet.ts);
}

static inline uint64_t
weight(const struct meter_counts *out, const struct meter_counts *in)
{
	return out->packets + in->packets + out->messages + in->messages;
}

/* Every field of a meter is at most the truth. */
static inline void
assert_not_above(const struct meter *m, const struct model *model, uint32_t i)
{
	const uint64_t *got[] = {(const void *)&m->out, (const void *)&m->in};
	const uint64_t *real[] = {
	    (const void *)&model->out[i], (const void *)&model->in[i]};

	for (unsigned side = 0; side < 2; side++)
		for (size_t k = 0; k < sizeof m->out / sizeof(uint64_t); k++)
			assert_true(got[side][k] <= real[side][k]);
	for (size_t k = 0; k < METER_HLL_REGISTERS; k++) {
		assert_true(m->peers[k] <= model->peers[i][k]);
		assert_true(m->ports[k] <= model->ports[i][k]);
		assert_true(m->ports_in[k] <= model->ports_in[i][k]);
	}
}

static inline void
assert_exact(const struct meter *m, const struct model *model, uint32_t i)
{
	assert_memory_equal(&m->out, &model->out[i], sizeof m->out);
	assert_memory_equal(&m->in, &model->in[i], sizeof m->in);
	assert_memory_equal(m->peers, model->peers[i], sizeof m->peers);
	assert_memory_equal(m->ports, model->ports[i], sizeof m->ports);
	assert_memory_equal(m->ports_in, model->ports_in[i], sizeof m->ports_in);
}

/*
 * Counted <= truth <= counted + error for those with a place, truth <= floor for the
 * rest; exact where the error is zero.
 */
static inline void
assert_bounds(const struct collected *c, const struct model *model)
{
	bool seen[WORLD] = {false};

	for (unsigned k = 0; k < c->n; k++) {
		const struct meter *m = &c->meters[k];
		uint32_t i = world_index(&m->endpoint);
		uint64_t truth = weight(&model->out[i], &model->in[i]);

		assert_false(seen[i]);
		seen[i] = true;
		assert_not_above(m, model, i);
		assert_true(truth <= weight(&m->out, &m->in) + m->error);
		if (m->error == 0)
			assert_exact(m, model, i);
	}
	for (uint32_t i = 0; i < WORLD; i++)
		if (!seen[i])
			assert_true(weight(&model->out[i], &model->in[i]) <=
			    (c->n == 0 ? 0 : c->meters[0].floor));
}

#endif
