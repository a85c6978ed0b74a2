/* Planning edits: the state of a walk over one frame, and the edits it leaves. */
#ifndef TALLYMAN_BENCH_MIX_PLAN_H
#define TALLYMAN_BENCH_MIX_PLAN_H

#include "mix.h"

#define NO_SUM 0 /* no checksum is there, or none was captured */

struct plan {
	struct input *in;
	const uint8_t *b;
	size_t len;
	size_t cover; /* offset of the checksum around this packet, or NO_SUM */
	bool cover_udp;
	bool quoted; /* inside an ICMP error */
	unsigned depth;
	uint64_t tuple; /* hash of the innermost addresses and ports */
};

/* An IPv4 address at off, and the offsets of the checksums that see it: its header's
 * and, through the pseudo header, the transport's. True if it changes with the copy. */
bool edit_v4(struct plan *p, size_t off, size_t header_sum, size_t sum, bool udp);
bool edit_v6(struct plan *p, size_t off, size_t sum, bool udp);
void edit_mac(struct plan *p, size_t off, size_t sum);
/* A port; fixed_ends: no copy changes the addresses. */
void edit_port(struct plan *p, size_t off, bool fixed_ends, size_t sum, bool udp);

/* Counts a flow of the input, once for each tuple; zero is none. */
void count_flow(struct input *in, uint64_t tuple);

#endif
