/* The pcapng format: sections, interfaces, time, options, and what counts as damage. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "bytes.h"
#include "read_all.h"

#define SECTION_BYTES   28
#define INTERFACE_BYTES 20

#define IF_NAME     2
#define IF_TSRESOL  9
#define IF_FCSLEN   13
#define IF_TSOFFSET 14
#define PKT_COMMENT 1
#define PKT_FLAGS   2
#define PKT_DROPS   4
#define ISB_IFRECV  4
#define ISB_IFDROP  5
#define ISB_OSDROP  7

static const size_t windows[] = {0, 1, 65, 96, 127, 200};

#define N_WINDOWS (sizeof windows / sizeof *windows)

static const struct read_result *
read_windowed(const struct bytes *b, size_t window)
{
	const struct read_options options = {.window = window};

	return read_bytes(bytes_data(b), b->buf.len, &options);
}

static void
put_named_interface(
    struct bytes *b, uint16_t linktype, const char *name, uint8_t tsresol)
{
	begin_block(b, 1);
	put16(b, linktype);
	put16(b, 0);
	put32(b, 0);
	put_option(b, IF_NAME, name, (uint16_t)strlen(name));
	put_option8(b, IF_TSRESOL, tsresol);
	put_option(b, 0, NULL, 0);
	end_block(b);
}

/* Two sections of different byte order; interfaces of different link types and clocks.
 */
static void
put_mixed(struct bytes *b)
{
	put_section(b);
	put_named_interface(b, 1, "eth0", 6);
	put_named_interface(b, 113, "any", 9);
	put_enhanced(b, 0, 1000000, 60, 1);
	put_enhanced(b, 1, 1000000001, 61, 2);
	b->big = !b->big;
	put_section(b);
	put_named_interface(b, 101, "tun0", 3);
	put_enhanced(b, 0, 1500, 62, 3);
	put_named_interface(
	    b, 113, "any", 9); /* the same place, name and type: again */
	put_enhanced(b, 1, 2000000000, 63, 4);
	b->big = !b->big;
}

static void
check_mixed(const struct read_result *r)
{
	static const struct {
		int64_t ts;
		uint32_t caplen, interface;
		uint16_t linktype;
	} expected[] = {
	    {1000000000, 60, 0, 1},
	    {1000000001, 61, 1, 113},
	    {1500000000, 62, 2, 101},
	    {2000000000, 63, 1, 113},
	};

	assert_int_equal(r->n_damages, 0);
	assert_int_equal(r->n, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_true(r->frames[i].ts == expected[i].ts);
		assert_int_equal(r->frames[i].caplen, expected[i].caplen);
		assert_int_equal(r->frames[i].len, expected[i].caplen);
		assert_int_equal(r->frames[i].interface, expected[i].interface);
		assert_int_equal(r->frames[i].linktype, expected[i].linktype);
		assert_int_equal(r->frames[i].number, i + 1);
		assert_int_equal(r->seeds[i], i + 1);
	}
	assert_int_equal(r->n_interfaces, 3);
	assert_string_equal(r->names[0], "eth0");
	assert_string_equal(r->names[1], "any");
	assert_string_equal(r->names[2], "tun0");
	assert_int_equal(r->interfaces[1].frames, 2);
}

static void
test_sections(void **state)
{
	(void)state;
	for (int big = 0; big <= 1; big++) {
		struct bytes b;

		bytes_init(&b, big);
		put_mixed(&b);
		for (size_t w = 0; w < N_WINDOWS; w++)
			check_mixed(read_windowed(&b, windows[w]));
		bytes_fini(&b);
	}
}

#define BEYOND INT64_MIN

/* if_tsresol in both bases, if_tsoffset, and what 64 bits of nanoseconds cannot hold.
 */
