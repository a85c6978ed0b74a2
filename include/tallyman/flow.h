/*
 * Flows: both directions of one conversation under one key, with TCP state, counters
 * and timers on packet time. One flow table serves one shard and one thread; it takes
 * no lock and allocates only out of capped pools.
 *
 * A flow is in one of three tiers, each with its own cap and order of eviction, so that
 * what a stranger can make up at will never pushes out what he cannot:
 *   embryonic  no payload, no proof;
 *   open       payload was seen, but the initiator has not shown that it receives the
 *              answers: its address may be forged;
 *   proven     the initiator went on after an answer (TCP: acknowledged it).
 * Payload gives a flow slots, for other stages' state; without it a flow is a small
 * entry in whatever tier. When a tier is full, the source that holds most of it loses
 * its oldest flow. The source is the initiator's address, before proof that of the
 * first packet's sender; of global IPv6 addresses the /64.
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
	FLOW_INITIATOR_PORT,  /* the other side has the well-known port */
	FLOW_INITIATOR_REPLY, /* the first packet is an answer by its content: ICMP
				 reply, or the application layer said so */
};

/*
 * Zeek's conn_state (base/protocols/conn), in the order of flow_conn_state_name(). TCP
 * by both ends' states; UDP S0, SF or SHR by who was heard; all else OTH.
 */
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

