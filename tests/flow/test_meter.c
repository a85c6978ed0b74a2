/*
 * Meters against a plain model that keeps everything: sketches, counts, the bounds of
 * Space-Saving, merging, and that nothing depends on where things lie in a table.
 */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <netinet/in.h>

#include "flow/sketch/hll.h"
#include "flow/sketch/least.h"
#include "tallyman/clock.h"
#include "tallyman/meter.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static uint64_t
next_random(uint64_t *seed)
{
	*seed += UINT64_C(0x9e3779b97f4a7c15);
	return hash_mix(*seed);
}

static struct addr
v4(uint32_t value)
{
	return addr_v4((uint8_t[]){(uint8_t)(value >> 24), (uint8_t)(value >> 16),
	    (uint8_t)(value >> 8), (uint8_t)value});
}

static struct addr
v6(uint64_t high, uint64_t low)
{
	uint8_t bytes[16];

	for (int i = 0; i < 8; i++) {
		bytes[i] = (uint8_t)(high >> (56 - 8 * i));
		bytes[8 + i] = (uint8_t)(low >> (56 - 8 * i));
	}
	return addr_v6(bytes);
}

/* ---- sketches ---- */

/* The i-th member of the t-th set of a kind: what networks and attackers look like. */
static struct addr
member(unsigned kind, uint32_t t, uint32_t i)
{
	uint64_t seed = (uint64_t)t << 32 | i;

	switch (kind) {
	case 0:
		return v4(t << 20 ^ i);
	case 1:
		return v4((uint32_t)hash_mix(seed));
	case 2:
		return v6(UINT64_C(0xfd00000000000000) | t, i);
	default:
		return v6(next_random(&seed), next_random(&seed));
	}
}

static uint64_t
estimate(unsigned kind, uint32_t trial, uint32_t n)
{
	uint8_t registers[METER_HLL_REGISTERS] = {0};

	for (uint32_t i = 0; i < n; i++) {
		struct addr a = member(kind, trial, i);

		hll_add(registers, hll_hash_addr(&a));
	}
	return meter_distinct(registers);
}

/* Over many sets: no bias to speak of, and the spread that the theory promises. */
static void
test_distinct_error(void **state)
{
	static const struct {
		uint32_t n, trials;
		double bias, rms; /* relative, at most */
	} cases[] = {
	    {1, 100, 0, 0},
	    {2, 1000, 0.03, 0.08},
	    {5, 1000, 0.05, 0.10},
	    {10, 1000, 0.05, 0.10},
	    {50, 1000, 0.03, 0.11},
	    {100, 1000, 0.03, 0.12},
	    {160, 1000, 0.03, 0.125},
	    {300, 1000, 0.03, 0.135},
	    {1000, 1000, 0.03, 0.145},
	    {20000, 100, 0.06, 0.16},
	    {300000, 10, 0.14, 0.20},
	};

	(void)state;
	for (unsigned kind = 0; kind < 4; kind++)
		for (size_t c = 0; c < LENGTH(cases); c++) {
			double sum = 0, squares = 0;

			for (uint32_t t = 0; t < cases[c].trials; t++) {
				double n = cases[c].n;
				double e =
				    ((double)estimate(kind, t, cases[c].n) - n) / n;

				sum += e;
				squares += e * e;
			}
			assert_true(
			    fabs(sum / cases[c].trials) <= cases[c].bias + 1e-9);
			assert_true(
			    sqrt(squares / cases[c].trials) <= cases[c].rms + 1e-9);
		}
}

static void
test_distinct_ends(void **state)
{
	uint8_t registers[METER_HLL_REGISTERS] = {0};

	(void)state;
	assert_true(meter_distinct(registers) == 0);
	memset(registers, HLL_RANK_MAX, sizeof registers);
	assert_true(meter_distinct(registers) > UINT64_C(1) << 44);
	memset(registers, 0, sizeof registers);
	hll_add(registers, 0); /* the longest run there is */
	assert_int_equal(registers[0], HLL_RANK_MAX);
	assert_true(meter_distinct(registers) == 1);
	hll_add(registers, UINT64_MAX); /* the shortest */
	assert_int_equal(registers[METER_HLL_REGISTERS - 1], 1);
	for (uint32_t port = 0; port < 65536; port++)
		hll_add(registers, hll_hash_port((uint16_t)port));
	assert_in_range(meter_distinct(registers), 45000, 90000);
}

