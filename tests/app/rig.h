/*
 * One HTTP flow without packets or a flow table: segments go to the parser as they are,
 * transactions come out as lines of text. The client is side 0.
 */
#ifndef TALLYMAN_TESTS_RIG_H
#define TALLYMAN_TESTS_RIG_H

#include "app/http_priv.h"
#include "tallyman/buf.h"

#define RIG_SECOND INT64_C(1000000000)

struct rig {
	struct app *a;
	struct app_flow *s;
	struct buf out;
	unsigned messages;
};

void rig_init(struct rig *rig, struct app_config *config);
void rig_init_defaults(struct rig *rig);
/* Checks that every object is back in its pool. */
void rig_fini(struct rig *rig);

/* A segment of which `cap` bytes are in the capture, in memory of just that size. */
void rig_feed_cut(struct rig *rig, unsigned side, const char *bytes, size_t cap,
    size_t len, int64_t ts);
void rig_feed(
    struct rig *rig, unsigned side, const char *bytes, size_t len, int64_t ts);
void rig_feed_text(struct rig *rig, unsigned side, const char *text, int64_t ts);

#endif
