/*
 * Random traffic into tables with tiny caps: every packet is in exactly one flow,
 * untracked or waiting, caps hold, and two tables with hash keys of their own tell the
 * very same story.
 */
#include "config.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tallyman/buf.h"
#include "tallyman/json.h"

#include "flow_values.h"
#include "random_packets.h"

#define PACKETS 30000

struct run {
	struct flow_table *table;
	struct buf story;
	uint64_t packets, bytes, ended, started;
};

static void
tell_side(struct json *j, const struct flow_side *side)
{
	json_u64(j, NULL, side->packets);
	json_u64(j, NULL, side->bytes);
	json_u64(j, NULL, side->payload_bytes);
	json_u64(j, NULL, side->retransmitted_bytes);
	json_u64(j, NULL, side->missed_bytes);
	json_u64(j, NULL, side->out_of_order);
	json_u64(j, NULL, side->fragments);
	json_u64(j, NULL, side->tcp_flags);
}

static void
hook(void *ctx, enum flow_event event, struct flow *f, int64_t ts)
{
	struct run *run = ctx;
	struct flow_record r;
	struct json j;
	char src[ADDR_TEXT_MAX], dst[ADDR_TEXT_MAX];

	flow_get_record(f, &r);
	json_start(&j, &run->story);
	json_array(&j, NULL);
	json_u64(&j, NULL, event);
	json_i64(&j, NULL, ts);
	json_u64(&j, NULL, r.id);
	json_str(&j, NULL, addr_format(&r.src, src));
	json_str(&j, NULL, addr_format(&r.dst, dst));
	json_u64(&j, NULL, r.sport);
	json_u64(&j, NULL, r.dport);
	json_u64(&j, NULL, r.proto);
	json_u64(&j, NULL, r.state);
	json_u64(&j, NULL, r.reason);
	json_str(&j, NULL, flow_conn_state_name(r.conn_state));
	json_str(&j, NULL, r.history);
	json_u64(&j, NULL, r.anomalies);
	tell_side(&j, &r.side[0]);
	tell_side(&j, &r.side[1]);
	json_array_end(&j);
	run->started += event == FLOW_EVENT_START;
	if (event != FLOW_EVENT_END)
		return;
	run->ended++;
	run->packets += r.side[0].packets + r.side[1].packets;
	run->bytes += r.side[0].bytes + r.side[1].bytes;
}

static void
start(struct run *run, const struct flow_config *config)
{
	struct flow_config c = *config;

	c.hook = hook;
	c.ctx = run;
	buf_init(&run->story);
	run->packets = run->bytes = run->ended = run->started = 0;
	run->table = flow_table_new(&c);
	assert_non_null(run->table);
}

static void
check_caps(const struct run *run, const struct flow_config *c)
{
	struct flow_stats s;

	flow_table_get_stats(run->table, &s);
	assert_true(s.embryonic <= c->embryonic_cap);
	assert_true(s.open <= c->open_cap);
	assert_true(s.full <= c->full_cap);
	assert_true(s.flows == run->ended + s.embryonic + s.open + s.full);
	assert_true(s.flows == run->started);
	assert_int_equal(s.untracked_packets, 0);
	assert_true(run->packets + s.held_packets <= s.packets);
}

static uint8_t
random_byte(void *ctx)
{
	return (uint8_t)next_random(ctx);
}

static void
finish(struct run *run, int64_t now, uint64_t packets, uint64_t bytes)
{
	struct flow_stats s;

	flow_table_finish(run->table, now);
	flow_table_get_stats(run->table, &s);
	assert_int_equal(s.held_packets, 0);
	assert_int_equal(s.packets, packets);
	assert_int_equal(run->packets, packets);
	assert_int_equal(run->bytes, bytes);
	assert_int_equal(s.flows, run->ended);
	flow_table_free(&run->table);
}

static void
play(uint64_t seed, const struct flow_config *c)
{
	struct byte_source bytes = {random_byte, &seed};
	struct run a, b;
	struct flow_packet fa, fb;
	struct packet p;
	int64_t now = INT64_C(1700000000000000000);
	uint64_t total = 0;

	start(&a, c);
	start(&b, c);
	for (uint64_t i = 1; i <= PACKETS; i++) {
		random_packet(&bytes, &p);
		now += next_random(&seed) % 500 == 0
		    ? INT64_C(20000000000)
		    : (int64_t)(next_byte(&bytes)) * 1000000;
		p.ts = now;
		p.number = i;
		total += p.wire_len;
		flow_table_packet(a.table, &p, &fa);
		flow_table_packet(b.table, &p, &fb);
		assert_int_equal(fa.flow != NULL, fb.flow != NULL);
		assert_int_equal(fa.len, fb.len);
		if (i % 64 == 0) {
			flow_table_tick(a.table, now);
			flow_table_tick(b.table, now);
			check_caps(&a, c);
		}
	}
	finish(&a, now, PACKETS, total);
	finish(&b, now, PACKETS, total);
	assert_false(a.story.failed);
	assert_int_equal(a.story.len, b.story.len);
	assert_memory_equal(a.story.data, b.story.data, a.story.len);
	buf_fini(&a.story);
	buf_fini(&b.story);
}

static void
test_random(void **state)
{
	static const uint32_t caps[][4] = {
	    {1, 1, 1, 1},
	    {7, 5, 3, 2},
	    {64, 64, 64, 16},
	    {100000, 100000, 100000, 100000},
	};
	struct flow_config c;

	(void)state;
	for (size_t i = 0; i < LENGTH(caps); i++) {
		flow_config_defaults(&c);
		c.embryonic_cap = caps[i][0];
		c.open_cap = caps[i][1];
		c.full_cap = caps[i][2];
		c.fragment_cap = caps[i][3];
		play(i, &c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
