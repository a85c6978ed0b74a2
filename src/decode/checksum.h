/* The Internet checksum (RFC 1071) and SCTP's CRC-32C. */
#ifndef DECODE_CHECKSUM_H
#define DECODE_CHECKSUM_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Adds len bytes to a one's complement sum that is folded later. Words are added as the
 * host reads them: the sum is the same in every byte order, up to its own.
 */
uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, uint32_t len);

/* The sum in 16 bits, in the host's reading of the words. */
uint16_t checksum_fold(uint64_t sum);

/* True when the bytes sum up to what a right checksum makes of them. */
bool checksum_right(const uint8_t *bytes, uint32_t len);

/* CRC-32C over len bytes (RFC 9260 appendix A); start with crc 0. */
uint32_t checksum_crc32c(uint32_t crc, const uint8_t *bytes, uint32_t len);

#endif
