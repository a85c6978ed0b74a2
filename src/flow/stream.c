/*
 * The bytes of one direction of a TCP connection, put in order without keeping any:
 * which of a segment are new, which were lost, and where they stand in the stream.
 *
 * A hole is given up when the other side acknowledged it and the sender went on: only
 * then was it lost by the capture and not on the way. Where no answers are visible,
 * later data of LEFT_BEHIND bytes decide.
 */
#include "config.h"

#include "flow/flow_priv.h"

#include <string.h>

#define LEFT_BEHIND 65536

/* Content is compared by a hash of the first and last bytes of a segment; a change in
 * the middle of a longer one goes unseen, as does a retransmission cut otherwise. */
#define DIGEST_PART 256

void
flow_stream_open(struct flow_stream *s, uint32_t next)
{
	s->open = true;
	s->next = next;
	s->pos = 0;
}

static void
advance(struct flow_stream *s, uint32_t to)
{
	s->pos += to - s->next;
	s->next = to;
}

static void
drop_blocks(struct flow_stream *s, unsigned at, unsigned n)
{
	s->n_blocks = (uint8_t)(s->n_blocks - n);
	memmove(
	    s->blocks + at, s->blocks + at + n, (s->n_blocks - at) * sizeof *s->blocks);
}

/* Blocks that the settled part has reached become part of it. */
static void
absorb(struct flow_stream *s)
{
	unsigned n = 0;

	while (n < s->n_blocks && flow_seq_diff(s->blocks[n].start, s->next) <= 0) {
		if (flow_seq_diff(s->blocks[n].end, s->next) > 0)
			advance(s, s->blocks[n].end);
		n++;
	}
	if (n > 0)
		drop_blocks(s, 0, n);
}

/* Settles the stream up to `to`: what was not seen is lost. Returns how much. */
static uint32_t
give_up(struct flow_stream *s, uint32_t to)
{
	uint32_t lost = 0, until;

	while (flow_seq_diff(to, s->next) > 0) {
		until = to;
		if (s->n_blocks > 0 && flow_seq_diff(s->blocks[0].start, until) < 0)
			until = s->blocks[0].start;
		lost += until - s->next;
		advance(s, until);
		absorb(s);
	}
	return lost;
}

static bool
is_clean(const struct flow_end *e)
{
	return e->state == FLOW_END_ESTABLISHED ||
	    (e->state == FLOW_END_CLOSED && e->before == FLOW_END_ESTABLISHED);
}

static uint32_t
lose(struct flow *f, enum flow_dir dir, uint32_t to)
{
	struct flow_stream *s = &f->full->stream[dir];
	uint32_t lost = give_up(s, to);

	if (lost == 0)
		return 0;
	s->missed_bytes += lost;
	if (is_clean(&f->end[0]) && is_clean(&f->end[1]))
		flow_history_scaled(f, dir, &s->gaps, 'G');
	return lost;
}

/* The other side's word on what it has; the number of a FIN is no byte. */
static uint32_t
acked_bytes(const struct flow_end *e)
{
	return e->fin_known && flow_seq_diff(e->acked, e->fin) > 0 ? e->fin : e->acked;
}

/* A single number that no byte is known for: a FIN that was not seen? */
static bool
may_be_fin(const struct flow_end *e, const struct flow_stream *s, uint32_t to)
{
	return !e->fin_known && to == s->next + 1;
}

void
flow_stream_settle(
    struct flow *f, enum flow_dir dir, const struct packet *p, struct flow_packet *fp_r)
{
	struct flow_stream *s = &f->full->stream[dir];
	const struct flow_end *e = &f->end[dir];
	uint32_t to;

	if (!s->open)
		return;
	fp_r->next = s->pos;
	if (f->end[!dir].seen) {
		to = acked_bytes(e);
		if (flow_seq_diff(to, p->tcp.seq) > 0)
			to = p->tcp.seq;
		if (p->payload_len == 0 && may_be_fin(e, s, to))
			return;
	} else {
		to = s->n_blocks > 0 ? s->blocks[0].start : s->next;
		if (flow_seq_diff(e->sent, s->next) <= LEFT_BEHIND)
			return;
	}
	if (flow_seq_diff(to, s->next) <= 0)
		return;
	fp_r->gap += lose(f, dir, to);
	fp_r->next = s->pos;
}

