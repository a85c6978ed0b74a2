/*
 * Segments written, read by gzip, hopped over, cut at every byte, damaged, and written
 * where there is no room.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>
#include <cmocka.h>

#include "audit/deflate.h"
#include "audit/member.h"
#include "audit/plain.h"
#include "tallyman/audit.h"
#include "tallyman/clock.h"

#define T0 INT64_C(1795459273966000000) /* 2026-11-23T18:41:13.966 */

/* ---- a place for logs ---- */

struct place {
	char dir[64];
	glob_t segments;
};

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	strcpy(p->dir, "/tmp/test_segment.XXXXXX");
	*state = p;
	return mkdtemp(p->dir) == NULL;
}

static int
tear_down(void **state)
{
	struct place *p = *state;
	char command[128];

	snprintf(command, sizeof command, "rm -rf '%s'", p->dir);
	globfree(&p->segments);
	free(p);
	return system(command);
}

static size_t
find_segments(struct place *p)
{
	char pattern[128];

	snprintf(pattern, sizeof pattern, "%s/*", p->dir);
	globfree(&p->segments);
	memset(&p->segments, 0, sizeof p->segments);
	glob(pattern, 0, NULL, &p->segments);
	return p->segments.gl_pathc;
}

static struct audit_log *
open_log(const struct place *p, size_t member_bytes, uint64_t segment_bytes)
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

/* ---- lines ---- */

/* Records like the real ones, of different lengths and not in order of time. */
static void
make_lines(struct buf *out, unsigned n)
{
	char t[CLOCK_TEXT_MAX];

	for (unsigned i = 0; i < n; i++) {
		clock_format(T0 + (int64_t)(i ^ 3) * CLOCK_NS_PER_MS, t);
		buf_printf(out,
		    "{\"timestamp\":\"%s\",\"event_type\":\"flow\",\"n\":%u,\"pad\":\"%"
		    ".*s\"}\n",
		    t, i, (int)(i % 37), "the quick brown fox jumps over the lazy dog");
	}
}

/* Gives the lines to the log in pieces of `lines_each` lines. */
static void
append(struct audit_log *log, const struct buf *lines, unsigned lines_each)
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

static void
read_command(const char *command, struct buf *out)
{
	FILE *f = popen(command, "r");
	char piece[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(piece, 1, sizeof piece, f)) > 0)
		buf_add(out, piece, n);
	assert_int_equal(pclose(f), 0);
}

static void
read_file(const char *path, struct buf *out)
{
	char command[256];

	snprintf(command, sizeof command, "cat '%s'", path);
	read_command(command, out);
}

static void
write_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void
assert_same(const struct buf *a, const struct buf *b)
{
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->data, b->data, a->len);
}

/* ---- reading back ---- */

struct account {
	uint64_t members, records, json_bytes, sequence, lost;
	int64_t first, last;
};

/* Hops and inflates a segment up to its end; all JSON goes to out. */
static void
read_segment(const char *path, struct account *a, struct buf *out)
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
	struct place *p = *state;
	struct buf lines, stored, read;
	struct audit_log_stats stats;
	char command[128];

	buf_init(&lines);
	buf_init(&stored);
	buf_init(&read);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct audit_log *log =
		    open_log(p, cases[i].member_bytes, cases[i].segment_bytes);
		struct account a = {0};

		buf_reset(&lines);
		buf_reset(&stored);
		buf_reset(&read);
		make_lines(&lines, cases[i].lines);
		append(log, &lines, cases[i].lines_each);
		assert_int_equal(audit_log_close(&log, &stats), 0);
		assert_null(log);
		snprintf(command, sizeof command, "zcat '%s'/*", p->dir);
		read_command(command, &stored);
		assert_same(&stored, &lines);
		assert_int_equal(find_segments(p), stats.segments);
		for (size_t s = 0; s < stats.segments; s++)
			read_segment(p->segments.gl_pathv[s], &a, &read);
		assert_same(&read, &lines);
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
	struct place *p = *state;
	struct audit_log *log = open_log(p, 1 << 20, 1 << 20);
	struct account a = {.first = 0};
	struct audit_log_stats stats;
	const char *path;
	struct buf b;

	buf_init(&b);
	make_lines(&b, 8);
	append(log, &b, 8);
	audit_log_close(&log, &stats);
	assert_int_equal(find_segments(p), 1);
	path = p->segments.gl_pathv[0] + strlen(p->dir) + 1;
	assert_string_equal(path, "tallyman-20261123T184113Z-00000001.ndjson.gz");
	buf_reset(&b);
	read_segment(p->segments.gl_pathv[0], &a, &b);
	assert_true(a.first == T0);
	assert_true(a.last == T0 + 7 * CLOCK_NS_PER_MS);
	buf_reset(&b);
	read_file(p->segments.gl_pathv[0], &b);
	assert_memory_equal(
	    b.data, "\x1f\x8b\x08\x04\0\0\0\0\0\xff\x54\0TM\x50\0\1\0", 18);
	buf_fini(&b);
}

