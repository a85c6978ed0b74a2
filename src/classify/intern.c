/* Texts copied once each: an open hash table that is at most half full. */
#include "config.h"

#include "classify/intern.h"

#include <stdlib.h>
#include <string.h>

#include "tallyman/hash.h"

#define FIRST_SIZE 1024

static char **
find(char **slots, size_t size, const char *text, size_t len)
{
	size_t i = (size_t)hash_fixed(text, len) & (size - 1);

	while (slots[i] != NULL &&
	    (strncmp(slots[i], text, len) != 0 || slots[i][len] != '\0'))
		i = (i + 1) & (size - 1);
	return &slots[i];
}

static int
grow(struct intern *in)
{
	size_t size = in->size == 0 ? FIRST_SIZE : in->size * 2;
	char **slots = calloc(size, sizeof *slots);

	if (slots == NULL)
		return -1;
	for (size_t i = 0; i < in->size; i++) {
		if (in->slots[i] != NULL)
			*find(slots, size, in->slots[i], strlen(in->slots[i])) =
			    in->slots[i];
	}
	free(in->slots);
	in->slots = slots;
	in->size = size;
	return 0;
}

const char *
intern_get(struct intern *in, const char *text, size_t len)
{
	char **slot;

	len = strnlen(text, len);
	if (in->n * 2 >= in->size && grow(in) != 0)
		return NULL;
	slot = find(in->slots, in->size, text, len);
	if (*slot == NULL) {
		*slot = strndup(text, len);
		in->n += *slot != NULL;
	}
	return *slot;
}

void
intern_fini(struct intern *in)
{
	for (size_t i = 0; i < in->size; i++)
		free(in->slots[i]);
	free(in->slots);
	memset(in, 0, sizeof *in);
}