static void
test_time(void **state)
{
	static const struct {
		int resol; /* -1: no option */
		int64_t offset;
		uint64_t raw;
		int64_t ts; /* BEYOND: out of range */
	} cases[] = {
	    {-1, 0, 1500000, 1500000000},
	    {6, 0, 1500000, 1500000000},
	    {9, 0, 1500000, 1500000},
	    {0, 0, 3, 3000000000},
	    {3, 0, 3, 3000000},
	    {12, 0, 1999, 1},
	    {15, 0, 123456789, 123},
	    {28, 0, UINT64_C(10000000000000000000), 1},
	    {0x80, 0, 3, 3000000000},
	    {0x80 | 10, 0, 1536, 1500000000},
	    {0x80 | 20, 0, 3 << 19, 1500000000},
	    {0x80 | 32, 0, UINT64_C(5) << 31, 2500000000},
	    {0x80 | 63, 0, UINT64_C(1) << 63, 1000000000},
	    {0x80 | 30, 0, 1, 0}, /* 0.93 ns */
	    {6, 100, 1500000, 101500000000},
	    {6, -1, 1500000, 500000000},
	    {6, -2, 1500000, -500000000},
	    {9, 1700000000, 5, INT64_C(1700000000000000005)},
	    {9, 0, INT64_MAX - 1, INT64_MAX - 1},
	    {9, 0, INT64_MAX, BEYOND},
	    {9, 0, UINT64_MAX, BEYOND},
	    {6, 0, UINT64_MAX, BEYOND},
	    {0, 0, UINT64_MAX, BEYOND},
	    {6, INT64_MAX, 0, BEYOND},
	    {6, INT64_MIN, 0, BEYOND},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct read_result *r;
		bool fits = cases[i].ts != BEYOND;
		struct bytes b;

		bytes_init(&b, i % 2 == 0);
		put_section(&b);
		begin_block(&b, 1);
		put16(&b, 1);
		put16(&b, 0);
		put32(&b, 0);
		/* The order of the two options must not matter. */
		if (cases[i].offset != 0 && i % 3 == 0)
			put_option64(&b, IF_TSOFFSET, (uint64_t)cases[i].offset);
		if (cases[i].resol >= 0)
			put_option8(&b, IF_TSRESOL, (uint8_t)cases[i].resol);
		if (cases[i].offset != 0 && i % 3 != 0)
			put_option64(&b, IF_TSOFFSET, (uint64_t)cases[i].offset);
		end_block(&b);
		put_enhanced(&b, 0, cases[i].raw, 4, 1);
		r = read_windowed(&b, 0);
		assert_int_equal(r->n_damages, 0);
		assert_int_equal(r->n, fits);
		assert_int_equal(r->stats.out_of_range, !fits);
		if (fits)
			assert_true(r->frames[0].ts == cases[i].ts);
		bytes_fini(&b);
	}
}

/* epb_flags: direction in bits 0-1, FCS length (bytes) in bits 5-8; if_fcslen in bits.
 */
