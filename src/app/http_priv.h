/* Between the HTTP machine (http.c) and its transactions (http_tx.c). */
#ifndef TALLYMAN_APP_HTTP_PRIV_H
#define TALLYMAN_APP_HTTP_PRIV_H

#include "app/app_priv.h"

/* One side of a flow while its bytes are read. */
struct http_reader {
	struct app *a;
	struct app_flow *s;
	struct http_side *side;
	bool request; /* this side sends requests */
	bool snapped; /* the snap length hides the bytes */
	bool absent;  /* the bytes were lost */
	int64_t ts;   /* of the bytes */
};

/* ---- lines (http_line.c) ---- */

/* Takes bytes up to the end of a line, or all; returns how many. A whole line goes to
 * http_message_line(). */
uint32_t http_line_take(struct http_reader *r, const uint8_t *p, uint32_t n);
/* The rest of the line under way will not come: makes the best of a start line. */
void http_line_cut(struct http_reader *r);
void http_line_drop(struct http_reader *r);

/* ---- messages (http_message.c) ---- */

/* A line with its CR, if it has one. */
void http_message_line(struct http_reader *r, const uint8_t *line, uint32_t n);
/* n bytes that are no start line stand where one should. */
void http_message_refuse(struct http_reader *r, uint32_t n);
/* The beginning of a start line. */
void http_message_part(struct http_reader *r, const uint8_t *line, uint32_t n);
/* All of the message has come; the next one begins. */
void http_message_end(struct http_reader *r);
/* The place in the stream is lost: the message, if there is one, ends unfinished. */
void http_message_lose(struct http_reader *r);

/* ---- transactions (http_tx.c) ---- */

/* A message begins: finds or makes its transaction (side->tx, or NULL when it cannot be
 * shown) and counts it. cut: the snap length hides the rest of the head. */
void http_request_begin(
    struct http_reader *r, const struct http_request_line *line, bool cut);
void http_response_begin(
    struct http_reader *r, const struct http_status_line *line, bool cut);

/* An interim response (RFC 9110 section 15.2) is over: the final one is to come. */
void http_interim_end(struct http_reader *r);

/* The message is over; complete if it was seen up to its end. Emits transactions that
 * are done. */
void http_tx_message_end(struct http_reader *r, bool complete);

/* No more responses will come: what waits for one is done. */
void http_no_more_responses(struct app *a, struct app_flow *s);

/* The oldest request that waits for its response, or NULL. */
struct http_tx *http_tx_waiting(const struct app_flow *s);

/* Emits everything in the state it is in. */
void http_tx_finish(struct app *a, struct app_flow *s);
void http_tx_release(struct app *a, struct app_flow *s);

/* ---- texts (http_text.c) ---- */

/* Keeps a value for the message; the first one of its kind counts. */
void http_tx_text(struct http_reader *r, enum http_text which,
    const struct app_text *value, uint32_t max);

/* A piece with texts is taken away: those that are in it are cut. */
void http_tx_give_up(struct app_flow *s, const struct app_piece *piece);

/* The transaction as a message; its texts live as long as it does. */
void http_tx_fill(struct http_tx *tx, struct app_http *http_r);

#endif
