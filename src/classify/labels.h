/*
 * Metadata of one flow: collected in a builder, stored in one block. Blocks come out of
 * pools by size class; a budget bounds them all, and each flow has a limit.
 */
#ifndef CLASSIFY_LABELS_H
#define CLASSIFY_LABELS_H

#include <stddef.h>
#include <stdint.h>

#include "tallyman/classify.h"
#include "tallyman/pool.h"

#define LABEL_BYTES_MAX 1984 /* stored metadata of one flow */
#define LABEL_TEXT_MAX  384  /* bytes of one text; what is longer is cut */
#define LABEL_LIST_MAX  16   /* elements kept of one list */
#define LABEL_CLASSES   7

/* Collects values in any order. Texts are copied. */
struct label_builder {
	struct label_entry {
		uint16_t field, offset, len;
	} entries[CLASSIFY_VALUES_MAX];
	unsigned n;
	unsigned cut; /* values left out or cut */
	size_t used;
	unsigned char data[LABEL_BYTES_MAX];
};

void label_builder_reset(struct label_builder *b);

/* Empty texts are no values. */
void label_add(struct label_builder *b, unsigned field, const char *text);
void label_add_bytes(
    struct label_builder *b, unsigned field, const char *text, size_t len);
/* The elements of a list: a text divided by separator, blanks around them dropped. */
void label_add_list(
    struct label_builder *b, unsigned field, const char *text, char separator);
void label_add_number(struct label_builder *b, unsigned field, uint64_t number);
void label_add_real(struct label_builder *b, unsigned field, double real);

/* Bytes that label_write() needs. */
size_t label_size(const struct label_builder *b);

/* Writes the values in the order of the table. */
void label_write(const struct label_builder *b, unsigned char *data_r);

/* The values of n written ones; texts point into data. */
void label_read(const unsigned char *data, unsigned n, struct classify_value *values_r);

struct label_store {
	struct pool pools[LABEL_CLASSES];
	uint64_t budget, used; /* bytes of blocks */
};

void label_store_init(struct label_store *s, uint64_t budget);
void label_store_fini(struct label_store *s);

/*
 * A block of at least `size` bytes and its class. The smallest class is outside the
 * budget (a flow's verdict always has a place); NULL when the budget or memory is used
 * up, or size is beyond the largest class.
 */
void *label_store_get(struct label_store *s, size_t size, uint8_t *class_r);
void label_store_put(struct label_store *s, void *block, uint8_t size_class);

#endif
