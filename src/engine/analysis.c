/*
 * What the analysis thread does with each event: fold, count, format. Everything here
 * is driven by the events' order and packet time.
 */
#include "config.h"

#include "engine_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tallyman/clock.h"

/* Anomaly records of one kind: so many at once, so many more each second. */
#define ANOMALY_BURST      200
#define ANOMALY_PER_SECOND 20

/* ---- writing ---- */

static struct text *
open_text(struct analysis *a)
{
	while (a->batch == NULL) {
		uint64_t seen = doorbell_count(&a->bell);

		a->batch = pipe_try_empty(a->out);
		if (a->batch == NULL)
			doorbell_wait(&a->bell, seen);
		else
			a->text = NULL;
	}
	if (a->text == NULL) {
		a->text = batch_alloc(a->batch, sizeof *a->text);
		memset(a->text, 0, sizeof *a->text);
		a->batch->first = a->text;
	}
	return a->text;
}

void
analysis_flush(struct analysis *a)
{
	if (a->batch == NULL)
		return;
	if (a->text != NULL && a->text->len > 0) {
		a->batch->count = 1;
		pipe_send(a->out, a->batch);
	} else {
		pipe_return(a->out, a->batch);
	}
	a->batch = NULL;
	a->text = NULL;
}

static size_t
room(const struct analysis *a, const struct text *t)
{
	return a->batch->cap - sizeof *t - t->len;
}

void
analysis_write(struct analysis *a)
{
	struct text *t = open_text(a);

	if (a->line.len > room(a, t) && t->len > 0) {
		analysis_flush(a);
		t = open_text(a);
	}
	if (a->line.failed || a->line.len > room(a, t)) {
		a->totals.records_dropped++;
	} else {
		memcpy(t->bytes + t->len, a->line.data, a->line.len);
		t->len += a->line.len;
	}
	buf_reset(&a->line);
}

static void
write_event(struct analysis *a, const struct event *e)
{
	unsigned n = audit_format_event(&a->line, e, &a->context);

	a->totals.records[e->kind] += n;
	if (n != 0)
		analysis_write(a);
}

/* ---- kinds of events ---- */

static void
on_record(struct analysis *a, const struct event *e)
{
	write_event(a, e);
}

static void
on_end(struct analysis *a, const struct event *e)
{
	bool folded = aggregator_offer(a->aggregator, e->flow, e->ts);

	ranking_add(a->ranking, e->flow, e->labels->proto, folded);
	if (!folded)
		write_event(a, e);
}

static void
on_anomaly(struct analysis *a, const struct event *e)
{
	if (a->anomaly_allowance[e->anomaly] == 0) {
		a->totals.anomalies_left_out++;
		return;
	}
	a->anomaly_allowance[e->anomaly]--;
	write_event(a, e);
}

static void
on_meter(struct analysis *a, const struct event *e)
{
	meter_merge_add(a->meters, e->shard, e->meter);
}

static void
on_merged_meter(void *ctx, const struct meter *m, bool written)
{
	struct analysis *a = ctx;
	struct event e = {.kind = EVENT_METER, .ts = m->second, .meter = m};

	if (written)
		write_event(a, &e);
}

static void
on_aggregate(void *ctx, const struct aggregate *aggregate)
{
	struct analysis *a = ctx;

	audit_format_aggregate(&a->line, aggregate, &a->context);
	analysis_write(a);
}

/* Allowances come back with packet time, for a long silence at once. */
static void
refill_anomalies(struct analysis *a, int64_t now)
{
	int64_t seconds = (now - a->now) / CLOCK_NS_PER_SEC;
	uint32_t more = seconds > ANOMALY_BURST
	    ? ANOMALY_BURST
	    : (uint32_t)seconds * ANOMALY_PER_SECOND;

	for (unsigned i = 0; i < ANOMALY_N; i++) {
		a->anomaly_allowance[i] += more;
		if (a->anomaly_allowance[i] > ANOMALY_BURST)
			a->anomaly_allowance[i] = ANOMALY_BURST;
	}
}

/* Each shard says when it is over the second; the last one closes it. */
static void
on_tick(struct analysis *a, const struct event *e)
{
	if (++a->ticks < ENGINE_SHARDS)
		return;
	a->ticks = 0;
	meter_merge_flush(a->meters, on_merged_meter, a);
	aggregator_tick(a->aggregator, e->ts);
	if (a->now != INT64_MIN)
		refill_anomalies(a, e->ts);
	a->now = e->ts;
}

static void (*const handlers[EVENT_N])(struct analysis *, const struct event *) = {
    [EVENT_FLOW_CLASSIFIED] = on_record,
    [EVENT_FLOW_INTERIM] = on_record,
    [EVENT_FLOW_END] = on_end,
    [EVENT_DNS] = on_record,
    [EVENT_HTTP] = on_record,
    [EVENT_ANOMALY] = on_anomaly,
    [EVENT_METER] = on_meter,
    [EVENT_TICK] = on_tick,
};

void
analysis_event(struct analysis *a, const struct event *e)
{
	if (handlers[e->kind] != NULL)
		handlers[e->kind](a, e);
}

void
analysis_finish(struct analysis *a)
{
	aggregator_tick(a->aggregator, INT64_MAX);
	meter_merge_get_stats(a->meters, &a->totals.meters);
	aggregator_get_stats(a->aggregator, &a->totals.aggregator);
}

void
analysis_stats(struct analysis *a)
{
	audit_format_stats(&a->line, &a->totals);
	analysis_write(a);
}

/* ---- life ---- */

/* Names are added by the capture thread while we look: hence the lock, and no copy. */
static const char *
interface_name(void *ctx, uint32_t interface)
{
	struct engine *e = ctx;
	const char *name = NULL;

	pthread_mutex_lock(&e->interfaces.lock);
	if (interface < e->interfaces.n)
		name = e->interfaces.names[interface];
	pthread_mutex_unlock(&e->interfaces.lock);
	return name;
}

int
analysis_init(struct analysis *a, struct engine *e, char **error_r)
{
	struct meter_merge_config meters;
	struct aggregate_config aggregates;

	buf_init(&a->line);
	a->now = INT64_MIN;
	for (unsigned i = 0; i < ANOMALY_N; i++)
		a->anomaly_allowance[i] = ANOMALY_BURST;
	a->context = (struct audit_context){
	    .geo = e->geo,
	    .interface_name = interface_name,
	    .ctx = e,
	    .community_seed = e->config->community_seed,
	};
	meter_merge_config_defaults(&meters);
	aggregate_config_defaults(&aggregates);
	a->out = pipe_new(TEXT_BATCHES, TEXT_BATCH_BYTES, &a->bell, &e->writer_bell);
	a->aggregator = aggregator_new(&aggregates, on_aggregate, a);
	a->meters = meter_merge_new(&meters);
	a->ranking = ranking_new();
	if (a->out != NULL && a->aggregator != NULL && a->meters != NULL &&
	    a->ranking != NULL)
		return 0;
	*error_r = strdup("not enough memory for the analysis");
	return -ENOMEM;
}

void
analysis_fini(struct analysis *a)
{
	buf_fini(&a->line);
	aggregator_free(&a->aggregator);
	meter_merge_free(&a->meters);
	ranking_free(&a->ranking);
	pipe_free(&a->out);
}
