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

/* IPv4: the address; IPv6: the /64. */
static uint64_t
prefix_of(const struct flow_key *key, bool hi)
{
	uint64_t prefix;

	memcpy(&prefix, hi ? key->hi : key->lo, sizeof prefix);
	return prefix;
}

static struct flow_source **
bucket_of(struct flow_table *t, uint64_t prefix, uint32_t family)
{
	const uint64_t who[2] = {prefix, family};

	return &t->source_buckets[hash_keyed(&t->hash_key, who, sizeof who) &
	    t->source_mask];
}

void
flow_source_prefetch(struct flow_table *t, const struct flow_key *key, bool hi)
{
	__builtin_prefetch(bucket_of(t, prefix_of(key, hi), key->family));
}

static struct flow_source *
find_or_make(struct flow_table *t, const struct flow *f)
{
	uint64_t prefix = prefix_of(&f->key, f->initiator_hi);
	struct flow_source **bucket = bucket_of(t, prefix, f->key.family), *s;

	for (s = *bucket; s != NULL; s = s->chain) {
		if (s->prefix == prefix && s->family == f->key.family)
			return s;
	}
	s = pool_get(&t->sources);
	if (s == NULL)
		return NULL;
	s->prefix = prefix;
	s->family = f->key.family;
	memset(s->count, 0, sizeof s->count);
	s->chain = *bucket;
	*bucket = s;
	return s;
}

bool
flow_source_add(struct flow_table *t, struct flow *f)
{
	unsigned n = f->tier, rank, before;
	struct flow_source *s = find_or_make(t, f);

	if (s == NULL)
		return false;
	if (s->count[n] == 0)
		TAILQ_INIT(&s->holding[n].flows);
	TAILQ_INSERT_TAIL(&s->holding[n].flows, f, by_source);
	f->source = s;
	before = rank_of(s->count[n]);
	rank = rank_of(++s->count[n]);
	if (s->count[n] > 1 && rank == before && rank > 0)
		return true;
	if (s->count[n] > 1)
		leave_rank(&t->tiers[n], n, s, before);
	enter_rank(&t->tiers[n], n, s, rank);
	return true;
}

static void
drop_source(struct flow_table *t, struct flow_source *s)
{
	struct flow_source **at = bucket_of(t, s->prefix, s->family);

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
	if (s->count[0] + s->count[1] + s->count[2] == 0)
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
