/*
 * A packet finds its flow: ended and begun where its time or a new handshake asks for
 * it, counted, and the events that follow from it. ICMP errors go to the flow that they
 * complain about, fragments to fragment.c.
 */
#include "config.h"

#include "flow/flow_priv.h"

#include <netinet/in.h>
#include <string.h>

/*
 * UDP services whose port tells the responder when the first packet seen comes from it:
 * answers whose question was missed, or never asked. Ascending.
 */
static const uint16_t udp_services[] = {17, 19, 53, 67, 69, 88, 111, 123, 137, 161, 389,
    443, 500, 514, 520, 1194, 1434, 1812, 1900, 2049, 3478, 4500, 4789, 5060, 5353,
    5355, 6081, 8472, 11211, 51820};

static bool
is_udp_service(uint16_t port)
{
	size_t n = sizeof udp_services / sizeof *udp_services;

	for (size_t i = 0; i < n && udp_services[i] <= port; i++) {
		if (udp_services[i] == port)
			return true;
	}
	return false;
}

/* The more of a service a port looks: below 1024, 10000, and Linux' ephemeral range. */
static unsigned
port_weight(uint16_t port)
{
	return (port < 1024) + (port < 10000) + (port < 32768);
}

static void
guess_tcp(const struct packet *p, struct flow_birth *birth)
{
	uint8_t flags = p->tcp.flags;
	unsigned from = port_weight(p->sport), to = port_weight(p->dport);

	birth->initiator = FLOW_INITIATOR_SYN;
	if ((flags & (TCP_SYN | TCP_RST)) == TCP_SYN) {
		if (flags & TCP_ACK) {
			birth->initiator = FLOW_INITIATOR_SYNACK;
			birth->turned = true;
		}
		return;
	}
	birth->initiator =
	    from == to ? FLOW_INITIATOR_FIRST_PACKET : FLOW_INITIATOR_PORT;
	birth->turned = from > to;
}

/* Who began: see enum flow_initiator. */
static void
guess_initiator(const struct packet *p, struct flow_birth *birth)
{
	const struct flow_key *key = &birth->key;
	uint8_t request, reply;

	birth->initiator = FLOW_INITIATOR_FIRST_PACKET;
	birth->turned = false;
	if (p->frag_offset > 0 || addr_is_multicast(&p->dst))
		return; /* a group asks nobody */
	if (key->proto == IPPROTO_TCP && p->has_l4)
		guess_tcp(p, birth);
	else if (key->proto == IPPROTO_UDP) {
		birth->turned = is_udp_service(p->sport) && !is_udp_service(p->dport);
		if (birth->turned)
			birth->initiator = FLOW_INITIATOR_PORT;
	} else if (p->has_l4 &&
	    (key->proto == IPPROTO_ICMP || key->proto == IPPROTO_ICMPV6) &&
	    flow_icmp_pair(key->proto, p->icmp.type, &request, &reply) &&
	    p->icmp.type == reply) {
		birth->turned = true;
		birth->initiator = FLOW_INITIATOR_REPLY;
	}
}

/* Payload that gives a flow slots: what an application sent. */
static bool
has_payload(const struct packet *p)
{
	if (p->payload_len == 0 || p->frag_offset > 0)
		return false;
	switch (p->proto) {
	case IPPROTO_TCP:
		return p->has_l4 && !(p->tcp.flags & TCP_RST);
	case IPPROTO_ICMP:
		return p->has_l4 && (p->icmp.type == 8 || p->icmp.type == 0);
	case IPPROTO_ICMPV6:
		return p->has_l4 && (p->icmp.type == 128 || p->icmp.type == 129);
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
		return p->has_l4;
	default:
		return true;
	}
}

static struct flow *
create(struct flow_table *t, const struct packet *p, const struct flow_key *key,
    uint32_t hash, bool from_hi)
{
	struct flow_birth birth = {.key = *key,
	    .hash = hash,
	    .from_hi = from_hi,
	    .path = flow_path_get(t, p),
	    .ts = t->now,
	    .number = p->number,
	    .payload = has_payload(p)};

	guess_initiator(p, &birth);
	return flow_create(t, &birth);
}

