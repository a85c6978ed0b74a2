/*
 * HTTP streams against the transactions that they are: whole, cut at every byte into
 * two and three segments, with holes and gaps, and with every limit reached.
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

#include "app/http_priv.h"
#include "render.h"

#define SECOND INT64_C(1000000000)

/* ---- one flow ---- */

struct rig {
	struct app *a;
	struct app_flow *s;
	struct buf out;
	unsigned messages;
};

static void
on_message(void *ctx, struct flow *f, const struct app_message *m)
{
	struct rig *rig = ctx;

	(void)f;
	assert_int_equal(m->kind, APP_HTTP);
	rig->messages++;
	render_http(&rig->out, &m->http);
	buf_add_str(&rig->out, "\n");
}

/* The client is side 0. */
static void
rig_init(struct rig *rig, struct app_config *config)
{
	config->message = on_message;
	config->ctx = rig;
	rig->a = app_new(config);
	assert_non_null(rig->a);
	rig->s = app_flow_get(rig->a, NULL, APP_HTTP);
	assert_non_null(rig->s);
	rig->messages = 0;
	buf_init(&rig->out);
}

static void
rig_init_defaults(struct rig *rig)
{
	struct app_config config;

	app_config_defaults(&config);
	rig_init(rig, &config);
}

/* After the flow every object is back in its pool. */
static void
rig_fini(struct rig *rig)
{
	app_flow_put(rig->a, rig->s);
	assert_int_equal(rig->a->flows.used, 0);
	assert_int_equal(rig->a->transactions.used, 0);
	assert_int_equal(rig->a->pieces.used, 0);
	app_free(&rig->a);
	buf_fini(&rig->out);
}

/* A segment of which `cap` bytes are in the capture, in memory of just that size. */
static void
feed_cut(struct rig *rig, unsigned side, const char *bytes, size_t cap, size_t len,
    int64_t ts)
{
	uint8_t *copy = malloc(cap + 1);
	struct segment seg = {.side = side,
	    .bytes = copy + 1,
	    .cap = (uint32_t)cap,
	    .len = (uint32_t)len,
	    .ts = ts};

	assert_non_null(copy);
	memcpy(copy + 1, bytes, cap);
	rig->a->now = ts;
	if (len > 0 && !rig->s->abandoned && !rig->s->opaque)
		http_parser.data(rig->a, rig->s, &seg);
	free(copy);
}

static void
feed(struct rig *rig, unsigned side, const char *bytes, size_t len, int64_t ts)
{
	feed_cut(rig, side, bytes, len, len, ts);
}

