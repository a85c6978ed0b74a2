/* Raw DEFLATE and CRC-32 of whole blocks, by zlib or libdeflate. */
#include "config.h"

#include "audit/deflate.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>
#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif

#include "tallyman/buf.h"

/* Raw streams have neither zlib's nor gzip's frame: negative window bits. */
#define RAW_WINDOW_BITS (-MAX_WBITS)
#define ZLIB_MEM_LEVEL  9

struct deflate {
	const struct library *library;
	z_stream packer, unpacker;       /* zlib */
	void *big_packer, *big_unpacker; /* libdeflate */
};

/* pack returns the length of the stream, 0 on failure; unpack 0 or -errno. */
struct library {
	int level_max;
	int (*start)(struct deflate *d, int level);
	void (*stop)(struct deflate *d);
	size_t (*bound)(struct deflate *d, size_t len);
	size_t (*pack)(
	    struct deflate *d, const void *data, size_t len, void *out, size_t room);
	int (*unpack)(
	    struct deflate *d, const void *data, size_t len, void *out, size_t size);
};

/* ---- zlib ---- */

static int
zlib_start(struct deflate *d, int level)
{
	if (deflateInit2(&d->packer, level, Z_DEFLATED, RAW_WINDOW_BITS, ZLIB_MEM_LEVEL,
		Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	return inflateInit2(&d->unpacker, RAW_WINDOW_BITS) == Z_OK ? 0 : -ENOMEM;
}

static void
zlib_stop(struct deflate *d)
{
	deflateEnd(&d->packer);
	inflateEnd(&d->unpacker);
}

static size_t
zlib_bound(struct deflate *d, size_t len)
{
	return deflateBound(&d->packer, len);
}

static size_t
zlib_pack(struct deflate *d, const void *data, size_t len, void *out, size_t room)
{
	z_stream *z = &d->packer;

	if (len > UINT_MAX || room > UINT_MAX || deflateReset(z) != Z_OK)
		return 0;
	z->next_in = (Bytef *)data;
	z->avail_in = (uInt)len;
	z->next_out = out;
	z->avail_out = (uInt)room;
	return deflate(z, Z_FINISH) == Z_STREAM_END ? room - z->avail_out : 0;
}

static int
zlib_unpack(struct deflate *d, const void *data, size_t len, void *out, size_t size)
{
	z_stream *z = &d->unpacker;

	if (len > UINT_MAX || size > UINT_MAX || inflateReset(z) != Z_OK)
		return -EBADMSG;
	z->next_in = (Bytef *)data;
	z->avail_in = (uInt)len;
	z->next_out = out;
	z->avail_out = (uInt)size;
	if (inflate(z, Z_FINISH) != Z_STREAM_END)
		return -EBADMSG;
	return z->avail_in == 0 && z->avail_out == 0 ? 0 : -EBADMSG;
}

/* ---- libdeflate ---- */

#ifdef HAVE_LIBDEFLATE
static int
big_start(struct deflate *d, int level)
{
	d->big_packer = libdeflate_alloc_compressor(level);
	d->big_unpacker = libdeflate_alloc_decompressor();
	return d->big_packer != NULL && d->big_unpacker != NULL ? 0 : -ENOMEM;
}

static void
big_stop(struct deflate *d)
{
	if (d->big_packer != NULL)
		libdeflate_free_compressor(d->big_packer);
	if (d->big_unpacker != NULL)
		libdeflate_free_decompressor(d->big_unpacker);
}

static size_t
big_bound(struct deflate *d, size_t len)
{
	return libdeflate_deflate_compress_bound(d->big_packer, len);
}

static size_t
big_pack(struct deflate *d, const void *data, size_t len, void *out, size_t room)
{
	return libdeflate_deflate_compress(d->big_packer, data, len, out, room);
}

static int
big_unpack(struct deflate *d, const void *data, size_t len, void *out, size_t size)
{
	size_t used = 0;

	if (libdeflate_deflate_decompress_ex(d->big_unpacker, data, len, out, size,
		&used, NULL) != LIBDEFLATE_SUCCESS)
		return -EBADMSG;
	return used == len ? 0 : -EBADMSG;
}
#endif

static const struct library libraries[DEFLATE_N_LIBRARIES] = {
    [DEFLATE_ZLIB] = {9, zlib_start, zlib_stop, zlib_bound, zlib_pack, zlib_unpack},
#ifdef HAVE_LIBDEFLATE
    [DEFLATE_LIBDEFLATE] = {12, big_start, big_stop, big_bound, big_pack, big_unpack},
#endif
};

/* ---- either ---- */

struct deflate *
deflate_new(enum deflate_library library, int level)
{
	const struct library *l = &libraries[library];
	struct deflate *d;

	if (l->start == NULL || level < 1 || level > l->level_max)
		return NULL;
	d = calloc(1, sizeof *d);
	if (d == NULL)
		return NULL;
	d->library = l;
	if (l->start(d, level) != 0)
		deflate_free(&d);
	return d;
}

void
deflate_free(struct deflate **d)
{
	if (*d == NULL)
		return;
	(*d)->library->stop(*d);
	free(*d);
	*d = NULL;
}

int
deflate_pack(struct deflate *d, const void *data, size_t len, struct buf *out)
{
	size_t room = d->library->bound(d, len), n;

	if (!buf_reserve(out, room))
		return -ENOMEM;
	n = d->library->pack(d, data, len, out->data + out->len, room);
	out->len += n;
	return n != 0 ? 0 : -ENOMEM;
}

int
deflate_unpack(
    struct deflate *d, const void *data, size_t len, size_t size, struct buf *out)
{
	int error;

	/* One byte more keeps the pointer valid where nothing is expected. */
	if (!buf_reserve(out, size + 1))
		return -ENOMEM;
	error = d->library->unpack(d, data, len, out->data + out->len, size);
	if (error == 0)
		out->len += size;
	return error;
}

uint32_t
deflate_crc(const void *data, size_t len)
{
#ifdef HAVE_LIBDEFLATE
	return libdeflate_crc32(0, data, len);
#else
	return (uint32_t)crc32_z(0, data, len);
#endif
}
