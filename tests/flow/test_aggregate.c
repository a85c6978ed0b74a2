/*
 * Folding: nothing is lost or counted twice, a flood leaves few records, and what is
 * written depends on the offered flows alone.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <netinet/in.h>

#include "flow/aggregate_priv.h"
#include "tallyman/clock.h"
#include "tallyman/hash.h"
#include "tallyman/meter.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define SECOND        CLOCK_NS_PER_SEC

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

/* A SYN that nobody answered. */
static struct flow_record
unanswered(uint32_t src, uint32_t dst, uint16_t dport, int64_t ts)
{
	struct flow_record r = {
	    .id = ((uint64_t)src << 20 ^ dst) & ((UINT64_C(1) << 53) - 1),
	    .src = v4(src),
	    .dst = v4(dst),
	    .sport = 40000,
	    .dport = dport,
	    .proto = IPPROTO_TCP,
	    .conn_state = FLOW_CONN_S0,
	    .start = ts,
	    .end = ts,
	};

	r.side[FLOW_TOSERVER] = (struct flow_side){
	    .packets = 1, .bytes = 60, .ip_bytes = 40, .tcp_flags = TCP_SYN};
	return r;
}

/* ---- which flows ---- */

static void
test_foldable(void **state)
{
	static const struct {
		const char *name;
		uint8_t proto, icmp_type;
		unsigned to_server, to_client;
		uint64_t payload[2];
		bool established, interim;
		bool foldable;
	} cases[] = {
	    {"syn", IPPROTO_TCP, 0, 1, 0, {0, 0}, false, false, true},
	    {"syn, rst", IPPROTO_TCP, 0, 1, 1, {0, 0}, false, false, true},
	    {"syn, syn-acks", IPPROTO_TCP, 0, 1, 6, {0, 0}, false, false, true},
	    {"backscatter", IPPROTO_TCP, 0, 0, 2, {0, 0}, false, false, true},
	    {"acks", IPPROTO_TCP, 0, 9, 0, {0, 0}, false, false, true},
	    {"handshake alone", IPPROTO_TCP, 0, 3, 2, {0, 0}, true, false, false},
	    {"data", IPPROTO_TCP, 0, 5, 4, {10, 90}, true, false, false},
	    {"data one way", IPPROTO_TCP, 0, 5, 0, {10, 0}, false, false, false},
	    {"data other way", IPPROTO_TCP, 0, 0, 5, {0, 10}, false, false, false},
	    {"long syns", IPPROTO_TCP, 0, 99, 0, {0, 0}, false, true, false},
	    {"udp", IPPROTO_UDP, 0, 5, 0, {500, 0}, false, false, true},
	    {"udp answered", IPPROTO_UDP, 0, 5, 1, {500, 9}, true, false, false},
	    {"udp refused", IPPROTO_UDP, 0, 1, 1, {5, 0}, false, false, true},
	    {"udp reflected", IPPROTO_UDP, 0, 0, 5, {0, 900}, false, false, true},
	    {"ping", IPPROTO_ICMP, 8, 1, 1, {56, 56}, true, false, true},
	    {"ping lost", IPPROTO_ICMP, 8, 2, 0, {56, 0}, false, false, true},
	    {"pings", IPPROTO_ICMP, 8, 2, 1, {56, 56}, true, false, false},
	    {"pings lost", IPPROTO_ICMP, 8, 90, 0, {56, 0}, false, false, true},
	    {"ping 6", IPPROTO_ICMPV6, 128, 1, 1, {56, 56}, true, false, true},
	    {"timestamp", IPPROTO_ICMP, 13, 1, 1, {12, 12}, true, false, false},
	    {"unreachable", IPPROTO_ICMP, 3, 1, 0, {28, 0}, false, false, true},
	    {"gre", IPPROTO_GRE, 0, 1, 0, {28, 0}, false, false, true},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct flow_record r = unanswered(1, 2, 0, 0);

		r.proto = cases[i].proto;
		r.icmp_type = cases[i].icmp_type;
		r.side[FLOW_TOSERVER].packets = cases[i].to_server;
		r.side[FLOW_TOCLIENT].packets = cases[i].to_client;
		r.side[FLOW_TOSERVER].payload_bytes = cases[i].payload[0];
		r.side[FLOW_TOCLIENT].payload_bytes = cases[i].payload[1];
		r.established = cases[i].established;
		r.interim = cases[i].interim;
		if (aggregator_foldable(&r) != cases[i].foldable)
			fail_msg("%s", cases[i].name);
		r.reason = FLOW_REASON_INTERIM;
		assert_false(aggregator_foldable(&r));
	}
}

