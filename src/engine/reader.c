/*
 * The capture thread: reads frames in time order, decodes them, counts where each came
 * to rest, and hands IP and ARP packets to the worker of their shard. Being the only
 * reader it can number everything, so the order of the log needs no clock.
 *
 * It never waits for one worker while another one lacks news: the slow worker may
 * itself be waiting for analysis, which waits for the watermark of the other one.
 */
#include "config.h"

#include "engine_priv.h"

#include <stdlib.h>
#include <string.h>

#include "tallyman/clock.h"
#include "tallyman/decode.h"

#define PROGRESS_FRAMES 4096 /* between two looks at the counters */

/* ---- handing work over ---- */

/* The work at hand may still be missing in a batch that leaves to make room for it, or
 * be on its way to one worker after another: what is complete ends before it. */
static uint64_t
complete(const struct reader *r)
{
	return r->order == 0 ? 0 : r->order - 1;
}

static void
send_batch(struct engine *e, unsigned w)
{
	struct reader *r = &e->reader;

	r->batches[w]->watermark = complete(r);
	r->told[w] = complete(r);
	pipe_send(e->workers[w].in, r->batches[w]);
	r->batches[w] = NULL;
}

/* Tells every other worker how far the input is, so that none holds the others up. */
static void
share_watermark(struct engine *e, unsigned except)
{
	struct reader *r = &e->reader;

	for (unsigned w = 0; w < e->n_workers; w++) {
		if (w == except || r->told[w] == complete(r))
			continue;
		if (r->batches[w] == NULL)
			r->batches[w] = pipe_try_empty(e->workers[w].in);
		if (r->batches[w] != NULL)
			send_batch(e, w);
	}
}

static struct batch *
open_batch(struct engine *e, unsigned w)
{
	struct reader *r = &e->reader;

	while (r->batches[w] == NULL) {
		uint64_t seen = doorbell_count(&r->bell);

		r->batches[w] = pipe_try_empty(e->workers[w].in);
		if (r->batches[w] == NULL) {
			share_watermark(e, w);
			doorbell_wait(&r->bell, seen);
		}
	}
	return r->batches[w];
}

/* `size` bytes of work in worker w's batch; a batch always has room for one frame. */
static struct work *
new_work(struct engine *e, unsigned w, size_t size)
{
	struct work *work = batch_alloc(open_batch(e, w), size);

	if (work == NULL) {
		send_batch(e, w);
		work = batch_alloc(open_batch(e, w), size);
	}
	return work;
}

static void
append_work(struct engine *e, unsigned w, struct work *work)
{
	struct batch *b = e->reader.batches[w];

	work->next = NULL;
	if (b->last == NULL)
		b->first = work;
	else
		((struct work *)b->last)->next = work;
	b->last = work;
	b->count++;
}

static void
broadcast(struct engine *e, enum work_kind kind, int64_t now)
{
	for (unsigned w = 0; w < e->n_workers; w++) {
		struct work *work = new_work(e, w, offsetof(struct work, packet));

		work->kind = (uint8_t)kind;
		work->order = e->reader.order;
		work->now = now;
		append_work(e, w, work);
	}
}

/* ---- accounting ---- */

static void
count_reason(struct reader *r, const struct packet *p)
{
	for (unsigned i = 0; i < r->n_reasons; i++) {
		struct reason_count *c = &r->reasons[i];

		if (c->reason == p->reason && c->number == p->reason_number) {
			c->frames++;
			return;
		}
	}
	if (r->n_reasons == AUDIT_REASONS_MAX) {
		r->reasons_other++;
		return;
	}
	r->reasons[r->n_reasons++] = (struct reason_count){
	    .reason = p->reason, .number = p->reason_number, .frames = 1};
}

static void
count_anomalies(struct reader *r, uint64_t bits)
{
	for (; bits != 0; bits &= bits - 1)
		r->anomalies[__builtin_ctzll(bits)]++;
}

