/* One flow goes into an aggregate: totals, ends, port ranges. */
#include "config.h"

#include "flow/aggregate_priv.h"

#include <netinet/in.h>
#include <string.h>

#include "flow/sketch/hll.h"

static void
fold_end(struct aggregate_end *end, const struct addr *a)
{
	for (unsigned i = 0; i < end->n_samples; i++)
		if (addr_equal(&end->samples[i], a))
			return;
	hll_add(end->distinct, hll_hash_addr(a));
	if (end->n_samples < AGGREGATE_SAMPLES)
		end->samples[end->n_samples++] = *a;
}

static void
remove_range(struct aggregate *a, unsigned i)
{
	a->n_ports--;
	memmove(&a->ports[i], &a->ports[i + 1], (a->n_ports - i) * sizeof a->ports[0]);
}

/* Joins range i with the one behind it. */
static void
join_ranges(struct aggregate *a, unsigned i)
{
	a->ports[i].last = a->ports[i + 1].last;
	remove_range(a, i + 1);
}

static unsigned
gap_behind(const struct aggregate *a, unsigned i)
{
	return a->ports[i + 1].first - a->ports[i].last;
}

/* Makes room for a range: the two that are closest become one. */
static void
join_closest(struct aggregate *a)
{
	unsigned best = 0;

	for (unsigned i = 1; i + 1 < a->n_ports; i++)
		if (gap_behind(a, i) < gap_behind(a, best))
			best = i;
	join_ranges(a, best);
	a->ports_inexact = true;
}

/* The first range that ends at or behind the port. */
static unsigned
find_range(const struct aggregate *a, uint16_t port)
{
	unsigned i = 0;

	while (i < a->n_ports && a->ports[i].last < port)
		i++;
	return i;
}

static void
insert_range(struct aggregate *a, unsigned i, uint16_t port)
{
	memmove(&a->ports[i + 1], &a->ports[i], (a->n_ports - i) * sizeof a->ports[0]);
	a->ports[i].first = a->ports[i].last = port;
	a->n_ports++;
}

static void
fold_port(struct aggregate *a, uint16_t port)
{
	unsigned i = find_range(a, port);
	bool inside = i < a->n_ports && a->ports[i].first <= port;
	bool before = i < a->n_ports && a->ports[i].first == port + 1;
	bool behind = i > 0 && a->ports[i - 1].last + 1 == port;

	if (inside)
		return;
	if (before)
		a->ports[i].first = port;
	if (behind)
		a->ports[i - 1].last = port;
	if (before && behind)
		join_ranges(a, i - 1);
	if (before || behind)
		return;
	if (a->n_ports == AGGREGATE_PORT_RANGES) {
		join_closest(a);
		fold_port(a, port);
		return;
	}
	insert_range(a, i, port);
}

static bool
has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	    proto == IPPROTO_UDPLITE || proto == IPPROTO_SCTP;
}

static void
begin(struct aggregate *a, const struct flow_record *r)
{
	a->id = r->id;
	a->proto = r->proto;
	a->start = r->start;
	a->end = r->end;
	if (a->by == AGGREGATE_BY_TOTAL)
		return;
	a->n_vlans = r->n_vlans;
	a->n_tunnels = r->n_tunnels;
	memcpy(a->vlans, r->vlans, sizeof a->vlans);
	memcpy(a->tunnels, r->tunnels, sizeof a->tunnels);
}

void
aggregate_fold(struct aggregate *a, const struct flow_record *r)
{
	if (a->flows == 0)
		begin(a, r);
	a->flows++;
	a->start = r->start < a->start ? r->start : a->start;
	a->end = r->end > a->end ? r->end : a->end;
	for (unsigned dir = 0; dir < 2; dir++) {
		a->packets[dir] += r->side[dir].packets;
		a->bytes[dir] += r->side[dir].bytes;
		a->tcp_flags[dir] |= r->side[dir].tcp_flags;
	}
	a->by_conn_state[r->conn_state]++;
	a->anomalies |= r->anomalies;
	fold_end(&a->src, &r->src);
	fold_end(&a->dst, &r->dst);
	if (has_ports(r->proto))
		fold_port(a, r->dport);
}
