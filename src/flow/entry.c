/*
 * The life of an entry: made, entered into its lists, moved between tiers, ended. Room
 * is made before anything is entered, so a flow is never its own victim.
 */
#include "config.h"

#include "flow/flow_priv.h"

#include <netinet/in.h>
#include <string.h>

uint32_t
flow_key_hash(const struct flow_table *t, const struct flow_key *key)
{
	return (uint32_t)hash_keyed(&t->hash_key, key, sizeof *key);
}

struct flow *
flow_lookup(struct flow_table *t, const struct flow_key *key, uint32_t hash,
    const struct flow_encap *encap)
{
	struct flow *f = t->buckets[hash & t->mask];
	struct flow_encap mine;

	for (; f != NULL; f = f->chain) {
		if (f->hash != hash || memcmp(&f->key, key, sizeof *key) != 0)
			continue;
		if (key->encap == 0)
			return f;
		mine = flow_path_encap(f->path);
		if (flow_encap_same(&mine, encap))
			return f;
	}
	return NULL;
}

static void
unlink_bucket(struct flow_table *t, struct flow *f)
{
	struct flow **at = &t->buckets[f->hash & t->mask];

	while (*at != f)
		at = &(*at)->chain;
	*at = f->chain;
}

static void
enter_tier(struct flow_table *t, struct flow *f, enum flow_tier n)
{
	struct flow_tier_lists *tier = &t->tiers[n];

	f->tier = (uint8_t)n;
	flow_source_add(t, f);
	TAILQ_INSERT_TAIL(&tier->queue[f->class], f, by_use);
	if (++tier->count > tier->max)
		tier->max = tier->count;
}

static void
leave_tier(struct flow_table *t, struct flow *f)
{
	struct flow_tier_lists *tier = &t->tiers[f->tier];

	TAILQ_REMOVE(&tier->queue[f->class], f, by_use);
	flow_source_remove(t, f);
	tier->count--;
}

static void
make_room(struct flow_table *t, enum flow_tier n)
{
	struct flow_tier_lists *tier = &t->tiers[n];
	struct flow *f;

	while (tier->count >= tier->cap && (f = flow_victim(t, n)) != NULL) {
		if (f->class == FLOW_CLASS_TCP_CLOSED) {
			t->stats.closed_early++;
			flow_end(t, f, FLOW_REASON_TIMEOUT);
		} else {
			tier->evicted++;
			flow_end(t, f, FLOW_REASON_FORCED);
		}
	}
}

static enum flow_class
first_class(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return FLOW_CLASS_TCP_NEW;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		return FLOW_CLASS_UDP_NEW;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return FLOW_CLASS_ICMP;
	default:
		return FLOW_CLASS_OTHER;
	}
}

static bool
has_history(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP;
}

static void
init_entry(struct flow *f, const struct flow_table *t, const struct flow_birth *birth)
{
	memset(f, 0, sizeof *f);
	f->key = birth->key;
	f->hash = birth->hash;
	f->path = birth->path;
	f->used = t->now;
	f->start = f->last = birth->ts;
	f->interim_due = flow_next_interim(t, birth->ts);
	f->number = birth->number;
	f->class = (uint8_t)first_class(birth->key.proto);
	f->state = FLOW_STATE_NEW;
	f->reason = FLOW_REASON_INTERIM;
	f->initiator = birth->initiator;
	f->reply_icmp_type = f->reply_icmp_code = 255;
	f->first_hi = birth->from_hi;
	f->initiator_hi = birth->from_hi != birth->turned;
	f->end[0].ttl_min = f->end[1].ttl_min = 255;
	if (birth->turned && has_history(birth->key.proto))
		f->history[f->history_len++] = '^';
}

