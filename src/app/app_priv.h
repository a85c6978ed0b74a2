/*
 * What the files of this stage share: a flow's parser state, the pools it comes from,
 * and how a parser is called. A parser never calls the flow stage; app.c does.
 */
#ifndef TALLYMAN_APP_PRIV_H
#define TALLYMAN_APP_PRIV_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "app/dns.h"
#include "app/http.h"
#include "app/stream.h"
#include "tallyman/app.h"
#include "tallyman/pool.h"

#define APP_DNS_PENDING 16 /* queries that wait for their answer, per flow */
#define APP_PIECE       8192

/* A side of a flow: by the order of the two ends' addresses and ports, so that it does
 * not change when initiator and responder are told apart later. */
#define APP_SIDES 2

/* A piece of memory that a flow borrows for a part of a stream. */
struct app_piece {
	TAILQ_ENTRY(app_piece) by_age;
	struct app_flow *owner; /* NULL: in use, nobody may take it away */
	uint8_t bytes[APP_PIECE];
};

TAILQ_HEAD(app_piece_list, app_piece);
TAILQ_HEAD(stream_held_list, stream_held);
TAILQ_HEAD(http_tx_list, http_tx);

/* ---- DNS ---- */

enum dns_phase {
	DNS_SEEK,   /* out of step: waits for a segment that begins with a message */
	DNS_LENGTH, /* in the two bytes of length */
	DNS_BODY,
};

/* A stream of messages, each behind its length (RFC 1035 section 4.2.2). */
struct dns_side {
	uint8_t phase; /* enum dns_phase */
	uint8_t high;  /* first byte of the length */
	bool has_high;
	uint32_t size, got; /* bytes of the message, and how many have come */
	uint32_t stored;    /* in piece; less than got when the rest is not kept */
	struct app_piece *piece;
	int64_t ts; /* of the message's first byte */
};

struct dns_query {
	int64_t ts;
	uint16_t id;
	bool waiting;
};

struct dns_state {
	struct dns_query queries[APP_DNS_PENDING]; /* a ring; the oldest gives way */
	uint8_t next_query;
	uint8_t variant; /* enum app_dns_variant */
	struct dns_side side[APP_SIDES];
};

/* ---- a flow ---- */

struct app_flow {
	struct app_summary summary; /* its kind is the parser's */
	TAILQ_ENTRY(app_flow) by_use;
	struct flow *flow;
	uint64_t anomalies;   /* bits to be handed to the flow */
	int64_t limit_second; /* the second in which ... */
	uint32_t limit_count; /* ... so many messages were emitted */
	uint8_t toserver;     /* side whose packets go to the server */
	bool provisional;     /* nothing was understood yet */
	bool abandoned;       /* ... and will not be: the state is to be dropped */
	bool opaque;          /* nothing more to parse */
	bool finished;        /* what was pending has been emitted */
	bool mark;            /* stands for the lack of state, see struct app_marks */
	struct stream_side stream[APP_SIDES];
	union {
		struct dns_state dns;
		struct http_state http;
	};
};

TAILQ_HEAD(app_flow_list, app_flow);

/* Payload packets at whose beginning a parser may still start. */
#define APP_WATCH 8

/*
 * Values of a slot that stand for a flow without parser state, in place of one.
 * watch[i] has looked at i + 1 packets; the last one looks no more.
 */
struct app_marks {
	struct app_flow watch[APP_WATCH];
	struct app_flow always; /* a port of HTTP: looks at every packet */
	struct app_flow junk;   /* a port of DNS with something else */
	struct app_flow evicted;
};

struct app {
	struct app_config config;
	struct app_stats stats;
	struct pool flows, transactions, pieces, reorders;
	struct app_flow_list by_use; /* the longest silent first */
	/* what is lent, the oldest first */
	struct app_piece_list pieces_out;
	struct stream_held_list reorders_out;
	struct http_tx_list transactions_out;
	int64_t now; /* time of the packet */
	/* the packet under way, NULL at the end of a flow */
	const struct packet *packet;
	struct flow_packet *fp;
	int64_t limit_second;
	uint32_t limit_count;
	struct app_marks marks;
	struct dns_scratch scratch;
};

/* ---- state.c ---- */

/* State for a parser; the longest silent flow gives way when there are too many. */
struct app_flow *app_flow_get(struct app *a, struct flow *f, enum app_kind kind);
/* Gives everything back, emits nothing. */
void app_flow_put(struct app *a, struct app_flow *s);
/* Called when a flow must give its state up; app.c knows the flow's slot. */
void app_flow_evict(struct app *a, struct app_flow *s);

/* Hands a message on if the limits allow it, else counts it as left out. */
void app_emit(struct app *a, struct app_flow *s, const struct app_message *m);
void app_left_out(struct app *a, struct app_flow *s);
void app_malformed(struct app *a, struct app_flow *s, enum anomaly anomaly);

/* ---- lend.c ---- */

/* A piece for the flow. When all are out, the oldest is taken from its owner; NULL when
 * there are none at all. Both are counted. */
struct app_piece *app_piece_get(struct app *a, struct app_flow *s);
/* From here on it cannot be taken away; it is to be put soon. NULL is ignored. */
void app_piece_hold(struct app *a, struct app_piece *piece);
void app_piece_put(struct app *a, struct app_piece *piece);

/* The same for the buffers of segments out of order; the side's `held` is set. */
struct stream_held *app_held_get(struct app *a, struct stream_side *side);
void app_held_put(struct app *a, struct stream_side *side);

/* ---- parsers ---- */

/* Bytes of one side of a flow, in order. */
struct segment {
	unsigned side;
	const uint8_t *bytes;
	uint32_t cap, len; /* present, and on the wire */
	int64_t ts;
};

struct parser {
	void (*data)(struct app *a, struct app_flow *s, const struct segment *seg);
	/* n bytes will not come. */
	void (*gap)(struct app *a, struct app_flow *s, unsigned side, uint64_t n);
	/* How many bytes from here on matter by their number alone. NULL: none. */
	uint64_t (*skips)(const struct app_flow *s, unsigned side);
	/* The side will send no more; or, at the flow's end, nobody saw it. */
	void (*end)(struct app *a, struct app_flow *s, unsigned side);
	/* Emits what is pending: the flow ends. */
	void (*finish)(struct app *a, struct app_flow *s);
	/* One of the flow's pieces is taken away: the flow must forget it. */
	void (*give_up)(struct app *a, struct app_flow *s, struct app_piece *piece);
	/* Gives memory back. */
	void (*release)(struct app *a, struct app_flow *s);
};

extern const struct parser dns_tcp_parser, http_parser;

/* The parser of a TCP flow by its kind. */
const struct parser *app_parser(const struct app_flow *s);

/* ---- dns_flow.c ---- */

/* A UDP payload: one message. `rest` when more fragments of it follow. */
void dns_datagram(
    struct app *a, struct app_flow *s, const struct segment *seg, bool rest);

/* May a TCP stream of DNS begin with these bytes? */
bool dns_tcp_possible(const uint8_t *bytes, uint32_t cap);

#endif
