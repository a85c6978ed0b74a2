/* The pcapng format: what counts as damage, and what is good enough. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "bytes.h"
#include "read_all.h"

#define SECTION_BYTES 28
#define PKT_COMMENT   1
#define PKT_FLAGS     2

/* Option lists that do not fit: a packet is good without them, an interface is not. */
static void
test_bad_options(void **state)
{
	static const struct {
		uint16_t code, len;
	} cases[] = {
	    {PKT_FLAGS, 5},
	    {PKT_COMMENT, 0xffff},
	    {0xffff, 0xfffd},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (int on_interface = 0; on_interface <= 1; on_interface++) {
			const struct read_result *r;
			struct bytes b;

			bytes_init(&b, false);
			put_section(&b);
			put_interface(&b, 1, 0);
			if (on_interface) {
				begin_block(&b, 1);
				put64(&b, 1);
			} else {
				begin_enhanced(&b, 0, 5, 8, 8, 1);
			}
			put16(&b, cases[i].code);
			put16(&b, cases[i].len);
			put32(&b, 0);
			end_block(&b);
			put_enhanced(&b, 0, 6, 8, 2);
			r = read_bytes(bytes_data(&b), b.buf.len, NULL);
			assert_int_equal(r->n, on_interface ? 0 : 2);
			assert_int_equal(r->n_damages, on_interface);
			assert_int_equal(r->stats.options_bad, !on_interface);
			bytes_fini(&b);
		}
	}
}

/* ---- blocks that are damaged ---- */

static void
bad_trailer(struct bytes *b)
{
	put_enhanced(b, 0, 3, 8, 3);
	b->buf.len -= 4;
	put32(b, 44);
}

static void
bad_length(struct bytes *b)
{
	put32(b, 6);
	put32(b, 41);
	put_fill(b, 0, 64);
}

static void
tiny_block(struct bytes *b)
{
	put32(b, 0x77);
	put32(b, 8);
	put_fill(b, 0, 64);
}

static void
unknown_interface(struct bytes *b)
{
	put_enhanced(b, 1, 3, 8, 3);
}

static void
caplen_over_block(struct bytes *b)
{
	begin_block(b, 6);
	put32(b, 0);
	put64(b, 0);
	put32(b, 9);
	put32(b, 9);
	put_fill(b, 0, 8);
	end_block(b);
}

static void
huge_caplen(struct bytes *b)
{
	begin_block(b, 6);
	put32(b, 0);
	put64(b, 0);
	put32(b, 0xfffffffe);
	put32(b, 0xfffffffe);
	end_block(b);
}

static void
simple_over_block(struct bytes *b)
{
	begin_block(b, 3);
	put32(b, 100);
	put_fill(b, 0, 96);
	end_block(b);
}

static void
short_packet(struct bytes *b)
{
	begin_block(b, 6);
	put_fill(b, 0, 16);
	end_block(b);
}

static void
short_interface(struct bytes *b)
{
	begin_block(b, 1);
	put32(b, 1);
	end_block(b);
}

static void
short_statistics(struct bytes *b)
{
	begin_block(b, 5);
	put64(b, 0);
	end_block(b);
}

static void
short_section(struct bytes *b)
{
	begin_block(b, 0x0a0d0d0a);
	put32(b, 0x1a2b3c4d);
	put64(b, 1);
	end_block(b);
}

static void
bad_magic(struct bytes *b)
{
	begin_block(b, 0x0a0d0d0a);
	put32(b, 0x1a2b3c4e);
	put_fill(b, 0, 12);
	end_block(b);
}

static void
bad_version(struct bytes *b)
{
	begin_block(b, 0x0a0d0d0a);
	put32(b, 0x1a2b3c4d);
	put16(b, 2);
	put16(b, 0);
	put64(b, UINT64_MAX);
	end_block(b);
}

static void
no_interface_in_section(struct bytes *b)
{
	put_section(b);
	put_enhanced(b, 0, 3, 8, 3);
}

