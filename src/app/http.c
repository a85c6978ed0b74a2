/*
 * The machine over the bytes of one side: start line, header lines, body by length, by
 * chunks or up to the end of the stream. Bodies are skipped by arithmetic, so that lost
 * bytes inside of one cost nothing; where it is not known any more what a byte is, the
 * side waits for a segment that begins with a start line.
 */
#include "config.h"

#include <string.h>

#include "app/http_priv.h"

/* ---- bodies ---- */

static void
count_body(struct http_reader *r, uint64_t n)
{
	if (!r->absent)
		r->side->body += n;
}

static uint64_t
take_body(struct http_reader *r, uint64_t n)
{
	struct http_side *side = r->side;
	uint64_t taken = n < side->left ? n : side->left;

	side->left -= taken;
	count_body(r, taken);
	if (side->left == 0 && side->phase == HTTP_CHUNK)
		side->phase = HTTP_CHUNK_END;
	else if (side->left == 0)
		http_message_end(r);
	return taken;
}

/* Skips what needs no look; 0 when a line is next. */
static uint64_t
skip(struct http_reader *r, uint64_t n)
{
	switch (r->side->phase) {
	case HTTP_BODY:
	case HTTP_CHUNK:
		return take_body(r, n);
	case HTTP_UNTIL_CLOSE:
		count_body(r, n);
		return n;
	case HTTP_SEEK:
	case HTTP_OPAQUE:
		return n;
	default:
		return 0;
	}
}

/* ---- bytes that are not there ---- */

/* n bytes are missing. Those inside a body are known to be body. */
static void
miss(struct http_reader *r, uint64_t n)
{
	uint64_t skipped;

	while (n > 0 && (skipped = skip(r, n)) > 0)
		n -= skipped;
	if (n == 0)
		return;
	http_line_cut(r);
	http_message_lose(r);
	r->s->abandoned = r->s->provisional;
}

static void
miss_by_snap(struct http_reader *r, uint32_t n)
{
	struct http_tx *tx = r->side->tx;

	if (r->side->phase == HTTP_HEADERS && tx != NULL)
		tx->truncated = true;
	r->snapped = true;
	miss(r, n);
}

/* ---- the parser ---- */

static struct http_reader
reader(struct app *a, struct app_flow *s, unsigned side, int64_t ts)
{
	return (struct http_reader){.a = a,
	    .s = s,
	    .side = &s->http.side[side],
	    .request = side == s->http.request_side,
	    .ts = ts};
}

/* In the middle of a stream a method has to be a known one. */
static bool
looks_like_start(const struct http_reader *r, const struct segment *seg)
{
	struct http_request_line request;

	if (r->request)
		return http_request_line_cut(seg->bytes, seg->cap, &request);
	return http_look(seg->bytes, seg->cap) == HTTP_LOOK_RESPONSE;
}

/* A body that was announced and does not come: of a response whose request was not seen
 * (it may have been a HEAD), or of a request that waits for leave and is refused. */
static bool
body_stays_away(const struct http_reader *r)
{
	const struct http_side *side = r->side;

	if (side->body > 0)
		return false;
	if (r->request)
		return side->phase == HTTP_BODY && side->framing.expects;
	return (side->phase == HTTP_BODY || side->phase == HTTP_UNTIL_CLOSE) &&
	    (side->tx == NULL || !side->tx->has_request);
}

static void
resynchronise(struct http_reader *r, const struct segment *seg)
{
	if (r->side->phase == HTTP_SEEK && looks_like_start(r, seg))
		r->side->phase = HTTP_START;
	else if (body_stays_away(r) && looks_like_start(r, seg))
		http_message_end(r);
}

static void
http_data(struct app *a, struct app_flow *s, const struct segment *seg)
{
	struct http_reader r = reader(a, s, seg->side, seg->ts);
	uint32_t pos = 0;

	resynchronise(&r, seg);
	while (pos < seg->cap) {
		uint64_t n = skip(&r, seg->cap - pos);

		if (n == 0)
			n = http_line_take(&r, seg->bytes + pos, seg->cap - pos);
		pos += (uint32_t)n;
	}
	if (seg->len > seg->cap)
		miss_by_snap(&r, seg->len - seg->cap);
}

static void
http_gap(struct app *a, struct app_flow *s, unsigned index, uint64_t n)
{
	struct http_reader r = reader(a, s, index, a->now);

	a->stats.gaps++;
	s->summary.gaps++;
	r.absent = true;
	miss(&r, n);
	if (r.side->phase == HTTP_SEEK) {
		r.side->gapped = true;
		s->anomalies |= ANOMALY_BIT(ANOMALY_HTTP_GAP);
	}
}

/* `closed`: the side said so, and an open-ended body is whole. */
static void
end_side(struct http_reader *r, bool closed)
{
	if (r->side->phase == HTTP_OPAQUE)
		return;
	if (r->side->phase == HTTP_UNTIL_CLOSE && closed)
		http_message_end(r);
	http_line_cut(r);
	http_message_lose(r);
	if (!r->request)
		http_no_more_responses(r->a, r->s);
}

static void
http_end(struct app *a, struct app_flow *s, unsigned index)
{
	struct http_reader r = reader(a, s, index, a->now);

	end_side(&r, true);
	s->abandoned = s->provisional;
}

static void
http_finish(struct app *a, struct app_flow *s)
{
	for (unsigned i = 0; i < APP_SIDES; i++) {
		struct http_reader r = reader(a, s, s->http.request_side ^ i, a->now);

		end_side(&r, false);
	}
	http_tx_finish(a, s);
}

/* A line without its beginning is of no use: its message is lost at its end. */
static void
http_give_up(struct app *a, struct app_flow *s, struct app_piece *piece)
{
	(void)a;
	for (unsigned i = 0; i < APP_SIDES; i++) {
		struct http_side *side = &s->http.side[i];

		if (side->line == piece) {
			side->line = NULL;
			side->line_lost = true;
			return;
		}
	}
	http_tx_give_up(s, piece);
}

static void
http_release(struct app *a, struct app_flow *s)
{
	for (unsigned i = 0; i < APP_SIDES; i++) {
		if (s->http.side[i].line != NULL)
			app_piece_put(a, s->http.side[i].line);
	}
	http_tx_release(a, s);
}

static uint64_t
http_skips(const struct app_flow *s, unsigned index)
{
	const struct http_side *side = &s->http.side[index];

	switch (side->phase) {
	case HTTP_BODY:
	case HTTP_CHUNK:
		return side->left;
	case HTTP_UNTIL_CLOSE:
	case HTTP_OPAQUE:
		return UINT64_MAX;
	default:
		return 0;
	}
}

const struct parser http_parser = {
    .data = http_data,
    .gap = http_gap,
    .skips = http_skips,
    .end = http_end,
    .finish = http_finish,
    .give_up = http_give_up,
    .release = http_release,
};
