/* The tables of classification: fields, names, risks, and the document that lists them.
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

#include <netinet/in.h>

#include "classify/names.h"
#include "tallyman/classify.h"

/* Risks of nDPI 4.2, the oldest release that is supported. */
#define RISKS_MIN 42

static const char *const type_names[] = {
    [CLASSIFY_STRING] = "string",
    [CLASSIFY_INTEGER] = "integer",
    [CLASSIFY_BOOL] = "boolean",
    [CLASSIFY_REAL] = "number",
    [CLASSIFY_STRING_LIST] = "array of strings",
};

/* Ascending, so that an object's members stand together; no value is an object, too. */
static void
test_fields_order(void **state)
{
	(void)state;
	assert_true(classify_n_fields > 0);
	for (unsigned i = 0; i < classify_n_fields; i++) {
		const char *path = classify_fields[i].path;
		size_t len = strlen(path);

		assert_true(strchr(path, '.') != NULL);
		assert_true(classify_fields[i].help[0] != '\0');
		assert_true(classify_fields[i].type <= CLASSIFY_STRING_LIST);
		for (unsigned k = i + 1; k < classify_n_fields; k++) {
			const char *other = classify_fields[k].path;

			assert_true(strcmp(path, other) < 0);
			assert_false(
			    strncmp(path, other, len) == 0 && other[len] == '.');
		}
	}
}

static void
test_risk_names(void **state)
{
	(void)state;
	assert_null(classify_risk_name(0));
	assert_null(classify_risk_name(63));
	for (unsigned i = 1; i < RISKS_MIN; i++) {
		const char *name = classify_risk_name(i);

		assert_non_null(name);
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"),
		    strlen(name));
		for (unsigned k = 1; k < i; k++)
			assert_string_not_equal(name, classify_risk_name(k));
	}
}

static void
test_eve_names(void **state)
{
	static const struct {
		const char *ndpi;
		uint8_t l4;
		const char *eve;
	} cases[] = {
	    {"TLS", IPPROTO_TCP, "tls"},
	    {"SMTPS", IPPROTO_TCP, "tls"},
	    {"FTP_DATA", IPPROTO_TCP, "ftp-data"},
	    {"ftp_control", IPPROTO_TCP, "ftp"},
	    {"PostgreSQL", IPPROTO_TCP, "pgsql"},
	    {"VNC", IPPROTO_TCP, "rfb"},
	    {"Kerberos", IPPROTO_UDP, "krb5"},
	    {"BitTorrent", IPPROTO_UDP, "bittorrent-dht"},
	    {"BitTorrent", IPPROTO_TCP, NULL},
	    {"IPsec", IPPROTO_UDP, "ike"},
	    {"IPsec", 50, NULL},
	    {"Redis", IPPROTO_TCP, NULL},
	    {"", IPPROTO_TCP, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *got = classify_eve_name(cases[i].ndpi, cases[i].l4);

		if (cases[i].eve == NULL)
			assert_null(got);
		else
			assert_string_equal(got, cases[i].eve);
	}
}

static void
test_tls_versions(void **state)
{
	static const struct {
		uint16_t number;
		const char *text;
	} cases[] = {
	    {0x0300, "SSLv3"},
	    {0x0301, "TLSv1"},
	    {0x0302, "TLS 1.1"},
	    {0x0304, "TLS 1.3"},
	    {0x7f1c, "TLS 1.3 draft-28"},
	    {0xfefd, "DTLS 1.2"},
	    {0x0000, NULL},
	    {0x1a1a, NULL},
	};
	char text[CLASSIFY_TLS_VERSION_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		bool known = classify_tls_version(cases[i].number, text);

		assert_int_equal(known, cases[i].text != NULL);
		if (known)
			assert_string_equal(text, cases[i].text);
	}
}

static void
expected_row(unsigned i, char *row, size_t size)
{
	snprintf(row, size, "| `%s` | %s | %s |\n", classify_fields[i].path,
	    type_names[classify_fields[i].type], classify_fields[i].help);
}

/* The document's table of fields is this program's, row by row. */
static void
test_document(void **state)
{
	const char *src = getenv("TALLYMAN_SRC");
	char path[512], line[512], row[512];
	unsigned n = 0;
	FILE *f;

	(void)state;
	snprintf(
	    path, sizeof path, "%s/docs/classification.md", src == NULL ? "." : src);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof line, f) != NULL) {
		/* Rows of fields are those whose first cell has a dot in backquotes. */
		if (strncmp(line, "| `", 3) != 0 ||
		    strcspn(line, ".") > strcspn(line + 3, "`"))
			continue;
		assert_true(n < classify_n_fields);
		expected_row(n++, row, sizeof row);
		assert_string_equal(line, row);
	}
	fclose(f);
	assert_int_equal(n, classify_n_fields);
}

/* With the argument --print: the rows for the document. */
int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fields_order),
	    cmocka_unit_test(test_risk_names),
	    cmocka_unit_test(test_eve_names),
	    cmocka_unit_test(test_tls_versions),
	    cmocka_unit_test(test_document),
	};
	char row[512];

	if (argc > 1 && strcmp(argv[1], "--print") == 0) {
		for (unsigned i = 0; i < classify_n_fields; i++) {
			expected_row(i, row, sizeof row);
			fputs(row, stdout);
		}
		return 0;
	}
	return cmocka_run_group_tests_name("classify tables", tests, NULL, NULL);
}
