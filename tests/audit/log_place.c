/* A directory for a log, lines to put into it, and what comes out again. */
#include "config.h"

#include "log_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tallyman/clock.h"

int
log_place_set_up(void **state)
{
	struct log_place *p = calloc(1, sizeof *p);

	strcpy(p->dir, "/tmp/test_audit.XXXXXX");
	*state = p;
	return mkdtemp(p->dir) == NULL;
}

int
log_place_tear_down(void **state)
{
	struct log_place *p = *state;
	char command[128];

	snprintf(command, sizeof command, "rm -rf '%s'", p->dir);
	globfree(&p->segments);
	free(p);
	return system(command);
}

size_t
log_place_find(struct log_place *p)
{
	char pattern[128];

	snprintf(pattern, sizeof pattern, "%s/*", p->dir);
	globfree(&p->segments);
	memset(&p->segments, 0, sizeof p->segments);
	glob(pattern, 0, NULL, &p->segments);
	return p->segments.gl_pathc;
}

struct audit_log *
log_place_open(const struct log_place *p, size_t member_bytes, uint64_t segment_bytes)
{
	struct audit_config c;
	struct audit_log *log;
	char *error = NULL;

	audit_config_defaults(&c);
	c.dir = p->dir;
	c.member_bytes = member_bytes;
	c.segment_bytes = segment_bytes;
	log = audit_log_open(&c, &error);
	if (log == NULL)
		fail_msg("%s", error);
	return log;
}

void
log_lines(struct buf *out, unsigned n)
{
	char t[CLOCK_TEXT_MAX];

	for (unsigned i = 0; i < n; i++) {
		clock_format(LOG_T0 + (int64_t)(i ^ 3) * CLOCK_NS_PER_MS, t);
		buf_printf(out,
		    "{\"timestamp\":\"%s\",\"event_type\":\"flow\",\"n\":%u,\"pad\":\"%"
		    ".*s\"}\n",
		    t, i, (int)(i % 37), "the quick brown fox jumps over the lazy dog");
	}
}

void
log_append(struct audit_log *log, const struct buf *lines, unsigned lines_each)
{
	const char *p = lines->data, *end = p + lines->len, *from = p;
	unsigned n = 0;

	for (; p < end; p++) {
		if (*p != '\n' || (++n % lines_each != 0 && p + 1 < end))
			continue;
		assert_int_equal(
		    audit_log_append(log, from, (size_t)(p + 1 - from)), 0);
		from = p + 1;
	}
}

void
log_read_command(const char *command, struct buf *out)
{
	FILE *f = popen(command, "r");
	char piece[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(piece, 1, sizeof piece, f)) > 0)
		buf_add(out, piece, n);
	assert_int_equal(pclose(f), 0);
}

void
log_read_file(const char *path, struct buf *out)
{
	char command[256];

	snprintf(command, sizeof command, "cat '%s'", path);
	log_read_command(command, out);
}

void
log_write_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

void
log_assert_same(const struct buf *a, const struct buf *b)
{
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->data, b->data, a->len);
}

void
log_read_segment(const char *path, struct log_account *a, struct buf *out)
{
	char *error = NULL;
	struct audit_reader *r = audit_reader_open(path, &error);
	struct audit_member m;
	struct buf json;
	int found;

	assert_non_null(r);
	buf_init(&json);
	while ((found = audit_reader_next(r, &m)) == 1) {
		assert_int_equal(m.sequence, a->sequence++);
		assert_int_equal(m.flags, 0);
		assert_int_equal(audit_reader_inflate(r, &json), 0);
		assert_int_equal(json.len, m.json_bytes);
		a->first = a->members == 0 || m.first < a->first ? m.first : a->first;
		a->last = a->members == 0 || m.last > a->last ? m.last : a->last;
		a->members++;
		a->records += m.records;
		a->json_bytes += m.json_bytes;
		a->lost += m.lost;
		buf_add(out, json.data, json.len);
	}
	assert_int_equal(found, 0);
	buf_fini(&json);
	audit_reader_close(&r);
}
