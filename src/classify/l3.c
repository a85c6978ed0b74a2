/* IP packets copied out of a capture, or rebuilt from a flow's tuple. */
#include "config.h"

#include "classify/l3.h"

#include <netinet/in.h>
#include <string.h>

#include "tallyman/flow.h"

#define IP4_HEADER 20
#define IP6_HEADER 40

/* Fewer bytes of a cut payload than this have been seen to mislead dissectors. */
#define PAYLOAD_MIN 8

static void
put16(uint8_t *p, size_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

size_t
l3_copy(const struct packet *p, uint8_t buf_r[L3_MAX + L3_TAIL])
{
	size_t len = p->l3_len < L3_MAX ? p->l3_len : L3_MAX;
	size_t cap = p->l3_cap < len ? p->l3_cap : len;

	if (p->frag_offset != 0 || cap < IP4_HEADER)
		return 0;
	if (p->src.family == 6 && cap < IP6_HEADER)
		return 0;
	if (p->payload_cap < p->payload_len && p->payload_cap < PAYLOAD_MIN)
		return 0;
	memcpy(buf_r, p->l3, cap);
	memset(buf_r + cap, 0, len - cap + L3_TAIL);
	if (p->src.family == 6)
		put16(buf_r + 4, len - IP6_HEADER);
	else
		put16(buf_r + 2, len);
	return len;
}

/* RFC 9293, 3.1: ports, sequence numbers 0, data offset 5. */
static size_t
tcp_header(const struct flow_record *r, uint8_t *buf)
{
	bool syn = r->initiator == FLOW_INITIATOR_SYN;

	memset(buf, 0, 20);
	put16(buf, r->sport);
	put16(buf + 2, r->dport);
	buf[12] = 5 << 4;
	buf[13] = syn ? TCP_SYN : TCP_ACK;
	return 20;
}

static size_t
l4_header(const struct flow_record *r, uint8_t *buf)
{
	switch (r->proto) {
	case IPPROTO_TCP:
		return tcp_header(r, buf);
	case IPPROTO_UDP:
		memset(buf, 0, 8);
		put16(buf, r->sport);
		put16(buf + 2, r->dport);
		put16(buf + 4, 8);
		return 8;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		memset(buf, 0, 8);
		buf[0] = r->icmp_type;
		buf[1] = r->icmp_code;
		return 8;
	default:
		return 0;
	}
}

size_t
l3_first_packet(const struct flow_record *r, uint8_t buf_r[L3_MAX + L3_TAIL])
{
	size_t head = r->src.family == 6 ? IP6_HEADER : IP4_HEADER;
	size_t l4 = l4_header(r, buf_r + head);

	memset(buf_r, 0, head);
	memset(buf_r + head + l4, 0, L3_TAIL);
	if (r->src.family == 6) {
		buf_r[0] = 6 << 4;
		put16(buf_r + 4, l4);
		buf_r[6] = r->proto;
		buf_r[7] = 64;
		memcpy(buf_r + 8, r->src.bytes, 16);
		memcpy(buf_r + 24, r->dst.bytes, 16);
	} else {
		buf_r[0] = 4 << 4 | 5;
		put16(buf_r + 2, head + l4);
		buf_r[8] = 64;
		buf_r[9] = r->proto;
		memcpy(buf_r + 12, r->src.bytes, 4);
		memcpy(buf_r + 16, r->dst.bytes, 4);
	}
	return head + l4;
}