static void
large_bad_trailer(struct bytes *b)
{
	begin_block(b, 0x77);
	put_fill(b, 0, 600000);
	end_block(b);
	b->buf.len -= 4;
	put32(b, 12);
}

static void
large_cut(struct bytes *b)
{
	begin_enhanced(b, 0, 1, 500000, 500000, 3);
	end_block(b);
	b->buf.len -= 1;
}

static void
test_damage(void **state)
{
	static const struct {
		void (*put)(struct bytes *b);
		uint64_t before; /* bytes of whole blocks in front of the bad one */
		const char *what;
	} cases[] = {
	    {bad_trailer, 0, "a block of 40 bytes says 44 bytes at its end"},
	    {bad_length, 0, "says it has 41 bytes, which no block has"},
	    {tiny_block, 0, "says it has 8 bytes"},
	    {unknown_interface, 0, "names interface 1, but 1 are declared"},
	    {caplen_over_block, 0, "packet 3 claims 9 captured bytes"},
	    {huge_caplen, 0, "packet 3 claims 4294967294 captured bytes"},
	    {simple_over_block, 0, "packet 3 claims 100 captured bytes"},
	    {short_packet, 0, "a packet block with a body of 16 bytes is too short"},
	    {short_interface, 0, "an interface block"},
	    {short_statistics, 0, "a statistics block"},
	    {short_section, 0, "a section header"},
	    {bad_magic, 0, "wrong byte-order magic"},
	    {bad_version, 0, "version 2.0 is not known"},
	    {no_interface_in_section, SECTION_BYTES, "but 0 are declared"},
	    {large_bad_trailer, 0, "a block of 600012 bytes says 12 bytes"},
	    {large_cut, 0, "within a block: 1 bytes are missing"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct read_result *r;
		uint64_t offset;
		struct bytes b;

		bytes_init(&b, i % 2 == 0);
		put_section(&b);
		put_interface(&b, 1, 0);
		put_enhanced(&b, 0, 1, 8, 1);
		put_enhanced(&b, 0, 2, 8, 2);
		offset = b.buf.len + cases[i].before;
		cases[i].put(&b);
		put_enhanced(&b, 0, 9, 8, 9);
		if (cases[i].put == large_cut)
			b.buf.len -= 40;
		r = read_bytes(bytes_data(&b), b.buf.len, NULL);
		assert_int_equal(r->n, 2);
		assert_int_equal(r->n_damages, 1);
		assert_int_equal(r->stats.files, 1);
		assert_int_equal(r->damages[0].packet, 2);
		assert_int_equal(r->damages[0].offset, offset);
		assert_int_equal(r->stats.bytes_total, r->stats.bytes_read);
		if (strstr(r->damages[0].what, cases[i].what) == NULL)
			fail_msg("\"%s\" does not tell \"%s\"", r->damages[0].what,
			    cases[i].what);
		bytes_fini(&b);
	}
}

/* A file cannot make more interfaces than the cap. */
static void
test_interface_cap(void **state)
{
	const struct read_result *r;
	struct bytes b;

	(void)state;
	bytes_init(&b, false);
	put_section(&b);
	put_interface(&b, 1, 0);
	put_enhanced(&b, 0, 1, 8, 1);
	for (int i = 1; i < CAPTURE_INTERFACES_MAX; i++)
		put_interface(&b, 1, 0);
	put_enhanced(&b, CAPTURE_INTERFACES_MAX - 1, 1, 8, 2);
	put_interface(&b, 1, 0);
	put_enhanced(&b, 0, 1, 8, 3);
	r = read_bytes(bytes_data(&b), b.buf.len, NULL);
	assert_int_equal(r->n, 2);
	assert_int_equal(r->n_interfaces, CAPTURE_INTERFACES_MAX);
	assert_int_equal(r->n_damages, 1);
	assert_non_null(strstr(r->damages[0].what, "no room for another interface"));
	bytes_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bad_options),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_interface_cap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
