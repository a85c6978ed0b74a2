/* ARP (RFC 826) for IPv4. */
#include "config.h"

#include "decode_priv.h"

#define ARP_HEADER     8
#define ARP_PROTO_IPV4 0x0800
#define HARDWARE_LEN   6
#define IPV4_LEN       4

static void
check_sender(struct decoder *d)
{
	if (d->link_src != NULL && memcmp(d->link_src, d->p->arp.sender_mac, 6) != 0)
		flag(d, ANOMALY_ARP_MISMATCH);
}

/* h: hardware and protocol address of the sender, then of the target. */
static void
read_addresses(struct decoder *d, const uint8_t *h)
{
	struct decode_arp *arp = &d->p->arp;

	memcpy(arp->sender_mac, h, HARDWARE_LEN);
	arp->sender = addr_v4(h + HARDWARE_LEN);
	h += HARDWARE_LEN + IPV4_LEN;
	memcpy(arp->target_mac, h, HARDWARE_LEN);
	arp->target = addr_v4(h + HARDWARE_LEN);
	check_sender(d);
}

/*
 * Hardware type, protocol type (2 bytes each), their address lengths (1 each),
 * operation (2). Other address kinds than MAC and IPv4 leave the addresses empty.
 */
void
layer_arp(struct decoder *d, uint32_t number)
{
	const uint8_t *h = cursor_pull(&d->c, ARP_HEADER), *addresses;
	uint32_t need;

	(void)number;
	memset(&d->p->arp, 0, sizeof d->p->arp);
	if (h == NULL) {
		decode_stop_short(d, DECODE_REASON_ARP_SHORT, ARP_HEADER);
		return;
	}
	need = 2U * (h[4] + h[5]);
	addresses = cursor_pull(&d->c, need);
	if (addresses == NULL) {
		decode_stop_short(d, DECODE_REASON_ARP_SHORT, need);
		return;
	}
	d->p->arp.op = be16(h + 6);
	if (be16(h + 2) == ARP_PROTO_IPV4 && h[4] == HARDWARE_LEN && h[5] == IPV4_LEN)
		read_addresses(d, addresses);
	decode_stop(d, DECODE_NOT_IP, DECODE_REASON_ARP, d->p->arp.op);
}
