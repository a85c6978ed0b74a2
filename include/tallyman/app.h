/*
 * Messages: the protocols whose every message matters, parsed here: DNS (UDP and TCP,
 * mDNS, LLMNR) and HTTP/1. State per flow and number of messages per flow and second
 * are bounded; what was left out is counted. Goes on after the flow has been
 * classified.
 */
#ifndef TALLYMAN_APP_H
#define TALLYMAN_APP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tallyman/flow.h"

struct batch;

enum app_kind {
	APP_NONE,
	APP_DNS,
	APP_HTTP,
};

/* A piece of text out of a packet: not terminated, any bytes. Lives as its message
 * does. */
struct app_text {
	const char *data;
	uint32_t len;
};

#define APP_DNS_QUESTIONS_MAX 16
#define APP_DNS_RECORDS_MAX   48

enum app_dns_variant {
	APP_DNS_UNICAST,
	APP_DNS_MDNS,
	APP_DNS_LLMNR,
};

enum app_dns_section {
	APP_DNS_ANSWER,
	APP_DNS_AUTHORITY,
	APP_DNS_ADDITIONAL,
	APP_DNS_N_SECTIONS,
};

/* Names are without the last dot ("." is the root). Bytes stay as they are, but a dot
 * or a backslash within a label has a backslash before it. */
struct app_dns_question {
	struct app_text rrname;
	uint16_t rrtype, rrclass; /* mDNS: the class without its top bit */
};

/*
 * A resource record. rdata is text the way EVE writes it for its type; the types that
 * EVE writes as an object have the members in `names` and `numbers` too:
 *   SOA    names mname, rname; numbers serial, refresh, retry, expire, minimum
 *   SRV    names target;       numbers priority, weight, port
 *   SSHFP  names fingerprint;  numbers algorithm, type
 * Unused members are empty.
 */
struct app_dns_record {
	struct app_text rrname;
	uint16_t rrtype, rrclass; /* mDNS: the class without its top bit */
	uint32_t ttl;
	uint8_t section;       /* enum app_dns_section */
	uint32_t rdata_len;    /* bytes in the message */
	struct app_text rdata; /* "" where the type's data is not shown */
	struct app_text names[2];
	uint32_t numbers[5];
};

/* One DNS message (RFC 1035, 6762, 4795). */
struct app_dns {
	uint8_t variant; /* enum app_dns_variant */
	bool response;
	bool tcp;
	uint16_t id, flags;
	uint8_t opcode;
	uint16_t rcode; /* with the upper bits from EDNS */
	uint16_t n_questions, n_answers, n_authorities, n_additionals; /* as claimed */
	uint32_t size; /* bytes of the message */
	/* What is shown of the sections, in the order of the message, without EDNS OPT:
	 * the first of many where there are more than the arrays hold. */
	const struct app_dns_question *questions;
	const struct app_dns_record *records;
	uint16_t n_shown_questions, n_shown_records;
	bool edns;              /* an OPT record (RFC 6891) */
	uint16_t edns_size;     /* UDP payload size that it offers */
	bool malformed;         /* damaged: what came before the damage is shown */
	bool truncated_capture; /* not all bytes were seen: snap length, fragments, or
				   longer than what is kept of a TCP message */
	bool shortened;         /* texts were left out or cut: over the limits */
	int64_t response_time;  /* ns from the query, -1 if unknown or a query */
};

/* One HTTP transaction: request, response or both (RFC 9112). Values that are longer
 * than what is kept are cut. */
struct app_http {
	bool has_request, has_response;
	struct app_text method, target, protocol, host, user_agent, referer;
	struct app_text request_content_type;
	struct app_text xff;
	bool authorization; /* the request carried credentials */
	uint16_t status;    /* of the final response */
	struct app_text response_protocol, response_content_type, location, server;
	struct app_text upgrade; /* protocol that a 101 response switched to */
	/* Bytes of the body on the wire, without chunk framing and without lost
	 * segments. */
	uint64_t request_body, response_body;
	int64_t request_length, response_length;  /* Content-Length, -1 if none */
	bool request_complete, response_complete; /* seen up to the end */
	bool truncated_capture; /* the snap length hid a part of a head */
	bool cut;               /* a value is longer than what is kept of it */
	uint32_t depth;         /* number of the transaction in its flow, from 0 */
	int64_t start; /* time of the first byte: of the request, else the response */
	int64_t response_time; /* ns from request's end to response's first byte, -1
				  unknown */
};

