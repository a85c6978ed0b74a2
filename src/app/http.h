/*
 * HTTP/1 (RFC 9110, 9112) of one flow: two sides, each a machine over the bytes of its
 * stream, and the transactions between them. Nothing of a body is kept; of the heads
 * only the values that a message shows. A line is read where it stands; a split line
 * waits in a piece of 8 KiB.
 */
#ifndef TALLYMAN_APP_HTTP_H
#define TALLYMAN_APP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "tallyman/app.h"

struct app_flow;
struct app_piece;

/* Requests that wait for their response, per flow; further ones are counted, not
 * shown. */
#define HTTP_PIPELINE_MAX 32
#define HTTP_TX_BYTES     1024

/* ---- heads: functions of the bytes alone (http_head.c) ---- */

enum http_text {
	HTTP_METHOD,
	HTTP_TARGET,
	HTTP_PROTOCOL,
	HTTP_HOST,
	HTTP_USER_AGENT,
	HTTP_REFERER,
	HTTP_REQUEST_TYPE,
	HTTP_XFF,
	HTTP_RESPONSE_PROTOCOL,
	HTTP_RESPONSE_TYPE,
	HTTP_LOCATION,
	HTTP_SERVER,
	HTTP_UPGRADE,
	HTTP_N_TEXTS,
};

/* What the beginning of a segment looks like. */
enum http_look {
	HTTP_LOOK_NO,
	HTTP_LOOK_MAYBE_REQUEST, /* too short to tell */
	HTTP_LOOK_MAYBE_RESPONSE,
	HTTP_LOOK_REQUEST,
	HTTP_LOOK_RESPONSE,
};

enum http_look http_look(const uint8_t *bytes, uint32_t n);

/* A start line without its end; protocol "" for HTTP/0.9. */
struct http_request_line {
	struct app_text method, target, protocol;
};

#define HTTP_STATUS_END 12 /* "HTTP/1.1 200" */

struct http_status_line {
	struct app_text protocol;
	uint16_t status;
};

bool http_request_line(
    const uint8_t *line, uint32_t n, struct http_request_line *request_r);
bool http_status_line(
    const uint8_t *line, uint32_t n, struct http_status_line *status_r);
/* The same for a line whose end was not seen: takes what is there. */
bool http_request_line_cut(
    const uint8_t *line, uint32_t n, struct http_request_line *request_r);

/* How long the body is, as the head of a message says it (RFC 9112 section 6). */
struct http_framing {
	int64_t length; /* Content-Length, -1 if none */
	bool chunked;   /* the last transfer coding */
	bool coded;     /* another transfer coding */
	bool bad;       /* contradictory or impossible */
	bool expects;   /* the body waits for a 100 (Continue) */
};

/* What a header line means here. */
struct http_header {
	enum http_text text;   /* where the value is shown; HTTP_N_TEXTS: not */
	uint32_t max;          /* bytes of it that are kept */
	struct app_text value; /* without the blanks around it */
	bool authorization;
	bool bad; /* no header line, or a blank before the colon */
};

/* Reads a line of the head of a request or response; adds to the framing. */
void http_header_line(const uint8_t *line, uint32_t n, bool request,
    struct http_framing *framing, struct http_header *header_r);

/* ---- transactions (http_tx.c) ---- */

struct http_tx {
	TAILQ_ENTRY(http_tx) by_age; /* among those of all flows */
	struct app_flow *owner;
	struct http_tx *next;    /* in the order of the requests */
	struct app_piece *piece; /* holds the texts once they outgrow `own` */
	struct {
		uint16_t at, len;
	} texts[HTTP_N_TEXTS];
	uint16_t used;     /* bytes of texts */
	uint16_t own_used; /* ... of them in `own` when the piece came */
	uint16_t status;
	uint32_t depth;
	int64_t start, request_end, response_start;
	int64_t request_length, response_length;
	uint64_t request_body, response_body;
	bool has_request, has_response;
	bool request_done, response_done;         /* nothing more will come of it ... */
	bool request_complete, response_complete; /* ... because it is all there */
	bool authorization, truncated, cut;
	bool queued; /* waits in the flow's list; else its response's side holds it */
	char own[HTTP_TX_BYTES - 232];
};
_Static_assert(sizeof(struct http_tx) <= HTTP_TX_BYTES, "app_config states the size");

enum http_phase {
	HTTP_START, /* at a start line */
	HTTP_SEEK,  /* out of step: waits for a segment that begins with a start line */
	HTTP_HEADERS,
	HTTP_BODY,        /* `left` bytes to go */
	HTTP_UNTIL_CLOSE, /* all that comes is body */
	HTTP_CHUNK_SIZE,
	HTTP_CHUNK, /* `left` bytes to go */
	HTTP_CHUNK_END,
	HTTP_TRAILER,
	HTTP_OPAQUE, /* another protocol from here on */
	HTTP_N_PHASES,
};

struct http_side {
	uint8_t phase;  /* enum http_phase */
	bool good;      /* had a message: what follows should be one, too */
	bool gapped;    /* lost messages since the last one that began */
	bool flagged;   /* the present message was counted as malformed */
	bool line_lost; /* there was no piece for the line */
	bool line_long; /* the line is longer than what is kept of it */
	uint32_t line_len;
	struct app_piece *line; /* beginning of a split line, or NULL */
	int64_t line_ts;        /* of its first byte */
	uint64_t left;
	uint64_t body; /* bytes of the present message's body */
	struct http_framing framing;
	uint16_t status;    /* of a response, also when it is not shown */
	struct http_tx *tx; /* of the present message; NULL when it is not shown */
};

struct http_state {
	struct http_side side[2];
	uint8_t request_side;
	bool answered; /* a response was seen */
	struct http_tx *first, *last;
	uint32_t n_queued;
	uint64_t unshown; /* requests behind the queued ones, without a place */
	uint32_t depth;
};

#endif
