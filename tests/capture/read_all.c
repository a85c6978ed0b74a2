/* Runs the capture stage and keeps what came out. */
#include "config.h"

#include "read_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "capture/capture_priv.h"

static void
keep_damage(void *ctx, const struct capture_damage *d)
{
	struct read_result *r = ctx;
	size_t i = r->n_damages;

	if (i == READ_DAMAGES_MAX)
		abort();
	snprintf(r->damages[i].file, sizeof r->damages[i].file, "%s", d->file);
	snprintf(r->damages[i].what, sizeof r->damages[i].what, "%s", d->what);
	r->damages[i].offset = d->offset;
	r->damages[i].packet = d->packet;
	r->n_damages++;
}

static void
keep_interfaces(struct read_result *r, const struct capture *c)
{
	r->n_interfaces = capture_interface_count(c);
	for (uint32_t i = 0; i < r->n_interfaces && i < 16; i++) {
		struct capture_interface *copy = &r->interfaces[i];

		*copy = *capture_interface(c, i);
		snprintf(r->names[i], sizeof r->names[i], "%s",
		    copy->name != NULL ? copy->name : "(none)");
		snprintf(r->files[i], sizeof r->files[i], "%s", copy->file);
		copy->name = copy->file = NULL;
	}
	if (capture_interface(c, r->n_interfaces) != NULL)
		abort();
}

static void
keep_all(struct read_result *r, struct capture *c)
{
	struct frame frame;

	while (capture_next(c, &frame) > 0) {
		if (r->n == READ_FRAMES_MAX || frame.len < frame.caplen)
			abort();
		r->seeds[r->n] = fill_seed(frame.data, frame.caplen);
		r->frames[r->n] = frame;
		r->frames[r->n++].data = NULL;
	}
	capture_get_stats(c, &r->stats);
	keep_interfaces(r, c);
}

static struct read_result *
start(struct capture_config *config, const struct read_options *options)
{
	static struct read_result result;

	memset(&result, 0, sizeof result);
	*config = (struct capture_config){
	    .since = INT64_MIN,
	    .until = INT64_MAX,
	    .damage = keep_damage,
	    .ctx = &result,
	};
	if (options == NULL)
		return &result;
	config->filter = options->filter;
	if (options->since != 0)
		config->since = options->since;
	if (options->until != 0)
		config->until = options->until;
	return &result;
}

static const struct read_result *
finish(struct read_result *r, struct capture *c, char *error)
{
	if (c == NULL) {
		snprintf(r->error, sizeof r->error, "%s", error);
		free(error);
		return r;
	}
	keep_all(r, c);
	capture_close(&c);
	return r;
}

const struct read_result *
read_inputs(
    const struct read_input *inputs, size_t n, const struct read_options *options)
{
	struct capture_config config;
	struct read_result *r = start(&config, options);
	struct capture_memory memory[16];
	const char *names[16];
	struct capture *c;
	char *error;

	for (size_t i = 0; i < n; i++) {
		memory[i].data = inputs[i].data;
		memory[i].len = inputs[i].len;
		names[i] = inputs[i].name;
	}
	config.paths = names;
	config.n_paths = n;
	c = capture_open_memory(
	    &config, memory, options != NULL ? options->window : 0, &error);
	return finish(r, c, error);
}

const struct read_result *
read_bytes(const void *data, size_t len, const struct read_options *options)
{
	struct read_input input = {.name = "test", .data = data, .len = len};

	return read_inputs(&input, 1, options);
}

const struct read_result *
read_paths(const char *const *paths, size_t n, const struct read_options *options)
{
	struct capture_config config;
	struct read_result *r = start(&config, options);
	struct capture *c;
	char *error;

	config.paths = paths;
	config.n_paths = n;
	c = capture_open(&config, &error);
	return finish(r, c, error);
}
