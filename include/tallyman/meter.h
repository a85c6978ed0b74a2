/*
 * Meters: what each endpoint did in one second. A shard counts into a bounded table;
 * the parts of all shards are merged, and a bounded sketch decides which endpoints are
 * busy enough to be written. Aggregates: the exact totals of unanswered flows that were
 * folded so that a flood does not fill the log.
 */
#ifndef TALLYMAN_METER_H
#define TALLYMAN_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "tallyman/flow.h"

#define METER_HLL_REGISTERS 64 /* standard error 1.04 / sqrt(64) = 13 % */

struct meter_counts {
	uint64_t packets, bytes;
	uint64_t syn, synack, rst, fin;
	uint64_t tcp, udp, icmp, arp, fragments;
	uint64_t flows;    /* new flows that this endpoint takes part in */
	uint64_t answered; /* of its flows: those that got their first answer */
	uint64_t messages; /* DNS and HTTP messages */
};

/* One endpoint in one second. */
struct meter {
	struct addr endpoint;
	int64_t second;                     /* packet time of the second's start */
	struct meter_counts out;            /* sent by the endpoint */
	struct meter_counts in;             /* received by it */
	uint8_t peers[METER_HLL_REGISTERS]; /* sketches: distinct addresses ... */
	uint8_t ports[METER_HLL_REGISTERS]; /* ... and distinct destination ports, as
					       sender */
	uint8_t
	    ports_in[METER_HLL_REGISTERS]; /* distinct own ports addressed by others */
	uint64_t error; /* packets that may be missing: counted before it had a place */
};

struct meter_table;

/* A shard's meters; NULL without memory. */
struct meter_table *meter_table_new(uint32_t cap);
void meter_table_free(struct meter_table **t);

/* Counts a packet of result IP (with what the flow table said) or an ARP packet (fp
 * NULL). */
void meter_packet(
    struct meter_table *t, const struct packet *p, const struct flow_packet *fp);
/* Counts an application message sent in direction src to dst. */
void meter_message(
    struct meter_table *t, const struct addr *src, const struct addr *dst);

/*
 * Ends the second: calls emit for every endpoint in a fixed order (by address) and
 * empties the table. The meters are valid during the call.
 */
void meter_flush(
    struct meter_table *t, void (*emit)(void *ctx, const struct meter *m), void *ctx);
uint64_t meter_table_replaced(
    const struct meter_table *t); /* places taken over so far */

/* Merging the shards' parts of one second, then choosing the busy. */
struct meter_merge;

struct meter_merge_config {
	uint32_t cap;         /* endpoints kept while merging a second */
	uint32_t top;         /* meters written per second at most */
	uint64_t min_packets; /* quieter endpoints are not written, unless ... */
	uint64_t min_flows;   /* ... they have this many new flows */
};

struct meter_merge *meter_merge_new(const struct meter_merge_config *config);
void meter_merge_free(struct meter_merge **mm);
void meter_merge_add(struct meter_merge *mm, const struct meter *m);
/*
 * All parts of a second are in: emits every merged endpoint, busiest first, `written`
 * says whether it belongs in the log; then empties.
 */
void meter_merge_flush(struct meter_merge *mm,
    void (*emit)(void *ctx, const struct meter *m, bool written), void *ctx);
uint64_t meter_merge_dropped(const struct meter_merge *mm); /* not written: over top */

/* Estimated number of distinct values in a sketch; the same formula in every run. */
uint64_t meter_distinct(const uint8_t registers[METER_HLL_REGISTERS]);

/* ---- folding unanswered flows ---- */

#define AGGREGATE_PORT_RANGES 16
#define AGGREGATE_SAMPLES     4

struct aggregate {
	struct addr dst; /* the victim */
	uint8_t proto;
	int64_t start, end; /* first and last packet */
	uint64_t flows;     /* exact */
	uint64_t packets_toserver, packets_toclient, bytes_toserver,
	    bytes_toclient; /* exact */
	uint64_t by_conn_state[FLOW_CONN_OTH + 1];
	uint8_t sources[METER_HLL_REGISTERS];   /* distinct initiators */
	struct addr samples[AGGREGATE_SAMPLES]; /* first initiators seen */
	unsigned n_samples;
	struct {
		uint16_t first, last;
	} ports[AGGREGATE_PORT_RANGES]; /* destination ports, merged ranges, ascending
					 */
	unsigned n_ports;
	bool ports_inexact; /* ranges were joined over ports that were not seen */
	uint8_t tcp_flags;
	uint64_t anomalies;
};

struct aggregate_config {
	uint32_t cap; /* victims folded at once */
	uint32_t
	    burst; /* unanswered flows per victim that are written one by one ... */
	uint32_t per_second; /* ... and how fast that allowance comes back */
	int64_t window;      /* ns; a folded record is written this often */
};

struct aggregator;
struct aggregator *aggregator_new(const struct aggregate_config *config,
    void (*emit)(void *ctx, const struct aggregate *a), void *ctx);
void aggregator_free(struct aggregator **a);

/* True when the ended flow was folded and needs no record of its own. */
bool aggregator_offer(struct aggregator *a, const struct flow_record *r);
/* Writes what is due at `now`; INT64_MAX writes all. In a fixed order. */
void aggregator_tick(struct aggregator *a, int64_t now);

#endif
