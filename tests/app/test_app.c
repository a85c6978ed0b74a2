/*
 * What the stage keeps about flows, and the caps of it: answers find their queries, and
 * when memory runs out the longest silent flow and the oldest owner give way.
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

static struct wire wire;

static void
write_wire(const char *text)
{
	wire.len = 0;
	wire_write(&wire, text);
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
	assert_string_equal(talk_finished(&t),
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
	assert_string_equal(talk_finished(&t), "");
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
	assert_string_equal(talk_finished(&t),
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
	    cmocka_unit_test(test_pairing),
	    cmocka_unit_test(test_flow_cap),
	    cmocka_unit_test(test_no_flow_state),
	    cmocka_unit_test(test_oldest_gives_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
