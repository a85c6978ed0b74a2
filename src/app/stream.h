/*
 * One side of a TCP stream as the parsers see it: bytes in order and gaps. The flow
 * stage says where a segment stands and how far the stream is settled; segments that
 * are ahead of their time are kept here, a few of them, until it is.
 */
#ifndef TALLYMAN_APP_STREAM_H
#define TALLYMAN_APP_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct app;
struct app_flow;
struct flow_packet;
struct packet;

#define STREAM_HELD_MAX   8
#define STREAM_HELD_BYTES (16 * 1024)

struct stream_side;

struct stream_held {
	TAILQ_ENTRY(stream_held) by_age;
	struct stream_side *owner;
	struct {
		uint64_t pos;
		int64_t ts;
		uint32_t len, cap; /* on the wire, and kept from `offset` on */
		uint32_t offset;
	} segments[STREAM_HELD_MAX]; /* by pos */
	unsigned n;
	uint32_t used;
	uint8_t bytes[STREAM_HELD_BYTES];
};

struct stream_side {
	uint64_t pos;      /* the parser has got everything before, or knows its loss */
	uint64_t fin_at;   /* where the stream ends, if fin */
	uint32_t seq_zero; /* sequence number of position 0 */
	bool started, fin, ended;
	struct stream_held *held; /* or NULL */
};

/* A packet of the flow: calls the parser with what it settles. */
void stream_packet(struct app *a, struct app_flow *s, unsigned side,
    const struct packet *p, const struct flow_packet *fp);

/* The flow ends: what was kept is not waited for any longer. */
void stream_finish(struct app *a, struct app_flow *s);

void stream_release(struct app *a, struct app_flow *s);

#endif
