/*
 * What a transaction keeps of its two heads: texts in the transaction itself, or in a
 * piece once they outgrow it.
 */
#include "config.h"

#include <string.h>

#include "app/http_priv.h"

static char *
texts_of(struct http_tx *tx)
{
	return tx->piece != NULL ? (char *)tx->piece->bytes : tx->own;
}

/* Room for n more bytes, in a piece if need be; returns how many there are. */
static uint32_t
text_room(struct app *a, struct http_tx *tx, uint32_t n)
{
	uint32_t room = (uint32_t)sizeof tx->own - tx->used;

	if (tx->piece == NULL && n > room) {
		tx->piece = app_piece_get(a, tx->owner);
		tx->own_used = tx->used;
		if (tx->piece != NULL)
			memcpy(tx->piece->bytes, tx->own, tx->used);
	}
	if (tx->piece != NULL)
		room = APP_PIECE - tx->used;
	return n < room ? n : room;
}

static void
drop_piece(struct http_tx *tx)
{
	tx->piece = NULL;
	tx->used = tx->own_used;
	tx->cut = true;
	for (unsigned i = 0; i < HTTP_N_TEXTS; i++) {
		if (tx->texts[i].at + tx->texts[i].len > tx->own_used)
			tx->texts[i].len = 0;
	}
}

void
http_tx_give_up(struct app_flow *s, const struct app_piece *piece)
{
	struct http_tx *held = s->http.side[s->http.request_side ^ 1U].tx;

	for (struct http_tx *tx = s->http.first; tx != NULL; tx = tx->next) {
		if (tx->piece == piece)
			drop_piece(tx);
	}
	if (held != NULL && held->piece == piece)
		drop_piece(held);
}

void
http_tx_text(struct http_reader *r, enum http_text which, const struct app_text *value,
    uint32_t max)
{
	struct http_tx *tx = r->side->tx;
	uint32_t n = value->len < max ? value->len : max;

	if (tx == NULL || tx->texts[which].len > 0 || n == 0)
		return;
	n = text_room(r->a, tx, n);
	tx->cut |= n < value->len;
	memcpy(texts_of(tx) + tx->used, value->data, n);
	tx->texts[which].at = tx->used;
	tx->texts[which].len = (uint16_t)n;
	tx->used += (uint16_t)n;
}

static struct app_text
text_at(struct http_tx *tx, enum http_text which)
{
	if (tx->texts[which].len == 0)
		return (struct app_text){"", 0};
	return (struct app_text){
	    texts_of(tx) + tx->texts[which].at, tx->texts[which].len};
}

void
http_tx_fill(struct http_tx *tx, struct app_http *h)
{
	*h = (struct app_http){
	    .has_request = tx->has_request,
	    .has_response = tx->has_response,
	    .method = text_at(tx, HTTP_METHOD),
	    .target = text_at(tx, HTTP_TARGET),
	    .protocol = text_at(tx, HTTP_PROTOCOL),
	    .host = text_at(tx, HTTP_HOST),
	    .user_agent = text_at(tx, HTTP_USER_AGENT),
	    .referer = text_at(tx, HTTP_REFERER),
	    .request_content_type = text_at(tx, HTTP_REQUEST_TYPE),
	    .xff = text_at(tx, HTTP_XFF),
	    .authorization = tx->authorization,
	    .status = tx->status,
	    .response_protocol = text_at(tx, HTTP_RESPONSE_PROTOCOL),
	    .response_content_type = text_at(tx, HTTP_RESPONSE_TYPE),
	    .location = text_at(tx, HTTP_LOCATION),
	    .server = text_at(tx, HTTP_SERVER),
	    .upgrade = text_at(tx, HTTP_UPGRADE),
	    .request_body = tx->request_body,
	    .response_body = tx->response_body,
	    .request_length = tx->request_length,
	    .response_length = tx->response_length,
	    .request_complete = tx->request_complete,
	    .response_complete = tx->response_complete,
	    .truncated_capture = tx->truncated,
	    .cut = tx->cut,
	    .depth = tx->depth,
	    .start = tx->start,
	    .response_time = -1,
	};
	if (tx->request_complete && tx->has_response &&
	    tx->response_start >= tx->request_end)
		h->response_time = tx->response_start - tx->request_end;
}
