/* Many files, few descriptors. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "scratch.h"

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

		build_capture(&b, 1, PACKETS, SIZE, i);
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
	const struct capture_config config = {
	    .paths = &path, .n_paths = 1, .since = INT64_MIN, .until = INT64_MAX};
	struct capture_stats stats;
	struct capture *c;
	struct frame frame;
	char name[32], *error;
	struct bytes b;

	(void)state;
	assert_int_equal(mkdir("large", 0700), 0);
	build_capture(&b, 1, PACKETS, SIZE, 1);
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
		continue;
	capture_get_stats(c, &stats);
	assert_int_equal(stats.damaged, 1);
	assert_true(stats.frames < FILES * PACKETS);
	assert_true(stats.frames > (FILES - 1) * PACKETS);
	capture_close(&c);
	bytes_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_IN_DIRECTORY(test_ring),
	    TEST_IN_DIRECTORY(test_overlapping),
	    TEST_IN_DIRECTORY(test_few_descriptors),
	    TEST_IN_DIRECTORY(test_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
