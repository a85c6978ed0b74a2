/*
 * A frame becomes a packet: link layer, tunnels, the innermost IP packet and its
 * transport header as one plain value. Decoding keeps no state, allocates nothing and
 * never fails: what is wrong is an anomaly bit, what is not IP has a reason.
 */
#ifndef TALLYMAN_DECODE_H
#define TALLYMAN_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tallyman/addr.h"

struct frame;

#define DECODE_VLAN_MAX   4
#define DECODE_TUNNEL_MAX 4

/* Every frame comes to rest in exactly one of these; their counts add up to frames. */
enum decode_result {
	DECODE_IP,        /* an IP packet whose addresses are known */
	DECODE_NOT_IP,    /* well-formed, but not IP: see reason */
	DECODE_MALFORMED, /* IP was announced and could not be read: see reason */
	DECODE_N_RESULTS,
};

/* Why a frame is not IP, or malformed. Names are stable: decode_reason_name(). */
enum decode_reason {
	DECODE_REASON_NONE,
	/* not IP; number says which */
	DECODE_REASON_LINKTYPE,  /* link type not understood; number: LINKTYPE_ */
	DECODE_REASON_ETHERTYPE, /* number: EtherType */
	DECODE_REASON_LLC,       /* 802.2, not to IP; number: DSAP << 8 | SSAP */
	DECODE_REASON_PPP,       /* number: PPP protocol */
	DECODE_REASON_FAMILY,    /* NULL/LOOP; number: address family */
	DECODE_REASON_ARP,       /* packet.arp is filled; number: operation */
	DECODE_REASON_WLAN, /* 802.11 but no readable data; number: type << 4 | subtype
			     */
	/* Tunnel payload that is not IP; number: its type. With result DECODE_IP: the
	 * packet is the tunnel's own, and what it carries is not IP. */
	DECODE_REASON_TUNNEL,
	/* malformed */
	DECODE_REASON_LINK_SHORT, /* link header cut off */
	DECODE_REASON_IP_SHORT,   /* IP header cut off or lengths impossible */
	DECODE_REASON_IP_VERSION, /* version is neither 4 nor 6 */
	DECODE_REASON_ARP_SHORT,
	DECODE_N_REASONS,
};

/* Tunnel kinds; names in decode_tunnel_name(). */
enum decode_tunnel_type {
	DECODE_TUNNEL_NONE,
	DECODE_TUNNEL_GRE,     /* id: key, or 0 */
	DECODE_TUNNEL_NVGRE,   /* id: VSID */
	DECODE_TUNNEL_ERSPAN1, /* id: 0 */
	DECODE_TUNNEL_ERSPAN2, /* id: session id */
	DECODE_TUNNEL_ERSPAN3, /* id: session id */
	DECODE_TUNNEL_VXLAN,   /* id: VNI */
	DECODE_TUNNEL_GENEVE,  /* id: VNI */
	DECODE_TUNNEL_IPIP,    /* 4 in 4, 6 in 4, 4 in 6, 6 in 6; id: 0 */
	DECODE_TUNNEL_TEREDO,  /* id: 0 */
	DECODE_TUNNEL_GTPU,    /* id: TEID */
	DECODE_TUNNEL_MPLS,    /* id: bottom label */
	DECODE_TUNNEL_PPPOE,   /* id: session id */
	DECODE_N_TUNNELS,
};

struct decode_tunnel {
	uint32_t id;
	uint8_t type; /* enum decode_tunnel_type */
};

/*
 * Anomalies are bits of packet.anomalies, 1 << enum. The table of names, texts and the
 * layer they belong to is decode_anomaly(); names are stable and part of the log
 * format. Those of flow and application stages are in the same space, so that one bit
 * set tells all.
 */
