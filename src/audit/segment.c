/*
 * The log as a directory of segments: lines fill a member, members fill a segment.
 * Where a member ends depends on the lines alone, so the same records give the same
 * files.
 */
#include "config.h"

#include "tallyman/audit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/deflate.h"
#include "audit/member.h"
#include "audit/plain.h"
#include "audit/segment_file.h"
#include "tallyman/clock.h"

#define MEMBER_BYTES_DEFAULT  (1U << 20)
#define SEGMENT_BYTES_DEFAULT (64U << 20)

/* Every record starts with its time, in a form that sorts as text. */
static const char line_start[] = "{\"timestamp\":\"";
#define LINE_TIME_AT  (sizeof line_start - 1)
#define LINE_TIME_LEN 31 /* 2026-11-22T17:04:12.000123+0000 */

struct audit_log {
	struct audit_config config;
	bool to_stdout;
	struct plain plain;
	struct segment_file file;
	struct deflate *deflate;
	struct buf json;            /* lines of the open member */
	struct buf stored;          /* the member as it is written */
	struct audit_member member; /* the open one; sequence and previous go on */
	char first[LINE_TIME_LEN + 1], last[LINE_TIME_LEN + 1]; /* "" before any */
	struct audit_log_stats stats;
};

void
audit_config_defaults(struct audit_config *config_r)
{
	*config_r = (struct audit_config){
	    .dir = "audit",
	    .member_bytes = MEMBER_BYTES_DEFAULT,
	    .segment_bytes = SEGMENT_BYTES_DEFAULT,
	    .level = DEFLATE_LEVEL_GOOD,
	};
}

/* ---- failures ---- */

static const struct {
	int error;
	const char *advice;
} advices[] = {
    {ENOSPC, "free space there, or choose another directory with -o"},
    {EDQUOT, "raise the quota, or choose another directory with -o"},
    {EROFS, "choose a directory that can be written with -o"},
    {EACCES, "choose a directory that can be written with -o"},
    {EPIPE, "the reader of standard output has ended"},
    {EIO, "the storage is failing: choose another with -o"},
};

static const char *
advice(int error)
{
	for (size_t i = 0; i < sizeof advices / sizeof *advices; i++) {
		if (advices[i].error == error)
			return advices[i].advice;
	}
	return "the log goes on when it can";
}

/* Counts what is lost and says so; returns error for the caller to pass on. */
static int
lose(struct audit_log *log, uint64_t records, int error)
{
	char path[384];

	log->stats.lost_records += records;
	log->member.lost += records;
	if (log->to_stdout)
		snprintf(path, sizeof path, "standard output");
	else
		snprintf(path, sizeof path, "%.255s%s%s", log->file.dir,
		    *log->file.name == '\0' ? "" : "/", log->file.name);
	snprintf(log->stats.error, sizeof log->stats.error,
	    "%s: cannot write: %s (%" PRIu64 " records lost so far); %s", path,
	    strerror(-error), log->stats.lost_records, advice(-error));
	return error;
}

const char *
audit_log_error(const struct audit_log *log)
{
	return log->stats.error;
}

/* ---- members ---- */

static int64_t
time_of(const char *text)
{
	int64_t ts = 0;

	/* A line without a time leaves 0: readers then see no range. */
	return *text != '\0' && clock_parse(text, &ts) == 0 ? ts : 0;
}

/* The open member is written or lost: an empty one follows. */
static void
reset_member(struct audit_log *log)
{
	buf_reset(&log->json);
	buf_reset(&log->stored);
	log->member.records = 0;
	*log->first = *log->last = '\0';
}

static int
end_segment(struct audit_log *log)
{
	int error = segment_file_end(&log->file);

	return error == 0 ? 0 : lose(log, 0, error);
}

static int
write_member(struct audit_log *log)
{
	struct audit_member *m = &log->member;
	int error;

	m->first = time_of(log->first);
	m->last = time_of(log->last);
	error =
	    member_pack(log->deflate, m, log->json.data, log->json.len, &log->stored);
	if (error == 0)
		error = segment_file_write(
		    &log->file, m->first, log->stored.data, log->stored.len);
	if (error != 0)
		return lose(log, m->records, error);
	log->stats.records += m->records;
	log->stats.json_bytes += m->json_bytes;
	log->stats.stored_bytes += m->stored_bytes;
	log->stats.members++;
	log->stats.segments = log->file.number;
	m->sequence++;
	m->lost = 0;
	return log->file.size < log->config.segment_bytes ? 0 : end_segment(log);
}

int
audit_log_flush(struct audit_log *log)
{
	int error;

	if (log->member.records == 0)
		return 0;
	error = write_member(log);
	reset_member(log);
	return error;
}

