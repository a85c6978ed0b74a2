/* Several inputs as one timeline: order, time range, interruption. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bytes.h"
#include "read_all.h"
#include "capture/capture_priv.h"
#include "tallyman/clock.h"

#define INPUTS_MAX  4
#define PACKETS_MAX 6

/* Inputs as lists of seconds; packet j of input i has the seed 10 * i + j. */
struct plan {
	const char *name;
	int seconds[INPUTS_MAX][PACKETS_MAX]; /* ended by 0 */
	size_t n;
	int order[INPUTS_MAX * PACKETS_MAX]; /* expected seeds, ended by -1 */
};

static const struct plan plans[] = {
    {.name = "one after the other",
	.seconds = {{1, 2}, {3, 4}, {5, 6}},
	.n = 3,
	.order = {0, 1, 10, 11, 20, 21, -1}},
    {.name = "given backwards",
	.seconds = {{5, 6}, {3, 4}, {1, 2}},
	.n = 3,
	.order = {20, 21, 10, 11, 0, 1, -1}},
    {.name = "interleaved",
	.seconds = {{1, 4, 7}, {2, 5, 8}, {3, 6, 9}},
	.n = 3,
	.order = {0, 10, 20, 1, 11, 21, 2, 12, 22, -1}},
    {.name = "one inside another",
	.seconds = {{1, 9}, {3, 4, 5}},
	.n = 2,
	.order = {0, 10, 11, 12, 1, -1}},
    {.name = "ties go by the order of the inputs",
	.seconds = {{5, 5, 6}, {5, 6, 6}, {4, 5, 6}},
	.n = 3,
	.order = {20, 0, 1, 10, 21, 2, 11, 12, 22, -1}},
    {.name = "time goes back within one",
	.seconds = {{5, 2, 6}, {4, 5, 7}},
	.n = 2,
	.order = {10, 0, 1, 11, 2, 12, -1}},
    {.name = "without packets",
	.seconds = {{0}, {1}, {0}, {2}},
	.n = 4,
	.order = {10, 30, -1}},
    {.name = "single", .seconds = {{3, 1, 2}}, .n = 1, .order = {0, 1, 2, -1}},
};

static void
build(struct bytes *b, const int *seconds, unsigned seed)
{
	bytes_init(b, seed % 20 == 10);
	put_pcap_header(b, MAGIC_US, 65535, 1);
	for (unsigned j = 0; j < PACKETS_MAX && seconds[j] != 0; j++)
		put_record(b, (uint32_t)seconds[j], 0, 30, 30, seed + j);
}

static void
check_plan(const struct plan *p, const struct read_result *r)
{
	size_t n = 0;

	assert_int_equal(r->n_damages, 0);
	for (; p->order[n] >= 0; n++) {
		if (n >= r->n || r->seeds[n] != p->order[n])
			fail_msg("%s: frame %zu is wrong", p->name, n);
		assert_int_equal(r->frames[n].number, n + 1);
	}
	assert_int_equal(r->n, n);
	assert_int_equal(r->stats.files, p->n);
}

static void
test_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
		const struct plan *p = &plans[i];
		struct read_input inputs[INPUTS_MAX];
		struct bytes b[INPUTS_MAX];

		for (unsigned k = 0; k < p->n; k++) {
			build(&b[k], p->seconds[k], 10 * k);
			inputs[k].name = "input";
			inputs[k].data = bytes_data(&b[k]);
			inputs[k].len = b[k].buf.len;
		}
		check_plan(p, read_inputs(inputs, p->n, NULL));
		for (unsigned k = 0; k < p->n; k++)
			bytes_fini(&b[k]);
	}
}

/* Many inputs with random times: sorted, and the same whatever order they come in. */
static void
test_permuted(void **state)
{
	enum { N = 12, PACKETS = 40 };
	struct bytes b[N];
	struct read_input inputs[N];
	static int64_t first[N * PACKETS];
	uint32_t x = 1;

	(void)state;
	for (unsigned k = 0; k < N; k++) {
		uint32_t t = 0;

		bytes_init(&b[k], false);
		put_pcap_header(&b[k], MAGIC_NS, 65535, 1);
		for (unsigned j = 0; j < PACKETS; j++) {
			x = x * 1664525 + 1013904223;
			t += (x >> 16) % 1000 * N; /* never equal in two inputs */
			put_record(&b[k], 1000, t + k, 5, 5, k);
		}
	}
	for (unsigned round = 0; round < N; round++) {
		const struct read_result *r;

		for (unsigned k = 0; k < N; k++) {
			const struct bytes *from = &b[(k * 5 + round) % N];

			inputs[k].name = "input";
			inputs[k].data = bytes_data(from);
			inputs[k].len = from->buf.len;
		}
		r = read_inputs(inputs, N, NULL);
		assert_int_equal(r->n, N * PACKETS);
		for (size_t i = 0; i < r->n; i++) {
			assert_true(i == 0 || r->frames[i].ts >= r->frames[i - 1].ts);
			if (round == 0)
				first[i] = r->frames[i].ts * 16 + r->seeds[i];
			assert_true(first[i] == r->frames[i].ts * 16 + r->seeds[i]);
		}
	}
	for (unsigned k = 0; k < N; k++)
		bytes_fini(&b[k]);
}

