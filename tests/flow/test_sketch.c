/* Sketches: the error of the estimate on known sets, and the least of many weights. */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "flow/sketch/hll.h"
#include "flow/sketch/least.h"
#include "flow_values.h"

/* The i-th member of the t-th set of a kind: what networks and attackers look like. */
static struct addr
member(unsigned kind, uint32_t t, uint32_t i)
{
	uint64_t seed = (uint64_t)t << 32 | i;

	switch (kind) {
	case 0:
		return v4(t << 20 ^ i);
	case 1:
		return v4((uint32_t)hash_mix(seed));
	case 2:
		return v6(UINT64_C(0xfd00000000000000) | t, i);
	default:
		return v6(next_random(&seed), next_random(&seed));
	}
}

static uint64_t
estimate(unsigned kind, uint32_t trial, uint32_t n)
{
	uint8_t registers[METER_HLL_REGISTERS] = {0};

	for (uint32_t i = 0; i < n; i++) {
		struct addr a = member(kind, trial, i);

		hll_add(registers, hll_hash_addr(&a));
	}
	return meter_distinct(registers);
}

/* Over many sets: no bias to speak of, and the spread that the theory promises. */
static void
test_distinct_error(void **state)
{
	static const struct {
		uint32_t n, trials;
		double bias, rms; /* relative, at most */
	} cases[] = {
	    {1, 100, 0, 0},
	    {2, 1000, 0.03, 0.08},
	    {5, 1000, 0.05, 0.10},
	    {10, 1000, 0.05, 0.10},
	    {50, 1000, 0.03, 0.11},
	    {100, 1000, 0.03, 0.12},
	    {160, 1000, 0.03, 0.125},
	    {300, 1000, 0.03, 0.135},
	    {1000, 1000, 0.03, 0.145},
	    {20000, 100, 0.06, 0.16},
	    {300000, 10, 0.14, 0.20},
	};

	(void)state;
	for (unsigned kind = 0; kind < 4; kind++)
		for (size_t c = 0; c < LENGTH(cases); c++) {
			double sum = 0, squares = 0;

			for (uint32_t t = 0; t < cases[c].trials; t++) {
				double n = cases[c].n;
				double e =
				    ((double)estimate(kind, t, cases[c].n) - n) / n;

				sum += e;
				squares += e * e;
			}
			assert_true(
			    fabs(sum / cases[c].trials) <= cases[c].bias + 1e-9);
			assert_true(
			    sqrt(squares / cases[c].trials) <= cases[c].rms + 1e-9);
		}
}

static void
test_distinct_ends(void **state)
{
	uint8_t registers[METER_HLL_REGISTERS] = {0};

	(void)state;
	assert_true(meter_distinct(registers) == 0);
	memset(registers, HLL_RANK_MAX, sizeof registers);
	assert_true(meter_distinct(registers) > UINT64_C(1) << 44);
	memset(registers, 0, sizeof registers);
	hll_add(registers, 0); /* the longest run there is */
	assert_int_equal(registers[0], HLL_RANK_MAX);
	assert_true(meter_distinct(registers) == 1);
	hll_add(registers, UINT64_MAX); /* the shortest */
	assert_int_equal(registers[METER_HLL_REGISTERS - 1], 1);
	for (uint32_t port = 0; port < 65536; port++)
		hll_add(registers, hll_hash_port((uint16_t)port));
	assert_in_range(meter_distinct(registers), 45000, 90000);
}

/* Merged halves are the sketch of the whole, repeats change nothing. */
static void
test_sketch_merge(void **state)
{
	uint8_t whole[METER_HLL_REGISTERS] = {0}, part[3][METER_HLL_REGISTERS] = {{0}};

	(void)state;
	for (uint32_t i = 0; i < 9000; i++) {
		struct addr a = member(i & 3, 1, i % 3000);

		hll_add(whole, hll_hash_addr(&a));
		hll_add(part[i % 3], hll_hash_addr(&a));
	}
	hll_merge(part[0], part[1]);
	hll_merge(part[0], part[2]);
	assert_memory_equal(part[0], whole, sizeof whole);
}

static void
test_least(void **state)
{
	enum { ITEMS = 50 };
	static const unsigned growths[] = {2, 20, 700, 100000};
	uint64_t weights[ITEMS * 3] = {0}, seed = 1, last;
	struct least l;

	(void)state;
	assert_int_equal(least_init(&l, weights, 3, ITEMS), 0);
	assert_true(least_take(&l) == LEAST_NONE);
	for (size_t g = 0; g < LENGTH(growths); g++) {
		memset(weights, 0, sizeof weights);
		least_reset(&l);
		last = 0;
		for (uint32_t i = 0; i < ITEMS; i++)
			least_put(&l, i);
		for (int round = 0; round < 20000; round++) {
			uint32_t i = (uint32_t)(next_random(&seed) % ITEMS), taken;
			uint64_t min = UINT64_MAX;

			weights[i * 3] += next_random(&seed) % growths[g];
			for (uint32_t j = 0; j < ITEMS; j++)
				min = weights[j * 3] < min ? weights[j * 3] : min;
			taken = least_take(&l);
			assert_in_range(taken, 0, ITEMS - 1);
			assert_true(weights[taken * 3] == min);
			assert_true(min >= last);
			last = min;
			weights[taken * 3] += 1 + next_random(&seed) % 2;
			least_put(&l, taken);
		}
	}
	for (int i = 0; i < ITEMS; i++)
		assert_true(least_take(&l) != LEAST_NONE);
	assert_true(least_take(&l) == LEAST_NONE);

	memset(weights, 0, sizeof weights); /* goes on after it ran empty */
	least_reset(&l);
	for (uint32_t i = 0; i < 3; i++) {
		weights[7 * 3] = i * 5;
		least_put(&l, 7);
		assert_true(least_take(&l) == 7);
		assert_true(least_take(&l) == LEAST_NONE);
	}
	least_fini(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_distinct_error),
	    cmocka_unit_test(test_distinct_ends),
	    cmocka_unit_test(test_sketch_merge),
	    cmocka_unit_test(test_least),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
