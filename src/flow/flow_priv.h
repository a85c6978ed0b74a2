/*
 * What the files of the flow stage share: the entry of a flow in its two parts, the
 * lists that it stands in, and the table.
 *
 * An entry keeps its address for life. `struct flow` is what every flow costs; payload
 * adds a `struct flow_full`. Lists are intrusive, every step is O(1), and nothing is
 * ever walked in the order of a hash.
 */
#ifndef FLOW_PRIV_H
#define FLOW_PRIV_H

#include <sys/queue.h>

#include "flow/flow_key.h"
#include "tallyman/flow.h"
#include "tallyman/hash.h"
#include "tallyman/pool.h"

/* ---- paths ---- */

/* How a flow's first packet came: shared by all flows that came alike. */
struct flow_path {
	struct flow_path *chain;
	uint32_t hash, users;
	struct flow_path_data {
		struct decode_tunnel tunnels[DECODE_TUNNEL_MAX];
		uint32_t interface, ifindex;
		uint16_t vlans[DECODE_VLAN_MAX];
		struct addr outer_src, outer_dst;
		uint8_t src_mac[6], dst_mac[6];
		uint8_t n_vlans, n_tunnels;
	} data;
};

struct flow_encap flow_path_encap(const struct flow_path *path);
/* Takes a share of the packet's path; NULL without memory. */
struct flow_path *flow_path_get(struct flow_table *t, const struct packet *p);
struct flow_path *flow_path_share(struct flow_path *path);
void flow_path_put(struct flow_table *t, struct flow_path *path);

/* ---- the entry ---- */

enum flow_tier {
	FLOW_TIER_EMBRYONIC,
	FLOW_TIER_OPEN,
	FLOW_TIER_PROVEN,
	FLOW_N_TIERS,
};

/* Timeout classes. */
enum flow_class {
	FLOW_CLASS_TCP_NEW,
	FLOW_CLASS_TCP_ESTABLISHED,
	FLOW_CLASS_TCP_CLOSED,
	FLOW_CLASS_UDP_NEW,
	FLOW_CLASS_UDP_ESTABLISHED,
	FLOW_CLASS_ICMP,
	FLOW_CLASS_OTHER,
	FLOW_N_CLASSES,
};

/* Lists by last use are kept in steps of 2^28 ns, so that a busy flow moves rarely. */
#define FLOW_USE_STEP 28

/* States of one end of a TCP connection, as Zeek tells them apart. */
enum flow_end_state {
	FLOW_END_INACTIVE, /* has not spoken */
	FLOW_END_SYN_SENT,
	FLOW_END_SYN_ACK_SENT,
	FLOW_END_PARTIAL, /* spoke without handshake */
	FLOW_END_ESTABLISHED,
	FLOW_END_CLOSED, /* sent FIN */
	FLOW_END_RESET,  /* sent RST */
};

/* Letters of history that one side writes once. */
enum {
	FLOW_WROTE_SYN = 0x01,
	FLOW_WROTE_FIN = 0x02,
	FLOW_WROTE_RST = 0x04,
	FLOW_WROTE_DATA = 0x08,
	FLOW_WROTE_ACK = 0x10,
	FLOW_WROTE_MULTI = 0x20,   /* Q */
	FLOW_WROTE_FIN_RST = 0x40, /* I */
};

/*
 * What is known of one side of every flow; a cache line of what each packet needs, then
 * the rest. Sequence numbers (TCP) are valid while seq_known.
 */
struct flow_end {
	uint64_t packets, bytes, ip_bytes, payload_bytes;
	uint32_t start; /* initial sequence number (midstream: the first minus one) */
	uint32_t sent;  /* behind the highest sequence number sent, SYN and FIN count */
	uint32_t acked; /* by the other side */
	uint32_t fin;   /* number of the first FIN, behind all bytes, if fin_known */
	uint8_t tcp_flags, ttl_min, ttl_max;
	uint8_t state, before; /* enum flow_end_state, now and before */
	uint8_t wrote;         /* FLOW_WROTE_* */
	uint8_t n_far;         /* segments out of place in a row, near each other */
	bool seen : 1;         /* sent a packet of its own (no ICMP error) */
	bool seq_known : 1;
	bool spoke : 1;      /* TCP: sent what only a connected peer sends */
	bool syn_varied : 1; /* several SYNs with numbers of their own */
	bool fin_known : 1;
	bool window_closed : 1;
	uint32_t fragments, bad_checksums;
};
_Static_assert(sizeof(struct flow_end) == 64, "one cache line");