/* The frame, whoever speaks in it. */
static void
count_frame(struct flow *f, enum flow_dir dir, const struct packet *p)
{
	struct flow_end *e = &f->end[dir];

	e->packets++;
	e->bytes += p->wire_len;
	e->ip_bytes += p->l3_len;
	e->fragments += p->fragment;
	f->anomalies |= p->anomalies;
}

/* The packet is its sender's own word. */
static void
count_word(struct flow *f, enum flow_dir dir, const struct packet *p)
{
	struct flow_end *e = &f->end[dir];

	e->seen = true;
	e->payload_bytes += p->payload_len;
	if (p->ttl < e->ttl_min)
		e->ttl_min = p->ttl;
	if (p->ttl > e->ttl_max)
		e->ttl_max = p->ttl;
	if (p->anomalies & ANOMALY_BIT(ANOMALY_L4_CHECKSUM) &&
	    (f->key.proto == IPPROTO_TCP || f->key.proto == IPPROTO_UDP))
		flow_history_scaled(f, dir, &e->bad_checksums, 'C');
}

static void
icmp_packet(struct flow *f, enum flow_dir dir, const struct packet *p)
{
	if (!p->has_l4)
		return;
	if (dir == FLOW_TOSERVER && f->end[dir].packets == 1)
		f->icmp_code = p->icmp.code;
	if (dir == FLOW_TOCLIENT && f->reply_icmp_type == 255) {
		f->reply_icmp_type = p->icmp.type;
		f->reply_icmp_code = p->icmp.code;
	}
}

/* All but TCP (of which headers too short to read come here, too): both sides heard is
 * established, an initiator that goes on after an answer is proven. */
static void
plain_packet(struct flow_table *t, struct flow *f, enum flow_dir dir,
    const struct packet *p, struct flow_packet *fp_r)
{
	if (f->key.proto == IPPROTO_UDP)
		flow_history_once(f, dir, FLOW_WROTE_DATA, 'D');
	else if (f->key.proto == IPPROTO_ICMP || f->key.proto == IPPROTO_ICMPV6)
		icmp_packet(f, dir, p);
	if (f->key.proto == IPPROTO_TCP)
		return;
	if (has_payload(p))
		fp_r->len = p->payload_len;
	if (!f->end[0].seen || !f->end[1].seen)
		return;
	if (f->state == FLOW_STATE_NEW) {
		f->state = FLOW_STATE_ESTABLISHED;
		f->established = true;
		if (f->class == FLOW_CLASS_UDP_NEW)
			flow_set_class(t, f, FLOW_CLASS_UDP_ESTABLISHED);
	}
	if (dir == FLOW_TOSERVER)
		flow_prove(t, f);
}

static void
interim(struct flow_table *t, struct flow *f)
{
	int64_t step = t->config.timeouts.interim;

	f->reason = FLOW_REASON_INTERIM;
	flow_hook_call(t, FLOW_EVENT_INTERIM, f);
	f->interims++;
	f->interim_due = flow_next_interim(t, t->now - (t->now - f->start) % step);
}

/* What is new in the flow since before the packet. */
static void
emit(
    struct flow_table *t, struct flow *f, bool created, bool established, bool rejected)
{
	if (created)
		flow_hook_call(t, FLOW_EVENT_START, f);
	if (f->established && !established)
		flow_hook_call(t, FLOW_EVENT_ESTABLISHED, f);
	if (f->rejected && !rejected)
		flow_hook_call(t, FLOW_EVENT_REJECTED, f);
	if (t->now >= f->interim_due)
		interim(t, f);
}

/* The living flow of the key: one that should have ended before this packet does now.
 */
static struct flow *
find(struct flow_table *t, const struct packet *p, const struct flow_key *key,
    uint32_t hash)
{
	struct flow_encap encap = flow_packet_encap(p);
	struct flow *f = flow_lookup(t, key, hash, &encap);

	if (f != NULL && t->now - f->used >= t->timeouts[f->class]) {
		flow_end(t, f, FLOW_REASON_TIMEOUT);
		f = NULL;
	}
	return f;
}

