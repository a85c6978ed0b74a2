/*
 * Packets that are announced: their flows are fetched into the cache step by step, one
 * step with each announcement (bucket, entry, stream), and their hash is kept until
 * they come. A flow may end meanwhile; pools never give memory back, so looking at it
 * does no harm.
 */
#include "config.h"

#include "flow/flow_priv.h"

#include <string.h>

static struct flow_ahead *
ahead_at(struct flow_table *t, uint32_t n)
{
	return &t->ahead[n % FLOW_AHEAD];
}

void
flow_table_prefetch(struct flow_table *t, const struct packet *p)
{
	struct flow_ahead *a = ahead_at(t, t->n_ahead);
	const struct flow *f;

	if (p->fragment || p->result != DECODE_IP)
		return;
	flow_key_in(t, p, &a->key);
	a->hash = flow_key_hash(t, &a->key);
	a->flow = NULL;
	__builtin_prefetch(&t->buckets[a->hash & t->mask]);

	a = ahead_at(t, t->n_ahead - 1);
	a->flow = t->buckets[a->hash & t->mask];
	flow_prefetch(a->flow, offsetof(struct flow, by_use));

	f = ahead_at(t, t->n_ahead - 2)->flow;
	if (f != NULL && f->full != NULL)
		flow_prefetch(f->full, sizeof *f->full);
	t->n_ahead++;
	if (t->n_ahead - t->n_came > FLOW_AHEAD)
		t->n_came = t->n_ahead - FLOW_AHEAD;
}

uint32_t
flow_ahead_hash(struct flow_table *t, const struct flow_key *key)
{
	for (uint32_t n = t->n_came; n != t->n_ahead; n++) {
		const struct flow_ahead *a = ahead_at(t, n);

		if (memcmp(&a->key, key, sizeof *key) != 0)
			continue;
		t->n_came = n + 1;
		return a->hash;
	}
	return flow_key_hash(t, key);
}
