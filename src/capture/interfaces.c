/* The interfaces of the whole capture; each stays where it is: pointers stay good. */
#include "config.h"

#include "capture_priv.h"

#include <stdlib.h>

static bool
grow(struct interfaces *list)
{
	uint32_t cap = list->cap == 0 ? 16 : list->cap * 2;
	struct capture_interface **grown;

	if (list->n < list->cap)
		return true;
	grown = realloc(list->list, cap * sizeof *grown);
	if (grown == NULL)
		return false;
	list->list = grown;
	list->cap = cap;
	return true;
}

int64_t
interfaces_add(struct interfaces *list, const struct capture_interface *wanted)
{
	struct capture_interface *made;
	char *name = NULL;

	if (list->n >= INTERFACES_MAX || !grow(list))
		return -1;
	made = malloc(sizeof *made);
	if (wanted->name != NULL)
		name = strdup(wanted->name);
	if (made == NULL || (wanted->name != NULL && name == NULL)) {
		free(made);
		free(name);
		return -1;
	}
	*made = *wanted;
	made->name = name;
	list->list[list->n] = made;
	return list->n++;
}

void
interfaces_fini(struct interfaces *list)
{
	for (uint32_t i = 0; i < list->n; i++) {
		free((char *)list->list[i]->name);
		free(list->list[i]);
	}
	free(list->list);
	memset(list, 0, sizeof *list);
}
