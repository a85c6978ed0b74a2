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

static const struct read_result *
read_windowed(const struct bytes *b, size_t window)
{
	const struct read_options options = {.window = window};

	return read_bytes(bytes_data(b), b->buf.len, &options);
}

static void
check_variant(const struct read_result *r, int64_t first_ts, size_t size)
{
	assert_int_equal(r->n, 3);
	assert_int_equal(r->n_damages, 0);
	assert_true(r->frames[0].ts == first_ts);
	assert_int_equal(r->frames[0].number, 1);
	assert_int_equal(r->frames[0].caplen, 60);
	assert_int_equal(r->frames[0].len, 60);
	assert_int_equal(r->frames[0].linktype, 1);
	assert_int_equal(r->frames[0].interface, 0);
	assert_int_equal(r->frames[0].direction, FRAME_DIRECTION_UNKNOWN);
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
	assert_int_equal(r->stats.bytes_read, size);
	assert_int_equal(r->stats.bytes_total, size);
	assert_int_equal(r->n_interfaces, 1);
	assert_int_equal(r->interfaces[0].frames, 3);
	assert_int_equal(r->interfaces[0].snaplen, 262144);
	assert_string_equal(r->files[0], "test");
	assert_string_equal(r->names[0], "(none)");
}

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
		for (size_t w = 0; w < N_WINDOWS; w++)
			check_variant(
			    read_windowed(&b, windows[w]), cases[i].ts, b.buf.len);
		bytes_fini(&b);
	}
}

/* The longer record header: ifindex(4) protocol(2) packet type(1) padding(1). */
static void
test_modified(void **state)
{
	static const struct {
		uint8_t packet_type;
		uint8_t direction;
	} cases[] = {
	    {0, FRAME_INBOUND},
	    {1, FRAME_INBOUND},
	    {3, FRAME_INBOUND},
	    {4, FRAME_OUTBOUND},
	};

	(void)state;
	for (int big = 0; big <= 1; big++) {
		const struct read_result *r;
		struct bytes b;

		bytes_init(&b, big);
		put_pcap_header(&b, MAGIC_MODIFIED, 65535, 1);
		for (size_t i = 0; i < 4; i++) {
			put32(&b, 100);
			put32(&b, (uint32_t)i);
			put32(&b, 20);
			put32(&b, 20);
			put32(&b, 2);
			put16(&b, 0x0800);
			put8(&b, cases[i].packet_type);
			put8(&b, 0);
			put_fill(&b, 5, 20);
		}
		r = read_windowed(&b, 64);
		assert_int_equal(r->n, 4);
		assert_int_equal(r->n_damages, 0);
		for (size_t i = 0; i < 4; i++) {
			assert_int_equal(r->frames[i].direction, cases[i].direction);
			assert_int_equal(r->seeds[i], 5);
			assert_true(
			    r->frames[i].ts == 100000000000 + (int64_t)i * 1000);
		}
		bytes_fini(&b);
	}
}

/* The upper half of the linktype field: P at bit 26, two-byte units from bit 28 on. */
static void
test_fcs(void **state)
{
	static const struct {
		uint32_t field;
		uint16_t linktype;
		uint8_t fcs_len;
	} cases[] = {
	    {1, 1, 0}, {0x24000001, 1, 4}, {0x14000069, 105, 2},
	    {0x04000001, 1, 0},   /* known to have none */
	    {0x20000001, 1, 0},   /* a length that is not said to be there */
	    {0x2bff0114, 276, 0}, /* reserved bits mean nothing */
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct read_result *r;
		struct bytes b;

		bytes_init(&b, false);
		put_pcap_header(&b, MAGIC_US, 65535, cases[i].field);
		put_record(&b, 1, 1, 20, 20, 1);
		r = read_windowed(&b, 0);
		assert_int_equal(r->n, 1);
		assert_int_equal(r->frames[0].linktype, cases[i].linktype);
		assert_int_equal(r->frames[0].fcs_len, cases[i].fcs_len);
		bytes_fini(&b);
	}
}

