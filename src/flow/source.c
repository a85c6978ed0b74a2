/*
 * Sources: who holds how many flows of each tier, and who has to give one up when a
 * tier is full. The source in the highest rank gives its flow that was not used for
 * longest; in the lowest rank, where nobody is to blame, the source goes first that has
 * not opened a flow for longest. Every step is O(1) and follows the packets alone.
 */
#include "config.h"

#include "flow/flow_priv.h"

#include <string.h>

/* A closed connection waits this long for its last segments, whatever the need. */
#define LINGER_MIN INT64_C(1000000000)

static unsigned
rank_of(uint32_t count)
{
	if (count < FLOW_SMALL_SOURCE)
		return 0;
	return 28 - (unsigned)__builtin_clz(count); /* 1 from 16 on, 2 from 32 on */
}

static void
leave_rank(
    struct flow_tier_lists *tier, unsigned n, struct flow_source *s, unsigned rank)
{
	TAILQ_REMOVE(&tier->ranks[rank], s, holding[n].by_rank);
	if (TAILQ_EMPTY(&tier->ranks[rank]))
		tier->rank_bits &= ~(UINT32_C(1) << rank);
}

static void
enter_rank(
    struct flow_tier_lists *tier, unsigned n, struct flow_source *s, unsigned rank)
{
	TAILQ_INSERT_TAIL(&tier->ranks[rank], s, holding[n].by_rank);
	tier->rank_bits |= UINT32_C(1) << rank;
}

/* Addresses that their network gives out one by one: fc00::/7, fe80::/10. */
static bool
is_local(const uint8_t *ip6)
{
	return (ip6[0] & 0xfe) == 0xfc || (ip6[0] == 0xfe && (ip6[1] & 0xc0) == 0x80);
}

static void
name_source(const struct flow_key *key, bool hi, struct flow_source_name *name_r)
{
	const uint8_t *bytes = hi ? key->hi : key->lo;
	bool whole = key->family == 4 || is_local(bytes);

	memset(name_r, 0, sizeof *name_r);
	memcpy(name_r->address, bytes, whole ? 16 : 8);
	name_r->family = key->family;
}

static struct flow_source **
bucket_of(struct flow_table *t, const struct flow_source_name *name)
{
	return &t->source_buckets[hash_keyed(&t->hash_key, name, sizeof *name) &
	    t->source_mask];
}

/* Who sent the first packet made the flow; a proven initiator answers for it. */
static bool
payer_is_hi(const struct flow *f)
{
	return f->proven ? f->initiator_hi : f->first_hi;
}

void
flow_source_prefetch(struct flow_table *t, const struct flow_key *key, bool hi)
{
	struct flow_source_name name;

	name_source(key, hi, &name);
	__builtin_prefetch(bucket_of(t, &name));
}

static struct flow_source *
find_or_make(struct flow_table *t, const struct flow *f)
{
	struct flow_source_name name;
	struct flow_source **bucket, *s;

	name_source(&f->key, payer_is_hi(f), &name);
	bucket = bucket_of(t, &name);
	for (s = *bucket; s != NULL; s = s->chain) {
		if (memcmp(&s->name, &name, sizeof name) == 0)
			return s;
	}
	s = pool_get(&t->sources);
	if (s == NULL)
		return &t->nobody;
	s->name = name;
	memset(s->count, 0, sizeof s->count);
	s->chain = *bucket;
	*bucket = s;
	return s;
}

void
flow_source_add(struct flow_table *t, struct flow *f)
{
	unsigned n = f->tier, rank, before;
	struct flow_source *s = find_or_make(t, f);

	if (s->count[n] == 0)
		TAILQ_INIT(&s->holding[n].flows);
	TAILQ_INSERT_TAIL(&s->holding[n].flows, f, by_source);
	f->source = s;
	before = rank_of(s->count[n]);
	rank = rank_of(++s->count[n]);
	if (s->count[n] > 1 && rank == before && rank > 0)
		return;
	if (s->count[n] > 1)
		leave_rank(&t->tiers[n], n, s, before);
	enter_rank(&t->tiers[n], n, s, rank);
}

static void
drop_source(struct flow_table *t, struct flow_source *s)
{
	struct flow_source **at = bucket_of(t, &s->name);

	while (*at != s)
		at = &(*at)->chain;
	*at = s->chain;
	pool_put(&t->sources, s);
}

void
flow_source_remove(struct flow_table *t, struct flow *f)
{
	unsigned n = f->tier, rank, before;
	struct flow_source *s = f->source;

	TAILQ_REMOVE(&s->holding[n].flows, f, by_source);
	f->source = NULL;
	before = rank_of(s->count[n]);
	rank = rank_of(--s->count[n]);
	if (s->count[n] == 0 || rank != before) {
		leave_rank(&t->tiers[n], n, s, before);
		if (s->count[n] > 0)
			enter_rank(&t->tiers[n], n, s, rank);
	}
	if (s != &t->nobody && s->count[0] + s->count[1] + s->count[2] == 0)
		drop_source(t, s);
}

struct flow *
flow_victim(struct flow_table *t, enum flow_tier n)
{
	struct flow_tier_lists *tier = &t->tiers[n];
	struct flow *f = TAILQ_FIRST(&tier->queue[FLOW_CLASS_TCP_CLOSED]);
	struct flow_source *s, *next;
	unsigned top;

	if (f != NULL && f->used + LINGER_MIN <= t->now)
		return f;
	if (tier->rank_bits == 0)
		return NULL;
	top = 31 - (unsigned)__builtin_clz(tier->rank_bits);
	s = TAILQ_FIRST(&tier->ranks[top]);
	/* In a flood of sources the next victims are known: fetch them meanwhile. */
	next = TAILQ_NEXT(s, holding[n].by_rank);
	if (next != NULL) {
		flow_prefetch(
		    TAILQ_FIRST(&next->holding[n].flows), sizeof(struct flow));
		flow_prefetch(TAILQ_NEXT(next, holding[n].by_rank), sizeof *next);
	}
	return TAILQ_FIRST(&s->holding[n].flows);
}
