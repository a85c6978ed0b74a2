/* The account of everything that was read, and what became of it. */
#include "config.h"

#include "audit/record.h"

#include <stddef.h>
#include <string.h>

#include "tallyman/clock.h"

/* Counters that are written as they are, by their place in stats{}. Objects together.
 */
static const struct {
	const char *path;
	size_t offset;
} counters[] = {
#define ROW(path, member)                                   \
	{                                                   \
		path, offsetof(struct audit_totals, member) \
	}
    ROW("capture.kernel_packets", frames),
    ROW("capture.kernel_drops", kernel_drops),
    ROW("capture.filtered", filtered),
    ROW("capture.out_of_range", out_of_range),
    ROW("capture.cut", cut),
    ROW("capture.unfilterable", unfilterable),
    ROW("capture.len_raised", len_raised),
    ROW("capture.untimed", untimed),
    ROW("capture.blocks_skipped", blocks_skipped),
    ROW("capture.options_bad", options_bad),
    ROW("capture.ignored", ignored),
    ROW("capture.time_backwards", time_backwards),
    ROW("capture.files", files),
    ROW("capture.damaged_files", damaged_files),
    ROW("decoder.pkts", frames),
    ROW("decoder.bytes", wire_bytes),
    ROW("decoder.invalid", malformed),
    ROW("flow.total", flow.flows),
    ROW("flow.promoted", flow.promoted),
    ROW("flow.closed_early", flow.closed_early),
    ROW("flow.held", flow.held_packets),
    ROW("flow.now.embryonic", flow.embryonic),
    ROW("flow.now.open", flow.open),
    ROW("flow.now.full", flow.full),
    ROW("flow.max.embryonic", flow.embryonic_max),
    ROW("flow.max.open", flow.open_max),
    ROW("flow.max.full", flow.full_max),
    ROW("flow.evicted.embryonic", flow.evicted_embryonic),
    ROW("flow.evicted.open", flow.evicted_open),
    ROW("flow.evicted.full", flow.evicted_full),
    ROW("flow.evicted.fragments", flow.evicted_fragments),
    ROW("app_layer.tx.dns", app.dns),
    ROW("app_layer.tx.http", app.http),
    ROW("app_layer.left_out", app.left_out),
    ROW("app_layer.malformed", app.malformed),
    ROW("app_layer.gaps", app.gaps),
    ROW("app_layer.cut_lines", app.cut_lines),
    ROW("app_layer.no_state", app.no_state),
    ROW("app_layer.no_memory", app.no_memory),
    ROW("ndpi.pkts", classify.packets),
    ROW("ndpi.classified", classify.classified),
    ROW("ndpi.guessed", classify.guessed),
    ROW("ndpi.unknown", classify.unknown),
    ROW("ndpi.no_state", classify.no_state),
    ROW("ndpi.forced", classify.forced),
    ROW("ndpi.no_labels", classify.no_labels),
    ROW("ndpi.labels_cut", classify.labels_cut),
    ROW("meter.written", meters.written),
    ROW("meter.left_out", meters.left_out),
    ROW("meter.quiet", meters.quiet),
    ROW("meter.replaced", meters_replaced),
    ROW("meter.replaced_merging", meters.replaced),
    ROW("aggregate.flows", aggregator.folded),
    ROW("aggregate.records", aggregator.records),
    ROW("aggregate.evicted", aggregator.evicted),
    ROW("aggregate.early", aggregator.early),
#undef ROW
};

static uint64_t
counter(const struct audit_totals *t, size_t offset)
{
	return *(const uint64_t *)(const void *)((const char *)t + offset);
}

static void
put_counters(struct json *j, const struct audit_totals *t)
{
	struct record_path path;

	record_path_start(&path, j);
	for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
		record_path_key(&path, counters[i].path);
		json_u64(j, NULL, counter(t, counters[i].offset));
	}
	record_path_end(&path);
}

