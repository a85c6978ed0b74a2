/* Fragments: which flow they count in, what is wrong with them, and that none gets
 * lost. */
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

#define OVERLAP    ANOMALY_BIT(ANOMALY_FRAG_OVERLAP)
#define INCOMPLETE ANOMALY_BIT(ANOMALY_FRAG_INCOMPLETE)

struct piece {
	uint16_t offset, len; /* of the IP payload */
	bool last;
};

/* A fragment of a UDP datagram 10.0.0.1:1000 -> 10.0.0.2:2000; IPv4 header of 20. */
static void
give_piece(struct script *s, const struct piece *piece, uint32_t id)
{
	static uint8_t header[20] = {0x45};
	struct packet p =
	    script_packet(s, IPPROTO_UDP, "10.0.0.1", 1000, "10.0.0.2", 2000);

	p.fragment = true;
	p.more_fragments = !piece->last;
	p.frag_offset = piece->offset;
	p.frag_id = id;
	p.l3 = header;
	p.l3_len = p.l3_cap = 20U + piece->len;
	p.wire_len = p.l3_len + 14;
	p.payload_len = p.payload_cap = piece->len;
	if (piece->offset == 0)
		p.payload_len = p.payload_cap = piece->len - 8U;
	else {
		p.sport = p.dport = 0;
		p.has_l4 = false;
	}
	script_give(s, &p);
}

#define PIECES_MAX 6

static const struct {
	struct piece pieces[PIECES_MAX];
	unsigned n;
	uint64_t anomalies;
	unsigned flows;
	uint16_t dport; /* of the flow that has all packets */
} trains[] = {
    /* In order, reversed, with the first in the middle */
    {{{0, 1480, false}, {1480, 1480, false}, {2960, 100, true}}, 3, 0, 1, 2000},
    {{{2960, 100, true}, {1480, 1480, false}, {0, 1480, false}}, 3, 0, 1, 2000},
    {{{1480, 1480, false}, {0, 1480, false}, {2960, 100, true}}, 3, 0, 1, 2000},
    /* Every fragment twice */
    {{{0, 1480, false}, {0, 1480, false}, {1480, 100, true}, {1480, 100, true}}, 4, 0,
	1, 2000},
    {{{1480, 100, true}, {1480, 100, true}, {0, 1480, false}}, 3, 0, 1, 2000},
    /* Overlaps: a part, inside, around, with another end, beyond the end */
    {{{0, 1480, false}, {1472, 108, true}}, 2, OVERLAP, 1, 2000},
    {{{0, 1480, false}, {8, 16, false}, {1480, 8, true}}, 3, OVERLAP, 1, 2000},
    {{{8, 16, false}, {0, 1480, false}, {1480, 8, true}}, 3, OVERLAP, 1, 2000},
    {{{0, 1480, false}, {1480, 100, true}, {1480, 200, true}}, 3, OVERLAP, 1, 2000},
    {{{0, 16, false}, {24, 8, true}, {32, 8, false}, {16, 8, false}}, 4, OVERLAP, 1,
	2000},
    /* Something never came */
    {{{0, 1480, false}, {2960, 100, true}}, 2, INCOMPLETE, 1, 2000},
    {{{0, 1480, false}, {1480, 1480, false}}, 2, INCOMPLETE, 1, 2000},
    {{{0, 1480, false}}, 1, INCOMPLETE, 1, 2000},
    /* The first never came: a flow without ports */
    {{{1480, 1480, false}, {2960, 100, true}}, 2, INCOMPLETE, 1, 0},
    {{{1480, 1480, false}, {1488, 1480, false}}, 2, INCOMPLETE | OVERLAP, 1, 0},
    /* As far as a packet can reach, and beyond */
    {{{0, 8, false}, {65528, 7, true}}, 2, INCOMPLETE, 1, 2000},
    {{{0, 8, false}, {65528, 1480, true}}, 2, INCOMPLETE, 1, 2000},
};

static void
test_trains(void **state)
{
	struct script *s = *state;

	for (size_t i = 0; i < LENGTH(trains); i++) {
		const struct flow_record *r;
		uint64_t bytes = 0;

		script_init(s, NULL);
		for (unsigned k = 0; k < trains[i].n; k++) {
			give_piece(s, &trains[i].pieces[k], 7);
			bytes += 20U + trains[i].pieces[k].len;
		}
		script_wait(s, 31);
		script_fini(s);
		r = script_find(s, 'X');
		assert_int_equal(s->n_ended, trains[i].flows);
		assert_int_equal(r->side[0].packets, trains[i].n);
		assert_int_equal(r->side[0].fragments, trains[i].n);
		assert_int_equal(r->side[0].ip_bytes, bytes);
		assert_int_equal(r->dport, trains[i].dport);
		if (r->anomalies != trains[i].anomalies)
			fail_msg(
			    "train %zu: anomalies %jx", i, (uintmax_t)r->anomalies);
	}
}

/* Trains are told apart by id; a new one may use the id of a complete one. */
static void
test_ids(void **state)
{
	static const struct piece first = {0, 1480, false}, last = {1480, 100, true};
	struct script *s = *state;

	script_init(s, NULL);
	give_piece(s, &first, 1);
	give_piece(s, &first, 2);
	give_piece(s, &last, 2);
	give_piece(s, &last, 1);
	give_piece(s, &first, 1);
	give_piece(s, &last, 1);
	script_wait(s, 31);
	script_fini(s);
	assert_int_equal(s->n_ended, 1);
	assert_int_equal(script_find(s, 'X')->anomalies, 0);
	assert_int_equal(script_find(s, 'X')->side[0].packets, 6);
	assert_int_equal(script_find(s, 'X')->side[0].payload_bytes, 3 * 1572);
}

