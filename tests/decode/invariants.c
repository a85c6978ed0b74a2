/* Invariants as a table: one function each. */
#include "config.h"

#include "invariants.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "describe.h"
#include "tallyman/capture.h"
#include "tallyman/decode.h"

#define LONG_FRAME 2000
#define LONG_HEAD  300
#define LONG_TAIL  20

/* Anomalies that other stages raise. */
static const uint64_t not_ours = ANOMALY_BIT(ANOMALY_FRAG_OVERLAP) |
    ANOMALY_BIT(ANOMALY_FRAG_INCOMPLETE) | ANOMALY_BIT(ANOMALY_TCP_MIDSTREAM) |
    ANOMALY_BIT(ANOMALY_TCP_BAD_ACK) | ANOMALY_BIT(ANOMALY_TCP_RETRANSMIT_DIFFERS) |
    ANOMALY_BIT(ANOMALY_TIME_BACKWARDS) | ~(ANOMALY_BIT(ANOMALY_DNS_MALFORMED) - 1);

static bool
result_and_reason(const struct frame *f, const struct packet *p)
{
	bool malformed = p->reason >= DECODE_REASON_LINK_SHORT;

	(void)f;
	if (p->result == DECODE_IP)
		return p->reason == DECODE_REASON_NONE ||
		    p->reason == DECODE_REASON_TUNNEL;
	return p->result < DECODE_N_RESULTS && p->reason != DECODE_REASON_NONE &&
	    p->reason < DECODE_N_REASONS &&
	    malformed == (p->result == DECODE_MALFORMED);
}

static bool
addresses(const struct frame *f, const struct packet *p)
{
	(void)f;
	return p->result != DECODE_IP ||
	    (p->src.family == p->dst.family &&
		(p->src.family == 4 || p->src.family == 6));
}

static bool
inside_frame(const struct frame *f, const struct packet *p)
{
	const uint8_t *end = f->data + f->caplen;

	return p->result != DECODE_IP ||
	    (p->l3 >= f->data && p->l3_cap <= (size_t)(end - p->l3) &&
		p->payload >= p->l3 && p->payload <= p->l3 + p->l3_cap &&
		p->payload_cap <= (size_t)(p->l3 + p->l3_cap - p->payload));
}

/* A frame that ERSPAN cut before it was captured is longer than what was on the wire.
 */
static bool
lengths(const struct frame *f, const struct packet *p)
{
	bool cut_before = false;

	for (int i = 0; i < p->n_tunnels; i++)
		cut_before |= p->tunnels[i].type == DECODE_TUNNEL_ERSPAN2 ||
		    p->tunnels[i].type == DECODE_TUNNEL_ERSPAN3;
	return p->wire_len <= f->len && p->l3_cap <= p->l3_len &&
	    p->payload_cap <= p->payload_len && p->payload_len <= p->l3_len &&
	    (cut_before || p->l3_len <= p->wire_len);
}

static bool
stacks(const struct frame *f, const struct packet *p)
{
	(void)f;
	if (p->n_vlans > DECODE_VLAN_MAX || p->n_tunnels > DECODE_TUNNEL_MAX)
		return false;
	for (int i = p->n_vlans; i < DECODE_VLAN_MAX; i++)
		if (p->vlans[i] != 0)
			return false;
	for (int i = 0; i < DECODE_TUNNEL_MAX; i++)
		if ((p->tunnels[i].type != 0) != (i < p->n_tunnels))
			return false;
	return true;
}

static bool
fragments(const struct frame *f, const struct packet *p)
{
	(void)f;
	if (!p->fragment)
		return !p->more_fragments && p->frag_offset == 0;
	return (p->more_fragments || p->frag_offset != 0) &&
	    !(p->frag_offset != 0 && p->has_l4);
}

static bool
own_anomalies(const struct frame *f, const struct packet *p)
{
	(void)f;
	return (p->anomalies & not_ours) == 0;
}

static const struct {
	const char *name;
	bool (*holds)(const struct frame *f, const struct packet *p);
} invariants[] = {
    {"the result has its reason", result_and_reason},
    {"an IP packet has two addresses of one family", addresses},
    {"pointers stay inside the frame", inside_frame},
    {"what is present is not longer than what was sent", lengths},
    {"unused places of VLANs and tunnels are empty", stacks},
    {"fragment fields agree", fragments},
    {"anomalies of other stages are left to them", own_anomalies},
};

const char *
invariant_broken(const struct frame *frame, const struct packet *p)
{
	for (size_t i = 0; i < sizeof invariants / sizeof *invariants; i++)
		if (!invariants[i].holds(frame, p))
			return invariants[i].name;
	return NULL;
}

/* What a snap length may take away, and what not. */
static const char *
snapped(const struct packet *cut, const struct packet *whole)
{
	if ((cut->anomalies & ~whole->anomalies) != 0)
		return "a snap length is no anomaly";
	if (cut->result != DECODE_IP || whole->result != DECODE_IP ||
	    cut->n_tunnels != whole->n_tunnels)
		return NULL;
	if (cut->l3_len != whole->l3_len || !addr_equal(&cut->src, &whole->src))
		return "true lengths and addresses survive a snap length";
	if (cut->has_l4 && cut->payload_len != whole->payload_len)
		return "the payload's true length survives a snap length";
	return NULL;
}

/* Decodes the first n bytes twice, into memory with different old contents. */
static const char *
decode_cut(const struct frame *frame, uint32_t n, uint32_t len, struct packet *p)
{
	char first[DESCRIBE_MAX], second[DESCRIBE_MAX];
	struct frame cut = *frame;
	uint8_t *bytes = malloc(n);
	const char *broken;

	if (n > 0)
		memcpy(bytes, frame->data, n);
	cut.data = bytes;
	cut.caplen = n;
	cut.len = len;
	memset(p, 0x5a, sizeof *p);
	decode_frame(&cut, p);
	broken = invariant_broken(&cut, p);
	describe_packet(p, first);
	memset(p, 0xff, sizeof *p);
	decode_frame(&cut, p);
	describe_packet(p, second);
	free(bytes);
	if (broken == NULL && strcmp(first, second) != 0)
		return "nothing is left of the packet before";
	return broken;
}

const char *
invariant_truncated(const struct frame *frame, unsigned *at_r)
{
	struct packet whole, cut;
	const char *broken;

	decode_frame(frame, &whole);
	for (uint32_t n = 0; n <= frame->caplen; n++) {
		if (frame->caplen > LONG_FRAME && n == LONG_HEAD)
			n = frame->caplen - LONG_TAIL;
		*at_r = n;
		broken = decode_cut(frame, n, n, &cut);
		if (broken == NULL)
			broken = decode_cut(frame, n, frame->len, &cut);
		if (broken == NULL)
			broken = snapped(&cut, &whole);
		if (broken != NULL)
			return broken;
	}
	return NULL;
}
