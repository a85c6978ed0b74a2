/*
 * What the layers of the decoder share. A layer is a function that reads its header at
 * the cursor and calls the next one; the packet says at the end how far it came. The
 * nesting is bounded: tunnels by DECODE_TUNNEL_MAX, everything by DECODE_LAYERS_MAX.
 */
#ifndef DECODE_PRIV_H
#define DECODE_PRIV_H

#include "cursor.h"
#include "tallyman/decode.h"

/* Link headers, tags and extension headers in one frame; no real stack is as deep. */
#define DECODE_LAYERS_MAX 24

/* What the link layer says about where the frame was seen. */
enum link_kind {
	LINK_BARE, /* no addresses: raw IP, PPP */
	LINK_MAC,  /* addresses; all zero on a loopback interface */
	LINK_LOOPBACK,
};

struct decoder {
	struct packet *p;
	struct cursor c;
	const uint8_t *link_src; /* 6 bytes of the innermost link header, or NULL */
	uint8_t link;            /* enum link_kind */
	uint8_t layers;
	bool cut;          /* the last stop was for want of captured bytes */
	bool ip_truncated; /* the innermost IP header claims more than there is */
	bool offload;      /* its length was left to the network card (0) */
	bool rerouted;     /* its destination is not the pseudo-header's */
	uint32_t
	    fragment_head;     /* bytes that every fragment repeats, IPv6: extensions */
	uint32_t fragment_len; /* bytes of this fragment's share */
};

/* number: what the table entry that led here was found by. */
typedef void decode_layer(struct decoder *d, uint32_t number);

static inline void
flag(struct decoder *d, enum anomaly a)
{
	d->p->anomalies |= ANOMALY_BIT(a);
}

/* The frame comes to rest here. */
void decode_stop(struct decoder *d, enum decode_result result,
    enum decode_reason reason, uint32_t number);

/* Malformed: `need` bytes are not there. */
void decode_stop_short(struct decoder *d, enum decode_reason reason, uint32_t need);

/* Counts a layer; false when there were too many and the frame came to rest. */
bool decode_deeper(struct decoder *d, enum decode_reason reason, uint32_t number);

/* By number, through the tables of link types and EtherTypes. */
decode_layer layer_linktype;
decode_layer layer_ethertype;
bool ethertype_known(uint32_t type);

/* Link layers. */
decode_layer layer_ethernet, layer_llc;
decode_layer layer_sll, layer_sll2, layer_null, layer_nflog;
decode_layer layer_ppp, layer_ppp_direction, layer_ppp_protocol, layer_pppoe;
decode_layer layer_chdlc;
decode_layer layer_wlan, layer_radiotap, layer_prism, layer_avs, layer_ppi;
decode_layer layer_arp;

/* Network layers. */
decode_layer layer_ip, layer_ip4, layer_ip6;

/* A new IP header: clears what the decoder knew about the one around it. */
void ip_start(struct decoder *d, const uint8_t *header);

/* Headers read, the cursor is at the upper layer and ends with the IP packet: checks
 * of addresses and fragments, then the upper layer. */
void ip_upper(struct decoder *d);

/* Hands the upper layer at the cursor to the protocol's function. */
void ip_dispatch(struct decoder *d);

/* True where the frame was on a network: not on a loopback interface. */
bool ip_on_network(const struct decoder *d);

/* Transport layers. */
decode_layer layer_tcp, layer_udp, layer_udplite, layer_sctp;
decode_layer layer_icmp, layer_igmp, layer_esp, layer_ah;

/* Tunnels. */
decode_layer layer_gre, layer_ipip, layer_mpls, layer_mpls_in_ip;

/* Looks for a tunnel in a UDP payload, by port and plausibility. */
void udp_tunnel(struct decoder *d);

/*
 * Goes on with the payload of a tunnel. If no packet is found in it and there is an IP
 * packet around it, that one stays the innermost.
 */
void tunnel_enter(struct decoder *d, enum decode_tunnel_type type, uint32_t id,
    decode_layer *inner, uint32_t number);

/* The tunnel header does not fit: tunnel.bad, unless the capture was cut. */
void tunnel_short(struct decoder *d);

#endif