/* Counters over the whole flow; they go on when single messages are left out. */
struct app_summary {
	uint8_t kind; /* enum app_kind */
	bool partial; /* parser state was taken away for other flows: at least these */
	uint64_t requests,
	    responses;     /* DNS queries and answers, HTTP requests and responses */
	uint64_t left_out; /* messages not emitted because of the limits */
	uint64_t malformed;
	uint64_t gaps; /* lost segments that the parser had to skip over */
	uint64_t dns_nxdomain;
	uint64_t dns_name_bytes; /* sum of the lengths of the names asked for */
	uint64_t http_status[6]; /* [1] informational .. [5] server error; [0] other */
	uint64_t http_unauthorized; /* 401 and 407 */
};

struct app_message {
	uint8_t kind;      /* enum app_kind */
	enum flow_dir dir; /* of the message; for HTTP of the request */
	int64_t ts;        /* packet time of the message's start */
	union {
		struct app_dns dns;
		struct app_http http;
	};
};

struct app_config {
	uint32_t flow_cap;        /* flows with parser state; over it, the flow that has
				     been silent for longest loses its own */
	uint32_t transaction_cap; /* HTTP transactions under way (1 KiB each) */
	uint32_t buffer_cap;  /* 8 KiB pieces for split and long heads and messages */
	uint32_t reorder_cap; /* stream sides with segments out of order (16 KiB) */
	uint32_t per_flow_second; /* messages emitted per flow and second */
	uint32_t per_second; /* messages emitted per second, all flows of the shard */
	/* The message and its texts are valid during the call. */
	void (*message)(void *ctx, struct flow *f, const struct app_message *m);
	void *ctx;
};

/* Defaults of every setting but message and ctx. */
void app_config_defaults(struct app_config *config_r);

struct app_stats {
	uint64_t dns, http; /* messages parsed, emitted or not; HTTP: transactions */
	uint64_t left_out;  /* not emitted: over a limit */
	uint64_t malformed;
	uint64_t gaps;      /* lost segments skipped over */
	uint64_t cut_lines; /* HTTP header lines longer than what is kept */
	uint64_t no_state;  /* flows that lost their parser state: flow_cap reached */
	uint64_t no_memory; /* times that a transaction, piece or reorder buffer was
			       taken from its oldest owner, or refused: over a cap */
};

/* One per shard. NULL without memory. */
struct app *app_new(const struct app_config *config);
void app_free(struct app **a);

/*
 * Looks at the payload of a packet. Starts a parser when port or content fit. When the
 * message shows that the flow had initiator and responder confused, turns the flow
 * around, if the flow may be, and fp->dir with it. Returns how many messages began
 * (DNS: stood) in what the packet brought, emitted or not.
 */
unsigned app_packet(struct app *a, const struct packet *p, struct flow_packet *fp);

/* Classification named the flow: its packets from now on go to that parser, unless one
 * runs already. */
void app_start(struct app *a, struct flow *f, enum app_kind kind);

/*
 * The flow ends: app_finish() emits what is pending, after which app_get_summary()
 * tells the final counters; app_end() releases the parser. Both safe without one.
 */
void app_finish(struct app *a, struct flow *f, int64_t now);
void app_end(struct app *a, struct flow *f);

/* Counters of the flow so far; kind APP_NONE and zeros without a parser. */
void app_get_summary(struct flow *f, struct app_summary *summary_r);

void app_get_stats(const struct app *a, struct app_stats *stats_r);

/* No message with all that it points to is larger. */
#define APP_MESSAGE_BYTES_MAX (48 * 1024)

/* A copy of a message with all that it points to; NULL when it does not fit. */
const struct app_message *app_message_copy(
    struct batch *b, const struct app_message *m);

/* "A", "AAAA" ...; for unknown types "TYPE123" is put into text (RFC 3597). */
const char *app_dns_type_name(uint16_t rrtype, char text[16]);
/* "NOERROR", "NXDOMAIN" ...; unknown ones as their number. */
const char *app_dns_rcode_name(uint16_t rcode, char text[16]);
/* "IN", "CH" ...; unknown ones as "CLASS123". */
const char *app_dns_class_name(uint16_t rrclass, char text[16]);

#endif
