/*
 * Streams through the flow table: messages of DNS behind each other, segments out of
 * order, repeated and lost, and how a stream ends.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "app/stream.h"
#include "talk.h"
#include "wire.h"

static struct wire wire;

static void
write_wire(const char *text)
{
	wire.len = 0;
	wire_write(&wire, text);
}

#define Q_TCP "1234 query op0 NOERROR 1/0/0/0 | ? example.com IN A | tcp\n"

/* ---- DNS over TCP ---- */

/* Messages behind each other, the last one larger than what is kept when split. */
static void
write_dns_stream(void)
{
	write_wire(
	    "(" QUERY ") (" QUERY ") (1234 8180 0001 0002 0000 0000 <example.com> 00"
	    " 000a 0001 c00c 0001 0001 00000000 (c0000201)"
	    " c00c 000a 0001 00000000 2328");
	while (wire.len < 2 * (2 + 29) + 2 + 29 + 16 + 12 + 9000)
		wire_add(&wire, "\xab", 1);
	wire.bytes[62] = (uint8_t)((wire.len - 64) >> 8);
	wire.bytes[63] = (uint8_t)(wire.len - 64);
}

static void
test_dns_stream(void **state)
{
	struct talk t;
	size_t whole_len;

	(void)state;
	write_wire("(" QUERY ") (" QUERY ") (" ANSWER ")");
	whole_len = wire.len;
	for (uint16_t port = 53; port < 56; port += 2) {
		for (size_t at = 0; at < whole_len; at++) {
			struct talk_end client = CLIENT(40000), server = SERVER(port);

			/* elsewhere the first segment must be one message alone */
			if (port != 53 && at != 31)
				continue;
			talk_init(&t, NULL);
			talk_connect(&t, &client, &server);
			talk_segment(&t, &client, &server, 0, wire.bytes, at, TCP_ACK);
			client.seq += (uint32_t)at;
			talk_segment(&t, &client, &server, 0, wire.bytes + at,
			    whole_len - at, TCP_ACK);
			talk_finish(&t);
			assert_int_equal(t.messages, 3);
			assert_non_null(strstr(buf_text(&t.out), " dns 2/1\n"));
			assert_null(strstr(buf_text(&t.out), "truncated"));
			talk_fini(&t);
		}
	}
}

static void
test_dns_stream_long(void **state)
{
	struct talk_end client = CLIENT(40000), server = SERVER(53);
	struct talk t;

	(void)state;
	talk_init(&t, NULL);
	talk_connect(&t, &client, &server);
	write_dns_stream();
	for (size_t at = 0; at < wire.len; at += 1000) {
		size_t n = wire.len - at < 1000 ? wire.len - at : 1000;

		talk_segment(&t, &client, &server, 0, wire.bytes + at, n, TCP_ACK);
		client.seq += (uint32_t)n;
	}
	write_wire("(" ANSWER ")");
	talk_segment(&t, &client, &server, 0, wire.bytes, wire.len, TCP_ACK);
	assert_string_equal(talk_finished(&t),
	    "40000>53 " Q_TCP "40000>53 " Q_TCP
	    "40000>53 1234 response op0 NOERROR 1/2/0/0 | ? example.com IN NULL"
	    " | an example.com IN A 0 [4] 192.0.2.1 | an example.com IN NULL 0 [9000] "
	    " | tcp | truncated after=0ms\n"
	    "40000>53 1234 response op0 NOERROR 1/1/0/0 | ? example.com IN A"
	    " | an example.com IN A 0 [4] 192.0.2.1 | tcp after=10ms\n"
	    "40000>53 dns 2/2\n");
	talk_fini(&t);
}

#define PART_TEXT                                                            \
	"40000>53 1234 query op0 NOERROR 1/0/0/0 | ?  CLASS0 TYPE0 | tcp | " \
	"truncated\n"

