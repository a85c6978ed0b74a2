/*
 * Segments written, read by gzip and by our reader, and written where there is no room.
 */
#include "config.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "audit/deflate.h"
#include "log_place.h"
#include "tallyman/clock.h"

/*
 * The same lines in pieces of any size give the same files; gzip and our reader give
 * the lines back.
 */
static void
test_round(void **state)
{
	static const struct {
		size_t member_bytes;
		uint64_t segment_bytes;
		unsigned lines, lines_each;
		unsigned members, segments; /* segments 0: as compression has it */
	} cases[] = {
	    {1000, 1 << 20, 1, 1, 1, 1},
	    {1000, 1 << 20, 100, 100, 11, 1},
	    {1000, 1 << 20, 100, 7, 11, 1},
	    {1000, 1, 100, 1, 11, 11},
	    {1, 1000, 50, 50, 50, 0},
	    {1 << 20, 1 << 20, 20000, 999, 2, 1},
	};
	struct log_place *p = *state;
	struct buf lines, stored, read;
	struct audit_log_stats stats;
	char command[128];

	buf_init(&lines);
	buf_init(&stored);
	buf_init(&read);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct audit_log *log =
		    log_place_open(p, cases[i].member_bytes, cases[i].segment_bytes);
		struct log_account a = {0};

		buf_reset(&lines);
		buf_reset(&stored);
		buf_reset(&read);
		log_lines(&lines, cases[i].lines);
		log_append(log, &lines, cases[i].lines_each);
		assert_int_equal(audit_log_close(&log, &stats), 0);
		assert_null(log);
		snprintf(command, sizeof command, "zcat '%s'/*", p->dir);
		log_read_command(command, &stored);
		log_assert_same(&stored, &lines);
		assert_int_equal(log_place_find(p), stats.segments);
		for (size_t s = 0; s < stats.segments; s++)
			log_read_segment(p->segments.gl_pathv[s], &a, &read);
		log_assert_same(&read, &lines);
		assert_int_equal(a.records, cases[i].lines);
		assert_int_equal(stats.records, cases[i].lines);
		assert_int_equal(a.members, stats.members);
		assert_int_equal(a.json_bytes, lines.len);
		assert_int_equal(stats.json_bytes, lines.len);
		assert_int_equal(stats.lost_records, 0);
		assert_string_equal(stats.error, "");
		assert_int_equal(stats.members, cases[i].members);
		if (cases[i].segments != 0)
			assert_int_equal(stats.segments, cases[i].segments);
		else
			assert_in_range(stats.segments, 2, 49);
		for (size_t s = 0; s < stats.segments; s++)
			unlink(p->segments.gl_pathv[s]);
	}
	buf_fini(&lines);
	buf_fini(&stored);
	buf_fini(&read);
}

/* Name and header come from the records: nothing of clock, host or user. */
static void
test_names_and_times(void **state)
{
	struct log_place *p = *state;
	struct audit_log *log = log_place_open(p, 1 << 20, 1 << 20);
	struct log_account a = {.first = 0};
	struct audit_log_stats stats;
	const char *path;
	struct buf b;

	buf_init(&b);
	log_lines(&b, 8);
	log_append(log, &b, 8);
	audit_log_close(&log, &stats);
	assert_int_equal(log_place_find(p), 1);
	path = p->segments.gl_pathv[0] + strlen(p->dir) + 1;
	assert_string_equal(path, "tallyman-20261123T184113Z-00000001.ndjson.gz");
	buf_reset(&b);
	log_read_segment(p->segments.gl_pathv[0], &a, &b);
	assert_true(a.first == LOG_T0);
	assert_true(a.last == LOG_T0 + 7 * CLOCK_NS_PER_MS);
	buf_reset(&b);
	log_read_file(p->segments.gl_pathv[0], &b);
	assert_memory_equal(
	    b.data, "\x1f\x8b\x08\x04\0\0\0\0\0\xff\x54\0TM\x50\0\1\0", 18);
	buf_fini(&b);
}

