/* Helpers of the transport layers. */
#ifndef DECODE_L4_H
#define DECODE_L4_H

#include "decode_priv.h"

/*
 * Pulls a transport header. NULL where the packet lacks it, which raises l4.short, or
 * the capture does: then the payload begins behind what was cut off.
 */
const uint8_t *l4_pull(struct decoder *d, uint32_t n);

/* The packet is too short for its transport: raises a, or frag.tiny in a fragment. */
void l4_short(struct decoder *d, enum anomaly a);

/* The payload is what is left at the cursor. */
void l4_set_payload(struct decoder *d);

/* Same source and destination; called when the ports are known, if there are any. */
void l4_check_land(struct decoder *d);

/* Reads two ports at the cursor without moving; false where they are not there. */
bool l4_ports(struct decoder *d, enum anomaly zero);

/*
 * Verifies the checksum at offset `field` of the segment of len bytes at the cursor,
 * of which the first `covered` are summed up, with the pseudo-header.
 */
void l4_checksum(struct decoder *d, uint32_t len, uint32_t covered, uint32_t field);

/* The same without a pseudo-header, over all that is left. */
void l4_checksum_bare(struct decoder *d);

#endif
