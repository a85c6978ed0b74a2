/*
 * Transactions: which response belongs to which request, what is kept of both, and when
 * they are emitted: when request and response are over, in the order of the requests.
 */
#include "config.h"

#include <string.h>

#include "app/http_priv.h"

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
emit(struct app *a, struct app_flow *s, struct http_tx *tx)
{
	struct app_message m = {.kind = APP_HTTP, .ts = tx->start};

	m.dir = s->http.request_side == s->toserver ? FLOW_TOSERVER : FLOW_TOCLIENT;
	http_tx_fill(tx, &m.http);
	app_emit(a, s, &m);
}

/* Takes the transaction off a side, with what the side knows about the body. */
static void
take_off(struct app_flow *s, unsigned index)
{
	struct http_side *side = &s->http.side[index];
	struct http_tx *tx = side->tx;

	side->tx = NULL;
	if (index == s->http.request_side) {
		tx->request_body = side->body;
		tx->request_length = side->framing.length;
	} else {
		tx->response_body = side->body;
		tx->response_length = side->framing.length;
	}
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
			take_off(s, i);
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
	take_off(s, s->http.request_side ^ 1U);
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
	take_off(r->s, r->s->http.request_side);
	tx->request_done = true;
	tx->request_complete = complete;
	tx->request_end = r->ts;
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
	take_off(r->s, r->s->http.request_side ^ 1U);
	tx->response_done = true;
	tx->response_complete = complete;
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

	if (tx == NULL)
		return;
	if (!tx->queued) {
		response_end(r, true);
		return;
	}
	r->side->tx = NULL;
	tx->has_response = false;
	tx->status = 0;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		tx->texts[texts[i]].len = 0;
}

void
http_tx_message_end(struct http_reader *r, bool complete)
{
	if (r->request)
		request_end(r, complete);
	else
		response_end(r, complete);
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
