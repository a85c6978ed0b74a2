/* Checksums. The sum takes 32-bit words into 64 bits, so that no carry is lost. */
#include "config.h"

#include "checksum.h"

#include <string.h>

static uint64_t
load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

uint64_t
checksum_add(uint64_t sum, const uint8_t *bytes, uint32_t len)
{
	uint64_t other = 0;
	uint8_t tail[8] = {0};

	for (; len >= 16; len -= 16, bytes += 16) {
		uint64_t a = load64(bytes), b = load64(bytes + 8);

		sum += (a & UINT32_MAX) + (a >> 32);
		other += (b & UINT32_MAX) + (b >> 32);
	}
	sum += other;
	for (; len > 0;) {
		uint32_t n = len < 8 ? len : 8;

		memcpy(tail, bytes, n);
		memset(tail + n, 0, sizeof tail - n);
		sum += (load64(tail) & UINT32_MAX) + (load64(tail) >> 32);
		bytes += n;
		len -= n;
	}
	return sum;
}

uint16_t
checksum_fold(uint64_t sum)
{
	while (sum >> 16 != 0)
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