enum anomaly {
	ANOMALY_IP_TRUNCATED,     /* total length goes beyond what was on the wire */
	ANOMALY_IP_HEADER_LENGTH, /* IHL below 5 or beyond the packet */
	ANOMALY_IP_TTL_ZERO,
	ANOMALY_IP_OPTIONS_BAD,
	ANOMALY_IP_SOURCE_ROUTE, /* LSRR, SSRR or IPv6 routing type 0 */
	ANOMALY_IP_LAND,         /* same address, and same port if there is one */
	ANOMALY_IP_SOURCE_BAD,   /* multicast, broadcast or loopback source on a network
				  */
	ANOMALY_IP_RESERVED_FLAG,
	ANOMALY_IP_CHECKSUM,
	ANOMALY_IP6_EXT_CHAIN, /* bad order, repeated, too long or cut off */
	ANOMALY_FRAG_TINY,     /* a first fragment without the whole transport header */
	ANOMALY_FRAG_OVERLAP,  /* set by the flow stage */
	ANOMALY_FRAG_OVERSIZE, /* would end beyond 65535 bytes (ping of death) */
	ANOMALY_FRAG_INCOMPLETE, /* set by the flow stage when the train ran out of time
				  */
	ANOMALY_FRAG_ODD_SIZE,   /* a middle fragment that is no multiple of 8 */
	ANOMALY_TCP_HEADER_LENGTH,
	ANOMALY_TCP_FLAGS_NULL,
	ANOMALY_TCP_FLAGS_XMAS, /* FIN, PSH and URG without ACK */
	ANOMALY_TCP_FLAGS_SYN_FIN,
	ANOMALY_TCP_FLAGS_SYN_RST,
	ANOMALY_TCP_FLAGS_FIN_ONLY, /* FIN without ACK */
	ANOMALY_TCP_FLAGS_NO_ACK,   /* flags, but none of SYN, FIN, RST, ACK */
	ANOMALY_TCP_OPTIONS_BAD,
	ANOMALY_TCP_PORT_ZERO,
	ANOMALY_TCP_SYN_DATA,  /* payload on a SYN without Fast Open */
	ANOMALY_TCP_MIDSTREAM, /* flow stage: data without handshake */
	ANOMALY_TCP_BAD_ACK,   /* flow stage: acknowledges what was never sent */
	ANOMALY_TCP_RETRANSMIT_DIFFERS, /* flow stage: same sequence, other bytes */
	ANOMALY_UDP_LENGTH,
	ANOMALY_UDP_PORT_ZERO,
	ANOMALY_ICMP_TRUNCATED,
	ANOMALY_ICMP_LARGE, /* echo of over 1472 payload bytes */
	ANOMALY_SCTP_BAD,
	ANOMALY_ARP_MISMATCH, /* Ethernet source and ARP sender differ */
	ANOMALY_TUNNEL_DEPTH, /* nested beyond the limit; the rest is payload */
	ANOMALY_TUNNEL_BAD,
	ANOMALY_VLAN_DEPTH,
	ANOMALY_L4_CHECKSUM, /* not with partial capture or fragments; offload makes it
				normal */
	ANOMALY_L4_SHORT,    /* transport header cut off by the IP length */
	ANOMALY_TIME_BACKWARDS, /* set by the engine: packet time went back */
	ANOMALY_DNS_MALFORMED,  /* app stage from here on */
	ANOMALY_DNS_LOOP,
	ANOMALY_HTTP_MALFORMED,
	ANOMALY_HTTP_GAP,
	ANOMALY_N,
};
_Static_assert(ANOMALY_N <= 64, "anomalies are bits of one 64-bit word");

#define ANOMALY_BIT(a) (UINT64_C(1) << (a))

struct decode_anomaly_info {
	const char *name;  /* for example "tcp.flags.xmas" */
	const char *layer; /* EVE's anomaly.type: "decode", "stream" or "applayer" */
	const char *help;  /* one sentence */
};

/* The row of an anomaly below ANOMALY_N. */
const struct decode_anomaly_info *decode_anomaly(enum anomaly a);

enum {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
	TCP_ECE = 0x40,
	TCP_CWR = 0x80,
};

