/*
 * Segments that are cut at every byte, damaged, or claim what cannot be; streams of
 * both compressors.
 */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "audit/deflate.h"
#include "audit/member.h"
#include "log_place.h"

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
make_three(struct log_place *p, struct buf *file, uint64_t starts_r[4])
{
	struct audit_log *log = log_place_open(p, 150, 1 << 20);
	struct audit_log_stats stats;
	struct audit_reader *r;
	struct audit_member m;
	char *error = NULL;
	struct buf lines;

	buf_init(&lines);
	log_lines(&lines, 3);
	log_append(log, &lines, 3);
	audit_log_close(&log, &stats);
	buf_fini(&lines);
	assert_int_equal(stats.members, 3);
	assert_int_equal(log_place_find(p), 1);
	r = audit_reader_open(p->segments.gl_pathv[0], &error);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(audit_reader_next(r, &m), 1);
		starts_r[i] = m.offset;
	}
	starts_r[3] = m.offset + m.stored_bytes;
	audit_reader_close(&r);
	log_read_file(p->segments.gl_pathv[0], file);
	assert_int_equal(file->len, starts_r[3]);
}

static void
test_cut_at_every_byte(void **state)
{
	struct log_place *p = *state;
	char path[128];
	uint64_t starts[4];
	struct buf file;

	buf_init(&file);
	make_three(p, &file, starts);
	snprintf(path, sizeof path, "%s/cut", p->dir);
	for (size_t size = 0; size <= file.len; size++) {
		log_write_file(path, file.data, size);
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
	struct log_place *p = *state;
	char path[128];
	uint64_t starts[4];
	struct buf file;

	buf_init(&file);
	make_three(p, &file, starts);
	snprintf(path, sizeof path, "%s/damaged", p->dir);
	for (size_t at = starts[1]; at < starts[2]; at++) {
		unsigned good;

		file.data[at] = (char)~file.data[at];
		log_write_file(path, file.data, file.len);
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
	struct log_place *p = *state;
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
		log_write_file(path, wrong.data, wrong.len);
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
	struct log_place *p = *state;
	uint64_t starts[4];
	char path[128], command[160];
	struct log_account a = {0};
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
	log_write_file(path, longer.data, longer.len);
	log_read_segment(path, &a, &read);
	assert_int_equal(a.records, 1);
	buf_reset(&longer);
	snprintf(command, sizeof command, "zcat <'%s'", path);
	log_read_command(command, &longer);
	log_assert_same(&longer, &read);
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
	log_lines(&lines, 2000);
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
			log_assert_same(&out, &lines);
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

int
main(void)
{
#define CASE(f) \
	cmocka_unit_test_setup_teardown(f, log_place_set_up, log_place_tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(test_cut_at_every_byte),
	    CASE(test_damage_at_every_byte),
	    CASE(test_claims),
	    CASE(test_longer_extra),
	    CASE(test_libraries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