/* ---- totals ---- */

enum { VICTIMS = 16 };

struct totals {
	uint64_t flows, packets[2], bytes[2], by_conn_state[FLOW_CONN_OTH + 1];
};

static void
add_flow(struct totals *t, const struct flow_record *r)
{
	t->flows++;
	for (unsigned dir = 0; dir < 2; dir++) {
		t->packets[dir] += r->side[dir].packets;
		t->bytes[dir] += r->side[dir].bytes;
	}
	t->by_conn_state[r->conn_state]++;
}

static void
add_aggregate(struct totals *t, const struct aggregate *a)
{
	t->flows += a->flows;
	for (unsigned dir = 0; dir < 2; dir++) {
		t->packets[dir] += a->packets[dir];
		t->bytes[dir] += a->bytes[dir];
	}
	for (unsigned i = 0; i <= FLOW_CONN_OTH; i++)
		t->by_conn_state[i] += a->by_conn_state[i];
}

/* What came out; the first aggregates are kept. */
struct output {
	struct totals by_proto[256], by_victim[VICTIMS], by_reason[3];
	struct aggregate kept[256];
	uint64_t aggregates;
};

static void
keep(void *ctx, const struct aggregate *a)
{
	struct output *out = ctx;
	uint64_t states = 0;

	for (unsigned i = 0; i <= FLOW_CONN_OTH; i++)
		states += a->by_conn_state[i];
	assert_true(a->flows > 0 && states == a->flows);
	assert_true(a->start <= a->end);
	assert_true(a->src.n_samples >= 1 && a->dst.n_samples >= 1);
	assert_true(a->by != AGGREGATE_BY_DST || a->dst.n_samples == 1);
	assert_true(a->by != AGGREGATE_BY_SRC || a->src.n_samples == 1);
	add_aggregate(&out->by_proto[a->proto], a);
	add_aggregate(&out->by_reason[a->by], a);
	if (a->dst.n_samples == 1)
		add_aggregate(&out->by_victim[a->dst.samples[0].bytes[3] % VICTIMS], a);
	if (out->aggregates < LENGTH(out->kept))
		out->kept[out->aggregates] = *a;
	out->aggregates++;
}

static struct output *
output_new(void)
{
	struct output *out = calloc(1, sizeof *out);

	assert_non_null(out);
	return out;
}

/* Many have the same victim, some the same source. */
static struct flow_record
random_flow(uint64_t *seed, int64_t ts)
{
	static const uint8_t protos[] = {
	    IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_SCTP};
	uint64_t r = next_random(seed);
	uint32_t src = (r & 7) == 0 ? 1 : (uint32_t)(r >> 3) % 50,
		 dst = (r >> 8 & 1) == 0 ? 1 : (uint32_t)(r >> 9) % 60;
	struct flow_record f = unanswered(
	    src, dst, (uint16_t)(r >> 16 & 0x3f), ts - (int64_t)(r >> 32 & 0xffffff));

	f.end = ts;
	f.proto = protos[(r >> 24) % LENGTH(protos)];
	f.icmp_type = 8;
	f.conn_state = (uint8_t)((r >> 28) % (FLOW_CONN_OTH + 1));
	f.established = (r >> 40 & 7) == 0;
	f.side[0].packets = r >> 44 & 3;
	f.side[0].bytes = f.side[0].packets * (60 + (r >> 46 & 0xff));
	f.side[1].packets = r >> 54 & 1;
	f.side[1].bytes = f.side[1].packets * 60;
	f.n_vlans = (r >> 56 & 3) == 0;
	f.vlans[0] = f.n_vlans != 0 ? (uint16_t)(r >> 58 & 3) : 0;
	return f;
}

