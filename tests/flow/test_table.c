/* The table: who began, what ends when, interim records, ICMP errors, keys. */
#include "config.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "flow_script.h"
#include "flow_values.h"

/* The first packet of a flow, and who began it. */
static const struct {
	uint8_t proto;
	uint16_t sport, dport; /* ICMP: type, id */
	uint8_t tcp_flags;
	bool turned;
	enum flow_initiator initiator;
	const char *history;
} firsts[] = {
    {IPPROTO_TCP, 40000, 80, TCP_SYN, false, FLOW_INITIATOR_SYN, "S"},
    {IPPROTO_TCP, 80, 40000, TCP_SYN, false, FLOW_INITIATOR_SYN, "S"}, /* nmap -g 80 */
    {IPPROTO_TCP, 80, 40000, TCP_SYN | TCP_ACK, true, FLOW_INITIATOR_SYNACK, "^h"},
    {IPPROTO_TCP, 40000, 80, TCP_SYN | TCP_ACK, true, FLOW_INITIATOR_SYNACK, "^h"},
    {IPPROTO_TCP, 80, 40000, TCP_ACK, true, FLOW_INITIATOR_PORT, "^a"},
    {IPPROTO_TCP, 40000, 80, TCP_ACK, false, FLOW_INITIATOR_PORT, "A"},
    {IPPROTO_TCP, 5432, 20000, TCP_ACK, true, FLOW_INITIATOR_PORT, "^a"},
    {IPPROTO_TCP, 40000, 50000, TCP_ACK, false, FLOW_INITIATOR_FIRST_PACKET, "A"},
    {IPPROTO_TCP, 50000, 40000, TCP_ACK, false, FLOW_INITIATOR_FIRST_PACKET, "A"},
    {IPPROTO_UDP, 40000, 53, 0, false, FLOW_INITIATOR_FIRST_PACKET, "D"},
    {IPPROTO_UDP, 53, 40000, 0, true, FLOW_INITIATOR_PORT, "^d"},
    {IPPROTO_UDP, 11211, 80, 0, true, FLOW_INITIATOR_PORT, "^d"},
    {IPPROTO_UDP, 123, 123, 0, false, FLOW_INITIATOR_FIRST_PACKET, "D"},
    {IPPROTO_UDP, 80, 40000, 0, false, FLOW_INITIATOR_FIRST_PACKET, "D"},
    {IPPROTO_ICMP, 8, 77, 0, false, FLOW_INITIATOR_FIRST_PACKET, ""},
    {IPPROTO_ICMP, 0, 77, 0, true, FLOW_INITIATOR_REPLY, ""},
    {IPPROTO_ICMP, 3, 0, 0, false, FLOW_INITIATOR_FIRST_PACKET, ""},
    {IPPROTO_SCTP, 5000, 6000, 0, false, FLOW_INITIATOR_FIRST_PACKET, ""},
};

static void
test_initiator(void **state)
{
	struct script *s = *state;

	for (size_t i = 0; i < LENGTH(firsts); i++) {
		bool icmp = firsts[i].proto == IPPROTO_ICMP;
		const struct flow_record *r;
		struct packet p;
		uint16_t sport = icmp ? 0 : firsts[i].sport;
		uint16_t dport = icmp ? 0 : firsts[i].dport;

		script_init(s, NULL);
		p = script_packet(
		    s, firsts[i].proto, "10.0.0.1", sport, "10.0.0.2", dport);
		if (icmp) {
			p.icmp.type = (uint8_t)firsts[i].sport;
			p.icmp.id = firsts[i].dport;
		} else if (firsts[i].proto == IPPROTO_TCP)
			p.tcp.flags = firsts[i].tcp_flags;
		script_give(s, &p);
		assert_int_equal(
		    s->last.dir, firsts[i].turned ? FLOW_TOCLIENT : FLOW_TOSERVER);
		script_fini(s);
		r = script_find(s, 'X');
		if (r->initiator != firsts[i].initiator)
			fail_msg("first %zu: %s", i, flow_initiator_name(r->initiator));
		assert_string_equal(r->history, firsts[i].history);
		assert_int_equal(r->src.bytes[3], firsts[i].turned ? 2 : 1);
		assert_int_equal(r->src_mac[5], firsts[i].turned ? 2 : 1);
		assert_int_equal(r->dst_mac[5], firsts[i].turned ? 1 : 2);
		assert_int_equal(r->sport, firsts[i].turned ? dport : sport);
		assert_int_equal(r->side[firsts[i].turned].packets, 1);
		assert_int_equal(r->side[!firsts[i].turned].packets, 0);
	}
}