struct flow_end_rare {
	uint32_t last_syn, last_rst; /* as history compares them */
	uint32_t far_seq;            /* of the newest segment out of place */
	uint32_t zero_windows, zero_window_packets;
};

TAILQ_HEAD(flow_list, flow);

struct flow {
	/* what a look-up reads */
	struct flow_key key;
	uint32_t hash;
	struct flow *chain;
	struct flow_full *full; /* NULL: embryonic */
	/* what a packet changes, beside its end */
	int64_t used; /* time of the last packet, as the queue has it */
	int64_t last; /* time of the last packet */
	uint64_t anomalies;
	int64_t interim_due;
	uint8_t tier, class, state, reason, initiator;
	bool initiator_hi : 1; /* the initiator is key.hi */
	bool first_hi : 1;     /* the first packet came from key.hi */
	bool established : 1;
	bool proven : 1;
	bool rejected : 1;
	bool turned : 1;   /* the application layer had its say */
	bool syn_once : 1; /* no SYN was repeated: the handshake can be timed */
	uint8_t history_len, icmp_code, reply_icmp_type, reply_icmp_code;
	uint32_t interims;
	struct flow_source *source;
	uint64_t reported;
	struct flow_end end[2]; /* by enum flow_dir */
	TAILQ_ENTRY(flow) by_use;
	TAILQ_ENTRY(flow) by_source;
	struct flow_path *path;
	int64_t start, rtt;
	uint64_t number;
	struct flow_end_rare rare[2];   /* by enum flow_dir */
	char history[FLOW_HISTORY_MAX]; /* history_len letters */
};
_Static_assert(sizeof(struct flow) == 384, "six cache lines");

/* ---- the part for payload ---- */

#define FLOW_BLOCKS_MAX 8
#define FLOW_RECENT_MAX 4

/*
 * One direction of a TCP stream. `next` is the sequence number up to which all is
 * settled; blocks are what came beyond it, ascending, apart from each other. With more
 * blocks than places the smallest hole between two of them is forgotten.
 */
struct flow_stream {
	uint64_t pos;  /* place of `next` in the stream */
	uint32_t next; /* valid while open */
	bool open;
	uint8_t n_blocks, n_recent, recent_at;
	/* The newest segments, to compare retransmissions with. */
	struct flow_recent {
		uint32_t seq, len, digest;
	} recent[FLOW_RECENT_MAX];
	struct flow_block {
		uint32_t start, end;
	} blocks[FLOW_BLOCKS_MAX];
	uint64_t retransmitted_packets, retransmitted_bytes, missed_bytes;
	uint32_t out_of_order, retransmits, gaps; /* the latter two as history counts */
};

struct flow_full {
	struct flow_slots slots;
	struct flow_table *table;
	struct flow_stream stream[2]; /* by enum flow_dir */
};

/* ---- sources ---- */

/*
 * An address (global IPv6: a /64) and what it holds of each tier. Sources stand
 * in a list by rank, a power of two of their number of flows; below FLOW_SMALL_SOURCE
 * all have rank 0, in the order of their newest flow.
 */
#define FLOW_SMALL_SOURCE 16
#define FLOW_N_RANKS      30

TAILQ_HEAD(flow_source_list, flow_source);

struct flow_source {
	struct flow_source *chain;
	struct flow_source_name {
		uint8_t address[16]; /* global IPv6: the first 8 bytes */
		uint32_t family;
	} name;
	uint32_t count[FLOW_N_TIERS];
	struct flow_holding {           /* valid where count is not 0 */
		struct flow_list flows; /* by last use */
		TAILQ_ENTRY(flow_source) by_rank;
	} holding[FLOW_N_TIERS];
};

