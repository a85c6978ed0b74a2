/* Puts the segments of a side in order for its parser: see stream.h. */
#include "config.h"

#include "app/stream.h"

#include <netinet/in.h>
#include <string.h>

#include "app/app_priv.h"

/* A segment that is ahead of the stream. */
struct arrival {
	uint64_t pos;
	struct segment seg;
};

/* Bytes of a body need not be kept: that they came is enough. */
static bool
is_needed(const struct app_flow *s, const struct arrival *now)
{
	const struct parser *parser = app_parser(s);
	uint64_t end = now->pos + now->seg.len - s->stream[now->seg.side].pos;

	return parser->skips == NULL || end > parser->skips(s, now->seg.side);
}

/* Both without bytes, and one behind the other. */
static void
join(struct stream_held *h, unsigned at)
{
	if (at + 1 >= h->n || h->segments[at].cap > 0 || h->segments[at + 1].cap > 0 ||
	    h->segments[at].pos + h->segments[at].len != h->segments[at + 1].pos ||
	    h->segments[at].len > UINT32_MAX - h->segments[at + 1].len)
		return;
	h->segments[at].len += h->segments[at + 1].len;
	h->n--;
	memmove(h->segments + at + 1, h->segments + at + 2,
	    (h->n - at - 1) * sizeof *h->segments);
}

/* Keeps a segment; over the limit it is lost, which shows when the stream is settled
 * beyond it. Of a long one the beginning is kept, as if the snap length had cut it. */
static void
hold(struct app *a, struct app_flow *s, const struct arrival *now)
{
	struct stream_side *side = &s->stream[now->seg.side];
	struct stream_held *h = side->held != NULL ? side->held : app_held_get(a, side);
	uint32_t cap = is_needed(s, now) ? now->seg.cap : 0;
	unsigned at;

	if (h == NULL || h->n == STREAM_HELD_MAX ||
	    (cap > 0 && h->used == STREAM_HELD_BYTES))
		return;
	if (cap > STREAM_HELD_BYTES - h->used)
		cap = STREAM_HELD_BYTES - h->used;
	for (at = h->n; at > 0 && h->segments[at - 1].pos >= now->pos; at--)
		h->segments[at] = h->segments[at - 1];
	h->segments[at].pos = now->pos;
	h->segments[at].ts = now->seg.ts;
	h->segments[at].len = now->seg.len;
	h->segments[at].cap = cap;
	h->segments[at].offset = h->used;
	memcpy(h->bytes + h->used, now->seg.bytes, cap);
	h->used += cap;
	h->n++;
	join(h, at);
	if (at > 0)
		join(h, at - 1);
}

/* Takes the first kept segment out. Its bytes stay where they are until the buffer is
 * empty. */
static struct arrival
take_held(struct stream_held *h, unsigned side)
{
	struct arrival first = {
	    .pos = h->segments[0].pos,
	    .seg = {.side = side,
		.bytes = h->bytes + h->segments[0].offset,
		.cap = h->segments[0].cap,
		.len = h->segments[0].len,
		.ts = h->segments[0].ts},
	};

	h->n--;
	memmove(h->segments, h->segments + 1, h->n * sizeof *h->segments);
	return first;
}

static void
give_gap(struct app *a, struct app_flow *s, unsigned side, uint64_t to)
{
	uint64_t n = to - s->stream[side].pos;

	s->stream[side].pos = to;
	if (!s->abandoned)
		app_parser(s)->gap(a, s, side, n);
}

static void
give(struct app *a, struct app_flow *s, struct arrival *now)
{
	struct stream_side *side = &s->stream[now->seg.side];
	uint64_t old = side->pos > now->pos ? side->pos - now->pos : 0;

	if (old >= now->seg.len)
		return;
	if (now->pos > side->pos)
		give_gap(a, s, now->seg.side, now->pos);
	now->seg.bytes += old < now->seg.cap ? old : now->seg.cap;
	now->seg.cap -= old < now->seg.cap ? (uint32_t)old : now->seg.cap;
	now->seg.len -= (uint32_t)old;
	side->pos += now->seg.len;
	if (!s->abandoned)
		app_parser(s)->data(a, s, &now->seg);
}

/* Goes on up to `next` with the kept segments and, in its place, the new one. Returns
 * true when the new one was used. */
static bool
settle(struct app *a, struct app_flow *s, unsigned index, uint64_t next,
    struct arrival *now)
{
	struct stream_side *side = &s->stream[index];
	bool used = now->seg.len == 0;

	for (;;) {
		struct stream_held *h = side->held;
		bool kept = h != NULL && h->n > 0 && h->segments[0].pos < next &&
		    (used || h->segments[0].pos < now->pos);

		if (kept) {
			struct arrival first = take_held(h, index);

			give(a, s, &first);
		} else if (!used && now->pos < next) {
			give(a, s, now);
			used = true;
		} else {
			break;
		}
	}
	if (side->pos < next)
		give_gap(a, s, index, next);
	return used;
}

static void
note_fin(struct stream_side *side, const struct packet *p)
{
	uint32_t at = p->tcp.seq + p->payload_len - side->seq_zero;
	int32_t ahead = (int32_t)(at - (uint32_t)side->pos);

	side->fin = true;
	side->fin_at = side->pos;
	if (side->started && ahead > 0)
		side->fin_at += (uint32_t)ahead;
}

static struct arrival
arrival_of(unsigned side, const struct packet *p, const struct flow_packet *fp)
{
	uint32_t skip = fp->skip < p->payload_cap ? fp->skip : p->payload_cap;
	uint32_t cap = p->payload_cap - skip;

	return (struct arrival){
	    .pos = fp->pos,
	    .seg = {.side = side,
		.bytes = skip > 0 ? p->payload + skip : p->payload,
		.cap = cap < fp->len ? cap : fp->len,
		.len = fp->len,
		.ts = p->ts},
	};
}

void
stream_packet(struct app *a, struct app_flow *s, unsigned index, const struct packet *p,
    const struct flow_packet *fp)
{
	struct stream_side *side = &s->stream[index];
	struct arrival now = arrival_of(index, p, fp);

	if (!side->started && fp->len > 0) {
		side->started = true;
		side->pos = fp->early > 0 ? fp->next : fp->pos;
		side->seq_zero = p->tcp.seq + fp->skip - (uint32_t)fp->pos;
	}
	if (side->started) {
		if (!settle(a, s, index, fp->next, &now))
			hold(a, s, &now);
		if (side->held != NULL && side->held->n == 0)
			app_held_put(a, side);
	}
	if ((p->tcp.flags & TCP_FIN) != 0 && p->proto == IPPROTO_TCP)
		note_fin(side, p);
	if (side->fin && !side->ended && side->pos >= side->fin_at && !s->abandoned) {
		side->ended = true;
		app_parser(s)->end(a, s, index);
	}
}

void
stream_finish(struct app *a, struct app_flow *s)
{
	for (unsigned i = 0; i < APP_SIDES && !s->abandoned; i++) {
		struct arrival none = {.seg = {.side = i}};
		const struct stream_held *h = s->stream[i].held;

		if (h != NULL && h->n > 0)
			settle(a, s, i, h->segments[h->n - 1].pos + 1, &none);
	}
}

void
stream_release(struct app *a, struct app_flow *s)
{
	for (unsigned i = 0; i < APP_SIDES; i++)
		app_held_put(a, &s->stream[i]);
}
