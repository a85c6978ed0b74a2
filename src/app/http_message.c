/*
 * From line to line through a message: the start line, the head, how long the body is,
 * and the frames of a chunked one. What the lines say decides what the next bytes are.
 */
#include "config.h"

#include <string.h>

#include "app/http_priv.h"

/* ---- changes of phase ---- */

static bool
in_message(const struct http_side *side)
{
	return side->phase >= HTTP_HEADERS && side->phase < HTTP_OPAQUE;
}

/* The place in the message is lost: it ends here, unfinished. */
void
http_message_lose(struct http_reader *r)
{
	bool was_in_message = in_message(r->side);

	http_line_drop(r);
	r->side->phase = HTTP_SEEK;
	if (was_in_message)
		http_tx_message_end(r, false);
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
			http_message_lose(&other);
		other.side->phase = HTTP_OPAQUE;
	}
	r->s->opaque = true;
	r->s->abandoned = r->s->provisional;
}

void
http_message_end(struct http_reader *r)
{
	r->side->phase = HTTP_START;
	http_tx_message_end(r, true);
}

static void
begin_length(struct http_reader *r, int64_t length)
{
	r->side->phase = HTTP_BODY;
	r->side->left = (uint64_t)length;
	if (length == 0)
		http_message_end(r);
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
		http_message_lose(r); /* nobody can tell where it ends */
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
		http_message_end(r);
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
		http_message_end(r);
		go_opaque(r);
	} else if (has_no_body(r->side)) {
		http_message_end(r);
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

/* Before the first message of a side it is a capture that begins late, or a server that
 * speaks something else. */
void
http_message_refuse(struct http_reader *r, uint32_t n)
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
		http_message_end(r);
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
		http_message_refuse(r, n);
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
		http_message_lose(r);
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
		http_message_lose(r);
		return;
	}
	r->side->phase = HTTP_CHUNK_SIZE;
}

static void
on_trailer(struct http_reader *r, const uint8_t *line, uint32_t n)
{
	(void)line;
	if (n == 0)
		http_message_end(r);
}

typedef void line_fn(struct http_reader *r, const uint8_t *line, uint32_t n);

static line_fn *const on_line[HTTP_N_PHASES] = {
    [HTTP_START] = on_start,
    [HTTP_HEADERS] = on_header,
    [HTTP_CHUNK_SIZE] = on_chunk_size,
    [HTTP_CHUNK_END] = on_chunk_end,
    [HTTP_TRAILER] = on_trailer,
};

void
http_message_line(struct http_reader *r, const uint8_t *line, uint32_t n)
{
	if (n > 0 && line[n - 1] == '\r')
		n--;
	on_line[r->side->phase](r, line, n);
}

void
http_message_part(struct http_reader *r, const uint8_t *line, uint32_t n)
{
	struct http_request_line request;
	struct http_status_line status;
	int64_t now = r->ts;

	r->ts = r->side->line_ts;
	if (r->request && http_request_line_cut(line, n, &request)) {
		http_request_begin(r, &request, r->snapped);
		r->side->phase = HTTP_HEADERS;
	} else if (!r->request && n >= HTTP_STATUS_END &&
	    http_status_line(line, HTTP_STATUS_END, &status)) {
		http_response_begin(r, &status, r->snapped);
		r->side->phase = HTTP_HEADERS;
	}
	r->ts = now;
}
