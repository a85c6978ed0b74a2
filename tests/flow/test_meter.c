/* What a shard counts for each packet, and in which second. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "meter_model.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_counts),
	    cmocka_unit_test(test_land),
	    cmocka_unit_test(test_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