/* Merged halves are the sketch of the whole, repeats change nothing. */
static void
test_sketch_merge(void **state)
{
	uint8_t whole[METER_HLL_REGISTERS] = {0}, part[3][METER_HLL_REGISTERS] = {{0}};

	(void)state;
	for (uint32_t i = 0; i < 9000; i++) {
		struct addr a = member(i & 3, 1, i % 3000);

		hll_add(whole, hll_hash_addr(&a));
		hll_add(part[i % 3], hll_hash_addr(&a));
	}
	hll_merge(part[0], part[1]);
	hll_merge(part[0], part[2]);
	assert_memory_equal(part[0], whole, sizeof whole);
}

/* ---- the least of many growing weights ---- */

static void
test_least(void **state)
{
	enum { ITEMS = 50 };
	static const unsigned growths[] = {2, 20, 700, 100000};
	uint64_t weights[ITEMS * 3] = {0}, seed = 1, last;
	struct least l;

	(void)state;
	assert_int_equal(least_init(&l, weights, 3, ITEMS), 0);
	assert_true(least_take(&l) == LEAST_NONE);
	for (size_t g = 0; g < LENGTH(growths); g++) {
		memset(weights, 0, sizeof weights);
		least_reset(&l);
		last = 0;
		for (uint32_t i = 0; i < ITEMS; i++)
			least_put(&l, i);
		for (int round = 0; round < 20000; round++) {
			uint32_t i = (uint32_t)(next_random(&seed) % ITEMS), taken;
			uint64_t min = UINT64_MAX;

			weights[i * 3] += next_random(&seed) % growths[g];
			for (uint32_t j = 0; j < ITEMS; j++)
				min = weights[j * 3] < min ? weights[j * 3] : min;
			taken = least_take(&l);
			assert_in_range(taken, 0, ITEMS - 1);
			assert_true(weights[taken * 3] == min);
			assert_true(min >= last);
			last = min;
			weights[taken * 3] += 1 + next_random(&seed) % 2;
			least_put(&l, taken);
		}
	}
	for (int i = 0; i < ITEMS; i++)
		assert_true(least_take(&l) != LEAST_NONE);
	assert_true(least_take(&l) == LEAST_NONE);
	least_put(&l, 7); /* goes on after it ran empty */
	assert_true(least_take(&l) == 7);
	least_fini(&l);
}

/* ---- counting ---- */

struct collected {
	struct meter meters[4096];
	bool written[4096];
	unsigned n;
};

static void
collect(void *ctx, const struct meter *m)
{
	struct collected *c = ctx;

	assert_true(c->n < LENGTH(c->meters));
	c->meters[c->n++] = *m;
}

static void
collect_merged(void *ctx, const struct meter *m, bool written)
{
	struct collected *c = ctx;

	assert_true(c->n < LENGTH(c->meters));
	c->written[c->n] = written;
	c->meters[c->n++] = *m;
}

static const struct meter *
find(const struct collected *c, const struct addr *a)
{
	for (unsigned i = 0; i < c->n; i++)
		if (addr_equal(&c->meters[i].endpoint, a))
			return &c->meters[i];
	return NULL;
}

static void
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

static struct collected *
collected_new(void)
{
	struct collected *c = calloc(1, sizeof *c);

	assert_non_null(c);
	return c;
}

static struct packet
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

