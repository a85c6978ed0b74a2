/*
 * Batches and pipes: memory that fits and is aligned, and several threads that sleep on
 * shared bells, with nothing lost, doubled or out of order, and no sleep without end.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tallyman/batch.h"
#include "tallyman/hash.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* A hang fails the test instead of stopping the suite. */
#define PATIENCE 120

static void
test_alloc(void **state)
{
	static const struct {
		size_t size;
		bool fits;
		size_t used; /* after it */
	} steps[] = {
	    {0, true, 0},
	    {1, true, 16},
	    {16, true, 32},
	    {17, true, 64},
	    {SIZE_MAX, false, 64},
	    {SIZE_MAX - 15, false, 64},
	    {65, false, 64},
	    {49, true, 128},
	    {1, false, 128},
	    {0, true, 128},
	};
	_Alignas(16) unsigned char memory[128];
	struct batch b = {.cap = sizeof memory, .mem = memory, .watermark = 9};

	(void)state;
	for (size_t i = 0; i < LENGTH(steps); i++) {
		unsigned char *p = batch_alloc(&b, steps[i].size);

		assert_int_equal(p != NULL, steps[i].fits);
		assert_int_equal(b.used, steps[i].used);
		assert_int_equal((uintptr_t)p % 16, 0);
		if (p != NULL)
			memset(p, 0xff, steps[i].size);
	}
	b.first = b.last = memory;
	b.count = 3;
	batch_reset(&b);
	assert_int_equal(b.used, 0);
	assert_int_equal(b.count, 0);
	assert_null(b.first);
	assert_null(b.last);
	assert_int_equal(b.watermark, 9);
}

static void
test_strndup(void **state)
{
	_Alignas(16) unsigned char memory[32];
	struct batch b = {.cap = sizeof memory, .mem = memory};

	(void)state;
	assert_string_equal(batch_strndup(&b, "nine chars", 4), "nine");
	assert_string_equal(batch_strndup(&b, "", 0), "");
	assert_null(batch_strndup(&b, "full", 4));
	batch_reset(&b);
	assert_null(batch_strndup(&b, "thirty-two bytes are one too many", 32));
	assert_non_null(batch_strndup(&b, "thirty-two bytes are one too many", 31));
}

/* Every batch of a pipe begins on 16 bytes, whatever size was asked for. */
static void
test_alignment(void **state)
{
	static const size_t sizes[] = {1, 15, 16, 17, 100, 1000};
	struct doorbell bell;

	(void)state;
	doorbell_init(&bell);
	for (size_t i = 0; i < LENGTH(sizes); i++) {
		struct pipe *p = pipe_new(5, sizes[i], &bell, &bell);
		struct batch *b;
		unsigned n = 0;

		assert_non_null(p);
		while ((b = pipe_try_empty(p)) != NULL) {
			unsigned char *memory = batch_alloc(b, sizes[i]);

			assert_non_null(memory);
			assert_int_equal((uintptr_t)memory % 16, 0);
			memset(memory, (int)n++, sizes[i]);
		}
		assert_int_equal(n, 5);
		pipe_free(&p);
	}
	doorbell_fini(&bell);
}

/* What was sent before the close arrives after it. */
static void
test_close(void **state)
{
	struct doorbell producer, consumer;
	struct pipe *p;
	struct batch *b;
	uint64_t rung;

	(void)state;
	doorbell_init(&producer);
	doorbell_init(&consumer);
	p = pipe_new(2, 64, &producer, &consumer);
	rung = doorbell_count(&consumer);
	assert_null(pipe_try_receive(p));
	b = pipe_try_empty(p);
	b->watermark = 7;
	pipe_send(p, b);
	assert_int_equal(doorbell_count(&consumer), rung + 1);
	pipe_close(p);
	assert_int_equal(doorbell_count(&consumer), rung + 2);
	assert_false(pipe_finished(p));
	b = pipe_try_receive(p);
	assert_int_equal(b->watermark, 7);
	assert_true(pipe_finished(p));
	rung = doorbell_count(&producer);
	pipe_return(p, b);
	assert_int_equal(doorbell_count(&producer), rung + 1);
	doorbell_wait(&consumer, 0); /* it has rung: no sleep */
	pipe_free(&p);
	pipe_free(&p);
	doorbell_fini(&producer);
	doorbell_fini(&consumer);
}

/* ---- several pipes on one bell ---- */

enum { LANES = 4, ITEMS = 20000 };

struct item {
	struct item *next;
	uint64_t value;
	char *text;
};

/*
 * A source fills one pipe per lane, each lane's thread passes on to a pipe of its own,
 * a sink joins these again. Source and sink have one bell for all their pipes.
 */
struct network {
	struct doorbell source, sink, lanes[LANES];
	struct pipe *in[LANES], *out[LANES];
	uint64_t seed;
	uint64_t next[LANES]; /* value that the sink expects of each lane */
	bool bad;
};

static struct batch *
wait_empty(struct pipe *p, struct doorbell *bell)
{
	for (;;) {
		uint64_t seen = doorbell_count(bell);
		struct batch *b = pipe_try_empty(p);

		if (b != NULL)
			return b;
		doorbell_wait(bell, seen);
	}
}

/* NULL when the pipe is finished. */
static struct batch *
wait_full(struct pipe *p, struct doorbell *bell)
{
	for (;;) {
		uint64_t seen = doorbell_count(bell);
		struct batch *b = pipe_try_receive(p);

		if (b != NULL || pipe_finished(p))
			return b;
		doorbell_wait(bell, seen);
	}
}

