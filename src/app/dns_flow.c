/*
 * DNS of a flow: datagrams, the stream of messages over TCP, and which answer belongs
 * to which query. Of a TCP message that is split over segments the first 8 KiB are
 * kept; a message that stands in one segment is read where it is.
 */
#include "config.h"

#include <string.h>

#include "app/app_priv.h"

/* ---- queries and answers ---- */

static void
note_query(struct dns_state *d, uint16_t id, int64_t ts)
{
	d->queries[d->next_query] =
	    (struct dns_query){.ts = ts, .id = id, .waiting = true};
	d->next_query = (uint8_t)((d->next_query + 1) % APP_DNS_PENDING);
}

/* Of several queries with the id the newest: a repeated question, or an id used again.
 */
static int64_t
answer_time(struct dns_state *d, uint16_t id, int64_t ts)
{
	for (unsigned i = 1; i <= APP_DNS_PENDING; i++) {
		struct dns_query *q =
		    &d->queries[(d->next_query + APP_DNS_PENDING - i) %
			APP_DNS_PENDING];

		if (q->waiting && q->id == id) {
			q->waiting = false;
			return ts > q->ts ? ts - q->ts : 0;
		}
	}
	return -1;
}

static void
count(struct app_flow *s, const struct app_dns *dns)
{
	struct app_summary *sum = &s->summary;

	if (dns->response) {
		sum->responses++;
		sum->dns_nxdomain += dns->rcode == DNS_NXDOMAIN;
		return;
	}
	sum->requests++;
	for (unsigned i = 0; i < dns->n_shown_questions; i++)
		sum->dns_name_bytes += dns->questions[i].rrname.len;
}

static void
pair(struct app_flow *s, struct app_dns *dns, int64_t ts)
{
	if (dns->variant == APP_DNS_MDNS) /* ids are zero (RFC 6762 section 18.1) */
		return;
	if (dns->response)
		dns->response_time = answer_time(&s->dns, dns->id, ts);
	else
		note_query(&s->dns, dns->id, ts);
}

/* A whole message. What cannot be DNS at all is counted and not shown. */
static void
message(struct app *a, struct app_flow *s, const struct segment *seg, uint32_t size,
    bool tcp)
{
	struct app_message m = {.kind = APP_DNS, .ts = seg->ts};
	struct dns_verdict verdict = dns_parse(seg->bytes, seg->cap, seg->len,
	    (enum app_dns_variant)s->dns.variant, &a->scratch, &m.dns);

	if (m.dns.malformed)
		app_malformed(
		    a, s, verdict.loop ? ANOMALY_DNS_LOOP : ANOMALY_DNS_MALFORMED);
	if (!verdict.header)
		return;
	a->stats.dns++;
	s->provisional = false;
	m.dns.size = size;
	m.dns.tcp = tcp;
	count(s, &m.dns);
	pair(s, &m.dns, seg->ts);
	m.dir = seg->side == s->toserver ? FLOW_TOSERVER : FLOW_TOCLIENT;
	app_emit(a, s, &m);
}

void
dns_datagram(struct app *a, struct app_flow *s, const struct segment *seg, bool rest)
{
	struct segment whole = *seg;

	if (rest) /* the length of all fragments is in none of them */
		whole.len = UINT16_MAX;
	message(a, s, &whole, seg->len, false);
}

/* ---- the stream ---- */

bool
dns_tcp_possible(const uint8_t *bytes, uint32_t cap)
{
	if (cap >= 2 && dns_u16(bytes) < DNS_HEADER)
		return false;
	return cap < 2 || dns_header_possible(bytes + 2, cap - 2);
}

static void
drop_piece(struct app *a, struct dns_side *side)
{
	if (side->piece != NULL)
		app_piece_put(a, side->piece);
	side->piece = NULL;
	side->stored = side->got = 0;
}

/* What was kept of a split message is the message, as if the snap length had cut it. */
static void
message_from_piece(struct app *a, struct app_flow *s, unsigned index)
{
	struct dns_side *side = &s->dns.side[index];
	struct segment seg = {.side = index,
	    .bytes = side->piece != NULL ? side->piece->bytes : NULL,
	    .cap = side->stored,
	    .len = side->size,
	    .ts = side->ts};

	message(a, s, &seg, side->size, true);
	drop_piece(a, side);
}

/* What has come of a message that will not be finished is one all the same. */
static void
end_unfinished(struct app *a, struct app_flow *s, unsigned index)
{
	struct dns_side *side = &s->dns.side[index];

	if (side->phase == DNS_BODY && side->got > 0)
		message_from_piece(a, s, index);
}

static void
out_of_step(struct app *a, struct app_flow *s, unsigned index)
{
	struct dns_side *side = &s->dns.side[index];

	end_unfinished(a, s, index);
	drop_piece(a, side);
	side->has_high = false;
	side->phase = DNS_SEEK;
	s->abandoned = s->provisional;
}

