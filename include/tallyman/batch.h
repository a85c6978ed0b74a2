/*
 * How work moves between threads. A batch is a fixed block of memory that one thread
 * fills with items (a bump allocator, so an item may point to strings in the same
 * batch) and another one empties. A pipe carries batches from one producer to one
 * consumer and carries the empty ones back: the number of batches is fixed, so memory
 * is bounded and a full pipe makes the producer wait.
 *
 * A doorbell is what a thread sleeps on; one bell can serve several pipes.
 */
#ifndef TALLYMAN_BATCH_H
#define TALLYMAN_BATCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct doorbell {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	uint64_t rings;
};

void doorbell_init(struct doorbell *d);
void doorbell_fini(struct doorbell *d);
void doorbell_ring(struct doorbell *d);

/* The count of rings so far: read it, look for work, then wait with it. */
uint64_t doorbell_count(struct doorbell *d);

/* Sleeps until the bell has rung after `seen` was read. */
void doorbell_wait(struct doorbell *d, uint64_t seen);

struct batch {
	uint64_t watermark; /* the producer has sent all up to this packet number */
	size_t used, cap;   /* bytes of mem */
	void *first, *last; /* the producer's chain of items; NULL when empty */
	uint32_t count;     /* items */
	unsigned char *mem;
};

/* 16-byte aligned memory in the batch, or NULL when it does not fit. */
void *batch_alloc(struct batch *b, size_t size);

/* A copy of len bytes with a NUL behind; NULL when it does not fit. */
char *batch_strndup(struct batch *b, const char *text, size_t len);

/* Empties the batch; the watermark stays. */
void batch_reset(struct batch *b);

struct pipe;

/* `count` batches of `cap` bytes; NULL without memory. */
struct pipe *pipe_new(
    unsigned count, size_t cap, struct doorbell *producer, struct doorbell *consumer);
void pipe_free(struct pipe **p);

/* Producer: an empty batch, or NULL when all are under way. */
struct batch *pipe_try_empty(struct pipe *p);
/* Producer: hands a batch over. */
void pipe_send(struct pipe *p, struct batch *b);
/* Producer: nothing more will come. */
void pipe_close(struct pipe *p);

/* Consumer: the next batch, or NULL when there is none now. */
struct batch *pipe_try_receive(struct pipe *p);
/* Consumer: gives an emptied batch back. */
void pipe_return(struct pipe *p, struct batch *b);
/* Consumer: closed and nothing left. */
bool pipe_finished(struct pipe *p);

#endif
