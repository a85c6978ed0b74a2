/*
 * The audit log: events become NDJSON records in the shape of Suricata's EVE, records
 * become gzip members, members become segment files. docs/log-format.md describes it
 * all.
 */
#ifndef TALLYMAN_AUDIT_H
#define TALLYMAN_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tallyman/buf.h"
#include "tallyman/event.h"

struct capture_interface;

/* ---- records ---- */

/* What a formatter may ask while it writes a record; all borrowed. */
struct audit_context {
	struct geo *geo; /* or NULL */
	const char *(*interface_name)(
	    void *ctx, uint32_t interface); /* NULL: not shown */
	void *ctx;
	uint16_t community_seed;
};

/* Appends the record and a newline. Flow (end, interim), dns, http, anomaly and meter
 * events; for FLOW_CLASSIFIED a record per protocol that EVE has a type for (tls, ssh,
 * smb, ...), or nothing. Returns the number of records appended. */
unsigned audit_format_event(
    struct buf *out, const struct event *e, const struct audit_context *context);

/* A folded flood: an event_type "flow" with an aggregate{} object. */
void audit_format_aggregate(
    struct buf *out, const struct aggregate *a, const struct audit_context *context);

#define AUDIT_REASONS_MAX 256

/* The closing (and, live, periodic) account of everything. Sums must agree. */
struct audit_totals {
	int64_t ts;          /* packet time of the record: the end of the run */
	int64_t first, last; /* packet time span; equal to ts without packets */
	uint64_t frames;     /* read */
	uint64_t wire_bytes; /* their bytes on the wire */
	/* As struct capture_stats has them. */
	uint64_t filtered, unfilterable, out_of_range, cut, len_raised, untimed;
	uint64_t blocks_skipped, options_bad, ignored;
	uint64_t in_flows;  /* frames counted in flows */
	uint64_t untracked; /* IP frames without a place in a flow table */
	uint64_t not_ip, malformed;
	struct audit_reason {
		uint8_t reason;  /* enum decode_reason */
		uint32_t number; /* see enum decode_reason */
		uint64_t frames;
	} reasons[AUDIT_REASONS_MAX]; /* ascending by reason, number */
	unsigned n_reasons;
	uint64_t reasons_other;        /* frames of further numbers, beyond the table */
	uint64_t anomalies[ANOMALY_N]; /* packets and flows with the anomaly */
	uint64_t time_backwards;       /* frames whose time was clamped */
	struct flow_stats flow;
	struct app_stats app;
	struct classify_stats classify;
	struct aggregator_stats aggregator;
	struct meter_merge_stats meters;
	uint64_t meters_replaced;    /* endpoints that lost their place in a shard */
	uint64_t anomalies_left_out; /* anomaly records over the rate limit */
	uint64_t records[EVENT_N];   /* written by kind of event */
	uint64_t records_dropped;    /* too large for the log, or no memory to format */
	uint64_t kernel_drops;       /* as the capture files state */
	uint64_t damaged_files, files;
};

void audit_format_stats(struct buf *out, const struct audit_totals *totals);

/* Whether EVENT_FLOW_CLASSIFIED with these labels would be any records. */
bool audit_has_classified(const struct classify_labels *labels);

/* Name of an event kind's event_type, for counters ("flow", "dns" ...). */
const char *audit_event_type(enum event_kind kind);

/* ---- segments ---- */

struct audit_config {
	const char
	    *dir; /* directory to create or fill, or "-" for plain NDJSON on stdout */
	size_t member_bytes; /* JSON bytes in a member at most (1 MiB); a longer record
				has a member of its own */
	uint64_t segment_bytes; /* compressed bytes after which a segment is closed */
	int level;              /* compression, 1 .. 9 (zlib) or 12 (libdeflate) */
};

void audit_config_defaults(struct audit_config *config_r);

struct audit_log_stats {
	uint64_t records, json_bytes; /* written */
	uint64_t members, segments, stored_bytes;
	uint64_t lost_records; /* could not be written: see error */
	char error[512];       /* the newest failure, naming the file; "" if none */
};

struct audit_log;

/*
 * Opens the log. A directory that already holds segments is refused (-EEXIST in the
 * text) so that no run is mixed into another one's log. NULL and *error_r on failure.
 */
struct audit_log *audit_log_open(const struct audit_config *config, char **error_r);

/*
 * Takes whole records: `len` bytes of lines as the formatters above write them. How
 * they come together in calls has no influence on the files: members are filled line by
 * line and take their times from the lines. What cannot be written is counted and the
 * log goes on; returns 0, or -errno of the newest failure within the call.
 */
int audit_log_append(struct audit_log *log, const char *lines, size_t len);

/* Ends the open member, so that readers see all that was appended. 0 or -errno. */
int audit_log_flush(struct audit_log *log);

/* Ends the open member and segment. Returns 0 or -errno; the stats are valid either
 * way. */
int audit_log_close(struct audit_log **log, struct audit_log_stats *stats_r);

/* Text of the newest failure, naming the file; "" if none. */
const char *audit_log_error(const struct audit_log *log);

/* ---- reading it back ---- */

/* What a member's FEXTRA field says (docs/log-format.md). */
struct audit_member {
	uint64_t offset;       /* in the segment file */
	uint64_t stored_bytes; /* whole member */
	uint64_t json_bytes, records;
	uint64_t lost;        /* records that could not be written just before it */
	int64_t first, last;  /* least and greatest timestamp, to the microsecond */
	uint64_t sequence;    /* of the member in the log, from 0 */
	uint8_t previous[32]; /* place of the hash chain; zero while there is none */
	uint16_t flags;       /* none defined yet */
};

/* Longest JSON of a member: a reader need not provide for more. */
#define AUDIT_MEMBER_JSON_MAX (16U << 20)

struct audit_reader;

/*
 * Opens one segment, also while it is being written. NULL and *error_r, malloc'd, on
 * failure.
 */
struct audit_reader *audit_reader_open(const char *path, char **error_r);
void audit_reader_close(struct audit_reader **r);

/*
 * Steps to the next member without inflating the one before. Returns 1, 0 at the end
 * (a later call finds what was added since), -EBADMSG when the bytes at m_r->offset are
 * not a whole member, or another -errno when they cannot be read. There is no way past
 * a failure: the next call tries the same place again.
 */
int audit_reader_next(struct audit_reader *r, struct audit_member *m_r);

/* Inflates the current member into out (reset first). 0, -EBADMSG or another -errno. */
int audit_reader_inflate(struct audit_reader *r, struct buf *out);

/* What is wrong at the offset, for people; naming neither file nor offset. "" if
 * nothing. */
const char *audit_reader_error(const struct audit_reader *r);

#endif
