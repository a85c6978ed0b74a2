/* What must hold for every packet that the decoder returns, whatever the bytes are. */
#ifndef TESTS_INVARIANTS_H
#define TESTS_INVARIANTS_H

struct frame;
struct packet;

/* NULL when all hold, else the first that does not. */
const char *invariant_broken(const struct frame *frame, const struct packet *p);

/*
 * Decodes the frame cut at every length, once as a short frame and once as one that the
 * snap length cut, from memory that ends where the frame does. Lengths in the middle of
 * very long frames are left out. Returns NULL, or what did not hold, with the length in
 * *at_r.
 */
const char *invariant_truncated(const struct frame *frame, unsigned *at_r);

#endif
