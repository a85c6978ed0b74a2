/* SipHash-1-3 for tables, a fixed multiply-and-mix hash for everything that is written.
 */
#include "config.h"

#include "tallyman/hash.h"

#include <endian.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "tallyman/clock.h"

void
hash_key_random(struct hash_key *key_r)
{
	/* Never blocks for long and never short for 16 bytes; the fallback only keeps
	 * tables spread out on a kernel that forbids the call. */
	if (getrandom(key_r, sizeof *key_r, 0) == (ssize_t)sizeof *key_r)
		return;
	key_r->k0 = hash_mix((uint64_t)clock_monotonic());
	key_r->k1 = hash_mix(key_r->k0 ^ (uint64_t)getpid());
}

static inline uint64_t
rotl(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline void
sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v2 = rotl(s->v2, 32);
}

/* The next 8 bytes, little endian. */
static inline uint64_t
word(const unsigned char *p)
{
	uint64_t w;

	memcpy(&w, p, 8);
	return le64toh(w);
}

/* The last 0..7 bytes, little endian. */
static inline uint64_t
tail(const unsigned char *p, size_t len)
{
	uint64_t w = 0;

	memcpy(&w, p, len);
	return le64toh(w);
}

uint64_t
hash_keyed(const struct hash_key *key, const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t left = len;
	uint64_t w;
	struct sip s = {
	    .v0 = key->k0 ^ UINT64_C(0x736f6d6570736575),
	    .v1 = key->k1 ^ UINT64_C(0x646f72616e646f6d),
	    .v2 = key->k0 ^ UINT64_C(0x6c7967656e657261),
	    .v3 = key->k1 ^ UINT64_C(0x7465646279746573),
	};

	for (; left >= 8; p += 8, left -= 8) {
		w = word(p);
		s.v3 ^= w;
		sip_round(&s);
		s.v0 ^= w;
	}
	w = tail(p, left) | (uint64_t)len << 56;
	s.v3 ^= w;
	sip_round(&s);
	s.v0 ^= w;
	s.v2 ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t
hash_fixed(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t h = UINT64_C(0x9e3779b97f4a7c15) ^ len;

	for (; len >= 8; p += 8, len -= 8)
		h = hash_mix(h ^ word(p)) + UINT64_C(0x9e3779b97f4a7c15);
	return hash_mix(h ^ tail(p, len));
}
