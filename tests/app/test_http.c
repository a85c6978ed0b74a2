/*
 * HTTP streams against the transactions that they are: whole, and cut at every byte
 * into two and three segments.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "rig.h"

/* ---- what the streams mean ---- */

#define TURNS_MAX 8

/* '>' and '<' say who speaks; "" says that the side ends its stream. */
struct exchange {
	const char *turns[TURNS_MAX];
	const char *text; /* of all transactions */
	unsigned requests, responses, malformed;
};

#define OK(length) "<HTTP/1.1 200 OK\r\nContent-Length: " length "\r\n\r\n"

static const struct exchange exchanges[] = {
    {{">GET /a?b=c HTTP/1.1\r\nHost: h.example\r\nUser-Agent: t/1\r\n"
      "Referer: http://r/\r\nX-Forwarded-For: 192.0.2.9\r\nAuthorization: Basic "
      "eA==\r\n"
      "\r\n",
	 "<HTTP/1.1 302 Found\r\nServer: s/1\r\nLocation: /z\r\nContent-Type: "
	 "text/html\r\n"
	 "Content-Length: 3\r\n\r\nxyz"},
	"0 GET /a?b=c HTTP/1.1 host=h.example agent=t/1 referer=http://r/"
	" xff=192.0.2.9 auth body=0"
	" => 302 HTTP/1.1 type=text/html location=/z server=s/1 body=3 after=1s\n",
	1, 1, 0},
    /* keep-alive: bodies by length and by chunks, with extensions and trailers */
    {{">POST /p HTTP/1.1\r\ncontent-length:  5 \r\nContent-Type: a/b\r\n\r\nhello",
	 "<HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nabcde\r\n"
	 "1A\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\nT: v\r\n\r\n",
	 ">PUT /q HTTP/1.1\r\nTransfer-Encoding: gzip, "
	 "Chunked\r\n\r\n3\r\n\r\n\r\r\n0\r\n\r\n",
	 OK("0")},
	"0 POST /p HTTP/1.1 type=a/b body=5 => 200 HTTP/1.1 body=31 after=1s\n"
	"1 PUT /q HTTP/1.1 body=3 => 200 HTTP/1.1 body=0 after=1s\n",
	2, 2, 0},
    /* pipelining */
    {{">GET /1 HTTP/1.1\r\n\r\nHEAD /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n",
	 OK("2") "ab"
		 "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"
		 "HTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\nx"},
	"0 GET /1 HTTP/1.1 body=0 => 200 HTTP/1.1 body=2 after=1s\n"
	"1 HEAD /2 HTTP/1.1 body=0 => 200 HTTP/1.1 body=0 after=1s\n"
	"2 GET /3 HTTP/1.1 body=0 => 404 HTTP/1.1 body=1 after=1s\n",
	3, 3, 0},
    /* no body whatever the head says */
    {{">GET /1 HTTP/1.1\r\n\r\n",
	 "<HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
	 ">DELETE /2 HTTP/1.1\r\n\r\n", "<HTTP/1.1 204 No Content\r\n\r\n",
	 ">GET /3 HTTP/1.1\r\n\r\n", OK("1") "x"},
	"0 GET /1 HTTP/1.1 body=0 => 304 HTTP/1.1 body=0 after=1s\n"
	"1 DELETE /2 HTTP/1.1 body=0 => 204 HTTP/1.1 body=0 after=1s\n"
	"2 GET /3 HTTP/1.1 body=0 => 200 HTTP/1.1 body=1 after=1s\n",
	3, 3, 0},
    /* interim responses; the body follows the leave */
    {{">POST /e HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n",
	 "<HTTP/1.1 100 Continue\r\nServer: i\r\n\r\n", ">body",
	 "<HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: "
	 "0\r\n\r\n"},
	"0 POST /e HTTP/1.1 body=4 => 201 HTTP/1.1 body=0 after=1s\n", 1, 3, 0},
    /* ... or not: the next request comes in its place */
    {{">POST /e HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n",
	 "<HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n", ">GET /2 HTTP/1.1\r\n\r\n",
	 OK("0")},
	"0 POST /e HTTP/1.1 body=0 => 417 HTTP/1.1 body=0\n"
	"1 GET /2 HTTP/1.1 body=0 => 200 HTTP/1.1 body=0 after=1s\n",
	2, 2, 0},
    /* up to the end of the stream */
    {{">GET / HTTP/1.0\r\n\r\n", "<HTTP/1.0 200 OK\r\n\r\nsome", "<thing", "<"},
	"0 GET / HTTP/1.0 body=0 => 200 HTTP/1.0 body=9 after=1s\n", 1, 1, 0},
    {{">GET /old\r\n", "<<html>", "<</html>", "<"},
	"0 GET /old body=0 => 0 body=13 after=1s\n", 1, 1, 0},
    /* other protocols take over */
    {{">GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
	 "<HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n\x81\x05GET /",
	 ">GET /no HTTP/1.1\r\n\r\n"},
	"0 GET /ws HTTP/1.1 body=0 => 101 HTTP/1.1 upgrade=websocket body=0 after=1s\n",
	1, 1, 0},
    {{">CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", "<HTTP/1.1 200 Go\r\n\r\n",
	 ">GET /no HTTP/1.1\r\n\r\n"},
	"0 CONNECT h:443 HTTP/1.1 host=h:443 body=0 => 200 HTTP/1.1 body=0 after=1s\n",
	1, 1, 0},
    {{">CONNECT h:443 HTTP/1.1\r\n\r\n",
	 "<HTTP/1.1 407 No\r\nContent-Length: 1\r\n\r\nx",
	 ">CONNECT h:443 HTTP/1.1\r\nProxy-Authorization: x\r\n\r\n",
	 "<HTTP/1.1 200 Go\r\n\r\n"},
	"0 CONNECT h:443 HTTP/1.1 body=0 => 407 HTTP/1.1 body=1 after=1s\n"
	"1 CONNECT h:443 HTTP/1.1 auth body=0 => 200 HTTP/1.1 body=0 after=1s\n",
	2, 2, 0},
    {{">GET / HTTP/1.1\r\n\r\n", "<HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"},
	"0 GET / HTTP/1.1 body=0 => 200 HTTP/1.1 body=0 after=1s\n", 1, 1, 0},
    /* line ends: bare LF, an empty line before a request, a folded field */
    {{">\r\nGET / HTTP/1.1\nHost: h\nX: a\n b\nAccept: x\n\n",
	 "<HTTP/1.1 200\nContent-Length: 0\n\n"},
	"0 GET / HTTP/1.1 host=h body=0 => 200 HTTP/1.1 body=0 after=1s\n", 1, 1, 0},
    {{">GET /a b HTTP/1.1\r\n\r\n", OK("0")},
	"0 GET /a b HTTP/1.1 body=0 => 200 HTTP/1.1 body=0 after=1s\n", 1, 1, 0},
    /* one direction */
    {{">GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n"},
	"0 GET /1 HTTP/1.1 body=0\n1 GET /2 HTTP/1.1 body=0\n", 2, 0, 0},
    {{OK("2") "ab", OK("1") "c"},
	"0  => 200 HTTP/1.1 body=2\n1  => 200 HTTP/1.1 body=1\n", 0, 2, 0},
    /* unfinished */
    {{">POST /u HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"},
	"0 POST /u HTTP/1.1 body=3 incomplete\n", 1, 0, 0},
    {{">GET /slow HTTP/1.1\r\nX-a: b\r\n", ">X-a: b\r\n"},
	"0 GET /slow HTTP/1.1 body=0 incomplete\n", 1, 0, 0},
    {{">GET / HTTP/1.1\r\n\r\n", OK("10") "abc", "<"},
	"0 GET / HTTP/1.1 body=0 => 200 HTTP/1.1 body=3 incomplete after=1s\n", 1, 1,
	0},
    /* the server speaks something else, or nothing is HTTP after a while */
    {{">GET / HTTP/1.1\r\n\r\n", "<SSH-2.0-x\r\n"}, "0 GET / HTTP/1.1 body=0\n", 1, 0,
	0},
    {{">GET / HTTP/1.1\r\n\r\n", OK("1") "x", ">\x16\x03\x01 binary\n"},
	"0 GET / HTTP/1.1 body=0 => 200 HTTP/1.1 body=1 after=1s\n", 1, 1, 1},
    /* contradictions, each counted once for its message */
    {{">POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: "
      "chunked\r\n\r\n0\r\n\r\n",
	 OK("0")},
	"0 POST / HTTP/1.1 body=0 => 200 HTTP/1.1 body=0 after=1s\n", 1, 1, 1},
    {{">POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\nbad "
      "line\r\n\r\nabc",
	 OK("0")},
	"0 POST / HTTP/1.1 body=3 => 200 HTTP/1.1 body=0 after=1s\n", 1, 1, 1},
    {{">POST / HTTP/1.1\r\nContent-Length: 3, 3\r\nContent-Length : 3\r\n\r\nabc",
	 OK("0")},
	"0 POST / HTTP/1.1 body=3 => 200 HTTP/1.1 body=0 after=1s\n", 1, 1, 1},
    {{">GET / HTTP/1.1\r\n\r\n",
	 "<HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc"},
	"0 GET / HTTP/1.1 body=0 => 200 HTTP/1.1 body=0 incomplete after=1s\n", 1, 1,
	1},
    {{">GET / HTTP/1.1\r\n\r\n",
	 "<HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n"},
	"0 GET / HTTP/1.1 body=0 => 200 HTTP/1.1 body=2 incomplete after=1s\n", 1, 1,
	1},
};