/* After a flush a reader sees everything; it goes on where it stopped. */
static void
test_read_while_written(void **state)
{
	struct log_place *p = *state;
	struct audit_log *log = log_place_open(p, 1 << 20, 1 << 20);
	struct audit_log_stats stats;
	struct audit_reader *r;
	struct audit_member m;
	char *error = NULL;
	struct buf b;

	buf_init(&b);
	log_lines(&b, 3);
	log_append(log, &b, 1);
	assert_int_equal(log_place_find(p), 0);
	assert_int_equal(audit_log_flush(log), 0);
	assert_int_equal(audit_log_flush(log), 0);
	assert_int_equal(log_place_find(p), 1);
	r = audit_reader_open(p->segments.gl_pathv[0], &error);
	assert_non_null(r);
	assert_int_equal(audit_reader_next(r, &m), 1);
	assert_int_equal(m.records, 3);
	assert_int_equal(audit_reader_next(r, &m), 0);
	log_append(log, &b, 3);
	audit_log_close(&log, &stats);
	assert_int_equal(audit_reader_next(r, &m), 1);
	assert_int_equal(m.sequence, 1);
	assert_int_equal(audit_reader_next(r, &m), 0);
	audit_reader_close(&r);
	buf_fini(&b);
}

/* ---- failures ---- */