/* Enters the flow with its source; makes one if need be. */
void flow_source_add(struct flow_table *t, struct flow *f);
void flow_source_remove(struct flow_table *t, struct flow *f);
/* Fetches what entering a flow with its source will read. */
void flow_source_prefetch(struct flow_table *t, const struct flow_key *key, bool hi);
/* The flow that must go from a tier that is full. */
struct flow *flow_victim(struct flow_table *t, enum flow_tier tier);

/* ---- fragments ---- */

#define FLOW_FRAG_UNITS (65536 / 8)

TAILQ_HEAD(flow_train_list, flow_train);

/* The fragments of one IP packet. */
struct flow_train {
	struct flow_train *chain;
	TAILQ_ENTRY(flow_train) by_age;
	struct flow_path *path;
	struct flow_train_key {
		uint8_t src[16], dst[16];
		uint32_t id, encap;
		uint8_t proto, family, zero[2];
	} key;
	uint32_t hash;
	bool named;     /* the first fragment told the flow */
	bool complete;  /* every byte has come */
	uint32_t total; /* bytes of the whole, 0 until the last fragment came */
	uint32_t units; /* distinct units of 8 bytes so far */
	struct flow_key flow_key;
	bool from_hi;
	uint32_t tcp_base; /* sequence number of offset 0, had the header some */
	int64_t listed;    /* when it entered its list */
	/* What waits for the first fragment. */
	struct flow_held {
		uint64_t packets, bytes, ip_bytes, payload_bytes, anomalies;
		int64_t first, last;
		uint64_t number;
		uint8_t ttl_min, ttl_max;
	} held;
	uint64_t covered[FLOW_FRAG_UNITS / 64], starts[FLOW_FRAG_UNITS / 64];
};

/* A fragment with others: counts or holds it. */
void flow_fragment_packet(
    struct flow_table *t, const struct packet *p, struct flow_packet *fp_r);
/* Enters bytes [offset, offset + len); true when they overlap others, or the end. */
bool flow_train_cover(
    struct flow_train *train, uint32_t offset, uint32_t len, bool last);
/* Ends trains that are older than the timeout; all with force. */
void flow_fragment_tick(struct flow_table *t, bool force);

/* ---- the table ---- */

struct flow_table {
	struct flow_config config;
	struct hash_key hash_key;
	int64_t now;
	struct flow **buckets;
	struct flow_source **source_buckets;
	struct flow_path **path_buckets;
	struct flow_train **train_buckets;
	uint32_t mask, source_mask, path_mask, train_mask;
	struct pool flows, fulls, sources, paths, trains;
	struct flow_source nobody;   /* of flows whose source found no memory */
	struct flow_path *last_path; /* the newest one asked for; holds no share */
	struct flow_tier_lists {
		uint32_t cap, count, max;
		uint64_t evicted;
		struct flow_list queue[FLOW_N_CLASSES]; /* by last use */
		struct flow_source_list ranks[FLOW_N_RANKS];
		uint32_t rank_bits; /* ranks that have sources */
	} tiers[FLOW_N_TIERS];
	int64_t timeouts[FLOW_N_CLASSES];
	struct flow_train_list trains_open, trains_complete;
	struct flow_stats stats;
};

/* Asks for the cache lines of an object; NULL is allowed. */
static inline void
flow_prefetch(const void *object, size_t size)
{
	for (size_t at = 0; object != NULL && at < size; at += 64)
		__builtin_prefetch((const char *)object + at);
}

static inline enum flow_dir
flow_packet_dir(const struct flow *f, bool from_hi)
{
	return from_hi == f->initiator_hi ? FLOW_TOSERVER : FLOW_TOCLIENT;
}

/* When a flow that wrote its last record at ts writes the next one. */
static inline int64_t
flow_next_interim(const struct flow_table *t, int64_t ts)
{
	int64_t due;

	if (t->config.timeouts.interim <= 0 ||
	    __builtin_add_overflow(ts, t->config.timeouts.interim, &due))
		return INT64_MAX;
	return due;
}

static inline void
flow_hook_call(struct flow_table *t, enum flow_event event, struct flow *f)
{
	if (t->config.hook != NULL)
		t->config.hook(t->config.ctx, event, f, t->now);
}