void
flow_stream_jump(
    struct flow *f, enum flow_dir dir, uint32_t seq, struct flow_packet *fp_r)
{
	struct flow_stream *s = &f->full->stream[dir];

	if (!s->open)
		return;
	if (flow_seq_diff(seq, s->next) > 0)
		fp_r->gap += lose(f, dir, seq);
	else
		s->n_blocks = 0;
	s->next = seq;
}

void
flow_stream_finish(struct flow *f, enum flow_dir dir)
{
	struct flow_stream *s = &f->full->stream[dir];
	const struct flow_end *e = &f->end[dir];
	uint32_t to = acked_bytes(e);

	if (!s->open)
		return;
	if (!f->end[!dir].seen)
		to = s->n_blocks > 0 ? s->blocks[s->n_blocks - 1].end : s->next;
	else if (may_be_fin(e, s, to))
		return;
	if (flow_seq_diff(to, s->next) > 0)
		lose(f, dir, to);
}

/* Two full lists of blocks become one less: the smallest hole counts as seen. */
static void
forget_hole(struct flow_stream *s)
{
	unsigned best = 0;
	uint32_t hole, least = UINT32_MAX;

	for (unsigned i = 0; i + 1 < s->n_blocks; i++) {
		hole = s->blocks[i + 1].start - s->blocks[i].end;
		if (hole < least) {
			least = hole;
			best = i;
		}
	}
	s->blocks[best].end = s->blocks[best + 1].end;
	drop_blocks(s, best + 1, 1);
}

/*
 * Enters [start, end), all beyond `next`. The part that is new, from the first new byte
 * to the last, is left in *start and *end; returns how many bytes of it are.
 */
static uint32_t
enter_block(struct flow_stream *s, uint32_t *start, uint32_t *end)
{
	struct flow_block merged = {*start, *end};
	uint32_t old = 0;
	unsigned at = 0, n = 0;

	while (at < s->n_blocks && flow_seq_diff(s->blocks[at].end, *start) < 0)
		at++;
	for (unsigned i = at;
	     i < s->n_blocks && flow_seq_diff(s->blocks[i].start, *end) <= 0;
	     i++, n++) {
		const struct flow_block *b = &s->blocks[i];
		uint32_t from = flow_seq_diff(b->start, *start) > 0 ? b->start : *start;
		uint32_t to = flow_seq_diff(b->end, *end) < 0 ? b->end : *end;

		old += to - from;
		if (flow_seq_diff(b->start, merged.start) < 0)
			merged.start = b->start;
		if (flow_seq_diff(b->end, merged.end) > 0)
			merged.end = b->end;
	}
	if (n > 0 && merged.start != *start)
		*start = s->blocks[at].end;
	if (n > 0 && merged.end != *end)
		*end = s->blocks[at + n - 1].start;
	if (n > 1)
		drop_blocks(s, at + 1, n - 1);
	else if (n == 0) {
		memmove(s->blocks + at + 1, s->blocks + at,
		    (s->n_blocks - at) * sizeof *s->blocks);
		s->n_blocks++;
	}
	s->blocks[at] = merged;
	return old;
}