/* A lost segment in a message costs that message, one at its edge the step. */
static void
test_dns_stream_gap(void **state)
{
	struct talk_end client = CLIENT(40000), server = SERVER(53);
	struct talk t;

	(void)state;
	talk_init(&t, NULL);
	talk_connect(&t, &client, &server);
	write_wire("(" QUERY ") (" QUERY ")");
	talk_segment(&t, &client, &server, 0, wire.bytes, 20, TCP_ACK);
	client.seq += 40; /* 20 bytes are lost, over the end of the first message */
	talk_segment(&t, &client, &server, 0, wire.bytes + 40, 22, TCP_ACK);
	client.seq += 22;
	talk_ack(&t, &server, &client);
	talk_segment(&t, &client, &server, 0, wire.bytes, 31, TCP_ACK);
	client.seq += 31;
	talk_ack(&t, &server, &client);
	talk_segment(&t, &client, &server, 0, wire.bytes, 20, TCP_ACK);
	client.seq += 25; /* 5 within the message */
	talk_segment(&t, &client, &server, 0, wire.bytes + 25, 37, TCP_ACK);
	client.seq += 37;
	talk_ack(&t, &server, &client);
	talk_segment(&t, &client, &server, 0, wire.bytes, 31, TCP_ACK);
	assert_string_equal(talk_finished(&t),
	    PART_TEXT "40000>53 " Q_TCP PART_TEXT "40000>53 " Q_TCP "40000>53 " Q_TCP
		      "40000>53 dns 5/0 gaps=2\n");
	talk_fini(&t);
}

/* ---- streams out of order ---- */

static const char request[] =
    "GET /one HTTP/1.1\r\nHost: h.example\r\n\r\n"
    "POST /two HTTP/1.1\r\nContent-Length: 10\r\n\r\n0123456789";
static const char response[] =
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde"
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";

#define EXCHANGE_TEXT                                                               \
	"40000>80 0 GET /one HTTP/1.1 host=h.example body=0 => 200 HTTP/1.1 body=5" \
	" after=0s\n"                                                               \
	"40000>80 1 POST /two HTTP/1.1 body=10 => 200 HTTP/1.1 body=3 after=0s\n"   \
	"40000>80 http 2/2\n"

/* Xorshift: the same permutations in every run. */
static uint32_t
next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Sends the bytes in up to eight pieces in any order, some twice, some overlapping. */
static void
send_shuffled(struct talk *t, struct talk_end *from, struct talk_end *to,
    const char *bytes, size_t len, uint32_t *random)
{
	unsigned pieces = 1 + next_random(random) % 8, order[8];
	size_t step = len / pieces + 1;

	for (unsigned i = 0; i < pieces; i++)
		order[i] = i;
	for (unsigned i = pieces; i > 1; i--) {
		unsigned j = next_random(random) % i, keep = order[i - 1];

		order[i - 1] = order[j];
		order[j] = keep;
	}
	for (unsigned i = 0; i < pieces; i++) {
		size_t at = order[i] * step, n = step + next_random(random) % 3;
		unsigned times = 1 + (next_random(random) % 4 == 0);

		if (at >= len)
			continue;
		if (n > len - at)
			n = len - at;
		while (times-- > 0)
			talk_segment(t, from, to, (int64_t)at, bytes + at, n, TCP_ACK);
	}
	from->seq += (uint32_t)len;
	talk_ack(t, to, from);
}

static void
test_reordered(void **state)
{
	uint32_t random = 2463534242U;
	struct talk t;

	(void)state;
	for (unsigned run = 0; run < 3000; run++) {
		struct talk_end client = CLIENT(40000), server = SERVER(80);

		client.seq = next_random(&random);
		talk_init(&t, NULL);
		talk_connect(&t, &client, &server);
		send_shuffled(
		    &t, &client, &server, request, sizeof request - 1, &random);
		send_shuffled(
		    &t, &server, &client, response, sizeof response - 1, &random);
		if (strcmp(talk_finished(&t), EXCHANGE_TEXT) != 0)
			print_error("run %u\n", run);
		assert_string_equal(buf_text(&t.out), EXCHANGE_TEXT);
		assert_int_equal(t.anomalies & ANOMALY_BIT(ANOMALY_HTTP_GAP), 0);
		talk_fini(&t);
	}
}

