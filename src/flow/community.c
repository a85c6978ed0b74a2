/*
 * Community ID version 1: base64 of SHA-1 over seed, ordered ends, protocol and ports
 * (ICMP: type and counterpart, or type and code). The specification is the published
 * one, at github.com/corelight/community-id-spec.
 */
#include "config.h"

/* EVP's way takes six times as long for one block, and every record has one. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "flow/flow_priv.h"

#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

struct ends {
	uint16_t sport, dport;
	bool ports;   /* the protocol has them */
	bool ordered; /* by the smaller end; one-way ICMP keeps its direction */
};

static struct ends
ends_of(const struct flow_record *r)
{
	struct ends e = {.ordered = true};
	uint8_t request, reply;

	switch (r->proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
		e.ports = true;
		e.sport = r->sport;
		e.dport = r->dport;
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		e.ports = true;
		e.sport = r->icmp_type;
		e.dport = r->icmp_code;
		e.ordered = flow_icmp_pair(r->proto, r->icmp_type, &request, &reply);
		if (e.ordered)
			e.dport = r->icmp_type == request ? reply : request;
		break;
	}
	return e;
}

static size_t
put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return 2;
}

static size_t
put_addr(uint8_t *at, const struct addr *a)
{
	size_t len = a->family == 4 ? 4 : 16;

	memcpy(at, a->bytes, len);
	return len;
}

void
flow_community_id(
    const struct flow_record *r, uint16_t seed, char text_r[FLOW_COMMUNITY_ID_MAX])
{
	struct ends e = ends_of(r);
	int order = addr_compare(&r->src, &r->dst);
	bool swap = e.ordered && (order > 0 || (order == 0 && e.sport > e.dport));
	uint8_t input[2 + 16 + 16 + 2 + 4], sha1[SHA_DIGEST_LENGTH];
	SHA_CTX sha;
	size_t len;

	len = put16(input, seed);
	len += put_addr(input + len, swap ? &r->dst : &r->src);
	len += put_addr(input + len, swap ? &r->src : &r->dst);
	input[len++] = r->proto;
	input[len++] = 0;
	if (e.ports) {
		len += put16(input + len, swap ? e.dport : e.sport);
		len += put16(input + len, swap ? e.sport : e.dport);
	}
	SHA1_Init(&sha);
	SHA1_Update(&sha, input, len);
	SHA1_Final(sha1, &sha);
	memcpy(text_r, "1:", 2);
	EVP_EncodeBlock((unsigned char *)text_r + 2, sha1, sizeof sha1);
}