/* One packet of each kind, and what its sender and its receiver are credited with. */
static void
test_counts(void **state)
{
	static const struct {
		const char *name;
		uint8_t proto, flags;
		bool no_l4, fragment, arp, created, answer, to_client, no_flow;
		struct meter_counts out, in; /* sender's out, receiver's in */
		struct meter_counts asked;   /* initiator's out, responder's in */
		unsigned ports;
	} cases[] = {
	    {"syn", .proto = IPPROTO_TCP, .flags = TCP_SYN, .created = true,
		.out = {1, 60, .tcp = 1, .syn = 1}, .asked = {.flows = 1}, .ports = 1},
	    {"syn-ack", .proto = IPPROTO_TCP, .flags = TCP_SYN | TCP_ACK,
		.answer = true, .to_client = true,
		.out = {1, 60, .tcp = 1, .synack = 1}, .asked = {.answered = 1},
		.ports = 1},
	    {"missed syn", .proto = IPPROTO_TCP, .flags = TCP_SYN | TCP_ACK,
		.created = true, .to_client = true,
		.out = {1, 60, .tcp = 1, .synack = 1}, .asked = {.flows = 1},
		.ports = 1},
	    {"rst", .proto = IPPROTO_TCP, .flags = TCP_RST | TCP_ACK,
		.out = {1, 60, .tcp = 1, .rst = 1}, .ports = 1},
	    {"fin", .proto = IPPROTO_TCP, .flags = TCP_FIN | TCP_ACK,
		.out = {1, 60, .tcp = 1, .fin = 1}, .ports = 1},
	    {"xmas", .proto = IPPROTO_TCP, .flags = 0xff,
		.out = {1, 60, .tcp = 1, .synack = 1, .rst = 1, .fin = 1}, .ports = 1},
	    {"data", .proto = IPPROTO_TCP, .flags = TCP_ACK | TCP_PSH,
		.out = {1, 60, .tcp = 1}, .ports = 1},
	    {"untracked", .proto = IPPROTO_TCP, .flags = TCP_SYN, .no_flow = true,
		.out = {1, 60, .tcp = 1, .syn = 1}, .ports = 1},
	    {"tcp cut off", .proto = IPPROTO_TCP, .flags = TCP_SYN, .no_l4 = true,
		.out = {1, 60, .tcp = 1}},
	    {"udp", .proto = IPPROTO_UDP, .created = true, .out = {1, 60, .udp = 1},
		.asked = {.flows = 1}, .ports = 1},
	    {"udp-lite", .proto = IPPROTO_UDPLITE, .out = {1, 60, .udp = 1},
		.ports = 1},
	    {"sctp", .proto = IPPROTO_SCTP, .out = {.packets = 1, .bytes = 60},
		.ports = 1},
	    {"fragment", .proto = IPPROTO_UDP, .no_l4 = true, .fragment = true,
		.out = {1, 60, .udp = 1, .fragments = 1}},
	    {"icmp", .proto = IPPROTO_ICMP, .out = {1, 60, .icmp = 1}},
	    {"icmpv6", .proto = IPPROTO_ICMPV6, .out = {1, 60, .icmp = 1}},
	    {"gre", .proto = IPPROTO_GRE, .out = {.packets = 1, .bytes = 60}},
	    {"arp", .arp = true, .no_flow = true, .out = {1, 60, .arp = 1}},
	};
	struct addr a = v4(0x0a000001), b = v4(0x0a000002);
	struct collected *c = collected_new();
	struct meter_table *t = meter_table_new(16);

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		bool back = cases[i].to_client;
		struct packet p = tcp_packet(
		    a, back ? 443 : 40000, b, back ? 40000 : 443, cases[i].flags);
		struct flow_packet fp = {
		    .dir = back ? FLOW_TOCLIENT : FLOW_TOSERVER,
		    .created = cases[i].created,
		    .first_answer = cases[i].answer,
		};
		const struct meter *sender, *receiver, *initiator, *responder;
		struct meter_counts expected;

		p.proto = cases[i].proto;
		p.has_l4 = !cases[i].no_l4;
		p.fragment = cases[i].fragment;
		if (cases[i].arp) {
			p = (struct packet){.result = DECODE_NOT_IP,
			    .reason = DECODE_REASON_ARP,
			    .wire_len = 60};
			p.arp.sender = a;
			p.arp.target = b;
		}
		c->n = 0;
		meter_packet(t, &p, cases[i].no_flow ? NULL : &fp);
		meter_flush(t, collect, c);
		assert_int_equal(c->n, 2);
		sender = find(c, &a);
		receiver = find(c, &b);
		assert_non_null(sender);
		assert_non_null(receiver);
		initiator = back ? receiver : sender;
		responder = back ? sender : receiver;

		expected = cases[i].out;
		expected.flows = back ? 0 : cases[i].asked.flows;
		expected.answered = back ? 0 : cases[i].asked.answered;
		assert_memory_equal(&sender->out, &expected, sizeof expected);
		assert_memory_equal(&receiver->in, &expected, sizeof expected);
		assert_true(initiator->out.flows == cases[i].asked.flows);
		assert_true(responder->in.flows == cases[i].asked.flows);
		assert_true(initiator->out.answered == cases[i].asked.answered);
		assert_true(responder->in.answered == cases[i].asked.answered);
		assert_int_equal(meter_distinct(sender->peers), 1);
		assert_int_equal(meter_distinct(receiver->peers), 1);
		assert_int_equal(meter_distinct(initiator->ports), cases[i].ports);
		assert_int_equal(meter_distinct(responder->ports_in), cases[i].ports);
		assert_int_equal(meter_distinct(initiator->ports_in), 0);
		assert_int_equal(meter_distinct(responder->ports), 0);
	}
	meter_table_free(&t);
	assert_null(t);
	free(c);
}

