/*
 * Edits: what changes in a copy, and which checksums see it.
 *
 * A changed address changes its IP header's checksum, and through the pseudo header
 * that of TCP, UDP and ICMPv6. If the packet itself lies under another checksum (an
 * ICMP error quotes it, UDP or GRE with a checksum carries it), that "cover" sees the
 * address and the adjusted checksums: each adjustment cancels the address once. A cover
 * is itself adjusted to a net change of zero, so the next one outside sees nothing.
 */
#include "config.h"

#include "mix_plan.h"

#include <stdlib.h>
#include <string.h>

static struct edit *
add_edit(struct plan *p, enum edit_kind kind, size_t off)
{
	struct input *in = p->in;
	struct edit *e;

	in->edits = grow(in->edits, in->n_edits, &in->edits_cap, sizeof *e);
	e = &in->edits[in->n_edits++];
	*e = (struct edit){.off = (uint16_t)off, .kind = (uint8_t)kind};
	return e;
}

static void
add_fix(struct edit *e, size_t sum, int sign, bool udp)
{
	if (sum == NO_SUM || sign == 0)
		return;
	e->fixes[e->n_fixes++] =
	    (struct fix){.off = (uint16_t)sum, .sign = (int8_t)sign, .udp = udp};
}

/* The checksums over an edit: the header's, the transport's, and the cover, which sees
 * what those two have not cancelled. */
static void
add_fixes(const struct plan *p, struct edit *e, size_t header_sum, size_t sum, bool udp)
{
	int net = 1 - (header_sum != NO_SUM) - (sum != NO_SUM);

	add_fix(e, header_sum, 1, false);
	add_fix(e, sum, 1, udp);
	add_fix(e, p->cover, net, p->cover_udp);
}

static uint16_t
local_prefix(struct input *in, uint32_t number)
{
	if (in->n_prefixes == UINT16_MAX)
		return (uint16_t)(number % UINT16_MAX); /* more than the pool has */
	if (in->prefix_of[number] == 0)
		in->prefix_of[number] = (uint16_t)++in->n_prefixes;
	return (uint16_t)(in->prefix_of[number] - 1);
}

/* How an IPv4 address changes; false: it stays. Special ranges of RFC 6890 stay. */
static bool
v4_kind(struct input *in, const uint8_t *a, enum edit_kind *kind_r, uint16_t *prefix_r)
{
	uint32_t net = (uint32_t)a[1] << 8 | a[2];

	*kind_r = EDIT_V4_LOCAL;
	if (a[0] == 10)
		*prefix_r = local_prefix(in, net);
	else if (a[0] == 172 && a[1] >= 16 && a[1] < 32)
		*prefix_r = local_prefix(in, 65536 + (net & 0xfff));
	else if (a[0] == 192 && a[1] == 168)
		*prefix_r = local_prefix(in, 65536 + 4096 + a[2]);
	else if (a[0] == 0 || a[0] == 127 || a[0] >= 224 ||
	    (a[0] == 169 && a[1] == 254))
		return false;
	else if (a[0] == 100 || a[0] == 169 || a[0] == 172 || a[0] == 192)
		*kind_r = EDIT_V4_NARROW;
	else
		*kind_r = EDIT_V4_GLOBAL;
	return true;
}

/* An IPv4 address at off; true if it changes with the copy. */
bool
edit_v4(struct plan *p, size_t off, size_t header_sum, size_t sum, bool udp)
{
	enum edit_kind kind;
	uint16_t prefix = 0;
	struct edit *e;

	if (!v4_kind(p->in, p->b + off, &kind, &prefix))
		return false;
	e = add_edit(p, kind, off);
	e->prefix = prefix;
	add_fixes(p, e, header_sum, sum, udp);
	return true;
}

bool
edit_v6(struct plan *p, size_t off, size_t sum, bool udp)
{
	static const uint8_t low[15] = {0};
	const uint8_t *a = p->b + off;
	struct edit *e;

	if (a[0] == 0xff || memcmp(a, low, sizeof low) == 0)
		return false; /* multicast, unspecified, loopback */
	if (a[0] == 0xfe && (a[1] & 0xc0) == 0x80)
		e = add_edit(p, EDIT_V6_LINK, off + 8);
	else
		e = add_edit(p, EDIT_V6_GLOBAL, off + 4);
	add_fixes(p, e, NO_SUM, sum, udp);
	return true;
}

void
edit_mac(struct plan *p, size_t off, size_t sum)
{
	if (p->b[off] & 1)
		return; /* multicast */
	add_fixes(p, add_edit(p, EDIT_MAC, off), NO_SUM, sum, false);
}

void
edit_port(struct plan *p, size_t off, bool fixed_ends, size_t sum, bool udp)
{
	if (p->b[off] & 0x80) /* 32768 and above */
		add_fixes(p, add_edit(p, fixed_ends ? EDIT_PORT_COPY : EDIT_PORT, off),
		    NO_SUM, sum, udp);
}

/* Open addressing; zero is an empty place. */
void
count_flow(struct input *in, uint64_t tuple)
{
	size_t i, n;

	if (tuple == 0)
		return;
	if (in->n_flows * 2 >= in->flows_cap) {
		uint64_t *old = in->flow_set;

		n = in->flows_cap;
		in->flow_set = NULL;
		in->n_flows = 0;
		in->flows_cap = 0;
		in->flow_set = grow(NULL, n * 2, &in->flows_cap, sizeof *in->flow_set);
		memset(in->flow_set, 0, in->flows_cap * sizeof *in->flow_set);
		for (i = 0; i < n; i++)
			count_flow(in, old[i]);
		free(old);
	}
	for (i = tuple & (in->flows_cap - 1); in->flow_set[i] != 0;
	     i = (i + 1) & (in->flows_cap - 1))
		if (in->flow_set[i] == tuple)
			return;
	in->flow_set[i] = tuple;
	in->n_flows++;
}
