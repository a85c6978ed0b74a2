/*
 * Transactions: which response belongs to which request, what is kept of both, and when
 * they are emitted: when request and response are over, in the order of the requests.
 */
#include "config.h"

#include <string.h>

#include "app/http_priv.h"

/* ---- texts ---- */

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

/* ---- emission ---- */

static void
tx_put(struct app *a, struct http_tx *tx)
{
	if (tx->piece != NULL)
		app_piece_put(a, tx->piece);
	TAILQ_REMOVE(&a->transactions_out, tx, by_age);
	pool_put(&a->transactions, tx);
}

static void
fill(struct http_tx *tx, struct app_http *h)
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

static void
emit(struct app *a, struct app_flow *s, struct http_tx *tx)
{
	struct app_message m = {.kind = APP_HTTP, .ts = tx->start};

	m.dir = s->http.request_side == s->toserver ? FLOW_TOSERVER : FLOW_TOCLIENT;
	fill(tx, &m.http);
	app_emit(a, s, &m);
}

/* Body bytes that a side has counted so far. */
static void
note_body(struct http_reader *r)
{
	struct http_tx *tx = r->side->tx;

	if (tx != NULL && r->request)
		tx->request_body = r->side->body;
	else if (tx != NULL)
		tx->response_body = r->side->body;
}

/* ---- the queue ---- */

static void
enqueue(struct http_state *h, struct http_tx *tx)
{
	tx->queued = true;
	if (h->first == NULL)
		h->first = tx;
	else
		h->last->next = tx;
	h->last = tx;
	h->n_queued++;
}

static struct http_tx *
dequeue(struct http_state *h)
{
	struct http_tx *tx = h->first;

	h->first = tx->next;
	if (h->first == NULL)
		h->last = NULL;
	h->n_queued--;
	return tx;
}

static void
emit_first(struct app *a, struct app_flow *s)
{
	struct http_tx *tx = dequeue(&s->http);

	for (unsigned i = 0; i < APP_SIDES; i++) {
		if (s->http.side[i].tx == tx)
			s->http.side[i].tx = NULL;
	}
	emit(a, s, tx);
	tx_put(a, tx);
}

static void
emit_done(struct app *a, struct app_flow *s)
{
	struct http_state *h = &s->http;

	while (h->first != NULL && h->first->request_done && h->first->response_done)
		emit_first(a, s);
}

struct http_tx *
http_tx_waiting(const struct app_flow *s)
{
	struct http_tx *tx = s->http.first;

	while (tx != NULL && tx->response_done)
		tx = tx->next;
	return tx;
}

/* Forgets the transaction that has waited for longest; it is emitted as it is. Should
 * its response come after all, that one stands alone. */
static void
give_way(struct app *a, struct http_tx *tx)
{
	struct app_flow *s = tx->owner;

	if (tx->queued) {
		while (s->http.first != tx)
			emit_first(a, s);
		emit_first(a, s);
		return;
	}
	s->http.side[s->http.request_side ^ 1U].tx = NULL;
	emit(a, s, tx);
	tx_put(a, tx);
}

static struct http_tx *
tx_get(struct http_reader *r)
{
	struct app *a = r->a;
	struct http_tx *tx = pool_get(&a->transactions);

	if (tx == NULL && !TAILQ_EMPTY(&a->transactions_out)) {
		a->stats.no_memory++;
		give_way(a, TAILQ_FIRST(&a->transactions_out));
		tx = pool_get(&a->transactions);
	}
	if (tx == NULL) {
		a->stats.no_memory++;
		return NULL;
	}
	memset(tx, 0, offsetof(struct http_tx, own));
	TAILQ_INSERT_TAIL(&a->transactions_out, tx, by_age);
	tx->owner = r->s;
	tx->start = r->ts;
	tx->request_length = tx->response_length = -1;
	tx->depth = r->s->http.depth;
	return tx;
}

/* ---- requests ---- */

/* A place for a request, or NULL: then it is counted, and so are all behind it until
 * the queue is answered, to keep the order. Where no response was ever seen (a capture
 * of one direction) the oldest request makes room. */
static struct http_tx *
request_place(struct http_reader *r)
{
	struct http_state *h = &r->s->http;
	struct http_tx *tx = NULL;

	if (!h->answered && h->n_queued == HTTP_PIPELINE_MAX)
		emit_first(r->a, r->s);
	if (h->unshown == 0 && h->n_queued < HTTP_PIPELINE_MAX)
		tx = tx_get(r);
	if (tx != NULL)
		return tx;
	app_left_out(r->a, r->s);
	h->unshown += h->answered;
	return NULL;
}

static void
begin(struct http_reader *r)
{
	struct http_side *side = r->side;

	side->good = true;
	side->gapped = false;
	side->flagged = false;
	side->body = 0;
	side->framing = (struct http_framing){.length = -1};
	r->s->provisional = false;
}

