/*
 * The stage as a shard uses it: packets through the flow table, parsers started by port
 * and content, streams out of order and with losses, the caps, and the final counters.
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

#define CLIENT(p)                     \
	{                             \
		"10.0.0.1", (p), 1000 \
	}
#define SERVER(p)                     \
	{                             \
		"10.0.0.2", (p), 5000 \
	}

static const char *
finished(struct talk *t)
{
	talk_finish(t);
	return buf_text(&t->out);
}

/* ---- where a parser starts ---- */

#define QUERY "1234 0100 0001 0000 0000 0000 <example.com> 00 0001 0001"
#define ANSWER                                                     \
	"1234 8180 0001 0001 0000 0000 <example.com> 00 0001 0001" \
	"c00c 0001 0001 00000000 (c0000201)"
#define Q_TEXT "1234 query op0 NOERROR 1/0/0/0 | ? example.com IN A\n"
#define A_TEXT                                                   \
	"1234 response op0 NOERROR 1/1/0/0 | ? example.com IN A" \
	" | an example.com IN A 0 [4] 192.0.2.1\n"
#define NBNS                                                                  \
	"1234 0110 0001 0000 0000 0000 <CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA> 00" \
	" 0021 0001"

static const struct {
	uint16_t sport, dport;
	const char *wire;
	size_t cap; /* 0: all of it */
	const char *text;
} datagrams[] = {
    {40000, 53, QUERY, 0, "40000>53 " Q_TEXT "40000>53 dns 1/0\n"},
    {53, 40000, ANSWER, 0, "53>40000 " A_TEXT "40000>53 dns 0/1\n"},
    {40000, 5300, QUERY, 0, "40000>5300 " Q_TEXT "40000>5300 dns 1/0\n"},
    /* an answer that comes first tells who asked */
    {5300, 40000, ANSWER, 0, "5300>40000 " A_TEXT "40000>5300 dns 0/1\n"},
    {40000, 5355, QUERY, 0, "40000>5355 " Q_TEXT "40000>5355 dns 1/0\n"},
    {5353, 5353,
	"0000 8400 0000 0001 0000 0000 <h.local> 00 0001 8001 00000078 (c0000201)", 0,
	"5353>5353 0000 response op0 NOERROR 0/1/0/0 | an h.local IN A 120 [4] "
	"192.0.2.1\n"
	"5353>5353 dns 0/1\n"},
    /* a part of a name tells enough on the port, not elsewhere */
    {40000, 53, QUERY, 22,
	"40000>53 1234 query op0 NOERROR 1/0/0/0 | ? example CLASS0 TYPE0 | truncated\n"
	"40000>53 dns 1/0\n"},
    {40000, 5300, QUERY, 22, ""},
    /* damaged, but still DNS */
    {40000, 53, "1234 0100 0002 0000 0000 0000 <example.com> 00 0001 0001", 0,
	"40000>53 1234 query op0 NOERROR 2/0/0/0 | ? example.com IN A | malformed\n"
	"40000>53 dns 1/0 malformed=1\n"},
    {40000, 53, "1234 0100 0001 0000 0000 0000 c00c 0001 0001", 0,
	"40000>53 1234 query op0 NOERROR 1/0/0/0 | malformed\n"
	"40000>53 dns 1/0 malformed=1\n"},
    /* no DNS: on its port that is worth a mark */
    {40000, 53, "'XXXXXXXXXXXXXXXXXXXXXXXX'", 0,
	"40000>53 dns 0/0 malformed=1 partial\n"},
    {40000, 53, "00", 0, "40000>53 dns 0/0 malformed=1 partial\n"},
    {53, 40000, "'XXXXXXXXXXXXXXXXXXXXXXXX'", 0, ""},
    {53, 40000, QUERY, 0, ""}, /* a scan from a trusted port */
    {40000, 5300, "'XXXXXXXXXXXXXXXXXXXXXXXX'", 0, ""},
    {40000, 137, NBNS, 0, ""},
    {40000, 138, NBNS, 0,
	"40000>138 1234 query op0 NOERROR 1/0/0/0"
	" | ? CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA IN SRV\n40000>138 dns 1/0\n"},
};