/* ---- accounting{}: every frame that was read, once ---- */

static const char *
class_of(const struct audit_reason *r)
{
	return r->reason < DECODE_REASON_LINK_SHORT ? "not_ip" : "malformed";
}

static void
put_reason(struct json *j, const struct audit_reason *r)
{
	json_object(j, NULL);
	json_ascii(j, "class", class_of(r));
	json_ascii(j, "reason", decode_reason_name(r->reason));
	json_u64(j, "number", r->number);
	json_u64(j, "frames", r->frames);
	json_object_end(j);
}

/* Frames of a class whose numbers had no place in the table of reasons. */
static void
put_others(
    struct json *j, const struct audit_totals *t, const char *class, uint64_t all)
{
	for (unsigned i = 0; i < t->n_reasons; i++) {
		if (strcmp(class_of(&t->reasons[i]), class) == 0)
			all -= t->reasons[i].frames;
	}
	if (all == 0)
		return;
	json_object(j, NULL);
	json_ascii(j, "class", class);
	json_ascii(j, "reason", "other");
	json_u64(j, "frames", all);
	json_object_end(j);
}

static void
put_accounting(struct json *j, const struct audit_totals *t)
{
	json_object(j, "accounting");
	json_u64(j, "read", t->frames);
	json_u64(j, "in_flows", t->in_flows);
	json_u64(j, "untracked", t->untracked);
	json_u64(j, "not_ip", t->not_ip);
	json_u64(j, "malformed", t->malformed);
	json_array(j, "reasons");
	for (unsigned i = 0; i < t->n_reasons; i++)
		put_reason(j, &t->reasons[i]);
	if (t->reasons_other != 0) {
		put_others(j, t, "not_ip", t->not_ip);
		put_others(j, t, "malformed", t->malformed);
	}
	json_array_end(j);
	json_object_end(j);
}

/* ---- the rest ---- */

static void
put_anomalies(struct json *j, const struct audit_totals *t)
{
	struct record_path path;

	json_object(j, "anomaly");
	record_path_start(&path, j);
	for (unsigned a = 0; a < ANOMALY_N; a++) {
		if (t->anomalies[a] == 0)
			continue;
		record_path_key(&path, decode_anomaly((enum anomaly)a)->name);
		json_u64(j, NULL, t->anomalies[a]);
	}
	record_path_end(&path);
	json_object_end(j);
}

/* Records by event type; kinds of one type follow each other. */
static void
put_records(struct json *j, const struct audit_totals *t)
{
	json_object(j, "records");
	for (unsigned kind = 0, next; kind < EVENT_N; kind = next) {
		const char *type = audit_event_type(kind);
		uint64_t n = 0;

		next = kind + 1;
		if (type == NULL)
			continue;
		for (next = kind; next < EVENT_N && audit_event_type(next) == type;)
			n += t->records[next++];
		if (kind == EVENT_FLOW_INTERIM)
			n += t->aggregator.records;
		json_u64(j, type, n);
	}
	json_object_end(j);
}

void
audit_format_stats(struct buf *out, const struct audit_totals *totals)
{
	struct json j;

	record_open(&j, out, totals->ts);
	json_ascii(&j, "event_type", "stats");
	json_object(&j, "stats");
	json_i64(&j, "uptime", (totals->last - totals->first) / CLOCK_NS_PER_SEC);
	if (totals->frames != 0) {
		record_time(&j, "first", totals->first);
		record_time(&j, "last", totals->last);
	}
	put_accounting(&j, totals);
	put_counters(&j, totals);
	put_anomalies(&j, totals);
	json_object(&j, "log");
	put_records(&j, totals);
	json_u64(&j, "records_dropped", totals->records_dropped);
	json_u64(&j, "anomalies_left_out", totals->anomalies_left_out);
	json_object_end(&j);
	json_object_end(&j);
	record_close(&j);
}