/* What goes to a group is no answer, and a group asks nothing. */
static void
test_groups(void **state)
{
	struct script *s = *state;
	const struct flow_record *r;
	struct packet p;

	script_init(s, NULL);
	p = script_packet(s, IPPROTO_ICMPV6, "fe80::1", 0, "ff02::1", 0);
	p.icmp.type = 134;
	script_give(s, &p);
	assert_int_equal(s->last.dir, FLOW_TOSERVER);
	script_fini(s);
	r = script_find(s, 'X');
	assert_int_equal(r->icmp_type, 134);
	assert_int_equal(r->src.bytes[15], 1);
	assert_int_equal(r->initiator, FLOW_INITIATOR_FIRST_PACKET);
	assert_false(r->one_way);

	script_init(s, NULL);
	p = script_packet(s, IPPROTO_UDP, "10.0.0.1", 67, "255.255.255.255", 68);
	script_payload(&p, 300);
	script_give(s, &p);
	assert_int_equal(s->last.dir, FLOW_TOSERVER);
	script_fini(s);
}

static struct packet
udp(struct script *s, bool answer, uint16_t port, uint32_t len)
{
	struct packet p = answer
	    ? script_packet(s, IPPROTO_UDP, "10.0.0.2", port, "10.0.0.1", 40000)
	    : script_packet(s, IPPROTO_UDP, "10.0.0.1", 40000, "10.0.0.2", port);

	script_payload(&p, len);
	return p;
}

static void
test_udp(void **state)
{
	struct script *s = *state;
	const struct flow_record *r;
	struct packet ask, answer;
	char letters[16];

	script_init(s, NULL);
	ask = udp(s, false, 53, 30);
	answer = udp(s, true, 53, 90);
	script_give(s, &ask);
	assert_true(s->last.created);
	assert_true(s->last.full); /* one packet must be enough to classify it */
	assert_false(s->last.first_answer);
	assert_int_equal(s->last.len, 30);
	script_give(s, &answer);
	assert_true(s->last.first_answer);
	assert_int_equal(s->last.dir, FLOW_TOCLIENT);
	script_give(s, &answer);
	assert_false(s->last.first_answer);
	script_fini(s);
	r = script_find(s, 'X');
	assert_string_equal(script_letters(s, letters, sizeof letters), "SEX");
	assert_int_equal(r->conn_state, FLOW_CONN_SF);
	assert_string_equal(r->history, "Dd");
	assert_int_equal(r->side[0].payload_bytes, 30);
	assert_int_equal(r->side[1].payload_bytes, 180);
	assert_false(r->one_way);

	/* Without payload there is nothing to classify, and no slots. */
	script_init(s, NULL);
	ask = udp(s, false, 53, 0);
	script_give(s, &ask);
	assert_false(s->last.full);
	assert_null(flow_slots(s->last.flow));
	script_fini(s);
	assert_int_equal(script_find(s, 'X')->conn_state, FLOW_CONN_S0);
	assert_true(script_find(s, 'X')->one_way);
}

/* An answer that the application layer recognises turns the flow around, once. */
static void
test_turn(void **state)
{
	struct script *s = *state;
	const struct flow_record *r;
	struct packet answer, ask;

	script_init(s, NULL);
	answer = udp(s, true, 7000, 90);
	ask = udp(s, false, 7000, 30);
	script_give(s, &answer);
	assert_int_equal(s->last.dir, FLOW_TOSERVER);
	assert_int_equal(flow_port(s->last.flow, FLOW_TOSERVER), 40000);
	assert_true(flow_set_initiator(s->last.flow, FLOW_TOCLIENT));
	assert_false(flow_set_initiator(s->last.flow, FLOW_TOCLIENT));
	assert_int_equal(flow_port(s->last.flow, FLOW_TOSERVER), 7000);
	script_give(s, &ask);
	assert_int_equal(s->last.dir, FLOW_TOSERVER);
	script_fini(s);
	r = script_find(s, 'X');
	assert_int_equal(r->dport, 7000);
	assert_int_equal(r->initiator, FLOW_INITIATOR_REPLY);
	assert_string_equal(r->history, "^dD");
	assert_int_equal(r->src_mac[5], 1);
	assert_int_equal(r->side[0].payload_bytes, 30);
	assert_int_equal(r->side[1].payload_bytes, 90);

	/* Not against a handshake. */
	script_init(s, NULL);
	script_run(s, ">S <SA >A <D10");
	assert_false(flow_set_initiator(s->last.flow, FLOW_TOCLIENT));
	script_fini(s);
}

