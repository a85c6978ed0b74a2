/*
 * Fragments find their flow: the first one tells it, those before it are held as
 * counters, those after it are counted there. A train that ends without its first
 * fragment goes to a flow without ports.
 */
#include "config.h"

#include "flow/flow_priv.h"

#include <netinet/in.h>
#include <string.h>

/* ---- trains ---- */

static void
train_key(
    const struct flow_table *t, const struct packet *p, struct flow_train_key *key_r)
{
	struct flow_encap encap = flow_packet_encap(p);

	memset(key_r, 0, sizeof *key_r);
	memcpy(key_r->src, p->src.bytes, sizeof key_r->src);
	memcpy(key_r->dst, p->dst.bytes, sizeof key_r->dst);
	key_r->id = p->frag_id;
	key_r->encap = t->config.key_encapsulation ? flow_encap_hash(&encap) : 0;
	key_r->proto = p->proto;
	key_r->family = p->src.family;
}

static struct flow_train *
find_train(struct flow_table *t, const struct packet *p,
    const struct flow_train_key *key, uint32_t hash)
{
	struct flow_train *train = t->train_buckets[hash & t->train_mask];
	struct flow_encap mine, encap = flow_packet_encap(p);

	for (; train != NULL; train = train->chain) {
		if (train->hash != hash || memcmp(&train->key, key, sizeof *key) != 0)
			continue;
		mine = flow_path_encap(train->path);
		if (key->encap == 0 || flow_encap_same(&mine, &encap))
			break;
	}
	return train;
}

static void
enlist(struct flow_table *t, struct flow_train *train)
{
	train->listed = t->now;
	TAILQ_INSERT_TAIL(
	    train->complete ? &t->trains_complete : &t->trains_open, train, by_age);
}

static void
unlist(struct flow_table *t, struct flow_train *train)
{
	TAILQ_REMOVE(
	    train->complete ? &t->trains_complete : &t->trains_open, train, by_age);
}

/* ---- crediting what was held ---- */

static void
credit(struct flow_table *t, struct flow *f, enum flow_dir dir, struct flow_held *held)
{
	struct flow_end *e = &f->end[dir];

	f->anomalies |= held->anomalies;
	if (held->packets == 0)
		return;
	e->seen = true;
	e->packets += held->packets;
	e->bytes += held->bytes;
	e->ip_bytes += held->ip_bytes;
	e->payload_bytes += held->payload_bytes;
	e->fragments += (uint32_t)held->packets;
	if (held->ttl_min < e->ttl_min)
		e->ttl_min = held->ttl_min;
	if (held->ttl_max > e->ttl_max)
		e->ttl_max = held->ttl_max;
	if (held->last > f->last)
		f->last = held->last;
	t->stats.held_packets -= held->packets;
	memset(held, 0, sizeof *held);
}

/* The flow of a train whose ports nobody told. */
static struct flow *
nameless_flow(struct flow_table *t, const struct flow_train *train, bool *created_r,
    bool *from_hi_r)
{
	struct flow_encap encap = flow_path_encap(train->path);
	struct flow_birth birth = {.ts = train->held.first,
	    .number = train->held.number,
	    .initiator = FLOW_INITIATOR_FIRST_PACKET};
	struct addr src = {.family = train->key.family}, dst = src;
	struct flow_ends ends = {&src, &dst, 0, 0, train->key.proto};
	struct flow *f;

	memcpy(src.bytes, train->key.src, sizeof src.bytes);
	memcpy(dst.bytes, train->key.dst, sizeof dst.bytes);
	birth.from_hi = *from_hi_r = flow_key_ends(&ends, &birth.key);
	if (ends.proto == IPPROTO_ICMP || ends.proto == IPPROTO_ICMPV6)
		birth.key.kind = FLOW_KIND_NONE;
	birth.key.encap = train->key.encap;
	birth.hash = flow_key_hash(t, &birth.key);
	f = flow_lookup(t, &birth.key, birth.hash, &encap);
	*created_r = f == NULL;
	if (f == NULL) {
		birth.path = flow_path_share(train->path);
		f = flow_create(t, &birth);
	}
	return f;
}