static void
feed_text(struct rig *rig, unsigned side, const char *text, int64_t ts)
{
	feed(rig, side, text, strlen(text), ts);
}

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
		int64_t ts = i * SECOND;

		rig->a->now = ts;
		if (len == 0) {
			http_parser.end(rig->a, rig->s, side);
		} else if (i == split) {
			feed(rig, side, bytes, at, ts);
			feed(rig, side, bytes + at, then - at, ts);
			feed(rig, side, bytes + then, len - then, ts);
		} else {
			feed(rig, side, bytes, len, ts);
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

/* ---- the capture's holes ---- */

/* With a snap length the rest of each segment is hidden; requests and responses count
 * all the same, and what is known of a body is its length on the wire. */
static void
test_snapped(void **state)
{
	static const char request[] =
	    ">GET /some/where HTTP/1.1\r\nHost: h.example\r\n\r\n";
	static const char response[] =
	    "<HTTP/1.1 200 OK\r\nServer: s\r\nContent-Length: 1000\r\n\r\n";
	struct rig rig;

	(void)state;
	for (size_t cap = 8; cap < sizeof request - 2; cap++) {
		size_t response_cap = cap < 12 ? 12 : cap;

		rig_init_defaults(&rig);
		for (unsigned i = 0; i < 3; i++) {
			feed_cut(
			    &rig, 0, request + 1, cap, sizeof request - 2, i * SECOND);
			feed_cut(&rig, 1, response + 1, response_cap,
			    sizeof response - 2 + 1000, i * SECOND);
		}
		assert_int_equal(rig.s->summary.requests, 3);
		assert_int_equal(rig.s->summary.responses, 3);
		assert_int_equal(rig.s->summary.http_status[2], 3);
		assert_int_equal(rig.s->summary.malformed, 0);
		assert_int_equal(rig.messages, 3);
		assert_non_null(strstr(buf_text(&rig.out), "1 GET /som"));
		assert_non_null(strstr(buf_text(&rig.out), "truncated"));
		rig_fini(&rig);
	}
	/* heads whole, body cut: nothing is lost */
	rig_init_defaults(&rig);
	feed_text(&rig, 0, request + 1, 0);
	feed_cut(
	    &rig, 1, response + 1, sizeof response - 2, sizeof response - 2 + 900, 0);
	feed_cut(&rig, 1, "x", 1, 100, SECOND);
	assert_string_equal(buf_text(&rig.out),
	    "0 GET /some/where HTTP/1.1 host=h.example body=0"
	    " => 200 HTTP/1.1 server=s body=1000 after=0s\n");
	rig_fini(&rig);
}

static void
gap(struct rig *rig, unsigned side, uint64_t n)
{
	http_parser.gap(rig->a, rig->s, side, n);
}

static void
test_gaps(void **state)
{
	struct rig rig;

	(void)state;
	/* inside a body, up to its very end: arithmetic */
	rig_init_defaults(&rig);
	feed_text(&rig, 0, "GET /1 HTTP/1.1\r\n\r\n", 0);
	feed_text(&rig, 1, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab", SECOND);
	gap(&rig, 1, 8);
	assert_string_equal(buf_text(&rig.out),
	    "0 GET /1 HTTP/1.1 body=0 => 200 HTTP/1.1 body=2 after=1s\n");
	assert_int_equal(rig.s->anomalies, 0);
	/* beyond the body: unknown responses are lost; the next one answers the newest
	 */
	feed_text(&rig, 0, "GET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n", SECOND);
	buf_reset(&rig.out);
	gap(&rig, 1, 100);
	assert_true(rig.s->anomalies == ANOMALY_BIT(ANOMALY_HTTP_GAP));
	feed_text(&rig, 1, "rest of something\r\n\r\n", SECOND);
	feed_text(&rig, 1, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", SECOND);
	assert_string_equal(buf_text(&rig.out),
	    "1 GET /2 HTTP/1.1 body=0\n"
	    "2 GET /3 HTTP/1.1 body=0 => 404 HTTP/1.1 body=0 after=0s\n");
	/* in a head: the message ends there, the next start line counts again */
	buf_reset(&rig.out);
	feed_text(&rig, 0, "GET /4 HTTP/1.1\r\nHost: h\r\nUser-", 2 * SECOND);
	gap(&rig, 0, 5);
	feed_text(&rig, 0, "nt: x\r\n\r\n", 2 * SECOND);
	feed_text(&rig, 1, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 2 * SECOND);
	feed_text(&rig, 0, "GET /5 HTTP/1.1\r\n\r\n", 3 * SECOND);
	assert_string_equal(buf_text(&rig.out),
	    "3 GET /4 HTTP/1.1 host=h body=0 incomplete => 200 HTTP/1.1 body=0\n");
	assert_int_equal(rig.s->summary.requests, 5);
	assert_int_equal(rig.s->summary.gaps, 3);
	assert_int_equal(rig.s->summary.malformed, 0);
	rig_fini(&rig);
}

/* A response to a HEAD that was not seen announces a body that never comes. */
static void
test_responses_only(void **state)
{
	struct rig rig;

	(void)state;
	rig_init_defaults(&rig);
	for (unsigned i = 0; i < 3; i++)
		feed_text(&rig, 1, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", 0);
	feed_text(&rig, 1, "HTTP/1.1 200 OK\r\n\r\n", 0);
	feed_text(&rig, 1, "HTTP/1.1 404 No\r\n\r\n", 0);
	assert_int_equal(rig.s->summary.responses, 5);
	assert_int_equal(rig.messages, 4);
	rig_fini(&rig);
}

/* ---- limits ---- */

#define PIPELINED 100

/* More requests on their way than there are places: all are counted, the first ones are
 * shown with their own responses, and after the last response things are as before. */
static void
test_pipeline_limit(void **state)
{
	struct rig rig;

	(void)state;
	rig_init_defaults(&rig);
	feed_text(&rig, 0, "GET /first HTTP/1.1\r\n\r\n", 0);
	feed_text(&rig, 1, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0);
	for (unsigned i = 0; i < PIPELINED; i++)
		feed_text(&rig, 0, "GET /many HTTP/1.1\r\n\r\n", 0);
	for (unsigned i = 0; i < PIPELINED; i++) {
		char text[64];

		snprintf(text, sizeof text,
		    "HTTP/1.1 %u OK\r\nContent-Length: 1\r\n\r\nx", 400 + i);
		feed_text(&rig, 1, text, 0);
	}
	feed_text(&rig, 0, "GET /last HTTP/1.1\r\n\r\n", 0);
	feed_text(&rig, 1, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", 0);
	assert_int_equal(rig.s->summary.requests, PIPELINED + 2);
	assert_int_equal(rig.s->summary.responses, PIPELINED + 2);
	assert_int_equal(rig.messages, HTTP_PIPELINE_MAX + 2);
	assert_int_equal(rig.s->summary.left_out, PIPELINED - HTTP_PIPELINE_MAX);
	assert_non_null(strstr(buf_text(&rig.out),
	    "32 GET /many HTTP/1.1 body=0 => 431 HTTP/1.1 body=1 after=0s\n"
	    "101 GET /last HTTP/1.1 body=0 => 500 HTTP/1.1 body=0 after=0s\n"));
	rig_fini(&rig);
}

/* A capture of the requests alone keeps emitting. */
static void
test_requests_only(void **state)
{
	struct rig rig;

	(void)state;
	rig_init_defaults(&rig);
	for (unsigned i = 0; i < PIPELINED; i++)
		feed_text(&rig, 0, "GET /x HTTP/1.1\r\n\r\n", 0);
	assert_int_equal(rig.messages, PIPELINED - HTTP_PIPELINE_MAX);
	http_parser.finish(rig.a, rig.s);
	assert_int_equal(rig.messages, PIPELINED);
	assert_int_equal(rig.s->summary.left_out, 0);
	rig_fini(&rig);
}

static void
test_emission_limits(void **state)
{
	static const struct {
		uint32_t per_flow, per_second;
		unsigned emitted;
	} cases[] = {
	    {4, 100, 8}, {100, 3, 6}, {0, 100, 0}, {100, 0, 0}, {100, 100, 20}};
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct app_config config;
		struct app_stats stats;

		app_config_defaults(&config);
		config.per_flow_second = cases[i].per_flow;
		config.per_second = cases[i].per_second;
		rig_init(&rig, &config);
		for (unsigned n = 0; n < 20; n++) {
			int64_t ts = n / 10 * SECOND + 5;

			feed_text(&rig, 0, "GET /x HTTP/1.1\r\n\r\n", ts);
			feed_text(&rig, 1, "HTTP/1.1 204 OK\r\n\r\n", ts);
		}
		app_get_stats(rig.a, &stats);
		assert_int_equal(rig.messages, cases[i].emitted);
		assert_int_equal(rig.s->summary.left_out, 20 - cases[i].emitted);
		assert_int_equal(stats.left_out, 20 - cases[i].emitted);
		assert_int_equal(stats.http, 20);
		assert_int_equal(rig.s->summary.requests, 20);
		rig_fini(&rig);
	}
}

static void
feed_repeated(struct rig *rig, unsigned side, const char *text, size_t times)
{
	while (times-- > 0)
		feed_text(rig, side, text, 0);
}

/* A target and header lines longer than what is kept are cut, the framing goes on. */
static void
test_long_lines(void **state)
{
	struct app_stats stats;
	struct rig rig;

	(void)state;
	rig_init_defaults(&rig);
	feed_text(&rig, 0, "GET /", 0);
	feed_repeated(&rig, 0, "0123456789", 700);
	feed_text(&rig, 0, " HTTP/1.1\r\nUser-Agent: ", 0);
	feed_repeated(&rig, 0, "abcdefghij", 1000);
	feed_text(
	    &rig, 0, "\r\nContent-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\n\r\n", 0);
	feed_text(&rig, 1, "HTTP/1.1 204 No\r\n\r\nHTTP/1.1 204 No\r\n\r\n", 0);
	app_get_stats(rig.a, &stats);
	assert_int_equal(rig.messages, 2);
	assert_int_equal(stats.cut_lines, 1);
	assert_int_equal(rig.s->summary.malformed, 0);
	assert_non_null(strstr(
	    buf_text(&rig.out), " body=3 => 204 HTTP/1.1 body=0 after=0s cut\n"));
	assert_non_null(strstr(buf_text(&rig.out), "1 GET /2 HTTP/1.1 body=0 => 204"));
	rig_fini(&rig);
}

/* Without transactions, or without pieces, nothing is shown or a message is lost, and
 * that is counted. */
static void
test_no_memory(void **state)
{
	struct app_config config;
	struct rig rig;

	(void)state;
	app_config_defaults(&config);
	config.transaction_cap = 0;
	rig_init(&rig, &config);
	for (unsigned i = 0; i < 5; i++) {
		feed_text(&rig, 0, "GET /x HTTP/1.1\r\n\r\n", 0);
		feed_text(&rig, 1, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 0);
	}
	assert_int_equal(rig.messages, 0);
	assert_int_equal(rig.s->summary.requests, 5);
	assert_int_equal(rig.s->summary.responses, 5);
	assert_true(rig.s->summary.left_out >= 5);
	rig_fini(&rig);

	app_config_defaults(&config);
	config.buffer_cap = 0;
	rig_init(&rig, &config);
	feed_text(&rig, 0, "GET /x HTTP/1.1\r\nHo", 0);
	feed_text(&rig, 0, "st: h\r\n\r\n", 0);
	feed_text(&rig, 0, "GET /y HTTP/1.1\r\n\r\n", 0);
	assert_int_equal(rig.s->summary.requests, 2);
	assert_int_equal(rig.a->stats.no_memory, 1);
	rig_fini(&rig);
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
	    cmocka_unit_test(test_snapped),
	    cmocka_unit_test(test_gaps),
	    cmocka_unit_test(test_responses_only),
	    cmocka_unit_test(test_pipeline_limit),
	    cmocka_unit_test(test_requests_only),
	    cmocka_unit_test(test_emission_limits),
	    cmocka_unit_test(test_long_lines),
	    cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
