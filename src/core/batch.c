/*
 * Batches and pipes. A pipe is two rings of batch pointers under one lock: full ones
 * one way, empty ones back. With a few hundred items a batch, the lock is taken too
 * seldom to be worth anything finer.
 */
#include "config.h"

#include "tallyman/batch.h"

#include <stdlib.h>
#include <string.h>

struct queue {
	struct batch **slots; /* pipe.count of them */
	unsigned head, len;
};

struct pipe {
	pthread_mutex_t lock;
	struct queue full, empty;
	struct batch *batches;
	struct batch **slots;
	unsigned char *memory;
	unsigned count;
	bool closed;
	struct doorbell *producer, *consumer; /* borrowed */
};

void
doorbell_init(struct doorbell *d)
{
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->wake, NULL);
	d->rings = 0;
}

void
doorbell_fini(struct doorbell *d)
{
	pthread_cond_destroy(&d->wake);
	pthread_mutex_destroy(&d->lock);
}

void
doorbell_ring(struct doorbell *d)
{
	pthread_mutex_lock(&d->lock);
	d->rings++;
	pthread_cond_broadcast(&d->wake);
	pthread_mutex_unlock(&d->lock);
}

uint64_t
doorbell_count(struct doorbell *d)
{
	uint64_t rings;

	pthread_mutex_lock(&d->lock);
	rings = d->rings;
	pthread_mutex_unlock(&d->lock);
	return rings;
}

void
doorbell_wait(struct doorbell *d, uint64_t seen)
{
	pthread_mutex_lock(&d->lock);
	while (d->rings == seen)
		pthread_cond_wait(&d->wake, &d->lock);
	pthread_mutex_unlock(&d->lock);
}

void *
batch_alloc(struct batch *b, size_t size)
{
	size_t rounded = (size + 15) & ~(size_t)15;
	void *p;

	if (rounded < size || rounded > b->cap - b->used)
		return NULL;
	p = b->mem + b->used;
	b->used += rounded;
	return p;
}

char *
batch_strndup(struct batch *b, const char *text, size_t len)
{
	char *copy = batch_alloc(b, len + 1);

	if (copy != NULL) {
		memcpy(copy, text, len);
		copy[len] = '\0';
	}
	return copy;
}

void
batch_reset(struct batch *b)
{
	b->used = 0;
	b->count = 0;
	b->first = b->last = NULL;
}

static void
queue_put(struct queue *q, unsigned count, struct batch *b)
{
	q->slots[(q->head + q->len++) % count] = b;
}

/* The next batch to be taken: of the empty ones the newest, whose memory is likeliest
 * to be in a cache. */
static void
queue_put_first(struct queue *q, unsigned count, struct batch *b)
{
	q->head = (q->head + count - 1) % count;
	q->slots[q->head] = b;
	q->len++;
}

static struct batch *
queue_take(struct queue *q, unsigned count)
{
	struct batch *b;

	if (q->len == 0)
		return NULL;
	b = q->slots[q->head];
	q->head = (q->head + 1) % count;
	q->len--;
	return b;
}

struct pipe *
pipe_new(
    unsigned count, size_t cap, struct doorbell *producer, struct doorbell *consumer)
{
	struct pipe *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	cap = (cap + 15) & ~(size_t)15; /* so that each batch begins aligned */
	pthread_mutex_init(&p->lock, NULL);
	p->count = count;
	p->producer = producer;
	p->consumer = consumer;
	p->batches = calloc(count, sizeof *p->batches);
	p->slots = calloc((size_t)count * 2, sizeof(struct batch *));
	p->memory = aligned_alloc(64, (count * cap + 63) & ~(size_t)63);
	if (p->batches == NULL || p->slots == NULL || p->memory == NULL) {
		pipe_free(&p);
		return NULL;
	}
	p->full.slots = p->slots;
	p->empty.slots = p->slots + count;
	for (unsigned i = 0; i < count; i++) {
		p->batches[i].mem = p->memory + i * cap;
		p->batches[i].cap = cap;
		queue_put(&p->empty, count, &p->batches[i]);
	}
	return p;
}

void
pipe_free(struct pipe **p)
{
	if (*p == NULL)
		return;
	pthread_mutex_destroy(&(*p)->lock);
	free((*p)->batches);
	free((*p)->slots);
	free((*p)->memory);
	free(*p);
	*p = NULL;
}

static struct batch *
take(struct pipe *p, struct queue *q)
{
	struct batch *b;

	pthread_mutex_lock(&p->lock);
	b = queue_take(q, p->count);
	pthread_mutex_unlock(&p->lock);
	return b;
}

static void
put(struct pipe *p, struct queue *q, struct batch *b)
{
	pthread_mutex_lock(&p->lock);
	queue_put(q, p->count, b);
	pthread_mutex_unlock(&p->lock);
}

struct batch *
pipe_try_empty(struct pipe *p)
{
	return take(p, &p->empty);
}

void
pipe_send(struct pipe *p, struct batch *b)
{
	put(p, &p->full, b);
	doorbell_ring(p->consumer);
}

void
pipe_close(struct pipe *p)
{
	pthread_mutex_lock(&p->lock);
	p->closed = true;
	pthread_mutex_unlock(&p->lock);
	doorbell_ring(p->consumer);
}

struct batch *
pipe_try_receive(struct pipe *p)
{
	return take(p, &p->full);
}

/*
 * A producer that waits sleeps until half of the batches are back: woken for each one
 * it would fall asleep again at once. The consumer of a full pipe always gets that far.
 */
void
pipe_return(struct pipe *p, struct batch *b)
{
	bool enough;

	batch_reset(b);
	pthread_mutex_lock(&p->lock);
	queue_put_first(&p->empty, p->count, b);
	enough = p->empty.len >= p->count / 2;
	pthread_mutex_unlock(&p->lock);
	if (enough)
		doorbell_ring(p->producer);
}

bool
pipe_finished(struct pipe *p)
{
	bool finished;

	pthread_mutex_lock(&p->lock);
	finished = p->closed && p->full.len == 0;
	pthread_mutex_unlock(&p->lock);
	return finished;
}
