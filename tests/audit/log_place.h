/* A directory for a log, lines to put into it, and what comes out again. */
#ifndef TESTS_AUDIT_LOG_PLACE_H
#define TESTS_AUDIT_LOG_PLACE_H

#include <glob.h>

#include "tallyman/audit.h"

#define LOG_T0 INT64_C(1795459273966000000) /* 2026-11-23T18:41:13.966 */

struct log_place {
	char dir[64];
	glob_t segments; /* of log_place_find() */
};

/* cmocka's fixtures: *state is a struct log_place with an empty directory. */
int log_place_set_up(void **state);
int log_place_tear_down(void **state);

/* Looks for files; their number. */
size_t log_place_find(struct log_place *p);
struct audit_log *log_place_open(
    const struct log_place *p, size_t member_bytes, uint64_t segment_bytes);

/* Appends n records like the real ones, of different lengths and not in order of time.
 */
void log_lines(struct buf *out, unsigned n);
/* Gives the lines to the log in pieces of `lines_each` lines. */
void log_append(struct audit_log *log, const struct buf *lines, unsigned lines_each);

/* What a command prints, and a file holds; appended. */
void log_read_command(const char *command, struct buf *out);
void log_read_file(const char *path, struct buf *out);
void log_write_file(const char *path, const void *data, size_t len);
void log_assert_same(const struct buf *a, const struct buf *b);

/* What the headers of members say, summed. */
struct log_account {
	uint64_t members, records, json_bytes, sequence, lost;
	int64_t first, last;
};

/* Hops and inflates a segment up to its end; all JSON goes to out. */
void log_read_segment(const char *path, struct log_account *a, struct buf *out);

#endif