/* A large body with a late segment at its beginning needs no memory for the rest. */
static void
test_reordered_body(void **state)
{
	static char body[1000];
	struct talk_end client = CLIENT(40000), server = SERVER(80);
	struct talk t;

	(void)state;
	talk_init(&t, NULL);
	talk_connect(&t, &client, &server);
	talk_say(&t, &client, &server, "GET /big HTTP/1.1\r\n\r\n");
	talk_say(
	    &t, &server, &client, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
	for (unsigned i = 1; i < 100; i++)
		talk_segment(
		    &t, &server, &client, i * 1000, body, sizeof body, TCP_ACK);
	talk_segment(&t, &server, &client, 0, body, sizeof body, TCP_ACK);
	assert_string_equal(talk_finished(&t),
	    "40000>80 0 GET /big HTTP/1.1 body=0 => 200 HTTP/1.1 body=100000 after=0s\n"
	    "40000>80 http 1/1\n");
	talk_fini(&t);
}

/* More heads out of order than are kept: what is lost is said, then it goes on. */
static void
test_reorder_limit(void **state)
{
	static const char get[] = "GET /x HTTP/1.1\r\n\r\n";
	struct talk_end client = CLIENT(40000), server = SERVER(80);
	struct talk t;
	size_t n = sizeof get - 1;

	(void)state;
	talk_init(&t, NULL);
	talk_connect(&t, &client, &server);
	talk_say(&t, &client, &server, get);
	for (unsigned i = 20; i > 0; i--)
		talk_segment(&t, &client, &server, (int64_t)(i * n), get, n, TCP_ACK);
	talk_segment(&t, &client, &server, 0, get, n, TCP_ACK);
	client.seq += (uint32_t)(21 * n);
	talk_ack(&t, &server, &client);
	talk_say(&t, &client, &server, get);
	talk_finish(&t);
	assert_true((t.anomalies & ANOMALY_BIT(ANOMALY_HTTP_GAP)) != 0);
	/* the first, the one in time, the kept ones, the last */
	assert_int_equal(t.messages, 1 + 1 + STREAM_HELD_MAX + 1);
	talk_fini(&t);
}

/* The capture lost a segment that the receiver has: a gap, and the flow says so. */
static void
test_lost(void **state)
{
	struct talk_end client = CLIENT(40000), server = SERVER(80);
	struct talk t;

	(void)state;
	talk_init(&t, NULL);
	talk_connect(&t, &client, &server);
	talk_say(&t, &client, &server, "GET /1 HTTP/1.1\r\nHost: h\r\n");
	client.seq += 50;
	talk_say(&t, &client, &server, "GET /2 HTTP/1.1\r\n\r\n");
	talk_say(&t, &client, &server, "GET /3 HTTP/1.1\r\n\r\n");
	assert_string_equal(talk_finished(&t),
	    "40000>80 0 GET /1 HTTP/1.1 host=h body=0 incomplete\n"
	    "40000>80 1 GET /2 HTTP/1.1 body=0\n"
	    "40000>80 2 GET /3 HTTP/1.1 body=0\n"
	    "40000>80 http 3/0 gaps=1\n");
	assert_true((t.anomalies & ANOMALY_BIT(ANOMALY_HTTP_GAP)) != 0);
	talk_fini(&t);
}

/* The end of the stream is the end of an open-ended body, also when it comes early. */
static void
test_fin(void **state)
{
	static const char *const bodies[] = {"abc", "defg"};
	struct talk t;

	(void)state;
	for (unsigned late = 0; late < 2; late++) {
		struct talk_end client = CLIENT(40000), server = SERVER(80);

		talk_init(&t, NULL);
		talk_connect(&t, &client, &server);
		talk_say(&t, &client, &server, "GET / HTTP/1.0\r\n\r\n");
		talk_say(&t, &server, &client, "HTTP/1.0 200 OK\r\n\r\n");
		if (late)
			talk_segment(
			    &t, &server, &client, 7, NULL, 0, TCP_FIN | TCP_ACK);
		talk_segment(&t, &server, &client, 0, bodies[0], 3, TCP_ACK);
		talk_segment(&t, &server, &client, 3, bodies[1], 4,
		    late ? TCP_ACK : TCP_FIN | TCP_ACK);
		assert_string_equal(buf_text(&t.out),
		    "40000>80 0 GET / HTTP/1.0 body=0 => 200 HTTP/1.0 body=7 "
		    "after=0s\n");
		talk_finish(&t);
		talk_fini(&t);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_dns_stream),
	    cmocka_unit_test(test_dns_stream_long),
	    cmocka_unit_test(test_dns_stream_gap),
	    cmocka_unit_test(test_reordered),
	    cmocka_unit_test(test_reordered_body),
	    cmocka_unit_test(test_reorder_limit),
	    cmocka_unit_test(test_lost),
	    cmocka_unit_test(test_fin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
