/*
 * The machine over the bytes of one side: start line, header lines, body by length, by
 * chunks or up to the end of the stream. Bodies are skipped by arithmetic, so that lost
 * bytes inside of one cost nothing; where it is not known any more what a byte is, the
 * side waits for a segment that begins with a start line.
 */
#include "config.h"

#include <string.h>

#include "app/http_priv.h"

/* ---- changes of phase ---- */

static void
drop_line(struct http_reader *r)
{
	if (r->side->line != NULL)
		app_piece_put(r->a, r->side->line);
	r->side->line = NULL;
	r->side->line_len = 0;
	r->side->line_lost = r->side->line_long = false;
}

static bool
in_message(const struct http_side *side)
{
	return side->phase >= HTTP_HEADERS && side->phase < HTTP_OPAQUE;
}

/* The place in the message is lost: it ends here, unfinished. */
static void
lose(struct http_reader *r)
{
	bool was_in_message = in_message(r->side);

	drop_line(r);
	r->side->phase = HTTP_SEEK;
	if (was_in_message)
		http_message_end(r, false);
}

static void
malformed(struct http_reader *r)
{
	if (!r->side->flagged)
		app_malformed(r->a, r->s, ANOMALY_HTTP_MALFORMED);
	r->side->flagged = true;
}

/* Tunnels and other protocols: what comes now is not HTTP on either side. */
static void
go_opaque(struct http_reader *r)
{
	for (unsigned i = 0; i < APP_SIDES; i++) {
		struct http_reader other = *r;

		other.side = &r->s->http.side[i];
		other.request = i == r->s->http.request_side;
		if (other.side->phase != HTTP_OPAQUE)
			lose(&other);
		other.side->phase = HTTP_OPAQUE;
	}
	r->s->opaque = true;
	r->s->abandoned = r->s->provisional;
}

static void
end_message(struct http_reader *r)
{
	r->side->phase = HTTP_START;
	http_message_end(r, true);
}

static void
begin_length(struct http_reader *r, int64_t length)
{
	r->side->phase = HTTP_BODY;
	r->side->left = (uint64_t)length;
	if (length == 0)
		end_message(r);
}

/* ---- the end of a head (RFC 9112 section 6.3) ---- */

static bool
is_method(const struct http_tx *tx, const char *method)
{
	size_t len = strlen(method);

	/* The method is the first text, where it never moves from. */
	return tx != NULL && tx->texts[HTTP_METHOD].len == len &&
	    memcmp(tx->piece != NULL ? (const char *)tx->piece->bytes : tx->own, method,
		len) == 0;
}

static void
check_framing(struct http_reader *r)
{
	const struct http_framing *f = &r->side->framing;

	if (f->bad || ((f->chunked || f->coded) && f->length >= 0))
		malformed(r);
}

static void
request_head_end(struct http_reader *r)
{
	const struct http_framing *f = &r->side->framing;

	check_framing(r);
	if (f->chunked) {
		r->side->phase = HTTP_CHUNK_SIZE;
	} else if (f->coded) {
		lose(r); /* nobody can tell where it ends */
	} else {
		bool connect = is_method(r->side->tx, "CONNECT");

		begin_length(r, f->length > 0 ? f->length : 0);
		if (connect) /* if it is granted, what comes is not HTTP */
			r->side->good = false;
	}
}

static void
interim_head_end(struct http_reader *r)
{
	if (r->side->status == 101) {
		end_message(r);
		go_opaque(r);
		return;
	}
	r->side->phase = HTTP_START;
	http_interim_end(r);
}

static bool
has_no_body(const struct http_side *side)
{
	return side->status == 204 || side->status == 304 ||
	    is_method(side->tx, "HEAD");
}

static void
response_head_end(struct http_reader *r)
{
	const struct http_framing *f = &r->side->framing;
	uint16_t status = r->side->status;

	check_framing(r);
	if (status >= 100 && status < 200) {
		interim_head_end(r);
	} else if (status >= 200 && status < 300 && is_method(r->side->tx, "CONNECT")) {
		end_message(r);
		go_opaque(r);
	} else if (has_no_body(r->side)) {
		end_message(r);
	} else if (f->chunked) {
		r->side->phase = HTTP_CHUNK_SIZE;
	} else if (!f->coded && f->length >= 0) {
		begin_length(r, f->length);
	} else {
		r->side->phase = HTTP_UNTIL_CLOSE;
	}
}

