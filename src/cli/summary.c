/* The summary of a run as text: what was read, what it was, what was wrong, where it
 * is. */
#include "config.h"

#include <string.h>

#include "cli_priv.h"
#include "tallyman/clock.h"

#define LABEL_WIDTH 11

struct out {
	FILE *file;
	const struct engine_report *r;
};

static void
label(const struct out *o, const char *name)
{
	fprintf(o->file, "%-*s", LABEL_WIDTH, name);
}

/* "2026-11-22 17:04:12" out of EVE's form. */
static const char *
plain_time(int64_t ts, char text[CLOCK_TEXT_MAX])
{
	clock_format(ts, text);
	text[10] = ' ';
	text[19] = '\0';
	return text;
}

static void
print_head(const struct out *o)
{
	const struct audit_totals *t = &o->r->totals;
	char a[CLI_NUMBER_MAX], b[CLI_NUMBER_MAX], c[CLI_NUMBER_MAX];
	char first[CLOCK_TEXT_MAX], last[CLOCK_TEXT_MAX];
	double seconds = (double)o->r->elapsed / (double)CLOCK_NS_PER_SEC;

	label(o, "read");
	fprintf(o->file, "%s packets, %s from %llu %s in %s", cli_number(t->frames, a),
	    cli_bytes(t->wire_bytes, b), (unsigned long long)t->files,
	    t->files == 1 ? "file" : "files", cli_duration(o->r->elapsed, c));
	if (seconds > 0)
		fprintf(o->file, " (%s packets/s)",
		    cli_number((uint64_t)((double)t->frames / seconds), a));
	fputc('\n', o->file);
	if (t->frames == 0)
		return;
	label(o, "time span");
	fprintf(o->file, "%s to %s UTC, %s\n", plain_time(t->first, first),
	    plain_time(t->last, last), cli_duration(t->last - t->first, a));
}

static void
print_reasons(const struct out *o, enum decode_reason low, enum decode_reason high)
{
	const struct audit_totals *t = &o->r->totals;
	char a[CLI_NUMBER_MAX];
	uint64_t sums[DECODE_N_REASONS] = {0};
	const char *separator = " (";

	for (unsigned i = 0; i < t->n_reasons; i++)
		sums[t->reasons[i].reason] += t->reasons[i].frames;
	for (unsigned i = low; i <= (unsigned)high; i++) {
		if (sums[i] == 0)
			continue;
		fprintf(o->file, "%s%s %s", separator, decode_reason_name(i),
		    cli_number(sums[i], a));
		separator = ", ";
	}
	if (*separator == ',')
		fputc(')', o->file);
}

static void
print_packets(const struct out *o)
{
	const struct audit_totals *t = &o->r->totals;
	char a[CLI_NUMBER_MAX];

	label(o, "packets");
	fprintf(o->file, "%s in flows", cli_number(t->in_flows, a));
	if (t->not_ip > 0) {
		fprintf(o->file, ", %s not IP", cli_number(t->not_ip, a));
		print_reasons(o, DECODE_REASON_NONE, DECODE_REASON_LINK_SHORT - 1);
	}
	if (t->malformed > 0) {
		fprintf(o->file, ", %s malformed", cli_number(t->malformed, a));
		print_reasons(o, DECODE_REASON_LINK_SHORT, DECODE_N_REASONS - 1);
	}
	if (t->untracked > 0)
		fprintf(o->file, ", %s without a place in the flow table",
		    cli_number(t->untracked, a));
	if (t->filtered + t->unfilterable + t->out_of_range > 0)
		fprintf(o->file, "; %s left out by filter or time range",
		    cli_number(t->filtered + t->unfilterable + t->out_of_range, a));
	fputc('\n', o->file);
}

static void
print_flows(const struct out *o)
{
	const struct audit_totals *t = &o->r->totals;
	uint64_t evicted =
	    t->flow.evicted_embryonic + t->flow.evicted_open + t->flow.evicted_full;
	char a[CLI_NUMBER_MAX], b[CLI_NUMBER_MAX];

	label(o, "flows");
	fputs(cli_number(t->flow.flows, a), o->file);
	if (t->aggregator.folded > 0)
		fprintf(o->file, ", of these %s unanswered ones folded into %s records",
		    cli_number(t->aggregator.folded, a),
		    cli_number(t->aggregator.records, b));
	if (evicted > 0)
		fprintf(o->file, ", %s written early to make room (--max-flows)",
		    cli_number(evicted, a));
	fputc('\n', o->file);
	if (t->app.dns + t->app.http == 0)
		return;
	label(o, "messages");
	fprintf(o->file, "%s DNS, %s HTTP transactions", cli_number(t->app.dns, a),
	    cli_number(t->app.http, b));
	if (t->app.left_out > 0)
		fprintf(o->file, ", %s of them counted but not written",
		    cli_number(t->app.left_out, a));
	fputc('\n', o->file);
}