/* A packet from an address to itself counts both ways. */
static void
test_land(void **state)
{
	struct addr a = v4(0x0a000001);
	struct packet p = tcp_packet(a, 80, a, 80, TCP_SYN);
	struct flow_packet fp = {.created = true};
	struct collected *c = collected_new();
	struct meter_table *t = meter_table_new(16);

	(void)state;
	meter_packet(t, &p, &fp);
	meter_flush(t, collect, c);
	assert_int_equal(c->n, 1);
	assert_int_equal(c->meters[0].out.packets, 1);
	assert_int_equal(c->meters[0].in.packets, 1);
	assert_int_equal(c->meters[0].out.flows, 1);
	assert_int_equal(c->meters[0].in.flows, 1);
	assert_int_equal(meter_distinct(c->meters[0].ports), 1);
	assert_int_equal(meter_distinct(c->meters[0].ports_in), 1);
	meter_table_free(&t);
	free(c);
}

/* What the table holds belongs to the second of its first packet or message. */
static void
test_seconds(void **state)
{
	static const struct {
		int64_t ts, second;
	} cases[] = {
	    {0, 0},
	    {999999999, 0},
	    {1000000000, 1000000000},
	    {INT64_C(1795459273966000000), INT64_C(1795459273000000000)},
	    {INT64_C(9223372036854775807), INT64_C(9223372036000000000)},
	    {5, 0}, /* back in time */
	    {-1, -1000000000},
	    {-1000000000, -1000000000},
	    {-1000000001, -2000000000},
	    {INT64_MIN, -INT64_C(9223372036000000000)},
	};
	struct addr a = v4(1), b = v4(2);
	struct collected *c = collected_new();
	struct meter_table *t = meter_table_new(16);

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct packet p = tcp_packet(a, 1, b, 2, TCP_ACK);

		c->n = 0;
		p.ts = cases[i].ts;
		meter_packet(t, &p, NULL);
		meter_message(t, &b, &a, cases[i].ts);
		meter_flush(t, collect, c);
		assert_int_equal(c->n, 2);
		assert_true(c->meters[0].second == cases[i].second);
		assert_true(c->meters[1].second == cases[i].second);

		c->n = 0;
		meter_message(t, &a, &b, cases[i].ts);
		meter_flush(t, collect, c);
		assert_int_equal(c->n, 2);
		assert_true(c->meters[0].second == cases[i].second);
		assert_int_equal(find(c, &a)->out.messages, 1);
		assert_int_equal(find(c, &b)->in.messages, 1);
		assert_int_equal(find(c, &a)->out.packets, 0);

		c->n = 0;
		meter_flush(t, collect, c);
		assert_int_equal(c->n, 0);
	}
	meter_table_free(&t);
	free(c);
}

/* ---- the bounds of Space-Saving ---- */

enum { WORLD = 256 }; /* addresses of the model, told apart by their last byte */

