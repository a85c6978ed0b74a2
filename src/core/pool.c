/*
 * Slabs of objects with one free list. An object on the list holds the link in its
 * first word; a slab holds the link to the slab before it in its head.
 */
#include "config.h"

#include "tallyman/pool.h"

#include <stdlib.h>
#include <string.h>

#define SLAB_BYTES ((size_t)64 * 1024)
#define SLAB_HEAD  ((size_t)64) /* a cache line, so that objects can be, too */

void
pool_init(struct pool *p, size_t size, uint32_t cap)
{
	memset(p, 0, sizeof *p);
	p->size = (size + 15) & ~(size_t)15;
	p->cap = cap;
}

void
pool_fini(struct pool *p)
{
	void *slab = p->slabs;

	while (slab != NULL) {
		void *before = *(void **)slab;

		free(slab);
		slab = before;
	}
	memset(p, 0, sizeof *p);
}

static void
grow(struct pool *p)
{
	size_t n = (SLAB_BYTES - SLAB_HEAD) / p->size;
	unsigned char *slab;

	if (n == 0)
		n = 1;
	if (n > p->cap - p->made)
		n = p->cap - p->made;
	if (n == 0)
		return;
	slab = aligned_alloc(64, (SLAB_HEAD + n * p->size + 63) & ~(size_t)63);
	if (slab == NULL)
		return;
	*(void **)(void *)slab = p->slabs;
	p->slabs = slab;
	p->made += (uint32_t)n;
	while (n-- > 0) {
		void *object = slab + SLAB_HEAD + n * p->size;

		*(void **)object = p->free_list;
		p->free_list = object;
	}
}

void *
pool_get(struct pool *p)
{
	void *object;

	if (p->free_list == NULL)
		grow(p);
	object = p->free_list;
	if (object == NULL)
		return NULL;
	p->free_list = *(void **)object;
	p->used++;
	return object;
}

void
pool_put(struct pool *p, void *object)
{
	if (object == NULL)
		return;
	*(void **)object = p->free_list;
	p->free_list = object;
	p->used--;
}
