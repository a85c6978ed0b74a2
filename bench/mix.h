/*
 * tallyman-mix: capture files multiplied into a mix of any size.
 *
 * An input is read once and every packet gets a list of edits: where its addresses and
 * ports are, and which checksums cover them. A copy of the input is then a memcpy and
 * a few 32-bit changes per packet. All of it is deterministic for a given seed.
 */
#ifndef TALLYMAN_BENCH_MIX_H
#define TALLYMAN_BENCH_MIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum edit_kind {
	EDIT_MAC,       /* 6 bytes; the copy's key changes bytes 1 and 2 */
	EDIT_V4_LOCAL,  /* private IPv4: its /24 becomes one out of 10/8 */
	EDIT_V4_GLOBAL, /* other unicast IPv4: first and last byte stay */
	EDIT_V4_NARROW, /* the same, in a /16 next to special ones: only byte 2 changes
			 */
	EDIT_V6_GLOBAL, /* bytes 4 to 7, the subnet */
	EDIT_V6_LINK, /* bytes 9 and 10: what an EUI-64 has from bytes 1 and 2 of a MAC
		       */
	EDIT_PORT, /* an ephemeral port, when the addresses of a copy are used again */
	EDIT_PORT_COPY, /* an ephemeral port between two addresses that no copy changes
			 */
};

#define FIXES_MAX 3

/* A checksum that covers an edited place: its data sum changes by sign times the
 * difference. */
struct fix {
	uint16_t off;
	int8_t sign;
	bool udp; /* a result of zero is written as 0xffff */
};

struct edit {
	uint16_t
	    off; /* of the first changed byte pair; even in each covering checksum */
	uint8_t kind; /* enum edit_kind */
	uint8_t n_fixes;
	uint16_t prefix; /* EDIT_V4_LOCAL: which /24 of the input */
	struct fix fixes[FIXES_MAX];
};

struct packet {
	uint64_t usec; /* since the input's first packet */
	size_t data;   /* offset in input->data */
	uint32_t caplen;
	uint32_t len;
	uint32_t edits; /* index of the first in input->edits */
	uint32_t n_edits;
};

/* Private /24 networks by number: 10/8, then 172.16/12, then 192.168/16. */
#define LOCAL_NETS (65536 + 4096 + 256)

struct input {
	const char *path;
	uint8_t *data;
	size_t data_len, data_cap;
	struct packet *packets;
	size_t n_packets, packets_cap;
	struct edit *edits;
	size_t n_edits, edits_cap;
	uint16_t prefix_of[LOCAL_NETS]; /* 1 + index of the /24, 0: not seen */
	uint32_t n_prefixes;
	uint64_t usec;  /* from the first packet to the last */
	uint64_t bytes; /* captured, in all packets */
	uint64_t *flow_set;
	size_t n_flows, flows_cap; /* distinct innermost tuples */
};

enum input_result {
	INPUT_OK,
	INPUT_LEFT_OUT, /* not Ethernet, or not pcap: said on stderr */
	INPUT_FAILED,   /* said on stderr */
};

/* Reads a pcap file (gzip'd or not, any byte order and resolution) and plans the edits
 * of its packets. A file that breaks off gives what came before. The input is the
 * caller's, zeroed before and released with input_fini. */
enum input_result input_load(struct input *in, const char *path);
void input_fini(struct input *in);

/* Room for one more element; exits when memory is out, as the whole program does. */
void *grow(void *array, size_t n, size_t *cap, size_t size);

/* Plans the edits of one Ethernet frame: appends to in->edits, in->flow_set. */
void plan_frame(struct input *in, const uint8_t *frame, size_t len);

/* 64 bits out of a seed, the same on every machine. */
uint64_t mix_hash(uint64_t x);

/* A pcap file being written: Ethernet, microseconds. */
struct output {
	FILE *file;
	uint64_t packets, bytes, first_usec, last_usec;
};

bool output_open(struct output *out, const char *path);
/* Writes a record whose time is usec after the output's fixed start. */
void output_packet(struct output *out, uint64_t usec, const uint8_t *frame,
    uint32_t caplen, uint32_t len);
/* False when anything could not be written. */
bool output_close(struct output *out);

/* N SYN segments from N distinct addresses toward one port of one victim. */
struct flood {
	uint64_t count, sent;
	double rate;     /* per second */
	uint32_t victim; /* host byte order */
	uint16_t port;
	uint64_t seed;
	uint32_t counter; /* of the permutation that the sources come from */
};

/* Time of the next SYN, UINT64_MAX after the last. */
uint64_t flood_next(const struct flood *f);
void flood_write(struct flood *f, struct output *out);

struct play {
	struct input **inputs; /* as often as they shall weigh */
	size_t n_inputs;
	uint64_t packets; /* 0: one copy of each */
	uint64_t seed;
	unsigned overlap; /* copies that run at a time */
	uint64_t copies;  /* result: started */
	uint64_t flows;   /* result: about; cut copies count in full */
	uint64_t reused;  /* result: copies whose networks an earlier copy had */
};

/* Writes the copies, and the flood if there is one, in time order. */
void play_run(struct play *p, struct flood *f, struct output *out);

#endif
