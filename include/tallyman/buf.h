/*
 * A growing byte buffer. A failed allocation marks the buffer and drops what is
 * appended after; the owner looks at `failed` once, at the end.
 */
#ifndef TALLYMAN_BUF_H
#define TALLYMAN_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
	char *data; /* not terminated; see buf_text */
	size_t len, cap;
	bool failed;
};

void buf_init(struct buf *b);
void buf_fini(struct buf *b);

/* Empties the buffer and clears `failed`; keeps the memory. */
void buf_reset(struct buf *b);

/* What buf_reserve does when there is not room enough. */
bool buf_grow(struct buf *b, size_t more);

/* Makes room for `more` bytes behind len. Returns false, and marks, without memory. */
static inline bool
buf_reserve(struct buf *b, size_t more)
{
	return more <= b->cap - b->len || buf_grow(b, more);
}

static inline void
buf_add(struct buf *b, const void *data, size_t len)
{
	if (len == 0 || !buf_reserve(b, len))
		return;
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

void buf_add_str(struct buf *b, const char *text);
void buf_add_u64(struct buf *b, uint64_t value); /* decimal */
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap);

/* The content as a C string; valid until the next change. Never NULL. */
const char *buf_text(struct buf *b);

/* Hands the content over as a malloc'd C string (the caller frees) and empties b. */
char *buf_detach(struct buf *b);

#endif
