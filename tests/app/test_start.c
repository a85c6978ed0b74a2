/*
 * Where a parser starts, by port and by content, and what the first message tells about
 * who asks.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "talk.h"
#include "wire.h"

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
    /* ... unless it goes to the port of the service */
    {40000, 53, ANSWER, 0, "40000>53 " A_TEXT "40000>53 dns 0/1\n"},
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
		if (strcmp(talk_finished(&t), datagrams[i].text) != 0)
			print_error("case %zu: %s\n", i, datagrams[i].wire);
		assert_string_equal(buf_text(&t.out), datagrams[i].text);
		talk_fini(&t);
	}
}

/* Of a datagram in fragments the first one is read, as far as it goes. */
static void
test_fragment(void **state)
{
	struct talk_end client = CLIENT(40000), server = SERVER(53);
	struct talk t;

	(void)state;
	talk_init(&t, NULL);
	t.fragments = true;
	write_wire(ANSWER);
	talk_datagram(&t, &server, &client, wire.bytes, wire.len - 8, wire.len - 8);
	assert_string_equal(talk_finished(&t),
	    "53>40000 1234 response op0 NOERROR 1/1/0/0 | ? example.com IN A | "
	    "truncated\n"
	    "40000>53 dns 0/1\n");
	talk_fini(&t);
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
	assert_string_equal(talk_finished(&t),
	    "40000>40001 0 GET / HTTP/1.1 body=0 => 204 HTTP/1.1 body=0 after=0s\n"
	    "40000>40001 http 1/1\n");
	talk_fini(&t);

	talk_init(&t, NULL);
	talk_say(&t, &server, &client, "HTTP/1.1 204 No\r\n\r\n");
	talk_say(&t, &client, &server, "GET / HTTP/1.1\r\n\r\n");
	talk_say(&t, &server, &client, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_string_equal(talk_finished(&t),
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
		assert_int_equal(strlen(talk_finished(&t)) > 0, ports == 0);
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
		assert_string_equal(talk_finished(&t),
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
	assert_string_equal(talk_finished(&t),
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
		assert_string_equal(talk_finished(&t), "");
		talk_fini(&t);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_datagrams),
	    cmocka_unit_test(test_fragment),
	    cmocka_unit_test(test_initiator),
	    cmocka_unit_test(test_midstream),
	    cmocka_unit_test(test_late_first),
	    cmocka_unit_test(test_named_flow),
	    cmocka_unit_test(test_false_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
