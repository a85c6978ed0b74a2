/*
 * Flows: both directions of one conversation under one key, with TCP state, counters
 * and timers on packet time. One flow table serves one shard and one thread; it takes
 * no lock and allocates only out of capped pools.
 */
#ifndef TALLYMAN_FLOW_H
#define TALLYMAN_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tallyman/addr.h"
#include "tallyman/decode.h"

struct flow;
struct flow_table;

/* The initiator's packets go to the server. */
enum flow_dir {
	FLOW_TOSERVER,
	FLOW_TOCLIENT,
};

/* EVE's flow.state. */
enum flow_state {
	FLOW_STATE_NEW,         /* one side seen, or TCP without handshake */
	FLOW_STATE_ESTABLISHED, /* both sides seen; TCP: handshake or data both ways */
	FLOW_STATE_CLOSED,      /* TCP: FINs both ways or RST */
};

/* EVE's flow.reason: why the record was written. */
enum flow_reason {
	FLOW_REASON_TIMEOUT,  /* idle; EVE "timeout" */
	FLOW_REASON_FORCED,   /* evicted to make room; EVE "forced" */
	FLOW_REASON_SHUTDOWN, /* end of input; EVE "shutdown" */
	FLOW_REASON_REUSED,   /* a new handshake on the same tuple; "tcp_reuse" */
	FLOW_REASON_INTERIM,  /* a long flow's record on the way; "interim" */
};

/* How the initiator is known. */
enum flow_initiator {
	FLOW_INITIATOR_SYN,
	FLOW_INITIATOR_SYNACK, /* handshake's first packet was missed */
	FLOW_INITIATOR_FIRST_PACKET,
	FLOW_INITIATOR_PORT, /* the other side has the well-known port */
};

/* Zeek's conn_state, in the order of flow_conn_state_name(). */
enum flow_conn_state {
	FLOW_CONN_S0,
	FLOW_CONN_S1,
	FLOW_CONN_SF,
	FLOW_CONN_REJ,
	FLOW_CONN_S2,
	FLOW_CONN_S3,
	FLOW_CONN_RSTO,
	FLOW_CONN_RSTR,
	FLOW_CONN_RSTOS0,
	FLOW_CONN_RSTRH,
	FLOW_CONN_SH,
	FLOW_CONN_SHR,
	FLOW_CONN_OTH,
};

struct flow_side {
	uint64_t packets;
	uint64_t bytes;    /* frame bytes on the wire */
	uint64_t ip_bytes; /* from the innermost IP header on */
	uint64_t
	    payload_bytes; /* behind the transport header, retransmissions included */
	uint64_t retransmitted_packets, retransmitted_bytes;
	uint64_t missed_bytes; /* TCP: sequence numbers never seen */
	uint32_t out_of_order; /* TCP segments */
	uint32_t zero_windows; /* TCP: times the window closed */
	uint32_t fragments;
	uint8_t tcp_flags; /* all flags seen */
	uint8_t ttl_min, ttl_max;
};

#define FLOW_HISTORY_MAX 24

/* A copy of all that is known about a flow. A plain value. */
struct flow_record {
	uint64_t id; /* below 2^53; derived from first packet and tuple, the same every
			run */
	struct addr src, dst;  /* initiator, responder */
	uint16_t sport, dport; /* host order */
	uint8_t proto;
	uint8_t state;      /* enum flow_state */
	uint8_t reason;     /* enum flow_reason */
	uint8_t initiator;  /* enum flow_initiator */
	uint8_t conn_state; /* enum flow_conn_state */
	bool one_way;       /* only one direction seen though the protocol answers */
	bool established;   /* state was ESTABLISHED at some time: TCP's handshake was
			       completed by the initiator or data went both ways; the
			       rest: both sides seen */
	uint8_t icmp_type, icmp_code;             /* of the first packet */
	uint8_t reply_icmp_type, reply_icmp_code; /* of the first answer, 255 if none */
	uint8_t n_vlans, n_tunnels;
	uint16_t vlans[DECODE_VLAN_MAX];
	struct decode_tunnel tunnels[DECODE_TUNNEL_MAX];
	struct addr outer_src, outer_dst; /* of the first packet */
	uint32_t interface, ifindex;      /* of the first packet */
	uint8_t src_mac[6], dst_mac[6];   /* as the initiator's packets carry them */
	uint64_t first_number;            /* packet number of the first packet */
	int64_t start, end;               /* time of first and last packet */
	int64_t rtt;              /* TCP handshake SYN to ACK in ns, 0 if unknown */
	struct flow_side side[2]; /* by enum flow_dir */
	char history[FLOW_HISTORY_MAX + 1]; /* Zeek's letters */
	uint64_t anomalies;                 /* all bits of its packets and its own */
	uint32_t interim;                   /* how many interim records came before */
};

