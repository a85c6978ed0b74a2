/* A directory of its own for each test, and capture files in it. */
#ifndef TESTS_CAPTURE_SCRATCH_H
#define TESTS_CAPTURE_SCRATCH_H

#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "read_all.h"

/* Set-up and tear-down: the test runs inside a new directory, *state is its path. */
int enter_directory(void **state);
int leave_directory(void **state);

#define TEST_IN_DIRECTORY(function) \
	cmocka_unit_test_setup_teardown(function, enter_directory, leave_directory)

void write_file(const char *path, const void *data, size_t len);

/* A pcap of `n` packets of `size` bytes, one second apart from `from` on. */
void build_capture(
    struct bytes *b, uint32_t from, unsigned n, uint32_t size, unsigned seed);
/* The same with 40 bytes each, as a file. */
void write_capture(const char *path, uint32_t from, unsigned n, unsigned seed);

const struct read_result *read_path(const char *path);

#endif
