/* Endpoints and the places that they take over from each other. */
#include "config.h"

#include "flow/meter_places.h"

#include <errno.h>
#include <stdlib.h>

#include "tallyman/hash.h"

static int
chains_init(struct places *t)
{
	struct hash_key key;
	unsigned bits = 4;

	while ((UINT64_C(1) << bits) < (uint64_t)t->cap * 2)
		bits++;
	t->shift = 64 - bits;
	hash_key_random(&key);
	t->key[0] = key.k0 | 1;
	t->key[1] = key.k1 | 1;
	t->heads = malloc(sizeof *t->heads << bits);
	if (t->heads == NULL)
		return -ENOMEM;
	memset(t->heads, 0xff, sizeof *t->heads << bits);
	return 0;
}

int
places_init(struct places *t, uint32_t cap)
{
	memset(t, 0, sizeof *t);
	t->cap = cap < 2 ? 2 : cap;
	t->all = aligned_alloc(64, t->cap * sizeof *t->all);
	if (t->all == NULL || chains_init(t) < 0 ||
	    least_init(&t->least, &t->all->weight,
		sizeof *t->all / sizeof t->all->weight, t->cap) < 0) {
		places_fini(t);
		return -ENOMEM;
	}
	return 0;
}

void
places_fini(struct places *t)
{
	least_fini(&t->least);
	free(t->heads);
	free(t->all);
	memset(t, 0, sizeof *t);
}

void
places_reset(struct places *t)
{
	if (t->used == 0)
		return;
	for (uint32_t i = 0; i < t->used; i++)
		*places_chain(t, &t->all[i].meter.endpoint) = PLACES_NONE;
	least_reset(&t->least);
	t->used = 0;
	t->floor = 0;
}

static void
unlink_place(struct places *t, uint32_t i)
{
	uint32_t *link = places_chain(t, &t->all[i].meter.endpoint);

	while (*link != i)
		link = &t->all[*link].next;
	*link = t->all[i].next;
}

/* The number of a place that is free: a fresh one, or the one with the least weight. */
static uint32_t
vacate(struct places *t)
{
	uint32_t i;

	if (t->used < t->cap)
		return t->used++;
	i = least_take(&t->least);
	unlink_place(t, i);
	t->floor = t->all[i].weight;
	t->replaced++;
	return i;
}

struct place *
places_claim(struct places *t, const struct addr *endpoint, uint64_t n)
{
	uint32_t i = vacate(t), *chain = places_chain(t, endpoint);
	struct place *p = &t->all[i];

	memset(p, 0, sizeof *p);
	p->meter.endpoint = *endpoint;
	p->meter.error = t->floor;
	p->weight = t->floor + n;
	p->next = *chain;
	*chain = i;
	least_put(&t->least, i);
	return p;
}
