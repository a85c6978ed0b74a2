/* Folding: nothing is lost or counted twice, and a flood leaves few records. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "aggregate_flows.h"

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
	    {"carpet", 1000000, 50000, true, true, 0, 31000, AGGREGATE_BY_TOTAL},
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_foldable),
	    cmocka_unit_test(test_exact),
	    cmocka_unit_test(test_same_every_run),
	    cmocka_unit_test(test_floods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