/* After a flush a reader sees everything; it goes on where it stopped. */
static void
test_read_while_written(void **state)
{
	struct place *p = *state;
	struct audit_log *log = open_log(p, 1 << 20, 1 << 20);
	struct audit_log_stats stats;
	struct audit_reader *r;
	struct audit_member m;
	char *error = NULL;
	struct buf b;

	buf_init(&b);
	make_lines(&b, 3);
	append(log, &b, 1);
	assert_int_equal(find_segments(p), 0);
	assert_int_equal(audit_log_flush(log), 0);
	assert_int_equal(audit_log_flush(log), 0);
	assert_int_equal(find_segments(p), 1);
	r = audit_reader_open(p->segments.gl_pathv[0], &error);
	assert_non_null(r);
	assert_int_equal(audit_reader_next(r, &m), 1);
	assert_int_equal(m.records, 3);
	assert_int_equal(audit_reader_next(r, &m), 0);
	append(log, &b, 3);
	audit_log_close(&log, &stats);
	assert_int_equal(audit_reader_next(r, &m), 1);
	assert_int_equal(m.sequence, 1);
	assert_int_equal(audit_reader_next(r, &m), 0);
	audit_reader_close(&r);
	buf_fini(&b);
}

/* ---- damage ---- */

/*
 * Reads a file of three members of which `size` bytes are there. Every whole member
 * must come out, and what is cut must be found at its place.
 */
static void
read_cut(const char *path, const uint64_t starts[4], size_t size)
{
	unsigned whole = 0, seen = 0;
	char *error = NULL;
	struct audit_reader *r = audit_reader_open(path, &error);
	struct audit_member m;
	struct buf json;
	int found;

	assert_non_null(r);
	buf_init(&json);
	while (whole < 3 && starts[whole + 1] <= size)
		whole++;
	while ((found = audit_reader_next(r, &m)) == 1) {
		assert_int_equal(audit_reader_inflate(r, &json), 0);
		seen++;
	}
	assert_int_equal(seen, whole);
	assert_int_equal(found, starts[whole] == size ? 0 : -EBADMSG);
	assert_int_equal(m.offset, starts[whole]);
	if (found != 0)
		assert_true(audit_reader_error(r)[0] != '\0');
	buf_fini(&json);
	audit_reader_close(&r);
}

/* A file of three small members; where they start, and the whole size. */
static void
make_three(struct place *p, struct buf *file, uint64_t starts_r[4])
{
	struct audit_log *log = open_log(p, 150, 1 << 20);
	struct audit_log_stats stats;
	struct audit_reader *r;
	struct audit_member m;
	char *error = NULL;
	struct buf lines;

	buf_init(&lines);
	make_lines(&lines, 3);
	append(log, &lines, 3);
	audit_log_close(&log, &stats);
	buf_fini(&lines);
	assert_int_equal(stats.members, 3);
	assert_int_equal(find_segments(p), 1);
	r = audit_reader_open(p->segments.gl_pathv[0], &error);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(audit_reader_next(r, &m), 1);
		starts_r[i] = m.offset;
	}
	starts_r[3] = m.offset + m.stored_bytes;
	audit_reader_close(&r);
	read_file(p->segments.gl_pathv[0], file);
	assert_int_equal(file->len, starts_r[3]);
}

