/*
 * Events made by hand, one for each shape that a record can take: the smallest and the
 * fullest of each kind.
 */
#ifndef TESTS_AUDIT_SAMPLES_H
#define TESTS_AUDIT_SAMPLES_H

#include "tallyman/audit.h"

struct sample {
	const char *name;
	struct event event;
	const struct aggregate *aggregate; /* instead of the event */
	const struct audit_totals *totals; /* instead of both */
};

/* Fills what is not constant; returns the samples. */
const struct sample *samples_make(unsigned *n_r);

/* Appends the sample's records; returns their number. */
unsigned samples_format(
    struct buf *out, const struct sample *s, const struct audit_context *context);

/* Names interface 1 "eth0" and no other. */
extern const struct audit_context samples_context;

#endif
