/*
 * TCP connections as scripts (see flow_script.h): conn_state, history, counters,
 * anomalies, events. What conn_state and history must be is what Zeek's documentation
 * of conn.log says of each letter.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "flow_script.h"

#define BIT ANOMALY_BIT

static const struct {
	const char *script;
	enum flow_conn_state conn_state;
	const char *history;
	const char *events;
	enum flow_state state;
} states[] = {
    /* Complete connections */
    {">S <SA >A", FLOW_CONN_S1, "ShA", "SE", FLOW_STATE_ESTABLISHED},
    {">S <SA >A >D100 <A <D200 >A >FA <FA >A", FLOW_CONN_SF, "ShADadFf", "SE",
	FLOW_STATE_CLOSED},
    {">S <SA >A >D10 <A <FA >FA <A", FLOW_CONN_SF, "ShADafF", "SE", FLOW_STATE_CLOSED},
    {">S <SA >A >D10 <A >FA <A", FLOW_CONN_S2, "ShADaF", "SE", FLOW_STATE_ESTABLISHED},
    {">S <SA >A >D10 <A <FA >A", FLOW_CONN_S3, "ShADaf", "SE", FLOW_STATE_ESTABLISHED},
    {">S <SA >A >FA10 <D5 >A <FA >A", FLOW_CONN_SF, "ShAFdf", "SE", FLOW_STATE_CLOSED},
    {">S <SA >A >D10 >RA", FLOW_CONN_RSTO, "ShADR", "SE", FLOW_STATE_CLOSED},
    {">S <SA >A >D10 <RA", FLOW_CONN_RSTR, "ShADr", "SE", FLOW_STATE_CLOSED},
    /* FIN both ways, RST behind it changes nothing */
    {">S <SA >A >FA <FA >R", FLOW_CONN_SF, "ShAFfR", "SE", FLOW_STATE_CLOSED},
    /* FIN, then RST from the same side, then the other's FIN: an ordinary end */
    {">S <SA >A >FA >R <FA", FLOW_CONN_SF, "ShAFRf", "SE", FLOW_STATE_CLOSED},
    /* Attempts */
    {">S", FLOW_CONN_S0, "S", "S", FLOW_STATE_NEW},
    {">S >S-1 >S-1", FLOW_CONN_S0, "S", "S", FLOW_STATE_NEW},
    {">S >S+500 >S+900", FLOW_CONN_S0, "SSS", "S", FLOW_STATE_NEW},
    {">S <RA", FLOW_CONN_REJ, "Sr", "SR", FLOW_STATE_CLOSED},
    {">S <SA >R", FLOW_CONN_RSTO, "ShR", "S", FLOW_STATE_CLOSED},
    {">S <SA >A >RA", FLOW_CONN_RSTO, "ShAR", "SE", FLOW_STATE_CLOSED},
    {">S >R", FLOW_CONN_RSTOS0, "SR", "S", FLOW_STATE_CLOSED},
    {">S >A >R", FLOW_CONN_OTH, "SAR", "S", FLOW_STATE_CLOSED},
    {">S >FA", FLOW_CONN_SH, "SF", "S", FLOW_STATE_NEW},
    {">S <A >R", FLOW_CONN_RSTOS0, "SaR", "S", FLOW_STATE_CLOSED},
    /* The SYN was missed */
    {"<SA >A", FLOW_CONN_S1, "^hA", "SE", FLOW_STATE_ESTABLISHED},
    {"<SA <RA", FLOW_CONN_RSTRH, "^hr", "S", FLOW_STATE_CLOSED},
    {"<SA <FA", FLOW_CONN_SHR, "^hf", "S", FLOW_STATE_NEW},
    {"<SA >R", FLOW_CONN_RSTO, "^hR", "S", FLOW_STATE_CLOSED},
    /* The SYN came late */
    {"<SA >S-1 >A", FLOW_CONN_S1, "^hSA", "SE", FLOW_STATE_ESTABLISHED},
    /* Midstream: the well-known port tells the initiator */
    {">D10 <A", FLOW_CONN_OTH, "Da", "SE", FLOW_STATE_ESTABLISHED},
    {"<D10 >A", FLOW_CONN_OTH, "^dA", "SE", FLOW_STATE_ESTABLISHED},
    {">D10 <A >FA <FA >A", FLOW_CONN_SF, "DaFfA", "SE", FLOW_STATE_CLOSED},
    {"<FA >FA", FLOW_CONN_SF, "^fF", "SE", FLOW_STATE_CLOSED},
    /* Scans with odd flags */
    {">A <R", FLOW_CONN_RSTRH, "Ar", "SR", FLOW_STATE_CLOSED},
    {">F <RA", FLOW_CONN_RSTR, "Fr", "SR", FLOW_STATE_CLOSED},
    {"> <RA", FLOW_CONN_RSTRH, "r", "SR", FLOW_STATE_CLOSED},
    {">FPU <RA", FLOW_CONN_RSTR, "Fr", "SR", FLOW_STATE_CLOSED},
    {">SF <RA", FLOW_CONN_RSTR, "Qr", "SR", FLOW_STATE_CLOSED},
    {">FR", FLOW_CONN_OTH, "I", "S", FLOW_STATE_CLOSED},
    /* Both open at once */
    {">S <S >SA-1 <SA-1 >A", FLOW_CONN_S1, "SsA", "SE", FLOW_STATE_ESTABLISHED},
    /* Data on the SYN (Fast Open) */
    {">S100 <SA >A <D50 >A", FLOW_CONN_S1, "ShAd", "SE", FLOW_STATE_ESTABLISHED},
    /* The third packet carries data */
    {">S <SA >D100 <A", FLOW_CONN_S1, "ShDa", "SE", FLOW_STATE_ESTABLISHED},
    /* Windows, checksums, retransmissions, in powers of ten */
    {">S <SA >A >D10 <Az <Az <A", FLOW_CONN_S1, "ShADaw", "SE", FLOW_STATE_ESTABLISHED},
    {">S <SA >Ac >D5c >Ac", FLOW_CONN_S1, "ShCAD", "SE", FLOW_STATE_ESTABLISHED},
    {">S <SA >A >D10 >D10-10 >D10-10 >D10-10 >D10-10 >D10-10 >D10-10 >D10-10 "
     ">D10-10 >D10-10 >D10-10 <A",
	FLOW_CONN_S1, "ShADTTa", "SE", FLOW_STATE_ESTABLISHED},
};

