/* The shards' parts of a second become one meter an endpoint, the busiest first. */
#include "config.h"

#include <stdlib.h>

#include "flow/meter_places.h"
#include "flow/sketch/hll.h"

/* What decides an endpoint's rank. */
struct rank {
	uint64_t packets;
	struct place *place;
};

struct meter_merge {
	struct meter_merge_config config;
	struct places places;
	uint64_t floors[METER_SHARDS_MAX]; /* of the shards' tables in this second */
	struct rank *ranks;                /* by flush: places.cap of them */
	struct meter_merge_stats stats;
};

void
meter_merge_config_defaults(struct meter_merge_config *config_r)
{
	*config_r = (struct meter_merge_config){
	    .cap = 8192,
	    .top = 16,
	    .min_packets = 100,
	    .min_flows = 50,
	};
}

struct meter_merge *
meter_merge_new(const struct meter_merge_config *config)
{
	struct meter_merge *mm = calloc(1, sizeof *mm);

	if (mm == NULL)
		return NULL;
	mm->config = *config;
	if (places_init(&mm->places, config->cap) == 0)
		mm->ranks = calloc(mm->places.cap, sizeof *mm->ranks);
	if (mm->ranks == NULL)
		meter_merge_free(&mm);
	return mm;
}

void
meter_merge_free(struct meter_merge **mm)
{
	if (*mm == NULL)
		return;
	free((*mm)->ranks);
	places_fini(&(*mm)->places);
	free(*mm);
	*mm = NULL;
}

static void
add_counts(struct meter_counts *into, const struct meter_counts *c)
{
	into->packets += c->packets;
	into->bytes += c->bytes;
	into->tcp += c->tcp;
	into->udp += c->udp;
	into->syn += c->syn;
	into->synack += c->synack;
	into->rst += c->rst;
	into->fin += c->fin;
	into->icmp += c->icmp;
	into->arp += c->arp;
	into->fragments += c->fragments;
	into->flows += c->flows;
	into->answered += c->answered;
	into->messages += c->messages;
}

static void
add_part(struct meter *into, const struct meter *m)
{
	add_counts(&into->out, &m->out);
	add_counts(&into->in, &m->in);
	hll_merge(into->peers, m->peers);
	hll_merge(into->ports, m->ports);
	hll_merge(into->ports_in, m->ports_in);
	into->second = m->second;
	into->error += m->error;
}

void
meter_merge_add(struct meter_merge *mm, unsigned shard, const struct meter *m)
{
	uint64_t n = m->out.packets + m->out.messages + m->in.packets + m->in.messages;
	struct place *place = places_find(&mm->places, &m->endpoint);

	if (place != NULL)
		place->weight += n;
	else
		place = places_claim(&mm->places, &m->endpoint, n);
	place->shards |= UINT32_C(1) << shard;
	mm->floors[shard] = m->floor;
	add_part(&place->meter, m);
}

/* What an endpoint may have had in shards that have no part of it. */
static uint64_t
floor_without(const struct meter_merge *mm, uint32_t shards)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < METER_SHARDS_MAX; i++)
		if ((shards >> i & 1) == 0)
			sum += mm->floors[i];
	return sum;
}

static int
compare_ranks(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;

	if (x->packets != y->packets)
		return x->packets > y->packets ? -1 : 1;
	return addr_compare(&x->place->meter.endpoint, &y->place->meter.endpoint);
}

static void
sort_places(struct meter_merge *mm)
{
	for (uint32_t i = 0; i < mm->places.used; i++) {
		struct place *place = &mm->places.all[i];

		mm->ranks[i].place = place;
		mm->ranks[i].packets =
		    place->meter.out.packets + place->meter.in.packets;
	}
	qsort(mm->ranks, mm->places.used, sizeof *mm->ranks, compare_ranks);
}

static bool
is_busy(const struct meter_merge *mm, const struct meter *m)
{
	return m->out.packets + m->in.packets >= mm->config.min_packets ||
	    m->out.flows + m->in.flows >= mm->config.min_flows;
}

void
meter_merge_flush(struct meter_merge *mm,
    void (*emit)(void *ctx, const struct meter *m, bool written), void *ctx)
{
	uint64_t floor = mm->places.floor + floor_without(mm, 0);
	uint32_t written = 0;

	sort_places(mm);
	for (uint32_t i = 0; i < mm->places.used; i++) {
		struct place *place = mm->ranks[i].place;
		bool busy = is_busy(mm, &place->meter);
		bool write = busy && written < mm->config.top;

		written += write;
		mm->stats.quiet += !busy;
		mm->stats.left_out += busy && !write;
		place->meter.error += floor_without(mm, place->shards);
		place->meter.floor = floor;
		emit(ctx, &place->meter, write);
	}
	mm->stats.written += written;
	places_reset(&mm->places);
	memset(mm->floors, 0, sizeof mm->floors);
}

void
meter_merge_get_stats(const struct meter_merge *mm, struct meter_merge_stats *stats_r)
{
	*stats_r = mm->stats;
	stats_r->replaced = mm->places.replaced;
}
