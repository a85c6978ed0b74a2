/* Made-up addresses and numbers for the tests of this folder. */
#ifndef TESTS_FLOW_FLOW_VALUES_H
#define TESTS_FLOW_FLOW_VALUES_H

#include <stdint.h>

#include "tallyman/addr.h"
#include "tallyman/hash.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static inline uint64_t
next_random(uint64_t *seed)
{
	*seed += UINT64_C(0x9e3779b97f4a7c15);
	return hash_mix(*seed);
}

static inline struct addr
v4(uint32_t value)
{
	return addr_v4((uint8_t[]){(uint8_t)(value >> 24), (uint8_t)(value >> 16),
	    (uint8_t)(value >> 8), (uint8_t)value});
}

static inline struct addr
v6(uint64_t high, uint64_t low)
{
	uint8_t bytes[16];

	for (int i = 0; i < 8; i++) {
		bytes[i] = (uint8_t)(high >> (56 - 8 * i));
		bytes[8 + i] = (uint8_t)(low >> (56 - 8 * i));
	}
	return addr_v6(bytes);
}

#endif
