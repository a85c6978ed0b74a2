/* Buffers and the JSON writer: growth, failure that is not overlooked, and every byte.
 */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tallyman/buf.h"
#include "tallyman/json.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static void
test_growth(void **state)
{
	struct buf b;
	char *text;

	(void)state;
	buf_init(&b);
	assert_string_equal(buf_text(&b), "");
	for (unsigned i = 0; i < 5000; i++) {
		buf_add_u64(&b, i % 10);
		buf_add(&b, "", 0);
		buf_add_str(&b, i % 2 == 0 ? "a" : "bc");
	}
	assert_int_equal(b.len, 5000 + 7500);
	assert_false(b.failed);
	text = buf_detach(&b);
	assert_int_equal(strlen(text), 12500);
	assert_memory_equal(text, "0a1bc2a3bc", 10);
	assert_memory_equal(text + 12490, "6a7bc8a9bc", 10);
	free(text);
	assert_int_equal(b.len, 0);
	buf_printf(&b, "%s-%d", "again", 7);
	assert_string_equal(buf_text(&b), "again-7");
	buf_reset(&b);
	assert_string_equal(buf_text(&b), "");
	buf_fini(&b);
}

static void
test_numbers(void **state)
{
	static const struct {
		uint64_t value;
		const char *text;
	} cases[] = {
	    {0, "0"},
	    {9, "9"},
	    {10, "10"},
	    {UINT64_C(9007199254740992), "9007199254740992"},
	    {UINT64_MAX, "18446744073709551615"},
	};
	struct buf b;

	(void)state;
	buf_init(&b);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		buf_reset(&b);
		buf_add_u64(&b, cases[i].value);
		assert_string_equal(buf_text(&b), cases[i].text);
	}
	buf_fini(&b);
}

/* Without memory nothing more is taken, so that no text with a hole comes out. */
static void
test_failure(void **state)
{
	static const size_t huge[] = {
	    SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2 + 2, SIZE_MAX / 2};
	struct buf b;

	(void)state;
	for (size_t i = 0; i < LENGTH(huge); i++) {
		buf_init(&b);
		buf_add_str(&b, "before");
		assert_false(buf_reserve(&b, huge[i]));
		assert_true(b.failed);
		buf_add_str(&b, "after");
		buf_add_u64(&b, 1);
		buf_printf(&b, "%d", 2);
		assert_int_equal(b.len, 6);
		assert_string_equal(buf_text(&b), "");
		assert_true(b.failed);
		buf_reset(&b);
		buf_add_str(&b, "fine");
		assert_string_equal(buf_text(&b), "fine");
		assert_false(b.failed);
		assert_false(buf_reserve(&b, huge[i]));
		assert_null(buf_detach(&b));
		assert_false(b.failed);
	}
}

static void
test_doubles(void **state)
{
	static const struct {
		double value;
		int digits;
		const char *text;
	} cases[] = {
	    {0, 3, "0"},
	    {1, 0, "1"},
	    {100, 0, "100"},
	    {100, 2, "100"},
	    {0.5, 3, "0.5"},
	    {-2.25, 2, "-2.25"},
	    {1e-9, 3, "0"},
	    {1e300 * 1e10, 3, "null"},
	    {-INFINITY, 3, "null"},
	    {NAN, 3, "null"},
	};
	struct buf b;
	struct json j;

	(void)state;
	buf_init(&b);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		buf_reset(&b);
		json_start(&j, &b);
		json_double(&j, NULL, cases[i].value, cases[i].digits);
		assert_string_equal(buf_text(&b), cases[i].text);
	}
	buf_reset(&b);
	json_start(&j, &b);
	json_double(&j, NULL, 1.7976931348623157e308, 3);
	assert_int_equal(strlen(buf_text(&b)), 309);
	buf_fini(&b);
}

/* Length of the UTF-8 sequence at p by a rule of its own: decode, then ask what it is.
 */
static size_t
sequence(const unsigned char *p, size_t left)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = p[0] < 0x80 ? 1
	    : p[0] >> 5 == 6   ? 2
	    : p[0] >> 4 == 14  ? 3
	    : p[0] >> 3 == 30  ? 4
			       : 0;
	uint32_t c = n == 0 ? 0 : p[0] & (0xff >> (n == 1 ? 1 : n + 1));

	if (n < 2 || n > left)
		return n == 1 ? 1 : 0;
	for (size_t i = 1; i < n; i++) {
		if (p[i] >> 6 != 2)
			return 0;
		c = c << 6 | (p[i] & 63);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	return n;
}

/* What json_quote() must write, byte by byte. */
static void
expect_quoted(struct buf *out, const unsigned char *p, size_t len)
{
	static const char shorts[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";

	buf_add_str(out, "\"");
	for (size_t n; len > 0; p += n, len -= n) {
		const char *known = *p == 0 ? NULL : strchr(shorts, *p);

		n = sequence(p, len);
		if (n == 0) {
			n = 1;
			buf_printf(out, "\\\\x%02x", *p);
		} else if (known != NULL) {
			buf_printf(out, "\\%c", letters[known - shorts]);
		} else if (*p < 0x20 || *p == 0x7f) {
			buf_printf(out, "\\u%04x", *p);
		} else {
			buf_add(out, p, n);
		}
	}
	buf_add_str(out, "\"");
}

/* All strings of one and two bytes, and all that begin a longer sequence. */
static void
test_quote_all(void **state)
{
	static const unsigned char tails[] = {
	    0x00, 'a', 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
	struct buf got, expected;

	(void)state;
	buf_init(&got);
	buf_init(&expected);
	for (unsigned first = 0; first < 256; first++)
		for (unsigned second = 0; second < 256; second++)
			for (unsigned tail = 0;
			     tail < (first < 0xe0 ? 1 : LENGTH(tails)); tail++)
				for (size_t len = 1; len <= 5; len++) {
					unsigned char text[] = {(unsigned char)first,
					    (unsigned char)second, tails[tail],
					    tails[(tail + 4) % LENGTH(tails)], 'z'};

					buf_reset(&got);
					buf_reset(&expected);
					json_quote(&got, (char *)text, len);
					expect_quoted(&expected, text, len);
					assert_int_equal(got.len, expected.len);
					assert_memory_equal(
					    got.data, expected.data, got.len);
				}
	buf_fini(&got);
	buf_fini(&expected);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_growth),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_failure),
	    cmocka_unit_test(test_doubles),
	    cmocka_unit_test(test_quote_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
