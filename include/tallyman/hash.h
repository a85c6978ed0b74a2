/*
 * Two hashes with different duties. The keyed one protects tables that strangers can
 * fill; its key is random per run, so nothing that is written may depend on it. The
 * fixed one decides what must be the same in every run: shard, sketch register, id.
 */
#ifndef TALLYMAN_HASH_H
#define TALLYMAN_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key {
	uint64_t k0, k1;
};

/* Fills the key from the kernel's random source. */
void hash_key_random(struct hash_key *key_r);

/* SipHash-1-3 (Aumasson and Bernstein) over len bytes. */
uint64_t hash_keyed(const struct hash_key *key, const void *data, size_t len);

/* A fixed 64-bit hash: the same in every run and on every host. */
uint64_t hash_fixed(const void *data, size_t len);

/* Finaliser of a 64-bit value (bijective); for integers as hash input. */
static inline uint64_t
hash_mix(uint64_t x)
{
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	x ^= x >> 32;
	return x;
}

#endif
