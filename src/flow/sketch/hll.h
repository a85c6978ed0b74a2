/*
 * HyperLogLog: how many distinct values were seen, out of 64 bytes. A hash picks a
 * register by its low bits, and the register keeps the longest run of zeros in the
 * rest, plus one. Merging two sketches is the maximum of each register.
 */
#ifndef FLOW_SKETCH_HLL_H
#define FLOW_SKETCH_HLL_H

#include <endian.h>
#include <string.h>

#include "tallyman/hash.h"
#include "tallyman/meter.h"

#define HLL_INDEX_BITS 6
#define HLL_RANK_MAX   40 /* runs of 2^40 values and more count as that */

_Static_assert(METER_HLL_REGISTERS == 1 << HLL_INDEX_BITS, "one register per index");

/* The fixed hash of an address, the same on every host. */
static inline uint64_t
hll_hash_addr(const struct addr *a)
{
	uint64_t high, low;

	memcpy(&high, a->bytes, 8);
	if (a->family != 6)
		return hash_mix(le64toh(high) ^ UINT64_C(0x9e3779b97f4a7c15));
	memcpy(&low, a->bytes + 8, 8);
	return hash_mix(hash_mix(le64toh(high)) + le64toh(low));
}

static inline uint64_t
hll_hash_port(uint16_t port)
{
	return hash_mix(port + UINT64_C(0x632be59bd9b4e019));
}

static inline void
hll_add(uint8_t registers[METER_HLL_REGISTERS], uint64_t hash)
{
	uint8_t *r = &registers[hash & (METER_HLL_REGISTERS - 1)];
	uint64_t rest = hash >> HLL_INDEX_BITS | UINT64_C(1) << (HLL_RANK_MAX - 1);
	uint8_t rank = (uint8_t)(__builtin_ctzll(rest) + 1);

	if (rank > *r)
		*r = rank;
}

static inline void
hll_merge(uint8_t into[METER_HLL_REGISTERS], const uint8_t from[METER_HLL_REGISTERS])
{
	for (unsigned i = 0; i < METER_HLL_REGISTERS; i++)
		into[i] = into[i] > from[i] ? into[i] : from[i];
}

#endif
