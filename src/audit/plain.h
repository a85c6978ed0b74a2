/* The log as plain lines on a descriptor: standard output. */
#ifndef AUDIT_PLAIN_H
#define AUDIT_PLAIN_H

#include <stddef.h>
#include <stdint.h>

#include "tallyman/buf.h"

/* A line is written whole or not at all: the rest of one cut short waits here. */
struct plain {
	int fd;
	struct buf rest;
};

/*
 * Writes whole lines. Returns 0 or -errno; *lines_r and *bytes_r are what went out (or
 * waits in rest), the remaining lines are lost.
 */
int plain_write(struct plain *p, const char *lines, size_t len, uint64_t *lines_r,
    uint64_t *bytes_r);

#endif
