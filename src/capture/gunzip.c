/*
 * gzip files (RFC 1952) through zlib: members one after the other, as gzip -c >> and
 * appending loggers make them. Zero bytes behind the last member are padding (tape
 * blocks); anything else there is damage. What was inflated before an error is
 * delivered first.
 */
#include "config.h"

#include "capture_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#define WINDOW_GZIP (15 + 16) /* zlib: the largest window, gzip header and trailer */
#define MAGIC_1     0x1f
#define MAGIC_2     0x8b

struct gunzip {
	z_stream z;
	bool between; /* a member has ended, the next has not begun */
	size_t cap;
	char error[STREAM_ERROR_MAX]; /* to tell when the bytes before are delivered */
	uint8_t in[];
};

bool
gunzip_recognise(const uint8_t *head, size_t len)
{
	return len >= 2 && head[0] == MAGIC_1 && head[1] == MAGIC_2;
}

struct gunzip *
gunzip_new(const uint8_t *head, size_t len, size_t cap)
{
	struct gunzip *g;

	if (cap < len)
		cap = len;
	g = malloc(sizeof *g + cap);
	if (g == NULL)
		return NULL;
	memset(g, 0, sizeof *g);
	g->cap = cap;
	memcpy(g->in, head, len);
	g->z.next_in = g->in;
	g->z.avail_in = (uInt)len;
	if (inflateInit2(&g->z, WINDOW_GZIP) != Z_OK) {
		free(g);
		return NULL;
	}
	return g;
}

void
gunzip_free(struct gunzip **g)
{
	if (*g == NULL)
		return;
	inflateEnd(&(*g)->z);
	free(*g);
	*g = NULL;
}

static uint64_t
stored_offset(const struct gunzip *g, const struct source *source)
{
	return source->offset - g->z.avail_in;
}

/* Makes input available. Returns 1, 0 at the end of the file, -1 with g->error. */
static int
refill(struct gunzip *g, struct source *source)
{
	ssize_t got;

	if (g->z.avail_in > 0)
		return 1;
	got = source_read(source, g->in, g->cap);
	if (got < 0) {
		snprintf(g->error, sizeof g->error, "%s", source_error((int)-got));
		return -1;
	}
	g->z.next_in = g->in;
	g->z.avail_in = (uInt)got;
	return got > 0 ? 1 : 0;
}

/* Between members: skips padding, begins the next. Returns false with g->error. */
static bool
begin_member(struct gunzip *g, const struct source *source)
{
	while (g->z.avail_in > 0 && *g->z.next_in == 0) {
		g->z.next_in++;
		g->z.avail_in--;
	}
	if (g->z.avail_in == 0)
		return true;
	if (*g->z.next_in != MAGIC_1) {
		snprintf(g->error, sizeof g->error,
		    "bytes behind the compressed data, from stored byte %llu on, are "
		    "not gzip",
		    (unsigned long long)stored_offset(g, source));
		return false;
	}
	inflateReset(&g->z);
	g->between = false;
	return true;
}

/* Inflates what input there is. Returns false with g->error. */
static bool
inflate_some(struct gunzip *g, const struct source *source)
{
	int rc = inflate(&g->z, Z_NO_FLUSH);

	if (rc == Z_STREAM_END)
		g->between = true;
	if (rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR)
		return true;
	snprintf(g->error, sizeof g->error,
	    "the gzip data are damaged at stored byte %llu (%s)",
	    (unsigned long long)stored_offset(g, source),
	    g->z.msg != NULL ? g->z.msg : zError(rc));
	return false;
}

/*
 * One step towards output. Returns 1, 0 at the end, -1 with g->error. Where the input
 * has ended within a member zlib may still hold output that had no room before.
 */
static int
step(struct gunzip *g, struct source *source)
{
	int more = refill(g, source);
	uInt room = g->z.avail_out;

	if (more < 0 || (more == 0 && g->between))
		return more;
	if (g->between)
		return begin_member(g, source) ? 1 : -1;
	if (!inflate_some(g, source))
		return -1;
	if (more > 0 || g->between || g->z.avail_out < room)
		return 1;
	snprintf(g->error, sizeof g->error,
	    "the gzip file is cut off after %llu stored bytes",
	    (unsigned long long)source->offset);
	return -1;
}

ssize_t
gunzip_read(struct gunzip *g, struct source *source, uint8_t *out, size_t n,
    char error[STREAM_ERROR_MAX])
{
	int more = 1;

	g->z.next_out = out;
	g->z.avail_out = (uInt)n;
	while (more > 0 && g->z.avail_out == n && g->error[0] == '\0')
		more = step(g, source);
	if (g->z.avail_out < n)
		return (ssize_t)(n - g->z.avail_out);
	if (g->error[0] == '\0')
		return 0;
	snprintf(error, STREAM_ERROR_MAX, "%s", g->error);
	return -1;
}
