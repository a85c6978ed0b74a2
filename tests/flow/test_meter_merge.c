/* The parts of shards become one meter an endpoint; the busy ones are chosen. */
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

enum { SHARDS = 8 };

struct part {
	struct meter_merge *merge;
	unsigned shard;
};

static void
merge_part(void *ctx, const struct meter *m)
{
	struct part *part = ctx;

	meter_merge_add(part->merge, part->shard, m);
}

/* By the pair of addresses, as packets come to shards. */
static unsigned
shard_of(const struct world_packet *w)
{
	uint64_t pair = hll_hash_addr(&w->packet.src) + hll_hash_addr(&w->packet.dst);

	return (unsigned)(hash_mix(pair) % SHARDS);
}

static void
merge_flush(struct meter_table **tables, struct meter_merge *mm, struct collected *c)
{
	for (unsigned s = 0; s < SHARDS; s++) {
		struct part part = {mm, s};

		meter_flush(tables[s], merge_part, &part);
	}
	c->n = 0;
	meter_merge_flush(mm, collect_merged, c);
}

static void
assert_chosen(const struct collected *c, const struct meter_merge_config *config)
{
	unsigned written = 0;

	for (unsigned k = 0; k < c->n; k++) {
		const struct meter *m = &c->meters[k];
		uint64_t packets = m->out.packets + m->in.packets;
		bool busy = packets >= config->min_packets ||
		    m->out.flows + m->in.flows >= config->min_flows;

		assert_true(c->written[k] == (busy && written < config->top));
		written += c->written[k];
		if (k > 0) {
			const struct meter *before = &c->meters[k - 1];
			uint64_t more = before->out.packets + before->in.packets;

			assert_true(more >= packets);
			if (more == packets)
				assert_true(
				    addr_compare(&before->endpoint, &m->endpoint) < 0);
		}
	}
}

static void
test_merge(void **state)
{
	static const struct {
		uint32_t shard_cap;
		struct meter_merge_config config;
	} cases[] = {
	    {300, {300, 10, 100, 50}},
	    {300, {300, 1000, 0, 0}},
	    {300, {300, 0, 0, 0}},
	    {300, {300, 5, UINT64_MAX, 40}},
	    {10, {300, 10, 100, 50}},
	    {40, {20, 10, 100, 50}},
	    {300, {20, 10, 100, 50}},
	    {2, {2, 10, 100, 50}},
	};
	struct collected *c = collected_new();

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct meter_merge *mm = meter_merge_new(&cases[i].config);
		struct meter_table *tables[SHARDS];
		struct meter_merge_stats stats;
		uint64_t seed = i, emitted = 0, written = 0;

		for (unsigned s = 0; s < SHARDS; s++)
			tables[s] = meter_table_new(cases[i].shard_cap);
		for (int64_t second = 5; second < 15; second++) {
			struct model *model = calloc(1, sizeof *model);

			assert_non_null(model);
			for (unsigned k = 0; k < 6000; k++) {
				struct world_packet w =
				    world_packet(&seed, second * CLOCK_NS_PER_SEC + k);

				model_packet(model, &w);
				table_packet(tables[shard_of(&w)], &w);
			}
			merge_flush(tables, mm, c);
			assert_bounds(c, model);
			assert_chosen(c, &cases[i].config);
			assert_true(c->meters[0].second == second * CLOCK_NS_PER_SEC);
			for (unsigned k = 0; k < c->n; k++)
				written += c->written[k];
			emitted += c->n;
			free(model);
		}
		c->n = 0;
		meter_merge_flush(mm, collect_merged, c);
		assert_int_equal(c->n, 0);
		meter_merge_get_stats(mm, &stats);
		assert_true(stats.written == written);
		assert_true(stats.written + stats.left_out + stats.quiet == emitted);
		assert_true((stats.replaced == 0) == (cases[i].config.cap >= 256));
		for (unsigned s = 0; s < SHARDS; s++)
			meter_table_free(&tables[s]);
		meter_merge_free(&mm);
		assert_null(mm);
	}
	free(c);
}

/* An endpoint that lost its place in one shard: its error says so after the merge. */
static void
test_merge_error(void **state)
{
	struct meter_merge_config config = {16, 16, 0, 0};
	struct addr quiet = v4(1), busy = v4(2);
	struct meter parts[] = {
	    {.endpoint = quiet, .in = {.packets = 3}},
	    {.endpoint = busy, .in = {.packets = 90}, .error = 4, .floor = 7},
	    {.endpoint = busy, .in = {.packets = 10}, .floor = 2},
	};
	struct meter_merge *mm = meter_merge_new(&config);
	struct collected *c = collected_new();

	(void)state;
	meter_merge_add(mm, 0, &parts[0]);
	meter_merge_add(mm, 1, &parts[1]);
	meter_merge_add(mm, 31, &parts[2]);
	meter_merge_flush(mm, collect_merged, c);
	assert_int_equal(c->n, 2);
	assert_true(addr_equal(&c->meters[0].endpoint, &busy));
	assert_int_equal(c->meters[0].in.packets, 100);
	assert_int_equal(c->meters[0].error, 4);
	assert_int_equal(c->meters[1].in.packets, 3);
	assert_int_equal(c->meters[1].error, 9);
	assert_int_equal(c->meters[1].floor, 9);

	c->n = 0; /* floors do not live on into the next second */
	meter_merge_add(mm, 0, &parts[0]);
	meter_merge_flush(mm, collect_merged, c);
	assert_int_equal(c->meters[0].error, 0);
	meter_merge_free(&mm);
	free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_merge),
	    cmocka_unit_test(test_merge_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
