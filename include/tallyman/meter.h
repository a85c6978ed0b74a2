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

/* The first eight are what most packets touch: one cache line. */
struct meter_counts {
	uint64_t packets, bytes; /* frame bytes on the wire */
	uint64_t tcp, udp;
	uint64_t syn, synack, rst, fin;
	uint64_t icmp, arp, fragments;
	uint64_t flows;    /* new flows */
	uint64_t answered; /* flows whose responder spoke for the first time */
	uint64_t messages; /* DNS and HTTP messages */
};

/*
 * One endpoint in one second. Sketches are of fixed hashes, so that they are the same
 * in every run; who chooses addresses to collide can make the distinct counts too low,
 * never the other counts. Addresses that repeat in several VLANs or tunnels are one
 * endpoint.
 */
struct meter {
	struct addr endpoint;
	struct meter_counts out; /* sent by the endpoint; flows that it initiated */
	struct meter_counts in;  /* received by it; flows that it was asked for */
	/* Sketches: distinct addresses spoken with ... */
	uint8_t peers[METER_HLL_REGISTERS];
	/* ... ports asked for as initiator, own ports asked for by others. */
	uint8_t ports[METER_HLL_REGISTERS], ports_in[METER_HLL_REGISTERS];
	int64_t second; /* packet time of the second's start, ns */
	uint64_t error; /* packets and messages that may be missing at most: counted
			   before it had a place in the table */
	uint64_t floor; /* of the table that it is from: an endpoint without a place had
			   no more packets and messages than this */
};

struct meter_table;

/*
 * A shard's meters: at most cap endpoints (two at least) a second. In a full table the
 * endpoint with the least packets and messages loses its place to a new one (of equals
 * the one longest at that count), which takes over its count as error: Space-Saving
 * (Metwally, Agrawal, El Abbadi 2005). Whatever has more than 1/cap of all packet ends
 * of the second keeps its place. NULL without memory.
 */
struct meter_table *meter_table_new(uint32_t cap);
void meter_table_free(struct meter_table **t);

/*
 * Counts a packet of result IP (with what the flow table said, or NULL when no flow is
 * known) or an ARP packet (fp NULL). The table is flushed before the first packet or
 * message of another second: what it holds belongs to the second of its first one.
 */
void meter_packet(
    struct meter_table *t, const struct packet *p, const struct flow_packet *fp);
/* Counts an application message sent in direction src to dst. */
void meter_message(
    struct meter_table *t, const struct addr *src, const struct addr *dst, int64_t ts);

/*
 * Ends the second: calls emit for every endpoint, in an order that depends on the
 * packets alone, and empties the table. The meters are valid during the call.
 */
void meter_flush(
    struct meter_table *t, void (*emit)(void *ctx, const struct meter *m), void *ctx);
/* Places taken over so far. */
uint64_t meter_table_replaced(const struct meter_table *t);

/* Merging the shards' parts of one second, then choosing the busy. */
struct meter_merge;

#define METER_SHARDS_MAX 32

struct meter_merge_config {
	uint32_t cap;         /* endpoints kept while merging a second */
	uint32_t top;         /* meters written per second at most */
	uint64_t min_packets; /* quieter endpoints are not written, unless ... */
	uint64_t min_flows;   /* ... they have this many new flows */
};

void meter_merge_config_defaults(struct meter_merge_config *config_r);

/* NULL without memory. */
struct meter_merge *meter_merge_new(const struct meter_merge_config *config);
void meter_merge_free(struct meter_merge **mm);
/*
 * Adds a part of shard (below METER_SHARDS_MAX), an endpoint once per shard and second.
 * The result depends on the order of calls only when there are more than cap endpoints.
 */
void meter_merge_add(struct meter_merge *mm, unsigned shard, const struct meter *m);
/*
 * All parts of a second are in: emits every merged endpoint, busiest first (by packets,
 * then by address), `written` says whether it belongs in the log; then empties.
 */
void meter_merge_flush(struct meter_merge *mm,
    void (*emit)(void *ctx, const struct meter *m, bool written), void *ctx);

struct meter_merge_stats {
	uint64_t written;  /* meters emitted as written */
	uint64_t left_out; /* busy enough, but beyond the top */
	uint64_t quiet;    /* below the minima */
	uint64_t replaced; /* endpoints that lost their place while merging */
};
void meter_merge_get_stats(
    const struct meter_merge *mm, struct meter_merge_stats *stats_r);

