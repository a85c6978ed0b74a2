/* A flow as others see it: the copy of all that is known, and the cheap looks. */
#include "config.h"

#include "flow/flow_priv.h"

#include <netinet/in.h>
#include <string.h>

#define ID_BITS 53

static struct addr
key_addr(const struct flow_key *key, bool hi)
{
	struct addr a;

	memcpy(a.bytes, hi ? key->hi : key->lo, sizeof a.bytes);
	a.family = key->family;
	return a;
}

static uint16_t
key_port(const struct flow_key *key, bool hi)
{
	bool ports = key->proto != IPPROTO_ICMP && key->proto != IPPROTO_ICMPV6;

	return !ports ? 0 : hi ? key->hi_port : key->lo_port;
}

uint64_t
flow_id(const struct flow *f)
{
	const struct flow_key *key = &f->key;
	uint64_t id = hash_fixed(key->lo, sizeof key->lo);

	id = hash_mix(id ^ hash_fixed(key->hi, sizeof key->hi));
	id = hash_mix(id + ((uint64_t)key->lo_port << 16 | key->hi_port));
	id = hash_mix(id + ((uint64_t)key->encap << 16 | key->proto << 8 | key->kind));
	id = hash_mix(id + (uint64_t)f->start);
	id = hash_mix(id + f->number) >> (64 - ID_BITS);
	return id != 0 ? id : 1;
}

uint8_t
flow_proto(const struct flow *f)
{
	return f->key.proto;
}

uint16_t
flow_port(const struct flow *f, enum flow_dir dir)
{
	return key_port(&f->key, f->initiator_hi == (dir == FLOW_TOCLIENT));
}

struct flow_slots *
flow_slots(struct flow *f)
{
	return f->full != NULL ? &f->full->slots : NULL;
}

void
flow_add_anomaly(struct flow *f, enum anomaly a)
{
	f->anomalies |= ANOMALY_BIT(a);
}

uint64_t
flow_take_anomalies(struct flow *f)
{
	uint64_t fresh = f->anomalies & ~f->reported;

	f->reported = f->anomalies;
	return fresh;
}

bool
flow_set_initiator(struct flow *f, enum flow_dir dir_of_request)
{
	if (f->turned || f->full == NULL || f->initiator == FLOW_INITIATOR_SYN ||
	    f->initiator == FLOW_INITIATOR_SYNACK)
		return false;
	f->turned = true;
	if (dir_of_request == FLOW_TOSERVER)
		return false;
	f->initiator = FLOW_INITIATOR_REPLY;
	flow_turn(f->full->table, f);
	return true;
}

/* Silence of one side means something: the protocol answers, and to this address. */
static bool
expects_answer(const struct flow *f, const struct addr *dst)
{
	switch (f->key.proto) {
	case IPPROTO_TCP:
	case IPPROTO_SCTP:
		return true;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		return !addr_is_multicast(dst);
	case IPPROTO_ICMP: /* echo, time stamp, information, mask */
		return !f->key.one_way && f->key.kind <= 17 && f->key.kind != 10 &&
		    !addr_is_multicast(dst);
	case IPPROTO_ICMPV6: /* echo; discovery asks a group */
		return f->key.kind == 128 && !addr_is_multicast(dst);
	default:
		return false;
	}
}

static void
copy_path(const struct flow *f, struct flow_record *r)
{
	const struct flow_path_data *d = &f->path->data;
	bool turned = f->first_hi != f->initiator_hi;

	r->n_vlans = d->n_vlans;
	r->n_tunnels = d->n_tunnels;
	memcpy(r->vlans, d->vlans, sizeof r->vlans);
	memcpy(r->tunnels, d->tunnels, sizeof r->tunnels);
	r->outer_src = turned ? d->outer_dst : d->outer_src;
	r->outer_dst = turned ? d->outer_src : d->outer_dst;
	r->interface = d->interface;
	r->ifindex = d->ifindex;
	memcpy(r->src_mac, turned ? d->dst_mac : d->src_mac, sizeof r->src_mac);
	memcpy(r->dst_mac, turned ? d->src_mac : d->dst_mac, sizeof r->dst_mac);
}

static void
copy_side(const struct flow *f, enum flow_dir dir, struct flow_side *side)
{
	const struct flow_end *e = &f->end[dir];

	*side = (struct flow_side){
	    .packets = e->packets,
	    .bytes = e->bytes,
	    .ip_bytes = e->ip_bytes,
	    .payload_bytes = e->payload_bytes,
	    .zero_windows = f->rare[dir].zero_windows,
	    .fragments = e->fragments,
	    .tcp_flags = e->tcp_flags,
	    .ttl_min = e->seen ? e->ttl_min : 0,
	    .ttl_max = e->ttl_max,
	};
	if (f->full != NULL) {
		const struct flow_stream *s = &f->full->stream[dir];

		side->retransmitted_packets = s->retransmitted_packets;
		side->retransmitted_bytes = s->retransmitted_bytes;
		side->missed_bytes = s->missed_bytes;
		side->out_of_order = s->out_of_order;
	}
}

/* Of the initiator's packets: a query's answers may be all that it sends. */
static uint8_t
icmp_type(const struct flow_key *key, bool initiator_hi)
{
	uint8_t request, reply;

	if (key->proto != IPPROTO_ICMP && key->proto != IPPROTO_ICMPV6)
		return 0;
	if (key->one_way || key->kind == FLOW_KIND_NONE ||
	    !flow_icmp_pair(key->proto, key->kind, &request, &reply))
		return key->kind;
	return (key->hi_port != 0) == initiator_hi ? request : reply;
}

void
flow_get_record(const struct flow *f, struct flow_record *r)
{
	memset(r, 0, sizeof *r);
	r->id = flow_id(f);
	r->src = key_addr(&f->key, f->initiator_hi);
	r->dst = key_addr(&f->key, !f->initiator_hi);
	r->sport = flow_port(f, FLOW_TOCLIENT);
	r->dport = flow_port(f, FLOW_TOSERVER);
	r->proto = f->key.proto;
	r->state = f->state;
	r->reason = f->reason;
	r->initiator = f->initiator;
	r->conn_state = (uint8_t)flow_conn_state(f);
	r->one_way = (!f->end[0].seen || !f->end[1].seen) && expects_answer(f, &r->dst);
	r->established = f->established;
	r->icmp_type = icmp_type(&f->key, f->initiator_hi);
	r->icmp_code = f->icmp_code;
	r->reply_icmp_type = f->reply_icmp_type;
	r->reply_icmp_code = f->reply_icmp_code;
	copy_path(f, r);
	r->first_number = f->number;
	r->start = f->start;
	r->end = f->last;
	r->rtt = f->rtt;
	copy_side(f, FLOW_TOSERVER, &r->side[FLOW_TOSERVER]);
	copy_side(f, FLOW_TOCLIENT, &r->side[FLOW_TOCLIENT]);
	memcpy(r->history, f->history, f->history_len);
	r->anomalies = f->anomalies;
	r->interim = f->interims;
}