static void
test_open_refused(void **state)
{
	struct log_place *p = *state;
	struct audit_config c;
	struct audit_log *log;
	char path[128], *error = NULL;
	const struct {
		const char *dir, *file;
		size_t member_bytes;
		int level;
		const char *text;
	} cases[] = {
	    {p->dir, "tallyman-20260101LOG_T000000Z-00000001.ndjson.gz", 1 << 20, 1,
		"already holds a log "
		"(tallyman-20260101LOG_T000000Z-00000001.ndjson.gz)"},
	    {"/dev/null/x", NULL, 1 << 20, 1, "/dev/null/x: cannot make"},
	    {"/dev/null", NULL, 1 << 20, 1, "/dev/null: cannot"},
	    {"/proc/none", NULL, 1 << 20, 1, "/proc/none: cannot make"},
	    {"", NULL, 1 << 20, 1, "cannot open"},
	    {p->dir, NULL, 0, 1, "bytes of a member"},
	    {p->dir, NULL, AUDIT_MEMBER_JSON_MAX + 1, 1, "bytes of a member"},
	    {p->dir, NULL, 1 << 20, 0, "level"},
	    {p->dir, NULL, 1 << 20, DEFLATE_LEVEL_MAX + 1, "level"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		audit_config_defaults(&c);
		c.dir = cases[i].dir;
		c.member_bytes = cases[i].member_bytes;
		c.level = cases[i].level;
		snprintf(path, sizeof path, "%s/%s", p->dir,
		    cases[i].file == NULL ? "" : cases[i].file);
		if (cases[i].file != NULL)
			log_write_file(path, "", 0);
		log = audit_log_open(&c, &error);
		assert_null(log);
		assert_non_null(error);
		if (strstr(error, cases[i].text) == NULL)
			fail_msg("case %zu says: %s", i, error);
		free(error);
		error = NULL;
		if (cases[i].file != NULL)
			unlink(path);
	}
}

/* A second writer is refused while the first is at work; deep directories are made. */
static void
test_open_twice(void **state)
{
	struct log_place *p = *state;
	struct audit_log *log, *second;
	struct audit_log_stats stats;
	struct audit_config c;
	char path[128], *error = NULL;

	audit_config_defaults(&c);
	snprintf(path, sizeof path, "%s/a/b/c", p->dir);
	c.dir = path;
	log = audit_log_open(&c, &error);
	assert_non_null(log);
	second = audit_log_open(&c, &error);
	assert_null(second);
	assert_non_null(strstr(error, "another process"));
	free(error);
	assert_int_equal(audit_log_close(&log, &stats), 0);
	assert_int_equal(stats.segments, 0);
	assert_int_equal(audit_log_close(&log, &stats), 0);
}

/*
 * No room for the second member (a limit on the size of files fails like a full disk,
 * in the middle of a write): the log goes on behind the first one when there is room
 * again, and the next member tells of the loss.
 */
static void
test_no_room(void **state)
{
	struct log_place *p = *state;
	struct audit_log *log = log_place_open(p, 1 << 20, 1 << 20);
	struct rlimit before, small;
	struct audit_log_stats stats;
	struct log_account a = {0};
	struct stat st;
	struct buf lines, out;

	buf_init(&lines);
	buf_init(&out);
	log_lines(&lines, 5);
	log_append(log, &lines, 5);
	assert_int_equal(audit_log_flush(log), 0);
	assert_int_equal(log_place_find(p), 1);
	assert_int_equal(stat(p->segments.gl_pathv[0], &st), 0);

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = (rlim_t)st.st_size + 50;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	log_append(log, &lines, 5);
	assert_int_equal(audit_log_flush(log), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);

	assert_non_null(strstr(audit_log_error(log), p->segments.gl_pathv[0]));
	assert_non_null(strstr(audit_log_error(log), "5 records lost"));
	small.rlim_cur = (rlim_t)st.st_size;
	assert_int_equal(stat(p->segments.gl_pathv[0], &st), 0);
	assert_int_equal(st.st_size, small.rlim_cur);
	log_append(log, &lines, 5);
	assert_int_equal(audit_log_close(&log, &stats), 0);
	assert_int_equal(stats.records, 10);
	assert_int_equal(stats.lost_records, 5);
	assert_int_equal(log_place_find(p), 1);
	log_read_segment(p->segments.gl_pathv[0], &a, &out);
	assert_int_equal(a.records, 10);
	assert_int_equal(a.lost, 5);
	buf_fini(&lines);
	buf_fini(&out);
}

/* A record that no reader would take is lost alone. */
static void
test_huge_record(void **state)
{
	struct log_place *p = *state;
	struct audit_log *log = log_place_open(p, 1 << 20, 1 << 20);
	size_t len = AUDIT_MEMBER_JSON_MAX + 1;
	char *huge = malloc(len);
	struct audit_log_stats stats;
	struct log_account a = {0};
	struct buf lines, out;

	buf_init(&lines);
	buf_init(&out);
	log_lines(&lines, 2);
	memset(huge, 'x', len);
	huge[len - 1] = '\n';
	log_append(log, &lines, 2);
	assert_int_equal(audit_log_append(log, huge, len), -EMSGSIZE);
	assert_int_equal(audit_log_append(log, huge + 1, len - 1), 0);
	log_append(log, &lines, 2);
	assert_int_equal(audit_log_close(&log, &stats), 0);
	assert_int_equal(stats.lost_records, 1);
	assert_int_equal(stats.records, 5);
	assert_int_equal(log_place_find(p), 1);
	log_read_segment(p->segments.gl_pathv[0], &a, &out);
	assert_int_equal(a.records, 5);
	assert_int_equal(a.members, 3);
	assert_int_equal(a.lost, 1);
	free(huge);
	buf_fini(&lines);
	buf_fini(&out);
}

/* A real full file system: nothing half is left, and the log recovers. */
static void
test_full_disk(void **state)
{
	struct log_place *p = *state;
	struct audit_log *log;
	struct audit_log_stats stats;
	struct log_account a = {0};
	char filler[128];
	struct buf lines, out;

	/* In a mount namespace of its own, which ends with the process. */
	if (unshare(CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("test", p->dir, "tmpfs", 0, "size=64k") != 0) {
		print_message("# mounting a small tmpfs: %s\n", strerror(errno));
		skip();
	}
	buf_init(&lines);
	buf_init(&out);
	log_lines(&lines, 50);
	log = log_place_open(p, 1 << 20, 1 << 20);
	snprintf(filler, sizeof filler, "head -c 1M /dev/zero >'%s'/.fill 2>/dev/null",
	    p->dir);
	assert_int_not_equal(system(filler), 0);
	log_append(log, &lines, 50);
	assert_int_equal(audit_log_flush(log), -ENOSPC);
	assert_non_null(strstr(audit_log_error(log), "free space"));
	assert_int_equal(log_place_find(p), 0);
	snprintf(filler, sizeof filler, "%s/.fill", p->dir);
	assert_int_equal(unlink(filler), 0);
	log_append(log, &lines, 50);
	assert_int_equal(audit_log_close(&log, &stats), 0);
	assert_int_equal(stats.lost_records, 50);
	assert_int_equal(stats.segments, 1);
	assert_int_equal(log_place_find(p), 1);
	log_read_segment(p->segments.gl_pathv[0], &a, &out);
	log_assert_same(&out, &lines);
	assert_int_equal(a.lost, 50);
	assert_int_equal(umount(p->dir), 0);
	buf_fini(&lines);
	buf_fini(&out);
}

int
main(void)
{
#define CASE(f) \
	cmocka_unit_test_setup_teardown(f, log_place_set_up, log_place_tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(test_round),
	    CASE(test_names_and_times),
	    CASE(test_read_while_written),
	    CASE(test_open_refused),
	    CASE(test_open_twice),
	    CASE(test_no_room),
	    CASE(test_huge_record),
	    CASE(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
