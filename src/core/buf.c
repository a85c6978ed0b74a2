/* A growing byte buffer. */
#include "config.h"

#include "tallyman/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
buf_init(struct buf *b)
{
	memset(b, 0, sizeof *b);
}

void
buf_fini(struct buf *b)
{
	free(b->data);
	memset(b, 0, sizeof *b);
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
}

bool
buf_grow(struct buf *b, size_t more)
{
	size_t cap = b->cap == 0 ? 256 : b->cap;
	char *data;

	if (b->failed)
		return false;
	while (cap - b->len < more && cap <= SIZE_MAX / 4)
		cap *= 2;
	data = cap - b->len < more ? NULL : realloc(b->data, cap);
	if (data == NULL) {
		b->failed = true;
		b->cap = b->len; /* so that smaller pieces find no room either */
		return false;
	}
	b->data = data;
	b->cap = cap;
	return true;
}

void
buf_add_str(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void
buf_add_u64(struct buf *b, uint64_t value)
{
	static const char pairs[] = "00010203040506070809"
				    "10111213141516171819"
				    "20212223242526272829"
				    "30313233343536373839"
				    "40414243444546474849"
				    "50515253545556575859"
				    "60616263646566676869"
				    "70717273747576777879"
				    "80818283848586878889"
				    "90919293949596979899";
	char digits[20], *p = digits + sizeof digits;

	while (value >= 100) {
		p -= 2;
		memcpy(p, &pairs[value % 100 * 2], 2);
		value /= 100;
	}
	if (value >= 10) {
		p -= 2;
		memcpy(p, &pairs[value * 2], 2);
	} else {
		*--p = (char)('0' + value);
	}
	buf_add(b, p, (size_t)(digits + sizeof digits - p));
}

void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n >= 0 && buf_reserve(b, (size_t)n + 1)) {
		vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

const char *
buf_text(struct buf *b)
{
	if (!buf_reserve(b, 1))
		return "";
	b->data[b->len] = '\0';
	return b->data;
}

char *
buf_detach(struct buf *b)
{
	char *text = NULL;

	if (buf_reserve(b, 1)) {
		b->data[b->len] = '\0';
		text = b->data;
		b->data = NULL;
	}
	buf_fini(b);
	return text;
}
