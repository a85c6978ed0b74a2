/* The names of the log format: all there, all different, all in docs/decoding.md. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "shapes.h"
#include "tallyman/decode.h"

#define NAMES_MAX 128

struct names {
	const char *list[NAMES_MAX];
	size_t n;
};

/* Only what the log's field names are made of. */
static bool
is_token(const char *name)
{
	return name != NULL && name[0] != '\0' &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._") == strlen(name);
}

static void
collect(struct names *names, const char *name)
{
	assert_true(is_token(name));
	for (size_t i = 0; i < names->n; i++)
		assert_string_not_equal(names->list[i], name);
	assert_true(names->n < NAMES_MAX);
	names->list[names->n++] = name;
}

/* The text of the document between two headings of the second level. */
static char *
read_section(const char *heading)
{
	char path[512], *text = calloc(1, 65536), *start, *end;
	FILE *f = fopen(shapes_source_path("docs/decoding.md", path), "r");

	assert_non_null(f);
	assert_true(fread(text, 1, 65535, f) > 0);
	fclose(f);
	start = strstr(text, heading);
	assert_non_null(start);
	end = strstr(start + 3, "\n## ");
	if (end != NULL)
		*end = '\0';
	memmove(text, start, strlen(start) + 1);
	return text;
}

/* Each name opens a row of the section's table, and there is no row but theirs. */
static void
compare_with_docs(const struct names *names, const char *heading)
{
	char *section = read_section(heading), row[64];
	size_t rows = 0;

	for (const char *at = section; (at = strstr(at, "\n| `")) != NULL; at++)
		rows++;
	for (size_t i = 0; i < names->n; i++) {
		snprintf(row, sizeof row, "\n| `%s` ", names->list[i]);
		if (strstr(section, row) == NULL)
			print_error("%s: no row for %s\n", heading, names->list[i]);
		assert_non_null(strstr(section, row));
	}
	free(section);
	assert_int_equal(rows, names->n);
}

/* The document tells of an anomaly in the same words as the program. */
static void
compare_help_with_docs(void)
{
	char *section = read_section("\n## Anomalies"), row[256];

	for (int a = 0; a < ANOMALY_N; a++) {
		const struct decode_anomaly_info *info = decode_anomaly(a);

		snprintf(row, sizeof row, "\n| `%s` | %s | %s |\n", info->name,
		    info->layer, info->help);
		if (strstr(section, row) == NULL)
			print_error("not in the document:%s", row);
		assert_non_null(strstr(section, row));
	}
	free(section);
}

static void
test_anomalies(void **state)
{
	static const char *const layers[] = {"decode", "stream", "applayer"};
	struct names names = {.n = 0};

	(void)state;
	for (int a = 0; a < ANOMALY_N; a++) {
		const struct decode_anomaly_info *info = decode_anomaly(a);
		bool known = false;

		collect(&names, info->name);
		for (int i = 0; i < 3; i++)
			known |= strcmp(info->layer, layers[i]) == 0;
		assert_true(known);
		assert_true(strlen(info->help) > 10);
		assert_int_equal(info->help[strlen(info->help) - 1], '.');
	}
	assert_null(decode_anomaly(ANOMALY_N));
	compare_with_docs(&names, "\n## Anomalies");
	compare_help_with_docs();
}

static void
test_reasons(void **state)
{
	struct names names = {.n = 0};

	(void)state;
	for (int i = DECODE_REASON_NONE + 1; i < DECODE_N_REASONS; i++)
		collect(&names, decode_reason_name(i));
	assert_true(is_token(decode_reason_name(DECODE_REASON_NONE)));
	assert_null(decode_reason_name(DECODE_N_REASONS));
	compare_with_docs(&names, "\n## Frames that are not flows");
}

static void
test_tunnels(void **state)
{
	struct names names = {.n = 0};

	(void)state;
	for (int i = DECODE_TUNNEL_NONE + 1; i < DECODE_N_TUNNELS; i++)
		collect(&names, decode_tunnel_name(i));
	assert_true(is_token(decode_tunnel_name(DECODE_TUNNEL_NONE)));
	assert_null(decode_tunnel_name(DECODE_N_TUNNELS));
	compare_with_docs(&names, "\n## Tunnels");
}

static void
test_protocols(void **state)
{
	static const struct {
		uint8_t proto;
		const char *name;
	} cases[] = {
	    {1, "ICMP"},
	    {2, "IGMP"},
	    {6, "TCP"},
	    {17, "UDP"},
	    {47, "GRE"},
	    {50, "ESP"},
	    {58, "IPv6-ICMP"},
	    {132, "SCTP"},
	    {136, "UDPLite"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(decode_proto_name(cases[i].proto), cases[i].name);
	assert_null(decode_proto_name(253));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_anomalies),
	    cmocka_unit_test(test_reasons),
	    cmocka_unit_test(test_tunnels),
	    cmocka_unit_test(test_protocols),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
