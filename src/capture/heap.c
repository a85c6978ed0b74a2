/* A binary heap of inputs: the first one has the oldest next frame. */
#include "config.h"

#include "capture_priv.h"

static bool
before(const struct input *a, const struct input *b)
{
	return a->ts != b->ts ? a->ts < b->ts : a->order < b->order;
}

static void
swap(struct heap *h, uint32_t i, uint32_t j)
{
	struct input *in = h->list[i];

	h->list[i] = h->list[j];
	h->list[j] = in;
}

void
heap_push(struct heap *h, struct input *in)
{
	uint32_t i = h->n++;

	h->list[i] = in;
	for (; i > 0 && before(h->list[i], h->list[(i - 1) / 2]); i = (i - 1) / 2)
		swap(h, i, (i - 1) / 2);
}

void
heap_settle(struct heap *h)
{
	uint32_t i = 0, child;

	while ((child = 2 * i + 1) < h->n) {
		if (child + 1 < h->n && before(h->list[child + 1], h->list[child]))
			child++;
		if (!before(h->list[child], h->list[i]))
			break;
		swap(h, i, child);
		i = child;
	}
}

void
heap_pop(struct heap *h)
{
	h->list[0] = h->list[--h->n];
	heap_settle(h);
}
