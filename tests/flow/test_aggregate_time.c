/* Allowances, windows and the places of both, on packet time. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "aggregate_flows.h"

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
	unsigned late = 0;

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
	for (uint32_t k = 0; k < 10; k++) {
		struct flow_record r = unanswered(0xff00 | k, 3, 80, 0);

		late += !aggregator_offer(a, &r, 0); /* an end that is new by now */
	}
	assert_int_equal(late, 5);
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

/*
 * An end whose allowance had come back in full is forgotten without loss: not counted.
 * Who gets its place begins with the burst and no more.
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
		struct flow_record r = unanswered(2 * i, 2 * i + 1, 80, 0);
		unsigned written = 0;

		for (unsigned k = 0; k < 4; k++)
			written += !aggregator_offer(a, &r, i * 100 * SECOND);
		assert_int_equal(written, 2);
		aggregator_tick(a, (i + 1) * 100 * SECOND);
	}
	aggregator_get_stats(a, &stats);
	assert_int_equal(stats.evicted, 0);
	assert_int_equal(stats.records, 10);
	aggregator_free(&a);
	free(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_allowance),
	    cmocka_unit_test(test_windows),
	    cmocka_unit_test(test_eviction),
	    cmocka_unit_test(test_eviction_of_rested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