/* Damage in one input leaves the others as they are. */
static void
test_damage_of_one(void **state)
{
	static const int seconds[2][PACKETS_MAX] = {{1, 4, 7}, {2, 5, 8}};
	const struct read_result *r;
	struct bytes b[2];

	(void)state;
	for (unsigned k = 0; k < 2; k++)
		build(&b[k], seconds[k], 10 * k);
	{
		const struct read_input inputs[] = {
		    {"bad", bytes_data(&b[0]), b[0].buf.len - 46 - 40},
		    {"text", "no capture", 10},
		    {"good", bytes_data(&b[1]), b[1].buf.len},
		};

		r = read_inputs(inputs, 3, NULL);
	}
	assert_int_equal(r->n, 4);
	assert_int_equal(r->seeds[0], 0);
	assert_int_equal(r->seeds[1], 10);
	assert_int_equal(r->seeds[2], 11);
	assert_int_equal(r->seeds[3], 12);
	assert_int_equal(r->n_damages, 2);
	assert_string_equal(r->damages[0].file, "text");
	assert_string_equal(r->damages[1].file, "bad");
	assert_int_equal(r->damages[1].packet, 1);
	assert_int_equal(r->damages[1].offset, 24 + 46);
	assert_int_equal(r->stats.damaged, 2);
	assert_int_equal(r->stats.files, 2);
	for (unsigned k = 0; k < 2; k++)
		bytes_fini(&b[k]);
}

static void
test_range(void **state)
{
	static const int seconds[PACKETS_MAX] = {3, 1, 4, 2, 5};
	static const struct {
		int64_t since, until; /* seconds, 0: none */
		size_t n;
	} cases[] = {
	    {0, 0, 5},
	    {3, 0, 3},
	    {0, 3, 2},
	    {2, 4, 2},
	    {4, 2, 0},
	    {9, 0, 0},
	};
	struct bytes b;

	(void)state;
	build(&b, seconds, 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct read_options options = {
		    .since = cases[i].since * CLOCK_NS_PER_SEC,
		    .until = cases[i].until * CLOCK_NS_PER_SEC,
		};
		const struct read_result *r =
		    read_bytes(bytes_data(&b), b.buf.len, &options);

		assert_int_equal(r->n, cases[i].n);
		assert_int_equal(r->stats.out_of_range, 5 - cases[i].n);
		for (size_t k = 0; k < r->n; k++)
			assert_int_equal(r->frames[k].number, k + 1);
	}
	bytes_fini(&b);
}

/* ---- interruption ---- */

static void
test_interrupt(void **state)
{
	const char *paths[] = {"a"};
	struct capture_config config = {
	    .paths = paths, .n_paths = 1, .since = INT64_MIN, .until = INT64_MAX};
	struct capture_memory memory;
	struct capture *c;
	struct frame frame;
	struct bytes b;
	char *error;

	(void)state;
	build(&b, plans[2].seconds[0], 0);
	memory.data = bytes_data(&b);
	memory.len = b.buf.len;
	c = capture_open_memory(&config, &memory, 0, &error);
	assert_non_null(c);
	assert_int_equal(capture_next(c, &frame), 1);
	capture_interrupt(c);
	assert_int_equal(capture_next(c, &frame), 0);
	assert_int_equal(capture_next(c, &frame), 0);
	capture_close(&c);
	assert_null(c);
	capture_close(&c);
	bytes_fini(&b);
}

static void
test_no_paths(void **state)
{
	const struct read_result *r = read_paths(NULL, 0, NULL);

	(void)state;
	assert_string_equal(r->error, "no capture file was given");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_permuted),
	    cmocka_unit_test(test_damage_of_one),
	    cmocka_unit_test(test_range),
	    cmocka_unit_test(test_interrupt),
	    cmocka_unit_test(test_no_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
