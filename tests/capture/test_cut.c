/*
 * Files that end at every possible byte, and files with every byte changed. A cut file
 * gives all packets that are whole, then one damage report, or none where a record
 * ends.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <cmocka.h>

#include "bytes.h"
#include "read_all.h"

#define BORDERS_MAX 32

/* A file, where its records end, and which of those are packets. */
struct sample {
	struct bytes b;
	size_t borders[BORDERS_MAX];
	bool packet[BORDERS_MAX];
	size_t n;
};

static void
border(struct sample *s, bool packet)
{
	assert_true(s->n < BORDERS_MAX);
	s->borders[s->n] = s->b.buf.len;
	s->packet[s->n++] = packet;
}

/* ---- samples ---- */

static void
build_pcap(struct sample *s, bool big, uint32_t magic)
{
	bytes_init(&s->b, big);
	s->n = 0;
	put_pcap_header(&s->b, magic, 65535, 1);
	border(s, false);
	for (unsigned i = 0; i < 4; i++) {
		put_record(&s->b, 100 + i, i, 13 * i, 60, i);
		border(s, true);
	}
}

/* Compresses well: much output for few bytes of gzip. */
static void
build_repetitive(struct sample *s)
{
	bytes_init(&s->b, false);
	s->n = 0;
	put_pcap_header(&s->b, MAGIC_US, 65535, 1);
	border(s, false);
	for (unsigned i = 0; i < 30; i++) {
		put_record(&s->b, 0, 0, 0, 0, 0);
		border(s, true);
	}
}

static void
build_pcap_us(struct sample *s)
{
	build_pcap(s, false, MAGIC_US);
}

static void
build_pcap_ns_big(struct sample *s)
{
	build_pcap(s, true, MAGIC_NS);
}

static void
build_pcapng(struct sample *s)
{
	bytes_init(&s->b, false);
	s->n = 0;
	for (unsigned section = 0; section < 2; section++) {
		s->b.big = section == 1;
		put_section(&s->b);
		border(s, false);
		begin_block(&s->b, 1);
		put16(&s->b, 1);
		put16(&s->b, 0);
		put32(&s->b, 0);
		put_option(&s->b, 2, "eth0", 4);
		put_option8(&s->b, 9, 9);
		put_option(&s->b, 0, NULL, 0);
		end_block(&s->b);
		border(s, false);
		begin_enhanced(&s->b, 0, 1000 + section, 21, 60, section + 1);
		put_option32(&s->b, 2, 1);
		end_block(&s->b);
		border(s, true);
		begin_block(&s->b, 3);
		put32(&s->b, 10);
		put_fill(&s->b, section + 3, 10);
		put16(&s->b, 0);
		end_block(&s->b);
		border(s, true);
		begin_block(&s->b, 5);
		put32(&s->b, 0);
		put64(&s->b, 0);
		put_option64(&s->b, 5, 7);
		end_block(&s->b);
		border(s, false);
		begin_block(&s->b, 0xbad);
		put_fill(&s->b, 0, 24);
		end_block(&s->b);
		border(s, false);
		put_enhanced(&s->b, 0, 2000 + section, 0, 0);
		border(s, true);
	}
}

static const struct {
	const char *name;
	void (*build)(struct sample *s);
} samples[] = {
    {"pcap", build_pcap_us},
    {"pcap, ns, big-endian", build_pcap_ns_big},
    {"pcap of empty packets", build_repetitive},
    {"pcapng", build_pcapng},
};

#define N_SAMPLES (sizeof samples / sizeof *samples)

/* ---- expectations ---- */

static size_t
packets_within(const struct sample *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->packet[i] && s->borders[i] <= len;
	return n;
}

/* The end of the last whole record, 0 before the first. */
static size_t
last_border(const struct sample *s, size_t len)
{
	size_t last = 0;

	for (size_t i = 0; i < s->n; i++)
		if (s->borders[i] <= len)
			last = s->borders[i];
	return last;
}

static void
check_frames(const struct read_result *r, const struct read_result *whole, size_t n)
{
	assert_int_equal(r->n, n);
	for (size_t i = 0; i < n; i++) {
		assert_true(r->frames[i].ts == whole->frames[i].ts);
		assert_int_equal(r->frames[i].caplen, whole->frames[i].caplen);
		assert_int_equal(r->frames[i].len, whole->frames[i].len);
		assert_int_equal(r->frames[i].direction, whole->frames[i].direction);
		assert_int_equal(r->seeds[i], whole->seeds[i]);
		assert_true(r->seeds[i] >= 0);
	}
}

static struct read_result *
copy_result(const struct read_result *r)
{
	struct read_result *copy = malloc(sizeof *copy);

	assert_non_null(copy);
	*copy = *r;
	return copy;
}

