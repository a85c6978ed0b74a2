/* Building a shard's events in the worker's open batch. */
#include "config.h"

#include "shard_events.h"

#include <string.h>

/* What a builder needs; each kind of event uses its part. */
struct draft {
	struct shard *shard;
	enum event_kind kind;
	int64_t ts;
	struct flow *flow;
	const struct app_message *message;
	const struct meter *meter;
	enum anomaly anomaly;
};

static void *
copy(struct shard *s, const void *data, size_t size)
{
	void *p = worker_alloc(s->worker, size);

	if (p != NULL)
		memcpy(p, data, size);
	return p;
}

/* ---- parts ---- */

static bool
add_flow(const struct draft *d, struct event *e)
{
	struct flow_record *r = worker_alloc(d->shard->worker, sizeof *r);

	if (r == NULL)
		return false;
	flow_get_record(d->flow, r);
	e->flow = r;
	return true;
}

static bool
copy_values(struct shard *s, struct classify_labels *labels)
{
	size_t size = labels->n_values * sizeof *labels->values;
	struct classify_value *values;

	if (labels->n_values == 0)
		return true;
	values = copy(s, labels->values, size);
	if (values == NULL)
		return false;
	for (unsigned i = 0; i < labels->n_values; i++) {
		uint8_t type = classify_fields[values[i].field].type;
		const char *text = values[i].text;

		if (type != CLASSIFY_STRING && type != CLASSIFY_STRING_LIST)
			continue;
		values[i].text = batch_strndup(s->worker->batch, text, strlen(text));
		if (values[i].text == NULL)
			return false;
	}
	labels->values = values;
	return true;
}

static bool
add_labels(const struct draft *d, struct event *e)
{
	struct classify_labels *labels = worker_alloc(d->shard->worker, sizeof *labels);

	if (labels == NULL)
		return false;
	classify_get_labels(d->shard->classifier, d->flow, e->flow, labels);
	e->labels = labels;
	return copy_values(d->shard, labels);
}

static bool
add_summary(const struct draft *d, struct event *e)
{
	struct app_summary summary;

	app_get_summary(d->flow, &summary);
	if (summary.kind == APP_NONE)
		return true;
	e->summary = copy(d->shard, &summary, sizeof summary);
	return e->summary != NULL;
}

static bool
add_message(const struct draft *d, struct event *e)
{
	e->message = app_message_copy(d->shard->worker->batch, d->message);
	return e->message != NULL;
}

static bool
add_meter(const struct draft *d, struct event *e)
{
	e->meter = copy(d->shard, d->meter, sizeof *d->meter);
	return e->meter != NULL;
}

/* ---- which parts an event has ---- */

typedef bool part(const struct draft *d, struct event *e);

#define PARTS_MAX 3

static part *const parts_of[EVENT_N][PARTS_MAX] = {
    [EVENT_FLOW_START] = {add_flow},
    [EVENT_FLOW_ESTABLISHED] = {add_flow},
    [EVENT_FLOW_REJECTED] = {add_flow},
    [EVENT_FLOW_CLASSIFIED] = {add_flow, add_labels},
    [EVENT_FLOW_INTERIM] = {add_flow, add_labels, add_summary},
    [EVENT_FLOW_END] = {add_flow, add_labels, add_summary},
    [EVENT_DNS] = {add_flow, add_message},
    [EVENT_HTTP] = {add_flow, add_message},
    [EVENT_ANOMALY] = {add_flow},
    [EVENT_METER] = {add_meter},
};

static struct event *
build(const struct draft *d)
{
	struct shard *s = d->shard;
	struct event *e = worker_alloc(s->worker, sizeof *e);

	if (e == NULL)
		return NULL;
	memset(e, 0, sizeof *e);
	e->order = s->order;
	e->number = s->number;
	e->ts = d->ts;
	e->kind = (uint8_t)d->kind;
	e->shard = (uint8_t)s->index;
	e->anomaly = d->anomaly;
	for (unsigned i = 0; i < PARTS_MAX && parts_of[d->kind][i] != NULL; i++) {
		if (!parts_of[d->kind][i](d, e))
			return NULL;
	}
	return e;
}

/* An event that does not fit takes its first attempt back and goes into the next batch.
 */
static void
post(const struct draft *d)
{
	struct worker *w = d->shard->worker;
	size_t mark = w->batch->used;
	struct event *e = build(d);

	if (e == NULL) {
		w->batch->used = mark;
		worker_flush(w);
		e = build(d);
	}
	if (e != NULL)
		worker_post(w, e);
}

void
shard_post_flow(struct shard *s, enum event_kind kind, struct flow *f, int64_t ts)
{
	post(&(struct draft){.shard = s, .kind = kind, .ts = ts, .flow = f});
}

void
shard_post_message(struct shard *s, struct flow *f, const struct app_message *m)
{
	struct draft d = {.shard = s, .ts = m->ts, .flow = f, .message = m};

	d.kind = m->kind == APP_DNS ? EVENT_DNS : EVENT_HTTP;
	post(&d);
}

void
shard_post_meter(struct shard *s, const struct meter *m)
{
	post(&(struct draft){
	    .shard = s, .kind = EVENT_METER, .ts = m->second, .meter = m});
}

void
shard_post_tick(struct shard *s, int64_t now)
{
	post(&(struct draft){.shard = s, .kind = EVENT_TICK, .ts = now});
}

void
shard_post_anomalies(struct shard *s, struct flow *f, uint64_t counted, int64_t ts)
{
	for (uint64_t bits = flow_take_anomalies(f); bits != 0; bits &= bits - 1) {
		struct draft d = {
		    .shard = s, .kind = EVENT_ANOMALY, .ts = ts, .flow = f};

		d.anomaly = (enum anomaly)__builtin_ctzll(bits);
		if ((counted & ANOMALY_BIT(d.anomaly)) == 0)
			s->anomalies[d.anomaly]++;
		post(&d);
	}
}