#define N_EXCHANGES (sizeof exchanges / sizeof *exchanges)

/* Turn number `split` is cut at the two places, all others come whole. */
static void
play(struct rig *rig, const struct exchange *e, unsigned split, size_t at, size_t then)
{
	for (unsigned i = 0; i < TURNS_MAX && e->turns[i] != NULL; i++) {
		unsigned side = e->turns[i][0] == '<';
		const char *bytes = e->turns[i] + 1;
		size_t len = strlen(bytes);
		int64_t ts = i * RIG_SECOND;

		rig->a->now = ts;
		if (len == 0) {
			http_parser.end(rig->a, rig->s, side);
		} else if (i == split) {
			rig_feed(rig, side, bytes, at, ts);
			rig_feed(rig, side, bytes + at, then - at, ts);
			rig_feed(rig, side, bytes + then, len - then, ts);
		} else {
			rig_feed(rig, side, bytes, len, ts);
		}
	}
	http_parser.finish(rig->a, rig->s);
}

static void
check(struct rig *rig, const struct exchange *e)
{
	const struct app_summary *sum = &rig->s->summary;

	if (strcmp(buf_text(&rig->out), e->text) != 0)
		print_error("in: %s\n", e->turns[0]);
	assert_string_equal(buf_text(&rig->out), e->text);
	assert_int_equal(sum->requests, e->requests);
	assert_int_equal(sum->responses, e->responses);
	assert_int_equal(sum->malformed, e->malformed);
	assert_int_equal(sum->left_out, 0);
}

