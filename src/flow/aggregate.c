/*
 * Which unanswered flows get records of their own, and which are folded. Each responder
 * and each initiator (per protocol and encapsulation) has an allowance, a token bucket
 * on packet time; so has everything together. A flow takes a token from all three, or
 * is folded by the one that has none. An end that is folded costs the other end
 * nothing: a flood of spoofed sources leaves no trace of them among the allowances.
 */
#include "config.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "flow/aggregate_priv.h"
#include "tallyman/clock.h"
#include "tallyman/hash.h"

/* What an allowance belongs to; compared as memory, so it has no padding. */
struct key {
	struct addr addr; /* of the end; none for the total */
	uint8_t by;       /* enum aggregate_by */
	uint8_t proto;
	uint8_t n_vlans, n_tunnels, tunnel_types[DECODE_TUNNEL_MAX];
	uint8_t zero[3];
	uint32_t tunnel_ids[DECODE_TUNNEL_MAX];
	uint16_t vlans[DECODE_VLAN_MAX];
};

_Static_assert(sizeof(struct key) ==
	sizeof(struct addr) + 7 + 5 * DECODE_TUNNEL_MAX + 2 * DECODE_VLAN_MAX,
    "no padding");

struct bucket {
	uint64_t tokens; /* in billionths */
	int64_t filled;  /* when they were counted */
};

struct entry {
	struct key key;
	struct entry *next;         /* in its chain */
	TAILQ_ENTRY(entry) used;    /* least recently used first */
	TAILQ_ENTRY(entry) folding; /* when fold.flows is not 0: longest first */
	struct bucket bucket;       /* full and untouched for the total */
	int64_t since;              /* when the first flow was folded */
	struct aggregate fold;
};

TAILQ_HEAD(entries, entry);

struct aggregator {
	struct aggregate_config config;
	void (*emit)(void *ctx, const struct aggregate *a);
	void *ctx;
	int64_t now;
	struct bucket total;
	struct entry *all; /* config.cap of them */
	uint32_t made;     /* all[0 .. made) are in use */
	struct entry **chains;
	uint32_t mask;
	struct hash_key secret; /* decides where things lie and nothing else */
	struct entries used, folding;
	struct aggregator_stats stats;
};

#define TOKEN UINT64_C(1000000000) /* one per second is one billionth per ns */

_Static_assert(TOKEN == CLOCK_NS_PER_SEC, "tokens grow by ns times per_second");

void
aggregate_config_defaults(struct aggregate_config *config_r)
{
	*config_r = (struct aggregate_config){
	    .cap = 8192,
	    .each = {.burst = 1000, .per_second = 10},
	    .total = {.burst = 20000, .per_second = 500},
	    .window = 10 * CLOCK_NS_PER_SEC,
	};
}

/* ---- allowances ---- */

static struct bucket
bucket_full(const struct aggregate_allowance *allowance, int64_t now)
{
	return (struct bucket){allowance->burst * TOKEN, now};
}

/* Brings the bucket up to now and says whether it holds a token. */
static bool
bucket_has(struct bucket *b, const struct aggregate_allowance *allowance, int64_t now)
{
	uint64_t elapsed = (uint64_t)now - (uint64_t)b->filled;
	uint64_t missing = allowance->burst * TOKEN - b->tokens;

	b->filled = now;
	if (allowance->per_second != 0 && elapsed > missing / allowance->per_second)
		b->tokens += missing;
	else
		b->tokens += elapsed * allowance->per_second;
	return b->tokens >= TOKEN;
}

/* ---- entries ---- */

static struct key
make_key(const struct flow_record *r, enum aggregate_by by)
{
	struct key k = {.by = (uint8_t)by, .proto = r->proto};

	if (by == AGGREGATE_BY_TOTAL)
		return k;
	k.addr = by == AGGREGATE_BY_DST ? r->dst : r->src;
	k.n_vlans = r->n_vlans;
	k.n_tunnels = r->n_tunnels;
	for (unsigned i = 0; i < r->n_vlans; i++)
		k.vlans[i] = r->vlans[i];
	for (unsigned i = 0; i < r->n_tunnels; i++) {
		k.tunnel_types[i] = r->tunnels[i].type;
		k.tunnel_ids[i] = r->tunnels[i].id;
	}
	return k;
}

static struct entry **
chain_of(const struct aggregator *a, const struct key *k)
{
	return &a->chains[hash_keyed(&a->secret, k, sizeof *k) & a->mask];
}

/* The entry, now the most recently used; NULL when there is none. */
static struct entry *
find(struct aggregator *a, const struct key *k)
{
	struct entry *e = *chain_of(a, k);

	while (e != NULL && memcmp(&e->key, k, sizeof *k) != 0)
		e = e->next;
	if (e != NULL) {
		TAILQ_REMOVE(&a->used, e, used);
		TAILQ_INSERT_TAIL(&a->used, e, used);
	}
	return e;
}

/* Writes what was folded; the entry and its allowance stay. */
static void
write_fold(struct aggregator *a, struct entry *e)
{
	TAILQ_REMOVE(&a->folding, e, folding);
	a->stats.records++;
	a->emit(a->ctx, &e->fold);
	e->fold.flows = 0;
}

/* True when the entry is as good as a new one. */
static bool
is_rested(const struct aggregator *a, struct entry *e)
{
	bucket_has(&e->bucket, &a->config.each, a->now);
	return e->fold.flows == 0 && e->bucket.tokens == a->config.each.burst * TOKEN;
}

