/* Paths: directories, what cannot be read, what was given twice. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "scratch.h"

/* ---- what cannot be read ---- */

static void
test_missing(void **state)
{
	const char *const paths[] = {"none.pcap", "there.pcap", "empty.pcap"};
	const struct read_result *r;

	(void)state;
	write_capture("there.pcap", 5, 2, 1);
	write_file("empty.pcap", "", 0);
	r = read_paths(paths, 3, NULL);
	assert_int_equal(r->n, 2);
	assert_int_equal(r->n_damages, 2);
	assert_string_equal(r->damages[0].file, "none.pcap");
	assert_string_equal(r->damages[0].what, "No such file or directory");
	assert_string_equal(r->damages[1].file, "empty.pcap");
	assert_non_null(strstr(r->damages[1].what, "empty"));
	assert_int_equal(r->stats.damaged, 2);
	assert_int_equal(r->stats.files, 1);
}

/* In a child: the user "nobody" may not read what root may. */
static int
read_without_permission(void)
{
	const char *const paths[] = {"closed.pcap", "closed", "there.pcap"};
	const struct read_result *r;

	if (geteuid() == 0 && (setegid(65534) != 0 || seteuid(65534) != 0))
		return 77;
	r = read_paths(paths, 3, NULL);
	return r->n == 2 && r->n_damages == 2 &&
		strcmp(r->damages[0].what, "Permission denied") == 0 &&
		strcmp(r->damages[1].what, "Permission denied") == 0 &&
		strcmp(r->damages[1].file, "closed") == 0
	    ? 0
	    : 1;
}

static void
test_permission(void **state)
{
	int status;
	pid_t child;

	write_capture("there.pcap", 5, 2, 1);
	write_capture("closed.pcap", 5, 2, 1);
	assert_int_equal(mkdir("closed", 0), 0);
	assert_int_equal(chmod("closed.pcap", 0), 0);
	assert_int_equal(chmod(*state, 0755), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(read_without_permission());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(chmod("closed", 0700), 0);
}

/* ---- directories ---- */

static void
test_directory(void **state)
{
	const struct read_result *r;

	(void)state;
	assert_int_equal(mkdir("ring", 0700), 0);
	assert_int_equal(mkdir("ring/older", 0700), 0);
	write_capture("ring/older/x.pcap", 1, 9, 9);
	write_capture("ring/a.pcap", 30, 2, 3);
	write_capture("ring/b.pcap", 20, 2, 2);
	write_capture("ring/c", 10, 2, 1);      /* a capture by what it holds */
	write_capture("ring/B.pcap", 20, 1, 4); /* equal times: by name */
	write_file("ring/notes.txt", "no capture", 10);
	write_file("ring/d.pcap.zst", "\x28\xb5\x2f\xfd....", 8);
	assert_int_equal(mkfifo("ring/fifo.pcap", 0600), 0);
	assert_int_equal(symlink("nowhere", "ring/dangling.pcap"), 0);
	for (int slash = 0; slash <= 1; slash++) {
		r = read_path(slash ? "ring/" : "ring");
		assert_int_equal(r->n, 7);
		assert_int_equal(r->seeds[0], 1);
		assert_int_equal(r->seeds[2], 4);
		assert_int_equal(r->seeds[3], 2);
		assert_int_equal(r->seeds[5], 3);
		assert_int_equal(r->stats.ignored, 3); /* older, notes.txt, fifo */
		assert_int_equal(r->n_damages, 2);
		assert_string_equal(r->damages[0].file, "ring/d.pcap.zst");
		assert_non_null(strstr(r->damages[0].what, "zstd"));
		assert_string_equal(r->damages[1].file, "ring/dangling.pcap");
		assert_int_equal(r->stats.files, 4);
		assert_string_equal(r->files[0], "ring/c");
	}
}

static void
test_directory_without_captures(void **state)
{
	static const struct {
		const char *dir;
		const char *file; /* or NULL */
		unsigned ignored;
	} cases[] = {
	    {"bare", NULL, 0},
	    {"texts", "texts/readme", 1},
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct read_result *r;

		assert_int_equal(mkdir(cases[i].dir, 0700), 0);
		if (cases[i].file != NULL)
			write_file(cases[i].file, "some text", 9);
		r = read_path(cases[i].dir);
		assert_int_equal(r->n, 0);
		assert_int_equal(r->n_damages, 1);
		assert_string_equal(r->damages[0].file, cases[i].dir);
		assert_string_equal(
		    r->damages[0].what, "the directory holds no capture file");
		assert_int_equal(r->stats.ignored, cases[i].ignored);
		assert_int_equal(r->stats.damaged, 1);
	}
}

/* The same file by several ways is read once, and its directory is not empty then. */
static void
test_repeated(void **state)
{
	const char *const paths[] = {"d/a.pcap", "d", "d/../d/a.pcap", "hard", "soft"};
	const struct read_result *r;

	(void)state;
	assert_int_equal(mkdir("d", 0700), 0);
	write_capture("d/a.pcap", 5, 3, 1);
	assert_int_equal(link("d/a.pcap", "hard"), 0);
	assert_int_equal(symlink("hard", "soft"), 0);
	r = read_paths(paths, 5, NULL);
	assert_int_equal(r->n, 3);
	assert_int_equal(r->n_damages, 0);
	assert_int_equal(r->stats.ignored, 4);
	assert_int_equal(r->stats.files, 1);
}

/* gzip is known by its bytes, whatever the name says. */
static void
test_gzip_names(void **state)
{
	const char *const paths[] = {"plain.gz", "packed.pcap"};
	const struct read_result *r;
	struct bytes b, gz;

	(void)state;
	write_capture("plain.gz", 1, 2, 1);
	build_capture(&b, 3, 2, 40, 2);
	bytes_init(&gz, false);
	put_gzip(&gz, bytes_data(&b), b.buf.len);
	write_file("packed.pcap", bytes_data(&gz), gz.buf.len);
	r = read_paths(paths, 2, NULL);
	assert_int_equal(r->n, 4);
	assert_int_equal(r->n_damages, 0);
	assert_int_equal(r->stats.bytes_total, b.buf.len + gz.buf.len);
	assert_int_equal(r->stats.bytes_read, r->stats.bytes_total);
	bytes_fini(&b);
	bytes_fini(&gz);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_IN_DIRECTORY(test_missing),
	    TEST_IN_DIRECTORY(test_permission),
	    TEST_IN_DIRECTORY(test_directory),
	    TEST_IN_DIRECTORY(test_directory_without_captures),
	    TEST_IN_DIRECTORY(test_repeated),
	    TEST_IN_DIRECTORY(test_gzip_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