/* A flow lives up to its timeout and not longer, with ticks or without. */
static void
test_timeouts(void **state)
{
	static const struct {
		const char *script;
		double seconds;
	} cases[] = {
	    {">S", 60},
	    {">S <SA", 60},
	    {">S <SA >A", 600},
	    {">S <SA >A >FA <A", 600},
	    {">S <SA >A >FA <FA >A", 10},
	    {">S <RA", 10},
	    {">D10", 60},
	    {">D10 <A", 600},
	};
	struct script *s = *state;
	struct flow_stats stats;

	for (size_t i = 0; i < LENGTH(cases); i++) {
		script_init(s, NULL);
		script_run(s, cases[i].script);
		script_wait(s, cases[i].seconds - 0.001);
		assert_int_equal(s->n_ended, 0);
		script_wait(s, 0.3); /* a step of the queue */
		assert_int_equal(s->n_ended, 1);
		assert_int_equal(script_find(s, 'X')->reason, FLOW_REASON_TIMEOUT);
		script_fini(s);

		script_init(s, NULL);
		script_run(s, cases[i].script);
		s->now += (int64_t)(cases[i].seconds * 1e9) - 2000000;
		script_run(s, ">A");
		flow_table_get_stats(s->table, &stats);
		assert_int_equal(stats.flows, 1);
		script_fini(s);

		script_init(s, NULL);
		script_run(s, cases[i].script);
		s->now += (int64_t)(cases[i].seconds * 1e9);
		script_run(s, ">A");
		flow_table_get_stats(s->table, &stats);
		assert_int_equal(stats.flows, 2);
		script_fini(s);
	}
}

static void
test_interim(void **state)
{
	struct script *s = *state;
	char letters[16];

	script_init(s, NULL);
	script_run(s, ">S <SA >A >D10 <A >D10@299 <A@2 >A@250 <A@60 >A@599 <A@30");
	assert_string_equal(script_letters(s, letters, sizeof letters), "SEIII");
	assert_int_equal(s->events[2].record.reason, FLOW_REASON_INTERIM);
	assert_int_equal(s->events[2].record.interim, 0);
	assert_int_equal(s->events[2].record.side[1].packets, 3);
	assert_int_equal(s->events[3].record.interim, 1);
	/* The flow's own clock: from its start in steps, not from its last record. */
	assert_int_equal((s->events[2].ts - s->events[0].ts) / 1000000000, 301);
	assert_int_equal((s->events[3].ts - s->events[0].ts) / 1000000000, 611);
	assert_int_equal((s->events[4].ts - s->events[0].ts) / 1000000000, 1210);
	script_fini(s);
	assert_int_equal(script_find(s, 'X')->interim, 3);
}

static struct packet
icmp_error(struct script *s, const char *from, uint8_t type, const struct packet *about)
{
	struct packet p = script_packet(s, IPPROTO_ICMP, from, 0, "10.0.0.1", 0);

	p.icmp.type = type;
	p.icmp.code = 3;
	p.icmp.has_quote = true;
	p.icmp.quote_proto = about->proto;
	p.icmp.quote_src = about->src;
	p.icmp.quote_dst = about->dst;
	p.icmp.quote_sport = about->sport;
	p.icmp.quote_dport = about->dport;
	script_payload(&p, 28);
	return p;
}

/* An error counts in the flow it is about, wherever it comes from. */
static void
test_icmp_error(void **state)
{
	struct script *s = *state;
	const struct flow_record *r;
	struct packet ask, error;
	char letters[16];

	script_init(s, NULL);
	ask = udp(s, false, 9999, 30);
	script_give(s, &ask);
	error = icmp_error(s, "10.0.0.254", 3, &ask);
	assert_int_equal(flow_shard(&ask, 8), flow_shard(&error, 8));
	script_give(s, &error);
	assert_true(s->last.icmp_error);
	assert_int_equal(s->last.dir, FLOW_TOCLIENT);
	assert_int_equal(s->last.len, 0);
	script_fini(s);
	r = script_find(s, 'X');
	assert_string_equal(script_letters(s, letters, sizeof letters), "SRX");
	assert_int_equal(r->proto, IPPROTO_UDP);
	assert_int_equal(r->conn_state, FLOW_CONN_S0);
	assert_true(r->one_way);
	assert_int_equal(r->side[1].packets, 1);
	assert_int_equal(r->side[1].payload_bytes, 0);
	assert_int_equal(r->reply_icmp_type, 3);
	assert_int_equal(r->reply_icmp_code, 3);

	/* About a flow that answered: no rejection. Time exceeded: neither. */
	script_init(s, NULL);
	script_run(s, ">S <SA");
	ask = script_packet(s, IPPROTO_TCP, "10.0.0.1", 40000, "10.0.0.2", 80);
	error = icmp_error(s, "10.0.0.254", 3, &ask);
	script_give(s, &error);
	script_run(s, ">A");
	script_fini(s);
	assert_string_equal(script_letters(s, letters, sizeof letters), "SEX");
	script_init(s, NULL);
	ask = udp(s, false, 33434, 30);
	script_give(s, &ask);
	error = icmp_error(s, "10.0.0.254", 11, &ask);
	script_give(s, &error);
	script_fini(s);
	assert_string_equal(script_letters(s, letters, sizeof letters), "SX");

	/* About nothing we know: a flow of its own, one way, never answered. */
	script_init(s, NULL);
	script_give(s, &error);
	assert_false(s->last.icmp_error);
	script_fini(s);
	r = script_find(s, 'X');
	assert_int_equal(r->proto, IPPROTO_ICMP);
	assert_int_equal(r->icmp_type, 11);
	assert_false(r->one_way);
}

