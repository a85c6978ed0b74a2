/* Network addresses as plain values. */
#ifndef TALLYMAN_ADDR_H
#define TALLYMAN_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An IPv4 or IPv6 address. Bytes are in network order; IPv4 uses bytes[0..3] and the
 * rest is zero, so that two addresses are equal exactly when their memory is.
 */
struct addr {
	uint8_t bytes[16];
	uint8_t family; /* 0: none, 4 or 6 */
};

#define ADDR_TEXT_MAX 46 /* longest text of an address, with its NUL */

/* Text of an address as inet_ntop(3) writes it (RFC 5952 for IPv6); "" for none. */
const char *addr_format(const struct addr *a, char text[ADDR_TEXT_MAX]);

/* Parses dotted-quad or IPv6 text. Returns 0, or -EINVAL. */
int addr_parse(const char *text, struct addr *a_r);

/* Builds an address from 4 or 16 bytes in network order. */
struct addr addr_v4(const uint8_t *bytes);
struct addr addr_v6(const uint8_t *bytes);

/* Orders by family, then bytes; the order of Community ID for equal families. */
int addr_compare(const struct addr *a, const struct addr *b);

bool addr_equal(const struct addr *a, const struct addr *b);

/* True when the first `bits` bits are the same and the families match. */
bool addr_in_prefix(const struct addr *a, const struct addr *prefix, unsigned bits);

/* IPv4 224/4 or 255.255.255.255, IPv6 ff00::/8. */
bool addr_is_multicast(const struct addr *a);

#endif