/* What one side sent. Fragments count in the flow that their first one names. */
struct flow_side {
	uint64_t packets;
	uint64_t bytes;    /* frame bytes on the wire */
	uint64_t ip_bytes; /* from the innermost IP header on */
	uint64_t
	    payload_bytes; /* behind the transport header, retransmissions included */
	/* TCP segments whose payload was seen before, wholly or in part, and how many
	 * bytes of it; keep-alive probes are none. */
	uint64_t retransmitted_packets, retransmitted_bytes;
	uint64_t missed_bytes; /* TCP: acknowledged (or, where no answers are visible,
				  left behind) but never seen: lost by the capture */
	uint32_t out_of_order; /* TCP segments that came after a later one */
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
	uint8_t icmp_type, icmp_code;             /* of the initiator's packets */
	uint8_t reply_icmp_type, reply_icmp_code; /* of the first answer, or for other
						     protocols of the first ICMP error
						     about this flow; 255 if none */
	uint8_t n_vlans, n_tunnels;
	uint16_t vlans[DECODE_VLAN_MAX];
	struct decode_tunnel tunnels[DECODE_TUNNEL_MAX];
	/* Of the first packet; outer addresses and MACs as the initiator's packets
	 * carry them. */
	struct addr outer_src, outer_dst;
	uint32_t interface, ifindex;
	uint8_t src_mac[6], dst_mac[6];
	uint64_t first_number;    /* packet number of the first packet */
	int64_t start, end;       /* time of first and last packet */
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
 * Called from within flow_table_packet(), _tick() and _finish(). One packet causes, in
 * this order: END of flows that timed out on their tuple, were replaced or evicted;
 * START; ESTABLISHED or REJECTED; INTERIM; the packet is counted in the flow by then.
 * ts is packet time; END's is that of the call. At END the owner releases what it hung
 * on the slots. The hook must not call what takes the table.
 */
typedef void flow_hook(void *ctx, enum flow_event event, struct flow *f, int64_t ts);

/*
 * Timeouts in nanoseconds of packet time since the last packet. A packet after the
 * timeout always starts a new flow, whether or not a tick came between.
 */
struct flow_timeouts {
	int64_t tcp_new;         /* before the handshake is complete */
	int64_t tcp_established; /* also of half-closed connections */
	int64_t tcp_closed;      /* lingers for late segments and last ACKs */
	int64_t udp_new;         /* one side seen */
	int64_t udp_established;
	int64_t icmp;
	int64_t other;
	int64_t fragment; /* since the train's first packet */
	int64_t interim;  /* a flow that goes on writes a record this often */
};

struct flow_config {
	struct flow_timeouts timeouts;
	/* Caps per table; below 1 counts as 1. */
	uint32_t embryonic_cap;
	uint32_t open_cap;
	uint32_t full_cap;      /* of the proven */
	uint32_t fragment_cap;  /* fragment trains, per table */
	bool key_encapsulation; /* VLANs and tunnel ids are part of the key */
	flow_hook *hook;
	void *ctx;
};

/* Defaults of every setting but hook and ctx. */
void flow_config_defaults(struct flow_config *config_r);

/*
 * packets == the sum of all flows' packets (ended and living) + held_packets +
 * untracked_packets, at any time.
 */
struct flow_stats {
	uint64_t packets;               /* given to flow_table_packet() */
	uint64_t flows;                 /* created */
	uint64_t embryonic, open, full; /* flows in each tier now; full: the proven */
	uint64_t embryonic_max, open_max, full_max;
	uint64_t evicted_embryonic, evicted_open, evicted_full; /* ended as FORCED */
	uint64_t evicted_fragments; /* trains whose place was needed */
	uint64_t held_packets;      /* fragments that wait for their first one, now */
	uint64_t untracked_packets; /* no memory for a flow: counted here alone */
	uint64_t promoted;          /* flows that got payload */
	uint64_t closed_early; /* lingering closed connections ended for room; their
				  reason is TIMEOUT, nothing is lost */
};

/* What one packet did; valid until the next call on the table. */
struct flow_packet {
	struct flow *flow; /* NULL when untracked, or a fragment that must wait for the
			      first of its train: it is counted in a flow later */
	enum flow_dir dir;
	bool created;
	bool full;         /* the flow has slots: payload was seen */
	bool first_answer; /* the first packet against the flow's first direction */
	bool icmp_error;   /* an ICMP error about this flow: no word of its peers */
	bool reset_stream; /* a new connection replaced the old one on the same tuple */
	/*
	 * TCP: payload[skip .. skip + len) are the bytes of this packet that were not
	 * seen before (between them there may be some that were seen early); len is 0
	 * for retransmissions and empty segments. It is the true length: bytes beyond
	 * payload_cap are not in the capture. `pos` is their place
	 * in the stream of this direction, counted from its first byte (midstream: the
	 * first seen). `next` is how far that stream is settled after this packet: what
	 * is before it has come or will not come any more.
	 *
	 * With early == 0 the bytes stand where the stream was settled before, but for
	 * `gap` bytes in front of them that were given up as lost. With early > 0 that
	 * many bytes in front of them are still missing: these bytes may be kept until
	 * a later packet of this direction brings `next` beyond them, or be dropped.
	 *
	 * A reader that follows a stream keeps its own position. After each packet of
	 * the direction it goes on up to `next`, with this packet's bytes and those it
	 * kept, in the order of pos; what is not there is lost to it. `next` can pass
	 * kept bytes on a packet without new ones (a loss was confirmed), and `gap`
	 * says how many bytes were given up on this packet in all.
	 *
	 * For UDP and the rest: the whole payload, pos, next and gap 0. Of a fragmented
	 * packet the first fragment alone has len: it is the start of a longer message
	 * (packet.more_fragments). Fragments of TCP segments are stream bytes.
	 */
	uint32_t skip, len, gap;
	uint32_t early;
	uint64_t pos, next;
};

/* NULL without memory. */
struct flow_table *flow_table_new(const struct flow_config *config);
void flow_table_free(struct flow_table **t);

/* Counts a packet with result DECODE_IP. Time must not go back. */
void flow_table_packet(
    struct flow_table *t, const struct packet *p, struct flow_packet *fp_r);

/*
 * Ends what has been idle too long, up to 0.27 s late, in a fixed order: by tier, kind
 * of timeout, last use. Interim records need no tick: the first packet that comes after
 * they are due writes them, so that an idle flow does not repeat itself.
 */
void flow_table_tick(struct flow_table *t, int64_t now);

/* Ends every flow (reason SHUTDOWN), in order of creation. */
void flow_table_finish(struct flow_table *t, int64_t now);

void flow_table_get_stats(const struct flow_table *t, struct flow_stats *stats_r);

/* A copy of the flow as it stands. */
void flow_get_record(const struct flow *f, struct flow_record *record_r);

/* Places for other stages' state; NULL as long as the flow has no payload. */
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
/*
 * The application layer knows better who asked: turns the flow around, if it may (not
 * when TCP's handshake told). The flow's directions, counters and history change sides.
 * Returns true when it did; the caller then turns the dir of a flow_packet under way.
 */
bool flow_set_initiator(struct flow *f, enum flow_dir dir_of_request);

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