static void
count_packet(struct reader *r, const struct packet *p)
{
	r->frames++;
	r->wire_bytes += p->wire_len;
	r->results[p->result]++;
	if (p->result != DECODE_IP)
		count_reason(r, p);
	if (p->anomalies != 0)
		count_anomalies(r, p->anomalies);
}

/* ---- time ---- */

static int64_t
floor_second(int64_t ts)
{
	int64_t rest = ts % CLOCK_NS_PER_SEC;

	return ts - (rest < 0 ? rest + CLOCK_NS_PER_SEC : rest);
}

/* Clamps the packet to time that never goes back; ticks when a second has ended. */
static void
advance(struct engine *e, struct packet *p)
{
	struct reader *r = &e->reader;

	if (r->frames == 0) {
		r->first = r->now = p->ts;
		r->second = floor_second(p->ts);
	}
	if (p->ts < r->now) {
		p->ts = r->now;
		p->anomalies |= ANOMALY_BIT(ANOMALY_TIME_BACKWARDS);
		r->backwards++;
	}
	r->now = p->ts;
	if (floor_second(p->ts) != r->second) {
		r->second = floor_second(p->ts);
		r->order = 2 * p->number - 1;
		broadcast(e, WORK_TICK, r->second);
	}
	r->order = 2 * p->number;
}

/* ---- packets ---- */

static void
route(struct engine *e, const struct packet *p)
{
	unsigned shard = flow_shard(p, ENGINE_SHARDS), w = engine_worker_of(e, shard);
	size_t bytes = p->result == DECODE_IP ? p->l3_cap : 0;
	struct work *work = new_work(e, w, sizeof *work + bytes);
	uint8_t *copy = (uint8_t *)(work + 1);

	work->kind = WORK_PACKET;
	work->order = e->reader.order;
	work->now = p->ts;
	work->shard = (uint8_t)shard;
	work->packet = *p;
	if (bytes != 0) {
		memcpy(copy, p->l3, bytes);
		work->packet.l3 = copy;
		if (p->payload != NULL)
			work->packet.payload = copy + (p->payload - p->l3);
	}
	append_work(e, w, work);
}

static void
note_interfaces(struct engine *e)
{
	struct interface_names *names = &e->interfaces;
	uint32_t n = capture_interface_count(e->reader.capture);

	if (n == names->n)
		return;
	pthread_mutex_lock(&names->lock);
	for (uint32_t i = names->n; i < n; i++) {
		const struct capture_interface *ci =
		    capture_interface(e->reader.capture, i);
		char **grown = realloc(names->names, (i + 1) * sizeof *grown);

		if (grown == NULL)
			break;
		names->names = grown;
		grown[i] = ci->name == NULL ? NULL : strdup(ci->name);
		names->n = i + 1;
	}
	pthread_mutex_unlock(&names->lock);
}

static void
report_progress(struct engine *e)
{
	struct capture_stats stats;

	capture_get_stats(e->reader.capture, &stats);
	e->frames = stats.frames;
	e->bytes_read = stats.bytes_read;
	e->bytes_total = stats.bytes_total;
}

void *
reader_main(void *engine)
{
	struct engine *e = engine;
	struct reader *r = &e->reader;
	struct frame frame;
	struct packet packet;

	pthread_setname_np(pthread_self(), "tm-capture");
	while (!e->stop && capture_next(r->capture, &frame) > 0) {
		note_interfaces(e);
		decode_frame(&frame, &packet);
		advance(e, &packet);
		count_packet(r, &packet);
		if (packet.result == DECODE_IP || packet.reason == DECODE_REASON_ARP)
			route(e, &packet);
		if (r->frames % PROGRESS_FRAMES == 0)
			report_progress(e);
	}
	report_progress(e);
	r->order++;
	broadcast(e, WORK_FINISH, r->now);
	for (unsigned w = 0; w < e->n_workers; w++) {
		if (r->batches[w] != NULL)
			send_batch(e, w);
		pipe_close(e->workers[w].in);
	}
	return NULL;
}