static inline uint64_t
rotl(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static void
digest_part(uint64_t lane[4], const uint8_t *data, uint32_t len)
{
	uint64_t w[4];

	for (; len > 0; data += sizeof w, len -= sizeof w) {
		if (len < sizeof w) {
			memset(w, 0, sizeof w);
			memcpy(w, data, len);
			len = sizeof w;
		} else
			memcpy(w, data, sizeof w);
		for (int k = 0; k < 4; k++) {
			lane[k] = (lane[k] ^ w[k]) * UINT64_C(0xd6e8feb86659fd93);
			lane[k] ^= lane[k] >> 32;
		}
	}
}

static uint32_t
digest(const uint8_t *data, uint32_t len)
{
	uint64_t lane[4] = {len, 1, 2, 3};

	if (len <= 2 * DIGEST_PART)
		digest_part(lane, data, len);
	else {
		digest_part(lane, data, DIGEST_PART);
		digest_part(lane, data + len - DIGEST_PART, DIGEST_PART);
	}
	return (uint32_t)hash_mix(
	    lane[0] + rotl(lane[1], 13) + rotl(lane[2], 29) + rotl(lane[3], 43));
}

/* A segment that came before with other content is two stories for one stream. */
static void
compare(struct flow *f, struct flow_stream *s, const struct packet *p, uint32_t seq)
{
	struct flow_recent now = {seq, p->payload_len, 0};

	if (p->payload_cap < p->payload_len)
		return;
	now.digest = digest(p->payload, p->payload_len);
	for (unsigned i = 0; i < s->n_recent; i++) {
		const struct flow_recent *r = &s->recent[i];

		if (r->seq != now.seq || r->len != now.len)
			continue;
		if (r->digest != now.digest)
			flow_add_anomaly(f, ANOMALY_TCP_RETRANSMIT_DIFFERS);
		return;
	}
	s->recent[s->recent_at] = now;
	s->recent_at = (uint8_t)((s->recent_at + 1) % FLOW_RECENT_MAX);
	if (s->n_recent < FLOW_RECENT_MAX)
		s->n_recent++;
}

static void
count_old(struct flow_stream *s, uint32_t old)
{
	if (old == 0)
		return;
	s->retransmitted_packets++;
	s->retransmitted_bytes += old;
}

/* The segment reaches what is settled: the stream goes on, over blocks it meets. */
static void
in_order(struct flow_stream *s, uint32_t seq, uint32_t end, struct flow_packet *fp_r)
{
	uint32_t skip = s->next - seq, old = skip, last = end;

	fp_r->pos = s->pos;
	for (unsigned i = 0; i < s->n_blocks; i++) {
		const struct flow_block *b = &s->blocks[i];

		if (flow_seq_diff(b->start, end) >= 0)
			break;
		old += (flow_seq_diff(b->end, end) < 0 ? b->end : end) - b->start;
		if (flow_seq_diff(b->end, end) >= 0)
			last = b->start; /* the tail came before */
	}
	count_old(s, old);
	fp_r->skip = skip;
	fp_r->len = last - s->next;
	advance(s, end);
	absorb(s);
}

static void
ahead(struct flow_stream *s, uint32_t seq, uint32_t end, struct flow_packet *fp_r)
{
	uint32_t from = seq, to = end, old;

	if (s->n_blocks == FLOW_BLOCKS_MAX)
		forget_hole(s);
	old = enter_block(s, &from, &to);
	count_old(s, old);
	if (old == end - seq)
		return;
	fp_r->skip = from - seq;
	fp_r->len = to - from;
	fp_r->early = from - s->next;
	fp_r->pos = s->pos + fp_r->early;
}

void
flow_stream_segment(struct flow *f, enum flow_dir dir, const struct packet *p,
    uint32_t seq, struct flow_packet *fp_r)
{
	struct flow_stream *s = &f->full->stream[dir];
	uint32_t end = seq + p->payload_len;

	compare(f, s, p, seq);
	if (flow_seq_diff(end, s->next) <= 0) {
		/* What comes before the first byte seen midstream is unknown, not old.
		 */
		count_old(s, p->payload_len);
		fp_r->pos = s->pos;
	} else if (flow_seq_diff(seq, s->next) <= 0)
		in_order(s, seq, end, fp_r);
	else
		ahead(s, seq, end, fp_r);
	if (fp_r->len > 0 && flow_seq_diff(seq + fp_r->skip, f->end[dir].sent) < 0)
		s->out_of_order++;
	fp_r->next = s->pos;
}