static void
test_flags(void **state)
{
	static const struct {
		uint8_t if_fcslen;
		uint32_t flags;
		uint8_t direction, fcs_len;
	} cases[] = {
	    {0, 0, FRAME_DIRECTION_UNKNOWN, 0},
	    {32, 0, FRAME_DIRECTION_UNKNOWN, 4},
	    {16, 1, FRAME_INBOUND, 2},
	    {4, 2, FRAME_OUTBOUND, 4}, /* written as bytes: no FCS has 4 bits */
	    {32, 2 | 2 << 5, FRAME_OUTBOUND, 2},
	    {0, 1 | 4 << 5, FRAME_INBOUND, 4},
	    {255, 3, FRAME_DIRECTION_UNKNOWN, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct read_result *r;
		struct bytes b;

		bytes_init(&b, i % 2 == 0);
		put_section(&b);
		begin_block(&b, 1);
		put16(&b, 1);
		put16(&b, 0);
		put32(&b, 0);
		put_option8(&b, IF_FCSLEN, cases[i].if_fcslen);
		end_block(&b);
		begin_enhanced(&b, 0, 5, 21, 22, 9);
		put_option(&b, PKT_COMMENT, "a comment", 9);
		put_option32(&b, PKT_FLAGS, cases[i].flags);
		put_option(&b, 0, NULL, 0);
		end_block(&b);
		r = read_windowed(&b, 64);
		assert_int_equal(r->n_damages, 0);
		assert_int_equal(r->n, 1);
		assert_int_equal(r->frames[0].direction, cases[i].direction);
		assert_int_equal(r->frames[0].fcs_len, cases[i].fcs_len);
		assert_int_equal(r->frames[0].caplen, 21);
		assert_int_equal(r->frames[0].len, 22);
		assert_int_equal(r->seeds[0], 9);
		assert_int_equal(r->stats.options_bad, 0);
		bytes_fini(&b);
	}
}

/* Simple and obsolete packet blocks, and blocks that are skipped. */
static void
test_other_blocks(void **state)
{
	const struct read_result *r;
	struct bytes b;

	(void)state;
	for (int big = 0; big <= 1; big++) {
		bytes_init(&b, big);
		put_section(&b);
		put_interface(&b, 1, 40);
		begin_block(&b, 3); /* before any time is known */
		put32(&b, 20);
		put_fill(&b, 1, 20);
		end_block(&b);
		begin_block(&b, 4); /* name resolution */
		put_fill(&b, 0, 32);
		end_block(&b);
		put_enhanced(&b, 0, 7000000, 10, 2);
		begin_block(&b, 3); /* cut by the snap length */
		put32(&b, 1500);
		put_fill(&b, 3, 40);
		end_block(&b);
		begin_block(&b, 0x0bad); /* custom */
		put_fill(&b, 0, 400);
		end_block(&b);
		begin_block(&b, 10); /* secrets */
		end_block(&b);
		begin_block(&b, 2); /* obsolete packet block, one drop before it */
		put16(&b, 0);
		put16(&b, 1);
		put32(&b, 0);
		put32(&b, 8000000);
		put32(&b, 5);
		put32(&b, 6);
		put_fill(&b, 4, 8); /* padding is not looked at */
		put_option32(&b, PKT_FLAGS, 2);
		end_block(&b);
		r = read_windowed(&b, 70);
		assert_int_equal(r->n_damages, 0);
		assert_int_equal(r->n, 4);
		assert_true(r->frames[0].ts == 0);
		assert_int_equal(r->frames[0].caplen, 20);
		assert_true(r->frames[2].ts == 7000000000);
		assert_int_equal(r->frames[2].caplen, 40);
		assert_int_equal(r->frames[2].len, 1500);
		assert_true(r->frames[3].ts == 8000000000);
		assert_int_equal(r->frames[3].caplen, 5);
		assert_int_equal(r->frames[3].len, 6);
		assert_int_equal(r->frames[3].direction, FRAME_OUTBOUND);
		for (int i = 0; i < 4; i++)
			assert_int_equal(r->seeds[i], i + 1);
		assert_int_equal(r->stats.untimed, 2);
		assert_int_equal(r->stats.blocks_skipped, 3);
		assert_int_equal(r->interfaces[0].kernel_drops, 1);
		bytes_fini(&b);
	}
}

static void
put_statistics(struct bytes *b, uint32_t interface, uint64_t ifdrop, uint64_t osdrop)
{
	begin_block(b, 5);
	put32(b, interface);
	put64(b, 0);
	put_option64(b, ISB_IFRECV, 1000);
	put_option64(b, ISB_IFDROP, ifdrop);
	put_option64(b, ISB_OSDROP, osdrop);
	put_option(b, 0, NULL, 0);
	end_block(b);
}

/* Stated totals replace each other within a section and add up over sections. */
static void
test_drops(void **state)
{
	const struct read_result *r;
	struct bytes b;

	(void)state;
	bytes_init(&b, false);
	put_section(&b);
	put_interface(&b, 1, 0);
	put_interface(&b, 1, 0);
	put_statistics(&b, 0, 3, 4);
	put_statistics(&b, 0, 5, 6);
	begin_enhanced(&b, 1, 1, 4, 4, 0);
	put_option64(&b, PKT_DROPS, 20);
	end_block(&b);
	begin_enhanced(&b, 1, 2, 4, 4, 0);
	put_option64(&b, PKT_DROPS, 30);
	end_block(&b);
	put_statistics(&b, 1, 45, 0); /* less than what the packets say */
	put_section(&b);
	put_interface(&b, 1, 0);
	put_statistics(&b, 0, 100, 0);
	r = read_windowed(&b, 0);
	assert_int_equal(r->n_damages, 0);
	assert_int_equal(r->n_interfaces, 2);
	assert_int_equal(r->interfaces[0].kernel_drops, 111);
	assert_int_equal(r->interfaces[1].kernel_drops, 50);
	bytes_fini(&b);
}

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
			r = read_windowed(&b, 0);
			assert_int_equal(r->n, on_interface ? 0 : 2);
			assert_int_equal(r->n_damages, on_interface);
			assert_int_equal(r->stats.options_bad, !on_interface);
			bytes_fini(&b);
		}
	}
}

