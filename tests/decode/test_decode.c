/*
 * The decoder against a table of packets (shapes.tsv): what it makes of each, and what
 * must hold however a packet is cut.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "decode/checksum.h"
#include "describe.h"
#include "invariants.h"
#include "shapes.h"
#include "tallyman/capture.h"
#include "tallyman/decode.h"

#define SHAPES_AT_LEAST 300

/* The shape in memory of just its size, so that an overread is seen. */
static void
frame_of(const struct shape *shape, struct frame *frame_r)
{
	uint8_t *bytes = malloc(shape->packet->caplen);

	if (shape->packet->caplen > 0)
		memcpy(bytes, shape->packet->bytes, shape->packet->caplen);
	memset(frame_r, 0, sizeof *frame_r);
	frame_r->data = bytes;
	frame_r->caplen = shape->packet->caplen;
	frame_r->len = shape->packet->wire;
	frame_r->linktype = shape->linktype;
}

static void
compare(const struct shape *shape, void *ctx)
{
	char text[DESCRIBE_MAX];
	struct frame frame;
	struct packet p;

	frame_of(shape, &frame);
	decode_frame(&frame, &p);
	describe_packet(&p, text);
	free((void *)frame.data);
	if (strcmp(text, shape->expect) == 0)
		return;
	print_error("shapes.tsv:%u: %s\n  wanted %s\n  got    %s\n", shape->line,
	    shape->recipe, shape->expect, text);
	++*(int *)ctx;
}

static void
test_shapes(void **state)
{
	int wrong = 0;

	(void)state;
	assert_true(shapes_each(compare, &wrong) >= SHAPES_AT_LEAST);
	assert_int_equal(wrong, 0);
}

static void
truncate_shape(const struct shape *shape, void *ctx)
{
	struct frame frame;
	const char *broken;
	unsigned at;

	frame_of(shape, &frame);
	broken = invariant_truncated(&frame, &at);
	free((void *)frame.data);
	if (broken == NULL)
		return;
	print_error("shapes.tsv:%u: %s\n  cut at %u: not so: %s\n", shape->line,
	    shape->recipe, at, broken);
	++*(int *)ctx;
}

static void
test_truncated(void **state)
{
	int wrong = 0;

	(void)state;
	assert_true(shapes_each(truncate_shape, &wrong) >= SHAPES_AT_LEAST);
	assert_int_equal(wrong, 0);
}

static void
collect_anomalies(const struct shape *shape, void *ctx)
{
	struct frame frame;
	struct packet p;

	frame_of(shape, &frame);
	decode_frame(&frame, &p);
	free((void *)frame.data);
	*(uint64_t *)ctx |= p.anomalies;
}

/* The table has a packet for every anomaly that decoding can find. */
static void
test_every_anomaly(void **state)
{
	static const enum anomaly others[] = {ANOMALY_FRAG_OVERLAP,
	    ANOMALY_FRAG_INCOMPLETE, ANOMALY_TCP_MIDSTREAM, ANOMALY_TCP_BAD_ACK,
	    ANOMALY_TCP_RETRANSMIT_DIFFERS, ANOMALY_TIME_BACKWARDS,
	    ANOMALY_DNS_MALFORMED, ANOMALY_DNS_LOOP, ANOMALY_HTTP_MALFORMED,
	    ANOMALY_HTTP_GAP};
	uint64_t seen = 0;

	(void)state;
	assert_true(shapes_each(collect_anomalies, &seen) > 0);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		seen |= ANOMALY_BIT(others[i]);
	for (int a = 0; a < ANOMALY_N; a++) {
		if ((seen & ANOMALY_BIT(a)) == 0)
			print_error("no shape raises %s\n", decode_anomaly(a)->name);
		assert_true((seen & ANOMALY_BIT(a)) != 0);
	}
}

/* Frame check sequences are no part of the frame; directions come from the file. */
static void
test_frame_fields(void **state)
{
	static const struct {
		uint8_t fcs_len, direction, way;
		uint32_t wire_len, payload_len;
	} cases[] = {
	    {0, FRAME_DIRECTION_UNKNOWN, DECODE_WAY_UNKNOWN, 50, 8},
	    {4, FRAME_INBOUND, DECODE_WAY_IN, 46, 4},
	    {2, FRAME_OUTBOUND, DECODE_WAY_OUT, 48, 6},
	};
	static struct recipe r;
	struct packet p;

	(void)state;
	/* With the length left to the card, the frame's end is the packet's. */
	assert_null(recipe_build(&r, "eth ip4 poke:2:0000 udp poke:4:0000 data:8"));
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct frame frame = {.data = r.bytes,
		    .caplen = r.caplen,
		    .len = r.wire,
		    .linktype = 1,
		    .fcs_len = cases[i].fcs_len,
		    .direction = cases[i].direction,
		    .number = 7,
		    .interface = 3,
		    .ts = -5};

		decode_frame(&frame, &p);
		assert_int_equal(p.result, DECODE_IP);
		assert_int_equal(p.way, cases[i].way);
		assert_int_equal(p.wire_len, cases[i].wire_len);
		assert_int_equal(p.payload_len, cases[i].payload_len);
		assert_true(p.number == 7 && p.interface == 3 && p.ts == -5);
	}
}

/* A jumbogram's own length tells its padding; not in the table, because a snap length
 * can cut that option off, and then the frame's length is all that is known. */
static void
test_jumbogram(void **state)
{
	static struct recipe r;
	struct frame frame = {.data = r.bytes, .linktype = 1};
	struct packet p;

	(void)state;
	assert_null(
	    recipe_build(&r, "eth ip6 hop:c2040001118c tcp:A data:70000 pad:8"));
	frame.caplen = frame.len = r.len;
	decode_frame(&frame, &p);
	assert_int_equal(p.result, DECODE_IP);
	assert_int_equal(p.l3_len, 70068);
	assert_int_equal(p.payload_len, 70000);
	assert_int_equal(p.payload_cap, 70000);
}

/* The sum in large steps against the sum byte by byte, at all lengths and offsets. */
static void
test_checksum(void **state)
{
	uint8_t bytes[300];
	uint32_t random = 1;

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++) {
		random = random * 1103515245 + 12345;
		bytes[i] = i < 100 ? 0xff : (uint8_t)(random >> 16);
	}
	for (uint32_t from = 0; from < 20; from++) {
		for (uint32_t len = 0; len + from <= sizeof bytes; len++) {
			uint32_t sum = recipe_sum(0, bytes + from, len);
			uint8_t want[2] = {(uint8_t)(sum >> 8), (uint8_t)sum};
			uint16_t got =
			    checksum_fold(checksum_add(0, bytes + from, len));

			assert_memory_equal(want, &got, 2);
		}
	}
	assert_true(checksum_crc32c(0, (const uint8_t *)"123456789", 9) == 0xe3069283);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shapes),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_every_anomaly),
	    cmocka_unit_test(test_frame_fields),
	    cmocka_unit_test(test_jumbogram),
	    cmocka_unit_test(test_checksum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