static struct packet
echo(struct script *s, bool reply, uint16_t id)
{
	struct packet p = reply
	    ? script_packet(s, IPPROTO_ICMP, "10.0.0.2", 0, "10.0.0.1", 0)
	    : script_packet(s, IPPROTO_ICMP, "10.0.0.1", 0, "10.0.0.2", 0);

	p.icmp.type = reply ? 0 : 8;
	p.icmp.id = id;
	script_payload(&p, 56);
	return p;
}

static void
test_echo(void **state)
{
	struct script *s = *state;
	const struct flow_record *r;
	struct flow_stats stats;
	struct packet p;

	script_init(s, NULL);
	for (uint16_t id = 1; id <= 2; id++) {
		p = echo(s, false, id);
		script_give(s, &p);
		p = echo(s, true, id);
		script_give(s, &p);
	}
	flow_table_get_stats(s->table, &stats);
	assert_int_equal(stats.flows, 2);
	/* The other end asks with the same id: another flow. */
	p = echo(s, true, 2);
	p.icmp.type = 8;
	script_give(s, &p);
	flow_table_get_stats(s->table, &stats);
	assert_int_equal(stats.flows, 3);
	script_fini(s);
	r = &s->events[5].record; /* the first to end: of id 1 */
	assert_int_equal(r->icmp_type, 8);
	assert_int_equal(r->reply_icmp_type, 0);
	assert_int_equal(r->conn_state, FLOW_CONN_OTH);
	assert_int_equal(r->side[0].packets, 1);
	assert_int_equal(r->side[1].packets, 1);
}

/* To oneself: both directions have the same addresses. */
static void
test_same_address(void **state)
{
	struct script *s = *state;
	struct flow_stats stats;
	struct packet p;

	script_init(s, NULL);
	p = script_packet(s, IPPROTO_TCP, "127.0.0.1", 40000, "127.0.0.1", 80);
	p.tcp.flags = TCP_SYN;
	script_give(s, &p);
	p = script_packet(s, IPPROTO_TCP, "127.0.0.1", 80, "127.0.0.1", 40000);
	p.tcp.flags = TCP_SYN | TCP_ACK;
	p.tcp.ack = 1;
	script_give(s, &p);
	assert_int_equal(s->last.dir, FLOW_TOCLIENT);
	for (uint8_t type = 0; type <= 8; type += 8) {
		p = script_packet(s, IPPROTO_ICMP, "127.0.0.1", 0, "127.0.0.1", 0);
		p.icmp.type = type;
		p.icmp.id = 5;
		script_give(s, &p);
		assert_int_equal(
		    s->last.dir, type == 8 ? FLOW_TOSERVER : FLOW_TOCLIENT);
	}
	flow_table_get_stats(s->table, &stats);
	assert_int_equal(stats.flows, 2);
	script_fini(s);
}

static const struct {
	uint16_t vlan;
	struct decode_tunnel tunnel;
	bool same; /* as the one before, where encapsulations count */
} encaps[] = {
    {0, {0, DECODE_TUNNEL_NONE}, true}, {100, {0, DECODE_TUNNEL_NONE}, false},
    {200, {0, DECODE_TUNNEL_NONE}, false}, {200, {7, DECODE_TUNNEL_VXLAN}, false},
    {200, {8, DECODE_TUNNEL_VXLAN}, false}, {200, {8, DECODE_TUNNEL_GENEVE}, false},
    {0, {8, DECODE_TUNNEL_GTPU}, false},
    {0, {9, DECODE_TUNNEL_GTPU}, true}, /* each direction has its own */
};

