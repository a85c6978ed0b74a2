/* Standard input and FIFOs: read once, from the start, and never waited for in vain. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "scratch.h"

struct feeder {
	const uint8_t *data;
	size_t len;
	int fd;
};

/* Writes in small pieces of odd sizes. */
static void *
feed(void *ctx)
{
	struct feeder *f = ctx;
	size_t piece = 1;

	for (size_t at = 0; at < f->len; at += piece) {
		piece = piece % 1000 + 7;
		if (piece > f->len - at)
			piece = f->len - at;
		if (write(f->fd, f->data + at, piece) != (ssize_t)piece)
			abort();
	}
	close(f->fd);
	return NULL;
}

/* Runs a read while standard input is `fd`. */
static const struct read_result *
read_with_stdin(int fd, const char *const *paths, size_t n)
{
	const struct read_result *r;
	int saved = dup(STDIN_FILENO);

	assert_true(saved >= 0);
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	r = read_paths(paths, n, NULL);
	assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
	close(saved);
	return r;
}

static void
test_stdin_pipe(void **state)
{
	const char *const paths[] = {"file.pcap", "-", "-"};
	const struct read_result *r;
	struct feeder feeder;
	pthread_t thread;
	struct bytes b;
	int fds[2];

	(void)state;
	write_capture("file.pcap", 101, 3, 2);
	build_capture(&b, 100, 3000, 300, 1);
	assert_int_equal(pipe(fds), 0);
	feeder = (struct feeder){bytes_data(&b), b.buf.len, fds[1]};
	assert_int_equal(pthread_create(&thread, NULL, feed, &feeder), 0);
	r = read_with_stdin(fds[0], paths, 3);
	pthread_join(thread, NULL);
	close(fds[0]);
	assert_int_equal(r->n_damages, 0);
	assert_int_equal(r->n, 3003);
	assert_int_equal(r->seeds[0], 1);
	assert_int_equal(r->seeds[1], 2); /* equal times: the file was given first */
	assert_int_equal(r->seeds[2], 1);
	assert_int_equal(r->stats.bytes_total, 0); /* unknown */
	assert_int_equal(r->stats.ignored, 1);     /* the second "-" */
	for (size_t i = 1; i < r->n; i++)
		assert_true(r->frames[i].ts >= r->frames[i - 1].ts);
	bytes_fini(&b);
}

/* Standard input may be a file: read from where it stands, its size is known. */
static void
test_stdin_file(void **state)
{
	const char *const paths[] = {"-"};
	const struct read_result *r;
	int fd;

	(void)state;
	write_capture("file.pcap", 100, 3, 2);
	fd = open("file.pcap", O_RDONLY);
	assert_true(fd >= 0);
	r = read_with_stdin(fd, paths, 1);
	close(fd);
	assert_int_equal(r->n, 3);
	assert_int_equal(r->n_damages, 0);
	assert_string_equal(r->files[0], "-");
	assert_int_equal(r->stats.bytes_total, r->stats.bytes_read);
}

struct waiter {
	struct capture *c;
	int result;
};

static void *
wait_for_frame(void *ctx)
{
	struct waiter *w = ctx;
	struct frame frame;

	w->result = capture_next(w->c, &frame);
	return NULL;
}

/* A reader that waits for a silent pipe is woken; opening does not wait at all. */
static void
interrupt_reading(const char *path)
{
	const struct capture_config config = {
	    .paths = &path, .n_paths = 1, .since = INT64_MIN, .until = INT64_MAX};
	struct capture_stats stats;
	struct waiter waiter;
	pthread_t thread;
	char *error;

	waiter.c = capture_open(&config, &error);
	assert_non_null(waiter.c);
	assert_int_equal(pthread_create(&thread, NULL, wait_for_frame, &waiter), 0);
	usleep(20000);
	capture_interrupt(waiter.c);
	pthread_join(thread, NULL);
	assert_int_equal(waiter.result, 0);
	capture_get_stats(waiter.c, &stats);
	assert_int_equal(stats.damaged, 0);
	capture_close(&waiter.c);
}

static void
test_interrupt_pipe(void **state)
{
	int fds[2], saved = dup(STDIN_FILENO);

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(dup2(fds[0], STDIN_FILENO), STDIN_FILENO);
	interrupt_reading("-");
	assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
	close(saved);
	close(fds[0]);
	close(fds[1]);
}

/* A FIFO without anyone who writes. */
static void
test_interrupt_fifo(void **state)
{
	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	interrupt_reading("fifo");
}

struct late_feeder {
	struct feeder feeder;
	const char *path;
};

static void *
feed_late(void *ctx)
{
	struct late_feeder *f = ctx;

	usleep(20000);
	f->feeder.fd = open(f->path, O_WRONLY);
	return feed(&f->feeder);
}

static void
test_fifo(void **state)
{
	const struct read_result *r;
	struct late_feeder late = {.path = "fifo"};
	pthread_t thread;
	struct bytes b;

	(void)state;
	build_capture(&b, 100, 50, 3000, 1);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	late.feeder = (struct feeder){.data = bytes_data(&b), .len = b.buf.len};
	assert_int_equal(pthread_create(&thread, NULL, feed_late, &late), 0);
	r = read_path("fifo");
	pthread_join(thread, NULL);
	assert_int_equal(r->n, 50);
	assert_int_equal(r->n_damages, 0);
	bytes_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_IN_DIRECTORY(test_stdin_pipe),
	    TEST_IN_DIRECTORY(test_stdin_file),
	    TEST_IN_DIRECTORY(test_interrupt_pipe),
	    TEST_IN_DIRECTORY(test_interrupt_fifo),
	    TEST_IN_DIRECTORY(test_fifo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