static void
test_cut_at_every_byte(void **state)
{
	struct place *p = *state;
	char path[128];
	uint64_t starts[4];
	struct buf file;

	buf_init(&file);
	make_three(p, &file, starts);
	snprintf(path, sizeof path, "%s/cut", p->dir);
	for (size_t size = 0; size <= file.len; size++) {
		write_file(path, file.data, size);
		read_cut(path, starts, size);
	}
	buf_fini(&file);
}

/* What the reader makes of a damaged file: members that were read whole. */
static unsigned
read_damaged(const char *path)
{
	char *error = NULL;
	struct audit_reader *r = audit_reader_open(path, &error);
	struct audit_member m;
	struct buf json;
	unsigned good = 0;

	assert_non_null(r);
	buf_init(&json);
	while (good < 4 && audit_reader_next(r, &m) == 1 &&
	    audit_reader_inflate(r, &json) == 0)
		good++;
	buf_fini(&json);
	audit_reader_close(&r);
	return good;
}

/* Bytes of the header that tell but do not decide: times, sequence, hash and so on. */
static bool
is_free(size_t at)
{
	return (at >= 4 && at < 10) || at == 17 || (at >= 18 && at < 20) ||
	    (at >= 28 && at < MEMBER_HEADER);
}

/* Every byte of the second member turned: it never comes out, but for free fields. */
static void
test_damage_at_every_byte(void **state)
{
	struct place *p = *state;
	char path[128];
	uint64_t starts[4];
	struct buf file;

	buf_init(&file);
	make_three(p, &file, starts);
	snprintf(path, sizeof path, "%s/damaged", p->dir);
	for (size_t at = starts[1]; at < starts[2]; at++) {
		unsigned good;

		file.data[at] = (char)~file.data[at];
		write_file(path, file.data, file.len);
		good = read_damaged(path);
		if (good != (is_free(at - starts[1]) ? 3 : 1))
			fail_msg("byte %zu of the member: %u members came out",
			    at - (size_t)starts[1], good);
		file.data[at] = (char)~file.data[at];
	}
	buf_fini(&file);
}

/* Headers that claim what no member may have: refused before memory is taken. */
static void
test_claims(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		unsigned bytes;
		const char *error;
	} cases[] = {
	    {24, AUDIT_MEMBER_JSON_MAX + 1, 4, "more JSON"},
	    {24, UINT32_MAX, 4, "more JSON"},
	    {20, UINT32_MAX, 4, "more bytes"},
	    {20, MEMBER_HEADER + MEMBER_TRAILER - 1, 4, "fewer bytes"},
	    {20, 0, 4, "fewer bytes"},
	    {20, 20000, 4, "ends within a member"},
	    {10, 0, 2, "contradict"},
	    {14, 79, 2, "contradict"},
	    {14, 65535, 2, "contradict"},
	    {16, 2, 1, "version"},
	    {12, 'B', 1, "did not write"},
	    {3, 0, 1, "no gzip member"},
	    {0, 'P', 1, "no gzip member"},
	};
	struct place *p = *state;
	struct audit_reader *r;
	struct audit_member m;
	uint64_t starts[4];
	char path[128], *error = NULL;
	struct buf file, wrong;

	buf_init(&file);
	buf_init(&wrong);
	make_three(p, &file, starts);
	snprintf(path, sizeof path, "%s/claim", p->dir);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_reset(&wrong);
		buf_add(&wrong, file.data, file.len);
		for (unsigned b = 0; b < cases[i].bytes; b++)
			wrong.data[cases[i].at + b] = (char)(cases[i].value >> 8 * b);
		write_file(path, wrong.data, wrong.len);
		r = audit_reader_open(path, &error);
		assert_int_equal(audit_reader_next(r, &m), -EBADMSG);
		assert_int_equal(m.offset, 0);
		assert_non_null(strstr(audit_reader_error(r), cases[i].error));
		assert_int_equal(audit_reader_inflate(r, &wrong), -EINVAL);
		audit_reader_close(&r);
	}
	buf_fini(&file);
	buf_fini(&wrong);
}

