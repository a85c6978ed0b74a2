/*
 * The stages joined: threads, pipes and order. One capture thread reads and decodes,
 * the workers run eight virtual shards between them, analysis merges what they found in
 * packet order, the writer compresses. The records depend on the input and the settings
 * alone, never on the number of workers.
 */
#ifndef TALLYMAN_ENGINE_H
#define TALLYMAN_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tallyman/audit.h"
#include "tallyman/capture.h"

#define ENGINE_SHARDS   8
#define ENGINE_TOP      10
#define ENGINE_JOBS_MAX ENGINE_SHARDS

struct engine_progress {
	uint64_t frames, bytes_read, bytes_total; /* total 0: unknown */
	int64_t elapsed;                          /* ns since the start */
};

struct engine_config {
	const char *const *paths;
	size_t n_paths;
	const char *filter; /* or NULL */
	int64_t since, until;
	const char *const *geo_paths;
	size_t n_geo_paths;
	unsigned jobs;      /* workers, 1 .. ENGINE_JOBS_MAX */
	uint32_t max_flows; /* entries of both tiers, all shards together */
	struct flow_timeouts timeouts;
	uint16_t community_seed;
	struct audit_config audit; /* dir NULL: no log is written */
	/* The process ends after this run: its tables are left to the system, which is
	 * much faster than taking nDPI's apart. */
	bool process_ends;
	void (*damage)(
	    void *ctx, const struct capture_damage *damage); /* capture thread */
	void (*progress)(
	    void *ctx, const struct engine_progress *progress); /* or NULL */
	void *ctx;
};

void engine_config_defaults(struct engine_config *config_r);

struct engine_protocol {
	char name[48];
	uint64_t flows, packets, bytes;
};

struct engine_talker {
	struct addr addr;
	uint64_t flows, bytes_out, bytes_in;
};

/* What a person wants to know after a run. */
struct engine_report {
	struct audit_totals totals;
	struct audit_log_stats log;
	bool interrupted;                             /* by SIGINT or SIGTERM */
	int64_t elapsed;                              /* ns */
	struct engine_protocol protocols[ENGINE_TOP]; /* by bytes */
	unsigned n_protocols, protocols_seen;
	struct engine_talker talkers[ENGINE_TOP]; /* by bytes both ways */
	unsigned n_talkers;
	bool talkers_estimated; /* more addresses than places: counts may be low */
};

/*
 * Reads all inputs into the log. Runs an event loop on the calling thread until the
 * pipeline is empty; SIGINT and SIGTERM end the input early and everything read is
 * written. Returns 0 (the report tells of damage and losses), or -errno with *error_r,
 * malloc'd, when nothing could be started.
 */
int engine_read(const struct engine_config *config, struct engine_report *report_r,
    char **error_r) __attribute__((warn_unused_result));

#endif
