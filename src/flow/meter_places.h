/*
 * A bounded table of endpoints for one second, by Space-Saving: when it is full, a new
 * endpoint takes over the place with the least weight, and the weight with it.
 */
#ifndef FLOW_METER_PLACES_H
#define FLOW_METER_PLACES_H

#include <endian.h>
#include <stdbool.h>
#include <string.h>

#include "flow/sketch/least.h"
#include "tallyman/meter.h"

#define PLACES_NONE UINT32_MAX

/* Eight cache lines, so ordered that counting a packet touches two or three. */
struct place {
	/* Packets and messages counted here, and the error taken over. */
	_Alignas(64) uint64_t weight;
	uint32_t next; /* in its chain */
	union {
		uint32_t asked;  /* shard: the port and role last put into a sketch */
		uint32_t shards; /* merge: bits of those whose parts are in */
	};
	struct addr last_peer; /* shard: the peer last put into the sketch */
	struct meter meter;
};

_Static_assert(sizeof(struct place) == 512, "eight cache lines");

struct places {
	struct place *all;
	uint32_t cap, used; /* all[0 .. used) hold endpoints */
	uint32_t *heads;    /* chains of places by the hash of their endpoint */
	unsigned shift;     /* 64 - log2(number of chains) */
	uint64_t key[2];    /* random; decides where things lie and nothing else */
	struct least least;
	uint64_t floor;    /* the greatest weight that lost its place in this second */
	uint64_t replaced; /* places taken over since the beginning */
};

/* Returns 0 or -ENOMEM. A cap below 2 counts as 2. */
int places_init(struct places *t, uint32_t cap);
void places_fini(struct places *t);
/* Empties the table for the next second. */
void places_reset(struct places *t);

/*
 * A place for an endpoint that has none: its meter is zero but for endpoint and error,
 * its weight is the error and n more, which the caller counts. May end another place.
 */
struct place *places_claim(struct places *t, const struct addr *endpoint, uint64_t n);

static inline bool
places_same(const struct addr *a, const struct addr *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

/* Multiply-shift with random keys: strangers cannot choose addresses that collide. */
static inline uint32_t *
places_chain(const struct places *t, const struct addr *a)
{
	uint64_t words[2], h;

	memcpy(words, a->bytes, sizeof words);
	h = (words[0] + a->family) * t->key[0];
	h = ((h ^ h >> 32) + words[1]) * t->key[1];
	return &t->heads[h >> t->shift];
}

/* The endpoint's place, or NULL. */
static inline struct place *
places_find(const struct places *t, const struct addr *endpoint)
{
	uint32_t i = *places_chain(t, endpoint);

	while (i != PLACES_NONE && !places_same(&t->all[i].meter.endpoint, endpoint))
		i = t->all[i].next;
	return i == PLACES_NONE ? NULL : &t->all[i];
}

#endif
