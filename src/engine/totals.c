/* The account at the end: what every stage counted, summed once all threads are still.
 */
#include "config.h"

#include "engine_priv.h"

#include <stdlib.h>

/* Adds two structs that consist of uint64_t alone. */
static void
add_counters(void *sum, const void *part, size_t size)
{
	uint64_t *s = sum;
	const uint64_t *p = part;

	for (size_t i = 0; i < size / sizeof *s; i++)
		s[i] += p[i];
}

#define ADD(sum, part)                                                                 \
	do {                                                                           \
		_Static_assert(sizeof(part) % sizeof(uint64_t) == 0, "counters only"); \
		add_counters(&(sum), &(part), sizeof(part));                           \
	} while (0)

static void
add_shard(struct shard *s, struct audit_totals *t)
{
	struct classify_stats classify;
	struct flow_stats flow;
	struct app_stats app;

	flow_table_get_stats(s->flows, &flow);
	app_get_stats(s->app, &app);
	classify_get_stats(s->classifier, &classify);
	ADD(t->flow, flow);
	ADD(t->app, app);
	ADD(t->classify, classify);
	ADD(t->anomalies, s->anomalies);
	t->in_flows += flow.packets - flow.untracked_packets - flow.held_packets;
	t->untracked += flow.untracked_packets;
	t->meters_replaced += meter_table_replaced(s->meters);
}

static int
by_reason(const void *a, const void *b)
{
	const struct audit_reason *p = a, *q = b;

	if (p->reason != q->reason)
		return p->reason < q->reason ? -1 : 1;
	return p->number < q->number ? -1 : p->number > q->number;
}

static void
add_reader(struct reader *r, struct audit_totals *t)
{
	t->ts = r->now;
	t->first = r->first;
	t->last = r->now;
	t->frames = r->frames;
	t->wire_bytes = r->wire_bytes;
	t->not_ip = r->results[DECODE_NOT_IP];
	t->malformed = r->results[DECODE_MALFORMED];
	t->time_backwards = r->backwards;
	ADD(t->anomalies, r->anomalies);
	t->anomalies[ANOMALY_TIME_BACKWARDS] = r->backwards;
	t->n_reasons = r->n_reasons;
	for (unsigned i = 0; i < r->n_reasons; i++)
		t->reasons[i] = (struct audit_reason){.reason = r->reasons[i].reason,
		    .number = r->reasons[i].number,
		    .frames = r->reasons[i].frames};
	qsort(t->reasons, t->n_reasons, sizeof *t->reasons, by_reason);
	t->reasons_other = r->reasons_other;
}

static void
add_capture(const struct capture *c, struct audit_totals *t)
{
	struct capture_stats stats;

	capture_get_stats(c, &stats);
	t->filtered = stats.filtered;
	t->out_of_range = stats.out_of_range;
	t->unfilterable = stats.unfilterable;
	t->cut = stats.cut;
	t->len_raised = stats.len_raised;
	t->untimed = stats.untimed;
	t->blocks_skipped = stats.blocks_skipped;
	t->options_bad = stats.options_bad;
	t->ignored = stats.ignored;
	t->files = stats.files;
	t->damaged_files = stats.damaged;
	for (uint32_t i = 0; i < capture_interface_count(c); i++)
		t->kernel_drops += capture_interface(c, i)->kernel_drops;
}

void
totals_collect(struct engine *e, struct audit_totals *t)
{
	add_reader(&e->reader, t);
	add_capture(e->reader.capture, t);
	for (unsigned i = 0; i < ENGINE_SHARDS; i++)
		add_shard(&e->shards[i], t);
}
