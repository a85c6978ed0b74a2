/*
 * The table: settings, memory, figures. Buckets are sized by the caps but touched as
 * flows come, so that a small capture costs little and nothing is ever resized.
 */
#include "config.h"

#include "flow/flow_priv.h"

#include <stdlib.h>
#include <string.h>

#define SECONDS(n) ((n)*INT64_C(1000000000))

/*
 * tcp_new: a SYN is repeated for about a minute. tcp_established, udp: what EVE's users
 * know and NAT gateways keep; keep-alives and polling of most software are well below.
 * tcp_closed: a FIN is repeated several times within ten seconds. fragment: Linux'
 * ipfrag_time.
 */
void
flow_config_defaults(struct flow_config *config_r)
{
	*config_r = (struct flow_config){
	    .timeouts =
		{
		    .tcp_new = SECONDS(60),
		    .tcp_established = SECONDS(600),
		    .tcp_closed = SECONDS(10),
		    .udp_new = SECONDS(30),
		    .udp_established = SECONDS(120),
		    .icmp = SECONDS(60),
		    .other = SECONDS(120),
		    .fragment = SECONDS(30),
		    .interim = SECONDS(300),
		},
	    .embryonic_cap = 32768,
	    .open_cap = 16384,
	    .full_cap = 32768,
	    .fragment_cap = 1024,
	    .key_encapsulation = true,
	};
}

static void
init_tiers(struct flow_table *t)
{
	const struct flow_config *c = &t->config;
	const uint32_t caps[FLOW_N_TIERS] = {
	    c->embryonic_cap, c->open_cap, c->full_cap};

	for (unsigned n = 0; n < FLOW_N_TIERS; n++) {
		struct flow_tier_lists *tier = &t->tiers[n];

		tier->cap = caps[n];
		for (unsigned i = 0; i < FLOW_N_CLASSES; i++)
			TAILQ_INIT(&tier->queue[i]);
		for (unsigned i = 0; i < FLOW_N_RANKS; i++)
			TAILQ_INIT(&tier->ranks[i]);
	}
}

static void
init_timeouts(struct flow_table *t)
{
	const struct flow_timeouts *set = &t->config.timeouts;

	t->timeouts[FLOW_CLASS_TCP_NEW] = set->tcp_new;
	t->timeouts[FLOW_CLASS_TCP_ESTABLISHED] = set->tcp_established;
	t->timeouts[FLOW_CLASS_TCP_CLOSED] = set->tcp_closed;
	t->timeouts[FLOW_CLASS_UDP_NEW] = set->udp_new;
	t->timeouts[FLOW_CLASS_UDP_ESTABLISHED] = set->udp_established;
	t->timeouts[FLOW_CLASS_ICMP] = set->icmp;
	t->timeouts[FLOW_CLASS_OTHER] = set->other;
}

/* Zeroed buckets for n entries at a load of one half to one. */
static void *
new_buckets(uint32_t n, uint32_t *mask_r)
{
	uint64_t size = 16;

	while (size < n)
		size *= 2;
	*mask_r = (uint32_t)(size - 1);
	return calloc(size, sizeof(void *));
}

/* Sums of three caps stay within 32 bits. */
static uint32_t
bounded(uint32_t cap)
{
	const uint32_t most = UINT32_C(1) << 28;

	return cap == 0 ? 1 : cap < most ? cap : most;
}

struct flow_table *
flow_table_new(const struct flow_config *config)
{
	struct flow_table *t = calloc(1, sizeof *t);
	uint32_t all;

	if (t == NULL)
		return NULL;
	t->config = *config;
	t->config.embryonic_cap = bounded(config->embryonic_cap);
	t->config.open_cap = bounded(config->open_cap);
	t->config.full_cap = bounded(config->full_cap);
	t->config.fragment_cap = bounded(config->fragment_cap);
	t->now = INT64_MIN;
	hash_key_random(&t->hash_key);
	init_tiers(t);
	init_timeouts(t);
	TAILQ_INIT(&t->trains_open);
	TAILQ_INIT(&t->trains_complete);
	all = t->config.embryonic_cap + t->config.open_cap + t->config.full_cap;
	pool_init(&t->flows, sizeof(struct flow), all);
	pool_init(&t->fulls, sizeof(struct flow_full),
	    t->config.open_cap + t->config.full_cap);
	pool_init(&t->sources, sizeof(struct flow_source), all);
	pool_init(&t->paths, sizeof(struct flow_path), all + t->config.fragment_cap);
	pool_init(&t->trains, sizeof(struct flow_train), t->config.fragment_cap);
	t->buckets = new_buckets(all, &t->mask);
	t->source_buckets = new_buckets(all, &t->source_mask);
	t->path_buckets = new_buckets(all / 4, &t->path_mask);
	t->train_buckets = new_buckets(t->config.fragment_cap, &t->train_mask);
	if (t->buckets == NULL || t->source_buckets == NULL ||
	    t->path_buckets == NULL || t->train_buckets == NULL)
		flow_table_free(&t);
	return t;
}

void
flow_table_free(struct flow_table **t)
{
	struct flow_table *table = *t;

	if (table == NULL)
		return;
	pool_fini(&table->flows);
	pool_fini(&table->fulls);
	pool_fini(&table->sources);
	pool_fini(&table->paths);
	pool_fini(&table->trains);
	free(table->buckets);
	free(table->source_buckets);
	free(table->path_buckets);
	free(table->train_buckets);
	free(table);
	*t = NULL;
}

void
flow_table_get_stats(const struct flow_table *t, struct flow_stats *stats_r)
{
	const struct flow_tier_lists *tiers = t->tiers;

	*stats_r = t->stats;
	stats_r->embryonic = tiers[FLOW_TIER_EMBRYONIC].count;
	stats_r->open = tiers[FLOW_TIER_OPEN].count;
	stats_r->full = tiers[FLOW_TIER_PROVEN].count;
	stats_r->embryonic_max = tiers[FLOW_TIER_EMBRYONIC].max;
	stats_r->open_max = tiers[FLOW_TIER_OPEN].max;
	stats_r->full_max = tiers[FLOW_TIER_PROVEN].max;
	stats_r->evicted_embryonic = tiers[FLOW_TIER_EMBRYONIC].evicted;
	stats_r->evicted_open = tiers[FLOW_TIER_OPEN].evicted;
	stats_r->evicted_full = tiers[FLOW_TIER_PROVEN].evicted;
}
