/*
 * Which bytes of a fragmented packet have come: one bit for every 8 bytes and one for
 * where fragments start, so that overlaps are told from duplicates without keeping any
 * content.
 */
#include "config.h"

#include "flow/flow_priv.h"

/* The bits of [from, to) that are in word `at`. */
static uint64_t
mask_of(uint32_t at, uint32_t from, uint32_t to)
{
	uint64_t mask = UINT64_MAX;

	if (from > at * 64)
		mask <<= from - at * 64;
	if (to < at * 64 + 64)
		mask &= UINT64_MAX >> (at * 64 + 64 - to);
	return mask;
}

static bool
any_bit(const uint64_t *bits, uint32_t from, uint32_t to)
{
	for (uint32_t at = from / 64; at * 64 < to; at++) {
		if (bits[at] & mask_of(at, from, to))
			return true;
	}
	return false;
}

/* Sets the bits; returns how many were new. */
static uint32_t
set_bits(uint64_t *bits, uint32_t from, uint32_t to)
{
	uint32_t fresh = 0;

	for (uint32_t at = from / 64; at * 64 < to; at++) {
		uint64_t mask = mask_of(at, from, to);

		fresh += (uint32_t)__builtin_popcountll(mask & ~bits[at]);
		bits[at] |= mask;
	}
	return fresh;
}

static bool
has_bit(const uint64_t *bits, uint32_t n)
{
	return n < FLOW_FRAG_UNITS && bits[n / 64] >> (n % 64) & 1;
}

/* The very same fragment again: captured twice, or sent twice. */
static bool
is_duplicate(const struct flow_train *train, uint32_t from, uint32_t to)
{
	return has_bit(train->starts, from) && !any_bit(train->starts, from + 1, to) &&
	    (has_bit(train->starts, to) || !has_bit(train->covered, to));
}

bool
flow_train_cover(struct flow_train *train, uint32_t offset, uint32_t len, bool last)
{
	uint32_t end = offset + len, from = offset / 8, to = (end + 7) / 8;
	bool overlap;

	if (len == 0)
		return false;
	if (to > FLOW_FRAG_UNITS)
		to = FLOW_FRAG_UNITS;
	overlap =
	    (any_bit(train->covered, from, to) && !is_duplicate(train, from, to)) ||
	    (train->total != 0 && (last ? end != train->total : end > train->total));
	train->starts[from / 64] |= UINT64_C(1) << (from % 64);
	train->units += set_bits(train->covered, from, to);
	if (last && train->total == 0)
		train->total = end;
	return overlap;
}