static void
test_states(void **state)
{
	struct script *s = *state;
	char letters[32];

	for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
		const struct flow_record *r;

		script_init(s, NULL);
		script_run(s, states[i].script);
		script_letters(s, letters, sizeof letters);
		script_fini(s);
		r = script_find(s, 'X');
		assert_non_null(r);
		if (r->conn_state != states[i].conn_state ||
		    strcmp(r->history, states[i].history) != 0 ||
		    strcmp(letters, states[i].events) != 0 ||
		    r->state != states[i].state)
			fail_msg("%s: %s %s %s %s", states[i].script,
			    flow_conn_state_name(r->conn_state), r->history, letters,
			    flow_state_name(r->state));
		assert_int_equal(r->dport, 80);
		assert_int_equal(r->reason, FLOW_REASON_SHUTDOWN);
	}
}

/* What the two streams come to, by sender: client, server. */
static const struct {
	const char *script;
	const char *history;
	uint64_t delivered[2], early[2], gaps[2];
	uint64_t retransmitted[2], missed[2];
	uint32_t out_of_order[2];
	uint64_t anomalies;
} streams[] = {
    {">S <SA >A >D100 >D100 <A <D1000 >A", "ShADad", {200, 1000}, {0, 0}, {0, 0},
	{0, 0}, {0, 0}, {0, 0}, 0},
    /* A retransmission: the same, a part, more than before */
    {">S <SA >A >D100 >D100-100 <A", "ShADTa", {100, 0}, {0, 0}, {0, 0}, {100, 0},
	{0, 0}, {0, 0}, 0},
    {">S <SA >A >D100 >D40-60 <A", "ShADTa", {100, 0}, {0, 0}, {0, 0}, {40, 0}, {0, 0},
	{0, 0}, 0},
    {">S <SA >A >D100 >D150-100 <A^50", "ShADa", {150, 0}, {0, 0}, {0, 0}, {100, 0},
	{0, 0}, {0, 0}, 0},
    /* Out of order: the second segment comes before the first */
    {">S <SA >A >D100+100 >D100 <A", "ShADTa", {200, 0}, {100, 0}, {0, 0}, {0, 0},
	{0, 0}, {1, 0}, 0},
    /* Lost on the way, seen again: a hole that is filled is no loss */
    {">S <SA >A >D100 >D100~ >D100 >D100 <A^-300 >D100-300 <A", "ShADaT", {400, 0},
	{200, 0}, {0, 0}, {0, 0}, {0, 0}, {1, 0}, 0},
    /* Lost by the capture: acknowledged, never seen */
    {">S <SA >A >D100 >D100~ >D100 <A >D100 <A", "ShADaG", {300, 0}, {100, 0}, {100, 0},
	{0, 0}, {100, 0}, {0, 0}, 0},
    {">S <SA >A >D100~ <A >D100 <A", "ShAaDG", {100, 0}, {0, 0}, {100, 0}, {0, 0},
	{100, 0}, {0, 0}, 0},
    /* ... at the very end, where only the acknowledgement tells */
    {">S <SA >A >D100 >D100~ <A", "ShADaG", {100, 0}, {0, 0}, {0, 0}, {0, 0}, {100, 0},
	{0, 0}, 0},
    /* A FIN is no byte, also when it is lost */
    {">S <SA >A >D100 >FA~ <A <FA >A", "ShADaf", {100, 0}, {0, 0}, {0, 0}, {0, 0},
	{0, 0}, {0, 0}, 0},
    {">S <SA >A >D100 >FA <A <FA >A >A", "ShADFaf", {100, 0}, {0, 0}, {0, 0}, {0, 0},
	{0, 0}, {0, 0}, 0},
    /* Midstream: what came before is not missed */
    {">D100 <A >D100 <A", "Da", {200, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0},
	BIT(ANOMALY_TCP_MIDSTREAM)},
    {">D100 >D100~ >D100 <A >D100 <A", "Da", {300, 0}, {100, 0}, {100, 0}, {0, 0},
	{100, 0}, {0, 0}, BIT(ANOMALY_TCP_MIDSTREAM)},
    /* Keep-alives are no retransmissions, with a byte or without */
    {">S <SA >A >D100 <A >A-1 <A >D1-1 <A >D1-1 <A", "ShADa", {100, 0}, {0, 0}, {0, 0},
	{0, 0}, {0, 0}, {0, 0}, 0},
    /* GSO: a segment of 64 KiB, retransmitted in pieces */
    {">S <SA >A >D64000 >D1448-64000 >D1448-62552 <A", "ShADTa", {64000, 0}, {0, 0},
	{0, 0}, {2896, 0}, {0, 0}, {0, 0}, 0},
    /* The same place, other content; a keep-alive's byte does not matter */
    {">S <SA >A >D100 >D100-100x <A", "ShADTa", {100, 0}, {0, 0}, {0, 0}, {100, 0},
	{0, 0}, {0, 0}, BIT(ANOMALY_TCP_RETRANSMIT_DIFFERS)},
    {">S <SA >A >D600 >D600-600x <A", "ShADTa", {600, 0}, {0, 0}, {0, 0}, {600, 0},
	{0, 0}, {0, 0}, BIT(ANOMALY_TCP_RETRANSMIT_DIFFERS)},
    {">S <SA >A >D100 <A >D1-1x <A", "ShADa", {100, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0},
	{0, 0}, 0},
    /* Acknowledging what was never sent */
    {">S <SA^5 >R", "ShR", {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0},
	BIT(ANOMALY_TCP_BAD_ACK)},
    {">S <SA >A >D10 <A^40000000", "ShADa", {10, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0},
	{0, 0}, BIT(ANOMALY_TCP_BAD_ACK)},
    /* Another SYN to a half-open connection: the old one is answered again */
    {">S <SA >S+9000 <A <SA-1", "ShSa", {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0},
	0},
    /* ... or the new one is, and the connection goes on from there */
    {">S <SA >S+9000 <SA+7000^9001 >A+9001^7001 >D10+9001^7001 <A+7001^9011", "ShShADa",
	{10, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, 0},
    /* A forged RST does not end the connection */
    {">S <SA >A >D10 <A >R+90000000 >D10 <A", "ShADaR", {20, 0}, {0, 0}, {0, 0}, {0, 0},
	{0, 0}, {0, 0}, 0},
    /* Strays do not move the stream; three in a row do */
    {">S <SA >A >D10 >D10+90000000 >D10 <A", "ShADa", {20, 0}, {0, 0}, {0, 0}, {0, 0},
	{0, 0}, {0, 0}, 0},
    {">S <SA >A >D10 <A >D90000000~ >D10 >D10 >D10 >D10", "ShADaG", {30, 0}, {0, 0},
	{90000020, 0}, {0, 0}, {90000020, 0}, {0, 0}, 0},
    /* A forged SYN within the connection moves nothing, also with data */
    {">S <SA >A >D10 >S20+70000 >D10 <A", "ShADSa", {20, 0}, {0, 0}, {0, 0}, {0, 0},
	{0, 0}, {0, 0}, 0},
    /* Data on the SYN */
    {">S100 <SA >D100 <A", "ShDa", {200, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, 0},
    /* More holes than places: nothing runs over, no byte is invented */
    {">S <SA >A >D1~ >D1 >D1~ >D1 >D1~ >D1 >D1~ >D1 >D1~ >D1 >D1~ >D1 >D1~ >D1 >D1~ "
     ">D1 >D1~ >D1 >D1~ >D1 >D1~ >D1 <A >A",
	"ShADaG", {11, 0}, {11, 0}, {8, 0}, {0, 0}, {8, 0}, {0, 0}, 0},
};

static void
check_pair(const char *script, const char *what, const uint64_t want[2], uint64_t a,
    uint64_t b)
{
	if (want[0] != a || want[1] != b)
		fail_msg("%s: %s %ju %ju", script, what, (uintmax_t)a, (uintmax_t)b);
}

static void
test_streams(void **state)
{
	struct script *s = *state;

	for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
		const char *script = streams[i].script;
		const struct flow_record *r;
		const uint64_t ooo[2] = {
		    streams[i].out_of_order[0], streams[i].out_of_order[1]};

		script_init(s, NULL);
		script_run(s, script);
		script_fini(s);
		r = script_find(s, 'X');
		if (strcmp(r->history, streams[i].history) != 0)
			fail_msg("%s: %s", script, r->history);
		check_pair(script, "delivered", streams[i].delivered, s->delivered[0],
		    s->delivered[1]);
		check_pair(script, "early", streams[i].early, s->early[0], s->early[1]);
		check_pair(script, "gaps", streams[i].gaps, s->gaps[0], s->gaps[1]);
		check_pair(script, "retransmitted", streams[i].retransmitted,
		    r->side[0].retransmitted_bytes, r->side[1].retransmitted_bytes);
		check_pair(script, "missed", streams[i].missed, r->side[0].missed_bytes,
		    r->side[1].missed_bytes);
		check_pair(script, "out of order", ooo, r->side[0].out_of_order,
		    r->side[1].out_of_order);
		if (r->anomalies != streams[i].anomalies)
			fail_msg("%s: anomalies %jx", script, (uintmax_t)r->anomalies);
	}
}

/* Every script again with sequence numbers that wrap around in its middle. */
static void
test_wrap(void **state)
{
	struct script *s = *state;

	for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
		const struct flow_record *r;

		script_init(s, NULL);
		s->next[0] = UINT32_MAX - 50;
		s->next[1] = UINT32_MAX - 3;
		script_run(s, streams[i].script);
		script_fini(s);
		r = script_find(s, 'X');
		assert_string_equal(r->history, streams[i].history);
		check_pair(streams[i].script, "delivered", streams[i].delivered,
		    s->delivered[0], s->delivered[1]);
		check_pair(streams[i].script, "missed", streams[i].missed,
		    r->side[0].missed_bytes, r->side[1].missed_bytes);
		assert_int_equal(r->anomalies, streams[i].anomalies);
	}
}

