/*
 * Places out of MMDB files that a script of this folder writes with Debian's
 * libmaxmind-db-writer-perl; without it the cases are skipped.
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

#include <sys/stat.h>
#include <unistd.h>

#include "classify/intern.h"
#include "tallyman/classify.h"

static char dir[] = "/tmp/tallyman-geo-XXXXXX";
static bool have_writer;

static const char *const files[] = {
    "nested", "flat", "network", "other", "cut", "text"};

static const char *
file(const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s.mmdb", dir, name);
	return path;
}

static struct geo *
open_files(const char *const *names, size_t n, char **error_r)
{
	char paths[4][128];
	const char *list[4];

	for (size_t i = 0; i < n; i++)
		list[i] = file(names[i], paths[i]);
	return geo_open(list, n, error_r);
}

static const char *
or_none(const char *text)
{
	return text == NULL ? "-" : text;
}

static void
test_lookups(void **state)
{
	static const struct {
		const char *files[3];
		const char *address;
		const char *expected; /* country name city ASN organisation location */
	} cases[] = {
	    {{"nested"}, "192.0.2.7", "DE Germany Bremen 0 - 53.0793,8.8017"},
	    {{"nested"}, "2001:db8:1::9", "DE Germany Bremen 0 - 53.0793,8.8017"},
	    {{"nested"}, "203.0.113.1", NULL},
	    {{"flat"}, "192.0.2.7", "FR - - 0 - -"},
	    {{"flat"}, "2001:db8:1::9", NULL}, /* IPv6 in an IPv4 file */
	    {{"network"}, "198.51.100.3", "- - - 64500 Example Quay -"},
	    /* Several: the first that knows a piece has the word. */
	    {{"nested", "flat", "network"}, "192.0.2.7",
		"DE Germany Bremen 0 - 53.0793,8.8017"},
	    {{"flat", "nested"}, "192.0.2.7", "FR Germany Bremen 0 - 53.0793,8.8017"},
	    {{"flat", "network"}, "198.51.100.3", "JP - - 64500 Example Quay -"},
	    {{"flat", "network"}, "198.51.100.200", "JP - - 0 - -"},
	};

	(void)state;
	if (!have_writer)
		skip();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char got[256], place[64] = "-";
		struct geo_info info;
		struct addr a;
		size_t n = 0;
		char *error;
		struct geo *g;

		while (n < 3 && cases[i].files[n] != NULL)
			n++;
		g = open_files(cases[i].files, n, &error);
		assert_non_null(g);
		assert_int_equal(addr_parse(cases[i].address, &a), 0);
		/* Twice: out of the file, out of the table. */
		for (unsigned k = 0; k < 2; k++) {
			bool known = geo_lookup(g, &a, &info);

			assert_int_equal(known, cases[i].expected != NULL);
			if (!known)
				continue;
			if (info.has_location)
				snprintf(place, sizeof place, "%.4f,%.4f",
				    info.latitude, info.longitude);
			snprintf(got, sizeof got, "%s %s %s %u %s %s",
			    or_none(info.country), or_none(info.country_name),
			    or_none(info.city), info.asn, or_none(info.organisation),
			    place);
			assert_string_equal(got, cases[i].expected);
		}
		geo_close(&g);
		assert_null(g);
	}
}

/* A table of fixed size forgets; what it says stays the same. */
static void
test_many_addresses(void **state)
{
	static const char *const names[] = {"flat"};
	struct geo_info info;
	char *error;
	struct geo *g;

	(void)state;
	if (!have_writer)
		skip();
	g = open_files(names, 1, &error);
	assert_non_null(g);
	for (uint32_t i = 0; i < 100000; i++) {
		uint32_t n = i * 40503; /* visits all networks in turns */
		uint8_t bytes[4] = {198, (uint8_t)(i % 3 == 0 ? 51 : n >> 16),
		    (uint8_t)(i % 3 == 0 ? 100 : n >> 8), (uint8_t)n};
		struct addr a = addr_v4(bytes);
		bool inside = bytes[1] == 51 && bytes[2] == 100;

		assert_int_equal(geo_lookup(g, &a, &info), inside);
		if (inside)
			assert_string_equal(info.country, "JP");
	}
	geo_close(&g);
}

static void
test_bad_files(void **state)
{
	static const struct {
		const char *name;
		const char *part; /* of the message */
	} cases[] = {
	    {"missing", "cannot be opened: No such file"},
	    {"text", "not a usable MMDB file"},
	    {"cut", "not a usable MMDB file"},
	    {"other", "holds no country, city, network or place"},
	};

	(void)state;
	if (!have_writer)
		skip();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *names[] = {"flat", cases[i].name};
		char path[128], *error;

		assert_null(open_files(names, 2, &error));
		assert_non_null(error);
		assert_non_null(strstr(error, cases[i].part));
		assert_non_null(strstr(error, file(cases[i].name, path)));
		free(error);
	}
}

static void
test_no_address(void **state)
{
	struct addr none = {0};
	struct geo_info info;
	char *error;
	struct geo *g = geo_open(NULL, 0, &error);

	(void)state;
	assert_non_null(g);
	assert_false(geo_lookup(g, &none, &info));
	assert_null(info.country);
	geo_close(&g);
	geo_close(&g);
}

static void
test_intern(void **state)
{
	struct intern in = {0};
	const char *kept[5000];
	char text[16];

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(text, sizeof text, "text%u...", i);
		kept[i] = intern_get(&in, text, strlen(text) - 3);
		assert_non_null(kept[i]);
	}
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(text, sizeof text, "text%u", i);
		assert_string_equal(kept[i], text);
		assert_ptr_equal(intern_get(&in, text, strlen(text)), kept[i]);
	}
	assert_int_equal(in.n, 5000);
	intern_fini(&in);
}

/* A file without its end, and one that is none. */
static void
damage(void)
{
	char path[128], whole[128];
	char bytes[300];
	size_t n;
	FILE *f = fopen(file("flat", whole), "rb");

	assert_non_null(f);
	n = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	f = fopen(file("cut", path), "wb");
	assert_non_null(f);
	fwrite(bytes, 1, n < 200 ? n / 2 : 200, f);
	fclose(f);
	f = fopen(file("text", path), "wb");
	assert_non_null(f);
	fputs("no database\n", f);
	fclose(f);
}

static int
make_files(void **state)
{
	const char *src = getenv("TALLYMAN_SRC");
	char command[512];
	struct stat st;

	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(command, sizeof command,
	    "perl '%s/tests/classify/make-mmdb.pl' '%s' >/dev/null 2>&1",
	    src == NULL ? "." : src, dir);
	have_writer = system(command) == 0;
	if (!have_writer &&
	    system("perl -MMaxMind::DB::Writer::Tree -e 1 2>/dev/null") == 0)
		return -1; /* the writer is there, so the script is at fault */
	if (have_writer && stat(file("flat", command), &st) == 0)
		damage();
	return 0;
}

static int
remove_files(void **state)
{
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		unlink(file(files[i], path));
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lookups),
	    cmocka_unit_test(test_many_addresses),
	    cmocka_unit_test(test_bad_files),
	    cmocka_unit_test(test_no_address),
	    cmocka_unit_test(test_intern),
	};

	return cmocka_run_group_tests_name(
	    "classify geo", tests, make_files, remove_files);
}
