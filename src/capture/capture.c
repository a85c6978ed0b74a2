/*
 * The timeline: a heap of inputs by the time of their next frame. An input is opened
 * when it gets to the front; the frame handed out is borrowed from its file, which
 * moves on at the next call only.
 */
#include "config.h"

#include "capture_priv.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define OPEN_FILES_MAX 128
#define WINDOW_MAX     ((size_t)256 * 1024)
#define WINDOW_MIN     ((size_t)16 * 1024)
#define WINDOWS_TOTAL  ((size_t)32 * 1024 * 1024) /* shared by files open at once */

struct capture {
	struct capture_config config;
	struct inputs inputs;
	struct heap heap;
	struct interfaces interfaces;
	struct filter *filter; /* or NULL */
	struct source_list sources;
	struct capture_stats stats;
	size_t window; /* 0: as usual */
	unsigned n_open;
	bool size_unknown;
	int wake_fd;
	atomic_bool interrupted;
};

/* ---- damage ---- */

static void
report(struct capture *c, struct input *in, uint64_t offset, const char *what)
{
	struct capture_damage damage = {
	    .file = in->path,
	    .offset = offset,
	    .packet = in->file != NULL ? in->file->packets : 0,
	    .what = what,
	};

	c->stats.damaged += !in->damaged;
	in->damaged = true;
	if (c->config.damage != NULL)
		c->config.damage(c->config.ctx, &damage);
}

static void
report_unusable(struct capture *c, struct input *in, unsigned slot)
{
	uint16_t linktype = in->frame.linktype;
	const char *why = filter_prepare(c->filter, linktype);
	char what[CAPFILE_WHAT_MAX];

	if (in->unusable_types & UINT64_C(1) << slot)
		return;
	in->unusable_types |= UINT64_C(1) << slot;
	snprintf(what, sizeof what,
	    "the filter cannot be used for link type %u, whose packets are left out: "
	    "%s",
	    linktype, why);
	report(c, in, in->file->offset, what);
}

/* ---- inputs, one by one ---- */

static size_t
choose_window(const struct capture *c)
{
	size_t share = WINDOWS_TOTAL / (c->n_open + 1);

	if (c->window != 0)
		return c->window;
	if (share > WINDOW_MAX)
		return WINDOW_MAX;
	return share < WINDOW_MIN ? WINDOW_MIN : share;
}

/* Takes the first input off the timeline. */
static void
retire(struct capture *c)
{
	struct input *in = c->heap.list[0];

	heap_pop(&c->heap);
	if (in->file != NULL) {
		/* The part that damage hid will not be read; a file may have grown. */
		c->stats.bytes_total += in->file->stream.source.offset - in->size;
		capfile_close(in->file);
		free(in->file);
		in->file = NULL;
		c->n_open--;
	} else {
		c->stats.bytes_total -= in->size;
	}
}

/* Returns false after reporting why it cannot be read. */
static bool
open_input(struct capture *c, struct input *in)
{
	const struct capfile_config config = {
	    .origin = {.path = in->path,
		.memory = in->memory,
		.memory_len = in->memory_len,
		.wake_fd = c->wake_fd,
		.list = &c->sources,
		.count = &c->stats.bytes_read},
	    .window = choose_window(c),
	    .all = &c->interfaces,
	    .stats = &c->stats,
	};

	if (in->kind == INPUT_FAILED) {
		report(c, in, 0, in->failure);
		return false;
	}
	in->file = malloc(sizeof *in->file);
	if (in->file == NULL) {
		report(c, in, 0, "not enough memory to open it");
		return false;
	}
	c->n_open++;
	if (capfile_open(in->file, &config) == 0) {
		c->stats.files++;
		return true;
	}
	if (!c->interrupted)
		report(c, in, in->file->offset, in->file->what);
	return false;
}

/* Reads the first input's next frame and puts the input in its place. */
static void
advance(struct capture *c, struct input *in)
{
	enum capfile_result result;

	if (in->file == NULL && !open_input(c, in)) {
		retire(c);
		return;
	}
	result = in->file->next(in->file, &in->frame);
	if (result == CAPFILE_FRAME) {
		in->ts = in->frame.ts;
		in->ready = true;
		heap_settle(&c->heap);
		return;
	}
	if (result == CAPFILE_DAMAGED && !c->interrupted)
		report(c, in, in->file->offset, in->file->what);
	retire(c);
}

/* ---- what is wanted ---- */

static bool
wanted(struct capture *c, struct input *in)
{
	const struct frame *frame = &in->frame;
	unsigned slot;

	if (frame->ts < c->config.since || frame->ts >= c->config.until) {
		c->stats.out_of_range++;
		return false;
	}
	if (c->filter == NULL)
		return true;
	switch (filter_match(c->filter, frame, &slot)) {
	case FILTER_ACCEPT:
		return true;
	case FILTER_REJECT:
		c->stats.filtered++;
		return false;
	case FILTER_UNUSABLE:
		break;
	}
	c->stats.unfilterable++;
	report_unusable(c, in, slot);
	return false;
}

