/* What an aggregate says of its flows: ends, encapsulation, flags, port ranges. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "flow/aggregate_priv.h"
#include "aggregate_flows.h"

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
		int64_t ts = i % 2 == 0 ? 100 + i : 1100 - i;
		struct flow_record r = unanswered(0x0b000000 + i, 7, 80, ts);

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
	struct flow_record r[6];

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
	r[5].n_tunnels = 1;
	r[5].tunnels[0] = (struct decode_tunnel){43, DECODE_TUNNEL_VXLAN};
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

/* When ranges run out, the two with the least between them become one. */
static void
test_ports_joined(void **state)
{
	struct aggregate a = {0};

	(void)state;
	for (unsigned i = 0; i <= AGGREGATE_PORT_RANGES; i++) {
		uint16_t port = (uint16_t)(i < 10 ? i * 100 : i * 100 - 50);
		struct flow_record r = unanswered(1, 2, port, 0);

		assert_false(a.ports_inexact);
		aggregate_fold(&a, &r);
	}
	assert_true(a.ports_inexact);
	assert_int_equal(a.n_ports, AGGREGATE_PORT_RANGES);
	for (unsigned k = 0; k < a.n_ports; k++) {
		assert_int_equal(a.ports[k].first, k < 10 ? k * 100 : k * 100 + 50);
		assert_int_equal(a.ports[k].last, k < 9 ? k * 100 : k * 100 + 50);
	}
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
	    cmocka_unit_test(test_ends),
	    cmocka_unit_test(test_encapsulation),
	    cmocka_unit_test(test_ports),
	    cmocka_unit_test(test_ports_joined),
	    cmocka_unit_test(test_ports_random),
	    cmocka_unit_test(test_no_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
