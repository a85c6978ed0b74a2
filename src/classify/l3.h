/*
 * IP packets as a dissector wants them: whole, unfragmented, their lengths true, with
 * zero bytes behind them. Also packets rebuilt from a
 * flow's tuple.
 */
#ifndef CLASSIFY_L3_H
#define CLASSIFY_L3_H

#include <stddef.h>
#include <stdint.h>

struct packet;
struct flow_record;

#define L3_MAX  65535
#define L3_TAIL 64 /* zero bytes behind a packet */

/*
 * Copies the packet's IP bytes. What the snap length cut off is zero in the copy: so
 * TCP sequence numbers go on without a hole and messages keep their length, and nearly
 * every protocol is still recognised. The length in the header becomes the true one
 * (segmentation offload leaves 0 there). Returns the copy's length; 0 for what no
 * dissector could read: later fragments, headers or all but all of the payload cut off.
 */
size_t l3_copy(const struct packet *p, uint8_t buf_r[L3_MAX + L3_TAIL]);

/*
 * Builds the bare headers of the flow's first packet, from initiator to responder: for
 * TCP a SYN if the initiator's was seen, else an ACK. Returns its length.
 */
size_t l3_first_packet(const struct flow_record *r, uint8_t buf_r[L3_MAX + L3_TAIL]);

#endif