/* A copy of exactly len bytes, so that a sanitizer sees the first byte beyond. */
static const struct read_result *
read_copy(const uint8_t *data, size_t len, size_t window)
{
	const struct read_options options = {.window = window};
	const struct read_result *r;
	uint8_t *copy = malloc(len + (len == 0));

	assert_non_null(copy);
	memcpy(copy, data, len);
	r = read_bytes(copy, len, &options);
	free(copy);
	return r;
}

/* ---- tests ---- */

static void
cut_everywhere(const struct sample *s, size_t window)
{
	const uint8_t *data = bytes_data(&s->b);
	struct read_result *whole = copy_result(read_bytes(data, s->b.buf.len, NULL));

	assert_int_equal(whole->n_damages, 0);
	for (size_t len = 0; len <= s->b.buf.len; len++) {
		const struct read_result *r = read_copy(data, len, window);
		size_t last = last_border(s, len), packets = packets_within(s, len);
		bool clean = last == len && len > 0;

		check_frames(r, whole, packets);
		assert_int_equal(r->n_damages, !clean);
		assert_int_equal(r->stats.damaged, !clean);
		if (!clean) {
			assert_int_equal(r->damages[0].offset, last);
			assert_int_equal(r->damages[0].packet, packets);
			assert_true(r->damages[0].what[0] != '\0');
		}
	}
	free(whole);
}

static void
test_cut(void **state)
{
	static const size_t windows[] = {0, 1};

	(void)state;
	for (size_t i = 0; i < N_SAMPLES; i++) {
		struct sample s;

		samples[i].build(&s);
		for (size_t w = 0; w < 2; w++)
			cut_everywhere(&s, windows[w]);
		bytes_fini(&s.b);
	}
}

/* How many bytes zlib itself gets out of a cut gzip file of two members. */
static size_t
inflatable(const uint8_t *data, size_t len, bool *whole_r)
{
	static uint8_t out[65536];
	z_stream z = {.next_in = (Bytef *)data, .avail_in = (uInt)len};
	int rc = Z_OK;

	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	z.next_out = out;
	z.avail_out = sizeof out;
	while ((rc == Z_OK || rc == Z_STREAM_END) && z.avail_in > 0) {
		if (rc == Z_STREAM_END) {
			uInt in = z.avail_in, room = z.avail_out;
			Bytef *next = z.next_in, *to = z.next_out;

			inflateReset(&z);
			z.next_in = next;
			z.avail_in = in;
			z.next_out = to;
			z.avail_out = room;
		}
		rc = inflate(&z, Z_NO_FLUSH);
	}
	*whole_r = rc == Z_STREAM_END;
	inflateEnd(&z);
	return sizeof out - z.avail_out;
}

static void
cut_gzip_everywhere(const struct sample *s, const struct bytes *gz, size_t window)
{
	struct read_result *whole =
	    copy_result(read_bytes(bytes_data(&s->b), s->b.buf.len, NULL));

	for (size_t len = 0; len <= gz->buf.len; len++) {
		const struct read_result *r = read_copy(bytes_data(gz), len, window);
		bool members;
		size_t n = inflatable(bytes_data(gz), len, &members);

		check_frames(r, whole, packets_within(s, n));
		assert_int_equal(
		    r->n_damages, !members); /* they end where records do */
	}
	free(whole);
}

static void
test_cut_gzip(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SAMPLES; i++) {
		struct sample s;
		struct bytes gz;
		size_t half;

		samples[i].build(&s);
		half = s.borders[s.n / 2];
		bytes_init(&gz, false);
		put_gzip(&gz, bytes_data(&s.b), half);
		put_gzip(&gz, bytes_data(&s.b) + half, s.b.buf.len - half);
		cut_gzip_everywhere(&s, &gz, 0);
		cut_gzip_everywhere(&s, &gz, 1);
		bytes_fini(&gz);
		bytes_fini(&s.b);
	}
}

/* Any byte changed in any of three ways: never more than one report, never a crash. */
static void
test_changed(void **state)
{
	static const uint8_t changes[] = {0x01, 0x80, 0xff};

	(void)state;
	for (size_t i = 0; i < N_SAMPLES; i++) {
		struct sample s;

		samples[i].build(&s);
		for (size_t at = 0; at < s.b.buf.len; at++) {
			for (size_t c = 0; c < sizeof changes; c++) {
				const struct read_result *r;

				s.b.buf.data[at] ^= (char)changes[c];
				r = read_copy(bytes_data(&s.b), s.b.buf.len, 1);
				assert_true(r->n_damages <= 1);
				assert_int_equal(r->stats.damaged, r->n_damages);
				s.b.buf.data[at] ^= (char)changes[c];
			}
		}
		bytes_fini(&s.b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_cut_gzip),
	    cmocka_unit_test(test_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
