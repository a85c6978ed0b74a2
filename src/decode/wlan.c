/*
 * 802.11 data frames, and the headers that drivers put in front of them (radiotap,
 * Prism, AVS, PPI). Encrypted frames, fragments and all but data come to rest here. Of
 * an aggregate (A-MSDU) the first subframe is read: a frame is one packet.
 */
#include "config.h"

#include "decode_priv.h"

enum {
	FC_TYPE_DATA = 0x08,
	FC_TYPE_MASK = 0x0c,
	FC_NO_DATA = 0x40, /* subtype bit: Null and its kin */
	FC_QOS = 0x80,     /* subtype bit */
	FC1_TO_DS = 0x01,
	FC1_FROM_DS = 0x02,
	FC1_MORE_FRAGMENTS = 0x04,
	FC1_PROTECTED = 0x40,
	FC1_ORDER = 0x80, /* with QoS: an HT control field follows */
	QOS_AMSDU = 0x80,
};

/* Which address is destination and source, by the bits to and from the DS (802.11
 * table 9-30); offsets into the header. */
static const struct {
	uint8_t dst, src;
} wlan_addresses[4] = {
    [0] = {4, 10},
    [FC1_TO_DS] = {16, 10},
    [FC1_FROM_DS] = {4, 16},
    [FC1_TO_DS | FC1_FROM_DS] = {16, 24},
};

static void
wlan_rest(struct decoder *d, const uint8_t *fc)
{
	decode_stop(d, DECODE_NOT_IP, DECODE_REASON_WLAN,
	    (uint32_t)(fc[0] & FC_TYPE_MASK) << 2 | fc[0] >> 4);
}

static uint32_t
wlan_header_len(const uint8_t *fc, bool padded)
{
	uint32_t len = 24;

	if ((fc[1] & (FC1_TO_DS | FC1_FROM_DS)) == (FC1_TO_DS | FC1_FROM_DS))
		len += 6;
	if ((fc[0] & FC_QOS) != 0)
		len += 2 + ((fc[1] & FC1_ORDER) != 0 ? 4 : 0);
	if (padded)
		len = (len + 3) & ~UINT32_C(3);
	return len;
}

/* A-MSDU subframe: destination, source, length, then LLC as everywhere. */
static void
wlan_subframe(struct decoder *d)
{
	const uint8_t *h = cursor_pull(&d->c, 14);

	if (h == NULL) {
		decode_stop_short(d, DECODE_REASON_LINK_SHORT, 14);
		return;
	}
	memcpy(d->p->dst_mac, h, 6);
	memcpy(d->p->src_mac, h + 6, 6);
	d->link_src = h + 6;
	cursor_limit(&d->c, be16(h + 12));
	layer_llc(d, 0);
}

static bool
wlan_readable(const uint8_t *h)
{
	if ((h[0] & FC_TYPE_MASK) != FC_TYPE_DATA || (h[0] & FC_NO_DATA) != 0)
		return false;
	if ((h[1] & (FC1_PROTECTED | FC1_MORE_FRAGMENTS)) != 0)
		return false;
	return (h[22] & 0x0f) == 0; /* fragment number */
}

static void
wlan_data(struct decoder *d, const uint8_t *h)
{
	unsigned ds = h[1] & (FC1_TO_DS | FC1_FROM_DS);
	uint32_t qos = ds == (FC1_TO_DS | FC1_FROM_DS) ? 30 : 24;

	memcpy(d->p->dst_mac, h + wlan_addresses[ds].dst, 6);
	memcpy(d->p->src_mac, h + wlan_addresses[ds].src, 6);
	d->link_src = h + wlan_addresses[ds].src;
	if ((h[0] & FC_QOS) != 0 && (h[qos] & QOS_AMSDU) != 0)
		wlan_subframe(d);
	else
		layer_llc(d, 0);
}