/* False when the batch is full. */
static bool
append(struct batch *b, uint64_t value)
{
	static const char text[] = "0123456789abcdefghij";
	size_t used = b->used;
	struct item *item = batch_alloc(b, sizeof *item);
	char *copy = batch_strndup(b, text, value % sizeof text);

	if (item == NULL || copy == NULL) {
		b->used = used;
		return false;
	}
	*item = (struct item){.value = value, .text = copy};
	if (b->last != NULL)
		((struct item *)b->last)->next = item;
	else
		b->first = item;
	b->last = item;
	b->count++;
	b->watermark = value;
	return true;
}

/* Lanes get their values in turns of random length, some batches go out half empty. */
static void *
run_source(void *arg)
{
	struct network *n = arg;
	struct batch *open[LANES] = {NULL};
	uint64_t next[LANES] = {0};
	unsigned left = LANES;

	while (left > 0) {
		uint64_t r = hash_mix(++n->seed);
		unsigned lane = r % LANES, turn = r >> 8 & 31;

		while (turn-- > 0 && next[lane] < ITEMS) {
			if (open[lane] == NULL)
				open[lane] = wait_empty(n->in[lane], &n->source);
			if (append(open[lane], next[lane])) {
				next[lane]++;
				continue;
			}
			pipe_send(n->in[lane], open[lane]);
			open[lane] = NULL;
		}
		if (open[lane] != NULL && ((r >> 16 & 3) == 0 || next[lane] == ITEMS)) {
			pipe_send(n->in[lane], open[lane]);
			open[lane] = NULL;
		}
		if (next[lane] == ITEMS) {
			next[lane]++; /* closed once */
			pipe_close(n->in[lane]);
			left--;
		}
	}
	return NULL;
}

struct lane {
	struct network *network;
	unsigned index;
};

/* Passes every item on, in batches of another size. */
static void *
run_lane(void *arg)
{
	struct lane *lane = arg;
	struct network *n = lane->network;
	struct doorbell *bell = &n->lanes[lane->index];
	struct pipe *in = n->in[lane->index], *out = n->out[lane->index];
	struct batch *from, *to = wait_empty(out, bell);

	while ((from = wait_full(in, bell)) != NULL) {
		for (struct item *i = from->first; i != NULL; i = i->next)
			while (!append(to, i->value)) {
				pipe_send(out, to);
				to = wait_empty(out, bell);
			}
		pipe_return(in, from);
	}
	pipe_send(out, to);
	pipe_close(out);
	return NULL;
}

static void
check_batch(struct network *n, unsigned lane, const struct batch *b)
{
	uint32_t count = 0;

	for (const struct item *i = b->first; i != NULL; i = i->next) {
		n->bad |= i->value != n->next[lane]++;
		n->bad |= strlen(i->text) != i->value % 21;
		count++;
	}
	n->bad |= count != b->count;
	n->bad |= count != 0 && b->watermark + 1 != n->next[lane];
}

/* One look at every pipe; false when all are finished. */
static bool
drain(struct network *n, bool *worked)
{
	bool left = false;

	for (unsigned lane = 0; lane < LANES; lane++) {
		struct batch *b = pipe_try_receive(n->out[lane]);

		if (b != NULL) {
			*worked = true;
			check_batch(n, lane, b);
			pipe_return(n->out[lane], b);
		}
		left |= !pipe_finished(n->out[lane]);
	}
	return left;
}

static void
run_sink(struct network *n)
{
	for (;;) {
		uint64_t seen = doorbell_count(&n->sink);
		bool worked = false;

		if (!drain(n, &worked))
			return;
		if (!worked)
			doorbell_wait(&n->sink, seen);
	}
}

static void
network_init(struct network *n, uint64_t seed, unsigned batches, size_t bytes)
{
	memset(n, 0, sizeof *n);
	n->seed = seed;
	doorbell_init(&n->source);
	doorbell_init(&n->sink);
	for (unsigned i = 0; i < LANES; i++) {
		doorbell_init(&n->lanes[i]);
		n->in[i] = pipe_new(batches, bytes, &n->source, &n->lanes[i]);
		n->out[i] = pipe_new(batches, bytes + 80, &n->lanes[i], &n->sink);
		assert_non_null(n->in[i]);
		assert_non_null(n->out[i]);
	}
}

static void
network_fini(struct network *n)
{
	for (unsigned i = 0; i < LANES; i++) {
		pipe_free(&n->in[i]);
		pipe_free(&n->out[i]);
		doorbell_fini(&n->lanes[i]);
	}
	doorbell_fini(&n->source);
	doorbell_fini(&n->sink);
}

static void
test_network(void **state)
{
	static const struct {
		unsigned batches;
		size_t bytes;
	} cases[] = {
	    {1, 64}, /* one item a batch, one batch under way */
	    {2, 160},
	    {3, 1000},
	    {8, 16384},
	};

	(void)state;
	for (size_t c = 0; c < LENGTH(cases); c++) {
		struct network n;
		struct lane lanes[LANES];
		pthread_t source, threads[LANES];

		alarm(PATIENCE);
		network_init(&n, c << 32, cases[c].batches, cases[c].bytes);
		for (unsigned i = 0; i < LANES; i++) {
			lanes[i] = (struct lane){&n, i};
			assert_int_equal(
			    pthread_create(&threads[i], NULL, run_lane, &lanes[i]), 0);
		}
		assert_int_equal(pthread_create(&source, NULL, run_source, &n), 0);
		run_sink(&n);
		pthread_join(source, NULL);
		for (unsigned i = 0; i < LANES; i++) {
			pthread_join(threads[i], NULL);
			assert_int_equal(n.next[i], ITEMS);
		}
		assert_false(n.bad);
		network_fini(&n);
		alarm(0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_alloc),
	    cmocka_unit_test(test_strndup),
	    cmocka_unit_test(test_alignment),
	    cmocka_unit_test(test_close),
	    cmocka_unit_test(test_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
