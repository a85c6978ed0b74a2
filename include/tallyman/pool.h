/*
 * A pool of equal-sized objects with a cap. Memory is taken in slabs as needed, never
 * more than the cap asks for, and returned to the system only when the pool ends.
 * One thread uses a pool.
 */
#ifndef TALLYMAN_POOL_H
#define TALLYMAN_POOL_H

#include <stddef.h>
#include <stdint.h>

struct pool {
	size_t size;     /* bytes of one object, rounded up to 16 */
	uint32_t cap;    /* objects at most */
	uint32_t used;   /* objects handed out */
	uint32_t made;   /* objects in slabs so far */
	void *free_list; /* first free object; its first word links to the next */
	void *slabs;     /* newest slab; its first word links to the one before */
};

/* Prepares an empty pool; takes no memory yet. */
void pool_init(struct pool *p, size_t size, uint32_t cap);

/* Frees every slab, whatever is still handed out. */
void pool_fini(struct pool *p);

/* An object with undefined content, 16-byte aligned; NULL at the cap or without memory.
 */
void *pool_get(struct pool *p);

/* Gives an object back; NULL is ignored. */
void pool_put(struct pool *p, void *object);

#endif
