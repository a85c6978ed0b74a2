/*
 * Which of many growing weights is the least, asked seldom. An item waits at the level
 * of the weight that it had when it was put there; when its turn comes and it has
 * grown, it moves on. So growing costs nothing, and an item moves at most once for each
 * time that it grew. Items are numbers below a cap; of equal weights the one that has
 * waited longest comes first.
 */
#ifndef FLOW_SKETCH_LEAST_H
#define FLOW_SKETCH_LEAST_H

#include <stdint.h>

#define LEAST_LEVELS 256
#define LEAST_NONE   UINT32_MAX

struct least_level {
	uint32_t head, tail;
};

struct least {
	const uint64_t *weights; /* borrowed; of item i at weights[i * stride] */
	uint32_t stride;         /* in weights */
	uint32_t *next;          /* by item */
	uint64_t base;           /* weight of level 0 */
	uint32_t lowest;         /* no item waits at a level below */
	struct least_level levels[LEAST_LEVELS];
	struct least_level beyond; /* heavier than the levels */
};

/* Weights never shrink while their item is in. Returns 0 or -ENOMEM. */
int least_init(struct least *l, const uint64_t *weights, uint32_t stride, uint32_t cap);
void least_fini(struct least *l);
/* Takes all items out. */
void least_reset(struct least *l);

/* Puts item in, which is out and weighs no less than the last one taken. */
void least_put(struct least *l, uint32_t item);
/* Takes the item with the least weight out; LEAST_NONE when there is none. */
uint32_t least_take(struct least *l);

#endif
