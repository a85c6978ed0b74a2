/* The pcapng format: sections, interfaces, time, options. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "bytes.h"
#include "read_all.h"

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

/* Two sections of different byte order, interfaces of different types and clocks. */
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

/* if_tsresol in both bases, if_tsoffset, and times that do not fit in 64 bits. */
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

/* epb_flags: direction in bits 0-1, FCS bytes in bits 5-8; if_fcslen is in bits. */
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

/* Blocks larger than the window: frames are cut, options behind them found. */
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sections),
	    cmocka_unit_test(test_time),
	    cmocka_unit_test(test_flags),
	    cmocka_unit_test(test_other_blocks),
	    cmocka_unit_test(test_drops),
	    cmocka_unit_test(test_large_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
