/* Network addresses as plain values. */
#include "config.h"

#include "tallyman/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

const char *
addr_format(const struct addr *a, char text[ADDR_TEXT_MAX])
{
	int af = a->family == 6 ? AF_INET6 : AF_INET;

	text[0] = '\0';
	if (a->family != 0)
		inet_ntop(af, a->bytes, text, ADDR_TEXT_MAX);
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
