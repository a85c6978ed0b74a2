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
leave_rank(struct flow_tier_lists *tier, unsigned n, struct flow_source *s)
{
	struct flow_holding *h = &s->holding[n];

	TAILQ_REMOVE(&tier->ranks[h->rank], s, holding[n].by_rank);
	if (TAILQ_EMPTY(&tier->ranks[h->rank]))
		tier->rank_bits &= ~(UINT32_C(1) << h->rank);
}

static void
enter_rank(
    struct flow_tier_lists *tier, unsigned n, struct flow_source *s, unsigned rank)
{
	s->holding[n].rank = rank;
	TAILQ_INSERT_TAIL(&tier->ranks[rank], s, holding[n].by_rank);
	tier->rank_bits |= UINT32_C(1) << rank;
}

/* IPv4: the address; IPv6: the /64. */
static uint64_t
prefix_of(const struct flow *f)
{
	const uint8_t *bytes = f->initiator_hi ? f->key.hi : f->key.lo;
	uint64_t prefix;

	memcpy(&prefix, bytes, sizeof prefix);
	return prefix;
}

static struct flow_source **
bucket_of(struct flow_table *t, uint64_t prefix, uint8_t family)
{
	uint8_t bytes[9];

	memcpy(bytes, &prefix, sizeof prefix);
	bytes[8] = family;
	return &t->source_buckets[hash_keyed(&t->hash_key, bytes, sizeof bytes) &
	    t->source_mask];
}

static struct flow_source *
find_or_make(struct flow_table *t, const struct flow *f)
{
	uint64_t prefix = prefix_of(f);
	struct flow_source **bucket = bucket_of(t, prefix, f->key.family), *s;

	for (s = *bucket; s != NULL; s = s->chain) {
		if (s->prefix == prefix && s->family == f->key.family)
			return s;
	}
	s = pool_get(&t->sources);
	if (s == NULL)
		return NULL;
	memset(s, 0, sizeof *s);
	s->prefix = prefix;
	s->family = f->key.family;
	for (unsigned n = 0; n < FLOW_N_TIERS; n++)
		TAILQ_INIT(&s->holding[n].flows);
	s->chain = *bucket;
	*bucket = s;
	return s;
}

bool
flow_source_add(struct flow_table *t, struct flow *f)
{
	unsigned n = f->tier, rank;
	struct flow_source *s = find_or_make(t, f);
	struct flow_holding *h;

	if (s == NULL)
		return false;
	h = &s->holding[n];
	TAILQ_INSERT_TAIL(&h->flows, f, by_source);
	f->source = s;
	rank = rank_of(++h->count);
	if (h->count > 1 && rank == h->rank && rank > 0)
		return true;
	if (h->count > 1)
		leave_rank(&t->tiers[n], n, s);
	enter_rank(&t->tiers[n], n, s, rank);
	return true;
}

static bool
holds_nothing(const struct flow_source *s)
{
	for (unsigned n = 0; n < FLOW_N_TIERS; n++) {
		if (s->holding[n].count > 0)
			return false;
	}
	return true;
}

void
flow_source_remove(struct flow_table *t, struct flow *f)
{
	unsigned n = f->tier;
	struct flow_source *s = f->source, **at;
	struct flow_holding *h = &s->holding[n];

	TAILQ_REMOVE(&h->flows, f, by_source);
	f->source = NULL;
	h->count--;
	if (h->count == 0 || rank_of(h->count) != h->rank) {
		leave_rank(&t->tiers[n], n, s);
		if (h->count > 0)
			enter_rank(&t->tiers[n], n, s, rank_of(h->count));
	}
	if (!holds_nothing(s))
		return;
	at = bucket_of(t, s->prefix, s->family);
	while (*at != s)
		at = &(*at)->chain;
	*at = s->chain;
	pool_put(&t->sources, s);
}

struct flow *
flow_victim(struct flow_table *t, enum flow_tier n)
{
	struct flow_tier_lists *tier = &t->tiers[n];
	struct flow *f = TAILQ_FIRST(&tier->queue[FLOW_CLASS_TCP_CLOSED]);
	unsigned top;

	if (f != NULL && f->used + LINGER_MIN <= t->now)
		return f;
	if (tier->rank_bits == 0)
		return NULL;
	top = 31 - (unsigned)__builtin_clz(tier->rank_bits);
	return TAILQ_FIRST(&TAILQ_FIRST(&tier->ranks[top])->holding[n].flows);
}