enum flow_event {
	FLOW_EVENT_START,       /* first packet; TCP and all else */
	FLOW_EVENT_ESTABLISHED, /* state became ESTABLISHED */
	FLOW_EVENT_REJECTED, /* RST or ICMP unreachable before anything else came back
			      */
	FLOW_EVENT_INTERIM,  /* record of a long flow */
	FLOW_EVENT_END,      /* the last chance to read it: memory is reused after */
};

/*
 * Called from within flow_table_packet(), _tick() and _finish(). `number` is the packet
 * number that the event belongs to. At END the owner releases what it hung on the
 * slots.
 */
typedef void flow_hook(void *ctx, enum flow_event event, struct flow *f, int64_t ts);

/* Timeouts in nanoseconds of packet time. */
struct flow_timeouts {
	int64_t tcp_new, tcp_established, tcp_closed;
	int64_t udp_new, udp_established;
	int64_t icmp;
	int64_t other;
	int64_t fragment;
	int64_t interim;
};

struct flow_config {
	struct flow_timeouts timeouts;
	uint32_t embryonic_cap; /* entries without payload yet, per table */
	uint32_t full_cap;      /* entries with payload, per table */
	uint32_t fragment_cap;  /* fragment trains, per table */
	bool key_encapsulation; /* VLANs and tunnel ids are part of the key */
	flow_hook *hook;
	void *ctx;
};

/* Defaults of every setting but hook and ctx. */
void flow_config_defaults(struct flow_config *config_r);

struct flow_stats {
	uint64_t packets;         /* given to flow_table_packet() */
	uint64_t flows;           /* created */
	uint64_t embryonic, full; /* now */
	uint64_t embryonic_max, full_max;
	uint64_t evicted_embryonic, evicted_full;
	uint64_t evicted_fragments;
	uint64_t untracked_packets; /* no memory for a flow: counted here alone */
	uint64_t promoted;          /* embryonic to full */
};

/* What one packet did; valid until the next call on the table. */
struct flow_packet {
	struct flow *flow; /* NULL when untracked */
	enum flow_dir dir;
	bool created;
	bool full;         /* the flow has slots: payload was seen */
	bool first_answer; /* the first packet against the flow's first direction */
	/*
	 * New stream bytes of this packet: payload[skip .. skip + len), after `gap`
	 * bytes that were not seen. len is 0 for retransmissions and empty segments.
	 * For UDP and the rest: the whole payload.
	 */
	uint32_t skip, len, gap;
	bool reset_stream; /* a new connection replaced the old one on the same tuple */
};

/* NULL without memory. */
struct flow_table *flow_table_new(const struct flow_config *config);
void flow_table_free(struct flow_table **t);

/* Counts a packet with result DECODE_IP. Time must not go back. */
void flow_table_packet(
    struct flow_table *t, const struct packet *p, struct flow_packet *fp_r);

/* Ends what has been idle too long and writes due interim records. */
void flow_table_tick(struct flow_table *t, int64_t now);

/* Ends every flow (reason SHUTDOWN), in order of creation. */
void flow_table_finish(struct flow_table *t, int64_t now);

void flow_table_get_stats(const struct flow_table *t, struct flow_stats *stats_r);

/* A copy of the flow as it stands. */
void flow_get_record(const struct flow *f, struct flow_record *record_r);

/* Places for other stages' state; NULL while the flow is embryonic. */
struct flow_slots {
	void *app;
	void *classify;
	void *owner; /* the shard's own */
};
struct flow_slots *flow_slots(struct flow *f);

/* Cheap looks at a live flow, without a copy. */
uint64_t flow_id(const struct flow *f);
uint8_t flow_proto(const struct flow *f);
uint16_t flow_port(const struct flow *f, enum flow_dir dir); /* of the receiver */
void flow_add_anomaly(struct flow *f, enum anomaly a);
/* Anomaly bits that the flow got since the last call, each reported once per flow. */
uint64_t flow_take_anomalies(struct flow *f);
/* The application layer knows better who asked: turns the flow around if it may. */
void flow_set_initiator(struct flow *f, enum flow_dir dir_of_request);

const char *flow_conn_state_name(enum flow_conn_state state);
const char *flow_state_name(enum flow_state state);
const char *flow_reason_name(enum flow_reason reason);
const char *flow_initiator_name(enum flow_initiator initiator);

/*
 * The shard of a packet, 0 .. n-1: by the fixed hash of its address pair, so that both
 * directions, all fragments and ICMP errors of a flow meet. Pure function of the
 * packet.
 */
unsigned flow_shard(const struct packet *p, unsigned n);

#define FLOW_COMMUNITY_ID_MAX 32

/* Community ID version 1 with the given seed; "" for what the specification leaves out.
 */
void flow_community_id(
    const struct flow_record *r, uint16_t seed, char text_r[FLOW_COMMUNITY_ID_MAX]);

#endif
