/*
 * Copies of inputs, overlapping in time, as one capture.
 *
 * The list of inputs is played in rounds, each in a new random order. A copy starts a
 * mean duration divided by the overlap after the one before, give or take half of that,
 * so that about `overlap` of them run at a time. A heap hands out the earliest packet.
 */
#include "config.h"

#include "mix.h"

#include <stdlib.h>
#include <string.h>

#define LOCAL_POOL  65536u /* /24 networks in 10/8 */
#define PORT_STRIDE 7919u  /* odd: an ephemeral port stays one of its own */
#define SPACING_MIN 2u /* microseconds: time goes on even if inputs have no length */
#define FRAME_MAX   (256u * 1024)

struct copy {
	const struct input *in;
	size_t next; /* packet */
	uint64_t start;
	uint64_t number;
	uint16_t mac_key, v4_key;
	uint32_t v6_key;
	uint32_t local_base; /* its first /24 of the pool */
	uint32_t port_shift, port_shift_copy;
};

struct heap {
	struct copy **items;
	size_t n, cap;
};

struct stage {
	struct play *play;
	struct heap heap;
	size_t *order; /* of the round: indices of inputs */
	size_t at;     /* in order */
	uint64_t next_start;
	uint64_t spacing;
	uint64_t local_used; /* /24 networks handed out */
	uint64_t rng;
	uint8_t *frame;
};