static struct wire wire;

static void
write_wire(const char *text)
{
	wire.len = 0;
	wire_write(&wire, text);
}

static void
test_datagrams(void **state)
{
	struct talk t;

	(void)state;
	for (size_t i = 0; i < sizeof datagrams / sizeof *datagrams; i++) {
		struct talk_end from = CLIENT(datagrams[i].sport);
		struct talk_end to = SERVER(datagrams[i].dport);
		size_t cap = datagrams[i].cap;

		talk_init(&t, NULL);
		write_wire(datagrams[i].wire);
		talk_datagram(
		    &t, &from, &to, wire.bytes, cap == 0 ? wire.len : cap, wire.len);
		if (strcmp(finished(&t), datagrams[i].text) != 0)
			print_error("case %zu: %s\n", i, datagrams[i].wire);
		assert_string_equal(buf_text(&t.out), datagrams[i].text);
		talk_fini(&t);
	}
}

/* Answers find their queries by id, the newest first, within the last sixteen. */
static void
test_pairing(void **state)
{
	struct talk_end client = CLIENT(40000), server = SERVER(53);
	struct talk t;

	(void)state;
	talk_init(&t, NULL);
	for (unsigned id = 0; id < 18; id++) {
		write_wire(QUERY);
		wire.bytes[1] = (uint8_t)id;
		talk_datagram(&t, &client, &server, wire.bytes, wire.len, wire.len);
	}
	write_wire(QUERY);
	wire.bytes[1] = 17; /* asked again */
	talk_datagram(&t, &client, &server, wire.bytes, wire.len, wire.len);
	buf_reset(&t.out);
	for (unsigned id = 0; id < 19; id++) {
		write_wire(ANSWER);
		wire.bytes[1] = (uint8_t)id;
		talk_datagram(&t, &server, &client, wire.bytes, wire.len, wire.len);
	}
	/* 0, 1 and 2 were pushed out; 3 was asked 19 ms before; 18 was never asked */
	assert_null(strstr(buf_text(&t.out),
	    "1202 response op0 NOERROR 1/1/0/0 | ? "
	    "example.com IN A | an example.com IN A 0 [4] 192.0.2.1 after"));
	assert_non_null(strstr(buf_text(&t.out),
	    "1203 response op0 NOERROR 1/1/0/0 | ? "
	    "example.com IN A | an example.com IN A 0 [4] 192.0.2.1 after=19ms\n"));
	assert_non_null(
	    strstr(buf_text(&t.out), "192.0.2.1 after=18ms\n53>40000 1212"));
	assert_null(strstr(buf_text(&t.out), "after=1ms"));
	talk_finish(&t);
	assert_non_null(strstr(buf_text(&t.out), "40000>53 dns 19/19\n"));
	talk_fini(&t);
}

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
	assert_string_equal(finished(&t),
	    "40000>53 " Q_TEXT "40000>53 " Q_TEXT
	    "40000>53 1234 response op0 NOERROR 1/2/0/0 | ? example.com IN NULL"
	    " | an example.com IN A 0 [4] 192.0.2.1 | an example.com IN NULL 0 [9000] "
	    " | truncated after=0ms\n"
	    "40000>53 1234 response op0 NOERROR 1/1/0/0 | ? example.com IN A"
	    " | an example.com IN A 0 [4] 192.0.2.1 after=10ms\n"
	    "40000>53 dns 2/2\n");
	talk_fini(&t);
}