static void
end_if_complete(struct app *a, struct app_flow *s, unsigned index)
{
	struct dns_side *side = &s->dns.side[index];

	if (side->got < side->size)
		return;
	message_from_piece(a, s, index);
	side->phase = DNS_LENGTH;
}

/* Bytes of the message that is under way; what is behind a hole is of no use. */
static void
store(struct app *a, struct app_flow *s, struct dns_side *side, const uint8_t *bytes,
    uint32_t present)
{
	uint32_t room = APP_PIECE - side->stored;

	if (side->got != side->stored || present == 0)
		return;
	if (side->piece == NULL && (side->piece = app_piece_get(a, s)) == NULL)
		return;
	if (present > room)
		present = room;
	memcpy(side->piece->bytes + side->stored, bytes, present);
	side->stored += present;
}

/* Takes what belongs to the message under way; returns how many bytes that was. */
static uint32_t
take_body(struct app *a, struct app_flow *s, const struct segment *seg)
{
	struct dns_side *side = &s->dns.side[seg->side];
	uint32_t n = side->size - side->got;
	struct segment whole = *seg;

	if (side->got == 0) {
		side->ts = seg->ts;
		if (seg->len >= n) {
			whole.len = n;
			whole.cap = seg->cap < n ? seg->cap : n;
			message(a, s, &whole, n, true);
			side->phase = DNS_LENGTH;
			return n;
		}
	}
	if (n > seg->len)
		n = seg->len;
	store(a, s, side, seg->bytes, seg->cap < n ? seg->cap : n);
	side->got += n;
	end_if_complete(a, s, seg->side);
	return n;
}

/* One byte of the length. */
static uint32_t
take_length(struct app *a, struct app_flow *s, const struct segment *seg)
{
	struct dns_side *side = &s->dns.side[seg->side];

	if (!side->has_high) {
		side->high = seg->bytes[0];
		side->has_high = true;
		return 1;
	}
	side->has_high = false;
	side->size = (uint32_t)(side->high << 8 | seg->bytes[0]);
	side->got = side->stored = 0;
	if (side->size < DNS_HEADER ||
	    !dns_header_possible(seg->bytes + 1, seg->cap - 1)) {
		app_malformed(a, s, ANOMALY_DNS_MALFORMED);
		out_of_step(a, s, seg->side);
		return seg->len;
	}
	side->phase = DNS_BODY;
	return 1;
}

static void
advance(struct segment *seg, uint32_t n)
{
	uint32_t present = n < seg->cap ? n : seg->cap;

	if (present > 0)
		seg->bytes += present;
	seg->cap -= present;
	seg->len -= n;
}

static void
tcp_data(struct app *a, struct app_flow *s, const struct segment *seg)
{
	struct dns_side *side = &s->dns.side[seg->side];
	struct segment rest = *seg;

	if (side->phase == DNS_SEEK && dns_tcp_possible(seg->bytes, seg->cap))
		side->phase = DNS_LENGTH;
	while (rest.len > 0 && side->phase != DNS_SEEK) {
		if (side->phase == DNS_BODY)
			advance(&rest, take_body(a, s, &rest));
		else if (rest.cap > 0)
			advance(&rest, take_length(a, s, &rest));
		else
			out_of_step(a, s, seg->side);
	}
}

static void
tcp_gap(struct app *a, struct app_flow *s, unsigned index, uint64_t n)
{
	struct dns_side *side = &s->dns.side[index];

	a->stats.gaps++;
	s->summary.gaps++;
	if (side->phase != DNS_BODY || n > side->size - side->got) {
		out_of_step(a, s, index);
		return;
	}
	side->got += (uint32_t)n;
	end_if_complete(a, s, index);
}

static void
tcp_end(struct app *a, struct app_flow *s, unsigned index)
{
	out_of_step(a, s, index);
}

static void
tcp_finish(struct app *a, struct app_flow *s)
{
	for (unsigned i = 0; i < APP_SIDES; i++)
		tcp_end(a, s, i);
}

/* What came of the message is lost; the framing goes on by its length. */
static void
tcp_give_up(struct app *a, struct app_flow *s, struct app_piece *piece)
{
	(void)a;
	for (unsigned i = 0; i < APP_SIDES; i++) {
		struct dns_side *side = &s->dns.side[i];

		if (side->piece == piece) {
			side->piece = NULL;
			side->stored = 0;
		}
	}
}

static void
tcp_release(struct app *a, struct app_flow *s)
{
	for (unsigned i = 0; i < APP_SIDES; i++)
		drop_piece(a, &s->dns.side[i]);
}

const struct parser dns_tcp_parser = {
    .data = tcp_data,
    .gap = tcp_gap,
    .end = tcp_end,
    .finish = tcp_finish,
    .give_up = tcp_give_up,
    .release = tcp_release,
};
