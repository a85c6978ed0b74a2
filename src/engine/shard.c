/*
 * A shard: the per-flow stages joined for the packets of some address pairs. Everything
 * here is a function of the shard's own packets and ticks, so the number of threads
 * that run the shards cannot be seen in the result.
 */
#include "config.h"

#include "engine_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tallyman/clock.h"
#include "shard_events.h"

/* ---- what the stages report ---- */

static const uint8_t flow_event_kinds[] = {
    [FLOW_EVENT_START] = EVENT_FLOW_START,
    [FLOW_EVENT_ESTABLISHED] = EVENT_FLOW_ESTABLISHED,
    [FLOW_EVENT_REJECTED] = EVENT_FLOW_REJECTED,
    [FLOW_EVENT_INTERIM] = EVENT_FLOW_INTERIM,
    [FLOW_EVENT_END] = EVENT_FLOW_END,
};

/* Kinds that something reads today; the others would only cost time. */
#define EVENTS_WANTED                                                       \
	(EVENT_BIT(EVENT_FLOW_CLASSIFIED) | EVENT_BIT(EVENT_FLOW_INTERIM) | \
	    EVENT_BIT(EVENT_FLOW_END))

/* The verdict's own records come once, at the verdict or at the latest with the flow.
 * Most verdicts have none. */
static void
post_classified(
    struct shard *s, struct flow *f, const struct classify_labels *labels, int64_t ts)
{
	struct flow_slots *slots = flow_slots(f);

	if (slots == NULL || slots->owner != NULL)
		return;
	slots->owner = s;
	if (audit_has_classified(labels))
		shard_post_flow(s, EVENT_FLOW_CLASSIFIED, f, ts);
}

static void
get_labels(struct shard *s, struct flow *f, struct classify_labels *labels_r)
{
	struct flow_record record;

	flow_get_record(f, &record);
	classify_get_labels(s->classifier, f, &record, labels_r);
}

/* A flow that ends without a verdict gets one. */
static void
post_late(struct shard *s, struct flow *f, int64_t ts)
{
	const struct flow_slots *slots = flow_slots(f);
	struct classify_labels labels;

	if (slots == NULL || slots->owner != NULL)
		return;
	get_labels(s, f, &labels);
	post_classified(s, f, &labels, ts);
}

/* A verdict that names a protocol whose messages are parsed starts its parser. */
static void
on_classified(struct shard *s, struct flow *f, int64_t ts)
{
	static const struct {
		const char *app_proto;
		enum app_kind kind;
	} parsers[] = {
	    {"dns", APP_DNS},
	    {"http", APP_HTTP},
	};
	struct classify_labels labels;

	get_labels(s, f, &labels);
	for (size_t i = 0; i < sizeof parsers / sizeof *parsers; i++) {
		if (strcmp(labels.app_proto, parsers[i].app_proto) == 0)
			app_start(s->app, f, parsers[i].kind);
	}
	post_classified(s, f, &labels, ts);
}

static void
on_flow(void *ctx, enum flow_event event, struct flow *f, int64_t ts)
{
	struct shard *s = ctx;
	enum event_kind kind = flow_event_kinds[event];

	if (event == FLOW_EVENT_END) {
		app_finish(s->app, f, ts);
		post_late(s, f, ts);
	}
	if (EVENTS_WANTED & EVENT_BIT(kind))
		shard_post_flow(s, kind, f, ts);
	if (event == FLOW_EVENT_END) {
		shard_post_anomalies(s, f, 0, ts);
		app_end(s->app, f);
		classify_end(s->classifier, f);
	}
}

static void
on_message(void *ctx, struct flow *f, const struct app_message *m)
{
	struct shard *s = ctx;

	shard_post_message(s, f, m);
}

static void
on_meter(void *ctx, const struct meter *m)
{
	shard_post_meter(ctx, m);
}

/* ---- life ---- */

static uint32_t
share(uint32_t total)
{
	uint32_t n = total / ENGINE_SHARDS;

	return n == 0 ? 1 : n;
}

static void
flow_settings(
    const struct engine_config *config, struct shard *s, struct flow_config *fc)
{
	flow_config_defaults(fc);
	fc->timeouts = config->timeouts;
	fc->embryonic_cap = share(config->max_flows / 2);
	fc->open_cap = share(config->max_flows / 4);
	fc->full_cap = share(config->max_flows / 4);
	fc->key_encapsulation = true;
	fc->hook = on_flow;
	fc->ctx = s;
}

int
shard_init(struct shard *s, unsigned index, struct worker *w,
    const struct engine_config *config, char **error_r)
{
	struct classify_config cc;
	struct flow_config fc;
	struct app_config ac;

	s->index = index;
	s->worker = w;
	flow_settings(config, s, &fc);
	app_config_defaults(&ac);
	ac.message = on_message;
	ac.ctx = s;
	classify_config_defaults(&cc);
	s->flows = flow_table_new(&fc);
	s->app = app_new(&ac);
	s->meters = meter_table_new(METER_TABLE_CAP);
	if (s->flows == NULL || s->app == NULL || s->meters == NULL) {
		*error_r = strdup("not enough memory for the flow tables");
		return -ENOMEM;
	}
	s->classifier = classifier_new(&cc, error_r);
	return s->classifier == NULL ? -ENOMEM : 0;
}

void
shard_fini(struct shard *s)
{
	flow_table_free(&s->flows);
	app_free(&s->app);
	classifier_free(&s->classifier);
	meter_table_free(&s->meters);
}

/* ---- work ---- */

static void
take_up(struct shard *s, const struct work *w)
{
	s->order = w->order;
	s->number = w->order / 2 + w->order % 2;
}

/* The meters count what the parsers saw, also what was too much to be written. */
static void
read_messages(struct shard *s, const struct packet *p, struct flow_packet *fp)
{
	for (unsigned n = app_packet(s->app, p, fp); n > 0; n--)
		meter_message(s->meters, &p->src, &p->dst, p->ts);
}

void
shard_packet(struct shard *s, const struct work *w)
{
	const struct packet *p = &w->packet;
	struct flow_packet fp;

	take_up(s, w);
	if (p->result != DECODE_IP) {
		meter_packet(s->meters, p, NULL);
		return;
	}
	flow_table_packet(s->flows, p, &fp);
	meter_packet(s->meters, p, &fp);
	if (fp.flow == NULL)
		return;
	if (fp.full) {
		read_messages(s, p, &fp);
		if (classify_packet(s->classifier, p, &fp))
			on_classified(s, fp.flow, p->ts);
	}
	shard_post_anomalies(s, fp.flow, p->anomalies, p->ts);
}

static void
end_second(struct shard *s, int64_t now)
{
	meter_flush(s->meters, on_meter, s);
	shard_post_tick(s, now);
}

void
shard_tick(struct shard *s, const struct work *w)
{
	take_up(s, w);
	flow_table_tick(s->flows, w->now);
	end_second(s, w->now);
}

void
shard_finish(struct shard *s, const struct work *w)
{
	take_up(s, w);
	flow_table_finish(s->flows, w->now);
	end_second(s, w->now);
}
