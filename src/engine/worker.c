/*
 * A worker thread: takes work in order, runs its shards, and sends events on. When it
 * has nothing to do it sends what it has, so that analysis always knows how far it is.
 */
#include "config.h"

#include "engine_priv.h"

void *
worker_alloc(struct worker *w, size_t size)
{
	return batch_alloc(w->batch, size);
}

static void
send_events(struct worker *w)
{
	w->batch->watermark = w->done;
	w->told = w->done;
	pipe_send(w->out, w->batch);
	w->batch = NULL;
}

static void
open_events(struct worker *w)
{
	while (w->batch == NULL) {
		uint64_t seen = doorbell_count(&w->bell);

		w->batch = pipe_try_empty(w->out);
		if (w->batch == NULL)
			doorbell_wait(&w->bell, seen);
	}
}

void
worker_flush(struct worker *w)
{
	send_events(w);
	open_events(w);
}

void
worker_post(struct worker *w, struct event *e)
{
	struct batch *b = w->batch;

	e->next = NULL;
	if (b->last == NULL)
		b->first = e;
	else
		((struct event *)b->last)->next = e;
	b->last = e;
	b->count++;
}

/* Ticks and the end go to every shard of this worker, in ascending order. */
static void
each_shard(struct worker *w, const struct work *work,
    void (*handle)(struct shard *, const struct work *))
{
	struct engine *e = w->engine;

	for (unsigned i = w->index; i < ENGINE_SHARDS; i += e->n_workers)
		handle(&e->shards[i], work);
}

static void
do_work(struct worker *w, const struct work *work)
{
	switch (work->kind) {
	case WORK_PACKET:
		shard_packet(&w->engine->shards[work->shard], work);
		break;
	case WORK_TICK:
		each_shard(w, work, shard_tick);
		break;
	case WORK_FINISH:
		each_shard(w, work, shard_finish);
		break;
	}
}

static void
do_batch(struct worker *w, struct batch *b)
{
	for (struct work *work = b->first; work != NULL; work = work->next) {
		do_work(w, work);
		w->done = work->order;
	}
	if (w->done < b->watermark)
		w->done = b->watermark;
}

void *
worker_main(void *worker)
{
	struct worker *w = worker;

	pthread_setname_np(pthread_self(), "tm-worker");
	open_events(w);
	while (!pipe_finished(w->in)) {
		uint64_t seen = doorbell_count(&w->bell);
		struct batch *b = pipe_try_receive(w->in);

		if (b != NULL) {
			do_batch(w, b);
			pipe_return(w->in, b);
		} else if (w->batch->count > 0 || w->told != w->done) {
			worker_flush(w);
		} else if (!pipe_finished(w->in)) {
			doorbell_wait(&w->bell, seen);
		}
	}
	send_events(w);
	pipe_close(w->out);
	return NULL;
}