static void
credit_nameless(struct flow_table *t, struct flow_train *train)
{
	bool created, from_hi;
	struct flow *f = nameless_flow(t, train, &created, &from_hi);

	if (f == NULL) {
		t->stats.untracked_packets += train->held.packets;
		t->stats.held_packets -= train->held.packets;
		return;
	}
	flow_touch(t, f);
	flow_add_anomaly(f, ANOMALY_FRAG_INCOMPLETE);
	credit(t, f, flow_packet_dir(f, from_hi), &train->held);
	if (created)
		flow_hook_call(t, FLOW_EVENT_START, f);
}

static void
mark_incomplete(struct flow_table *t, struct flow_train *train)
{
	struct flow_encap encap = flow_path_encap(train->path);
	struct flow *f = flow_lookup(
	    t, &train->flow_key, flow_key_hash(t, &train->flow_key), &encap);

	if (f != NULL)
		flow_add_anomaly(f, ANOMALY_FRAG_INCOMPLETE);
}

static void
end_train(struct flow_table *t, struct flow_train *train)
{
	struct flow_train **at = &t->train_buckets[train->hash & t->train_mask];

	if (train->held.packets > 0)
		credit_nameless(t, train);
	else if (train->named && !train->complete)
		mark_incomplete(t, train);
	while (*at != train)
		at = &(*at)->chain;
	*at = train->chain;
	unlist(t, train);
	flow_path_put(t, train->path);
	pool_put(&t->trains, train);
}

static void
make_room(struct flow_table *t)
{
	struct flow_train *train;

	if (t->trains.used < t->trains.cap)
		return;
	train = TAILQ_FIRST(&t->trains_complete);
	if (train == NULL) {
		train = TAILQ_FIRST(&t->trains_open);
		t->stats.evicted_fragments++;
	}
	end_train(t, train);
}

static struct flow_train *
new_train(struct flow_table *t, const struct packet *p,
    const struct flow_train_key *key, uint32_t hash)
{
	struct flow_train *train;

	make_room(t);
	train = pool_get(&t->trains);
	if (train == NULL)
		return NULL;
	memset(train, 0, sizeof *train);
	train->path = flow_path_get(t, p);
	if (train->path == NULL) {
		pool_put(&t->trains, train);
		return NULL;
	}
	train->key = *key;
	train->hash = hash;
	train->chain = t->train_buckets[hash & t->train_mask];
	t->train_buckets[hash & t->train_mask] = train;
	enlist(t, train);
	return train;
}

/* The packet's train: an old one ends when its time is over, or when it is complete and
 * another packet begins with its id. */
static struct flow_train *
train_of(struct flow_table *t, const struct packet *p)
{
	struct flow_train_key key;
	struct flow_train *train;
	uint32_t hash;

	train_key(t, p, &key);
	hash = (uint32_t)hash_keyed(&t->hash_key, &key, sizeof key);
	train = find_train(t, p, &key, hash);
	if (train != NULL &&
	    (t->now - train->listed >= t->config.timeouts.fragment ||
		(train->complete && p->frag_offset == 0))) {
		end_train(t, train);
		train = NULL;
	}
	return train != NULL ? train : new_train(t, p, &key, hash);
}

/* ---- fragments ---- */

/* Bytes of headers before the fragmentable part: of IPv6 up to the fragment header. */
static uint32_t
unfragmented_len(const struct packet *p)
{
	uint32_t at = 40;
	uint8_t next;

	if (p->src.family == 4)
		return p->l3_cap > 0 ? (p->l3[0] & 15) * 4U : 0;
	if (p->l3_cap < 40)
		return 0;
	for (next = p->l3[6]; next == 0 || next == 43 || next == 60;) {
		if (at + 2 > p->l3_cap)
			return 0;
		next = p->l3[at];
		at += (p->l3[at + 1] + 1U) * 8;
	}
	return next == 44 ? at + 8 : 0;
}