/*
 * Estimated number of distinct values in a sketch: standard error 13 %, 10 % up to a
 * hundred values, one value or none is exact. Integers only: the same on every host.
 */
uint64_t meter_distinct(const uint8_t registers[METER_HLL_REGISTERS]);

/* ---- folding unanswered flows ---- */

#define AGGREGATE_PORT_RANGES 16
#define AGGREGATE_SAMPLES     4

/* Whose allowance was used up: what the folded flows have in common. */
enum aggregate_by {
	AGGREGATE_BY_DST,   /* the responder's: a flood toward a victim */
	AGGREGATE_BY_SRC,   /* the initiator's: one source that sweeps many */
	AGGREGATE_BY_TOTAL, /* neither: the one for all; ends vary on both sides */
};

/* One end of all folded flows. */
struct aggregate_end {
	struct addr samples[AGGREGATE_SAMPLES]; /* the first distinct ones seen */
	unsigned n_samples; /* 1: samples[0] is the only one there was */
	uint8_t distinct[METER_HLL_REGISTERS]; /* sketch of all of them */
};

/*
 * Flows that nobody answered, of one protocol in one encapsulation, folded into one
 * record. Counts are exact; they leave out the flows that had records of their own.
 */
struct aggregate {
	uint8_t by; /* enum aggregate_by */
	uint8_t proto;
	uint8_t n_vlans,
	    n_tunnels; /* the same for all of them, as in flow_record ... */
	uint16_t vlans[DECODE_VLAN_MAX];
	struct decode_tunnel
	    tunnels[DECODE_TUNNEL_MAX]; /* ... but not by TOTAL: none */
	struct aggregate_end src, dst;  /* initiators, responders */
	uint64_t id;                    /* flow_record.id of the first folded flow */
	int64_t start, end;             /* first and last packet */
	uint64_t flows;
	uint64_t packets[2], bytes[2]; /* by enum flow_dir; frame bytes on the wire */
	uint64_t by_conn_state[FLOW_CONN_OTH + 1]; /* flows */
	struct {
		uint16_t first, last;
	} ports[AGGREGATE_PORT_RANGES]; /* destination ports: disjoint ranges, ascending
					 */
	unsigned n_ports;
	bool ports_inexact;   /* ranges were joined over ports that were not seen */
	uint8_t tcp_flags[2]; /* all flags seen, by enum flow_dir */
	uint64_t anomalies;   /* all bits seen */
};

/* An allowance of flows that get records of their own. */
struct aggregate_allowance {
	uint32_t burst;      /* at first and at most; an end's is at least 1 */
	uint32_t per_second; /* how fast it comes back */
};

struct aggregate_config {
	uint32_t cap; /* allowances kept; each may fold */
	/* Of a responder and of an initiator per protocol, of all flows together. */
	struct aggregate_allowance each, total;
	int64_t window; /* ns from an aggregate's first folded flow to its record */
};

void aggregate_config_defaults(struct aggregate_config *config_r);

struct aggregator;
/* NULL without memory. */
struct aggregator *aggregator_new(const struct aggregate_config *config,
    void (*emit)(void *ctx, const struct aggregate *a), void *ctx);
void aggregator_free(struct aggregator **a);

/*
 * Whether an ended flow may be folded: it had no interim records and was never
 * established (for TCP: nor was there any payload; for the rest: one side said nothing,
 * or an ICMP error answered), or it is an ICMP echo of at most two packets.
 */
bool aggregator_foldable(const struct flow_record *r);

/*
 * Takes an ended flow at packet time `now`. True when it was folded and needs no record
 * of its own. A flow that may be folded gets its own record while the allowances of its
 * responder, of its initiator and of all together last, and takes one from each;
 * otherwise it is folded by the first of them (in this order) that is used up.
 */
bool aggregator_offer(struct aggregator *a, const struct flow_record *r, int64_t now);
/*
 * Writes what is due at `now`, in order of the first folded flow; INT64_MAX writes all.
 * Time that goes back is taken as standing still.
 */
void aggregator_tick(struct aggregator *a, int64_t now);

struct aggregator_stats {
	uint64_t folded;  /* flows */
	uint64_t records; /* aggregates emitted */
	/* Allowances, not full, that lost their place: least recently used first. */
	uint64_t evicted;
	uint64_t early; /* of them: had folded flows, written before the window's end */
};
void aggregator_get_stats(const struct aggregator *a, struct aggregator_stats *stats_r);

#endif
