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

/* A message begins: finds or makes its transaction (side->tx, or NULL when it cannot be
 * shown) and counts it. cut: the snap length hides the rest of the head. */
void http_request_begin(
    struct http_reader *r, const struct http_request_line *line, bool cut);
void http_response_begin(
    struct http_reader *r, const struct http_status_line *line, bool cut);

/* Keeps a value for the message; the first one of its kind counts. */
void http_tx_text(struct http_reader *r, enum http_text which,
    const struct app_text *value, uint32_t max);

/* An interim response (RFC 9110 section 15.2) is over: the final one is to come. */
void http_interim_end(struct http_reader *r);

/* The message is over; complete if it was seen up to its end. Emits transactions that
 * are done. */
void http_message_end(struct http_reader *r, bool complete);

/* No more responses will come: what waits for one is done. */
void http_no_more_responses(struct app *a, struct app_flow *s);

/* The oldest request that waits for its response, or NULL. */
struct http_tx *http_tx_waiting(const struct app_flow *s);

/* A piece with texts is taken away: those that are in it are cut. */
void http_tx_give_up(struct app_flow *s, const struct app_piece *piece);

/* Emits everything in the state it is in. */
void http_tx_finish(struct app *a, struct app_flow *s);
void http_tx_release(struct app *a, struct app_flow *s);

#endif
