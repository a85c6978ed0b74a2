/* The summary of a run as one JSON object; docs/log-format.md names its members. */
#include "config.h"

#include "cli_priv.h"
#include "tallyman/clock.h"
#include "tallyman/json.h"

static void
time_member(struct json *j, const char *key, int64_t ts)
{
	char text[CLOCK_TEXT_MAX];

	clock_format(ts, text);
	json_str(j, key, text);
}

static void
packets(struct json *j, const struct audit_totals *t)
{
	json_object(j, "packets");
	json_u64(j, "read", t->frames);
	json_u64(j, "bytes", t->wire_bytes);
	json_u64(j, "in_flows", t->in_flows);
	json_u64(j, "untracked", t->untracked);
	json_u64(j, "not_ip", t->not_ip);
	json_u64(j, "malformed", t->malformed);
	json_u64(j, "filtered", t->filtered);
	json_u64(j, "unfilterable", t->unfilterable);
	json_u64(j, "out_of_range", t->out_of_range);
	json_u64(j, "kernel_drops", t->kernel_drops);
	json_object_end(j);
}

static void
flows(struct json *j, const struct audit_totals *t)
{
	json_object(j, "flows");
	json_u64(j, "seen", t->flow.flows);
	json_u64(j, "folded", t->aggregator.folded);
	json_u64(j, "evicted",
	    t->flow.evicted_embryonic + t->flow.evicted_open + t->flow.evicted_full);
	json_object_end(j);
	json_object(j, "messages");
	json_u64(j, "dns", t->app.dns);
	json_u64(j, "http", t->app.http);
	json_u64(j, "left_out", t->app.left_out);
	json_object_end(j);
}

static void
top_lists(struct json *j, const struct engine_report *r)
{
	char addr[ADDR_TEXT_MAX];

	json_array(j, "protocols");
	for (unsigned i = 0; i < r->n_protocols; i++) {
		json_object(j, NULL);
		json_str(j, "name", r->protocols[i].name);
		json_u64(j, "flows", r->protocols[i].flows);
		json_u64(j, "packets", r->protocols[i].packets);
		json_u64(j, "bytes", r->protocols[i].bytes);
		json_object_end(j);
	}
	json_array_end(j);
	json_array(j, "talkers");
	for (unsigned i = 0; i < r->n_talkers; i++) {
		json_object(j, NULL);
		json_str(j, "ip", addr_format(&r->talkers[i].addr, addr));
		json_u64(j, "flows", r->talkers[i].flows);
		json_u64(j, "bytes_sent", r->talkers[i].bytes_out);
		json_u64(j, "bytes_received", r->talkers[i].bytes_in);
		json_object_end(j);
	}
	json_array_end(j);
}

static void
anomalies(struct json *j, const struct audit_totals *t)
{
	json_object(j, "anomalies");
	for (unsigned i = 0; i < ANOMALY_N; i++) {
		if (t->anomalies[i] != 0)
			json_u64(j, decode_anomaly(i)->name, t->anomalies[i]);
	}
	json_object_end(j);
}

static void
log_object(struct json *j, const struct engine_report *r, const char *dir)
{
	json_object(j, "log");
	json_str(j, "dir", dir);
	json_u64(j, "records", r->log.records);
	json_u64(j, "json_bytes", r->log.json_bytes);
	json_u64(j, "stored_bytes", r->log.stored_bytes);
	json_u64(j, "members", r->log.members);
	json_u64(j, "segments", r->log.segments);
	json_u64(j, "lost_records", r->log.lost_records);
	if (r->log.error[0] != '\0')
		json_str(j, "error", r->log.error);
	json_object_end(j);
}

void
cli_summary_json(FILE *out, const struct engine_report *r, const char *dir)
{
	const struct audit_totals *t = &r->totals;
	struct buf b;
	struct json j;

	buf_init(&b);
	json_start(&j, &b);
	json_object(&j, NULL);
	json_u64(&j, "files", t->files);
	json_u64(&j, "damaged_files", t->damaged_files);
	if (t->frames > 0) {
		time_member(&j, "first", t->first);
		time_member(&j, "last", t->last);
	}
	json_double(&j, "elapsed", (double)r->elapsed / (double)CLOCK_NS_PER_SEC, 6);
	json_bool(&j, "interrupted", r->interrupted);
	packets(&j, t);
	flows(&j, t);
	top_lists(&j, r);
	json_bool(&j, "talkers_estimated", r->talkers_estimated);
	anomalies(&j, t);
	if (dir != NULL)
		log_object(&j, r, dir);
	json_object_end(&j);
	fprintf(out, "%s\n", buf_text(&b));
	buf_fini(&b);
}