/* A later version may make our subfield longer and put others behind it. */
static void
test_longer_extra(void **state)
{
	struct place *p = *state;
	uint64_t starts[4];
	char path[128], command[160];
	struct account a = {0};
	struct buf file, longer, read;

	buf_init(&file);
	buf_init(&longer);
	buf_init(&read);
	make_three(p, &file, starts);
	buf_add(&longer, file.data, MEMBER_HEADER);
	buf_add(&longer, "longer", 6);
	buf_add(&longer, "TB\4\0bits", 8);
	buf_add(&longer, file.data + MEMBER_HEADER, starts[1] - MEMBER_HEADER);
	longer.data[10] += 14;
	longer.data[14] += 6;
	longer.data[20] += 14;
	snprintf(path, sizeof path, "%s/longer", p->dir);
	write_file(path, longer.data, longer.len);
	read_segment(path, &a, &read);
	assert_int_equal(a.records, 1);
	buf_reset(&longer);
	snprintf(command, sizeof command, "zcat <'%s'", path);
	read_command(command, &longer);
	assert_same(&longer, &read);
	buf_fini(&file);
	buf_fini(&longer);
	buf_fini(&read);
}

/* ---- both compressors ---- */

static void
test_libraries(void **state)
{
	static const struct {
		enum deflate_library pack, unpack;
		int level;
	} cases[] = {
	    {DEFLATE_ZLIB, DEFLATE_ZLIB, 1},
	    {DEFLATE_ZLIB, DEFLATE_ZLIB, 9},
	    {DEFLATE_LIBDEFLATE, DEFLATE_ZLIB, 1},
	    {DEFLATE_LIBDEFLATE, DEFLATE_ZLIB, 12},
	    {DEFLATE_ZLIB, DEFLATE_LIBDEFLATE, 6},
	    {DEFLATE_LIBDEFLATE, DEFLATE_LIBDEFLATE, 6},
	};
	struct buf lines, packed, out;
	unsigned tried = 0;

	(void)state;
	buf_init(&lines);
	buf_init(&packed);
	buf_init(&out);
	make_lines(&lines, 2000);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct deflate *d = deflate_new(cases[i].pack, cases[i].level);
		struct deflate *u = deflate_new(cases[i].unpack, 1);

		/* The second time shows that nothing stays behind. */
		for (int again = 0; d != NULL && u != NULL && again < 2; again++) {
			buf_reset(&packed);
			buf_reset(&out);
			tried++;
			assert_int_equal(
			    deflate_pack(d, lines.data, lines.len, &packed), 0);
			assert_true(packed.len < lines.len / 4);
			assert_int_equal(
			    deflate_unpack(u, packed.data, packed.len, lines.len, &out),
			    0);
			assert_same(&out, &lines);
			assert_int_equal(deflate_unpack(u, packed.data, packed.len,
					     lines.len - 1, &out),
			    -EBADMSG);
			assert_int_equal(deflate_unpack(u, packed.data, packed.len - 1,
					     lines.len, &out),
			    -EBADMSG);
		}
		deflate_free(&d);
		deflate_free(&u);
	}
#ifdef HAVE_LIBDEFLATE
	assert_int_equal(tried, 12);
#else
	assert_int_equal(tried, 4);
#endif
	assert_null(deflate_new(DEFLATE_ZLIB, 10));
	assert_null(deflate_new(DEFLATE_ZLIB, 0));
	buf_fini(&lines);
	buf_fini(&packed);
	buf_fini(&out);
}

/* ---- failures ---- */

