/*
 * Full tables: whose flow goes, and what a flooder cannot reach. Small caps, so that
 * eviction happens all the time.
 */
#include "config.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "flow_script.h"
#include "flow_values.h"

static struct flow_config
small_caps(uint32_t embryonic, uint32_t open, uint32_t full)
{
	struct flow_config c;

	flow_config_defaults(&c);
	c.embryonic_cap = embryonic;
	c.open_cap = open;
	c.full_cap = full;
	return c;
}

static void
give_from(
    struct script *s, struct addr src, uint16_t sport, uint8_t proto, uint32_t len)
{
	struct packet p = script_packet(s, proto, "10.0.0.1", sport, "10.9.9.9", 80);

	p.src = src;
	if (proto == IPPROTO_TCP)
		p.tcp.flags = TCP_SYN;
	if (len > 0)
		script_payload(&p, len);
	s->now += 1000000;
	script_give(s, &p);
}

/* Ended flows as FORCED whose source is (true) or is not `src`. */
static unsigned
forced(const struct script *s, const struct addr *src, bool is)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->n_events; i++) {
		const struct script_event *e = &s->events[i];

		n += e->letter == 'X' && e->record.reason == FLOW_REASON_FORCED &&
		    addr_equal(&e->record.src, src) == is;
	}
	return n;
}

/* One source opens a hundred times as many flows as each neighbour: it loses its own,
 * in both tiers that it can fill. */
static void
test_flooder(void **state)
{
	static const uint8_t protos[] = {IPPROTO_TCP, IPPROTO_UDP};
	struct script *s = *state;
	const struct addr flooder = v4(0x0a000001);

	for (size_t k = 0; k < LENGTH(protos); k++) {
		struct flow_config c = small_caps(200, 200, 50);
		uint32_t len = protos[k] == IPPROTO_UDP ? 20 : 0;
		struct flow_stats stats;

		script_init(s, &c);
		for (unsigned i = 0; i < 100; i++) /* ten neighbours, ten flows each */
			give_from(s, v4(0x0b000000 + i % 10), (uint16_t)(20000 + i),
			    protos[k], len);
		for (unsigned i = 0; i < 1000; i++)
			give_from(s, flooder, (uint16_t)(20000 + i), protos[k], len);
		assert_int_equal(forced(s, &flooder, true), 900);
		assert_int_equal(forced(s, &flooder, false), 0);
		flow_table_get_stats(s->table, &stats);
		assert_int_equal(stats.evicted_embryonic + stats.evicted_open, 900);
		script_fini(s);
		assert_int_equal(s->ended_packets, 1100);
	}
}

/* An IPv6 flooder is its /64. */
static void
test_flooder_ipv6(void **state)
{
	struct script *s = *state;
	struct flow_config c = small_caps(100, 10, 10);

	script_init(s, &c);
	for (unsigned i = 0; i < 200; i++) {
		struct packet p = script_packet(
		    s, IPPROTO_TCP, "2001:db8::1", 1000, "2001:db8:9::9", 80);

		p.tcp.flags = TCP_SYN;
		p.src = i < 10 ? v6(UINT64_C(0x20010db800000002), i)
			       : v6(UINT64_C(0x20010db800000001), i);
		s->now += 1000000;
		script_give(s, &p);
	}
	for (unsigned i = 0; i < s->n_events; i++) {
		if (s->events[i].letter == 'X')
			assert_int_equal(s->events[i].record.src.bytes[7], 1);
	}
	script_fini(s);
}

/* The flooder's own oldest go first; what it uses again is not old. */
static void
test_order(void **state)
{
	struct script *s = *state;
	struct flow_config c = small_caps(32, 10, 10);
	const struct addr flooder = v4(0x0a000001);

	script_init(s, &c);
	for (uint16_t port = 1; port <= 32; port++) {
		s->now += INT64_C(300000000);
		give_from(s, flooder, port, IPPROTO_TCP, 0);
	}
	s->now += INT64_C(300000000);
	give_from(s, flooder, 1, IPPROTO_TCP, 0);
	for (uint16_t port = 33; port <= 36; port++)
		give_from(s, flooder, port, IPPROTO_TCP, 0);
	for (unsigned i = 0, port = 2; i < s->n_events; i++) {
		if (s->events[i].letter == 'X')
			assert_int_equal(s->events[i].record.sport, port++);
	}
	assert_int_equal(s->n_ended, 4);
	script_fini(s);
}

static void
handshake(struct script *s, uint16_t port, bool data)
{
	static const struct {
		uint8_t flags;
		bool answer;
	} steps[] = {{TCP_SYN, false}, {TCP_SYN | TCP_ACK, true}, {TCP_ACK, false}};
	struct packet p;

	for (size_t i = 0; i < LENGTH(steps) + data; i++) {
		bool answer = i < LENGTH(steps) && steps[i].answer;

		p = answer
		    ? script_packet(s, IPPROTO_TCP, "10.0.0.2", 80, "10.0.0.1", port)
		    : script_packet(s, IPPROTO_TCP, "10.0.0.1", port, "10.0.0.2", 80);
		p.tcp.flags = i < LENGTH(steps) ? steps[i].flags : TCP_ACK;
		p.tcp.seq = i == 0 ? 0 : 1;
		p.tcp.ack = i == 0 ? 0 : 1;
		if (answer)
			p.tcp.seq = 0;
		if (i == LENGTH(steps))
			script_payload(&p, 100);
		script_give(s, &p);
	}
}

