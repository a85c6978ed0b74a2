/* The words that the log uses for what decoding finds. They are part of its format. */
#include "config.h"

#include "tallyman/decode.h"

#include <stddef.h>

#define DECODE "decode"
#define STREAM "stream"
#define APP    "applayer"

static const struct decode_anomaly_info anomalies[ANOMALY_N] = {
    [ANOMALY_IP_TRUNCATED] = {"ip.truncated", DECODE,
	"The IP length goes beyond what was on the wire."},
    [ANOMALY_IP_HEADER_LENGTH] = {"ip.header_length", DECODE,
	"The IPv4 header length is below 20 bytes or beyond the packet."},
    [ANOMALY_IP_TTL_ZERO] = {"ip.ttl_zero", DECODE,
	"Time to live or hop limit is 0: no router would have sent it on."},
    [ANOMALY_IP_OPTIONS_BAD] = {"ip.options_bad", DECODE,
	"An IPv4 option or IPv6 extension option goes beyond its header."},
    [ANOMALY_IP_SOURCE_ROUTE] = {"ip.source_route", DECODE,
	"The sender chose the way: IPv4 source route or IPv6 routing type 0."},
    [ANOMALY_IP_LAND] = {"ip.land", DECODE,
	"Source and destination address are the same, and the ports if there are any."},
    [ANOMALY_IP_SOURCE_BAD] = {"ip.source_bad", DECODE,
	"The source address is multicast, broadcast or, on a network, loopback."},
    [ANOMALY_IP_RESERVED_FLAG] = {"ip.reserved_flag", DECODE,
	"The reserved bit of the IPv4 flags is set."},
    [ANOMALY_IP_CHECKSUM] = {"ip.checksum", DECODE,
	"The IPv4 header checksum is wrong."},
    [ANOMALY_IP6_EXT_CHAIN] = {"ip6.ext_chain", DECODE,
	"IPv6 extension headers are out of order, repeated, too many or cut off."},
    [ANOMALY_FRAG_TINY] = {"frag.tiny", DECODE,
	"A first fragment without the whole transport header."},
    [ANOMALY_FRAG_OVERLAP] = {"frag.overlap", DECODE,
	"Fragments of one packet overlap."},
    [ANOMALY_FRAG_OVERSIZE] = {"frag.oversize", DECODE,
	"A fragment ends beyond the 65535 bytes that an IP packet can have."},
    [ANOMALY_FRAG_INCOMPLETE] = {"frag.incomplete", DECODE,
	"Fragments of a packet were missing when its time ran out."},
    [ANOMALY_FRAG_ODD_SIZE] = {"frag.odd_size", DECODE,
	"A fragment that is not the last is no multiple of 8 bytes."},
    [ANOMALY_TCP_HEADER_LENGTH] = {"tcp.header_length", DECODE,
	"The TCP header length is below 20 bytes or beyond the packet."},
    [ANOMALY_TCP_FLAGS_NULL] = {"tcp.flags.null", DECODE,
	"A TCP segment without any flag."},
    [ANOMALY_TCP_FLAGS_XMAS] = {"tcp.flags.xmas", DECODE,
	"A TCP segment with FIN, PSH and URG, but not ACK."},
    [ANOMALY_TCP_FLAGS_SYN_FIN] = {"tcp.flags.syn_fin", DECODE,
	"A TCP segment with SYN and FIN."},
    [ANOMALY_TCP_FLAGS_SYN_RST] = {"tcp.flags.syn_rst", DECODE,
	"A TCP segment with SYN and RST."},
    [ANOMALY_TCP_FLAGS_FIN_ONLY] = {"tcp.flags.fin_only", DECODE,
	"A TCP segment with FIN, but not ACK."},
    [ANOMALY_TCP_FLAGS_NO_ACK] = {"tcp.flags.no_ack", DECODE,
	"A TCP segment with flags, but none of SYN, FIN, RST and ACK."},
    [ANOMALY_TCP_OPTIONS_BAD] = {"tcp.options_bad", DECODE,
	"A TCP option has an impossible length."},
    [ANOMALY_TCP_PORT_ZERO] = {"tcp.port_zero", DECODE, "A TCP port is 0."},
    [ANOMALY_TCP_SYN_DATA] = {"tcp.syn_data", DECODE,
	"A SYN carries payload and does not use TCP Fast Open."},
    [ANOMALY_TCP_MIDSTREAM] = {"tcp.midstream", STREAM,
	"TCP payload without a handshake."},
    [ANOMALY_TCP_BAD_ACK] = {"tcp.bad_ack", STREAM,
	"A TCP segment acknowledges what was never sent."},
    [ANOMALY_TCP_RETRANSMIT_DIFFERS] = {"tcp.retransmit_differs", STREAM,
	"The same TCP sequence numbers came with other bytes."},
    [ANOMALY_UDP_LENGTH] = {"udp.length", DECODE,
	"The UDP length is below 8 bytes or beyond the packet."},
    [ANOMALY_UDP_PORT_ZERO] = {"udp.port_zero", DECODE, "A UDP port is 0."},
    [ANOMALY_ICMP_TRUNCATED] = {"icmp.truncated", DECODE,
	"An ICMP message is shorter than its type demands."},
    [ANOMALY_ICMP_LARGE] = {"icmp.large", DECODE,
	"An ICMP echo with more than 1472 bytes of payload."},
    [ANOMALY_SCTP_BAD] = {"sctp.bad", DECODE,
	"An SCTP port is 0, or tag or chunks break the rules of the protocol."},
    [ANOMALY_ARP_MISMATCH] = {"arp.mismatch", DECODE,
	"The sender in an ARP message is not the sender of the frame."},
    [ANOMALY_TUNNEL_DEPTH] = {"tunnel.depth", DECODE,
	"More than 4 tunnels inside each other; the innermost were not opened."},
    [ANOMALY_TUNNEL_BAD] = {"tunnel.bad", DECODE,
	"A tunnel header is cut off, or what it carries is not what it says."},
    [ANOMALY_VLAN_DEPTH] = {"vlan.depth", DECODE,
	"More than 4 VLAN tags; only the outermost are listed."},
    [ANOMALY_L4_CHECKSUM] = {"l4.checksum", DECODE,
	"The checksum of TCP, UDP, SCTP, ICMP or IGMP is wrong."},
    [ANOMALY_L4_SHORT] = {"l4.short", DECODE,
	"The IP length leaves no room for the transport header."},
    [ANOMALY_TIME_BACKWARDS] = {"time.backwards", DECODE,
	"The capture's time went back."},
    [ANOMALY_DNS_MALFORMED] = {"dns.malformed", APP,
	"A DNS message that cannot be read."},
    [ANOMALY_DNS_LOOP] = {"dns.loop", APP,
	"A DNS name whose compression pointers go in circles."},
    [ANOMALY_HTTP_MALFORMED] = {"http.malformed", APP,
	"An HTTP message that cannot be read."},
    [ANOMALY_HTTP_GAP] = {"http.gap", APP,
	"Bytes of an HTTP connection are missing from the capture."},
};

