/*
 * A window on the uncompressed bytes of a source. Records are borrowed from the window
 * where they lie; only the piece of a record that a refill meets is moved, to the
 * front.
 */
#include "config.h"

#include "capture_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define WINDOW_MIN   64
#define STORED_SHARE 4 /* part of the window that the bytes of a gzip file get */

static void
set_error(struct stream *s, int error)
{
	snprintf(s->error, sizeof s->error, "%s", source_error(error));
	s->ended = true;
}

/* Room for n bytes from pos on: moves the unread rest to the front, grows if needed. */
static bool
make_room(struct stream *s, size_t n)
{
	size_t rest = s->end - s->pos, cap = s->cap;
	uint8_t *grown;

	if (s->pos > 0) {
		memmove(s->buf, s->buf + s->pos, rest);
		s->base += s->pos;
		s->pos = 0;
		s->end = rest;
	}
	while (cap < n)
		cap *= 2;
	if (cap == s->cap)
		return true;
	grown = realloc(s->buf, cap);
	if (grown == NULL) {
		set_error(s, ENOMEM);
		return false;
	}
	s->buf = grown;
	s->cap = cap;
	return true;
}

/* Adds what one read gives. */
static void
pull(struct stream *s)
{
	uint8_t *to = s->buf + s->end;
	size_t room = s->cap - s->end;
	ssize_t got;

	if (s->gunzip != NULL)
		got = gunzip_read(s->gunzip, &s->source, to, room, s->error);
	else
		got = source_read(&s->source, to, room);
	if (got > 0) {
		s->end += (size_t)got;
		return;
	}
	s->ended = true;
	if (got < 0 && s->gunzip == NULL)
		set_error(s, (int)-got);
}

const uint8_t *
stream_fill(struct stream *s, size_t n)
{
	if (s->ended || !make_room(s, n))
		return NULL;
	while (s->end < n && !s->ended)
		pull(s);
	return s->end >= n ? s->buf : NULL;
}

uint64_t
stream_skip(struct stream *s, uint64_t n)
{
	uint64_t left = n;

	for (;;) {
		size_t rest = stream_rest(s);
		size_t step = left < rest ? (size_t)left : rest;

		s->pos += step;
		left -= step;
		if (left == 0 || stream_fill(s, 1) == NULL)
			return n - left;
	}
}

/* Stored bytes become gunzip's input when they begin like gzip. */
static int
recognise_gzip(struct stream *s)
{
	const uint8_t *head = stream_peek(s, 2);

	if (head == NULL || !gunzip_recognise(head, 2))
		return s->error[0] == '\0' ? 0 : -1;
	s->gunzip = gunzip_new(head, stream_rest(s), s->cap / STORED_SHARE);
	if (s->gunzip == NULL) {
		set_error(s, ENOMEM);
		return -1;
	}
	s->end = 0;
	return 0;
}

int
stream_open(struct stream *s, const struct source_origin *origin, size_t window)
{
	int error;

	*s = (struct stream){.cap = window < WINDOW_MIN ? WINDOW_MIN : window};
	error = source_open(&s->source, origin);
	if (error < 0) {
		set_error(s, -error);
		return -1;
	}
	s->buf = malloc(s->cap);
	if (s->buf == NULL) {
		set_error(s, ENOMEM);
		return -1;
	}
	return recognise_gzip(s);
}

void
stream_close(struct stream *s)
{
	source_close(&s->source);
	gunzip_free(&s->gunzip);
	free(s->buf);
	s->buf = NULL;
	s->pos = s->end = 0;
	s->ended = true;
}