struct decode_tcp {
	uint32_t seq, ack;
	uint16_t window;
	uint16_t mss;   /* option value, 0 if absent */
	uint8_t flags;  /* TCP_* */
	uint8_t wscale; /* option value, 255 if absent */
	bool has_timestamps;
};

struct decode_icmp {
	uint8_t type, code;
	uint16_t id, seq; /* echo and its kin */
	/* Errors quote a packet: its tuple, so that the error finds its flow. */
	bool has_quote;
	uint8_t quote_proto;
	uint16_t quote_sport, quote_dport; /* for a quoted echo: id in both */
	struct addr quote_src, quote_dst;
	/* Neighbour discovery (RFC 4861): target address and link-layer option. */
	struct addr nd_target;
	uint8_t nd_mac[6];
	bool has_nd_mac;
};

struct decode_sctp {
	uint32_t vtag;
	uint8_t chunk; /* type of the first chunk, 255 if there is none */
};

struct decode_arp {
	uint16_t op;
	uint8_t sender_mac[6], target_mac[6];
	struct addr sender, target; /* IPv4 */
};

/* How the capture saw the frame: packet type of SLL and SLL2, else the file's flags. */
enum decode_way {
	DECODE_WAY_UNKNOWN,
	DECODE_WAY_IN,
	DECODE_WAY_OUT,
};

struct packet {
	int64_t ts;         /* packet time, never going back (see engine) */
	uint64_t number;    /* of the frame */
	uint32_t interface; /* of the frame */
	uint32_t ifindex;   /* SLL2's interface index, else 0 */
	uint32_t wire_len;  /* of the frame, without FCS */
	uint8_t result;     /* enum decode_result */
	uint8_t reason;     /* enum decode_reason */
	uint8_t way;        /* enum decode_way */
	uint8_t n_vlans, n_tunnels;
	uint32_t reason_number;
	uint64_t anomalies;
	uint8_t src_mac[6], dst_mac[6];  /* outermost; zero if the link has none */
	uint16_t vlans[DECODE_VLAN_MAX]; /* ids, outermost first */
	struct decode_tunnel tunnels[DECODE_TUNNEL_MAX]; /* outermost first */
	struct addr outer_src,
	    outer_dst; /* of the innermost tunnel that has addresses */

	/* The innermost IP packet. A malformed one may have its addresses as well. */
	struct addr src, dst;  /* family 0: unknown */
	uint16_t sport, dport; /* host order; 0 without ports, or where they were cut */
	uint8_t proto;         /* upper protocol after IPv6 extension headers and AH */
	uint8_t ttl, tos;
	bool fragment; /* any fragment, also the first */
	bool more_fragments;
	uint16_t frag_offset; /* bytes */
	uint32_t frag_id;     /* IPv4: also of whole packets */
	bool has_l4; /* the transport header below was read; never behind offset 0 */

	const uint8_t *l3; /* first byte of the innermost IP header */
	uint32_t l3_cap; /* bytes present from l3, without padding behind the packet */
	uint32_t l3_len; /* the packet's true length */
	/* Behind the transport header; without one, or where a fragment or the IP
	 * length cuts it, behind the IP headers. Where the capture cut it: behind its
	 * minimum. */
	const uint8_t *payload;
	uint32_t payload_cap; /* bytes present */
	uint32_t payload_len; /* true length */

	union {
		struct decode_tcp tcp;
		struct decode_icmp icmp;
		struct decode_sctp sctp;
		struct decode_arp arp; /* result NOT_IP, reason ARP */
	};
};

/* Fills p from the frame. The pointers in p point into the frame's bytes. */
void decode_frame(const struct frame *frame, struct packet *p_r);

/* Stable lower-case names for the log; NULL beyond the table. */
const char *decode_reason_name(enum decode_reason reason);
const char *decode_tunnel_name(enum decode_tunnel_type type);

/* Name of an IP protocol number as EVE writes it ("TCP"), or NULL. */
const char *decode_proto_name(uint8_t proto);

#endif