/* ---- lines ---- */

/* HTTP/0.9: the answer to a request without a version is a body without a head. */
static bool
begin_bare_body(struct http_reader *r)
{
	const struct http_tx *tx = http_tx_waiting(r->s);
	struct http_status_line none = {{"", 0}, 0};

	if (r->request || tx == NULL || tx->texts[HTTP_PROTOCOL].len > 0 ||
	    tx->truncated || !tx->request_done)
		return false;
	http_response_begin(r, &none, false);
	r->side->phase = HTTP_UNTIL_CLOSE;
	return true;
}

/* What stands where a start line should. Before the first message of a side it is a
 * capture that begins late, or a server that speaks something else. */
static void
bad_start(struct http_reader *r, uint32_t n)
{
	bool first = !r->side->good;

	if (first && begin_bare_body(r)) {
		r->side->body += n;
		return;
	}
	if (!first)
		malformed(r);
	r->side->phase = HTTP_SEEK;
	r->s->abandoned = r->s->provisional;
}

static bool
begin_request(struct http_reader *r, const uint8_t *line, uint32_t n)
{
	struct http_request_line request;

	if (!http_request_line(line, n, &request))
		return false;
	http_request_begin(r, &request, false);
	r->side->phase = HTTP_HEADERS;
	if (request.protocol.len == 0)
		end_message(r);
	return true;
}

static bool
begin_response(struct http_reader *r, const uint8_t *line, uint32_t n)
{
	struct http_status_line status;

	if (!http_status_line(line, n, &status))
		return false;
	http_response_begin(r, &status, false);
	r->side->phase = HTTP_HEADERS;
	return true;
}

static void
on_start(struct http_reader *r, const uint8_t *line, uint32_t n)
{
	int64_t now = r->ts;
	bool begun;

	if (n == 0) /* a stray empty line (RFC 9112 section 2.2) */
		return;
	r->ts = r->side->line_ts;
	begun = r->request ? begin_request(r, line, n) : begin_response(r, line, n);
	r->ts = now;
	if (!begun)
		bad_start(r, n);
}

static void
on_header(struct http_reader *r, const uint8_t *line, uint32_t n)
{
	struct http_side *side = r->side;
	struct http_header h;

	if (n == 0) {
		if (r->request)
			request_head_end(r);
		else
			response_head_end(r);
		return;
	}
	http_header_line(line, n, r->request, &side->framing, &h);
	if (h.bad)
		malformed(r);
	if (h.text < HTTP_N_TEXTS)
		http_tx_text(r, h.text, &h.value, h.max);
	if (side->tx != NULL)
		side->tx->authorization |= h.authorization;
}

/* Size in hexadecimal, then perhaps extensions (RFC 9112 section 7.1). */
static void
on_chunk_size(struct http_reader *r, const uint8_t *line, uint32_t n)
{
	uint64_t size = 0;
	uint32_t i = 0;

	for (; i < n && i < 16; i++) {
		uint8_t c = line[i] | 0x20;

		if (line[i] >= '0' && line[i] <= '9')
			size = size << 4 | (uint64_t)(line[i] - '0');
		else if (c >= 'a' && c <= 'f')
			size = size << 4 | (uint64_t)(c - 'a' + 10);
		else
			break;
	}
	if (i == 0 || size > INT64_MAX ||
	    (i < n && line[i] != ';' && line[i] != ' ' && line[i] != '\t')) {
		malformed(r);
		lose(r);
		return;
	}
	r->side->left = size;
	r->side->phase = size > 0 ? HTTP_CHUNK : HTTP_TRAILER;
}

static void
on_chunk_end(struct http_reader *r, const uint8_t *line, uint32_t n)
{
	(void)line;
	if (n > 0) {
		malformed(r);
		lose(r);
		return;
	}
	r->side->phase = HTTP_CHUNK_SIZE;
}

static void
on_trailer(struct http_reader *r, const uint8_t *line, uint32_t n)
{
	(void)line;
	if (n == 0)
		end_message(r);
}

typedef void line_fn(struct http_reader *r, const uint8_t *line, uint32_t n);

static line_fn *const on_line[HTTP_N_PHASES] = {
    [HTTP_START] = on_start,
    [HTTP_HEADERS] = on_header,
    [HTTP_CHUNK_SIZE] = on_chunk_size,
    [HTTP_CHUNK_END] = on_chunk_end,
    [HTTP_TRAILER] = on_trailer,
};