static void
test_open_refused(void **state)
{
	struct place *p = *state;
	struct audit_config c;
	struct audit_log *log;
	char path[128], *error = NULL;
	const struct {
		const char *dir, *file;
		size_t member_bytes;
		int level;
		const char *text;
	} cases[] = {
	    {p->dir, "tallyman-20260101T000000Z-00000001.ndjson.gz", 1 << 20, 1,
		"already holds a log (tallyman-20260101T000000Z-00000001.ndjson.gz)"},
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
			write_file(path, "", 0);
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
	struct place *p = *state;
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
	struct place *p = *state;
	struct audit_log *log = open_log(p, 1 << 20, 1 << 20);
	struct rlimit before, small;
	struct audit_log_stats stats;
	struct account a = {0};
	struct stat st;
	struct buf lines, out;

	buf_init(&lines);
	buf_init(&out);
	make_lines(&lines, 5);
	append(log, &lines, 5);
	assert_int_equal(audit_log_flush(log), 0);
	assert_int_equal(find_segments(p), 1);
	assert_int_equal(stat(p->segments.gl_pathv[0], &st), 0);

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = (rlim_t)st.st_size + 50;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	append(log, &lines, 5);
	assert_int_equal(audit_log_flush(log), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);

	assert_non_null(strstr(audit_log_error(log), p->segments.gl_pathv[0]));
	assert_non_null(strstr(audit_log_error(log), "5 records lost"));
	small.rlim_cur = (rlim_t)st.st_size;
	assert_int_equal(stat(p->segments.gl_pathv[0], &st), 0);
	assert_int_equal(st.st_size, small.rlim_cur);
	append(log, &lines, 5);
	assert_int_equal(audit_log_close(&log, &stats), 0);
	assert_int_equal(stats.records, 10);
	assert_int_equal(stats.lost_records, 5);
	assert_int_equal(find_segments(p), 1);
	read_segment(p->segments.gl_pathv[0], &a, &out);
	assert_int_equal(a.records, 10);
	assert_int_equal(a.lost, 5);
	buf_fini(&lines);
	buf_fini(&out);
}

/* A record that no reader would take is lost alone. */
static void
test_huge_record(void **state)
{
	struct place *p = *state;
	struct audit_log *log = open_log(p, 1 << 20, 1 << 20);
	size_t len = AUDIT_MEMBER_JSON_MAX + 1;
	char *huge = malloc(len);
	struct audit_log_stats stats;
	struct account a = {0};
	struct buf lines, out;

	buf_init(&lines);
	buf_init(&out);
	make_lines(&lines, 2);
	memset(huge, 'x', len);
	huge[len - 1] = '\n';
	append(log, &lines, 2);
	assert_int_equal(audit_log_append(log, huge, len), -EMSGSIZE);
	assert_int_equal(audit_log_append(log, huge + 1, len - 1), 0);
	append(log, &lines, 2);
	assert_int_equal(audit_log_close(&log, &stats), 0);
	assert_int_equal(stats.lost_records, 1);
	assert_int_equal(stats.records, 5);
	assert_int_equal(find_segments(p), 1);
	read_segment(p->segments.gl_pathv[0], &a, &out);
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
	struct place *p = *state;
	struct audit_log *log;
	struct audit_log_stats stats;
	struct account a = {0};
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
	make_lines(&lines, 50);
	log = open_log(p, 1 << 20, 1 << 20);
	snprintf(filler, sizeof filler, "head -c 1M /dev/zero >'%s'/.fill 2>/dev/null",
	    p->dir);
	assert_int_not_equal(system(filler), 0);
	append(log, &lines, 50);
	assert_int_equal(audit_log_flush(log), -ENOSPC);
	assert_non_null(strstr(audit_log_error(log), "free space"));
	assert_int_equal(find_segments(p), 0);
	snprintf(filler, sizeof filler, "%s/.fill", p->dir);
	assert_int_equal(unlink(filler), 0);
	append(log, &lines, 50);
	assert_int_equal(audit_log_close(&log, &stats), 0);
	assert_int_equal(stats.lost_records, 50);
	assert_int_equal(stats.segments, 1);
	assert_int_equal(find_segments(p), 1);
	read_segment(p->segments.gl_pathv[0], &a, &out);
	assert_same(&out, &lines);
	assert_int_equal(a.lost, 50);
	assert_int_equal(umount(p->dir), 0);
	buf_fini(&lines);
	buf_fini(&out);
}

/* ---- plain lines ---- */

static void
test_plain(void **state)
{
	struct place *p = *state;
	struct plain out = {.fd = open("/dev/full", O_WRONLY)};
	uint64_t lines, bytes;
	struct rlimit before, small;
	struct buf text;
	char path[128];

	assert_true(out.fd >= 0);
	assert_int_equal(plain_write(&out, "a\nb\n", 4, &lines, &bytes), -ENOSPC);
	assert_int_equal(lines, 0);
	assert_int_equal(bytes, 0);
	close(out.fd);

	/* A write that stops within a line: the line is completed later. */
	snprintf(path, sizeof path, "%s/plain", p->dir);
	out.fd = open(path, O_CREAT | O_WRONLY, 0600);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 7;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(
	    plain_write(&out, "first\nsecond\nthird\n", 19, &lines, &bytes), -EFBIG);
	assert_int_equal(lines, 2);
	assert_int_equal(bytes, 13);
	assert_int_equal(plain_write(&out, "lost\n", 5, &lines, &bytes), -EFBIG);
	assert_int_equal(lines, 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(plain_write(&out, "fourth\n", 7, &lines, &bytes), 0);
	assert_int_equal(lines, 1);
	close(out.fd);
	buf_init(&text);
	read_file(path, &text);
	assert_string_equal(buf_text(&text), "first\nsecond\nfourth\n");
	buf_fini(&text);
	buf_fini(&out.rest);
}

/* Runs a log on standard output in a child; returns its exit status. */
static int
run_on_stdout(int fd, const struct buf *lines, uint64_t expect_lost)
{
	struct audit_config c;
	struct audit_log_stats stats;
	struct audit_log *log;
	pid_t pid = fork();
	char *error;
	int status, failed;

	if (pid != 0) {
		assert_int_equal(waitpid(pid, &status, 0), pid);
		return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	}
	signal(SIGPIPE, SIG_IGN);
	dup2(fd, STDOUT_FILENO);
	close(fd);
	audit_config_defaults(&c);
	c.dir = "-";
	log = audit_log_open(&c, &error);
	failed = audit_log_append(log, lines->data, lines->len);
	audit_log_close(&log, &stats);
	_exit(stats.lost_records == expect_lost &&
		    (failed == 0) == (expect_lost == 0) &&
		    (stats.error[0] == '\0') == (expect_lost == 0)
		? 0
		: 1);
}

static void
test_stdout(void **state)
{
	struct place *p = *state;
	struct buf lines, read;
	char path[128];
	int fd, pipes[2];

	buf_init(&lines);
	buf_init(&read);
	make_lines(&lines, 100);
	snprintf(path, sizeof path, "%s/out", p->dir);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(run_on_stdout(fd, &lines, 0), 0);
	close(fd);
	read_file(path, &read);
	assert_same(&read, &lines);
	fd = open("/dev/full", O_WRONLY);
	assert_int_equal(run_on_stdout(fd, &lines, 100), 0);
	close(fd);
	assert_int_equal(pipe(pipes), 0);
	close(pipes[0]);
	assert_int_equal(run_on_stdout(pipes[1], &lines, 100), 0);
	close(pipes[1]);
	buf_fini(&lines);
	buf_fini(&read);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(test_round),
	    CASE(test_names_and_times),
	    CASE(test_read_while_written),
	    CASE(test_cut_at_every_byte),
	    CASE(test_damage_at_every_byte),
	    CASE(test_claims),
	    CASE(test_longer_extra),
	    CASE(test_libraries),
	    CASE(test_open_refused),
	    CASE(test_open_twice),
	    CASE(test_no_room),
	    CASE(test_huge_record),
	    CASE(test_full_disk),
	    CASE(test_plain),
	    CASE(test_stdout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
