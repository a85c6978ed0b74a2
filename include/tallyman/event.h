/*
 * What the shards hand to analysis: one event is one thing that happened, in the order
 * of the packets that caused it. Events live in a batch; pointers point into the same
 * batch.
 */
#ifndef TALLYMAN_EVENT_H
#define TALLYMAN_EVENT_H

#include <stdint.h>

#include "tallyman/app.h"
#include "tallyman/classify.h"
#include "tallyman/flow.h"
#include "tallyman/meter.h"

enum event_kind {
	EVENT_FLOW_START,
	EVENT_FLOW_ESTABLISHED,
	EVENT_FLOW_REJECTED,
	EVENT_FLOW_CLASSIFIED, /* with labels; EVE's tls, ssh, ... records come from it
				*/
	EVENT_FLOW_INTERIM,    /* with labels and summary */
	EVENT_FLOW_END,        /* with labels and summary */
	EVENT_DNS,
	EVENT_HTTP,
	EVENT_ANOMALY,
	EVENT_METER, /* a shard's part of an endpoint's second */
	EVENT_TICK,  /* a second of packet time is over in this shard */
	EVENT_N,
};

#define EVENT_BIT(kind) (1U << (kind))

/* Where a message or an anomaly belongs: enough of its flow to write the record. */
struct event {
	struct event *next; /* in its batch */
	uint64_t order;  /* of the log: 2n for packet n, 2n - 1 for a tick before it */
	uint64_t number; /* packet that caused it */
	int64_t ts;
	uint8_t kind;                         /* enum event_kind */
	uint8_t shard;                        /* decides among events of one order */
	enum anomaly anomaly;                 /* EVENT_ANOMALY */
	const struct flow_record *flow;       /* NULL for meters and ticks */
	const struct classify_labels *labels; /* NULL where not known */
	const struct app_summary *summary;    /* NULL without messages */
	union {
		const struct app_message *message;
		const struct meter *meter;
	};
};

#endif