void
http_request_begin(
    struct http_reader *r, const struct http_request_line *line, bool cut)
{
	struct http_state *h = &r->s->http;
	struct http_tx *tx;

	begin(r);
	r->s->summary.requests++;
	r->a->stats.http++;
	tx = r->side->tx = request_place(r);
	h->depth++;
	if (tx == NULL)
		return;
	tx->has_request = true;
	tx->truncated = cut;
	enqueue(h, tx);
	http_tx_text(r, HTTP_METHOD, &line->method, 32);
	http_tx_text(r, HTTP_TARGET, &line->target, 4096);
	http_tx_text(r, HTTP_PROTOCOL, &line->protocol, 8);
}

static void
request_end(struct http_reader *r, bool complete)
{
	struct http_tx *tx = r->side->tx;

	if (tx == NULL)
		return;
	tx->request_done = true;
	tx->request_complete = complete;
	tx->request_end = r->ts;
	tx->request_length = r->side->framing.length;
}

/* ---- responses ---- */

/* After lost bytes the responses of older requests are lost, too: whoever does not
 * pipeline asks again only after an answer, so the newest request is the one that is
 * answered now. */
static void
skip_unanswered(struct http_reader *r)
{
	struct http_state *h = &r->s->http;
	const struct http_tx *newest = h->unshown == 0 ? h->last : NULL;

	for (struct http_tx *tx = h->first; tx != NULL && tx != newest; tx = tx->next)
		tx->response_done = true;
	if (h->unshown > 1)
		h->unshown = 1;
	emit_done(r->a, r->s);
}

static struct http_tx *
response_place(struct http_reader *r)
{
	struct http_state *h = &r->s->http;
	struct http_tx *tx;

	if (r->side->gapped)
		skip_unanswered(r);
	tx = http_tx_waiting(r->s);
	if (tx != NULL)
		return tx;
	if (h->unshown > 0)
		return NULL;
	r->a->stats.http++;
	tx = tx_get(r);
	if (tx == NULL)
		app_left_out(r->a, r->s);
	else
		h->depth++;
	return tx;
}

static void
count_status(struct app_summary *sum, uint16_t status)
{
	unsigned hundreds = status / 100;

	sum->responses++;
	sum->http_status[hundreds >= 1 && hundreds <= 5 ? hundreds : 0]++;
	sum->http_unauthorized += status == 401 || status == 407;
}

void
http_response_begin(
    struct http_reader *r, const struct http_status_line *line, bool cut)
{
	struct http_tx *tx = response_place(r);

	begin(r);
	r->s->http.answered = true;
	count_status(&r->s->summary, line->status);
	r->side->status = line->status;
	r->side->tx = tx;
	if (tx == NULL)
		return;
	tx->has_response = true;
	tx->status = line->status;
	tx->truncated |= cut;
	tx->response_start = r->ts;
	http_tx_text(r, HTTP_RESPONSE_PROTOCOL, &line->protocol, 8);
}

static void
response_end(struct http_reader *r, bool complete)
{
	struct http_state *h = &r->s->http;
	struct http_tx *tx = r->side->tx;

	if (tx == NULL) {
		h->unshown -= h->unshown > 0;
		return;
	}
	tx->response_done = true;
	tx->response_complete = complete;
	tx->response_length = r->side->framing.length;
	if (!tx->queued) {
		emit(r->a, r->s, tx);
		tx_put(r->a, tx);
	}
}

void
http_interim_end(struct http_reader *r)
{
	static const enum http_text texts[] = {HTTP_RESPONSE_PROTOCOL,
	    HTTP_RESPONSE_TYPE, HTTP_LOCATION, HTTP_SERVER, HTTP_UPGRADE};
	struct http_tx *tx = r->side->tx;

	r->side->tx = NULL;
	if (tx == NULL)
		return;
	if (!tx->queued) {
		r->side->tx = tx;
		response_end(r, true);
		r->side->tx = NULL;
		return;
	}
	tx->has_response = false;
	tx->status = 0;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		tx->texts[texts[i]].len = 0;
}

void
http_message_end(struct http_reader *r, bool complete)
{
	note_body(r);
	if (r->request)
		request_end(r, complete);
	else
		response_end(r, complete);
	r->side->tx = NULL;
	emit_done(r->a, r->s);
}

/* ---- the end ---- */

void
http_no_more_responses(struct app *a, struct app_flow *s)
{
	for (struct http_tx *tx = s->http.first; tx != NULL; tx = tx->next)
		tx->response_done = true;
	s->http.unshown = 0;
	emit_done(a, s);
}

void
http_tx_finish(struct app *a, struct app_flow *s)
{
	while (s->http.first != NULL)
		emit_first(a, s);
}

void
http_tx_release(struct app *a, struct app_flow *s)
{
	struct http_side *response = &s->http.side[s->http.request_side ^ 1U];

	if (response->tx != NULL && !response->tx->queued)
		tx_put(a, response->tx);
	while (s->http.first != NULL)
		tx_put(a, dequeue(&s->http));
}
