/*
 * pcapng interfaces: option lists, time resolution, drop counts. A malformed option
 * list is damage where it describes an interface, since then no time can be trusted;
 * elsewhere it is counted.
 */
#include "config.h"

#include "pcapng_priv.h"

#include "tallyman/clock.h"

enum option_code {
	OPTION_END = 0,
	OPTION_IF_NAME = 2,
	OPTION_IF_TSRESOL = 9,
	OPTION_IF_FCSLEN = 13,
	OPTION_IF_TSOFFSET = 14,
	OPTION_STATS_IFDROP = 5,
	OPTION_STATS_OSDROP = 7,
};

/* ---- options ---- */

struct options
pcapng_options(const struct capfile *f, const struct block *b, uint64_t fixed)
{
	size_t from = fixed < b->present ? (size_t)fixed : b->present;

	return (struct options){
	    .pos = b->body + from,
	    .end = b->body + b->present,
	    .big = f->big,
	    .cut = b->present < b->len,
	};
}

bool
pcapng_option_next(struct options *o, struct option *option_r)
{
	size_t rest = (size_t)(o->end - o->pos);

	o->bad = rest == 0 ? o->cut : rest < 4;
	if (rest < 4)
		return false;
	option_r->code = load16(o->pos, o->big);
	option_r->len = load16(o->pos + 2, o->big);
	option_r->value = o->pos + 4;
	if (option_r->code == OPTION_END)
		return false;
	o->bad = pcapng_padded(option_r->len) > rest - 4;
	if (o->bad)
		return false;
	o->pos += 4 + pcapng_padded(option_r->len);
	return true;
}

/* ---- time ---- */

#define RESOLUTION_BINARY 0x80
#define NANO_DIGITS       9
#define DIGITS_MAX        (NANO_DIGITS + 19) /* finer: nothing is left of 64 bits */

static uint64_t
power_of_ten(unsigned n)
{
	uint64_t v = 1;

	while (n-- > 0)
		v *= 10;
	return v;
}

/* From if_tsresol: a negative power of 10, or of 2 with the top bit set. */
static struct resolution
resolution_of(uint8_t value)
{
	struct resolution r = {.mul = 1, .div = 1};
	uint8_t digits = value;

	if (value & RESOLUTION_BINARY) {
		r.mul = CLOCK_NS_PER_SEC;
		r.shift = value & ~RESOLUTION_BINARY;
	} else if (digits <= NANO_DIGITS) {
		r.mul = power_of_ten(NANO_DIGITS - digits);
	} else if (digits <= DIGITS_MAX) {
		r.div = power_of_ten(digits - NANO_DIGITS);
	} else {
		r.mul = 0;
	}
	return r;
}

bool
pcapng_time(const struct resolution *r, uint64_t raw, int64_t *ts_r)
{
	unsigned __int128 ns = (unsigned __int128)raw * r->mul;
	__int128 ts;

	if (r->div != 1)
		ns /= r->div;
	ts = (__int128)(ns >> r->shift) + (__int128)r->offset * CLOCK_NS_PER_SEC;
	*ts_r = (int64_t)ts;
	return ts == *ts_r && *ts_r != INT64_MIN && *ts_r != INT64_MAX;
}

/* ---- interfaces ---- */

#define TSRESOL_DEFAULT 6   /* microseconds */
#define NAME_BYTES      256 /* of an interface's name, with its NUL; more is cut */

/* The specification says bits; values that can only be bytes are taken as such. */
static uint8_t
fcs_bytes(uint8_t value)
{
	unsigned bytes = value < 8 ? value : value / 8;

	return bytes <= 8 ? (uint8_t)bytes : 0;
}

static void
copy_name(const struct option *o, char *name, size_t size)
{
	size_t n = o->len < size ? o->len : size - 1;

	memcpy(name, o->value, n);
	name[n] = '\0';
}

/* Returns false when an option that matters has the wrong length. */
static bool
interface_option(struct capfile_interface *i, const struct option *o, bool big)
{
	int64_t offset = i->resolution.offset;

	switch (o->code) {
	case OPTION_IF_TSRESOL:
		if (o->len != 1)
			return false;
		i->resolution = resolution_of(o->value[0]);
		i->resolution.offset = offset;
		return true;
	case OPTION_IF_FCSLEN:
		if (o->len != 1)
			return false;
		i->fcs_len = fcs_bytes(o->value[0]);
		return true;
	case OPTION_IF_TSOFFSET:
		if (o->len != 8)
			return false;
		i->resolution.offset = (int64_t)load64(o->value, big);
		return true;
	default:
		return true;
	}
}

/* linktype(2) reserved(2) snaplen(4) options */
enum outcome
pcapng_read_interface(struct capfile *f, const struct block *b, struct frame *frame)
{
	struct capfile_interface i = {.resolution = resolution_of(TSRESOL_DEFAULT)};
	struct options list = pcapng_options(f, b, 8);
	struct option o;
	char name[NAME_BYTES] = "";
	bool good = true;

	(void)frame;
	if (b->len < 8)
		return pcapng_too_short(f, b, "an interface block");
	i.linktype = load16(b->body, f->big);
	i.snaplen = load32(b->body + 4, f->big);
	while (good && pcapng_option_next(&list, &o)) {
		if (o.code == OPTION_IF_NAME)
			copy_name(&o, name, sizeof name);
		good = interface_option(&i, &o, f->big);
	}
	if (!good || list.bad) {
		capfile_damage(f,
		    "the options of interface %u are malformed, so its times cannot be "
		    "trusted",
		    f->n_interfaces);
		return OUTCOME_DAMAGED;
	}
	if (!capfile_add_interface(f, &i, name[0] != '\0' ? name : NULL))
		return OUTCOME_DAMAGED;
	return OUTCOME_DONE;
}

struct capfile_interface *
pcapng_find_interface(struct capfile *f, uint32_t id)
{
	if (id < f->n_interfaces)
		return &f->interfaces[id];
	capfile_damage(
	    f, "a block names interface %u, but %u are declared", id, f->n_interfaces);
	return NULL;
}

void
pcapng_tell_drops(struct capfile *f, struct capfile_interface *i)
{
	uint64_t drops =
	    i->drops_stated > i->drops_summed ? i->drops_stated : i->drops_summed;

	if (f->all == NULL || drops <= i->drops_told)
		return;
	f->all->list[i->number]->kernel_drops += drops - i->drops_told;
	i->drops_told = drops;
}

/* interface(4) timestamp(8) options */
enum outcome
pcapng_read_statistics(struct capfile *f, const struct block *b, struct frame *frame)
{
	struct options list = pcapng_options(f, b, 12);
	struct capfile_interface *i;
	struct option o;
	uint64_t drops = 0;

	(void)frame;
	if (b->len < 12)
		return pcapng_too_short(f, b, "a statistics block");
	i = pcapng_find_interface(f, load32(b->body, f->big));
	if (i == NULL)
		return OUTCOME_DAMAGED;
	while (pcapng_option_next(&list, &o))
		if ((o.code == OPTION_STATS_IFDROP || o.code == OPTION_STATS_OSDROP) &&
		    o.len == 8)
			drops += load64(o.value, f->big);
	f->stats->options_bad += list.bad;
	i->drops_stated = drops;
	pcapng_tell_drops(f, i);
	return OUTCOME_DONE;
}