/* One direction alone: holes are left behind when later data show it. */
static void
test_one_way_stream(void **state)
{
	struct script *s = *state;
	const struct flow_record *r;

	script_init(s, NULL);
	script_run(s, ">S >A >D100 >D100~");
	for (int i = 0; i < 50; i++)
		script_run(s, ">D1400");
	script_fini(s);
	r = script_find(s, 'X');
	assert_int_equal(r->side[0].missed_bytes, 100);
	assert_int_equal(s->gaps[0], 100);
	assert_true(r->one_way);
	assert_int_equal(r->conn_state, FLOW_CONN_S0);
}

/* More than 4 GiB one way, then the other: numbers wrap, nothing else changes. */
static void
test_long(void **state)
{
	struct script *s = *state;
	const struct flow_record *r;

	script_init(s, NULL);
	script_run(s, ">S <SA >A");
	for (int i = 0; i < 35000; i++)
		script_run(s, ">D65000 >D65000 <A");
	assert_int_equal(s->last.gap, 0);
	for (int i = 0; i < 35000; i++)
		script_run(s, "<D65000 <D65000 >A");
	script_run(s, ">D10 <A");
	assert_int_equal(s->last.next, UINT64_C(35000) * 130000);
	script_fini(s);
	r = script_find(s, 'X');
	assert_int_equal(r->anomalies, 0);
	assert_string_equal(r->history, "ShADad");
	assert_int_equal(r->side[0].missed_bytes + r->side[1].missed_bytes, 0);
	assert_int_equal(s->delivered[0], UINT64_C(35000) * 130000 + 10);
	assert_int_equal(s->delivered[1], UINT64_C(35000) * 130000);
}

