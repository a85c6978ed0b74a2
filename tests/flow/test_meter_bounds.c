/*
 * More endpoints than places: the bounds hold, busy endpoints stay, and nothing depends
 * on where things lie in a table.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tallyman/clock.h"
#include "meter_model.h"

static void
test_space_saving(void **state)
{
	static const struct {
		uint32_t cap;
		unsigned packets;
	} cases[] = {{0, 2000}, {2, 2000}, {3, 3000}, {8, 5000}, {50, 5000},
	    {200, 5000}, {256, 5000}, {1000, 20000}};
	struct collected *c = collected_new();

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct meter_table *t = meter_table_new(cases[i].cap);
		uint64_t seed = i, before = 0;

		for (int64_t second = 0; second < 20; second++) {
			struct model *model = calloc(1, sizeof *model);
			uint32_t cap = cases[i].cap < 2 ? 2 : cases[i].cap;
			uint64_t ends = 0, counted = 0;

			assert_non_null(model);
			for (unsigned k = 0; k < cases[i].packets; k++) {
				struct world_packet w =
				    world_packet(&seed, second * CLOCK_NS_PER_SEC + k);

				model_packet(model, &w);
				table_packet(t, &w);
				ends += w.message ? 4 : 2;
			}
			c->n = 0;
			meter_flush(t, collect, c);
			assert_bounds(c, model);
			for (unsigned k = 0; k < c->n; k++)
				counted += weight(&c->meters[k].out, &c->meters[k].in);
			assert_true(c->n <= cap);
			assert_true(c->meters[0].floor <= ends / cap);
			assert_true(c->meters[0].second == second * CLOCK_NS_PER_SEC);
			if (meter_table_replaced(t) == before) {
				assert_true(counted == ends);
				assert_true(c->meters[0].floor == 0);
			}
			before = meter_table_replaced(t);
			free(model);
		}
		assert_true((meter_table_replaced(t) == 0) == (cases[i].cap >= 256));
		meter_table_free(&t);
	}
	free(c);
}

/* Tables have random hash keys; what they say is the same to the byte. */
static void
test_same_every_run(void **state)
{
	struct collected *first = collected_new(), *second = collected_new();

	(void)state;
	for (uint32_t cap = 2; cap < 300; cap = cap * 3 + 1) {
		struct meter_table *a = meter_table_new(cap), *b = meter_table_new(cap);
		uint64_t seed = cap;

		for (unsigned s = 0; s < 10; s++) {
			for (unsigned k = 0; k < 3000; k++) {
				struct world_packet w = world_packet(&seed, 0);

				table_packet(a, &w);
				table_packet(b, &w);
			}
			first->n = second->n = 0;
			meter_flush(a, collect, first);
			meter_flush(b, collect, second);
			assert_int_equal(first->n, second->n);
			for (unsigned k = 0; k < first->n; k++)
				assert_meters_equal(
				    &first->meters[k], &second->meters[k]);
		}
		assert_true(meter_table_replaced(a) == meter_table_replaced(b));
		meter_table_free(&a);
		meter_table_free(&b);
	}
	free(first);
	free(second);
}

/*
 * A million spoofed sources in one second: the victim, busy from the start, is exact; a
 * neighbour that comes in the middle of it has its place and an error below 1/cap; its
 * own peers do too.
 */
static void
test_flood_fairness(void **state)
{
	enum { FLOOD = 1000000, LATE = FLOOD / 2, CAP = 1024 };
	struct addr victim = v4(0x0a000001), client = v4(0x0a000002),
		    server = v4(0x0a000003);
	struct collected *c = collected_new();
	struct meter_table *t = meter_table_new(CAP);
	struct flow_packet created = {.created = true}, old = {0};
	uint64_t seed = 7;
	const struct meter *m;

	(void)state;
	for (uint32_t i = 0; i < FLOOD; i++) {
		struct addr spoofed = v4((uint32_t)next_random(&seed) | 0x80000000);
		struct packet syn = tcp_packet(
		    spoofed, (uint16_t)i, victim, (uint16_t)(i % 3), TCP_SYN);
		struct packet data = tcp_packet(client, 40000, server, 443, TCP_ACK);

		meter_packet(t, &syn, &created);
		if (i >= LATE && i % 100 == 0)
			meter_packet(t, &data, &old);
	}
	meter_flush(t, collect, c);
	assert_int_equal(c->n, CAP);

	m = find(c, &victim);
	assert_non_null(m);
	assert_true(m->error == 0);
	assert_int_equal(m->in.packets, FLOOD);
	assert_int_equal(m->in.syn, FLOOD);
	assert_int_equal(m->in.flows, FLOOD);
	assert_int_equal(m->in.bytes, FLOOD * 60);
	assert_int_equal(m->out.packets, 0);
	assert_in_range(meter_distinct(m->peers), 600000, 1400000);
	assert_in_range(meter_distinct(m->ports_in), 3, 3);

	for (unsigned k = 0; k < 2; k++) {
		m = find(c, k == 0 ? &client : &server);
		assert_non_null(m);
		assert_true(
		    m->out.packets + m->in.packets + m->error >= (FLOOD - LATE) / 100);
		assert_true(m->error <= (uint64_t)FLOOD * 2 / CAP);
		assert_true(m->out.packets + m->in.packets > 3000);
	}
	meter_table_free(&t);
	free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_space_saving),
	    cmocka_unit_test(test_same_every_run),
	    cmocka_unit_test(test_flood_fairness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
