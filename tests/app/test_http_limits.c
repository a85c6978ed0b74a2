/*
 * HTTP streams with holes and gaps, of one direction alone, and with every limit
 * reached.
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

#include "rig.h"

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
			rig_feed_cut(&rig, 0, request + 1, cap, sizeof request - 2,
			    i * RIG_SECOND);
			rig_feed_cut(&rig, 1, response + 1, response_cap,
			    sizeof response - 2 + 1000, i * RIG_SECOND);
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
	rig_feed_text(&rig, 0, request + 1, 0);
	rig_feed_cut(
	    &rig, 1, response + 1, sizeof response - 2, sizeof response - 2 + 900, 0);
	rig_feed_cut(&rig, 1, "x", 1, 100, RIG_SECOND);
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
	rig_feed_text(&rig, 0, "GET /1 HTTP/1.1\r\n\r\n", 0);
	rig_feed_text(
	    &rig, 1, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab", RIG_SECOND);
	gap(&rig, 1, 8);
	assert_string_equal(buf_text(&rig.out),
	    "0 GET /1 HTTP/1.1 body=0 => 200 HTTP/1.1 body=2 after=1s\n");
	assert_int_equal(rig.s->anomalies, 0);
	/* beyond the body: unknown responses are lost; the next one answers the newest
	 */
	rig_feed_text(
	    &rig, 0, "GET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n", RIG_SECOND);
	buf_reset(&rig.out);
	gap(&rig, 1, 100);
	assert_true(rig.s->anomalies == ANOMALY_BIT(ANOMALY_HTTP_GAP));
	rig_feed_text(&rig, 1, "rest of something\r\n\r\n", RIG_SECOND);
	rig_feed_text(
	    &rig, 1, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", RIG_SECOND);
	assert_string_equal(buf_text(&rig.out),
	    "1 GET /2 HTTP/1.1 body=0\n"
	    "2 GET /3 HTTP/1.1 body=0 => 404 HTTP/1.1 body=0 after=0s\n");
	/* in a head: the message ends there, the next start line counts again */
	buf_reset(&rig.out);
	rig_feed_text(&rig, 0, "GET /4 HTTP/1.1\r\nHost: h\r\nUser-", 2 * RIG_SECOND);
	gap(&rig, 0, 5);
	rig_feed_text(&rig, 0, "nt: x\r\n\r\n", 2 * RIG_SECOND);
	rig_feed_text(
	    &rig, 1, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 2 * RIG_SECOND);
	rig_feed_text(&rig, 0, "GET /5 HTTP/1.1\r\n\r\n", 3 * RIG_SECOND);
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
		rig_feed_text(
		    &rig, 1, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", 0);
	rig_feed_text(&rig, 1, "HTTP/1.1 200 OK\r\n\r\n", 0);
	rig_feed_text(&rig, 1, "HTTP/1.1 404 No\r\n\r\n", 0);
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
	rig_feed_text(&rig, 0, "GET /first HTTP/1.1\r\n\r\n", 0);
	rig_feed_text(&rig, 1, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0);
	for (unsigned i = 0; i < PIPELINED; i++)
		rig_feed_text(&rig, 0, "GET /many HTTP/1.1\r\n\r\n", 0);
	for (unsigned i = 0; i < PIPELINED; i++) {
		char text[64];

		snprintf(text, sizeof text,
		    "HTTP/1.1 %u OK\r\nContent-Length: 1\r\n\r\nx", 400 + i);
		rig_feed_text(&rig, 1, text, 0);
	}
	rig_feed_text(&rig, 0, "GET /last HTTP/1.1\r\n\r\n", 0);
	rig_feed_text(&rig, 1, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", 0);
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
		rig_feed_text(&rig, 0, "GET /x HTTP/1.1\r\n\r\n", 0);
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
			int64_t ts = n / 10 * RIG_SECOND + 5;

			rig_feed_text(&rig, 0, "GET /x HTTP/1.1\r\n\r\n", ts);
			rig_feed_text(&rig, 1, "HTTP/1.1 204 OK\r\n\r\n", ts);
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
		rig_feed_text(rig, side, text, 0);
}

/* A target and header lines longer than what is kept are cut, the framing goes on. */
static void
test_long_lines(void **state)
{
	struct app_stats stats;
	struct rig rig;

	(void)state;
	rig_init_defaults(&rig);
	rig_feed_text(&rig, 0, "GET /", 0);
	feed_repeated(&rig, 0, "0123456789", 700);
	rig_feed_text(&rig, 0, " HTTP/1.1\r\nUser-Agent: ", 0);
	feed_repeated(&rig, 0, "abcdefghij", 1000);
	rig_feed_text(
	    &rig, 0, "\r\nContent-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\n\r\n", 0);
	rig_feed_text(&rig, 1, "HTTP/1.1 204 No\r\n\r\nHTTP/1.1 204 No\r\n\r\n", 0);
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
		rig_feed_text(&rig, 0, "GET /x HTTP/1.1\r\n\r\n", 0);
		rig_feed_text(
		    &rig, 1, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 0);
	}
	assert_int_equal(rig.messages, 0);
	assert_int_equal(rig.s->summary.requests, 5);
	assert_int_equal(rig.s->summary.responses, 5);
	assert_true(rig.s->summary.left_out >= 5);
	rig_fini(&rig);

	app_config_defaults(&config);
	config.buffer_cap = 0;
	rig_init(&rig, &config);
	rig_feed_text(&rig, 0, "GET /x HTTP/1.1\r\nHo", 0);
	rig_feed_text(&rig, 0, "st: h\r\n\r\n", 0);
	rig_feed_text(&rig, 0, "GET /y HTTP/1.1\r\n\r\n", 0);
	assert_int_equal(rig.s->summary.requests, 2);
	assert_int_equal(rig.a->stats.no_memory, 1);
	rig_fini(&rig);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
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