static const char *const reasons[DECODE_N_REASONS] = {
    [DECODE_REASON_NONE] = "none",
    [DECODE_REASON_LINKTYPE] = "linktype",
    [DECODE_REASON_ETHERTYPE] = "ethertype",
    [DECODE_REASON_LLC] = "llc",
    [DECODE_REASON_PPP] = "ppp",
    [DECODE_REASON_FAMILY] = "family",
    [DECODE_REASON_ARP] = "arp",
    [DECODE_REASON_WLAN] = "wlan",
    [DECODE_REASON_TUNNEL] = "tunnel",
    [DECODE_REASON_LINK_SHORT] = "link_short",
    [DECODE_REASON_IP_SHORT] = "ip_short",
    [DECODE_REASON_IP_VERSION] = "ip_version",
    [DECODE_REASON_ARP_SHORT] = "arp_short",
};

static const char *const tunnels[DECODE_N_TUNNELS] = {
    [DECODE_TUNNEL_NONE] = "none",
    [DECODE_TUNNEL_GRE] = "gre",
    [DECODE_TUNNEL_NVGRE] = "nvgre",
    [DECODE_TUNNEL_ERSPAN1] = "erspan1",
    [DECODE_TUNNEL_ERSPAN2] = "erspan2",
    [DECODE_TUNNEL_ERSPAN3] = "erspan3",
    [DECODE_TUNNEL_VXLAN] = "vxlan",
    [DECODE_TUNNEL_GENEVE] = "geneve",
    [DECODE_TUNNEL_IPIP] = "ipip",
    [DECODE_TUNNEL_TEREDO] = "teredo",
    [DECODE_TUNNEL_GTPU] = "gtpu",
    [DECODE_TUNNEL_MPLS] = "mpls",
    [DECODE_TUNNEL_PPPOE] = "pppoe",
};

/* IANA's keywords, which EVE writes. */
static const char *const protos[256] = {
    [0] = "HOPOPT",
    [1] = "ICMP",
    [2] = "IGMP",
    [3] = "GGP",
    [4] = "IPv4",
    [5] = "ST",
    [6] = "TCP",
    [7] = "CBT",
    [8] = "EGP",
    [9] = "IGP",
    [17] = "UDP",
    [20] = "HMP",
    [27] = "RDP",
    [33] = "DCCP",
    [41] = "IPv6",
    [43] = "IPv6-Route",
    [44] = "IPv6-Frag",
    [45] = "IDRP",
    [46] = "RSVP",
    [47] = "GRE",
    [48] = "DSR",
    [50] = "ESP",
    [51] = "AH",
    [54] = "NARP",
    [55] = "Min-IPv4",
    [58] = "IPv6-ICMP",
    [59] = "IPv6-NoNxt",
    [60] = "IPv6-Opts",
    [80] = "ISO-IP",
    [81] = "VMTP",
    [88] = "EIGRP",
    [89] = "OSPFIGP",
    [92] = "MTP",
    [93] = "AX.25",
    [94] = "IPIP",
    [97] = "ETHERIP",
    [98] = "ENCAP",
    [103] = "PIM",
    [108] = "IPComp",
    [112] = "VRRP",
    [113] = "PGM",
    [115] = "L2TP",
    [124] = "ISIS over IPv4",
    [132] = "SCTP",
    [133] = "FC",
    [134] = "RSVP-E2E-IGNORE",
    [135] = "Mobility Header",
    [136] = "UDPLite",
    [137] = "MPLS-in-IP",
    [138] = "manet",
    [139] = "HIP",
    [140] = "Shim6",
    [141] = "WESP",
    [142] = "ROHC",
    [143] = "Ethernet",
};

const struct decode_anomaly_info *
decode_anomaly(enum anomaly a)
{
	return a < ANOMALY_N ? &anomalies[a] : NULL;
}

const char *
decode_reason_name(enum decode_reason reason)
{
	return reason < DECODE_N_REASONS ? reasons[reason] : NULL;
}

const char *
decode_tunnel_name(enum decode_tunnel_type type)
{
	return type < DECODE_N_TUNNELS ? tunnels[type] : NULL;
}

const char *
decode_proto_name(uint8_t proto)
{
	return protos[proto];
}
