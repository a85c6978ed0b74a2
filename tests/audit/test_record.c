/*
 * Records of hand-made events against the texts in records.expected, and the cases that
 * need a table of their own.
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

#include "audit/record.h"
#include "samples.h"

/* ---- whole records ---- */

static const struct sample *
find_sample(const char *name)
{
	unsigned n;
	const struct sample *s = samples_make(&n);

	for (unsigned i = 0; i < n; i++) {
		if (strcmp(s[i].name, name) == 0)
			return &s[i];
	}
	fail_msg("records.expected has a sample that does not exist: %s", name);
	return NULL;
}

/*
 * The file has the name of a sample on a line of its own, then its records, then an
 * empty line.
 */
static void
check_sample(FILE *f, const char *name)
{
	const struct sample *s = find_sample(name);
	struct buf expect, out;
	unsigned records = 0;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	buf_init(&expect);
	buf_init(&out);
	while ((n = getline(&line, &cap, f)) > 1) {
		buf_add(&expect, line, (size_t)n);
		records++;
	}
	assert_int_equal(samples_format(&out, s, &samples_context), records);
	assert_string_equal(buf_text(&out), buf_text(&expect));
	buf_fini(&expect);
	buf_fini(&out);
	free(line);
}

static void
test_expected(void **state)
{
	const char *src = getenv("TALLYMAN_SRC");
	char path[4096], *line = NULL;
	unsigned samples = 0;
	size_t cap = 0;
	ssize_t n;
	FILE *f;

	(void)state;
	snprintf(path, sizeof path, "%s/tests/audit/records.expected",
	    src == NULL ? "." : src);
	f = fopen(path, "r");
	if (f == NULL)
		fail_msg("cannot open %s", path);
	while ((n = getline(&line, &cap, f)) > 0) {
		line[n - 1] = '\0';
		check_sample(f, line);
		samples++;
	}
	assert_int_equal(samples, 25);
	free(line);
	fclose(f);
}

/* ---- hosts ---- */

static void
test_hosts(void **state)
{
	static const struct {
		const char *host, *expect;
	} cases[] = {
	    {"example.com", "{\"hostname\":\"example.com\"}"},
	    {"example.com:8080", "{\"hostname\":\"example.com\",\"http_port\":8080}"},
	    {"a:1", "{\"hostname\":\"a\",\"http_port\":1}"},
	    {"a:65535", "{\"hostname\":\"a\",\"http_port\":65535}"},
	    {"a:65536", "{\"hostname\":\"a:65536\"}"},
	    {"a:00000000080", "{\"hostname\":\"a:00000000080\"}"},
	    {"a:", "{\"hostname\":\"a:\"}"},
	    {":80", "{\"hostname\":\":80\"}"},
	    {"80", "{\"hostname\":\"80\"}"},
	    {"[::1]:80", "{\"hostname\":\"[::1]\",\"http_port\":80}"},
	    {"[::1]", "{\"hostname\":\"[::1]\"}"},
	    {"fd00::1:80", "{\"hostname\":\"fd00::1:80\"}"},
	    {"", "{}"},
	};
	static const struct flow_record r = {.reply_icmp_type = 255};
	struct app_message m = {.kind = APP_HTTP,
	    .http = {.has_request = true,
		.request_complete = true,
		.request_length = -1,
		.response_length = -1,
		.response_time = -1}};
	struct event e = {.kind = EVENT_HTTP, .flow = &r, .message = &m};
	struct buf out;

	(void)state;
	buf_init(&out);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		m.http.host.data = cases[i].host;
		m.http.host.len = (uint32_t)strlen(cases[i].host);
		buf_reset(&out);
		audit_format_event(&out, &e, &samples_context);
		out.len -= strlen("}\n"); /* the end of the record behind http{} */
		assert_string_equal(
		    strstr(buf_text(&out), "\"http\":") + 7, cases[i].expect);
	}
	buf_fini(&out);
}

/* ---- states ---- */

