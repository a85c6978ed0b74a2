/*
 * The whole capture stage on arbitrary bytes, from memory. The last byte chooses: one
 * input or two, as they are or packed as gzip members, with a filter, with a time
 * range. Every input is read twice, with the usual window and with the smallest: what
 * comes out must be the same, and the counters must add up.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "capture/capture_priv.h"
#include "tallyman/hash.h"
#include "tallyman/log.h"

enum choice {
	CHOICE_TWO = 1,
	CHOICE_GZIP = 2,
	CHOICE_FILTER = 4,
	CHOICE_RANGE = 8,
	CHOICE_CUT = 16,
};

#define INPUTS 2

/* What one reading gave. */
struct outcome {
	uint64_t frames, hash, damages;
	struct capture_stats stats;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
count_damage(void *ctx, const struct capture_damage *d)
{
	struct outcome *o = ctx;

	o->damages++;
	o->hash = hash_mix(o->hash ^ d->offset) + hash_fixed(d->what, strlen(d->what));
}

static void
add_frame(struct outcome *o, const struct capture *c, const struct frame *f)
{
	if (f->number != ++o->frames || f->len < f->caplen ||
	    f->caplen > CAPTURE_SNAPLEN_MAX ||
	    capture_interface(c, f->interface)->linktype != f->linktype)
		abort();
	o->hash = hash_mix(o->hash ^ hash_fixed(f->data, f->caplen));
	o->hash = hash_mix(o->hash ^ (uint64_t)f->ts);
	o->hash = hash_mix(o->hash + f->len + f->direction + f->fcs_len);
}

static void
check_sums(const struct outcome *o, const struct capture *c)
{
	uint64_t frames = 0;

	for (uint32_t i = 0; i < capture_interface_count(c); i++)
		frames += capture_interface(c, i)->frames;
	if (frames != o->frames || o->stats.frames != o->frames ||
	    o->stats.files > INPUTS || o->stats.damaged > INPUTS ||
	    o->stats.bytes_read != o->stats.bytes_total ||
	    (o->damages == 0) != (o->stats.damaged == 0))
		abort();
}

static struct outcome
read_all(const struct capture_memory *memory, size_t n, unsigned choice, size_t window)
{
	static const char *const names[INPUTS] = {"first", "second"};
	struct outcome o = {0};
	struct capture_config config = {
	    .paths = names,
	    .n_paths = n,
	    .filter = choice & CHOICE_FILTER ? "tcp or vlan or greater 200" : NULL,
	    .since = choice & CHOICE_RANGE ? 1000000000 : INT64_MIN,
	    .until = choice & CHOICE_RANGE ? INT64_C(1800000000000000000) : INT64_MAX,
	    .damage = count_damage,
	    .ctx = &o,
	};
	struct frame frame;
	char *error;
	struct capture *c = capture_open_memory(&config, memory, window, &error);

	if (c == NULL) {
		free(error);
		return o;
	}
	while (capture_next(c, &frame) > 0)
		add_frame(&o, c, &frame);
	capture_get_stats(c, &o.stats);
	check_sums(&o, c);
	o.stats.bytes_read = o.stats.bytes_total =
	    0; /* with damage a matter of window */
	capture_close(&c);
	return o;
}

/* Packs the bytes as one member behind `out`. */
static size_t
pack(const uint8_t *data, size_t size, uint8_t *out, size_t room)
{
	z_stream z = {
	    .next_in = (Bytef *)data,
	    .avail_in = (uInt)size,
	    .next_out = out,
	    .avail_out = (uInt)room,
	};

	if (deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
	    deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	deflateEnd(&z);
	return room - z.avail_out;
}

/* A copy of exactly that size, so that the first byte beyond is seen; or packed. */
static struct capture_memory
make_input(const uint8_t *data, size_t size, unsigned choice)
{
	size_t half = size / 2, room = size + 256, n;
	uint8_t *packed, *copy;

	if (!(choice & CHOICE_GZIP)) {
		copy = malloc(size + (size == 0));
		memcpy(copy, data, size);
		return (struct capture_memory){copy, size};
	}
	packed = malloc(2 * room);
	n = pack(data, half, packed, room);
	n += pack(data + half, size - half, packed + n, 2 * room - n);
	if (choice & CHOICE_CUT)
		n -= size % n;
	return (struct capture_memory){packed, n};
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct capture_memory memory[INPUTS];
	struct outcome usual, small;
	unsigned choice;
	size_t n, first;

	if (size < 3)
		return 0;
	log_set_level(LOG_LEVEL_ERROR);
	choice = data[--size];
	n = choice & CHOICE_TWO ? 2 : 1;
	first = size;
	if (n == 2) {
		size--;
		first = (size_t)data[size] * 16 % size;
	}
	memory[0] = make_input(data, first, choice);
	memory[1] = make_input(data + first, n == 2 ? size - first : 0, choice);
	usual = read_all(memory, n, choice, 0);
	small = read_all(memory, n, choice, 1);
	if (usual.hash != small.hash || usual.frames != small.frames ||
	    memcmp(&usual.stats, &small.stats, sizeof usual.stats) != 0)
		abort();
	for (size_t i = 0; i < INPUTS; i++)
		free((uint8_t *)memory[i].data);
	return 0;
}
