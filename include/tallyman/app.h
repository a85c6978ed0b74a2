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

#define APP_DNS_ANSWERS_MAX 32

enum app_dns_variant {
	APP_DNS_UNICAST,
	APP_DNS_MDNS,
	APP_DNS_LLMNR,
};

/* A resource record; rdata as text the way EVE writes it for its type. */
struct app_dns_answer {
	struct app_text rrname;
	uint16_t rrtype, rrclass;
	uint32_t ttl;
	struct app_text rdata; /* "" where the type's data is not shown */
	uint32_t rdata_len;    /* bytes in the packet */
};

/* One DNS message (RFC 1035, 6762, 4795). Names without the last dot; "." is the root.
 */
struct app_dns {
	uint8_t variant; /* enum app_dns_variant */
	bool response;
	bool tcp;
	uint16_t id, flags;
	uint8_t opcode, rcode;
	uint16_t n_questions, n_answers, n_authorities, n_additionals; /* as claimed */
	struct app_text rrname; /* of the first question */
	uint16_t rrtype, rrclass;
	uint32_t size; /* bytes of the message */
	struct app_dns_answer
	    answers[APP_DNS_ANSWERS_MAX];  /* answers and authorities */
	unsigned n_shown, n_shown_answers; /* in answers[]; the first of them answers */
	bool truncated_capture;            /* the snap length cut it */
	int64_t response_time; /* ns from the query, -1 if unknown or a query */
};

/* One HTTP transaction: request, response or both (RFC 9112). */
struct app_http {
	bool has_request, has_response;
	struct app_text method, target, protocol, host, user_agent, referer;
	struct app_text request_content_type;
	struct app_text xff;
	bool authorization;                   /* the request carried credentials */
	uint64_t request_body, response_body; /* bytes seen of the body */
	bool request_complete, response_complete;
	uint16_t status;
	struct app_text response_content_type, location, server;
	uint32_t depth;        /* number of the transaction in its flow, from 0 */
	int64_t start;         /* time of the request's first byte */
	int64_t response_time; /* ns from request's end to response's first byte, -1
				  unknown */
};

/* Counters over the whole flow; they go on when single messages are left out. */
struct app_summary {
	uint8_t kind; /* enum app_kind */
	uint64_t requests,
	    responses;     /* DNS queries and answers, HTTP requests and responses */
	uint64_t left_out; /* messages not emitted because of the limits */
	uint64_t malformed;
	uint64_t dns_nxdomain, dns_name_bytes;
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
	uint32_t flow_cap;        /* flows with parser state, per parser set */
	uint32_t per_flow_second; /* messages emitted per flow and second */
	uint32_t per_second; /* messages emitted per second, all flows of the shard */
	/* The message and its texts are valid during the call. */
	void (*message)(void *ctx, struct flow *f, const struct app_message *m);
	void *ctx;
};

void app_config_defaults(struct app_config *config_r);

struct app_stats {
	uint64_t dns, http; /* messages parsed, emitted or not */
	uint64_t left_out;  /* not emitted: over a limit */
	uint64_t malformed;
	uint64_t no_state; /* flows not parsed: flow_cap reached */
};

/* One per shard. NULL without memory. */
struct app *app_new(const struct app_config *config);
void app_free(struct app **a);

/*
 * Looks at the new stream bytes of a packet (see struct flow_packet). Starts a parser
 * on the first payload of a flow when port or content fit; may turn the flow around.
 */
void app_packet(struct app *a, const struct packet *p, const struct flow_packet *fp);

/* The flow ends: emits what is pending, releases the parser. Safe without one. */
void app_end(struct app *a, struct flow *f, int64_t now);

/* Counters of the flow so far; kind APP_NONE and zeros without a parser. */
void app_get_summary(struct flow *f, struct app_summary *summary_r);

void app_get_stats(const struct app *a, struct app_stats *stats_r);

/* "A", "AAAA" ...; for unknown types "TYPE123" is put into text (RFC 3597). */
const char *app_dns_type_name(uint16_t rrtype, char text[16]);
const char *app_dns_rcode_name(uint8_t rcode, char text[16]);

#endif
