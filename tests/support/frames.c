/* Frames in memory: each is copied out of the capture stage. */
#include "config.h"

#include "frames.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
say_damage(void *ctx, const struct capture_damage *d)
{
	*(int *)ctx = -1;
	fprintf(stderr, "%s: byte %llu: %s\n", d->file, (unsigned long long)d->offset,
	    d->what);
}

static int
keep(struct frames *f, const struct frame *frame)
{
	struct frame *grown = f->list;
	uint8_t *data = malloc(frame->caplen + 1);

	if ((f->n & (f->n - 1)) == 0)
		grown = realloc(f->list, (f->n == 0 ? 1 : 2 * f->n) * sizeof *grown);
	if (grown == NULL || data == NULL) {
		free(data);
		return -1;
	}
	memcpy(data, frame->data, frame->caplen);
	f->list = grown;
	f->list[f->n] = *frame;
	f->list[f->n++].data = data;
	return 0;
}

int
frames_load(struct frames *f, const char *path)
{
	int result = 0;
	const struct capture_config config = {
	    .paths = &path,
	    .n_paths = 1,
	    .since = INT64_MIN,
	    .until = INT64_MAX,
	    .damage = say_damage,
	    .ctx = &result,
	};
	struct capture *c;
	struct frame frame;
	char *error;

	memset(f, 0, sizeof *f);
	c = capture_open(&config, &error);
	if (c == NULL) {
		fprintf(stderr, "%s: %s\n", path, error);
		free(error);
		return -1;
	}
	while (capture_next(c, &frame) > 0)
		if (keep(f, &frame) < 0) {
			result = -1;
			break;
		}
	capture_close(&c);
	return result;
}

void
frames_free(struct frames *f)
{
	for (size_t i = 0; i < f->n; i++)
		free((uint8_t *)f->list[i].data);
	free(f->list);
	memset(f, 0, sizeof *f);
}