#define PART_TEXT \
	"40000>53 1234 query op0 NOERROR 1/0/0/0 | ?  CLASS0 TYPE0 | truncated\n"

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
	assert_string_equal(finished(&t),
	    PART_TEXT "40000>53 " Q_TEXT PART_TEXT "40000>53 " Q_TEXT "40000>53 " Q_TEXT
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
		if (strcmp(finished(&t), EXCHANGE_TEXT) != 0)
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
	assert_string_equal(finished(&t),
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
	assert_string_equal(finished(&t),
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

/* ---- who asks ---- */

/* A capture that begins in the middle of a connection on two high ports: the request
 * tells, and so does a response. */
static void
test_initiator(void **state)
{
	struct talk_end client = CLIENT(40000), server = SERVER(40001);
	struct talk t;

	(void)state;
	talk_init(&t, NULL);
	talk_segment(&t, &server, &client, 0, "\r\n", 2, TCP_ACK);
	server.seq += 2;
	talk_say(&t, &client, &server, "GET / HTTP/1.1\r\n\r\n");
	talk_say(&t, &server, &client, "HTTP/1.1 204 No\r\n\r\n");
	assert_string_equal(finished(&t),
	    "40000>40001 0 GET / HTTP/1.1 body=0 => 204 HTTP/1.1 body=0 after=0s\n"
	    "40000>40001 http 1/1\n");
	talk_fini(&t);

	talk_init(&t, NULL);
	talk_say(&t, &server, &client, "HTTP/1.1 204 No\r\n\r\n");
	talk_say(&t, &client, &server, "GET / HTTP/1.1\r\n\r\n");
	talk_say(&t, &server, &client, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_string_equal(finished(&t),
	    "40000>40001 0  => 204 HTTP/1.1 body=0\n"
	    "40000>40001 1 GET / HTTP/1.1 body=0 => 200 HTTP/1.1 body=0 after=0s\n"
	    "40000>40001 http 1/2\n");
	talk_fini(&t);
}

/* A capture that begins in the middle of a long response: on a port of HTTP the next
 * request is found however late it comes, elsewhere within the first packets. */
static void
test_midstream(void **state)
{
	struct talk t;

	(void)state;
	for (unsigned ports = 0; ports < 2; ports++) {
		struct talk_end client = CLIENT(40000),
				server = SERVER(ports == 0 ? 8080 : 9999);

		talk_init(&t, NULL);
		for (unsigned i = 0; i < 20; i++)
			talk_say(&t, &server, &client, "part of something\n");
		talk_say(&t, &client, &server, "GET / HTTP/1.1\r\n\r\n");
		talk_say(&t, &server, &client, "HTTP/1.1 204 No\r\n\r\n");
		assert_int_equal(strlen(finished(&t)) > 0, ports == 0);
		assert_int_equal(t.messages, ports == 0);
		talk_fini(&t);
	}
}

/* The first segment of a connection comes second. */
static void
test_late_first(void **state)
{
	struct talk t;

	(void)state;
	for (unsigned http = 0; http < 2; http++) {
		struct talk_end client = CLIENT(40000), server = SERVER(9999);
		const char *first = http ? "GET / HT" : "nothing ";

		talk_init(&t, NULL);
		talk_connect(&t, &client, &server);
		talk_segment(&t, &client, &server, 8, "TP/1.1\r\n\r\n", 10, TCP_ACK);
		talk_segment(&t, &client, &server, 0, first, 8, TCP_ACK);
		assert_string_equal(finished(&t),
		    http ? "40000>9999 0 GET / HTTP/1.1 body=0\n40000>9999 http 1/0\n"
			 : "");
		talk_fini(&t);
	}
}

/* Classification names a flow whose first packet told nothing here. */
static void
test_named_flow(void **state)
{
	struct talk_end client = CLIENT(40000), server = SERVER(5300);
	struct packet p = {.result = DECODE_IP, .proto = 17, .has_l4 = true};
	struct flow_packet fp;
	struct talk t;

	(void)state;
	talk_init(&t, NULL);
	write_wire(
	    "1234 0100 0001 0000 0000 0000 01'?' 00 0001 0001"); /* no host name */
	talk_datagram(&t, &client, &server, wire.bytes, wire.len, wire.len);
	assert_int_equal(t.messages, 0);
	addr_parse(client.addr, &p.src);
	addr_parse(server.addr, &p.dst);
	p.sport = client.port;
	p.dport = server.port;
	p.ts = t.now;
	p.number = ++t.number;
	flow_table_packet(t.flows, &p, &fp);
	app_start(t.app, fp.flow, APP_DNS);
	talk_datagram(&t, &client, &server, wire.bytes, wire.len, wire.len);
	app_start(t.app, fp.flow, APP_HTTP); /* too late: it has one */
	talk_datagram(&t, &client, &server, wire.bytes, wire.len, wire.len);
	assert_string_equal(finished(&t),
	    "40000>5300 1234 query op0 NOERROR 1/0/0/0 | ? ? IN A\n"
	    "40000>5300 1234 query op0 NOERROR 1/0/0/0 | ? ? IN A\n"
	    "40000>5300 dns 2/0\n");
	talk_fini(&t);
}

/* Something that only begins like a request leaves nothing behind. */
static void
test_false_start(void **state)
{
	static const char *const texts[] = {"G", "GET ", "POST", "HTTP/1."};
	struct talk t;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct talk_end client = CLIENT(40000), server = SERVER(9999);

		talk_init(&t, NULL);
		talk_connect(&t, &client, &server);
		talk_say(&t, &client, &server, texts[i]);
		talk_say(&t, &client, &server, "\x01\x02\x03");
		talk_say(&t, &client, &server, "\x01\x02\x03");
		assert_string_equal(finished(&t), "");
		talk_fini(&t);
	}
}

/* ---- caps ---- */

static void
ask(struct talk *t, uint16_t port, const char *text)
{
	struct talk_end client = CLIENT(port), server = SERVER(80);

	talk_connect(t, &client, &server);
	talk_say(t, &client, &server, text);
}

/* With room for two flows the longest silent one gives way, with what it had; it may
 * come back, and its counters are then known to be too low. */
static void
test_flow_cap(void **state)
{
	struct talk_end back = CLIENT(1), server = SERVER(80);
	struct app_config config;
	struct app_stats stats;
	struct talk t;

	(void)state;
	app_config_defaults(&config);
	config.flow_cap = 2;
	talk_init(&t, &config);
	ask(&t, 1, "GET /1 HTTP/1.1\r\n\r\n");
	ask(&t, 2, "GET /2 HTTP/1.1\r\n\r\n");
	ask(&t, 3, "GET /3 HTTP/1.1\r\n\r\n");
	assert_string_equal(buf_text(&t.out), "1>80 0 GET /1 HTTP/1.1 body=0\n");
	back.seq = 1001 + 19;
	server.seq++;
	talk_say(&t, &back, &server, "GET /4 HTTP/1.1\r\n\r\n");
	assert_string_equal(finished(&t),
	    "1>80 0 GET /1 HTTP/1.1 body=0\n"
	    "2>80 0 GET /2 HTTP/1.1 body=0\n"
	    "1>80 0 GET /4 HTTP/1.1 body=0\n"
	    "1>80 http 1/0 partial\n"
	    "2>80 none 0/0 partial\n"
	    "3>80 0 GET /3 HTTP/1.1 body=0\n"
	    "3>80 http 1/0\n");
	app_get_stats(t.app, &stats);
	assert_int_equal(stats.no_state, 2);
	talk_fini(&t);
}

static void
test_no_flow_state(void **state)
{
	struct app_config config;
	struct app_stats stats;
	struct talk t;

	(void)state;
	app_config_defaults(&config);
	config.flow_cap = 0;
	talk_init(&t, &config);
	ask(&t, 1, "GET /1 HTTP/1.1\r\n\r\n");
	assert_string_equal(finished(&t), "");
	app_get_stats(t.app, &stats);
	assert_int_equal(stats.no_state, 1);
	talk_fini(&t);
}

/* When what is lent runs out, the oldest gives way, whoever has it: slow senders do not
 * blind the parser for the others. */
static void
test_oldest_gives_way(void **state)
{
	struct talk_end slow = CLIENT(1), slow_server = SERVER(80);
	struct talk_end quick = CLIENT(2), quick_server = SERVER(80);
	struct app_config config;
	struct app_stats stats;
	struct talk t;

	(void)state;
	app_config_defaults(&config);
	config.transaction_cap = config.buffer_cap = config.reorder_cap = 1;
	talk_init(&t, &config);
	talk_connect(&t, &slow, &slow_server);
	talk_connect(&t, &quick, &quick_server);
	/* a transaction: it is emitted as it is; its response comes alone */
	talk_say(&t, &slow, &slow_server, "GET /slow HTTP/1.1\r\n\r\n");
	talk_say(&t, &quick, &quick_server, "GET /quick HTTP/1.1\r\n\r\n");
	talk_say(&t, &quick_server, &quick, "HTTP/1.1 204 No\r\n\r\n");
	talk_say(&t, &slow_server, &slow, "HTTP/1.1 204 No\r\n\r\n");
	/* a split line: its message is lost at its end */
	talk_say(&t, &slow, &slow_server, "GET /slow HTTP/1.1\r\nHos");
	talk_say(&t, &quick, &quick_server, "GET /qu");
	talk_say(&t, &quick, &quick_server, "ick HTTP/1.1\r\n\r\n");
	talk_say(&t, &quick_server, &quick, "HTTP/1.1 204 No\r\n\r\n");
	talk_say(&t, &slow, &slow_server, "t: h\r\n\r\n");
	/* a segment out of order: it is a gap */
	talk_segment(&t, &slow, &slow_server, 5, "123\r\n\r\n", 7, TCP_ACK);
	talk_segment(&t, &quick, &quick_server, 4, "/ HTTP/1.1\r\n\r\n", 14, TCP_ACK);
	talk_segment(&t, &quick, &quick_server, 0, "GET ", 4, TCP_ACK);
	talk_segment(&t, &slow, &slow_server, 0, "12345", 5, TCP_ACK);
	assert_string_equal(finished(&t),
	    "1>80 0 GET /slow HTTP/1.1 body=0\n"
	    "2>80 0 GET /quick HTTP/1.1 body=0 => 204 HTTP/1.1 body=0 after=0s\n"
	    "1>80 1  => 204 HTTP/1.1 body=0\n"
	    "1>80 2 GET /slow HTTP/1.1 body=0 incomplete\n"
	    "2>80 1 GET /quick HTTP/1.1 body=0 => 204 HTTP/1.1 body=0 after=0s\n"
	    "1>80 http 2/1 gaps=1\n"
	    "2>80 2 GET / HTTP/1.1 body=0\n"
	    "2>80 http 3/2\n");
	app_get_stats(t.app, &stats);
	assert_int_equal(stats.no_memory, 4);
	talk_fini(&t);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_datagrams),
	    cmocka_unit_test(test_pairing),
	    cmocka_unit_test(test_dns_stream),
	    cmocka_unit_test(test_dns_stream_long),
	    cmocka_unit_test(test_dns_stream_gap),
	    cmocka_unit_test(test_reordered),
	    cmocka_unit_test(test_reordered_body),
	    cmocka_unit_test(test_reorder_limit),
	    cmocka_unit_test(test_lost),
	    cmocka_unit_test(test_fin),
	    cmocka_unit_test(test_initiator),
	    cmocka_unit_test(test_midstream),
	    cmocka_unit_test(test_late_first),
	    cmocka_unit_test(test_named_flow),
	    cmocka_unit_test(test_false_start),
	    cmocka_unit_test(test_flow_cap),
	    cmocka_unit_test(test_no_flow_state),
	    cmocka_unit_test(test_oldest_gives_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
