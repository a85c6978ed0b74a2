/*
 * Transport: what TCP, UDP, SCTP and the rest share, and the short ones themselves.
 *
 * Checksums are verified where the whole packet is there and no longer than
 * CHECKSUM_MAX: what is longer is a super-packet of segmentation offload, whose
 * checksum the network card fills in later, and summing it up would be most of the
 * decoder's time. A field that holds the bare pseudo-header sum was left to the card
 * as well (Linux calls it CHECKSUM_PARTIAL) and is not called wrong.
 */
#include "config.h"

#include "l4.h"

#include <arpa/inet.h>

#include "checksum.h"

#define CHECKSUM_MAX 2048
#define SUMMED_MIN   8 /* shorter messages are wrong in another way */

const uint8_t *
l4_pull(struct decoder *d, uint32_t n)
{
	const uint8_t *h = cursor_pull(&d->c, n);

	if (h != NULL)
		return h;
	if (cursor_lacks(&d->c, n)) {
		l4_short(d, ANOMALY_L4_SHORT);
	} else {
		cursor_skip(&d->c, n);
		l4_set_payload(d);
	}
	return NULL;
}

void
l4_short(struct decoder *d, enum anomaly a)
{
	if (d->p->fragment)
		flag(d, ANOMALY_FRAG_TINY);
	else if (!d->ip_truncated)
		flag(d, a);
}

void
l4_set_payload(struct decoder *d)
{
	struct packet *p = d->p;

	p->payload = d->c.pos;
	p->payload_cap = cursor_cap(&d->c);
	p->payload_len = d->c.left;
}

void
l4_check_land(struct decoder *d)
{
	const struct packet *p = d->p;

	if (p->sport == p->dport && addr_equal(&p->src, &p->dst) && ip_on_network(d))
		flag(d, ANOMALY_IP_LAND);
}

bool
l4_ports(struct decoder *d, enum anomaly zero)
{
	const uint8_t *h = cursor_peek(&d->c, 4);
	struct packet *p = d->p;

	if (h == NULL)
		return false;
	p->sport = be16(h);
	p->dport = be16(h + 2);
	if (p->sport == 0 || p->dport == 0)
		flag(d, zero);
	l4_check_land(d);
	return true;
}

static bool
sum_is_due(const struct decoder *d, uint32_t len)
{
	return !d->p->fragment && !d->rerouted && !d->offload && !d->ip_truncated &&
	    len <= CHECKSUM_MAX && len <= cursor_cap(&d->c);
}

void
l4_checksum(struct decoder *d, uint32_t len, uint32_t covered, uint32_t field)
{
	const struct packet *p = d->p;
	uint32_t size = p->src.family == 4 ? 4 : 16;
	const uint8_t *h = d->c.pos;
	uint64_t pseudo;
	uint16_t stored;

	if (!sum_is_due(d, len) || field + 2 > len)
		return;
	pseudo = checksum_add(0, p->src.bytes, size);
	pseudo = checksum_add(pseudo, p->dst.bytes, size);
	pseudo += htons(p->proto) + htons((uint16_t)len);
	memcpy(&stored, h + field, sizeof stored);
	if (checksum_fold(pseudo) == stored)
		return;
	if (checksum_fold(checksum_add(pseudo, h, covered)) != 0xffff)
		flag(d, ANOMALY_L4_CHECKSUM);
}

void
l4_checksum_bare(struct decoder *d)
{
	if (d->c.left >= SUMMED_MIN && sum_is_due(d, d->c.left) &&
	    !checksum_right(d->c.pos, d->c.left))
		flag(d, ANOMALY_L4_CHECKSUM);
}

/* IGMP of every version starts with 8 bytes (RFC 3376 section 4). */
void
layer_igmp(struct decoder *d, uint32_t number)
{
	(void)number;
	l4_checksum_bare(d);
	if (l4_pull(d, 8) == NULL)
		return;
	d->p->has_l4 = true;
	l4_set_payload(d);
}

/* ESP (RFC 4303): index and sequence number; the rest is encrypted. */
void
layer_esp(struct decoder *d, uint32_t number)
{
	(void)number;
	if (l4_pull(d, 8) == NULL)
		return;
	d->p->has_l4 = true;
	l4_set_payload(d);
}

/* AH (RFC 4302) is looked through: it hides nothing. */
void
layer_ah(struct decoder *d, uint32_t number)
{
	const uint8_t *h = cursor_peek(&d->c, 2);
	uint32_t len = h != NULL ? (h[1] + 2U) * 4 : 12;
	uint8_t next = h != NULL ? h[0] : 0;

	(void)number;
	if (l4_pull(d, len < 12 ? 12 : len) == NULL || ++d->layers > DECODE_LAYERS_MAX)
		return;
	d->p->proto = next;
	ip_dispatch(d);
}