/* SplitMix64 */
uint64_t
mix_hash(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static uint64_t
draw(struct stage *s, uint64_t below)
{
	s->rng = mix_hash(s->rng);
	return below == 0 ? 0 : s->rng % below;
}

static uint64_t
due(const struct copy *c)
{
	return c->start + c->in->packets[c->next].usec;
}

static bool
earlier(const struct copy *a, const struct copy *b)
{
	uint64_t x = due(a), y = due(b);

	return x != y ? x < y : a->number < b->number;
}

static void
swap(struct heap *h, size_t i, size_t j)
{
	struct copy *c = h->items[i];

	h->items[i] = h->items[j];
	h->items[j] = c;
}

static void
heap_push(struct heap *h, struct copy *c)
{
	size_t i = h->n;

	h->items = grow(h->items, h->n, &h->cap, sizeof(struct copy *));
	h->items[h->n++] = c;
	for (; i > 0 && earlier(h->items[i], h->items[(i - 1) / 2]); i = (i - 1) / 2)
		swap(h, i, (i - 1) / 2);
}

/* Puts the first item, whose time has changed, in its place. */
static void
heap_sink(struct heap *h)
{
	size_t i = 0, child;

	while ((child = 2 * i + 1) < h->n) {
		if (child + 1 < h->n && earlier(h->items[child + 1], h->items[child]))
			child++;
		if (!earlier(h->items[child], h->items[i]))
			return;
		swap(h, i, child);
		i = child;
	}
}

static void
heap_drop_first(struct heap *h)
{
	free(h->items[0]);
	h->items[0] = h->items[--h->n];
	heap_sink(h);
}

static uint32_t
get32(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void
put32(uint8_t *b, uint32_t v)
{
	b[0] = (uint8_t)(v >> 24);
	b[1] = (uint8_t)(v >> 16);
	b[2] = (uint8_t)(v >> 8);
	b[3] = (uint8_t)v;
}

static uint32_t
fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/* RFC 1624: the sum of the covered words has grown by diff, in one's complement. */
static void
fix_sum(uint8_t *sum, const struct fix *fix, uint32_t diff)
{
	uint32_t old = (uint32_t)sum[0] << 8 | sum[1];
	uint32_t grown = fix->sign > 0 ? diff : ~diff & 0xffff;
	uint32_t new = ~fold((~old & 0xffff) + grown) & 0xffff;

	if (new == 0 && fix->udp)
		new = 0xffff;
	sum[0] = (uint8_t)(new >> 8);
	sum[1] = (uint8_t) new;
}

static uint32_t
shift_port(const uint8_t *b, uint32_t shift)
{
	uint32_t port = (uint32_t)b[0] << 8 | b[1];

	return 0x8000 | ((port + shift) & 0x7fff);
}

/* What stands at an edit in this copy: 4 bytes, of which an edit of a port leaves the
 * last two alone. */
static uint32_t
edited(const struct copy *c, const struct edit *e, const uint8_t *b)
{
	uint32_t old = get32(b), net;

	switch ((enum edit_kind)e->kind) {
	case EDIT_MAC:
	case EDIT_V6_LINK:
		return old ^ (uint32_t)c->mac_key << 8;
	case EDIT_V4_LOCAL:
		net = (c->local_base + e->prefix) % LOCAL_POOL;
		return 10u << 24 | net << 8 | (old & 0xff);
	case EDIT_V4_GLOBAL:
		return old ^ (uint32_t)c->v4_key << 8;
	case EDIT_V4_NARROW:
		return old ^ (c->v4_key & 0xffu) << 8;
	case EDIT_V6_GLOBAL:
		return old ^ c->v6_key;
	case EDIT_PORT:
		return shift_port(b, c->port_shift) << 16 | (old & 0xffff);
	case EDIT_PORT_COPY:
		return shift_port(b, c->port_shift_copy) << 16 | (old & 0xffff);
	}
	return old;
}

static void
apply(const struct copy *c, const struct edit *e, uint8_t *frame)
{
	uint8_t *b = frame + e->off;
	uint32_t old = get32(b), new = edited(c, e, b), diff;
	unsigned i;

	if (new == old)
		return;
	put32(b, new);
	diff = fold((new >> 16) + (new & 0xffff) + (~old >> 16) + (~old & 0xffff));
	for (i = 0; i < e->n_fixes; i++)
		fix_sum(frame + e->fixes[i].off, &e->fixes[i], diff);
}

static void
write_next(struct stage *s, struct output *out)
{
	struct copy *c = s->heap.items[0];
	const struct packet *p = &c->in->packets[c->next];
	uint32_t i;

	memcpy(s->frame, c->in->data + p->data, p->caplen);
	for (i = 0; i < p->n_edits; i++)
		apply(c, &c->in->edits[p->edits + i], s->frame);
	output_packet(out, due(c), s->frame, p->caplen, p->len);
	if (++c->next == c->in->n_packets)
		heap_drop_first(&s->heap);
	else
		heap_sink(&s->heap);
}

static void
new_round(struct stage *s)
{
	size_t n = s->play->n_inputs, i, j, t;

	for (i = n; i > 1; i--) {
		j = draw(s, i);
		t = s->order[i - 1];
		s->order[i - 1] = s->order[j];
		s->order[j] = t;
	}
	s->at = 0;
}

static struct copy *
copy_new(struct stage *s, const struct input *in)
{
	struct copy *c = NULL;
	size_t cap = 0;
	uint64_t n = s->play->copies++, reuse;
	uint64_t salt = mix_hash(s->play->seed);

	c = grow(NULL, 0, &cap, sizeof *c);
	*c = (struct copy){.in = in, .start = s->next_start, .number = n};
	/* bijections of n: no two copies among 65536 have the same key */
	c->mac_key = (uint16_t)((n * 40503) ^ salt);
	c->v4_key = (uint16_t)((n * 52463) ^ salt >> 16);
	c->v6_key = (uint32_t)((n * 2654435761u) ^ salt >> 32);
	c->local_base = (uint32_t)(s->local_used % LOCAL_POOL);
	/* how often the last of its networks has been used before */
	reuse = (s->local_used + in->n_prefixes - (in->n_prefixes > 0)) / LOCAL_POOL;
	c->port_shift = (uint32_t)reuse * PORT_STRIDE;
	c->port_shift_copy = (uint32_t)n * PORT_STRIDE;
	s->local_used += in->n_prefixes;
	s->play->flows += in->n_flows;
	s->play->reused += reuse > 0;
	return c;
}

static void
start_copy(struct stage *s)
{
	const struct input *in = s->play->inputs[s->order[s->at++]];

	heap_push(&s->heap, copy_new(s, in));
	s->next_start += s->spacing / 2 + draw(s, s->spacing + 1);
}

/* Whether one more copy starts, given the packets written so far. */
static bool
more_copies(struct stage *s)
{
	if (s->at < s->play->n_inputs)
		return true;
	if (s->play->packets == 0)
		return false;
	new_round(s);
	return true;
}

static void
stage_init(struct stage *s, struct play *p)
{
	uint64_t usec = 0;
	size_t i, cap = 0, frame_cap = 0;

	*s = (struct stage){.play = p, .rng = mix_hash(p->seed + 1)};
	s->order = grow(NULL, p->n_inputs, &cap, sizeof *s->order);
	s->frame = grow(NULL, FRAME_MAX, &frame_cap, 1);
	for (i = 0; i < p->n_inputs; i++) {
		s->order[i] = i;
		usec += p->inputs[i]->usec;
	}
	if (p->n_inputs > 0) {
		s->spacing = usec / p->n_inputs / p->overlap;
		if (s->spacing < SPACING_MIN)
			s->spacing = SPACING_MIN;
		new_round(s);
	}
}

static void
stage_fini(struct stage *s)
{
	while (s->heap.n > 0)
		heap_drop_first(&s->heap);
	free(s->heap.items);
	free(s->order);
	free(s->frame);
}

/* Starts the copies that are due before the earliest packet; its time, or UINT64_MAX.
 */
static uint64_t
copies_next(struct stage *s, uint64_t written)
{
	if (s->play->n_inputs == 0)
		return UINT64_MAX;
	if (s->play->packets > 0 && written >= s->play->packets)
		return UINT64_MAX;
	while ((s->heap.n == 0 || s->next_start <= due(s->heap.items[0])) &&
	    more_copies(s))
		start_copy(s);
	return s->heap.n > 0 ? due(s->heap.items[0]) : UINT64_MAX;
}

void
play_run(struct play *p, struct flood *f, struct output *out)
{
	struct stage s;
	uint64_t written = 0, copies, flood;

	stage_init(&s, p);
	for (;;) {
		copies = copies_next(&s, written);
		flood = flood_next(f);
		if (copies == UINT64_MAX && flood == UINT64_MAX)
			break;
		if (flood <= copies) {
			flood_write(f, out);
		} else {
			write_next(&s, out);
			written++;
		}
	}
	stage_fini(&s);
}