/* Blocks larger than the window: frames are cut, options behind them are still found.
 */
static void
test_large_blocks(void **state)
{
	static const struct {
		uint32_t caplen, len, comments;
		uint32_t caplen_r;
		bool direction;
		unsigned cut;
	} cases[] = {
	    {262144, 262144, 0, 262144, true, 0}, {262145, 262145, 0, 262144, true, 1},
	    {300001, 300002, 0, 262144, true, 1}, {500000, 500000, 0, 262144, false, 1},
	    {60, 60, 3, 60, true, 0},
	    {60, 60, 9, 60, false, 0}, /* the flags lie too far behind */
	};
	static char comment[65000];

	(void)state;
	memset(comment, 'c', sizeof comment);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct read_result *r;
		struct bytes b;

		bytes_init(&b, i % 2 == 0);
		put_section(&b);
		put_interface(&b, 1, 0);
		begin_enhanced(&b, 0, 1, cases[i].caplen, cases[i].len, 6);
		for (uint32_t n = 0; n < cases[i].comments; n++)
			put_option(&b, PKT_COMMENT, comment, sizeof comment);
		put_option32(&b, PKT_FLAGS, 1);
		end_block(&b);
		begin_block(&b, 0x40000bad);
		put_fill(&b, 0, 1000000);
		end_block(&b);
		put_enhanced(&b, 0, 2, 60, 7);
		r = read_windowed(&b, 0);
		assert_int_equal(r->n_damages, 0);
		assert_int_equal(r->n, 2);
		assert_int_equal(r->frames[0].caplen, cases[i].caplen_r);
		assert_int_equal(r->frames[0].len, cases[i].len);
		assert_int_equal(r->seeds[0], 6);
		assert_int_equal(r->frames[0].direction,
		    cases[i].direction ? FRAME_INBOUND : FRAME_DIRECTION_UNKNOWN);
		assert_int_equal(r->stats.options_bad, !cases[i].direction);
		assert_int_equal(r->stats.cut, cases[i].cut);
		assert_int_equal(r->seeds[1], 7);
		assert_int_equal(r->stats.blocks_skipped, 1);
		bytes_fini(&b);
	}
}

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
	    {bad_length, 0, "says it has 41 bytes"},
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
		r = read_windowed(&b, 0);
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
	r = read_windowed(&b, 0);
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
	    cmocka_unit_test(test_sections),
	    cmocka_unit_test(test_time),
	    cmocka_unit_test(test_flags),
	    cmocka_unit_test(test_other_blocks),
	    cmocka_unit_test(test_drops),
	    cmocka_unit_test(test_bad_options),
	    cmocka_unit_test(test_large_blocks),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_interface_cap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
