/*
 * Packets from a short notation, and a table whose events are kept: what the tests of
 * the flow stage share.
 *
 * A script is a list of packets of one TCP connection, client 10.0.0.1:40000, server
 * 10.0.0.2:80, e.g. ">S <SA >A >D100 <A >F <FA >A". A packet is
 *
 *	> or <		from the client or the server
 *	S A F R P U	flags; D stands for PA; none for no flags
 *	100		bytes of payload
 *	+10 or -10	sequence number away from the next one, which stays
 *	^10 or ^-10	acknowledgement away from the right one
 *	z		window 0
 *	c		wrong checksum
 *	x		other content than usual
 *	@1.5		that many seconds after the packet before (1 ms otherwise)
 *	~		sent, but lost to the capture
 *
 * in this order. Numbers follow as in a real connection.
 */
#ifndef TESTS_FLOW_SCRIPT_H
#define TESTS_FLOW_SCRIPT_H

#include "tallyman/flow.h"

#define SCRIPT_EVENTS_MAX 4096

/* S start, E established, R rejected, I interim, X end. */
struct script_event {
	char letter;
	int64_t ts;
	struct flow_record record;
};

struct script {
	struct flow_table *table;
	struct script_event events[SCRIPT_EVENTS_MAX];
	unsigned n_events;
	uint64_t ended_packets, ended_bytes; /* summed over every END, kept or not */
	uint64_t n_ended;
	int64_t now;
	uint64_t number;
	uint32_t next[2]; /* sequence numbers of client and server */
	struct flow_packet last;
	uint64_t delivered[2], gaps[2], early[2]; /* sums over flow_packet, by sender */
};

/* Initial sequence numbers of client and server. */
#define SCRIPT_ISN_CLIENT 1000
#define SCRIPT_ISN_SERVER 50000

/* Makes the table; config may be NULL for the defaults. */
void script_init(struct script *s, const struct flow_config *config);
/* Frees the table; flows that live end as SHUTDOWN before. */
void script_fini(struct script *s);

/* Runs a TCP script. */
void script_run(struct script *s, const char *text);
/* A copy of the events' letters. */
const char *script_letters(const struct script *s, char *text, size_t size);
/* The newest event with that letter. */
const struct flow_record *script_find(const struct script *s, char letter);

/* A packet with this tuple, without payload; proto as in IP. IPv6 by the text. */
struct packet script_packet(struct script *s, uint8_t proto, const char *src,
    uint16_t sport, const char *dst, uint16_t dport);
/* Adds payload bytes (zeros, or one shared pattern). */
void script_payload(struct packet *p, uint32_t len);
/* Gives the packet its number and time, then to the table. */
void script_give(struct script *s, struct packet *p);
void script_wait(struct script *s, double seconds); /* with a tick */

#endif
