/* Checksums. The one's complement sum is the same for words of any width, when it is
 * folded in the end. */
#include "config.h"

#include "checksum.h"

#include <string.h>

/* One's complement addition: what is carried out at the top comes in at the bottom. */
static inline uint64_t
add(uint64_t a, uint64_t b)
{
	uint64_t sum = a + b;

	return sum + (sum < a);
}

static inline uint64_t
load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

static inline uint64_t
load32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

/* The last bytes, fewer than 4, with zeros behind. */
static inline uint64_t
load_tail(const uint8_t *p, uint32_t len)
{
	uint8_t bytes[4] = {0};

	for (uint32_t i = 0; i < len; i++)
		bytes[i] = p[i];
	return load32(bytes);
}

uint64_t
checksum_add(uint64_t sum, const uint8_t *bytes, uint32_t len)
{
	uint64_t other = 0;

	for (; len >= 16; len -= 16, bytes += 16) {
		sum = add(sum, load64(bytes));
		other = add(other, load64(bytes + 8));
	}
	if (len >= 8) {
		sum = add(sum, load64(bytes));
		bytes += 8;
		len -= 8;
	}
	if (len >= 4) {
		sum = add(sum, load32(bytes));
		bytes += 4;
		len -= 4;
	}
	if (len > 0)
		sum = add(sum, load_tail(bytes, len));
	return add(sum, other);
}

uint16_t
checksum_fold(uint64_t sum)
{
	sum = (sum & UINT32_MAX) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

bool
checksum_right(const uint8_t *bytes, uint32_t len)
{
	return checksum_fold(checksum_add(0, bytes, len)) == 0xffff;
}

/* Remainders of the 16 values of four bits, polynomial 0x82f63b78 (reflected). */
static const uint32_t crc_nibbles[16] = {
    0x00000000,
    0x105ec76f,
    0x20bd8ede,
    0x30e349b1,
    0x417b1dbc,
    0x5125dad3,
    0x61c69362,
    0x7198540d,
    0x82f63b78,
    0x92a8fc17,
    0xa24bb5a6,
    0xb21572c9,
    0xc38d26c4,
    0xd3d3e1ab,
    0xe330a81a,
    0xf36e6f75,
};

uint32_t
checksum_crc32c(uint32_t crc, const uint8_t *bytes, uint32_t len)
{
	crc = ~crc;
	for (uint32_t i = 0; i < len; i++) {
		crc ^= bytes[i];
		crc = crc >> 4 ^ crc_nibbles[crc & 15];
		crc = crc >> 4 ^ crc_nibbles[crc & 15];
	}
	return ~crc;
}
