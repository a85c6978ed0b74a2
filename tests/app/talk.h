/*
 * Hosts that talk: packets with given bytes go through a flow table into the message
 * parsers, as in a shard; what comes out is kept as lines of text.
 */
#ifndef TALLYMAN_TESTS_TALK_H
#define TALLYMAN_TESTS_TALK_H

#include "tallyman/app.h"
#include "tallyman/buf.h"

#define TALK_SECOND INT64_C(1000000000)

struct talk {
	struct app *app;
	struct flow_table *flows;
	int64_t now;
	uint64_t number;
	/* "SRC>DST message" a line; and a line for every flow that ended, with its
	 * counters, if it had any */
	struct buf out;
	unsigned messages;
	uint64_t anomalies; /* of all flows that ended */
	bool fragments;     /* packets are the first of several fragments */
};

/* config may be NULL for the defaults; its message and ctx are set here. */
void talk_init(struct talk *t, const struct app_config *config);
/* Ends all flows. Checks that the parsers have given everything back. */
void talk_finish(struct talk *t);
/* talk_finish(), then all lines. */
const char *talk_finished(struct talk *t);
void talk_fini(struct talk *t);

/* One end of a TCP connection or of an exchange of datagrams. */
struct talk_end {
	const char *addr;
	uint16_t port;
	uint32_t seq; /* of its next byte */
};

/* A datagram; `cap` of its bytes are in the capture. */
void talk_datagram(struct talk *t, const struct talk_end *from,
    const struct talk_end *to, const void *bytes, size_t cap, size_t len);

/* SYN, SYN-ACK, ACK. */
void talk_connect(struct talk *t, struct talk_end *client, struct talk_end *server);

/* A segment `ahead` bytes beyond the next one (or before it); the end's seq stays. */
void talk_segment(struct talk *t, const struct talk_end *from,
    const struct talk_end *to, int64_t ahead, const void *bytes, size_t len,
    uint8_t flags);

/* The next segment, answered with an acknowledgement. */
void talk_say(
    struct talk *t, struct talk_end *from, struct talk_end *to, const char *text);

/* A segment without bytes that acknowledges all that the other end has sent. */
void talk_ack(struct talk *t, const struct talk_end *from, const struct talk_end *to);

#define CLIENT(p)                     \
	{                             \
		"10.0.0.1", (p), 1000 \
	}
#define SERVER(p)                     \
	{                             \
		"10.0.0.2", (p), 5000 \
	}

/* A query and its answer, as bytes (see wire.h) and as lines. */
#define QUERY "1234 0100 0001 0000 0000 0000 <example.com> 00 0001 0001"
#define ANSWER                                                     \
	"1234 8180 0001 0001 0000 0000 <example.com> 00 0001 0001" \
	"c00c 0001 0001 00000000 (c0000201)"
#define Q_TEXT "1234 query op0 NOERROR 1/0/0/0 | ? example.com IN A\n"
#define A_TEXT                                                   \
	"1234 response op0 NOERROR 1/1/0/0 | ? example.com IN A" \
	" | an example.com IN A 0 [4] 192.0.2.1\n"

#endif
