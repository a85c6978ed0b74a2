/* The frames of a capture file in memory, for tests of the later stages. */
#ifndef TESTS_SUPPORT_FRAMES_H
#define TESTS_SUPPORT_FRAMES_H

#include <stddef.h>

#include "tallyman/capture.h"

struct frames {
	struct frame *list; /* data belongs to the list */
	size_t n;
};

/*
 * Reads a whole capture file (or directory); frames_free() after. A file that cannot be
 * read to its end is said on stderr. Returns 0, or -1: then the list holds what came
 * before the damage.
 */
int frames_load(struct frames *f, const char *path);
void frames_free(struct frames *f);

#endif