int
capture_next(struct capture *c, struct frame *frame_r)
{
	struct input *in;

	while (c->heap.n > 0 &&
	    !atomic_load_explicit(&c->interrupted, memory_order_relaxed)) {
		in = c->heap.list[0];
		if (!in->ready) {
			advance(c, in);
			continue;
		}
		in->ready = false;
		if (!wanted(c, in))
			continue;
		*frame_r = in->frame;
		frame_r->number = ++c->stats.frames;
		c->interfaces.list[frame_r->interface]->frames++;
		return 1;
	}
	return 0;
}

void
capture_interrupt(struct capture *c)
{
	const uint64_t one = 1;
	int saved = errno;

	c->interrupted = true;
	if (write(c->wake_fd, &one, sizeof one) < 0)
		errno = saved; /* it can only be full: readable already */
	errno = saved;
}

/* ---- opening ---- */

/* NULL when the filter can be used for what a file begins with, else why not. A pipe
 * may begin with anything. */
static const char *
try_inputs(struct filter *f, const struct inputs *in)
{
	const char *first = NULL;
	bool known = false, pipe = false;

	for (uint32_t i = 0; i < in->n; i++) {
		const char *why;

		pipe |= in->list[i].kind == INPUT_PIPE && !in->list[i].dropped;
		if (in->list[i].dropped || !in->list[i].has_type)
			continue;
		known = true;
		why = filter_prepare(f, in->list[i].first_type);
		if (why == NULL)
			return NULL;
		if (first == NULL)
			first = why;
	}
	if (known && !pipe)
		return first;
	return filter_try_common(f);
}

static int
open_filter(struct capture *c, char **error_r)
{
	const char *expression = c->config.filter, *why;

	if (expression == NULL || expression[strspn(expression, " \t\r\n")] == '\0')
		return 0;
	c->filter = filter_new(expression);
	if (c->filter == NULL)
		return -ENOMEM;
	why = try_inputs(c->filter, &c->inputs);
	if (why == NULL)
		return 0;
	if (asprintf(error_r,
		"the filter \"%s\" cannot be used: %s (see pcap-filter(7))", expression,
		why) < 0)
		*error_r = NULL;
	return -EINVAL;
}

static int
open_timeline(struct capture *c)
{
	int error = inputs_settle(&c->inputs);

	if (error < 0)
		return error;
	c->heap.list = calloc(c->inputs.n, sizeof *c->heap.list);
	c->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->heap.list == NULL || c->wake_fd < 0)
		return c->heap.list == NULL ? -ENOMEM : -errno;
	for (uint32_t i = 0; i < c->inputs.n; i++) {
		struct input *in = &c->inputs.list[i];

		if (in->dropped)
			continue;
		heap_push(&c->heap, in);
		c->stats.bytes_total += in->size;
		if (!in->has_size && in->kind != INPUT_FAILED)
			c->size_unknown = true;
	}
	c->stats.ignored = c->inputs.ignored;
	return 0;
}

static int
add_inputs(struct capture *c, const struct capture_config *config,
    const struct capture_memory *m)
{
	int error = 0;

	for (size_t i = 0; i < config->n_paths && error == 0; i++)
		error = m == NULL ? inputs_add_path(&c->inputs, config->paths[i])
				  : inputs_add_memory(&c->inputs, config->paths[i],
					m[i].data, m[i].len);
	return error;
}

struct capture *
capture_open_memory(const struct capture_config *config,
    const struct capture_memory *memory, size_t window, char **error_r)
{
	struct capture *c = calloc(1, sizeof *c);
	int error = -ENOMEM;

	*error_r = NULL;
	if (config->n_paths == 0) {
		*error_r = strdup("no capture file was given");
		free(c);
		return NULL;
	}
	if (c != NULL) {
		c->config = *config;
		c->window = window;
		c->wake_fd = -1;
		c->sources.max = OPEN_FILES_MAX;
		error = add_inputs(c, config, memory);
	}
	if (error == 0)
		error = open_timeline(c);
	if (error == 0)
		error = open_filter(c, error_r);
	if (error == 0)
		return c;
	if (*error_r == NULL)
		*error_r = strdup(strerror(-error));
	capture_close(&c);
	return NULL;
}

struct capture *
capture_open(const struct capture_config *config, char **error_r)
{
	return capture_open_memory(config, NULL, 0, error_r);
}

void
capture_close(struct capture **c)
{
	struct capture *it = *c;

	if (it == NULL)
		return;
	for (uint32_t i = 0; i < it->inputs.n; i++) {
		if (it->inputs.list[i].file == NULL)
			continue;
		capfile_close(it->inputs.list[i].file);
		free(it->inputs.list[i].file);
	}
	inputs_fini(&it->inputs);
	interfaces_fini(&it->interfaces);
	filter_free(&it->filter);
	free(it->heap.list);
	if (it->wake_fd >= 0)
		close(it->wake_fd);
	free(it);
	*c = NULL;
}

/* ---- looking at it ---- */

const struct capture_interface *
capture_interface(const struct capture *c, uint32_t i)
{
	return i < c->interfaces.n ? c->interfaces.list[i] : NULL;
}

uint32_t
capture_interface_count(const struct capture *c)
{
	return c->interfaces.n;
}

void
capture_get_stats(const struct capture *c, struct capture_stats *stats_r)
{
	*stats_r = c->stats;
	if (c->size_unknown)
		stats_r->bytes_total = 0;
}
