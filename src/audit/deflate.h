/* Raw DEFLATE (RFC 1951) and CRC-32 of whole blocks, by zlib or libdeflate. */
#ifndef AUDIT_DEFLATE_H
#define AUDIT_DEFLATE_H

#include <stddef.h>
#include <stdint.h>

struct buf;

enum deflate_library {
	DEFLATE_ZLIB,
	DEFLATE_LIBDEFLATE, /* only where it was built in */
	DEFLATE_N_LIBRARIES,
};

/*
 * Both give valid streams, but not the same bytes. The good level is where the log
 * still costs less than what it tells about: on real records libdeflate's level 1 packs
 * 12 to 15 : 1 at three times the speed of its level 6, which packs 15 to 18 : 1.
 */
#ifdef HAVE_LIBDEFLATE
#define DEFLATE_BEST       DEFLATE_LIBDEFLATE
#define DEFLATE_LEVEL_MAX  12
#define DEFLATE_LEVEL_GOOD 1
#else
#define DEFLATE_BEST       DEFLATE_ZLIB
#define DEFLATE_LEVEL_MAX  9
#define DEFLATE_LEVEL_GOOD 3
#endif

struct deflate;

/* Level from 1 to the library's greatest. NULL without memory or without the library.
 */
struct deflate *deflate_new(enum deflate_library library, int level);
void deflate_free(struct deflate **d);

/* Appends the stream that holds data to out. 0 or -ENOMEM. */
int deflate_pack(struct deflate *d, const void *data, size_t len, struct buf *out);

/*
 * Appends to out what the stream in data holds: exactly `size` bytes, or it is damaged.
 * 0, -EBADMSG or -ENOMEM.
 */
int deflate_unpack(
    struct deflate *d, const void *data, size_t len, size_t size, struct buf *out);

/* CRC-32 as in gzip (RFC 1952). */
uint32_t deflate_crc(const void *data, size_t len);

#endif
