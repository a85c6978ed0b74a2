/*
 * Texts copied once each, so that many records can point to one. Grows with the number
 * of different texts.
 */
#ifndef CLASSIFY_INTERN_H
#define CLASSIFY_INTERN_H

#include <stddef.h>

struct intern {
	char **slots; /* a power of 2 of them */
	size_t n, size;
};

/* The one copy of the text, terminated; valid until intern_fini(). NULL: no memory. */
const char *intern_get(struct intern *in, const char *text, size_t len);

void intern_fini(struct intern *in);

#endif
