/* The table shapes.tsv, each row built into its packet. */
#ifndef TESTS_SHAPES_H
#define TESTS_SHAPES_H

#include "recipe.h"

struct shape {
	char text[1024]; /* the row; the next two point into it */
	char *recipe, *expect;
	uint16_t linktype;
	unsigned line;
	struct recipe *packet; /* of the table: one for all rows */
};

/*
 * Calls the function with every shape. Returns how many, or -1 when the table cannot be
 * read or a recipe has a word that is not known; that is said on stderr.
 */
int shapes_each(void (*visit)(const struct shape *shape, void *ctx), void *ctx);

/* A file of the source tree, for reading; NULL when it is not there. */
const char *shapes_source_path(const char *name, char path[512]);

#endif
