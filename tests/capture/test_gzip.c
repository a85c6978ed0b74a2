/* gzip'd captures: members, padding, and what counts as damage. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "bytes.h"
#include "read_all.h"

#define RECORD (16 + 100)

/* A pcap of three packets, and where it is cut into members. */
static void
put_members(struct bytes *out, const size_t *cuts, size_t n)
{
	struct bytes b;
	size_t from = 0;

	bytes_init(&b, false);
	put_pcap_header(&b, MAGIC_US, 65535, 1);
	for (unsigned i = 1; i <= 3; i++)
		put_record(&b, i, 0, 100, 100, i);
	for (size_t i = 0; i < n; i++) {
		put_gzip(out, bytes_data(&b) + from, cuts[i] - from);
		from = cuts[i];
	}
	put_gzip(out, bytes_data(&b) + from, b.buf.len - from);
	bytes_fini(&b);
}

static void
check_three(const struct read_result *r)
{
	assert_int_equal(r->n, 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(r->seeds[i], i + 1);
		assert_int_equal(r->frames[i].caplen, 100);
	}
}

static void
test_members(void **state)
{
	static const struct {
		size_t cuts[4], n;
	} cases[] = {
	    {{0}, 0}, {{24}, 1}, {{1}, 1},
	    {{0, 0, 2, 30}, 4}, /* empty members in front */
	    {{24 + RECORD, 24 + RECORD, 24 + 2 * RECORD - 1}, 3},
	    {{24 + 3 * RECORD}, 1}, /* an empty member at the end */
	};
	static const size_t windows[] = {0, 1, 100};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (size_t w = 0; w < sizeof windows / sizeof *windows; w++) {
			const struct read_options options = {.window = windows[w]};
			const struct read_result *r;
			struct bytes b;

			bytes_init(&b, false);
			put_members(&b, cases[i].cuts, cases[i].n);
			r = read_bytes(bytes_data(&b), b.buf.len, &options);
			check_three(r);
			assert_int_equal(r->n_damages, 0);
			assert_int_equal(r->stats.bytes_read, b.buf.len);
			bytes_fini(&b);
		}
	}
}

/* What stands behind the last member, and what is changed inside. */
static void
test_trailing(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *what; /* NULL: no damage */
	} cases[] = {
	    {"\0", 1, NULL},
	    {"\0\0\0\0\0\0\0\0", 8, NULL},
	    {"garbage", 7, "are not gzip"},
	    {"\0\0\0x", 4, "are not gzip"},
	    {"\x1f", 1, "the gzip file is cut off"},
	    {"\x1f\x8b\x08", 3, "the gzip file is cut off"},
	    {"\x1f\x8b\x07\0\0\0\0\0\0\0\0\0", 12, "the gzip data are damaged"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct read_result *r;
		struct bytes b;

		bytes_init(&b, false);
		put_members(&b, NULL, 0);
		buf_add(&b.buf, cases[i].bytes, cases[i].len);
		r = read_bytes(bytes_data(&b), b.buf.len, NULL);
		check_three(r);
		assert_int_equal(r->n_damages, cases[i].what != NULL);
		if (cases[i].what != NULL) {
			assert_non_null(strstr(r->damages[0].what, cases[i].what));
			assert_int_equal(r->damages[0].packet, 3);
			assert_int_equal(r->damages[0].offset, 24 + 3 * RECORD);
		}
		bytes_fini(&b);
	}
}

/* A wrong checksum is told, after the packets that it was made for. */
static void
test_checksum(void **state)
{
	const struct read_result *r;
	struct bytes b;

	(void)state;
	bytes_init(&b, false);
	put_members(&b, NULL, 0);
	b.buf.data[b.buf.len - 8] ^= 1;
	r = read_bytes(bytes_data(&b), b.buf.len, NULL);
	check_three(r);
	assert_int_equal(r->n_damages, 1);
	assert_non_null(strstr(r->damages[0].what, "incorrect data check"));
	bytes_fini(&b);
}

/* What is inside the compression is judged as usual. */
static void
test_content(void **state)
{
	static const struct {
		const char *bytes;
		const char *what;
	} cases[] = {
	    {"", "the file is empty"},
	    {"some text", "this is text"},
	    {"\x28\xb5\x2f\xfd????", "zstd"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct read_result *r;
		struct bytes b;

		bytes_init(&b, false);
		put_gzip(&b, cases[i].bytes, strlen(cases[i].bytes));
		r = read_bytes(bytes_data(&b), b.buf.len, NULL);
		assert_int_equal(r->n, 0);
		assert_int_equal(r->n_damages, 1);
		assert_non_null(strstr(r->damages[0].what, cases[i].what));
		bytes_fini(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_members),
	    cmocka_unit_test(test_trailing),
	    cmocka_unit_test(test_checksum),
	    cmocka_unit_test(test_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