/* A long fat path: far more under way than any usual window, then repeated. */
static void
test_long_fat(void **state)
{
	struct script *s = *state;
	const struct flow_record *r;

	script_init(s, NULL);
	script_run(s, ">S <SA >A");
	for (int i = 0; i < 1600; i++)
		script_run(s, ">D65000");
	script_run(s, ">D65000-104000000 <A^-103935000 >D10 <A");
	script_fini(s);
	r = script_find(s, 'X');
	assert_int_equal(r->anomalies, 0);
	assert_int_equal(r->side[0].retransmitted_bytes, 65000);
	assert_int_equal(r->side[0].missed_bytes, 0);
}

/* Bytes are delivered once, in places that fit, whatever the order. */
static void
test_positions(void **state)
{
	struct script *s = *state;

	script_init(s, NULL);
	script_run(s, ">S <SA >A >D100");
	assert_int_equal(s->last.pos, 0);
	assert_int_equal(s->last.next, 100);
	script_run(s, ">D50+50"); /* 150 .. 200 */
	assert_int_equal(s->last.pos, 150);
	assert_int_equal(s->last.early, 50);
	assert_int_equal(s->last.len, 50);
	assert_int_equal(s->last.next, 100);
	script_run(s, ">D80+10"); /* 110 .. 190: new is 110 .. 150 */
	assert_int_equal(s->last.pos, 110);
	assert_int_equal(s->last.len, 40);
	assert_int_equal(s->last.early, 10);
	script_run(s, ">D50+70"); /* 170 .. 220: new is 200 .. 220 */
	assert_int_equal(s->last.skip, 30);
	assert_int_equal(s->last.pos, 200);
	assert_int_equal(s->last.len, 20);
	script_run(s, ">D120+0"); /* 100 .. 220: new is 100 .. 110 */
	assert_int_equal(s->last.pos, 100);
	assert_int_equal(s->last.early, 0);
	assert_int_equal(s->last.len, 10);
	assert_int_equal(s->last.next, 220);
	script_fini(s);
}

