/*
 * Ethernet and what shares its type numbers: 802.1Q and 802.1ad tags, 802.2 LLC with
 * SNAP, and the "cooked" headers of Linux captures (LINKTYPE_LINUX_SLL and _SLL2).
 */
#include "config.h"

#include "decode_priv.h"

/* Values of the type field below this one are lengths (802.3, 3.2.6). */
#define ETHERTYPE_MIN  0x0600
#define ETHER_DATA_MAX 1500

static decode_layer vlan;

static const struct {
	uint16_t type;
	decode_layer *layer;
} ethertypes[] = {
    {0x0800, layer_ip4},
    {0x86dd, layer_ip6},
    {0x0806, layer_arp},
    {0x8100, vlan},
    {0x88a8, vlan},
    {0x9100, vlan},
    {0x8847, layer_mpls},
    {0x8848, layer_mpls},
    {0x8864, layer_pppoe},
    {0x880b, layer_ppp},
    {0x6558, layer_ethernet},
};

static decode_layer *
ethertype_layer(uint32_t type)
{
	for (size_t i = 0; i < sizeof ethertypes / sizeof *ethertypes; i++)
		if (ethertypes[i].type == type)
			return ethertypes[i].layer;
	return NULL;
}

bool
ethertype_known(uint32_t type)
{
	return ethertype_layer(type) != NULL;
}

void
layer_ethertype(struct decoder *d, uint32_t type)
{
	decode_layer *layer = ethertype_layer(type);

	if (layer == NULL)
		decode_stop(d, DECODE_NOT_IP, DECODE_REASON_ETHERTYPE, type);
	else if (decode_deeper(d, DECODE_REASON_ETHERTYPE, type))
		layer(d, type);
}

/* What follows a type field that may also be an 802.3 length. */
static void
type_or_length(struct decoder *d, uint16_t type)
{
	if (type >= ETHERTYPE_MIN) {
		layer_ethertype(d, type);
	} else if (type <= ETHER_DATA_MAX) {
		cursor_limit(&d->c, type);
		layer_llc(d, type);
	} else {
		decode_stop(d, DECODE_NOT_IP, DECODE_REASON_ETHERTYPE, type);
	}
}

void
layer_ethernet(struct decoder *d, uint32_t number)
{
	const uint8_t *h = cursor_pull(&d->c, 14);

	(void)number;
	if (h == NULL) {
		decode_stop_short(d, DECODE_REASON_LINK_SHORT, 14);
		return;
	}
	if (d->link_src == NULL && d->p->n_tunnels == 0) {
		memcpy(d->p->dst_mac, h, 6);
		memcpy(d->p->src_mac, h + 6, 6);
	}
	d->link_src = h + 6;
	type_or_length(d, be16(h + 12));
}

/* One tag (802.1Q 9.6). Identifier 0 carries a priority only and is no VLAN. */
static void
vlan(struct decoder *d, uint32_t number)
{
	const uint8_t *h = cursor_pull(&d->c, 4);
	struct packet *p = d->p;
	uint16_t id;

	(void)number;
	if (h == NULL) {
		decode_stop_short(d, DECODE_REASON_LINK_SHORT, 4);
		return;
	}
	id = be16(h) & 0xfff;
	if (id != 0 && p->n_vlans == DECODE_VLAN_MAX)
		flag(d, ANOMALY_VLAN_DEPTH);
	else if (id != 0)
		p->vlans[p->n_vlans++] = id;
	type_or_length(d, be16(h + 2));
}

/* SNAP (802 10.3): with these organisation codes the rest is an EtherType. */
static void
snap(struct decoder *d)
{
	const uint8_t *h = cursor_pull(&d->c, 5);
	uint32_t oui;

	if (h == NULL) {
		decode_stop_short(d, DECODE_REASON_LINK_SHORT, 5);
		return;
	}
	oui = be24(h);
	if (oui == 0x000000 || oui == 0x0000f8)
		layer_ethertype(d, be16(h + 3));
	else
		decode_stop(d, DECODE_NOT_IP, DECODE_REASON_LLC, 0xaaaa);
}

void
layer_llc(struct decoder *d, uint32_t number)
{
	const uint8_t *h = cursor_pull(&d->c, 3);
	uint16_t saps;

	(void)number;
	if (h == NULL) {
		decode_stop_short(d, DECODE_REASON_LINK_SHORT, 3);
		return;
	}
	saps = be16(h);
	if (saps == 0xaaaa && h[2] == 0x03)
		snap(d);
	else if (saps == 0x0606 && h[2] == 0x03)
		layer_ip4(d, saps);
	else
		decode_stop(d, DECODE_NOT_IP, DECODE_REASON_LLC, saps);
}

/* Cooked captures of other hardware than Ethernet; by ARPHRD number. */
static const struct {
	uint16_t hardware;
	decode_layer *layer;
} sll_hardware[] = {
    {801, layer_wlan},
    {802, layer_prism},
    {803, layer_radiotap},
};

#define HARDWARE_LOOPBACK 772
#define SLL_OUTGOING      4
#define SLL_802_2         4 /* protocol value of LLC without a length */
#define SLL_ADDRESSES     6

static void
sll_next(struct decoder *d, uint16_t hardware, uint16_t type, uint16_t address_len,
    const uint8_t *address, uint16_t protocol)
{
	d->p->way = type == SLL_OUTGOING ? DECODE_WAY_OUT : DECODE_WAY_IN;
	if (address_len == SLL_ADDRESSES) {
		memcpy(d->p->src_mac, address, 6);
		d->link_src = address;
	}
	if (hardware == HARDWARE_LOOPBACK)
		d->link = LINK_LOOPBACK;
	for (size_t i = 0; i < sizeof sll_hardware / sizeof *sll_hardware; i++) {
		if (sll_hardware[i].hardware == hardware) {
			sll_hardware[i].layer(d, hardware);
			return;
		}
	}
	if (protocol == SLL_802_2)
		layer_llc(d, protocol);
	else
		layer_ethertype(d, protocol);
}

/*
 * LINKTYPE_LINUX_SLL: packet type, ARPHRD, address length (2 bytes each), address (8),
 * protocol (2).
 */
void
layer_sll(struct decoder *d, uint32_t number)
{
	const uint8_t *h = cursor_pull(&d->c, 16);

	(void)number;
	if (h == NULL)
		decode_stop_short(d, DECODE_REASON_LINK_SHORT, 16);
	else
		sll_next(d, be16(h + 2), be16(h), be16(h + 4), h + 6, be16(h + 14));
}

/*
 * LINKTYPE_LINUX_SLL2: protocol, reserved (2 bytes each), interface index (4), ARPHRD
 * (2), packet type, address length (1 each), address (8).
 */
void
layer_sll2(struct decoder *d, uint32_t number)
{
	const uint8_t *h = cursor_pull(&d->c, 20);

	(void)number;
	if (h == NULL) {
		decode_stop_short(d, DECODE_REASON_LINK_SHORT, 20);
		return;
	}
	d->p->ifindex = be32(h + 4);
	sll_next(d, be16(h + 8), h[10], h[11], h + 12, be16(h));
}
