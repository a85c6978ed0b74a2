/*
 * Packets from one line of text, for tables of cases: "eth vlan:100 ip4 tcp:S data:5".
 * Each word appends a header; the type field in front of it, lengths and checksums are
 * filled in. The words are the tables at the end of recipe_link.c, _ip.c and _l4.c.
 */
#ifndef TESTS_RECIPE_H
#define TESTS_RECIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECIPE_MAX   80000
#define RECIPE_HEADS 40
#define RECIPE_ARGS  6
#define RECIPE_POKES 8

/* Where the next header's number goes. */
enum recipe_slot {
	SLOT_NONE,
	SLOT_ETHER, /* EtherType, 2 bytes */
	SLOT_PROTO, /* IP protocol, 1 byte */
	SLOT_PPP,   /* PPP protocol, 2 bytes */
	SLOT_PPP_1, /* PPP protocol, 1 byte */
};

struct recipe;

struct recipe_word {
	const char *name;
	void (*add)(struct recipe *r, char *const *args, int n_args);
	/* Lengths and checksums of the header at `at`, when all behind it is there. */
	void (*finish)(struct recipe *r, uint32_t at);
	uint16_t ether, ppp;
	int proto; /* IP protocol, 0 for none, RECIPE_HOPOPT for 0 */
};

#define RECIPE_HOPOPT 256

struct recipe {
	uint8_t bytes[RECIPE_MAX];
	uint32_t len;
	uint32_t caplen, wire; /* as captured, and on the wire */

	uint32_t slot_at;
	enum recipe_slot slot;
	struct {
		const struct recipe_word *word;
		uint32_t at;
	} heads[RECIPE_HEADS];
	int n_heads;
	int n_ip; /* IP headers so far: their addresses differ */
	struct {
		uint32_t at, len;
		uint8_t bytes[32];
	} pokes[RECIPE_POKES]; /* written over everything at the end */
	int n_pokes;
	uint32_t pad;
};

struct recipe_words {
	const struct recipe_word *words;
	size_t n;
};
extern const struct recipe_words recipe_link_words, recipe_ip_words, recipe_l4_words;

/* Builds the packet. Returns NULL, or the word that was not understood. */
const char *recipe_build(struct recipe *r, const char *text);

/* For the words: appends zero bytes, and gives their place. */
uint8_t *recipe_grow(struct recipe *r, uint32_t n);
/* Appends hexadecimal text as bytes; returns how many. */
uint32_t recipe_hex(struct recipe *r, const char *hex);
/* Argument i as a number, or the default. */
uint32_t recipe_arg(char *const *args, int n, int i, uint32_t otherwise);
void recipe_set_slot(struct recipe *r, enum recipe_slot slot, uint32_t at);

/* Adds big-endian words to an Internet checksum, byte by byte: on purpose not the
 * decoder's way. */
uint32_t recipe_sum(uint32_t sum, const uint8_t *p, uint32_t len);

static inline void
put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static inline uint32_t
get16(const uint8_t *p)
{
	return (uint32_t)(p[0] << 8 | p[1]);
}

static inline void
put_sum(uint8_t *field, uint32_t sum)
{
	put16(field, ~sum & 0xffff);
}

#endif