struct flow *
flow_create(struct flow_table *t, const struct flow_birth *birth)
{
	enum flow_tier tier = birth->payload ? FLOW_TIER_OPEN : FLOW_TIER_EMBRYONIC;
	struct flow *f;

	if (birth->path == NULL)
		return NULL;
	make_room(t, tier);
	f = pool_get(&t->flows);
	if (f == NULL) {
		flow_path_put(t, birth->path);
		return NULL;
	}
	init_entry(f, t, birth);
	enter_tier(t, f, tier);
	f->chain = t->buckets[f->hash & t->mask];
	t->buckets[f->hash & t->mask] = f;
	t->stats.flows++;
	return f;
}

void
flow_end(struct flow_table *t, struct flow *f, enum flow_reason reason)
{
	f->reason = (uint8_t)reason;
	__builtin_prefetch(&t->buckets[f->hash & t->mask]);
	flow_source_prefetch(t, &f->key, f->first_hi);
	if (f->full != NULL && f->key.proto == IPPROTO_TCP) {
		flow_stream_finish(f, FLOW_TOSERVER);
		flow_stream_finish(f, FLOW_TOCLIENT);
	}
	flow_hook_call(t, FLOW_EVENT_END, f);
	leave_tier(t, f);
	unlink_bucket(t, f);
	flow_path_put(t, f->path);
	pool_put(&t->fulls, f->full);
	pool_put(&t->flows, f);
}

static void
change_tier(struct flow_table *t, struct flow *f, enum flow_tier n)
{
	make_room(t, n);
	leave_tier(t, f);
	enter_tier(t, f, n);
}

bool
flow_promote(struct flow_table *t, struct flow *f)
{
	if (f->full != NULL)
		return true;
	if (f->tier == FLOW_TIER_EMBRYONIC)
		make_room(t, FLOW_TIER_OPEN); /* there is a place in the pool, too */
	f->full = pool_get(&t->fulls);
	if (f->full == NULL)
		return false;
	memset(f->full, 0, sizeof *f->full);
	f->full->table = t;
	if (f->tier == FLOW_TIER_EMBRYONIC)
		change_tier(t, f, FLOW_TIER_OPEN);
	t->stats.promoted++;
	return true;
}

void
flow_prove(struct flow_table *t, struct flow *f)
{
	if (f->proven)
		return;
	make_room(t, FLOW_TIER_PROVEN);
	leave_tier(t, f);
	f->proven = true;
	enter_tier(t, f, FLOW_TIER_PROVEN);
}

void
flow_set_class(struct flow_table *t, struct flow *f, enum flow_class class)
{
	struct flow_tier_lists *tier = &t->tiers[f->tier];

	if (f->class == class)
		return;
	TAILQ_REMOVE(&tier->queue[f->class], f, by_use);
	f->class = (uint8_t) class;
	TAILQ_INSERT_TAIL(&tier->queue[class], f, by_use);
}

void
flow_touch(struct flow_table *t, struct flow *f)
{
	bool moves = f->used >> FLOW_USE_STEP != t->now >> FLOW_USE_STEP;

	f->used = t->now;
	if (!moves)
		return;
	TAILQ_REMOVE(&t->tiers[f->tier].queue[f->class], f, by_use);
	TAILQ_INSERT_TAIL(&t->tiers[f->tier].queue[f->class], f, by_use);
	TAILQ_REMOVE(&f->source->holding[f->tier].flows, f, by_source);
	TAILQ_INSERT_TAIL(&f->source->holding[f->tier].flows, f, by_source);
}

static void
swap_bytes(void *a, void *b, size_t size)
{
	unsigned char *x = a, *y = b, c;

	while (size-- > 0) {
		c = x[size];
		x[size] = y[size];
		y[size] = c;
	}
}

void
flow_turn(struct flow_table *t, struct flow *f)
{
	leave_tier(t, f);
	f->initiator_hi = !f->initiator_hi;
	enter_tier(t, f, f->tier);
	swap_bytes(&f->end[0], &f->end[1], sizeof f->end[0]);
	swap_bytes(&f->rare[0], &f->rare[1], sizeof f->rare[0]);
	if (f->full != NULL)
		swap_bytes(&f->full->stream[0], &f->full->stream[1],
		    sizeof f->full->stream[0]);
	flow_history_turn(f);
}
