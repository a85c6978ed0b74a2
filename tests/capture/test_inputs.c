/* Paths: directories, pipes, what cannot be read, and few descriptors for many files.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "bytes.h"
#include "read_all.h"

/* ---- a directory of its own for each test ---- */

static int
enter_directory(void **state)
{
	char *dir = strdup("/tmp/tallyman-test-XXXXXX");

	if (dir == NULL || mkdtemp(dir) == NULL)
		return -1;
	*state = dir;
	return chdir(dir);
}

static int
leave_directory(void **state)
{
	char command[256];
	int rc;

	snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
	rc = chdir("/") != 0 || system(command) != 0;
	free(*state);
	return rc;
}

static void
write_file(const char *path, const void *data, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

/* `n` packets of `size` bytes, one second apart from `from` on. */
static void
build(struct bytes *b, uint32_t from, unsigned n, uint32_t size, unsigned seed)
{
	bytes_init(b, false);
	put_pcap_header(b, MAGIC_US, 65535, 1);
	for (unsigned i = 0; i < n; i++)
		put_record(b, from + i, 0, size, size, seed);
}

static void
write_capture(const char *path, uint32_t from, unsigned n, unsigned seed)
{
	struct bytes b;

	build(&b, from, n, 40, seed);
	write_file(path, bytes_data(&b), b.buf.len);
	bytes_fini(&b);
}

static const struct read_result *
read_path(const char *path)
{
	return read_paths(&path, 1, NULL);
}

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
	build(&b, 3, 2, 40, 2);
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

/* ---- pipes ---- */

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
	build(&b, 100, 3000, 300, 1);
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
	build(&b, 100, 50, 3000, 1);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	late.feeder = (struct feeder){.data = bytes_data(&b), .len = b.buf.len};
	assert_int_equal(pthread_create(&thread, NULL, feed_late, &late), 0);
	r = read_path("fifo");
	pthread_join(thread, NULL);
	assert_int_equal(r->n, 50);
	assert_int_equal(r->n_damages, 0);
	bytes_fini(&b);
}

/* ---- descriptors ---- */

static unsigned
count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n - 3; /* two dots and the directory itself */
}

struct many {
	unsigned files, packets, step; /* file i begins i * step seconds later */
	unsigned most;                 /* descriptors above those of the test */
};

static void
write_many(const struct many *m)
{
	char path[32];

	assert_int_equal(mkdir("many", 0700), 0);
	for (unsigned i = 0; i < m->files; i++) {
		snprintf(path, sizeof path, "many/%04u.pcap", i);
		write_capture(path, 1 + i * m->step, m->packets, i % 200);
	}
}

/* Reads the directory; returns the number of frames, checks order and descriptors. */
static unsigned
read_many(const struct many *m)
{
	const char *path = "many";
	const struct capture_config config = {
	    .paths = &path, .n_paths = 1, .since = INT64_MIN, .until = INT64_MAX};
	unsigned before = count_descriptors(), n = 0;
	struct capture_stats stats;
	struct frame frame;
	int64_t last = 0;
	char *error;
	struct capture *c = capture_open(&config, &error);

	assert_non_null(c);
	while (capture_next(c, &frame) > 0) {
		assert_true(frame.ts >= last);
		last = frame.ts;
		if (n++ % 64 == 0)
			assert_true(count_descriptors() <= before + m->most);
	}
	capture_get_stats(c, &stats);
	assert_int_equal(stats.files, m->files);
	assert_int_equal(stats.damaged, 0);
	capture_close(&c);
	assert_int_equal(count_descriptors(), before);
	return n;
}

/* Files of a ring, one after the other: one is open at a time (and what wakes). */
static void
test_ring(void **state)
{
	static const struct many m = {
	    .files = 1000, .packets = 3, .step = 3, .most = 2};

	(void)state;
	write_many(&m);
	assert_int_equal(read_many(&m), m.files * m.packets);
}

/* Files that all overlap: the limit holds. */
static void
test_overlapping(void **state)
{
	static const struct many m = {
	    .files = 300, .packets = 5, .step = 0, .most = 129};

	(void)state;
	write_many(&m);
	assert_int_equal(read_many(&m), m.files * m.packets);
}

/* Large overlapping files under a low descriptor limit are closed and opened again. */
static void
test_few_descriptors(void **state)
{
	enum { FILES = 12, PACKETS = 300, SIZE = 3000 };
	const char *path = "large";
	const struct read_result *r;
	struct rlimit limit, low;
	char name[32];

	(void)state;
	assert_int_equal(mkdir("large", 0700), 0);
	for (unsigned i = 0; i < FILES; i++) {
		struct bytes b, gz;

		build(&b, 1, PACKETS, SIZE, i);
		snprintf(name, sizeof name, "large/%02u.pcap", i);
		bytes_init(&gz, false);
		put_gzip(&gz, bytes_data(&b), b.buf.len);
		write_file(name, i % 3 == 0 ? bytes_data(&gz) : bytes_data(&b),
		    i % 3 == 0 ? gz.buf.len : b.buf.len);
		bytes_fini(&gz);
		bytes_fini(&b);
	}
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	low = limit;
	low.rlim_cur = count_descriptors() + 4;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	r = read_paths(&path, 1, NULL);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(r->n_damages, 0);
	assert_int_equal(r->n, FILES * PACKETS);
	for (unsigned i = 0; i < FILES * PACKETS; i++)
		assert_int_equal(r->seeds[i], i % FILES);
}

/* A file that was replaced while its descriptor was given up is not read on. */
static void
test_replaced(void **state)
{
	enum { FILES = 130, PACKETS = 400, SIZE = 1000 };
	const char *path = "large";
	unsigned frames = 0;
	int damages = 0;
	struct capture_stats stats;
	struct frame frame;
	char name[32], *error;
	struct bytes b;
	const struct capture_config config = {.paths = &path,
	    .n_paths = 1,
	    .since = INT64_MIN,
	    .until = INT64_MAX,
	    .ctx = &damages};
	struct capture *c;

	(void)state;
	assert_int_equal(mkdir("large", 0700), 0);
	build(&b, 1, PACKETS, SIZE, 1);
	for (unsigned i = 0; i < FILES; i++) {
		snprintf(name, sizeof name, "large/%03u.pcap", i);
		write_file(name, bytes_data(&b), b.buf.len);
	}
	c = capture_open(&config, &error);
	assert_non_null(c);
	for (unsigned i = 0; i < FILES; i++)
		assert_int_equal(capture_next(c, &frame), 1);
	write_file("new", bytes_data(&b), b.buf.len);
	assert_int_equal(rename("new", "large/000.pcap"), 0);
	while (capture_next(c, &frame) > 0)
		frames++;
	capture_get_stats(c, &stats);
	assert_int_equal(stats.damaged, 1);
	assert_true(frames < (FILES - 0) * (PACKETS - 1));
	assert_true(frames >= (FILES - 1) * (PACKETS - 1));
	capture_close(&c);
	bytes_fini(&b);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, enter_directory, leave_directory)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_missing),
	    TEST(test_permission),
	    TEST(test_directory),
	    TEST(test_directory_without_captures),
	    TEST(test_repeated),
	    TEST(test_gzip_names),
	    TEST(test_stdin_pipe),
	    TEST(test_stdin_file),
	    TEST(test_interrupt_pipe),
	    TEST(test_interrupt_fifo),
	    TEST(test_fifo),
	    TEST(test_ring),
	    TEST(test_overlapping),
	    TEST(test_few_descriptors),
	    TEST(test_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
