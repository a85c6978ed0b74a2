/*
 * Memory that runs out: every request beyond the first n is refused. Packets without a
 * place are counted as untracked, and all that has a place goes on.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "flow_values.h"
#include "random_packets.h"

#define PACKETS 20000

static unsigned allowed;

void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

/* The pools' only source of memory. */
void *
__wrap_aligned_alloc(size_t alignment, size_t size)
{
	if (allowed == 0)
		return NULL;
	allowed--;
	return __real_aligned_alloc(alignment, size);
}

static void
hook(void *ctx, enum flow_event event, struct flow *f, int64_t ts)
{
	struct flow_record r;
	uint64_t *packets = ctx;

	(void)ts;
	flow_get_record(f, &r);
	if (event == FLOW_EVENT_END)
		*packets += r.side[0].packets + r.side[1].packets;
}

static uint8_t
random_byte(void *ctx)
{
	return (uint8_t)next_random(ctx);
}

/* Returns how many packets found no place. */
static uint64_t
play(unsigned slabs)
{
	struct flow_config c;
	struct flow_table *t;
	struct flow_packet fp;
	struct flow_stats stats;
	struct packet p;
	uint64_t seed = slabs, packets = 0;
	struct byte_source bytes = {random_byte, &seed};

	flow_config_defaults(&c);
	c.hook = hook;
	c.ctx = &packets;
	allowed = slabs;
	t = flow_table_new(&c);
	assert_non_null(t);
	for (uint64_t i = 1; i <= PACKETS; i++) {
		random_packet(&bytes, &p);
		if (p.src.family == 4)
			p.src.bytes[1] = next_byte(&bytes);
		p.src_mac[4] = next_byte(&bytes);
		p.ts = (int64_t)i * 1000000;
		p.number = i;
		flow_table_packet(t, &p, &fp);
		assert_true(
		    fp.flow == NULL || fp.full == (flow_slots(fp.flow) != NULL));
	}
	flow_table_finish(t, p.ts);
	flow_table_get_stats(t, &stats);
	assert_int_equal(stats.held_packets, 0);
	assert_int_equal(packets + stats.untracked_packets, PACKETS);
	flow_table_free(&t);
	return stats.untracked_packets;
}

static void
test_memory(void **state)
{
	uint64_t untracked;

	(void)state;
	assert_int_equal(play(0), PACKETS);
	for (unsigned slabs = 1; slabs < 20; slabs++) {
		untracked = play(slabs);
		assert_true(slabs > 10 || untracked > 0);
	}
	assert_int_equal(play(100000), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
