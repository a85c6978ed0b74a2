/*
 * The entrance: a frame's link type picks the first layer. A layer that cannot go on
 * says so with decode_stop(), and that is where the frame is counted.
 */
#include "config.h"

#include "tallyman/decode.h"

#include "decode_priv.h"
#include "tallyman/capture.h"

struct link_row {
	uint16_t linktype; /* LINKTYPE_ number */
	uint8_t kind;
	decode_layer *layer;
};

static const struct link_row links[] = {
    {1, LINK_MAC, layer_ethernet},
    {113, LINK_MAC, layer_sll},
    {276, LINK_MAC, layer_sll2},
    {101, LINK_BARE, layer_ip},
    {228, LINK_BARE, layer_ip4},
    {229, LINK_BARE, layer_ip6},
    {12, LINK_BARE, layer_ip},
    {14, LINK_BARE, layer_ip},
    {0, LINK_LOOPBACK, layer_null},
    {108, LINK_LOOPBACK, layer_null},
    {239, LINK_BARE, layer_nflog},
    {9, LINK_BARE, layer_ppp},
    {50, LINK_BARE, layer_ppp},
    {51, LINK_BARE, layer_pppoe},
    {166, LINK_BARE, layer_ppp_direction},
    {204, LINK_BARE, layer_ppp_direction},
    {104, LINK_BARE, layer_chdlc},
    {105, LINK_MAC, layer_wlan},
    {127, LINK_MAC, layer_radiotap},
    {119, LINK_MAC, layer_prism},
    {163, LINK_MAC, layer_avs},
    {192, LINK_MAC, layer_ppi},
    {219, LINK_BARE, layer_mpls},
};

void
layer_linktype(struct decoder *d, uint32_t linktype)
{
	for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
		if (links[i].linktype != linktype)
			continue;
		d->link = links[i].kind;
		if (decode_deeper(d, DECODE_REASON_LINKTYPE, linktype))
			links[i].layer(d, linktype);
		return;
	}
	decode_stop(d, DECODE_NOT_IP, DECODE_REASON_LINKTYPE, linktype);
}

void
decode_stop(struct decoder *d, enum decode_result result, enum decode_reason reason,
    uint32_t number)
{
	d->p->result = result;
	d->p->reason = reason;
	d->p->reason_number = number;
	d->cut = false;
}

void
decode_stop_short(struct decoder *d, enum decode_reason reason, uint32_t need)
{
	decode_stop(d, DECODE_MALFORMED, reason, 0);
	d->cut = !cursor_lacks(&d->c, need);
}

bool
decode_deeper(struct decoder *d, enum decode_reason reason, uint32_t number)
{
	if (d->layers++ < DECODE_LAYERS_MAX)
		return true;
	decode_stop(d, DECODE_NOT_IP, reason, number);
	return false;
}

static const uint8_t ways[] = {
    [FRAME_DIRECTION_UNKNOWN] = DECODE_WAY_UNKNOWN,
    [FRAME_INBOUND] = DECODE_WAY_IN,
    [FRAME_OUTBOUND] = DECODE_WAY_OUT,
};

void
decode_frame(const struct frame *frame, struct packet *p_r)
{
	uint32_t len = frame->len < frame->caplen ? frame->caplen : frame->len;
	struct decoder d = {.p = p_r};

	if (frame->fcs_len <= len)
		len -= frame->fcs_len;
	memset(p_r, 0, sizeof *p_r);
	p_r->ts = frame->ts;
	p_r->number = frame->number;
	p_r->interface = frame->interface;
	p_r->wire_len = len;
	if (frame->direction < sizeof ways)
		p_r->way = ways[frame->direction];
	p_r->result = DECODE_NOT_IP; /* so far: tunnels ask what is around them */
	d.c.pos = frame->data;
	d.c.end = frame->data + (frame->caplen < len ? frame->caplen : len);
	d.c.left = len;
	layer_linktype(&d, frame->linktype);
}
