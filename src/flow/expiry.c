/*
 * What time ends: flows idle for longer than their class allows, and at the end of
 * input all of them. Queues are by last use in steps of FLOW_USE_STEP, so a flow is due
 * when the end of its step is; a packet that comes in between still finds it too old.
 */
#include "config.h"

#include "flow/flow_priv.h"

#include <stdlib.h>

static bool
is_due(const struct flow_table *t, const struct flow *f)
{
	int64_t step_end = ((f->used >> FLOW_USE_STEP) + 1) * (1 << FLOW_USE_STEP);

	return t->now - step_end >= t->timeouts[f->class];
}

void
flow_table_tick(struct flow_table *t, int64_t now)
{
	struct flow *f;

	if (now > t->now)
		t->now = now;
	flow_fragment_tick(t, false);
	for (unsigned tier = 0; tier < FLOW_N_TIERS; tier++) {
		for (unsigned class = 0; class < FLOW_N_CLASSES; class ++) {
			struct flow_list *queue = &t->tiers[tier].queue[class];

			while ((f = TAILQ_FIRST(queue)) != NULL && is_due(t, f))
				flow_end(t, f, FLOW_REASON_TIMEOUT);
		}
	}
}

static int
by_creation(const void *a, const void *b)
{
	const struct flow *const *x = a, *const *y = b;

	return ((*x)->number > (*y)->number) - ((*x)->number < (*y)->number);
}

static size_t
collect(struct flow_table *t, struct flow **all)
{
	struct flow *f;
	size_t n = 0;

	for (unsigned tier = 0; tier < FLOW_N_TIERS; tier++) {
		for (unsigned class = 0; class < FLOW_N_CLASSES; class ++) {
			TAILQ_FOREACH(f, &t->tiers[tier].queue[class], by_use)
			all[n++] = f;
		}
	}
	return n;
}

/* Without memory to sort them: in the order of the queues. */
static void
end_unsorted(struct flow_table *t)
{
	struct flow *f;

	for (unsigned tier = 0; tier < FLOW_N_TIERS; tier++) {
		for (unsigned class = 0; class < FLOW_N_CLASSES; class ++) {
			while ((f = TAILQ_FIRST(&t->tiers[tier].queue[class])) != NULL)
				flow_end(t, f, FLOW_REASON_SHUTDOWN);
		}
	}
}

void
flow_table_finish(struct flow_table *t, int64_t now)
{
	struct flow **all;
	size_t n = 0;

	if (now > t->now)
		t->now = now;
	flow_fragment_tick(t, true);
	for (unsigned tier = 0; tier < FLOW_N_TIERS; tier++)
		n += t->tiers[tier].count;
	all = calloc(n + 1, sizeof(struct flow *));
	if (all == NULL) {
		end_unsorted(t);
		return;
	}
	n = collect(t, all);
	qsort(all, n, sizeof(struct flow *), by_creation);
	for (size_t i = 0; i < n; i++)
		flow_end(t, all[i], FLOW_REASON_SHUTDOWN);
	free(all);
}
