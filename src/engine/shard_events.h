/* Building a shard's events: everything they point to is copied into the open batch. */
#ifndef SHARD_EVENTS_H
#define SHARD_EVENTS_H

#include "engine_priv.h"

#define METER_TABLE_CAP 1024 /* endpoints per shard and second */

/* A flow event with record, labels and summary as far as the kind asks for them. */
void shard_post_flow(struct shard *s, enum event_kind kind, struct flow *f, int64_t ts);

/* A message, with its flow's record. */
void shard_post_message(struct shard *s, struct flow *f, const struct app_message *m);

void shard_post_meter(struct shard *s, const struct meter *m);
void shard_post_tick(struct shard *s, int64_t now);

/*
 * One event for each anomaly that is new to the flow; those that are not in
 * `counted` (bits of the packet, counted by the reader) are counted here.
 */
void shard_post_anomalies(
    struct shard *s, struct flow *f, uint64_t counted, int64_t ts);

#endif