/* Written one by one plus folded is what was offered, whatever the caps are. */
static void
test_exact(void **state)
{
	static const struct aggregate_config configs[] = {
	    {0, {0, 0}, {0, 0}, 0},
	    {1, {1, 0}, {1000, 10}, SECOND},
	    {2, {1, 1}, {10, 10}, SECOND},
	    {5, {3, 1}, {1000000, 0}, SECOND / 3},
	    {40, {10, 1}, {100, 50}, 5 * SECOND},
	    {10000, {10, 2}, {100000, 1}, 10 * SECOND},
	    {10000, {UINT32_MAX, UINT32_MAX}, {UINT32_MAX, UINT32_MAX}, INT64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(configs); i++) {
		struct output *offered = output_new(), *out = output_new();
		struct aggregator *a = aggregator_new(&configs[i], keep, out);
		struct aggregator_stats stats;
		uint64_t seed = i, folded = 0;
		int64_t now = -3 * SECOND;

		for (unsigned k = 0; k < 30000; k++) {
			struct flow_record r;

			now += (int64_t)(next_random(&seed) % 3000000);
			if (k % 1000 == 0)
				now += (int64_t)(next_random(&seed) % 30) * SECOND;
			r = random_flow(&seed, now);
			add_flow(&offered->by_proto[r.proto], &r);
			if (aggregator_offer(a, &r, now)) {
				assert_true(aggregator_foldable(&r));
				folded++;
			} else {
				add_flow(&out->by_proto[r.proto], &r);
			}
			if (k % 50 == 0)
				aggregator_tick(a, now);
		}
		aggregator_tick(a, INT64_MAX);
		assert_memory_equal(
		    offered->by_proto, out->by_proto, sizeof out->by_proto);
		aggregator_get_stats(a, &stats);
		assert_true(stats.folded == folded);
		assert_true(stats.records == out->aggregates);
		assert_true((folded == 0) == (i == LENGTH(configs) - 1));
		assert_true((stats.evicted == 0) == (configs[i].cap >= 10000));
		assert_true(stats.early <= stats.evicted);
		aggregator_tick(a, INT64_MAX);
		aggregator_get_stats(a, &stats);
		assert_true(stats.records == out->aggregates);
		aggregator_free(&a);
		assert_null(a);
		free(offered);
		free(out);
	}
}

/* Random hash keys, same records. */
static void
test_same_every_run(void **state)
{
	static const struct aggregate_config config = {
	    20, {5, 1}, {500, 20}, 2 * SECOND};
	struct output *first = output_new(), *second = output_new();
	struct aggregator *a = aggregator_new(&config, keep, first),
			  *b = aggregator_new(&config, keep, second);
	uint64_t seed = 99;

	(void)state;
	for (unsigned k = 0; k < 30000; k++) {
		int64_t now = k * SECOND / 500;
		struct flow_record r = random_flow(&seed, now);

		assert_true(
		    aggregator_offer(a, &r, now) == aggregator_offer(b, &r, now));
		aggregator_tick(a, now);
		aggregator_tick(b, now);
	}
	aggregator_tick(a, INT64_MAX);
	aggregator_tick(b, INT64_MAX);
	assert_true(first->aggregates > 150);
	assert_memory_equal(first, second, sizeof *first);
	aggregator_free(&a);
	aggregator_free(&b);
	free(first);
	free(second);
}

/* ---- floods ---- */

struct scene {
	const char *name;
	unsigned flows;
	unsigned per_second;
	bool vary_src, vary_dst;
	unsigned victims; /* with vary_dst false */
	uint64_t records_max;
	uint8_t by;
};

static struct flow_record
scene_flow(const struct scene *s, uint32_t i, int64_t ts)
{
	uint64_t seed = i;
	uint32_t src = s->vary_src ? (uint32_t)next_random(&seed) : 0x0a000001;
	uint32_t dst =
	    s->vary_dst ? 0x0a000000 + (i & 0xffffff) : 0xc0a80000 + i % s->victims;

	return unanswered(src, dst, (uint16_t)(80 + i % 2), ts);
}

/*
 * Few records and exact totals, for each victim where victims are few. Ended flows come
 * as their timeouts fall due, 30 s after their packets.
 */
static void
test_floods(void **state)
{
	static const struct scene scenes[] = {
	    {"spoofed", 2000000, 100000, true, false, 1, 1300, AGGREGATE_BY_DST},
	    {"spoofed, 16 victims", 1000000, 50000, true, false, VICTIMS, 20000,
		AGGREGATE_BY_DST},
	    {"one source", 500000, 50000, false, false, 1, 1300, AGGREGATE_BY_DST},
	    {"sweep", 2000000, 100000, false, true, 0, 1300, AGGREGATE_BY_SRC},
	    {"carpet", 1000000, 50000, true, true, 0, 61000, AGGREGATE_BY_TOTAL},
	};
	struct aggregate_config config;

	(void)state;
	aggregate_config_defaults(&config);
	for (size_t i = 0; i < LENGTH(scenes); i++) {
		const struct scene *s = &scenes[i];
		struct output *offered = output_new(), *out = output_new();
		struct aggregator *a = aggregator_new(&config, keep, out);
		struct aggregator_stats stats;
		uint64_t written = 0;

		for (unsigned k = 0; k < s->flows; k++) {
			int64_t ts = (int64_t)k * SECOND / s->per_second;
			struct flow_record r = scene_flow(s, k, ts);
			unsigned victim = r.dst.bytes[3] % VICTIMS;

			add_flow(&offered->by_proto[IPPROTO_TCP], &r);
			if (!s->vary_dst)
				add_flow(&offered->by_victim[victim], &r);
			if (!aggregator_offer(a, &r, ts + 30 * SECOND)) {
				written++;
				add_flow(&out->by_proto[IPPROTO_TCP], &r);
				add_flow(&out->by_victim[victim], &r);
			}
			if (k % 1000 == 0)
				aggregator_tick(a, ts + 30 * SECOND);
		}
		aggregator_tick(a, INT64_MAX);
		aggregator_get_stats(a, &stats);
		assert_memory_equal(
		    offered->by_proto, out->by_proto, sizeof out->by_proto);
		if (!s->vary_dst)
			assert_memory_equal(
			    offered->by_victim, out->by_victim, sizeof out->by_victim);
		assert_in_range(written + out->aggregates, 1, s->records_max);
		assert_true(out->by_reason[s->by].flows + written == s->flows);
		assert_true(stats.folded + written == s->flows);
		assert_true(stats.early == 0);
		aggregator_free(&a);
		free(offered);
		free(out);
	}
}

/* Both ends are told: distinct, samples, and the only one when there is only one. */
static void
test_ends(void **state)
{
	static const struct aggregate_config config = {
	    100, {1, 0}, {100000, 0}, 10 * SECOND};
	struct output *out = output_new();
	struct aggregator *a = aggregator_new(&config, keep, out);

	(void)state;
	for (uint32_t i = 0; i < 1001; i++) {
		struct flow_record r = unanswered(0x0b000000 + i, 7, 80, 100 + i);

		r.side[FLOW_TOCLIENT] = (struct flow_side){
		    .packets = 1, .bytes = 54, .tcp_flags = TCP_RST | TCP_ACK};
		r.conn_state = FLOW_CONN_REJ;
		r.anomalies = i == 500 ? ANOMALY_BIT(ANOMALY_IP_TTL_ZERO) : 0;
		assert_true(aggregator_offer(a, &r, SECOND) == (i > 0));
	}
	aggregator_tick(a, INT64_MAX);
	assert_int_equal(out->aggregates, 1);
	assert_int_equal(out->kept[0].by, AGGREGATE_BY_DST);
	assert_true(out->kept[0].id == unanswered(0x0b000001, 7, 80, 0).id);
	assert_int_equal(out->kept[0].flows, 1000);
	assert_int_equal(out->kept[0].by_conn_state[FLOW_CONN_REJ], 1000);
	assert_int_equal(out->kept[0].tcp_flags[FLOW_TOSERVER], TCP_SYN);
	assert_int_equal(out->kept[0].tcp_flags[FLOW_TOCLIENT], TCP_RST | TCP_ACK);
	assert_true(out->kept[0].anomalies == ANOMALY_BIT(ANOMALY_IP_TTL_ZERO));
	assert_int_equal(out->kept[0].start, 101);
	assert_int_equal(out->kept[0].end, 1100);
	assert_int_equal(out->kept[0].src.n_samples, AGGREGATE_SAMPLES);
	for (uint32_t i = 0; i < AGGREGATE_SAMPLES; i++) {
		struct addr sample = v4(0x0b000001 + i);

		assert_true(addr_equal(&out->kept[0].src.samples[i], &sample));
	}
	assert_in_range(meter_distinct(out->kept[0].src.distinct), 600, 1400);
	assert_int_equal(out->kept[0].dst.n_samples, 1);
	assert_int_equal(meter_distinct(out->kept[0].dst.distinct), 1);
	assert_int_equal(out->kept[0].n_ports, 1);
	assert_int_equal(out->kept[0].ports[0].first, 80);
	assert_int_equal(out->kept[0].ports[0].last, 80);
	assert_false(out->kept[0].ports_inexact);
	aggregator_free(&a);
	free(out);
}

/* The same address in another VLAN, tunnel or protocol is another victim. */
static void
test_encapsulation(void **state)
{
	static const struct aggregate_config config = {
	    100, {1, 0}, {100000, 0}, 10 * SECOND};
	struct output *out = output_new();
	struct aggregator *a = aggregator_new(&config, keep, out);
	struct flow_record r[5];

	(void)state;
	for (unsigned i = 0; i < LENGTH(r); i++)
		r[i] = unanswered(1, 2, 80, 0);
	r[1].n_vlans = 1;
	r[1].vlans[0] = 100;
	r[2].n_vlans = 1;
	r[2].vlans[0] = 101;
	r[3].n_tunnels = 1;
	r[3].tunnels[0] = (struct decode_tunnel){42, DECODE_TUNNEL_VXLAN};
	r[4].proto = IPPROTO_UDP;
	for (unsigned i = 0; i < LENGTH(r) * 3; i++)
		assert_true(
		    aggregator_offer(a, &r[i % LENGTH(r)], 0) == (i >= LENGTH(r)));
	aggregator_tick(a, INT64_MAX);
	assert_int_equal(out->aggregates, LENGTH(r));
	for (unsigned i = 0; i < LENGTH(r); i++) {
		assert_int_equal(out->kept[i].flows, 2);
		assert_int_equal(out->kept[i].proto, r[i].proto);
		assert_int_equal(out->kept[i].n_vlans, r[i].n_vlans);
		assert_int_equal(out->kept[i].vlans[0], r[i].vlans[0]);
		assert_int_equal(out->kept[i].n_tunnels, r[i].n_tunnels);
		assert_int_equal(out->kept[i].tunnels[0].id, r[i].tunnels[0].id);
	}
	aggregator_free(&a);
	free(out);
}

/* ---- time ---- */

/* The allowance comes back with packet time, never beyond the burst. */
static void
test_allowance(void **state)
{
	static const struct aggregate_config config = {
	    100, {5, 2}, {100000, 0}, 10 * SECOND};
	static const struct {
		int64_t now;
		unsigned written; /* of ten flows */
	} steps[] = {
	    {0, 5},
	    {SECOND / 2 - 1, 0},
	    {SECOND / 2, 1},
	    {SECOND * 3 / 2, 2},
	    {SECOND, 0}, /* time went back: stands still */
	    {SECOND * 2, 1},
	    {SECOND * 1000, 5},
	    {INT64_MAX - 1, 5},
	    {INT64_MIN, 0},
	};
	struct output *out = output_new();
	struct aggregator *a = aggregator_new(&config, keep, out);

	(void)state;
	for (size_t i = 0; i < LENGTH(steps); i++) {
		unsigned written = 0;

		for (uint32_t k = 0; k < 10; k++) {
			struct flow_record r =
			    unanswered((uint32_t)i << 8 | k, 2, 80, steps[i].now);

			written += !aggregator_offer(a, &r, steps[i].now);
		}
		assert_int_equal(written, steps[i].written);
		aggregator_tick(a, steps[i].now);
	}
	aggregator_free(&a);
	free(out);
}

/* A record comes when its window is over, in the order in which folding began. */
static void
test_windows(void **state)
{
	static const struct aggregate_config config = {
	    100, {1, 0}, {100000, 0}, 10 * SECOND};
	static const struct {
		int64_t now;
		uint32_t dst;
		unsigned records; /* written so far, after the tick */
	} steps[] = {
	    {0, 9, 0}, /* the allowances of 9, 3 and 5 */
	    {0, 3, 0},
	    {0, 5, 0},
	    {SECOND, 5, 0}, /* folding begins: due at 11 s */
	    {2 * SECOND, 9, 0},
	    {2 * SECOND, 3, 0},
	    {11 * SECOND - 1, 5, 0},
	    {11 * SECOND, 5, 1},
	    {12 * SECOND, 5, 3}, /* a new window of 5: due at 22 s */
	    {22 * SECOND - 1, 9, 3},
	    {22 * SECOND, 3, 4},
	    {INT64_MAX, 3, 6},
	};
	static const uint8_t order[] = {5, 9, 3, 5, 9, 3};
	struct output *out = output_new();
	struct aggregator *a = aggregator_new(&config, keep, out);

	(void)state;
	for (size_t i = 0; i < LENGTH(steps); i++) {
		struct flow_record r =
		    unanswered((uint32_t)(100 + i), steps[i].dst, 80, steps[i].now);

		if (steps[i].now != INT64_MAX)
			aggregator_offer(a, &r, steps[i].now);
		aggregator_tick(a, steps[i].now);
		assert_int_equal(out->aggregates, steps[i].records);
	}
	for (size_t i = 0; i < LENGTH(order); i++)
		assert_int_equal(out->kept[i].dst.samples[0].bytes[3], order[i]);
	aggregator_free(&a);
	free(out);
}

/* In a full table the least recently used end goes, and writes what it had folded. */
static void
test_eviction(void **state)
{
	static const struct aggregate_config config = {
	    4, {1, 0}, {100000, 0}, 100 * SECOND};
	static const struct {
		uint32_t src, dst;
		bool folded;
		uint64_t evicted, early;
	} steps[] = {
	    {1, 2, false, 0, 0}, {1, 2, true, 0, 0}, /* by 2 as responder */
	    {3, 4, false, 0, 0},                     /* four ends now */
	    {9, 2, true, 0, 0},  /* 2 was used last; 1 is the oldest */
	    {5, 6, false, 2, 0}, /* out go initiator 1, and 4 */
	    {1, 6, true, 2, 0},
	    {7, 8, false, 4, 1}, /* out go 3 and 2, which had folded */
	    {1, 2, false, 6, 2}, /* a new allowance; out go 5 and 6, which had too */
	};
	struct output *out = output_new();
	struct aggregator *a = aggregator_new(&config, keep, out);
	struct aggregator_stats stats;

	(void)state;
	for (size_t i = 0; i < LENGTH(steps); i++) {
		struct flow_record r = unanswered(steps[i].src, steps[i].dst, 80, 0);

		assert_true(aggregator_offer(a, &r, 0) == steps[i].folded);
		aggregator_get_stats(a, &stats);
		assert_int_equal(stats.evicted, steps[i].evicted);
		assert_int_equal(stats.early, steps[i].early);
	}
	assert_int_equal(out->aggregates, 2);
	assert_int_equal(out->kept[0].dst.samples[0].bytes[3], 2);
	assert_int_equal(out->kept[0].flows, 2);
	assert_int_equal(out->kept[1].dst.samples[0].bytes[3], 6);
	assert_int_equal(out->kept[1].flows, 1);
	aggregator_free(&a);
	free(out);
}

/* An end whose allowance had come back in full is forgotten without loss: not counted.
 */
static void
test_eviction_of_rested(void **state)
{
	static const struct aggregate_config config = {
	    2, {2, 1}, {100000, 0}, 100 * SECOND};
	struct output *out = output_new();
	struct aggregator *a = aggregator_new(&config, keep, out);
	struct aggregator_stats stats;

	(void)state;
	for (uint32_t i = 0; i < 10; i++) {
		struct flow_record r = unanswered(2 * i, 2 * i + 1, 80, i * SECOND);

		assert_false(aggregator_offer(a, &r, i * SECOND));
	}
	aggregator_get_stats(a, &stats);
	assert_int_equal(stats.evicted, 0);
	aggregator_free(&a);
	free(out);
}

/* ---- ports ---- */

static void
test_ports(void **state)
{
	static const struct {
		const char *name;
		uint16_t ports[24];
		unsigned n;
		uint16_t ranges[8][2];
		unsigned n_ranges;
	} cases[] = {
	    {"one", {80, 80, 80}, 3, {{80, 80}}, 1},
	    {"up", {80, 81, 82, 81}, 4, {{80, 82}}, 1},
	    {"down", {82, 81, 80}, 3, {{80, 82}}, 1},
	    {"bridge", {80, 82, 81}, 3, {{80, 82}}, 1},
	    {"ends", {65535, 0, 65534, 1}, 4, {{0, 1}, {65534, 65535}}, 2},
	    {"order", {9, 3, 6}, 3, {{3, 3}, {6, 6}, {9, 9}}, 3},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct aggregate a = {0};

		for (unsigned k = 0; k < cases[i].n; k++) {
			struct flow_record r = unanswered(1, 2, cases[i].ports[k], 0);

			aggregate_fold(&a, &r);
		}
		assert_int_equal(a.n_ports, cases[i].n_ranges);
		assert_false(a.ports_inexact);
		for (unsigned k = 0; k < a.n_ports; k++) {
			assert_int_equal(a.ports[k].first, cases[i].ranges[k][0]);
			assert_int_equal(a.ports[k].last, cases[i].ranges[k][1]);
		}
	}
}

/* Ranges hold all ports seen; no other ones, unless the record says so. */
static void
assert_ranges(const struct aggregate *a, const bool *seen)
{
	bool exact = true;
	unsigned k = 0;

	assert_in_range(a->n_ports, 1, AGGREGATE_PORT_RANGES);
	for (uint32_t port = 0; port < 65536; port++) {
		bool inside;

		while (k < a->n_ports && a->ports[k].last < port)
			k++;
		inside = k < a->n_ports && a->ports[k].first <= port;
		assert_true(inside || !seen[port]);
		exact = exact && inside == seen[port];
	}
	for (k = 1; k < a->n_ports; k++)
		assert_true(a->ports[k - 1].last + 1 < a->ports[k].first);
	assert_true(exact || a->ports_inexact);
}

static void
test_ports_random(void **state)
{
	static bool seen[65536];
	uint64_t seed = 3;
	unsigned inexact = 0;

	(void)state;
	for (unsigned round = 0; round < 60; round++) {
		struct aggregate a = {0};
		unsigned spread = 1 + round * round * 18;

		memset(seen, 0, sizeof seen);
		for (unsigned k = 0; k < 200; k++) {
			uint16_t port = (uint16_t)(next_random(&seed) % spread);
			struct flow_record r = unanswered(1, 2, port, 0);

			aggregate_fold(&a, &r);
			seen[port] = true;
			if (k % 10 == 9)
				assert_ranges(&a, seen);
		}
		inexact += a.ports_inexact;
	}
	assert_in_range(inexact, 30, 59);
}

/* ICMP has no ports: what the record has in their place stays out. */
static void
test_no_ports(void **state)
{
	struct flow_record r = unanswered(1, 2, 2048, 0);
	struct aggregate a = {0};

	(void)state;
	r.proto = IPPROTO_ICMP;
	aggregate_fold(&a, &r);
	assert_int_equal(a.n_ports, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_foldable),
	    cmocka_unit_test(test_exact),
	    cmocka_unit_test(test_same_every_run),
	    cmocka_unit_test(test_floods),
	    cmocka_unit_test(test_ends),
	    cmocka_unit_test(test_encapsulation),
	    cmocka_unit_test(test_allowance),
	    cmocka_unit_test(test_windows),
	    cmocka_unit_test(test_eviction),
	    cmocka_unit_test(test_eviction_of_rested),
	    cmocka_unit_test(test_ports),
	    cmocka_unit_test(test_ports_random),
	    cmocka_unit_test(test_no_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
