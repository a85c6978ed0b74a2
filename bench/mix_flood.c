/*
 * A SYN flood from spoofed sources, as hping3 makes it: 40-byte segments without
 * options, one port of one victim, a new public source address for each.
 */
#include "config.h"

#include "mix.h"

#define FRAME_LEN 54

uint64_t
flood_next(const struct flood *f)
{
	if (f->sent >= f->count)
		return UINT64_MAX;
	return (uint64_t)((double)f->sent * 1e6 / f->rate);
}

/* A permutation of 32 bits, so that no source comes twice. */
static uint32_t
permute(uint32_t x)
{
	x ^= x >> 16;
	x *= 0x85ebca6bu;
	x ^= x >> 13;
	x *= 0xc2b2ae35u;
	return x ^ x >> 16;
}

/* Private, special and multicast ranges are no sources that come from outside. */
static bool
is_public(uint32_t a)
{
	uint32_t first = a >> 24, net = a >> 16;

	return first != 0 && first != 10 && first != 127 && first < 224 &&
	    net != 0xa9fe && net >> 4 != 0xac1 && net != 0xc0a8 &&
	    net >> 6 != 0x6440 >> 6;
}

static uint32_t
next_source(struct flood *f)
{
	uint32_t a;

	do
		a = permute(f->counter++ ^ (uint32_t)f->seed);
	while (!is_public(a) || a == f->victim);
	return a;
}

static void
put16(uint8_t *b, uint32_t v)
{
	b[0] = (uint8_t)(v >> 8);
	b[1] = (uint8_t)v;
}

static void
put32(uint8_t *b, uint32_t v)
{
	put16(b, v >> 16);
	put16(b + 2, v);
}

static uint32_t
sum16(const uint8_t *b, size_t n, uint32_t sum)
{
	size_t i;

	for (i = 0; i < n; i += 2)
		sum += (uint32_t)b[i] << 8 | b[i + 1];
	return sum;
}

static uint32_t
finish(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16)) & 0xffff;
}

/* Ethernet, IPv4 (no options) and TCP (no options), RFC 791 and RFC 9293. */
static const uint8_t frame_form[FRAME_LEN] = {0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1,
    8, 0, 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, [46] = 0x50, 0x02, 0x02, 0x00};

static void
fill(struct flood *f, uint8_t *b)
{
	uint64_t r = mix_hash(f->seed ^ mix_hash(f->sent));

	put16(b + 18, (uint32_t)(r & 0xffff));
	put32(b + 26, next_source(f));
	put32(b + 30, f->victim);
	put16(b + 24, finish(sum16(b + 14, 20, 0)));
	put16(b + 34, 1024 + (uint32_t)(r >> 16) % 64512);
	put16(b + 36, f->port);
	put32(b + 38, (uint32_t)(r >> 32));
	/* pseudo header: addresses, protocol, length */
	put16(b + 50, finish(sum16(b + 34, 20, sum16(b + 26, 8, 6 + 20))));
}

void
flood_write(struct flood *f, struct output *out)
{
	uint8_t b[FRAME_LEN];
	size_t i;

	for (i = 0; i < FRAME_LEN; i++)
		b[i] = frame_form[i];
	fill(f, b);
	output_packet(out, flood_next(f), b, FRAME_LEN, FRAME_LEN);
	f->sent++;
}
