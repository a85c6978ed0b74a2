/* The log as plain lines on standard output, also where it cannot be written. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "audit/plain.h"
#include "log_place.h"

/* ---- plain lines ---- */

static void
test_plain(void **state)
{
	struct log_place *p = *state;
	struct plain out = {.fd = open("/dev/full", O_WRONLY)};
	uint64_t lines, bytes;
	struct rlimit before, small;
	struct buf text;
	char path[128];

	assert_true(out.fd >= 0);
	assert_int_equal(plain_write(&out, "a\nb\n", 4, &lines, &bytes), -ENOSPC);
	assert_int_equal(lines, 0);
	assert_int_equal(bytes, 0);
	close(out.fd);

	/* A write that stops within a line: the line is completed later. */
	snprintf(path, sizeof path, "%s/plain", p->dir);
	out.fd = open(path, O_CREAT | O_WRONLY, 0600);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 7;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(
	    plain_write(&out, "first\nsecond\nthird\n", 19, &lines, &bytes), -EFBIG);
	assert_int_equal(lines, 2);
	assert_int_equal(bytes, 13);
	assert_int_equal(plain_write(&out, "lost\n", 5, &lines, &bytes), -EFBIG);
	assert_int_equal(lines, 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(plain_write(&out, "fourth\n", 7, &lines, &bytes), 0);
	assert_int_equal(lines, 1);
	close(out.fd);
	buf_init(&text);
	log_read_file(path, &text);
	assert_string_equal(buf_text(&text), "first\nsecond\nfourth\n");
	buf_fini(&text);
	buf_fini(&out.rest);
}

/* Runs a log on standard output in a child; returns its exit status. */
static int
run_on_stdout(int fd, const struct buf *lines, uint64_t expect_lost)
{
	struct audit_config c;
	struct audit_log_stats stats;
	struct audit_log *log;
	pid_t pid = fork();
	char *error;
	int status, failed;

	if (pid != 0) {
		assert_int_equal(waitpid(pid, &status, 0), pid);
		return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	}
	signal(SIGPIPE, SIG_IGN);
	dup2(fd, STDOUT_FILENO);
	close(fd);
	audit_config_defaults(&c);
	c.dir = "-";
	log = audit_log_open(&c, &error);
	failed = audit_log_append(log, lines->data, lines->len);
	audit_log_close(&log, &stats);
	_exit(stats.lost_records == expect_lost &&
		    (failed == 0) == (expect_lost == 0) &&
		    (stats.error[0] == '\0') == (expect_lost == 0)
		? 0
		: 1);
}

static void
test_stdout(void **state)
{
	struct log_place *p = *state;
	struct buf lines, read;
	char path[128];
	int fd, pipes[2];

	buf_init(&lines);
	buf_init(&read);
	log_lines(&lines, 100);
	snprintf(path, sizeof path, "%s/out", p->dir);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(run_on_stdout(fd, &lines, 0), 0);
	close(fd);
	log_read_file(path, &read);
	log_assert_same(&read, &lines);
	fd = open("/dev/full", O_WRONLY);
	assert_int_equal(run_on_stdout(fd, &lines, 100), 0);
	close(fd);
	assert_int_equal(pipe(pipes), 0);
	close(pipes[0]);
	assert_int_equal(run_on_stdout(pipes[1], &lines, 100), 0);
	close(pipes[1]);
	buf_fini(&lines);
	buf_fini(&read);
}

int
main(void)
{
#define CASE(f) \
	cmocka_unit_test_setup_teardown(f, log_place_set_up, log_place_tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(test_plain),
	    CASE(test_stdout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