static struct entry *
evict(struct aggregator *a)
{
	struct entry *e = TAILQ_FIRST(&a->used), **link = chain_of(a, &e->key);

	a->stats.evicted += !is_rested(a, e);
	if (e->fold.flows != 0) {
		a->stats.early++;
		write_fold(a, e);
	}
	while (*link != e)
		link = &(*link)->next;
	*link = e->next;
	TAILQ_REMOVE(&a->used, e, used);
	return e;
}

static struct entry *
claim(struct aggregator *a, const struct key *k)
{
	struct entry *e = a->made < a->config.cap ? &a->all[a->made++] : evict(a);
	struct entry **chain = chain_of(a, k);

	e->key = *k;
	e->next = *chain;
	*chain = e;
	e->bucket = bucket_full(&a->config.each, a->now);
	e->fold.flows = 0;
	TAILQ_INSERT_TAIL(&a->used, e, used);
	return e;
}

static struct entry *
find_or_claim(struct aggregator *a, const struct key *k)
{
	struct entry *e = find(a, k);

	return e != NULL ? e : claim(a, k);
}

static void
fold(struct aggregator *a, struct entry *e, const struct flow_record *r)
{
	if (e->fold.flows == 0) {
		memset(&e->fold, 0, sizeof e->fold);
		e->fold.by = e->key.by;
		e->since = a->now;
		TAILQ_INSERT_TAIL(&a->folding, e, folding);
	}
	aggregate_fold(&e->fold, r);
	a->stats.folded++;
}

/* ---- public ---- */

struct aggregator *
aggregator_new(const struct aggregate_config *config,
    void (*emit)(void *ctx, const struct aggregate *a), void *ctx)
{
	struct aggregator *a = calloc(1, sizeof *a);

	if (a == NULL)
		return NULL;
	a->config = *config;
	a->config.cap = config->cap == 0 ? 1 : config->cap;
	a->config.each.burst = config->each.burst == 0 ? 1 : config->each.burst;
	a->emit = emit;
	a->ctx = ctx;
	a->now = INT64_MIN;
	a->total = bucket_full(&config->total, a->now);
	TAILQ_INIT(&a->used);
	TAILQ_INIT(&a->folding);
	hash_key_random(&a->secret);
	a->mask = 15;
	while (a->mask < a->config.cap && a->mask < UINT32_MAX)
		a->mask = a->mask << 1 | 1;
	a->all = calloc(a->config.cap, sizeof *a->all);
	a->chains = calloc((size_t)a->mask + 1, sizeof(struct entry *));
	if (a->all == NULL || a->chains == NULL)
		aggregator_free(&a);
	return a;
}

void
aggregator_free(struct aggregator **a)
{
	if (*a == NULL)
		return;
	free((*a)->all);
	free((*a)->chains);
	free(*a);
	*a = NULL;
}

static bool
is_echo(const struct flow_record *r)
{
	return (r->proto == IPPROTO_ICMP && r->icmp_type == 8) ||
	    (r->proto == IPPROTO_ICMPV6 && r->icmp_type == 128);
}

bool
aggregator_foldable(const struct flow_record *r)
{
	const struct flow_side *side = r->side;

	if (r->reason == FLOW_REASON_INTERIM || r->interim != 0)
		return false;
	if (is_echo(r) && side[0].packets + side[1].packets <= 2)
		return true;
	if (r->proto == IPPROTO_TCP &&
	    side[0].payload_bytes + side[1].payload_bytes != 0)
		return false;
	return !r->established;
}

/* The responder's or the initiator's entry, if its allowance is used up. */
static struct entry *
find_used_up(struct aggregator *a, const struct key keys[2])
{
	for (unsigned i = 0; i < 2; i++) {
		struct entry *e = find(a, &keys[i]);

		if (e != NULL && !bucket_has(&e->bucket, &a->config.each, a->now))
			return e;
	}
	return NULL;
}

/* The entry that folds the flow; NULL when all three had a token, which are taken. */
static struct entry *
charge(struct aggregator *a, const struct flow_record *r)
{
	struct key keys[] = {make_key(r, AGGREGATE_BY_DST),
	    make_key(r, AGGREGATE_BY_SRC), make_key(r, AGGREGATE_BY_TOTAL)};
	struct entry *e = find_used_up(a, keys);

	if (e != NULL)
		return e;
	if (!bucket_has(&a->total, &a->config.total, a->now))
		return find_or_claim(a, &keys[2]);
	a->total.tokens -= TOKEN;
	for (unsigned i = 0; i < 2; i++)
		find_or_claim(a, &keys[i])->bucket.tokens -= TOKEN;
	return NULL;
}

bool
aggregator_offer(struct aggregator *a, const struct flow_record *r, int64_t now)
{
	struct entry *e;

	if (!aggregator_foldable(r))
		return false;
	a->now = now > a->now ? now : a->now;
	e = charge(a, r);
	if (e != NULL)
		fold(a, e, r);
	return e != NULL;
}

void
aggregator_tick(struct aggregator *a, int64_t now)
{
	struct entry *e;

	if (now != INT64_MAX)
		a->now = now > a->now ? now : a->now;
	while ((e = TAILQ_FIRST(&a->folding)) != NULL &&
	    (now == INT64_MAX ||
		(uint64_t)a->now - (uint64_t)e->since >= (uint64_t)a->config.window))
		write_fold(a, e);
}

void
aggregator_get_stats(const struct aggregator *a, struct aggregator_stats *stats_r)
{
	*stats_r = a->stats;
}
