/*
 * Packets out of a stream of bytes, for the random test and the fuzz target: few
 * addresses and ports, so that packets meet in flows; every protocol, flag and kind of
 * fragment.
 */
#ifndef TESTS_FLOW_RANDOM_PACKETS_H
#define TESTS_FLOW_RANDOM_PACKETS_H

#include <netinet/in.h>
#include <string.h>

#include "tallyman/flow.h"

struct byte_source {
	uint8_t (*next)(void *ctx);
	void *ctx;
};

static inline uint8_t
next_byte(struct byte_source *b)
{
	return b->next(b->ctx);
}

static inline uint16_t
next_word(struct byte_source *b)
{
	uint16_t high = next_byte(b);

	return (uint16_t)(high << 8 | next_byte(b));
}

static inline struct addr
random_addr(struct byte_source *b, uint8_t family)
{
	uint8_t bytes[16] = {10}, choice = next_byte(b);

	bytes[family == 4 ? 3 : 7] = choice & 7;
	bytes[family == 4 ? 2 : 15] = choice >> 6;
	return family == 4 ? addr_v4(bytes) : addr_v6(bytes);
}

static inline void
random_tcp(struct byte_source *b, struct packet *p)
{
	static const uint8_t usual[] = {TCP_SYN, TCP_SYN | TCP_ACK, TCP_ACK, TCP_ACK,
	    TCP_ACK | TCP_PSH, TCP_FIN | TCP_ACK, TCP_RST, TCP_RST | TCP_ACK};
	uint8_t choice = next_byte(b);

	p->tcp.flags = choice < 224 ? usual[choice % 8] : next_byte(b);
	p->tcp.seq = (choice & 8 ? 0xffffff00U : 0) + next_byte(b);
	p->tcp.ack = (choice & 16 ? 0xffffff00U : 0) + next_byte(b);
	if (choice == 0)
		p->tcp.seq = (uint32_t)next_word(b) << 16;
	p->tcp.window = choice & 32 ? 1000 : 0;
}

static inline void
random_icmp(struct byte_source *b, struct packet *p)
{
	static const uint8_t types4[] = {0, 8, 3, 11, 13, 14, 5, 9};
	static const uint8_t types6[] = {128, 129, 1, 3, 133, 135, 136, 2};
	uint8_t choice = next_byte(b);

	p->sport = p->dport = 0;
	p->icmp.type = (p->src.family == 4 ? types4 : types6)[choice % 8];
	p->icmp.code = choice >> 6;
	p->icmp.id = choice >> 5 & 1;
	if (!(choice & 16))
		return;
	p->icmp.has_quote = true;
	p->icmp.quote_proto = choice & 8 ? IPPROTO_UDP
	    : choice & 128               ? IPPROTO_TCP
					 : p->proto;
	p->icmp.quote_src = p->dst;
	p->icmp.quote_dst = random_addr(b, p->src.family);
	p->icmp.quote_sport = next_byte(b) & 3;
	p->icmp.quote_dport = next_byte(b) & 3;
}

static inline void
random_fragment(struct byte_source *b, struct packet *p)
{
	uint8_t choice = next_byte(b);

	p->fragment = true;
	p->more_fragments = choice & 1;
	p->frag_id = choice >> 6;
	p->frag_offset = choice & 2 ? (uint16_t)(next_byte(b) * 8) : 0;
	if (choice == 2)
		p->frag_offset = 0xfff8;
	if (p->frag_offset > 0 || choice & 32) {
		p->has_l4 = false;
		p->sport = p->dport = 0;
	}
}

/* The payload is all the same but for one byte. */
static inline void
random_packet(struct byte_source *b, struct packet *p)
{
	static const uint8_t protos[] = {IPPROTO_TCP, IPPROTO_TCP, IPPROTO_TCP,
	    IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDP, IPPROTO_SCTP, 47};
	static const uint8_t payload[2][256] = {{[255] = 1}, {[0] = 1, [255] = 1}};
	static const uint8_t header[512] = {[0] = 0x45, [6] = 44};
	uint8_t choice = next_byte(b), len = next_byte(b);
	uint8_t family = choice & 64 ? 6 : 4;

	memset(p, 0, sizeof *p);
	p->result = DECODE_IP;
	p->src = random_addr(b, family);
	p->dst = random_addr(b, family);
	p->sport = next_byte(b) & 3;
	p->dport = next_byte(b) & 3;
	p->proto = choice % 16 < 8 ? protos[choice % 8]
	    : choice % 16 == 8     ? (family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6)
				   : protos[choice % 4];
	p->has_l4 = p->proto != 47;
	p->ttl = choice;
	p->l3 = header;
	p->payload = payload[choice >> 7];
	p->payload_len = len % 4 == 0 ? 0 : len;
	p->payload_cap = p->payload_len;
	p->l3_len = p->l3_cap = 20 + 20 + p->payload_len;
	p->wire_len = p->l3_len + 14;
	p->src_mac[5] = len & 1;
	if (p->proto == IPPROTO_TCP)
		random_tcp(b, p);
	else if (p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6)
		random_icmp(b, p);
	if (len % 16 == 15)
		random_fragment(b, p);
	if (len % 16 == 7) {
		p->n_vlans = 1;
		p->vlans[0] = choice & 1;
	}
	if (len == 9)
		p->anomalies = ANOMALY_BIT(ANOMALY_L4_CHECKSUM);
}

#endif
