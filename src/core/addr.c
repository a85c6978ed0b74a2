/* Network addresses as plain values. */
#include "config.h"

#include "tallyman/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static char *
put_byte(char *p, unsigned value)
{
	if (value >= 100)
		*p++ = (char)('0' + value / 100);
	if (value >= 10)
		*p++ = (char)('0' + value / 10 % 10);
	*p++ = (char)('0' + value % 10);
	return p;
}

static char *
put_v4(char *p, const uint8_t *bytes)
{
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			*p++ = '.';
		p = put_byte(p, bytes[i]);
	}
	return p;
}

static char *
put_group(char *p, unsigned value)
{
	static const char digits[] = "0123456789abcdef";

	for (int shift = 12; shift >= 0; shift -= 4) {
		if (value >> shift != 0 || shift == 0)
			*p++ = digits[value >> shift & 15];
	}
	return p;
}

/* Finds the first longest run of at least two zero groups. */
static void
find_zeros(const unsigned groups[8], int *start_r, int *len_r)
{
	*start_r = -1;
	*len_r = 1;
	for (int i = 0, n; i < 8; i += n + 1) {
		for (n = 0; i + n < 8 && groups[i + n] == 0; n++)
			;
		if (n > *len_r) {
			*start_r = i;
			*len_r = n;
		}
	}
}

static char *
put_v6(char *p, const uint8_t *bytes)
{
	unsigned groups[8];
	int zeros, n;

	for (int i = 0; i < 8; i++)
		groups[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
	find_zeros(groups, &zeros, &n);
	for (int i = 0; i < 8; i++) {
		if (i == zeros) {
			*p++ = ':';
			i += n - 1;
			if (i == 7)
				*p++ = ':';
			continue;
		}
		if (i > 0)
			*p++ = ':';
		/* IPv4 in IPv6: ::a.b.c.d and ::ffff:a.b.c.d */
		if (i == 6 && zeros == 0 && (n == 6 || (n == 5 && groups[5] == 0xffff)))
			return put_v4(p, bytes + 12);
		p = put_group(p, groups[i]);
	}
	return p;
}

/* By hand: every record has several, and the C library's way is ten times slower. */
const char *
addr_format(const struct addr *a, char text[ADDR_TEXT_MAX])
{
	char *p = text;

	if (a->family == 6)
		p = put_v6(p, a->bytes);
	else if (a->family != 0)
		p = put_v4(p, a->bytes);
	*p = '\0';
	return text;
}

int
addr_parse(const char *text, struct addr *a_r)
{
	memset(a_r, 0, sizeof *a_r);
	if (inet_pton(AF_INET, text, a_r->bytes) == 1)
		a_r->family = 4;
	else if (inet_pton(AF_INET6, text, a_r->bytes) == 1)
		a_r->family = 6;
	else
		return -EINVAL;
	return 0;
}

struct addr
addr_v4(const uint8_t *bytes)
{
	struct addr a = {.family = 4};

	memcpy(a.bytes, bytes, 4);
	return a;
}

struct addr
addr_v6(const uint8_t *bytes)
{
	struct addr a = {.family = 6};

	memcpy(a.bytes, bytes, 16);
	return a;
}

int
addr_compare(const struct addr *a, const struct addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

bool
addr_equal(const struct addr *a, const struct addr *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

bool
addr_in_prefix(const struct addr *a, const struct addr *prefix, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (a->family != prefix->family || bits > (a->family == 4 ? 32U : 128U))
		return false;
	if (memcmp(a->bytes, prefix->bytes, whole) != 0)
		return false;
	if (rest == 0)
		return true;
	return (a->bytes[whole] ^ prefix->bytes[whole]) >> (8 - rest) == 0;
}

bool
addr_is_multicast(const struct addr *a)
{
	static const uint8_t broadcast[4] = {255, 255, 255, 255};

	if (a->family == 6)
		return a->bytes[0] == 0xff;
	return a->family == 4 &&
	    (a->bytes[0] >> 4 == 0xe ||
		memcmp(a->bytes, broadcast, sizeof broadcast) == 0);
}