/* Bytes of the whole packet that this fragment carries. */
static uint32_t
fragment_len(const struct packet *p)
{
	uint32_t head;

	if (p->frag_offset > 0)
		return p->payload_len;
	head = unfragmented_len(p);
	return head > 0 && head <= p->l3_len ? p->l3_len - head : p->payload_len;
}

static void
hold(struct flow_table *t, struct flow_train *train, const struct packet *p)
{
	struct flow_held *h = &train->held;

	if (h->packets == 0) {
		h->first = t->now;
		h->number = p->number;
		h->ttl_min = 255;
	}
	h->packets++;
	h->bytes += p->wire_len;
	h->ip_bytes += p->l3_len;
	h->payload_bytes += p->payload_len;
	h->anomalies |= p->anomalies;
	h->last = t->now;
	if (p->ttl < h->ttl_min)
		h->ttl_min = p->ttl;
	if (p->ttl > h->ttl_max)
		h->ttl_max = p->ttl;
	t->stats.held_packets++;
}

/* The first fragment is a packet of its flow and names it to the others. */
static void
first_fragment(struct flow_table *t, struct flow_train *train, const struct packet *p,
    uint32_t len, struct flow_packet *fp_r)
{
	train->from_hi = flow_key_in(t, p, &train->flow_key);
	if (p->proto == IPPROTO_TCP && p->has_l4)
		train->tcp_base = p->tcp.seq - (len - p->payload_len);
	train->named = true;
	flow_count_packet(t, p, &train->flow_key, train->from_hi, fp_r);
	if (fp_r->flow != NULL)
		credit(t, fp_r->flow, fp_r->dir, &train->held);
}

static void
later_fragment(struct flow_table *t, struct flow_train *train, const struct packet *p,
    struct flow_packet *fp_r)
{
	flow_count_packet(t, p, &train->flow_key, train->from_hi, fp_r);
	if (fp_r->flow != NULL && p->proto == IPPROTO_TCP)
		flow_tcp_fragment(
		    fp_r->flow, fp_r->dir, p, train->tcp_base + p->frag_offset, fp_r);
}

void
flow_fragment_packet(
    struct flow_table *t, const struct packet *p, struct flow_packet *fp_r)
{
	struct flow_train *train = train_of(t, p);
	uint32_t len = fragment_len(p);
	bool overlap;

	if (train == NULL) {
		t->stats.untracked_packets++;
		return;
	}
	overlap = flow_train_cover(train, p->frag_offset, len, !p->more_fragments);
	if (overlap)
		train->held.anomalies |= ANOMALY_BIT(ANOMALY_FRAG_OVERLAP);
	if (!train->complete && train->total != 0 &&
	    train->units == (train->total + 7) / 8) {
		unlist(t, train);
		train->complete = true;
		enlist(t, train);
	}
	if (p->frag_offset == 0)
		first_fragment(t, train, p, len, fp_r);
	else if (train->named)
		later_fragment(t, train, p, fp_r);
	else
		hold(t, train, p);
	if (overlap && fp_r->flow != NULL)
		flow_add_anomaly(fp_r->flow, ANOMALY_FRAG_OVERLAP);
}

void
flow_fragment_tick(struct flow_table *t, bool force)
{
	struct flow_train_list *const lists[] = {&t->trains_complete, &t->trains_open};
	struct flow_train *train;

	for (unsigned i = 0; i < 2; i++) {
		while ((train = TAILQ_FIRST(lists[i])) != NULL &&
		    (force || t->now - train->listed >= t->config.timeouts.fragment))
			end_train(t, train);
	}
}