static void
note_time(struct audit_log *log, const char *line, size_t len)
{
	const char *t = line + LINE_TIME_AT;

	if (len < LINE_TIME_AT + LINE_TIME_LEN ||
	    memcmp(line, line_start, LINE_TIME_AT) != 0)
		return;
	if (*log->first == '\0' || memcmp(t, log->first, LINE_TIME_LEN) < 0)
		memcpy(log->first, t, LINE_TIME_LEN);
	if (memcmp(t, log->last, LINE_TIME_LEN) > 0)
		memcpy(log->last, t, LINE_TIME_LEN);
}

static int
add_line(struct audit_log *log, const char *line, size_t len)
{
	int error = 0;

	if (len > AUDIT_MEMBER_JSON_MAX)
		return lose(log, 1, -EMSGSIZE);
	if (log->json.len + len > log->config.member_bytes)
		error = audit_log_flush(log);
	buf_add(&log->json, line, len);
	if (log->json.failed) {
		log->json.failed = false;
		return lose(log, 1, -ENOMEM);
	}
	log->member.records++;
	note_time(log, line, len);
	return error;
}

static int
append_plain(struct audit_log *log, const char *lines, size_t len)
{
	uint64_t written, bytes, lost = 0;
	int error = plain_write(&log->plain, lines, len, &written, &bytes);

	log->stats.records += written;
	log->stats.json_bytes += bytes;
	log->stats.stored_bytes += bytes;
	if (error == 0)
		return 0;
	for (const char *p = lines + bytes, *end = lines + len; p < end; p++)
		lost += *p == '\n';
	return lose(log, lost, error);
}

int
audit_log_append(struct audit_log *log, const char *lines, size_t len)
{
	const char *end = lines + len, *next;
	int error = 0, failed;

	if (log->to_stdout)
		return append_plain(log, lines, len);
	for (; lines < end; lines = next) {
		next = memchr(lines, '\n', (size_t)(end - lines));
		next = next == NULL ? end : next + 1;
		failed = add_line(log, lines, (size_t)(next - lines));
		error = failed != 0 ? failed : error;
	}
	return error;
}

/* ---- life ---- */

static void
free_log(struct audit_log **log)
{
	struct audit_log *l = *log;

	segment_dir_close(&l->file);
	deflate_free(&l->deflate);
	buf_fini(&l->json);
	buf_fini(&l->stored);
	buf_fini(&l->plain.rest);
	free(l);
	*log = NULL;
}

/* NULL when all is well, else malloc'd text. */
static char *
check_config(const struct audit_config *c)
{
	const struct {
		const char *what;
		uint64_t value, max;
	} limits[] = {
	    {"compression level", c->level < 0 ? 0 : (uint64_t)c->level,
		DEFLATE_LEVEL_MAX},
	    {"bytes of a member", c->member_bytes, AUDIT_MEMBER_JSON_MAX},
	    {"bytes of a segment", c->segment_bytes, INT64_MAX},
	};
	struct buf text;

	buf_init(&text);
	for (size_t i = 0; i < sizeof limits / sizeof *limits && text.len == 0; i++) {
		if (limits[i].value < 1 || limits[i].value > limits[i].max)
			buf_printf(&text,
			    "the %s of the log must be from 1 to %" PRIu64,
			    limits[i].what, limits[i].max);
	}
	if (text.len != 0)
		return buf_detach(&text);
	return NULL;
}

struct audit_log *
audit_log_open(const struct audit_config *config, char **error_r)
{
	struct audit_log *log;

	*error_r = check_config(config);
	if (*error_r != NULL)
		return NULL;
	log = calloc(1, sizeof *log);
	if (log == NULL) {
		*error_r = strdup("not enough memory for the log");
		return NULL;
	}
	log->config = *config;
	log->file.dir_fd = log->file.fd = -1;
	log->plain.fd = STDOUT_FILENO;
	log->to_stdout = strcmp(config->dir, "-") == 0;
	if (log->to_stdout)
		return log;
	log->deflate = deflate_new(DEFLATE_BEST, config->level);
	if (log->deflate == NULL)
		*error_r = strdup("not enough memory for compressing the log");
	else if (segment_dir_open(&log->file, config->dir, error_r) == 0)
		return log;
	free_log(&log);
	return NULL;
}

/* A line that was cut is lost for good when its end cannot be written now. */
static int
close_plain(struct audit_log *log)
{
	uint64_t lines, bytes;
	int error = plain_write(&log->plain, "", 0, &lines, &bytes);

	if (error == 0)
		return 0;
	if (log->plain.rest.len == 0)
		return error;
	log->stats.records--;
	return lose(log, 1, error);
}

int
audit_log_close(struct audit_log **log, struct audit_log_stats *stats_r)
{
	struct audit_log *l = *log;
	int error = 0, end;

	memset(stats_r, 0, sizeof *stats_r);
	if (l == NULL)
		return 0;
	if (l->to_stdout) {
		error = close_plain(l);
	} else {
		error = audit_log_flush(l);
		end = end_segment(l);
		error = end != 0 ? end : error;
	}
	*stats_r = l->stats;
	free_log(log);
	return error;
}
