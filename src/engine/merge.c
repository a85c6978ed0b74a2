/*
 * The analysis thread's loop: the workers' events in one order. Each worker's events
 * come sorted by (order, shard); an event may go on once every other worker either
 * shows a later one or has said, by its watermark, that it will not come before.
 */
#include "config.h"

#include "engine_priv.h"

struct input {
	struct pipe *pipe;
	struct batch *batch;      /* being read, or NULL */
	const struct event *head; /* next event, or NULL */
	uint64_t watermark;
	bool finished;
};

/* Takes the next batch when the one at hand is used up. */
static void
refill(struct input *in)
{
	while (in->head == NULL && !in->finished) {
		if (in->batch != NULL) {
			in->watermark = in->batch->watermark;
			pipe_return(in->pipe, in->batch);
		}
		in->batch = pipe_try_receive(in->pipe);
		if (in->batch == NULL) {
			in->finished = pipe_finished(in->pipe);
			return;
		}
		in->head = in->batch->first;
	}
}

static bool
before(const struct event *a, const struct event *b)
{
	return a->order != b->order ? a->order < b->order : a->shard < b->shard;
}

/* The input whose head comes first, or NULL when none has one. */
static struct input *
earliest(struct input *inputs, unsigned n)
{
	struct input *best = NULL;

	for (unsigned i = 0; i < n; i++) {
		refill(&inputs[i]);
		if (inputs[i].head != NULL &&
		    (best == NULL || before(inputs[i].head, best->head)))
			best = &inputs[i];
	}
	return best;
}

/* No other worker can still send something that belongs before this event. */
static bool
is_safe(const struct input *inputs, unsigned n, const struct event *e)
{
	for (unsigned i = 0; i < n; i++) {
		const struct input *in = &inputs[i];

		if (in->head == NULL && !in->finished && in->watermark < e->order)
			return false;
	}
	return true;
}

/* The input goes on to come first: its next event is before what the others show. */
static bool
stays_first(const struct input *inputs, unsigned n, const struct input *in)
{
	for (unsigned i = 0; i < n; i++) {
		const struct event *other = inputs[i].head;

		if (&inputs[i] != in && other != NULL && before(other, in->head))
			return false;
	}
	return is_safe(inputs, n, in->head);
}

static bool
all_finished(const struct input *inputs, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (!inputs[i].finished || inputs[i].head != NULL)
			return false;
	}
	return true;
}

static void
merge(struct engine *e, struct input *inputs, unsigned n)
{
	struct analysis *a = &e->analysis;

	for (;;) {
		uint64_t seen = doorbell_count(&a->bell);
		struct input *in = earliest(inputs, n);

		if (in != NULL && is_safe(inputs, n, in->head)) {
			do {
				analysis_event(a, in->head);
				in->head = in->head->next;
			} while (in->head != NULL && stays_first(inputs, n, in));
		} else if (all_finished(inputs, n)) {
			return;
		} else {
			doorbell_wait(&a->bell, seen);
		}
	}
}

void *
analysis_main(void *engine)
{
	struct engine *e = engine;
	struct input inputs[ENGINE_JOBS_MAX] = {0};

	pthread_setname_np(pthread_self(), "tm-analysis");
	for (unsigned i = 0; i < e->n_workers; i++)
		inputs[i].pipe = e->workers[i].out;
	merge(e, inputs, e->n_workers);
	analysis_finish(&e->analysis);
	totals_collect(e, &e->analysis.totals);
	analysis_stats(&e->analysis);
	analysis_flush(&e->analysis);
	pipe_close(e->analysis.out);
	return NULL;
}
