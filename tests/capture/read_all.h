/* Runs the capture stage over bytes or paths and keeps what came out. */
#ifndef TESTS_CAPTURE_READ_ALL_H
#define TESTS_CAPTURE_READ_ALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tallyman/capture.h"

#define READ_FRAMES_MAX  4096
#define READ_DAMAGES_MAX 64

struct read_result {
	struct frame frames[READ_FRAMES_MAX]; /* without data */
	int seeds[READ_FRAMES_MAX]; /* of put_fill(), -1 when the data are not its bytes
				     */
	size_t n;
	struct {
		char file[128], what[256];
		uint64_t offset, packet;
	} damages[READ_DAMAGES_MAX];
	size_t n_damages;
	struct capture_stats stats;
	struct capture_interface interfaces[16];
	char names[16][32], files[16][128]; /* of the interfaces */
	uint32_t n_interfaces;
	char error[256]; /* why nothing could be opened */
};

/* What differs from reading everything. */
struct read_options {
	const char *filter;
	int64_t since, until; /* 0: no limit */
	size_t window;        /* 0: as usual */
};

/* One input of bytes, named "test". The result is static: valid until the next call. */
const struct read_result *read_bytes(
    const void *data, size_t len, const struct read_options *options);

/* Several of them, named as given. */
struct read_input {
	const char *name;
	const void *data;
	size_t len;
};
const struct read_result *read_inputs(
    const struct read_input *inputs, size_t n, const struct read_options *options);

const struct read_result *read_paths(
    const char *const *paths, size_t n, const struct read_options *options);

#endif