/* Before 2.3 the lengths stood the other way round; with 2.3 either way was written. */
static void
test_versions(void **state)
{
	static const struct {
		uint16_t major, minor;
		uint32_t first, second; /* the two length fields */
		uint32_t caplen, len;
		bool known;
	} cases[] = {
	    {2, 4, 20, 90, 20, 90, true},
	    {2, 3, 20, 90, 20, 90, true},
	    {2, 3, 90, 20, 20, 90, true},
	    {2, 2, 90, 20, 20, 90, true},
	    {2, 5, 20, 90, 0, 0, false},
	    {1, 0, 20, 90, 0, 0, false},
	    {3, 4, 20, 90, 0, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct read_result *r;
		struct bytes b;

		bytes_init(&b, i % 2 == 1);
		put32(&b, MAGIC_US);
		put16(&b, cases[i].major);
		put16(&b, cases[i].minor);
		put64(&b, 0);
		put32(&b, 65535);
		put32(&b, 1);
		put64(&b, 0);
		put32(&b, cases[i].first);
		put32(&b, cases[i].second);
		put_fill(&b, 3, 20);
		r = read_windowed(&b, 0);
		assert_int_equal(r->n, cases[i].known);
		assert_int_equal(r->n_damages, !cases[i].known);
		assert_int_equal(r->stats.files, cases[i].known);
		if (cases[i].known) {
			assert_int_equal(r->frames[0].caplen, cases[i].caplen);
			assert_int_equal(r->frames[0].len, cases[i].len);
		} else {
			assert_non_null(strstr(r->damages[0].what, "is not known"));
		}
		bytes_fini(&b);
	}
}

/* What the two length fields may say. */
static void
test_lengths(void **state)
{
	static const struct {
		uint32_t snaplen, caplen, len;
		uint32_t caplen_r, len_r; /* delivered */
		bool damage;
		unsigned cut, raised;
	} cases[] = {
	    {65535, 100, 60, 100, 100, false, 0, 1},
	    {65535, 100, 0, 100, 100, false, 0, 1},
	    {96, 65535, 65535, 65535, 65535, false, 0, 0},
	    {96, 65536, 65536, 0, 0, true, 0, 0},
	    {65535, 262140, 262140, 262140, 262140, false, 0, 0},
	    {65535, 262141, 262141, 0, 0, true, 0, 0},
	    {262144, 262144, 300000, 262144, 300000, false, 0, 0},
	    {262144, 262145, 300000, 0, 0, true, 0, 0},
	    {0, 262144, 262144, 262144, 262144, false, 0, 0},
	    {0, 262145, 262145, 0, 0, true, 0, 0},
	    {400000, 262145, 262145, 262144, 262145, false, 1, 0},
	    {400000, 400000, 500000, 262144, 500000, false, 1, 0},
	    {400000, 400000, 1, 262144, 400000, false, 1, 1},
	    {400000, 400001, 500000, 0, 0, true, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct read_result *r;
		struct bytes b;

		bytes_init(&b, false);
		put_pcap_header(&b, MAGIC_US, cases[i].snaplen, 1);
		put_record(&b, 1, 0, 10, 10, 1);
		put_record(&b, 2, 0, cases[i].caplen, cases[i].len, 2);
		put_record(&b, 3, 0, 10, 10, 3);
		r = read_windowed(&b, 0);
		assert_int_equal(r->n, cases[i].damage ? 1 : 3);
		assert_int_equal(r->n_damages, cases[i].damage);
		assert_int_equal(r->stats.cut, cases[i].cut);
		assert_int_equal(r->stats.len_raised, cases[i].raised);
		if (cases[i].damage) {
			assert_int_equal(r->damages[0].offset, 24 + 26);
			assert_int_equal(r->damages[0].packet, 1);
			assert_non_null(strstr(r->damages[0].what, "packet 2 claims"));
		} else {
			assert_int_equal(r->frames[1].caplen, cases[i].caplen_r);
			assert_int_equal(r->frames[1].len, cases[i].len_r);
			assert_int_equal(r->seeds[1], 2);
			assert_int_equal(r->seeds[2], 3);
		}
		bytes_fini(&b);
	}
}

/* What is no capture file says what it is and what to do. */
static void
test_not_captures(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *what; /* in the text */
	} cases[] = {
	    {"", 0, "the file is empty"},
	    {"\xd4", 1, "ends after 1 bytes, within its header"},
	    {"\xd4\xc3\xb2", 3, "ends after 3 bytes, within its header"},
	    {"\xd4\xc3\xb2\xa1", 4, "ends after 4 bytes, within its header"},
	    {"\x0a\x0d\x0d\x0a", 4, "within its first block: 8 bytes are missing"},
	    {"hello, world\n", 13, "this is text"},
	    {"file\tpackets\nand some more than the sniffer looks at", 50,
		"this is text"},
	    {"\x28\xb5\x2f\xfd....", 8, "zstd -dc FILE | tallyman read -"},
	    {"\xfd"
	     "7zXZ\0....",
		10, "xz -dc FILE"},
	    {"BZh91AY&SY", 10, "bzip2 -dc FILE"},
	    {"PK\3\4", 4, "zip"},
	    {"snoop\0\0\0\0\0\0\2", 12, "editcap"},
	    {"\x7f"
	     "ELF\2\1\1",
		7, "begins with the bytes 7f 45 4c 46"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct read_result *r =
		    read_bytes(cases[i].bytes, cases[i].len, NULL);

		assert_string_equal(r->error, "");
		assert_int_equal(r->n, 0);
		assert_int_equal(r->n_damages, 1);
		assert_int_equal(r->damages[0].packet, 0);
		assert_int_equal(r->damages[0].offset, 0);
		assert_int_equal(r->stats.files, 0);
		assert_int_equal(r->stats.damaged, 1);
		if (strstr(r->damages[0].what, cases[i].what) == NULL)
			fail_msg("%s does not tell \"%s\"", r->damages[0].what,
			    cases[i].what);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_variants),
	    cmocka_unit_test(test_modified),
	    cmocka_unit_test(test_fcs),
	    cmocka_unit_test(test_versions),
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_not_captures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
