/*
 * The one way to read packet bytes. A cursor knows two ends: that of the bytes present
 * and that of the packet itself, which a snap length may have cut off. A pull that
 * fails says by cursor_lacks() which of the two it ran into: a short capture is no
 * fault of the packet.
 */
#ifndef DECODE_CURSOR_H
#define DECODE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cursor {
	const uint8_t *pos, *end; /* bytes present */
	uint32_t left;            /* true length from pos on; never below end - pos */
};

static inline uint32_t
cursor_cap(const struct cursor *c)
{
	return (uint32_t)(c->end - c->pos);
}

/* The next n bytes without moving, or NULL. */
static inline const uint8_t *
cursor_peek(const struct cursor *c, uint32_t n)
{
	return n <= cursor_cap(c) ? c->pos : NULL;
}

/* The next n bytes, moving behind them, or NULL without moving. */
static inline const uint8_t *
cursor_pull(struct cursor *c, uint32_t n)
{
	const uint8_t *at = c->pos;

	if (n > cursor_cap(c))
		return NULL;
	c->pos += n;
	c->left -= n;
	return at;
}

/* Moves behind n bytes of the packet, whether they were captured or not. */
static inline void
cursor_skip(struct cursor *c, uint32_t n)
{
	uint32_t cap = cursor_cap(c);

	c->pos += n < cap ? n : cap;
	c->left -= n < c->left ? n : c->left;
}

/* True when the packet itself, not just its capture, has fewer than n bytes left. */
static inline bool
cursor_lacks(const struct cursor *c, uint32_t n)
{
	return n > c->left;
}

/* Forgets what lies behind the next n bytes: padding, trailers, frame check sequences.
 */
static inline void
cursor_limit(struct cursor *c, uint32_t n)
{
	if (n < c->left)
		c->left = n;
	if (n < cursor_cap(c))
		c->end = c->pos + n;
}

/* The frame was cut before it was captured; only headers inside tell its length. */
static inline void
cursor_unbound(struct cursor *c)
{
	c->left += UINT32_C(1) << 17;
}

/* Integers in network order, and one in little endian, at p. */
static inline uint16_t
be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
be24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static inline uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | be24(p + 1);
}

static inline uint16_t
le16(const uint8_t *p)
{
	return (uint16_t)(p[1] << 8 | p[0]);
}

static inline uint32_t
le32(const uint8_t *p)
{
	return (uint32_t)le16(p + 2) << 16 | le16(p);
}

#endif
