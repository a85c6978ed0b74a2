/* Reads the table of packets. */
#include "config.h"

#include "shapes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *
shapes_source_path(const char *name, char path[512])
{
	const char *source = getenv("TALLYMAN_SRC");

	snprintf(path, 512, "%s/%s", source != NULL ? source : ".", name);
	return path;
}

/* Splits a row; false for comments. */
static bool
split(struct shape *shape)
{
	char *rest = shape->text, *linktype = strsep(&rest, "\t");

	if (linktype[0] == '#' || rest == NULL)
		return false;
	shape->linktype = (uint16_t)strtoul(linktype, NULL, 10);
	shape->recipe = strsep(&rest, "\t");
	shape->expect = rest != NULL ? rest : shape->recipe + strlen(shape->recipe);
	return true;
}

static int
read_rows(FILE *f, struct recipe *packet, void (*visit)(const struct shape *, void *),
    void *ctx)
{
	struct shape shape = {.packet = packet};
	const char *bad;
	int n = 0;

	while (fgets(shape.text, sizeof shape.text, f) != NULL) {
		shape.line++;
		shape.text[strcspn(shape.text, "\n")] = '\0';
		if (!split(&shape))
			continue;
		bad = recipe_build(packet, shape.recipe);
		if (bad != NULL) {
			fprintf(stderr, "shapes.tsv:%u: unknown word %s\n", shape.line,
			    bad);
			return -1;
		}
		visit(&shape, ctx);
		n++;
	}
	return n;
}

int
shapes_each(void (*visit)(const struct shape *shape, void *ctx), void *ctx)
{
	char path[512];
	struct recipe *packet = malloc(sizeof *packet);
	FILE *f = fopen(shapes_source_path("tests/decode/shapes.tsv", path), "r");
	int n = -1;

	if (f == NULL || packet == NULL)
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
	else
		n = read_rows(f, packet, visit, ctx);
	if (f != NULL)
		fclose(f);
	free(packet);
	return n;
}