/* Keeps a part of a line until the rest comes. */
static void
keep_line(struct http_reader *r, const uint8_t *bytes, uint32_t n)
{
	struct http_side *side = r->side;
	uint32_t room = APP_PIECE - side->line_len;

	if (side->line == NULL && !side->line_lost) {
		side->line_ts = r->ts;
		side->line = app_piece_get(r->a, r->s);
		side->line_lost = side->line == NULL;
	}
	if (side->line_lost)
		return;
	if (n > room) {
		r->a->stats.cut_lines += !side->line_long;
		side->line_long = true;
		n = room;
	}
	memcpy(side->line->bytes + side->line_len, bytes, n);
	side->line_len += n;
}

/* The line's end was seen, or it can be judged without. */
static void
whole_line(struct http_reader *r, const uint8_t *line, uint32_t n)
{
	if (n > 0 && line[n - 1] == '\r')
		n--;
	on_line[r->side->phase](r, line, n);
}

/* Takes the kept part of the line off the side: reading it may ask for pieces. */
static struct app_piece *
take_kept(struct http_reader *r, uint32_t *n_r)
{
	struct http_side *side = r->side;
	struct app_piece *piece = side->line;

	*n_r = side->line_len;
	app_piece_hold(r->a, piece);
	side->line = NULL;
	side->line_len = 0;
	side->line_lost = side->line_long = false;
	return piece;
}

static void
kept_line(struct http_reader *r)
{
	struct http_side *side = r->side;
	struct app_piece *piece;
	uint32_t n;

	if (side->line_lost) {
		lose(r);
		return;
	}
	if (side->line_long && side->tx != NULL)
		side->tx->cut = true;
	piece = take_kept(r, &n);
	whole_line(r, piece->bytes, n);
	app_piece_put(r->a, piece);
}

/* A side that has had no message yet is not made to wait for the end of a line that
 * does not look like one. */
static void
judge_part(struct http_reader *r)
{
	struct http_side *side = r->side;

	if (side->phase != HTTP_START || side->good || side->line == NULL)
		return;
	if (http_look(side->line->bytes, side->line_len) == HTTP_LOOK_NO)
		kept_line(r);
}

static uint32_t
take_line(struct http_reader *r, const uint8_t *p, uint32_t n)
{
	struct http_side *side = r->side;
	const uint8_t *lf = memchr(p, '\n', n);
	uint32_t taken = lf != NULL ? (uint32_t)(lf - p) + 1 : n;

	if (lf != NULL && side->line == NULL && !side->line_lost) {
		side->line_ts = r->ts;
		whole_line(r, p, taken - 1);
		return taken;
	}
	keep_line(r, p, lf != NULL ? taken - 1 : taken);
	if (lf != NULL)
		kept_line(r);
	else
		judge_part(r);
	return taken;
}

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
		end_message(r);
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

/* Of a start line that was cut the beginning may tell enough. */
static void
begin_from_part(struct http_reader *r)
{
	struct http_side *side = r->side;
	struct http_request_line request;
	struct http_status_line status;
	struct app_piece *piece;
	int64_t now = r->ts;
	uint32_t n;

	if (side->phase != HTTP_START || side->line == NULL)
		return;
	r->ts = side->line_ts;
	piece = take_kept(r, &n);
	if (r->request && http_request_line_cut(piece->bytes, n, &request)) {
		http_request_begin(r, &request, r->snapped);
		side->phase = HTTP_HEADERS;
	} else if (!r->request && n >= 12 &&
	    http_status_line(piece->bytes, 12, &status)) {
		http_response_begin(r, &status, r->snapped);
		side->phase = HTTP_HEADERS;
	}
	app_piece_put(r->a, piece);
	r->ts = now;
}

/* n bytes are missing. Those inside a body are known to be body. */
static void
miss(struct http_reader *r, uint64_t n)
{
	uint64_t skipped;

	while (n > 0 && (skipped = skip(r, n)) > 0)
		n -= skipped;
	if (n == 0)
		return;
	begin_from_part(r);
	lose(r);
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
		end_message(r);
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
			n = take_line(&r, seg->bytes + pos, seg->cap - pos);
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
		end_message(r);
	begin_from_part(r);
	lose(r);
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