static void
test_encapsulation(void **state)
{
	struct script *s = *state;
	struct flow_config c;
	struct flow_stats stats;
	unsigned flows = 1;

	flow_config_defaults(&c);
	for (int keyed = 0; keyed <= 1; keyed++) {
		c.key_encapsulation = keyed;
		script_init(s, &c);
		for (size_t i = 0; i < LENGTH(encaps); i++) {
			struct packet p = udp(s, i % 2, 1234, 10);

			p.n_vlans = encaps[i].vlan != 0;
			p.vlans[0] = encaps[i].vlan;
			p.n_tunnels = encaps[i].tunnel.type != DECODE_TUNNEL_NONE;
			p.tunnels[0] = encaps[i].tunnel;
			script_give(s, &p);
			flows += keyed && !encaps[i].same;
			flow_table_get_stats(s->table, &stats);
			assert_int_equal(stats.flows, flows);
		}
		script_fini(s);
		assert_int_equal(
		    script_find(s, 'X')->n_tunnels, keyed ? 1 : 0); /* the newest */
		assert_int_equal(script_find(s, 'X')->tunnels[0].id, keyed ? 8 : 0);
	}
}

/* Both directions, whatever the ports, are one shard; the shards share the load. */
static void
test_shards(void **state)
{
	struct script *s = *state;
	unsigned count[8] = {0};

	for (unsigned i = 0; i < 8000; i++) {
		struct packet there = udp(s, false, 53, 1), back = udp(s, true, 80, 1);

		there.src = back.dst = v4(0x0a000000 + i);
		assert_int_equal(flow_shard(&there, 8), flow_shard(&back, 8));
		count[flow_shard(&there, 8)]++;
	}
	for (unsigned i = 0; i < 8; i++)
		assert_in_range(count[i], 800, 1200);
}

/* ARP by its pair, asked and answered; the rest has one place. */
static void
test_other_shards(void **state)
{
	struct packet ask = {.result = DECODE_NOT_IP, .reason = DECODE_REASON_ARP},
		      answer = ask, other = {.result = DECODE_NOT_IP};
	unsigned seen = 0;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		ask.arp.sender = answer.arp.target = v4(0x0a000000 + i);
		ask.arp.target = answer.arp.sender = v4(0x0a0000ff);
		assert_int_equal(flow_shard(&ask, 8), flow_shard(&answer, 8));
		seen |= 1U << flow_shard(&ask, 8);
	}
	assert_int_equal(seen, 0xff);
	assert_int_equal(flow_shard(&other, 8), 0);
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(flow_conn_state_name(FLOW_CONN_RSTOS0), "RSTOS0");
	assert_string_equal(flow_conn_state_name(FLOW_CONN_OTH), "OTH");
	assert_string_equal(flow_state_name(FLOW_STATE_CLOSED), "closed");
	assert_string_equal(flow_reason_name(FLOW_REASON_REUSED), "tcp_reuse");
	assert_string_equal(flow_reason_name(FLOW_REASON_INTERIM), "interim");
	assert_string_equal(flow_initiator_name(FLOW_INITIATOR_REPLY), "reply");
}

/* Each anomaly of a flow is reported once. */
static void
test_anomalies(void **state)
{
	struct script *s = *state;
	struct packet p;

	script_init(s, NULL);
	p = udp(s, false, 53, 10);
	p.anomalies = ANOMALY_BIT(ANOMALY_IP_TTL_ZERO);
	script_give(s, &p);
	assert_int_equal(flow_take_anomalies(s->last.flow), p.anomalies);
	script_give(s, &p);
	assert_int_equal(flow_take_anomalies(s->last.flow), 0);
	flow_add_anomaly(s->last.flow, ANOMALY_DNS_LOOP);
	assert_int_equal(
	    flow_take_anomalies(s->last.flow), ANOMALY_BIT(ANOMALY_DNS_LOOP));
	script_fini(s);
	assert_int_equal(script_find(s, 'X')->anomalies,
	    ANOMALY_BIT(ANOMALY_IP_TTL_ZERO) | ANOMALY_BIT(ANOMALY_DNS_LOOP));
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
	    cmocka_unit_test(test_initiator),
	    cmocka_unit_test(test_groups),
	    cmocka_unit_test(test_udp),
	    cmocka_unit_test(test_turn),
	    cmocka_unit_test(test_timeouts),
	    cmocka_unit_test(test_interim),
	    cmocka_unit_test(test_icmp_error),
	    cmocka_unit_test(test_echo),
	    cmocka_unit_test(test_same_address),
	    cmocka_unit_test(test_encapsulation),
	    cmocka_unit_test(test_shards),
	    cmocka_unit_test(test_other_shards),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_anomalies),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