static void
test_handshake_time(void **state)
{
	static const struct {
		const char *script;
		int64_t rtt;
	} cases[] = {
	    {">S <SA@0.05 >A@0.03", 80000000},
	    {">S <SA@0.05 >D10@0.03", 80000000},
	    {">S >S-1@1 <SA@0.05 >A@0.03", 0}, /* which SYN was answered? */
	    {">S <SA@0.05 <SA-1@1 >A@0.03", 0},
	    {"<SA >A@0.03", 0},
	    {">D10 <A@0.03", 0},
	};
	struct script *s = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		script_init(s, NULL);
		script_run(s, cases[i].script);
		script_fini(s);
		assert_int_equal(script_find(s, 'X')->rtt, cases[i].rtt);
	}
}

/* When the same tuple is a new connection. */
static void
test_reuse(void **state)
{
	static const struct {
		const char *script, *again;
		unsigned flows;
	} cases[] = {
	    {">S <SA >A >FA <FA >A", ">S+9000@1", 2},
	    {">S <RA", ">S+9000@1", 2},
	    {">S <RA", ">S-1@1", 1}, /* the very same SYN again */
	    {">S <SA >A >RA", ">S+9000@0.1", 2},
	    {">S <SA >A >FA <A", ">S+9000@1", 2}, /* half closed */
	    {">S <SA >A", ">S+9000@1", 1},        /* alive */
	    {">S <SA >A", ">S+9000@11", 2},       /* silent for long */
	    {">S", ">S+9000@1", 1},               /* one attempt */
	    {">S <SA", ">S+9000@1", 1},
	    {">S <SA >A >FA <FA >A", "<FA-1@3", 1}, /* a late repeated FIN */
	    {">S <SA >A >FA <FA >A", ">A@9", 1},
	    {">S <SA >A >FA <FA >A", "<S+9000@1", 2}, /* the other way round */
	    {">S <SA >A", ">A@599", 1},
	    {">S <SA >A", ">A@601", 2},
	    {">S", ">S-1@61", 2},
	};
	struct script *s = *state;
	struct flow_stats stats;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		script_init(s, NULL);
		script_run(s, cases[i].script);
		script_run(s, cases[i].again);
		flow_table_get_stats(s->table, &stats);
		if (stats.flows != cases[i].flows)
			fail_msg("%s, then %s: %ju flows", cases[i].script,
			    cases[i].again, (uintmax_t)stats.flows);
		if (cases[i].flows == 2 && s->last.reset_stream)
			assert_int_equal(
			    script_find(s, 'X')->reason, FLOW_REASON_REUSED);
		script_fini(s);
	}
}

static void
test_zero_windows(void **state)
{
	struct script *s = *state;
	const struct flow_record *r;

	script_init(s, NULL);
	script_run(s, ">S <SA >A >D10 <Az <Az <A <Az <A >FA <Az <FA >A");
	script_fini(s);
	r = script_find(s, 'X');
	assert_int_equal(r->side[1].zero_windows, 2);
	assert_int_equal(r->side[0].zero_windows, 0);
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
	    cmocka_unit_test(test_states),
	    cmocka_unit_test(test_streams),
	    cmocka_unit_test(test_wrap),
	    cmocka_unit_test(test_one_way_stream),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test(test_long_fat),
	    cmocka_unit_test(test_positions),
	    cmocka_unit_test(test_handshake_time),
	    cmocka_unit_test(test_reuse),
	    cmocka_unit_test(test_zero_windows),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