/* Exact counts of a second, kept for every address. */
struct model {
	struct meter_counts out[WORLD], in[WORLD];
	uint8_t peers[WORLD][METER_HLL_REGISTERS], ports[WORLD][METER_HLL_REGISTERS],
	    ports_in[WORLD][METER_HLL_REGISTERS];
};

static struct addr
world_addr(uint32_t i)
{
	return i % 3 == 0 ? v6(UINT64_C(0xfd00) << 48, i) : v4(0xc0a80000 + i);
}

static uint32_t
world_index(const struct addr *a)
{
	return a->bytes[a->family == 6 ? 15 : 3];
}

/* A few addresses get most of the packets, as everywhere. */
static uint32_t
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

static struct world_packet
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

static void
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

static void
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

static void
table_packet(struct meter_table *t, const struct world_packet *w)
{
	meter_packet(t, &w->packet, &w->flow);
	if (w->message)
		meter_message(t, &w->packet.src, &w->packet.dst, w->packet.ts);
}

static uint64_t
weight(const struct meter_counts *out, const struct meter_counts *in)
{
	return out->packets + in->packets + out->messages + in->messages;
}

/* Every field of a meter is at most the truth. */
static void
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

static void
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
static void
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

static void
test_space_saving(void **state)
{
	static const struct {
		uint32_t cap;
		unsigned packets;
	} cases[] = {{0, 2000}, {2, 2000}, {3, 3000}, {8, 5000}, {50, 5000},
	    {200, 5000}, {256, 5000}, {1000, 20000}};
	struct collected *c = collected_new();

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct meter_table *t = meter_table_new(cases[i].cap);
		uint64_t seed = i, before = 0;

		for (int64_t second = 0; second < 20; second++) {
			struct model *model = calloc(1, sizeof *model);
			uint32_t cap = cases[i].cap < 2 ? 2 : cases[i].cap;
			uint64_t ends = 0, counted = 0;

			assert_non_null(model);
			for (unsigned k = 0; k < cases[i].packets; k++) {
				struct world_packet w =
				    world_packet(&seed, second * CLOCK_NS_PER_SEC + k);

				model_packet(model, &w);
				table_packet(t, &w);
				ends += w.message ? 4 : 2;
			}
			c->n = 0;
			meter_flush(t, collect, c);
			assert_bounds(c, model);
			for (unsigned k = 0; k < c->n; k++)
				counted += weight(&c->meters[k].out, &c->meters[k].in);
			assert_true(c->n <= cap);
			assert_true(c->meters[0].floor <= ends / cap);
			assert_true(c->meters[0].second == second * CLOCK_NS_PER_SEC);
			if (meter_table_replaced(t) == before) {
				assert_true(counted == ends);
				assert_true(c->meters[0].floor == 0);
			}
			before = meter_table_replaced(t);
			free(model);
		}
		assert_true((meter_table_replaced(t) == 0) == (cases[i].cap >= 256));
		meter_table_free(&t);
	}
	free(c);
}

/* Tables have random hash keys; what they say is the same to the byte. */
static void
test_same_every_run(void **state)
{
	struct collected *first = collected_new(), *second = collected_new();

	(void)state;
	for (uint32_t cap = 2; cap < 300; cap = cap * 3 + 1) {
		struct meter_table *a = meter_table_new(cap), *b = meter_table_new(cap);
		uint64_t seed = cap;

		for (unsigned s = 0; s < 10; s++) {
			for (unsigned k = 0; k < 3000; k++) {
				struct world_packet w = world_packet(&seed, 0);

				table_packet(a, &w);
				table_packet(b, &w);
			}
			first->n = second->n = 0;
			meter_flush(a, collect, first);
			meter_flush(b, collect, second);
			assert_int_equal(first->n, second->n);
			for (unsigned k = 0; k < first->n; k++)
				assert_meters_equal(
				    &first->meters[k], &second->meters[k]);
		}
		assert_true(meter_table_replaced(a) == meter_table_replaced(b));
		meter_table_free(&a);
		meter_table_free(&b);
	}
	free(first);
	free(second);
}