static void
test_tcp_states(void **state)
{
	static const struct {
		uint8_t conn_state, state;
		const char *expect;
	} cases[] = {
	    {FLOW_CONN_S0, FLOW_STATE_NEW, "syn_sent"},
	    {FLOW_CONN_S1, FLOW_STATE_ESTABLISHED, "established"},
	    {FLOW_CONN_SF, FLOW_STATE_CLOSED, "closed"},
	    {FLOW_CONN_REJ, FLOW_STATE_CLOSED, "closed"},
	    {FLOW_CONN_S2, FLOW_STATE_ESTABLISHED, "fin_wait1"},
	    {FLOW_CONN_S3, FLOW_STATE_ESTABLISHED, "close_wait"},
	    {FLOW_CONN_RSTO, FLOW_STATE_CLOSED, "closed"},
	    {FLOW_CONN_RSTR, FLOW_STATE_CLOSED, "closed"},
	    {FLOW_CONN_RSTOS0, FLOW_STATE_CLOSED, "closed"},
	    {FLOW_CONN_RSTRH, FLOW_STATE_CLOSED, "closed"},
	    {FLOW_CONN_SH, FLOW_STATE_NEW, "fin_wait1"},
	    {FLOW_CONN_SHR, FLOW_STATE_NEW, "close_wait"},
	    {FLOW_CONN_OTH, FLOW_STATE_NEW, "none"},
	    {FLOW_CONN_OTH, FLOW_STATE_ESTABLISHED, "established"},
	    {FLOW_CONN_OTH, FLOW_STATE_CLOSED, "closed"},
	};
	struct flow_record r = {.proto = 6, .reply_icmp_type = 255};
	struct event e = {.kind = EVENT_FLOW_END, .flow = &r};
	char expect[128];
	struct buf out;

	(void)state;
	buf_init(&out);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		r.conn_state = cases[i].conn_state;
		r.state = cases[i].state;
		buf_reset(&out);
		audit_format_event(&out, &e, &samples_context);
		snprintf(expect, sizeof expect,
		    "\"tcp\":{\"tcp_flags\":\"00\",\"tcp_flags_ts\":\"00\","
		    "\"tcp_flags_tc\":\"00\",\"state\":\"%s\"}",
		    cases[i].expect);
		if (strstr(buf_text(&out), expect) == NULL)
			fail_msg("case %zu is %s", i, buf_text(&out));
	}
	buf_fini(&out);
}

/* ---- paths ---- */

/* Objects open and close between members as their paths say. */
static void
test_paths(void **state)
{
	static const struct {
		const char *paths[6];
		const char *expect;
	} cases[] = {
	    {{NULL}, "{}"},
	    {{"a"}, "{\"a\":1}"},
	    {{"a", "b"}, "{\"a\":1,\"b\":2}"},
	    {{"a.b.c"}, "{\"a\":{\"b\":{\"c\":1}}}"},
	    {{"a.b", "a.c"}, "{\"a\":{\"b\":1,\"c\":2}}"},
	    {{"a.b", "ab.c"}, "{\"a\":{\"b\":1},\"ab\":{\"c\":2}}"},
	    {{"a.b.c", "a.bc.d"}, "{\"a\":{\"b\":{\"c\":1},\"bc\":{\"d\":2}}}"},
	    {{"a.b.c", "a.d", "e"}, "{\"a\":{\"b\":{\"c\":1},\"d\":2},\"e\":3}"},
	    {{"a", "b.c", "b.d.e", "b.d.f", "b.g"},
		"{\"a\":1,\"b\":{\"c\":2,\"d\":{\"e\":3,\"f\":4},\"g\":5}}"},
	};
	struct record_path path;
	struct json j;
	struct buf out;

	(void)state;
	buf_init(&out);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_reset(&out);
		json_start(&j, &out);
		json_object(&j, NULL);
		record_path_start(&path, &j);
		for (unsigned k = 0; k < 6 && cases[i].paths[k] != NULL; k++) {
			record_path_key(&path, cases[i].paths[k]);
			json_u64(&j, NULL, k + 1);
		}
		record_path_end(&path);
		json_object_end(&j);
		assert_string_equal(buf_text(&out), cases[i].expect);
	}
	buf_fini(&out);
}

/* ---- the account ---- */

/* Every kind of record has a name for its counter, and only those that are written. */
static void
test_event_types(void **state)
{
	static const char *const types[EVENT_N] = {
	    [EVENT_FLOW_CLASSIFIED] = "classified",
	    [EVENT_FLOW_INTERIM] = "flow",
	    [EVENT_FLOW_END] = "flow",
	    [EVENT_DNS] = "dns",
	    [EVENT_HTTP] = "http",
	    [EVENT_ANOMALY] = "anomaly",
	    [EVENT_METER] = "meter",
	};

	(void)state;
	for (unsigned kind = 0; kind < EVENT_N; kind++) {
		if (types[kind] == NULL)
			assert_null(audit_event_type(kind));
		else
			assert_string_equal(audit_event_type(kind), types[kind]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_expected),
	    cmocka_unit_test(test_hosts),
	    cmocka_unit_test(test_tcp_states),
	    cmocka_unit_test(test_paths),
	    cmocka_unit_test(test_event_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