static void
print_protocols(const struct out *o)
{
	char a[CLI_NUMBER_MAX], b[CLI_NUMBER_MAX], c[CLI_NUMBER_MAX];

	if (o->r->n_protocols == 0)
		return;
	fprintf(o->file, "\n%-24s %12s %14s %10s\n", "protocol", "flows", "packets",
	    "bytes");
	for (unsigned i = 0; i < o->r->n_protocols; i++) {
		const struct engine_protocol *p = &o->r->protocols[i];

		fprintf(o->file, "  %-22s %12s %14s %10s\n", p->name,
		    cli_number(p->flows, a), cli_number(p->packets, b),
		    cli_bytes(p->bytes, c));
	}
	if (o->r->protocols_seen > o->r->n_protocols)
		fprintf(o->file, "  and %u more\n",
		    o->r->protocols_seen - o->r->n_protocols);
}

static void
print_talkers(const struct out *o)
{
	char a[CLI_NUMBER_MAX], b[CLI_NUMBER_MAX], c[CLI_NUMBER_MAX];
	char addr[ADDR_TEXT_MAX];

	if (o->r->n_talkers == 0)
		return;
	fprintf(o->file, "\n%-40s %8s %10s %10s\n",
	    o->r->talkers_estimated ? "talker (the small ones were not all kept)"
				    : "talker",
	    "flows", "sent", "received");
	for (unsigned i = 0; i < o->r->n_talkers; i++) {
		const struct engine_talker *t = &o->r->talkers[i];

		fprintf(o->file, "  %-38s %8s %10s %10s\n", addr_format(&t->addr, addr),
		    cli_number(t->flows, a), cli_bytes(t->bytes_out, b),
		    cli_bytes(t->bytes_in, c));
	}
}

static void
print_anomalies(const struct out *o)
{
	const struct audit_totals *t = &o->r->totals;
	char a[CLI_NUMBER_MAX];
	bool head = false;

	for (unsigned i = 0; i < ANOMALY_N; i++) {
		const struct decode_anomaly_info *info = decode_anomaly(i);

		if (t->anomalies[i] == 0)
			continue;
		if (!head)
			fputs("\nanomaly\n", o->file);
		head = true;
		fprintf(o->file, "  %-28s %10s  %s\n", info->name,
		    cli_number(t->anomalies[i], a), info->help);
	}
}

static void
print_log(const struct out *o, const char *dir)
{
	const struct audit_log_stats *l = &o->r->log;
	char a[CLI_NUMBER_MAX], b[CLI_NUMBER_MAX], c[CLI_NUMBER_MAX];

	if (dir == NULL)
		return;
	fputc('\n', o->file);
	label(o, "log");
	if (strcmp(dir, "-") == 0)
		fprintf(o->file, "%s records, %s on standard output\n",
		    cli_number(l->records, a), cli_bytes(l->json_bytes, b));
	else
		fprintf(o->file, "%s: %s records, %s in %s of %llu %s\n", dir,
		    cli_number(l->records, a), cli_bytes(l->json_bytes, b),
		    cli_bytes(l->stored_bytes, c), (unsigned long long)l->segments,
		    l->segments == 1 ? "segment" : "segments");
}

static void
print_trouble(const struct out *o)
{
	const struct engine_report *r = o->r;
	char a[CLI_NUMBER_MAX];

	if (r->totals.kernel_drops > 0)
		fprintf(o->file,
		    "warning    %s packets were lost before they reached the file, as "
		    "the "
		    "capture says\n",
		    cli_number(r->totals.kernel_drops, a));
	if (r->totals.damaged_files > 0)
		fprintf(o->file, "damaged    %s %s; what could be read is in the log\n",
		    cli_number(r->totals.damaged_files, a),
		    r->totals.damaged_files == 1 ? "file" : "files");
	if (r->log.lost_records > 0)
		fprintf(o->file, "LOST       %s records could not be written: %s\n",
		    cli_number(r->log.lost_records, a), r->log.error);
	if (r->interrupted)
		fputs("stopped    by a signal, before the end of the input\n", o->file);
}

void
cli_summary_text(FILE *out, const struct engine_report *r, const char *dir)
{
	struct out o = {out, r};

	print_head(&o);
	print_packets(&o);
	print_flows(&o);
	print_protocols(&o);
	print_talkers(&o);
	print_anomalies(&o);
	print_log(&o, dir);
	print_trouble(&o);
}
