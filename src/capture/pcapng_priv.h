/* Inside the pcapng reader: blocks, their options, and who reads which. */
#ifndef TALLYMAN_PCAPNG_PRIV_H
#define TALLYMAN_PCAPNG_PRIV_H

#include "capture_priv.h"

/* What a handler did with its block. */
enum outcome {
	OUTCOME_DONE,
	OUTCOME_FRAME,
	OUTCOME_DAMAGED,
};

struct block {
	const uint8_t *body;
	size_t present; /* bytes of the body that can be looked at */
	uint64_t len;   /* of the body */
};

/* Reads a block; with OUTCOME_FRAME the frame's data lie in the block. */
typedef enum outcome pcapng_reader(
    struct capfile *f, const struct block *b, struct frame *frame);

pcapng_reader pcapng_read_interface, pcapng_read_statistics;
pcapng_reader pcapng_read_enhanced, pcapng_read_packet, pcapng_read_simple;

/* The damage that a block's body is too short; `block` is "a section header" ... */
enum outcome pcapng_too_short(
    struct capfile *f, const struct block *b, const char *block);

/* The size of len bytes with their padding to a multiple of 4. */
static inline uint64_t
pcapng_padded(uint32_t len)
{
	return ((uint64_t)len + 3) & ~UINT64_C(3);
}

/* ---- options ---- */

struct options {
	const uint8_t *pos, *end;
	bool big;
	bool cut; /* the list goes on where the block cannot be seen */
	bool bad; /* one did not fit */
};

struct option {
	uint16_t code, len;
	const uint8_t *value;
};

/* The options of a block behind its fixed part of `fixed` bytes. */
struct options pcapng_options(
    const struct capfile *f, const struct block *b, uint64_t fixed);

/* Steps to the next option; false at the list's end, also where it is malformed. */
bool pcapng_option_next(struct options *o, struct option *option_r);

/* ---- interfaces ---- */

/* The interface that a block names, or NULL after setting the damage. */
struct capfile_interface *pcapng_find_interface(struct capfile *f, uint32_t id);

/* Adds to the interface's kernel_drops what has not been told yet. */
void pcapng_tell_drops(struct capfile *f, struct capfile_interface *i);

/* Packet time of a raw stamp; false when 64 bits of nanoseconds cannot hold it. */
bool pcapng_time(const struct resolution *r, uint64_t raw, int64_t *ts_r);

#endif