static void
test_exchanges(void **state)
{
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < N_EXCHANGES; i++) {
		rig_init_defaults(&rig);
		play(&rig, &exchanges[i], TURNS_MAX, 0, 0);
		check(&rig, &exchanges[i]);
		rig_fini(&rig);
	}
}

/* The places where a cut is known to change the outcome: a server that does not speak
 * HTTP is judged by its first segment, and a body that stays away by the next one. */
static bool
is_cut_matter(const struct exchange *e, unsigned turn)
{
	return strstr(e->text, "=> 417") != NULL && turn == 2;
}

static void
test_cuts(void **state)
{
	struct app_config config;
	struct rig rig;

	(void)state;
	app_config_defaults(&config);
	for (size_t i = 0; i < N_EXCHANGES; i++) {
		const struct exchange *e = &exchanges[i];

		for (unsigned turn = 0; turn < TURNS_MAX && e->turns[turn] != NULL;
		     turn++) {
			size_t len = strlen(e->turns[turn] + 1);

			if (is_cut_matter(e, turn))
				continue;
			for (size_t at = 0; at < len; at++) {
				for (size_t then = at; then < len; then++) {
					rig_init(&rig, &config);
					play(&rig, e, turn, at, then);
					check(&rig, e);
					rig_fini(&rig);
				}
			}
		}
	}
}

/* ---- what a beginning looks like ---- */

static void
test_look(void **state)
{
	static const struct {
		const char *bytes;
		enum http_look look;
	} cases[] = {
	    {"GET / HTTP/1.1\r\n", HTTP_LOOK_REQUEST},
	    {"GET / HTTP/1.0\nHost", HTTP_LOOK_REQUEST},
	    {"FOO-BAR x HTTP/1.1\r\n", HTTP_LOOK_REQUEST},
	    {"GET /a", HTTP_LOOK_REQUEST},
	    {"OPTIONS *", HTTP_LOOK_REQUEST},
	    {"CONNECT [2001:db8::1]:443", HTTP_LOOK_REQUEST},
	    {"GET ", HTTP_LOOK_MAYBE_REQUEST},
	    {"P", HTTP_LOOK_MAYBE_REQUEST},
	    {"HTTP/1.1 200 OK\r\n", HTTP_LOOK_RESPONSE},
	    {"HTTP/1.1 200", HTTP_LOOK_RESPONSE},
	    {"HTTP/1.", HTTP_LOOK_MAYBE_RESPONSE},
	    {"HTTP/1.1 20", HTTP_LOOK_MAYBE_RESPONSE},
	    {"", HTTP_LOOK_NO},
	    {"HTTP/2 200\r\n", HTTP_LOOK_NO},
	    {"HTTP/0.1 200 OK\r\n", HTTP_LOOK_NO},
	    {"HTTP/1.1 2x0 OK\r\n", HTTP_LOOK_NO},
	    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HTTP_LOOK_NO},
	    {"GETS /a", HTTP_LOOK_NO},
	    {"GET key\r\n", HTTP_LOOK_NO},
	    {"get key\r\n", HTTP_LOOK_NO},
	    {"SSH-2.0-OpenSSH\r\n", HTTP_LOOK_NO},
	    {"OPTIONS rtsp://h RTSP/1.0\r\n", HTTP_LOOK_NO},
	    {"INVITE sip:a@b SIP/2.0\r\n", HTTP_LOOK_NO},
	    {"EHLO x\r\n", HTTP_LOOK_NO},
	    {"*1\r\n$4\r\nPING\r\n", HTTP_LOOK_NO},
	    {"\x16\x03\x01", HTTP_LOOK_NO},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		enum http_look look = http_look(
		    (const uint8_t *)cases[i].bytes, (uint32_t)strlen(cases[i].bytes));

		if (look != cases[i].look)
			print_error("case %zu: %s\n", i, cases[i].bytes);
		assert_int_equal(look, cases[i].look);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_look),
	    cmocka_unit_test(test_exchanges),
	    cmocka_unit_test(test_cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
