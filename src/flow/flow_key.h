/* Keys of flows: tuples without direction, and encapsulations. */
#ifndef FLOW_KEY_H
#define FLOW_KEY_H

#include "tallyman/flow.h"

/*
 * The tuple without direction: the lower end first. Of ICMP queries lo_port is the id,
 * hi_port tells whether the higher end asks, and kind is the request's type; ICMP
 * messages that have no answer keep their direction (they are not ordered) and have
 * their code as both ports. No padding: keys are compared and hashed as memory.
 */
struct flow_key {
	uint8_t lo[16], hi[16];
	uint16_t lo_port, hi_port;
	uint32_t encap; /* fixed hash of the keyed encapsulation, 0 for none */
	uint8_t proto, family;
	uint8_t kind;    /* ICMP: type; FLOW_KIND_NONE if unread; else 0 */
	uint8_t one_way; /* the protocol does not answer this ICMP type */
};
_Static_assert(sizeof(struct flow_key) == 44, "no padding in a key");

#define FLOW_KIND_NONE 255

/* VLANs and tunnels of a packet or of a flow's first packet. */
struct flow_encap {
	const uint16_t *vlans;
	const struct decode_tunnel *tunnels;
	uint8_t n_vlans, n_tunnels;
};

/* The ends of a tuple as a packet has them. */
struct flow_ends {
	const struct addr *src, *dst;
	uint16_t sport, dport;
	uint8_t proto;
};

/* The pairing of ICMP types: false when the type has no answer. */
bool flow_icmp_pair(uint8_t proto, uint8_t type, uint8_t *request_r, uint8_t *reply_r);

/* An ICMP message that quotes the packet it complains about. */
bool flow_icmp_is_error(uint8_t proto, uint8_t type);

/* Fill the key; true when the packet's source is the key's `hi`. */
bool flow_key_ends(const struct flow_ends *ends, struct flow_key *key_r);
/* Of a packet, with its encapsulation where the table's keys have it. */
bool flow_key_in(
    const struct flow_table *t, const struct packet *p, struct flow_key *key_r);
/* Of the packet that an ICMP error quotes. */
bool flow_key_quote(
    const struct flow_table *t, const struct packet *p, struct flow_key *key_r);

struct flow_encap flow_packet_encap(const struct packet *p);
/* The hash for flow_key.encap; never 0 when there is an encapsulation. */
uint32_t flow_encap_hash(const struct flow_encap *e);
bool flow_encap_same(const struct flow_encap *a, const struct flow_encap *b);

#endif