/* ---- entry.c: life and death ---- */

/* What a new flow starts from. */
struct flow_birth {
	struct flow_key key;
	uint32_t hash;
	bool from_hi;
	struct flow_path *path; /* a share, taken over also on failure */
	int64_t ts;
	uint64_t number;
	uint8_t initiator; /* enum flow_initiator */
	bool turned;       /* the first packet comes from the responder */
	bool payload;      /* flow_promote() follows */
};

struct flow *flow_create(struct flow_table *t, const struct flow_birth *birth);
void flow_end(struct flow_table *t, struct flow *f, enum flow_reason reason);
/* Gives the flow slots; false without memory. */
bool flow_promote(struct flow_table *t, struct flow *f);
/* The initiator has shown that it hears the answers. */
void flow_prove(struct flow_table *t, struct flow *f);
void flow_set_class(struct flow_table *t, struct flow *f, enum flow_class class);
/* The flow was used now. */
void flow_touch(struct flow_table *t, struct flow *f);
uint32_t flow_key_hash(const struct flow_table *t, const struct flow_key *key);
struct flow *flow_lookup(struct flow_table *t, const struct flow_key *key,
    uint32_t hash, const struct flow_encap *encap);
/* Swaps initiator and responder. */
void flow_turn(struct flow_table *t, struct flow *f);

/* ---- packet.c ---- */

/* Counts a packet under a key that may not be the packet's own (fragments). */
void flow_count_packet(struct flow_table *t, const struct packet *p,
    const struct flow_key *key, bool from_hi, struct flow_packet *fp_r);

/* ---- history.c ---- */

/* Once per side and bit. True when the side had it before. */
bool flow_history_once(struct flow *f, enum flow_dir dir, uint8_t bit, char letter);
/* At 1, 10, 100 ... of the counter. */
void flow_history_scaled(
    struct flow *f, enum flow_dir dir, uint32_t *counter, char letter);
void flow_history_tcp(struct flow *f, enum flow_dir dir, const struct packet *p);
/* Changes sides and marks the flow as turned. */
void flow_history_turn(struct flow *f);

/* ---- tcp.c, tcp_state.c, stream.c ---- */

/* How far sequence number a is beyond b, modulo 2^32. */
static inline int32_t
flow_seq_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

/* True when the packet opens a new connection on an old one's tuple. */
bool flow_tcp_reuse(const struct flow_table *t, const struct flow *f, enum flow_dir dir,
    const struct packet *p);
void flow_tcp_packet(struct flow_table *t, struct flow *f, enum flow_dir dir,
    const struct packet *p, struct flow_packet *fp_r);
/* A later fragment of a segment: stream bytes at seq. */
void flow_tcp_fragment(struct flow *f, enum flow_dir dir, const struct packet *p,
    uint32_t seq, struct flow_packet *fp_r);

/* The state of the packet's sender goes on. */
void flow_tcp_move(struct flow *f, enum flow_dir dir, const struct packet *p);
/* Who speaks as a connected peer does; the handshake's or the flow's coming true. */
void flow_tcp_judge(struct flow_table *t, struct flow *f, enum flow_dir dir,
    const struct packet *p, bool ack_good);
/* What both ends' states make of the flow. */
void flow_tcp_sum_up(struct flow_table *t, struct flow *f);

void flow_stream_open(struct flow_stream *s, uint32_t next);
/* Takes the segment's bytes in and says in fp which are new. */
void flow_stream_segment(struct flow *f, enum flow_dir dir, const struct packet *p,
    uint32_t seq, struct flow_packet *fp_r);
/* The sender's numbers go on at seq, wherever the stream was. */
void flow_stream_jump(
    struct flow *f, enum flow_dir dir, uint32_t seq, struct flow_packet *fp_r);
/* Gives up what will not come, now that this side has sent all before the packet. */
void flow_stream_settle(struct flow *f, enum flow_dir dir, const struct packet *p,
    struct flow_packet *fp_r);
/* The flow ends: what is still missing, is. */
void flow_stream_finish(struct flow *f, enum flow_dir dir);

/* ---- conn_state.c ---- */

enum flow_conn_state flow_conn_state(const struct flow *f);

#endif
