/* Builds capture files byte by byte. */
#include "config.h"

#include "bytes.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

void
bytes_init(struct bytes *b, bool big)
{
	memset(b, 0, sizeof *b);
	buf_init(&b->buf);
	b->big = big;
}

void
bytes_fini(struct bytes *b)
{
	buf_fini(&b->buf);
}

const uint8_t *
bytes_data(const struct bytes *b)
{
	return (const uint8_t *)b->buf.data;
}

static void
put(struct bytes *b, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		put8(b, (uint8_t)(v >> 8 * (b->big ? n - 1 - i : i)));
}

void
put8(struct bytes *b, uint8_t v)
{
	buf_add(&b->buf, &v, 1);
}

void
put16(struct bytes *b, uint16_t v)
{
	put(b, v, 2);
}

void
put32(struct bytes *b, uint32_t v)
{
	put(b, v, 4);
}

void
put64(struct bytes *b, uint64_t v)
{
	put(b, v, 8);
}

#define FILL_FACTOR  37
#define FILL_INVERSE 173 /* modulo 256 */

static uint8_t
fill(unsigned seed, size_t i)
{
	return (uint8_t)(seed * FILL_FACTOR + i * 11 + (i >> 8));
}

void
put_fill(struct bytes *b, unsigned seed, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put8(b, fill(seed, i));
}

int
fill_seed(const uint8_t *data, size_t n)
{
	unsigned seed = n == 0 ? 0 : (data[0] * FILL_INVERSE) & 0xff;

	for (size_t i = 0; i < n; i++)
		if (data[i] != fill(seed, i))
			return -1;
	return (int)seed;
}

/* ---- pcap ---- */

void
put_pcap_header(struct bytes *b, uint32_t magic, uint32_t snaplen, uint32_t linktype)
{
	put32(b, magic);
	put16(b, 2);
	put16(b, 4);
	put64(b, 0);
	put32(b, snaplen);
	put32(b, linktype);
}

void
put_record(struct bytes *b, uint32_t sec, uint32_t fraction, uint32_t caplen,
    uint32_t len, unsigned seed)
{
	put32(b, sec);
	put32(b, fraction);
	put32(b, caplen);
	put32(b, len);
	put_fill(b, seed, caplen);
}

void
put_record_bytes(
    struct bytes *b, uint32_t sec, uint32_t fraction, const void *data, size_t n)
{
	put_record(b, sec, fraction, 0, (uint32_t)n, 0);
	b->buf.len -= 8;
	put32(b, (uint32_t)n);
	put32(b, (uint32_t)n);
	buf_add(&b->buf, data, n);
}

/* ---- pcapng ---- */

static void
pad(struct bytes *b, size_t len)
{
	for (; len % 4 != 0; len++)
		put8(b, 0);
}

void
begin_block(struct bytes *b, uint32_t type)
{
	b->block = b->buf.len;
	put32(b, type);
	put32(b, 0);
}

void
end_block(struct bytes *b)
{
	uint32_t total = (uint32_t)(b->buf.len - b->block) + 4;
	size_t end = b->buf.len;

	b->buf.len = b->block + 4;
	put32(b, total);
	b->buf.len = end;
	put32(b, total);
}

void
put_option(struct bytes *b, uint16_t code, const void *value, uint16_t len)
{
	put16(b, code);
	put16(b, len);
	buf_add(&b->buf, value, len);
	pad(b, len);
}

void
put_option8(struct bytes *b, uint16_t code, uint8_t value)
{
	put_option(b, code, &value, 1);
}

void
put_option32(struct bytes *b, uint16_t code, uint32_t value)
{
	put16(b, code);
	put16(b, 4);
	put32(b, value);
}

void
put_option64(struct bytes *b, uint16_t code, uint64_t value)
{
	put16(b, code);
	put16(b, 8);
	put64(b, value);
}

void
put_section(struct bytes *b)
{
	begin_block(b, 0x0a0d0d0a);
	put32(b, 0x1a2b3c4d);
	put16(b, 1);
	put16(b, 0);
	put64(b, UINT64_MAX);
	end_block(b);
}

void
put_interface(struct bytes *b, uint16_t linktype, uint32_t snaplen)
{
	begin_block(b, 1);
	put16(b, linktype);
	put16(b, 0);
	put32(b, snaplen);
	end_block(b);
}

void
begin_enhanced(struct bytes *b, uint32_t interface, uint64_t ts, uint32_t caplen,
    uint32_t len, unsigned seed)
{
	begin_block(b, 6);
	put32(b, interface);
	put32(b, (uint32_t)(ts >> 32));
	put32(b, (uint32_t)ts);
	put32(b, caplen);
	put32(b, len);
	put_fill(b, seed, caplen);
	pad(b, caplen);
}

void
put_enhanced(
    struct bytes *b, uint32_t interface, uint64_t ts, uint32_t caplen, unsigned seed)
{
	begin_enhanced(b, interface, ts, caplen, caplen, seed);
	end_block(b);
}

/* ---- gzip ---- */

void
put_gzip(struct bytes *b, const void *data, size_t len)
{
	size_t room = compressBound((uLong)len) + 64;
	uint8_t *out = malloc(room);
	z_stream z = {
	    .next_in = (Bytef *)data,
	    .avail_in = (uInt)len,
	    .next_out = out,
	    .avail_out = (uInt)room,
	};

	if (out == NULL ||
	    deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
	    deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	buf_add(&b->buf, out, room - z.avail_out);
	deflateEnd(&z);
	free(out);
}
