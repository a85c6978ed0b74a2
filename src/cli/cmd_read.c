/* tallyman read: capture files in, an audit log and a summary out. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli_priv.h"
#include "tallyman/log.h"

struct settings {
	struct engine_config engine;
	struct cli_list geo;
	uint32_t jobs, max_flows, seed, level;
	bool quiet, json, verbose;
};

#define ENGINE(member) \
	(offsetof(struct settings, engine) + offsetof(struct engine_config, member))

static const struct cli_option options[] = {
    {"output", 'o', CLI_STRING, "DIR",
	"write the audit log into DIR, which is created; - writes plain records to "
	"standard output; without it there is only the summary",
	ENGINE(audit.dir), 0, 0},
    {"filter", 'f', CLI_STRING, "EXPR", "only packets that match the pcap-filter(7)",
	ENGINE(filter), 0, 0},
    {"since", 0, CLI_TIME, "TIME", "only packets at or after TIME (UTC if no zone)",
	ENGINE(since), 0, 0},
    {"until", 0, CLI_TIME, "TIME", "only packets before TIME", ENGINE(until), 0, 0},
    {"geo", 'g', CLI_LIST, "FILE",
	"an MMDB file with countries, cities or networks; several may be given",
	offsetof(struct settings, geo), 0, 0},
    {"jobs", 'j', CLI_COUNT, "N",
	"worker threads; the records are the same with any number",
	offsetof(struct settings, jobs), 1, ENGINE_JOBS_MAX},
    {"max-flows", 0, CLI_COUNT, "N",
	"flows in memory at once; beyond it the oldest of the busiest source is "
	"written "
	"early and counted (default 393216)",
	offsetof(struct settings, max_flows), 24, 1U << 26},
    {"timeout", 0, CLI_TIMEOUTS, "KIND=DURATION",
	"when an idle flow ends; KIND: tcp-new, tcp-established, tcp-closed, udp-new, "
	"udp-established, icmp, other, fragment, and interim for the records of long "
	"flows",
	ENGINE(timeouts), 0, 0},
    {"community-seed", 0, CLI_COUNT, "N", "seed of community_id (default 0)",
	offsetof(struct settings, seed), 0, UINT16_MAX},
    {"segment-size", 0, CLI_SIZE, "BYTES", "close a segment file after so much",
	ENGINE(audit.segment_bytes), 0, 0},
    {"level", 0, CLI_COUNT, "N", "compression, 1 (fast) to 9 (small)",
	offsetof(struct settings, level), 1, 9},
    {"json", 0, CLI_FLAG, NULL, "the summary as one JSON object",
	offsetof(struct settings, json), 0, 0},
    {"quiet", 'q', CLI_FLAG, NULL, "no progress and no summary",
	offsetof(struct settings, quiet), 0, 0},
    {"verbose", 'v', CLI_FLAG, NULL, "say more about what is done",
	offsetof(struct settings, verbose), 0, 0},
    {NULL, 0, 0, NULL, NULL, 0, 0, 0},
};

static void
on_damage(void *ctx, const struct capture_damage *d)
{
	(void)ctx;
	if (d->offset == 0 && d->packet == 0)
		log_error("capture", "%s: %s", d->file, d->what);
	else
		log_error("capture", "%s: byte %llu, after packet %llu: %s", d->file,
		    (unsigned long long)d->offset, (unsigned long long)d->packet,
		    d->what);
}

static void
on_progress(void *ctx, const struct engine_progress *p)
{
	(void)ctx;
	cli_progress_show(p);
}

/* A leak checker wants to see everything freed. */
static bool
is_leak_checked(void)
{
#if defined __SANITIZE_ADDRESS__
	return true;
#elif defined __has_feature
#if __has_feature(address_sanitizer)
	return true;
#endif
#endif
	return false;
}

static void
prepare(struct settings *s, const struct cli_list *operands)
{
	struct engine_config *e = &s->engine;

	e->paths = operands->items;
	e->n_paths = operands->n;
	e->geo_paths = s->geo.items;
	e->n_geo_paths = s->geo.n;
	e->jobs = s->jobs;
	e->max_flows = s->max_flows;
	e->community_seed = (uint16_t)s->seed;
	e->audit.level = (int)s->level;
	e->damage = on_damage;
	e->process_ends = !is_leak_checked();
	if (!s->quiet && isatty(STDERR_FILENO))
		e->progress = on_progress;
	log_set_level(s->verbose ? LOG_LEVEL_INFO : LOG_LEVEL_WARN);
}

static bool
is_whole(const struct engine_report *r)
{
	return r->totals.damaged_files == 0 && r->log.lost_records == 0 &&
	    r->log.error[0] == '\0' && !r->interrupted;
}

static int
read_files(struct settings *s)
{
	struct engine_report *report = malloc(sizeof *report);
	const char *dir = s->engine.audit.dir;
	/* With the records on standard output the summary moves out of their way. */
	FILE *out = dir != NULL && strcmp(dir, "-") == 0 ? stderr : stdout;
	char *error = NULL;
	int status = CLI_FAILED;

	if (report == NULL) {
		log_error("cli", "not enough memory");
		return CLI_FAILED;
	}
	if (s->engine.progress != NULL)
		cli_progress_start();
	if (engine_read(&s->engine, report, &error) != 0) {
		cli_progress_stop();
		log_error("read", "%s", error == NULL ? "failed" : error);
		goto cleanup;
	}
	cli_progress_stop();
	if (s->json)
		cli_summary_json(out, report, dir);
	else if (!s->quiet)
		cli_summary_text(out, report, dir);
	status = is_whole(report) && fflush(out) == 0 ? CLI_DONE : CLI_FAILED;
cleanup:
	free(error);
	free(report);
	return status;
}

static int
run(const struct cli_verb *verb, int argc, char **argv)
{
	struct settings *s = calloc(1, sizeof *s);
	struct cli_list *operands = calloc(1, sizeof *operands);
	int status = CLI_USAGE;
	bool help;

	if (s == NULL || operands == NULL)
		goto cleanup;
	engine_config_defaults(&s->engine);
	s->jobs = s->engine.jobs;
	s->max_flows = s->engine.max_flows;
	s->level = (uint32_t)s->engine.audit.level;
	if (cli_parse(verb, argc, argv, s, operands, &help) != 0)
		goto cleanup;
	if (help) {
		cli_help(verb, stdout);
		status = CLI_DONE;
	} else if (operands->n == 0) {
		fputs("tallyman read: no capture file was given; "
		      "tallyman read --help says more\n",
		    stderr);
	} else {
		prepare(s, operands);
		status = read_files(s);
	}
cleanup:
	free(operands);
	free(s);
	return status;
}

const struct cli_verb cli_read = {
    .name = "read",
    .synopsis = "[OPTION]... FILE...",
    .summary = "audit capture files",
    .text =
	"Reads pcap and pcapng files, gzip'd or not, directories of them, or - for\n"
	"standard input, as one timeline, and writes what every flow was: an audit "
	"log\n"
	"and a summary.",
    .options = options,
    .run = run,
};