/* What waits is neither in a flow nor lost; the wait ends without a tick, too. */
static void
test_waiting(void **state)
{
	static const struct piece middle = {1480, 1480, false},
				  first = {0, 1480, false};
	struct script *s = *state;
	struct flow_stats stats;

	script_init(s, NULL);
	give_piece(s, &middle, 1);
	assert_null(s->last.flow);
	flow_table_get_stats(s->table, &stats);
	assert_int_equal(stats.held_packets, 1);
	assert_int_equal(stats.flows, 0);
	s->now += INT64_C(31000000000);
	give_piece(s, &first, 1); /* too late: another train */
	flow_table_get_stats(s->table, &stats);
	assert_int_equal(stats.held_packets, 0);
	assert_int_equal(stats.flows, 2);
	script_fini(s);
	assert_int_equal(s->ended_packets, 2);
}

static void
test_cap(void **state)
{
	static const struct piece middle = {1480, 1480, false},
				  first = {0, 1480, false}, last = {1480, 8, true};
	struct script *s = *state;
	struct flow_config c;
	struct flow_stats stats;

	flow_config_defaults(&c);
	c.fragment_cap = 4;
	script_init(s, &c);
	give_piece(s, &middle, 1); /* the oldest goes first ... */
	give_piece(s, &first, 2);
	give_piece(s, &last, 2); /* ... but a complete one before it */
	give_piece(s, &middle, 3);
	give_piece(s, &middle, 4);
	give_piece(s, &middle, 5);
	flow_table_get_stats(s->table, &stats);
	assert_int_equal(stats.evicted_fragments, 0);
	assert_int_equal(stats.held_packets, 4);
	give_piece(s, &middle, 6);
	flow_table_get_stats(s->table, &stats);
	assert_int_equal(stats.evicted_fragments, 1);
	assert_int_equal(stats.held_packets, 4);
	assert_int_equal(stats.flows, 2);
	script_fini(s);
	assert_int_equal(s->ended_packets, 7);
}

/* Fragments of a TCP segment are bytes of its stream. */
static void
test_tcp(void **state)
{
	static uint8_t header[20] = {0x45};
	struct script *s = *state;
	struct packet p;

	script_init(s, NULL);
	script_run(s, ">S <SA >A >D100");
	p = script_packet(s, IPPROTO_TCP, "10.0.0.1", 40000, "10.0.0.2", 80);
	p.tcp.flags = TCP_ACK;
	p.tcp.seq = s->next[0];
	p.tcp.ack = s->next[1];
	p.fragment = p.more_fragments = true;
	p.frag_id = 9;
	p.l3 = header;
	p.l3_len = p.l3_cap = 20 + 48;
	p.payload_len = p.payload_cap = 28; /* 20 bytes of TCP header */
	script_give(s, &p);
	assert_int_equal(s->last.pos, 100);
	assert_int_equal(s->last.len, 28);
	p.has_l4 = p.more_fragments = false;
	p.sport = p.dport = 0;
	p.frag_offset = 48;
	p.l3_len = p.l3_cap = 20 + 50;
	p.payload_len = p.payload_cap = 50;
	script_give(s, &p);
	assert_int_equal(s->last.pos, 128);
	assert_int_equal(s->last.len, 50);
	assert_int_equal(s->last.next, 178);
	s->next[0] += 78;
	script_run(s, "<A >D10 <A");
	assert_int_equal(s->last.gap, 0);
	script_fini(s);
	assert_int_equal(script_find(s, 'X')->side[0].missed_bytes, 0);
	assert_int_equal(script_find(s, 'X')->side[0].payload_bytes, 188);
	assert_string_equal(script_find(s, 'X')->history, "ShADa");
}

/* IPv6: the fragmentable part begins behind the fragment header. */
static void
test_ipv6(void **state)
{
	/* hop-by-hop options of 8 bytes, then the fragment header */
	static const uint8_t header[56] = {
	    [0] = 0x60, [6] = 0, [40] = 44, [41] = 0, [48] = 17};
	struct script *s = *state;
	struct packet p = script_packet(
	    *state, IPPROTO_UDP, "2001:db8::1", 1000, "2001:db8::2", 2000);

	script_init(s, NULL);
	p.fragment = p.more_fragments = true;
	p.frag_id = 0x12345678;
	p.l3 = header;
	p.l3_cap = sizeof header;
	p.l3_len = 56 + 64;
	p.payload_len = 56;
	script_give(s, &p);
	p.more_fragments = p.has_l4 = false;
	p.sport = p.dport = 0;
	p.frag_offset = 64;
	p.payload_len = 10;
	p.l3_len = 56 + 10;
	script_give(s, &p);
	script_fini(s);
	assert_int_equal(s->n_ended, 1);
	assert_int_equal(script_find(s, 'X')->anomalies, 0);
	assert_int_equal(script_find(s, 'X')->side[0].payload_bytes, 66);
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
	    cmocka_unit_test(test_trains),
	    cmocka_unit_test(test_ids),
	    cmocka_unit_test(test_waiting),
	    cmocka_unit_test(test_cap),
	    cmocka_unit_test(test_tcp),
	    cmocka_unit_test(test_ipv6),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