/*
 * A million spoofed sources in one second: the victim, busy from the start, is exact; a
 * neighbour that comes in the middle of it has its place and an error below 1/cap; its
 * own peers do too.
 */
static void
test_flood_fairness(void **state)
{
	enum { FLOOD = 1000000, LATE = FLOOD / 2, CAP = 1024 };
	struct addr victim = v4(0x0a000001), client = v4(0x0a000002),
		    server = v4(0x0a000003);
	struct collected *c = collected_new();
	struct meter_table *t = meter_table_new(CAP);
	struct flow_packet created = {.created = true}, old = {0};
	uint64_t seed = 7;
	const struct meter *m;

	(void)state;
	for (uint32_t i = 0; i < FLOOD; i++) {
		struct addr spoofed = v4((uint32_t)next_random(&seed) | 0x80000000);
		struct packet syn = tcp_packet(
		    spoofed, (uint16_t)i, victim, (uint16_t)(i % 3), TCP_SYN);
		struct packet data = tcp_packet(client, 40000, server, 443, TCP_ACK);

		meter_packet(t, &syn, &created);
		if (i >= LATE && i % 100 == 0)
			meter_packet(t, &data, &old);
	}
	meter_flush(t, collect, c);
	assert_int_equal(c->n, CAP);

	m = find(c, &victim);
	assert_non_null(m);
	assert_true(m->error == 0);
	assert_int_equal(m->in.packets, FLOOD);
	assert_int_equal(m->in.syn, FLOOD);
	assert_int_equal(m->in.flows, FLOOD);
	assert_int_equal(m->in.bytes, FLOOD * 60);
	assert_int_equal(m->out.packets, 0);
	assert_in_range(meter_distinct(m->peers), 600000, 1400000);
	assert_in_range(meter_distinct(m->ports_in), 3, 3);

	for (unsigned k = 0; k < 2; k++) {
		m = find(c, k == 0 ? &client : &server);
		assert_non_null(m);
		assert_true(
		    m->out.packets + m->in.packets + m->error >= (FLOOD - LATE) / 100);
		assert_true(m->error <= (uint64_t)FLOOD * 2 / CAP);
		assert_true(m->out.packets + m->in.packets > 3000);
	}
	meter_table_free(&t);
	free(c);
}

/* ---- merging ---- */

enum { SHARDS = 8 };

struct part {
	struct meter_merge *merge;
	unsigned shard;
};

static void
merge_part(void *ctx, const struct meter *m)
{
	struct part *part = ctx;

	meter_merge_add(part->merge, part->shard, m);
}

/* By the pair of addresses, as packets come to shards. */
static unsigned
shard_of(const struct world_packet *w)
{
	uint64_t pair = hll_hash_addr(&w->packet.src) + hll_hash_addr(&w->packet.dst);

	return (unsigned)(hash_mix(pair) % SHARDS);
}

static void
merge_flush(struct meter_table **tables, struct meter_merge *mm, struct collected *c)
{
	for (unsigned s = 0; s < SHARDS; s++) {
		struct part part = {mm, s};

		meter_flush(tables[s], merge_part, &part);
	}
	c->n = 0;
	meter_merge_flush(mm, collect_merged, c);
}

static void
assert_chosen(const struct collected *c, const struct meter_merge_config *config)
{
	unsigned written = 0;

	for (unsigned k = 0; k < c->n; k++) {
		const struct meter *m = &c->meters[k];
		uint64_t packets = m->out.packets + m->in.packets;
		bool busy = packets >= config->min_packets ||
		    m->out.flows + m->in.flows >= config->min_flows;

		assert_true(c->written[k] == (busy && written < config->top));
		written += c->written[k];
		if (k > 0) {
			const struct meter *before = &c->meters[k - 1];
			uint64_t more = before->out.packets + before->in.packets;

			assert_true(more >= packets);
			if (more == packets)
				assert_true(
				    addr_compare(&before->endpoint, &m->endpoint) < 0);
		}
	}
}