void
flow_count_packet(struct flow_table *t, const struct packet *p,
    const struct flow_key *key, bool from_hi, struct flow_packet *fp_r)
{
	uint32_t hash = flow_key_hash(t, key);
	struct flow *f;
	bool tcp = p->proto == IPPROTO_TCP && p->has_l4 && p->frag_offset == 0;
	bool established, rejected;
	enum flow_dir dir;

	__builtin_prefetch(&t->buckets[hash & t->mask]);
	if (tcp && p->tcp.flags == TCP_SYN)
		flow_source_prefetch(t, key, from_hi);
	f = find(t, p, key, hash);
	if (f != NULL && tcp && flow_tcp_reuse(t, f, flow_packet_dir(f, from_hi), p)) {
		flow_end(t, f, FLOW_REASON_REUSED);
		f = NULL;
		fp_r->reset_stream = true;
	}
	if (f == NULL) {
		f = create(t, p, key, hash, from_hi);
		fp_r->created = f != NULL;
	}
	if (f == NULL) {
		t->stats.untracked_packets++;
		return;
	}
	established = f->established;
	rejected = f->rejected;
	dir = flow_packet_dir(f, from_hi);
	flow_touch(t, f);
	f->last = t->now;
	count_frame(f, dir, p);
	fp_r->first_answer = from_hi != f->first_hi && !f->end[dir].seen;
	count_word(f, dir, p);
	if (f->full == NULL && has_payload(p))
		flow_promote(t, f);
	if (tcp)
		flow_tcp_packet(t, f, dir, p, fp_r);
	else
		plain_packet(t, f, dir, p, fp_r);
	fp_r->flow = f;
	fp_r->dir = dir;
	fp_r->full = f->full != NULL;
	emit(t, f, fp_r->created, established, rejected);
}

/* Errors that say the target is not there (RFC 792, 4443 section 3.1). */
static bool
is_unreachable(const struct packet *p)
{
	return p->icmp.type == (p->proto == IPPROTO_ICMP ? 3 : 1);
}

/* Counts an ICMP error in the flow that it quotes; false when there is none. */
static bool
count_error(struct flow_table *t, const struct packet *p, struct flow_packet *fp_r)
{
	struct flow_key key;
	struct flow_encap encap = flow_packet_encap(p);
	struct flow *f;
	bool from_hi = flow_key_quote(t, p, &key), rejected;
	enum flow_dir dir;

	f = flow_lookup(t, &key, flow_key_hash(t, &key), &encap);
	if (f == NULL || t->now - f->used >= t->timeouts[f->class])
		return false;
	dir = flow_packet_dir(f, !from_hi); /* it goes back to the quoted sender */
	flow_touch(t, f);
	f->last = t->now;
	count_frame(f, dir, p);
	if (f->reply_icmp_type == 255) {
		f->reply_icmp_type = p->icmp.type;
		f->reply_icmp_code = p->icmp.code;
	}
	rejected = f->rejected;
	if (dir == FLOW_TOCLIENT && !f->end[dir].seen && is_unreachable(p))
		f->rejected = true;
	fp_r->flow = f;
	fp_r->dir = dir;
	fp_r->full = f->full != NULL;
	fp_r->icmp_error = true;
	emit(t, f, false, f->established, rejected);
	return true;
}

void
flow_table_packet(
    struct flow_table *t, const struct packet *p, struct flow_packet *fp_r)
{
	struct flow_key key;
	bool from_hi;

	memset(fp_r, 0, sizeof *fp_r);
	t->stats.packets++;
	if (p->ts > t->now)
		t->now = p->ts;
	if (p->fragment && (p->more_fragments || p->frag_offset > 0)) {
		flow_fragment_packet(t, p, fp_r);
		return;
	}
	if ((p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6) && p->has_l4 &&
	    p->icmp.has_quote && flow_icmp_is_error(p->proto, p->icmp.type) &&
	    count_error(t, p, fp_r))
		return;
	from_hi = flow_key_in(t, p, &key);
	flow_count_packet(t, p, &key, from_hi, fp_r);
}