static void
wlan_frame(struct decoder *d, bool padded)
{
	const uint8_t *h = cursor_peek(&d->c, 2);
	uint32_t len;

	if (h == NULL) {
		decode_stop_short(d, DECODE_REASON_LINK_SHORT, 2);
		return;
	}
	if ((h[0] & FC_TYPE_MASK) != FC_TYPE_DATA) {
		wlan_rest(d, h);
		return;
	}
	len = wlan_header_len(h, padded);
	h = cursor_pull(&d->c, len);
	if (h == NULL)
		decode_stop_short(d, DECODE_REASON_LINK_SHORT, len);
	else if (!wlan_readable(h))
		wlan_rest(d, h);
	else
		wlan_data(d, h);
}

void
layer_wlan(struct decoder *d, uint32_t number)
{
	(void)number;
	wlan_frame(d, false);
}

enum {
	RADIOTAP_TSFT = 1 << 0,
	RADIOTAP_FLAGS = 1 << 1,
	RADIOTAP_FLAG_FCS = 0x10,
	RADIOTAP_FLAG_PAD = 0x20, /* the 802.11 header is padded to 4 bytes */
};

/*
 * The flags field of a radiotap header of len bytes, or 0. Words of presence bits, each
 * announcing another with bit 31, come before the fields; only TSFT (8 bytes, aligned
 * to 8) can stand before the flags.
 */
static uint8_t
radiotap_flags(const uint8_t *h, uint32_t len)
{
	uint32_t at = 4, present;

	if (len < 8)
		return 0;
	present = le32(h + 4);
	do {
		at += 4;
	} while (at + 4 <= len && (h[at - 1] & 0x80) != 0);
	if ((present & RADIOTAP_TSFT) != 0)
		at = ((at + 7) & ~UINT32_C(7)) + 8;
	return (present & RADIOTAP_FLAGS) != 0 && at < len ? h[at] : 0;
}

void
layer_radiotap(struct decoder *d, uint32_t number)
{
	const uint8_t *h = cursor_peek(&d->c, 4);
	uint32_t len = h != NULL && le16(h + 2) > 4 ? le16(h + 2) : 4;
	uint8_t flags;

	(void)number;
	h = cursor_pull(&d->c, len);
	if (h == NULL) {
		decode_stop_short(d, DECODE_REASON_LINK_SHORT, len);
		return;
	}
	flags = radiotap_flags(h, len);
	if ((flags & RADIOTAP_FLAG_FCS) != 0 && d->c.left >= 4)
		cursor_limit(&d->c, d->c.left - 4);
	wlan_frame(d, (flags & RADIOTAP_FLAG_PAD) != 0);
}

/* Skips a driver's header of a length that its field says. */
static void
skip_header(struct decoder *d, uint32_t len, uint32_t min, decode_layer *next)
{
	if (len < min)
		len = min;
	if (cursor_pull(&d->c, len) == NULL)
		decode_stop_short(d, DECODE_REASON_LINK_SHORT, len);
	else
		next(d, 0);
}

#define AVS_MAGIC      0x80211000
#define AVS_MAGIC_MASK 0xfffff000

/* AVS: version and header length in network order. */
void
layer_avs(struct decoder *d, uint32_t number)
{
	const uint8_t *h = cursor_peek(&d->c, 8);

	(void)number;
	skip_header(d, h != NULL ? be32(h + 4) : 0, 8, layer_wlan);
}

/* Prism: message code and length in the byte order of the writer, 144 bytes; some
 * drivers write AVS under this link type. */
void
layer_prism(struct decoder *d, uint32_t number)
{
	const uint8_t *h = cursor_peek(&d->c, 8);
	uint32_t len = 0;

	if (h != NULL && (be32(h) & AVS_MAGIC_MASK) == AVS_MAGIC) {
		layer_avs(d, number);
		return;
	}
	if (h != NULL)
		len = le32(h + 4) <= 0xffff ? le32(h + 4) : be32(h + 4);
	skip_header(d, len, 8, layer_wlan);
}

/* PPI: version, flags, length and link type in little endian. */
void
layer_ppi(struct decoder *d, uint32_t number)
{
	const uint8_t *h = cursor_peek(&d->c, 8);
	uint32_t len = h != NULL && le16(h + 2) > 8 ? le16(h + 2) : 8;

	(void)number;
	h = cursor_pull(&d->c, len);
	if (h == NULL)
		decode_stop_short(d, DECODE_REASON_LINK_SHORT, len);
	else
		layer_linktype(d, le32(h + 4));
}