/*
 * Floods from made-up sources, of every kind that such sources can send, answered or
 * not: flows whose initiator has proven itself stay.
 */
static void
test_spoofed(void **state)
{
	struct script *s = *state;
	struct flow_config c = small_caps(64, 64, 64);
	struct flow_stats stats;

	script_init(s, &c);
	for (uint16_t i = 0; i < 20; i++)
		handshake(s, (uint16_t)(1000 + i), true);
	for (uint32_t i = 0; i < 5000; i++) {
		struct packet p, answer;
		bool udp = i % 3 == 0;

		p = script_packet(s, udp ? IPPROTO_UDP : IPPROTO_TCP, "10.0.0.1", 3000,
		    "10.0.0.2", 80);
		p.src = v4((uint32_t)hash_mix(i));
		answer = p;
		answer.src = p.dst;
		answer.dst = p.src;
		answer.sport = p.dport;
		answer.dport = p.sport;
		if (!udp) {
			p.tcp.flags = i % 3 == 1 ? TCP_SYN : TCP_ACK | TCP_PSH;
			answer.tcp.flags = i % 3 == 1 ? TCP_SYN | TCP_ACK : TCP_RST;
			answer.tcp.ack = 21;
		}
		script_payload(&p, i % 3 == 1 ? 0 : 20);
		s->now += 100000;
		script_give(s, &p);
		if (i % 2 == 0)
			script_give(s, &answer);
	}
	flow_table_get_stats(s->table, &stats);
	assert_int_equal(stats.full, 20);
	assert_int_equal(stats.evicted_full, 0);
	assert_int_equal(stats.embryonic, 64);
	assert_int_equal(stats.open, 64);
	script_fini(s);
	assert_int_equal(s->ended_packets, 20 * 4 + 5000 + 2500);
}

/* What a scanner without payload opens never gets slots, connected or not. */
static void
test_no_payload(void **state)
{
	struct script *s = *state;
	struct flow_stats stats;

	script_init(s, NULL);
	for (uint16_t i = 0; i < 100; i++)
		handshake(s, (uint16_t)(1000 + i), false);
	flow_table_get_stats(s->table, &stats);
	assert_int_equal(stats.full, 100);
	assert_int_equal(stats.promoted, 0);
	assert_null(flow_slots(s->last.flow));
	script_fini(s);
}

/* Lingering closed connections give their place without being a loss. */
static void
test_closed_first(void **state)
{
	struct script *s = *state;
	struct flow_config c = small_caps(50, 10, 10);
	struct flow_stats stats;

	script_init(s, &c);
	for (uint16_t i = 0; i < 25; i++)
		give_from(s, v4(0x0b000000 + i), 1000, IPPROTO_TCP, 0);
	for (uint16_t i = 0; i < 25; i++) {
		struct packet p =
		    script_packet(s, IPPROTO_TCP, "10.9.9.9", 80, "10.0.0.1", 1000);

		give_from(s, v4(0x0c000000 + i), 1000, IPPROTO_TCP, 0);
		p.dst = v4(0x0c000000 + i);
		p.tcp.flags = TCP_RST | TCP_ACK;
		p.tcp.ack = 1;
		script_give(s, &p);
	}
	s->now += INT64_C(1500000000);
	for (uint16_t i = 0; i < 25; i++)
		give_from(s, v4(0x0d000000 + i), 1000, IPPROTO_TCP, 0);
	flow_table_get_stats(s->table, &stats);
	assert_int_equal(stats.closed_early, 25);
	assert_int_equal(stats.evicted_embryonic, 0);
	for (unsigned i = 0; i < s->n_events; i++) {
		if (s->events[i].letter == 'X') {
			assert_int_equal(
			    s->events[i].record.reason, FLOW_REASON_TIMEOUT);
			assert_int_equal(s->events[i].record.src.bytes[0], 12);
		}
	}
	script_fini(s);
}

/* A flow that is promoted, proven or turned while its tiers are full is no victim of
 * itself. */
static void
test_own_victim(void **state)
{
	struct script *s = *state;
	struct flow_config c = small_caps(1, 1, 1);
	struct flow_stats stats;

	script_init(s, &c);
	for (uint16_t i = 0; i < 10; i++) {
		handshake(s, (uint16_t)(1000 + i), true);
		assert_non_null(s->last.flow);
		assert_true(s->last.full);
	}
	flow_table_get_stats(s->table, &stats);
	assert_int_equal(stats.full, 1);
	assert_int_equal(stats.evicted_full, 9);
	assert_int_equal(stats.embryonic + stats.open, 0);
	script_fini(s);
	assert_int_equal(s->ended_packets, 40);
}

static int
setup(void **state)
{
	static struct script script;

	*state = &script;
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_flooder),
	    cmocka_unit_test(test_flooder_ipv6),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_spoofed),
	    cmocka_unit_test(test_no_payload),
	    cmocka_unit_test(test_closed_first),
	    cmocka_unit_test(test_own_victim),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
