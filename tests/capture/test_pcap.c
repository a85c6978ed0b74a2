/* The pcap format: its variants, odd lengths, and what counts as damage. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "bytes.h"
#include "read_all.h"

/* Small windows move every border through every place of a record. */
static const size_t windows[] = {0, 1, 65, 96, 127};

#define N_WINDOWS (sizeof windows / sizeof *windows)

static void
test_variants(void **state)
{
	static const struct {
		uint32_t magic;
		bool big;
		int64_t ts;
	} cases[] = {
	    {MAGIC_US, false, INT64_C(1795459273000123000)},
	    {MAGIC_US, true, INT64_C(1795459273000123000)},
	    {MAGIC_NS, false, INT64_C(1795459273000000123)},
	    {MAGIC_NS, true, INT64_C(1795459273000000123)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bytes b;

		bytes_init(&b, cases[i].big);
		put_pcap_header(&b, cases[i].magic, 262144, 1);
		put_record(&b, 1795459273, 123, 60, 60, 7);
		put_record(&b, 0xffffffff, 999999, 0, 1500, 0);
		put_record(&b, 1795459274, 0, 33, 1514, 9);
		for (size_t w = 0; w < N_WINDOWS; w++) {
			const struct read_options options = {.window = windows[w]};
			const struct read_result *r =
			    read_bytes(bytes_data(&b), b.buf.len, &options);

			assert_int_equal(r->n, 3);
			assert_int_equal(r->n_damages, 0);
			assert_true(r->frames[0].ts == cases[i].ts);
			assert_int_equal(r->frames[0].number, 1);
			assert_int_equal(r->frames[0].caplen, 60);
			assert_int_equal(r->frames[0].len, 60);
			assert_int_equal(r->frames[0].linktype, 1);
			assert_int_equal(r->frames[0].interface, 0);
			assert_int_equal(r->seeds[0], 7);
			assert_int_equal(r->frames[1].caplen, 0);
			assert_int_equal(r->frames[1].len, 1500);
			assert_true(r->frames[1].ts / 1000000000 == 0xffffffff);
			assert_int_equal(r->frames[2].number, 3);
			assert_int_equal(r->frames[2].caplen, 33);
			assert_int_equal(r->frames[2].len, 1514);
			assert_int_equal(r->seeds[2], 9);
			assert_int_equal(r->stats.files, 1);
			assert_int_equal(r->stats.frames, 3);
			assert_int_equal(r->stats.bytes_read, b.buf.len);
			assert_int_equal(r->stats.bytes_total, b.buf.len);
			assert_int_equal(r->n_interfaces, 1);
			assert_int_equal(r->interfaces[0].frames, 3);
			assert_int_equal(r->interfaces[0].snaplen, 262144);
			assert_null(r->interfaces[0].name);
		}
		bytes_fini(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_variants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
