/* Levels of waiting items, as least.h says. */
#include "config.h"

#include "flow/sketch/least.h"

#include <errno.h>
#include <stdlib.h>

static const struct least_level empty = {LEAST_NONE, LEAST_NONE};

int
least_init(struct least *l, const uint64_t *weights, uint32_t stride, uint32_t cap)
{
	l->weights = weights;
	l->stride = stride;
	l->next = calloc(cap, sizeof *l->next);
	if (l->next == NULL)
		return -ENOMEM;
	least_reset(l);
	return 0;
}

void
least_fini(struct least *l)
{
	free(l->next);
	l->next = NULL;
}

void
least_reset(struct least *l)
{
	for (unsigned i = 0; i < LEAST_LEVELS; i++)
		l->levels[i] = empty;
	l->beyond = empty;
	l->base = 0;
	l->lowest = 0;
}

static uint64_t
weight(const struct least *l, uint32_t item)
{
	return l->weights[(size_t)item * l->stride];
}

void
least_put(struct least *l, uint32_t item)
{
	uint64_t above = weight(l, item) - l->base;
	struct least_level *level =
	    above < LEAST_LEVELS ? &l->levels[above] : &l->beyond;

	if (above < l->lowest)
		l->lowest = (uint32_t)above;
	l->next[item] = LEAST_NONE;
	if (level->head == LEAST_NONE)
		level->head = item;
	else
		l->next[level->tail] = item;
	level->tail = item;
}

static uint32_t
pop(struct least *l, struct least_level *level)
{
	uint32_t item = level->head;

	if (item != LEAST_NONE)
		level->head = l->next[item];
	return item;
}

/* All levels are empty: lets them begin at the least weight of those beyond. */
static void
raise_levels(struct least *l)
{
	struct least_level beyond = l->beyond;
	uint64_t base = UINT64_MAX;
	uint32_t item;

	for (item = beyond.head; item != LEAST_NONE; item = l->next[item])
		base = weight(l, item) < base ? weight(l, item) : base;
	l->base = base;
	l->lowest = 0;
	l->beyond = empty;
	while ((item = pop(l, &beyond)) != LEAST_NONE)
		least_put(l, item);
}

uint32_t
least_take(struct least *l)
{
	uint32_t item;

	for (;;) {
		if (l->lowest == LEAST_LEVELS) {
			if (l->beyond.head == LEAST_NONE)
				return LEAST_NONE;
			raise_levels(l);
		}
		item = pop(l, &l->levels[l->lowest]);
		if (item == LEAST_NONE)
			l->lowest++;
		else if (weight(l, item) == l->base + l->lowest)
			return item;
		else
			least_put(l, item);
	}
}