static void
test_merge(void **state)
{
	static const struct {
		uint32_t shard_cap;
		struct meter_merge_config config;
	} cases[] = {
	    {300, {300, 10, 100, 50}},
	    {300, {300, 1000, 0, 0}},
	    {300, {300, 0, 0, 0}},
	    {300, {300, 5, UINT64_MAX, 40}},
	    {10, {300, 10, 100, 50}},
	    {40, {20, 10, 100, 50}},
	    {300, {20, 10, 100, 50}},
	    {2, {2, 10, 100, 50}},
	};
	struct collected *c = collected_new();

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct meter_merge *mm = meter_merge_new(&cases[i].config);
		struct meter_table *tables[SHARDS];
		struct meter_merge_stats stats;
		uint64_t seed = i, emitted = 0, written = 0;

		for (unsigned s = 0; s < SHARDS; s++)
			tables[s] = meter_table_new(cases[i].shard_cap);
		for (int64_t second = 5; second < 15; second++) {
			struct model *model = calloc(1, sizeof *model);

			assert_non_null(model);
			for (unsigned k = 0; k < 6000; k++) {
				struct world_packet w =
				    world_packet(&seed, second * CLOCK_NS_PER_SEC + k);

				model_packet(model, &w);
				table_packet(tables[shard_of(&w)], &w);
			}
			merge_flush(tables, mm, c);
			assert_bounds(c, model);
			assert_chosen(c, &cases[i].config);
			assert_true(c->meters[0].second == second * CLOCK_NS_PER_SEC);
			for (unsigned k = 0; k < c->n; k++)
				written += c->written[k];
			emitted += c->n;
			free(model);
		}
		c->n = 0;
		meter_merge_flush(mm, collect_merged, c);
		assert_int_equal(c->n, 0);
		meter_merge_get_stats(mm, &stats);
		assert_true(stats.written == written);
		assert_true(stats.written + stats.left_out + stats.quiet == emitted);
		assert_true((stats.replaced == 0) == (cases[i].config.cap >= 256));
		for (unsigned s = 0; s < SHARDS; s++)
			meter_table_free(&tables[s]);
		meter_merge_free(&mm);
		assert_null(mm);
	}
	free(c);
}

/* An endpoint that lost its place in one shard: its error says so after the merge. */
static void
test_merge_error(void **state)
{
	struct meter_merge_config config = {16, 16, 0, 0};
	struct addr quiet = v4(1), busy = v4(2);
	struct meter parts[] = {
	    {.endpoint = quiet, .in = {.packets = 3}},
	    {.endpoint = busy, .in = {.packets = 90}, .error = 4, .floor = 7},
	    {.endpoint = busy, .in = {.packets = 10}, .floor = 2},
	};
	struct meter_merge *mm = meter_merge_new(&config);
	struct collected *c = collected_new();

	(void)state;
	meter_merge_add(mm, 0, &parts[0]);
	meter_merge_add(mm, 1, &parts[1]);
	meter_merge_add(mm, 31, &parts[2]);
	meter_merge_flush(mm, collect_merged, c);
	assert_int_equal(c->n, 2);
	assert_true(addr_equal(&c->meters[0].endpoint, &busy));
	assert_int_equal(c->meters[0].in.packets, 100);
	assert_int_equal(c->meters[0].error, 4);
	assert_int_equal(c->meters[1].in.packets, 3);
	assert_int_equal(c->meters[1].error, 9);
	assert_int_equal(c->meters[1].floor, 9);

	c->n = 0; /* floors do not live on into the next second */
	meter_merge_add(mm, 0, &parts[0]);
	meter_merge_flush(mm, collect_merged, c);
	assert_int_equal(c->meters[0].error, 0);
	meter_merge_free(&mm);
	free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_distinct_error),
	    cmocka_unit_test(test_distinct_ends),
	    cmocka_unit_test(test_sketch_merge),
	    cmocka_unit_test(test_least),
	    cmocka_unit_test(test_counts),
	    cmocka_unit_test(test_land),
	    cmocka_unit_test(test_seconds),
	    cmocka_unit_test(test_space_saving),
	    cmocka_unit_test(test_same_every_run),
	    cmocka_unit_test(test_flood_fairness),
	    cmocka_unit_test(test_merge),
	    cmocka_unit_test(test_merge_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
