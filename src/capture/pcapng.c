/*
 * The pcapng file format (draft-ietf-opsawg-pcapng): blocks of
 *
 *	type(4) length(4) body length(4)
 *
 * in sections that set their byte order and count their interfaces from 0. Each
 *interface has its own link type and time resolution. Blocks without packets or
 *interfaces (names, secrets, custom, journals) are skipped and counted, a section's
 *stated length is not needed. Blocks up to BORROW_MAX are used where they lie; of a
 *larger one the beginning is, and options that lie beyond are not seen.
 */
#include "config.h"

#include "capture_priv.h"

#include "tallyman/clock.h"
#include "tallyman/log.h"

#define BLOCK_HEAD       8u  /* type and length */
#define BLOCK_MIN        12u /* with the length behind the body */
#define BORROW_MAX       ((uint32_t)(CAPTURE_SNAPLEN_MAX + 128 * 1024))
#define BYTE_ORDER_MAGIC 0x1a2b3c4du
_Static_assert(BORROW_MAX <= STREAM_PEEK_MAX, "a borrowed block fits the window");

enum block_type {
	BLOCK_SECTION = 0x0a0d0d0a, /* reads the same in both byte orders */
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 2, /* obsolete */
	BLOCK_SIMPLE = 3,
	BLOCK_STATISTICS = 5,
	BLOCK_ENHANCED = 6,
};

enum option_code {
	OPTION_END = 0,
	OPTION_IF_NAME = 2,
	OPTION_IF_TSRESOL = 9,
	OPTION_IF_FCSLEN = 13,
	OPTION_IF_TSOFFSET = 14,
	OPTION_PACKET_FLAGS = 2,
	OPTION_PACKET_DROPS = 4,
	OPTION_STATS_IFDROP = 5,
	OPTION_STATS_OSDROP = 7,
};

/* What a handler did with its block. */
enum outcome {
	OUTCOME_DONE,
	OUTCOME_FRAME,
	OUTCOME_DAMAGED,
};

struct block {
	const uint8_t *body;
	size_t present; /* bytes of the body that can be looked at */
	uint64_t len;   /* of the body */
};

static uint64_t
padded(uint32_t len)
{
	return ((uint64_t)len + 3) & ~UINT64_C(3);
}

/* ---- options ---- */

struct options {
	const uint8_t *pos, *end;
	bool big;
	bool cut; /* the list goes on where the block cannot be seen */
	bool bad; /* one did not fit */
};

struct option {
	uint16_t code, len;
	const uint8_t *value;
};

/* The options of a block behind its fixed part of `fixed` bytes. */
static struct options
options_of(const struct capfile *f, const struct block *b, uint64_t fixed)
{
	size_t from = fixed < b->present ? (size_t)fixed : b->present;

	return (struct options){
	    .pos = b->body + from,
	    .end = b->body + b->present,
	    .big = f->big,
	    .cut = b->present < b->len,
	};
}

/* Steps to the next option; false at the end of the list, also where it is malformed.
 */
static bool
option_next(struct options *o, struct option *option_r)
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
	o->bad = padded(option_r->len) > rest - 4;
	if (o->bad)
		return false;
	o->pos += 4 + padded(option_r->len);
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

/* From the value of if_tsresol: a negative power of 10, or of 2 with the top bit set.
 */
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

/* Packet time of a raw stamp; false when 64 bits of nanoseconds cannot hold it. */
static bool
convert_time(const struct resolution *r, uint64_t raw, int64_t *ts_r)
{
	unsigned __int128 ns = (unsigned __int128)raw * r->mul;
	__int128 ts;

	if (r->div != 1)
		ns /= r->div;
	ts = (__int128)(ns >> r->shift) + (__int128)r->offset * CLOCK_NS_PER_SEC;
	*ts_r = (int64_t)ts;
	return ts == *ts_r && *ts_r != INT64_MIN && *ts_r != INT64_MAX;
}

/* ---- blocks that are no packets ---- */

#define TSRESOL_DEFAULT 6   /* microseconds */
#define NAME_BYTES      256 /* of an interface's name, with its NUL; more is cut */

static enum outcome
too_short(struct capfile *f, const struct block *b, const char *block)
{
	capfile_damage(f, "%s with a body of %llu bytes is too short", block,
	    (unsigned long long)b->len);
	return OUTCOME_DAMAGED;
}

/* byte-order magic(4) major(2) minor(2) section length(8) */
static enum outcome
read_section(struct capfile *f, const struct block *b, struct frame *frame)
{
	unsigned major, minor;

	(void)frame;
	if (b->len < 16)
		return too_short(f, b, "a section header");
	major = load16(b->body + 4, f->big);
	minor = load16(b->body + 6, f->big);
	if (major != 1 || (minor != 0 && minor != 2)) {
		capfile_damage(
		    f, "pcapng version %u.%u is not known (1.0 is)", major, minor);
		return OUTCOME_DAMAGED;
	}
	f->n_interfaces = 0;
	return OUTCOME_DONE;
}

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
static enum outcome
read_interface(struct capfile *f, const struct block *b, struct frame *frame)
{
	struct capfile_interface i = {.resolution = resolution_of(TSRESOL_DEFAULT)};
	struct options list = options_of(f, b, 8);
	struct option o;
	char name[NAME_BYTES] = "";
	bool good = true;

	(void)frame;
	if (b->len < 8)
		return too_short(f, b, "an interface block");
	i.linktype = load16(b->body, f->big);
	i.snaplen = load32(b->body + 4, f->big);
	while (good && option_next(&list, &o)) {
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

/* The interface that a block names, or NULL after setting the damage. */
static struct capfile_interface *
find_interface(struct capfile *f, uint32_t id)
{
	if (id < f->n_interfaces)
		return &f->interfaces[id];
	capfile_damage(
	    f, "a block names interface %u, but %u are declared", id, f->n_interfaces);
	return NULL;
}

/* Adds to the interface's kernel_drops what has not been told yet. */
static void
tell_drops(struct capfile *f, struct capfile_interface *i)
{
	uint64_t drops =
	    i->drops_stated > i->drops_summed ? i->drops_stated : i->drops_summed;

	if (f->all == NULL || drops <= i->drops_told)
		return;
	f->all->list[i->number]->kernel_drops += drops - i->drops_told;
	i->drops_told = drops;
}

/* interface(4) timestamp(8) options */
static enum outcome
read_statistics(struct capfile *f, const struct block *b, struct frame *frame)
{
	struct options list = options_of(f, b, 12);
	struct capfile_interface *i;
	struct option o;
	uint64_t drops = 0;

	(void)frame;
	if (b->len < 12)
		return too_short(f, b, "a statistics block");
	i = find_interface(f, load32(b->body, f->big));
	if (i == NULL)
		return OUTCOME_DAMAGED;
	while (option_next(&list, &o))
		if ((o.code == OPTION_STATS_IFDROP || o.code == OPTION_STATS_OSDROP) &&
		    o.len == 8)
			drops += load64(o.value, f->big);
	f->stats->options_bad += list.bad;
	i->drops_stated = drops;
	tell_drops(f, i);
	return OUTCOME_DONE;
}

/* ---- packets ---- */

#define TIMED_FIXED            20u /* bytes of a packet block before its data */
#define FLAGS_DIRECTION(flags) ((flags)&3)
#define FLAGS_FCS(flags)       (((flags) >> 5) & 15)

static void
packet_options(struct capfile *f, const struct block *b, uint64_t fixed,
    struct capfile_interface *i, struct frame *frame)
{
	struct options list = options_of(f, b, fixed);
	struct option o;
	uint32_t flags;

	while (option_next(&list, &o)) {
		if (o.code == OPTION_PACKET_FLAGS && o.len == 4) {
			flags = load32(o.value, f->big);
			if (FLAGS_DIRECTION(flags) <= FRAME_OUTBOUND)
				frame->direction = FLAGS_DIRECTION(flags);
			if (FLAGS_FCS(flags) != 0)
				frame->fcs_len = FLAGS_FCS(flags);
		} else if (o.code == OPTION_PACKET_DROPS && o.len == 8) {
			i->drops_summed += load64(o.value, f->big);
		}
	}
	f->stats->options_bad += list.bad;
}

/* The fields that the three kinds of packet blocks have in common. */
static enum outcome
finish_packet(struct capfile *f, const struct block *b, uint32_t fixed, uint32_t caplen,
    uint32_t len, struct capfile_interface *i, struct frame *frame)
{
	if (fixed + padded(caplen) > b->len) {
		capfile_damage(f,
		    "packet %llu claims %u captured bytes, but its block has room for "
		    "%llu",
		    (unsigned long long)f->packets + 1, caplen,
		    (unsigned long long)(b->len - fixed));
		return OUTCOME_DAMAGED;
	}
	frame->data = b->body + fixed;
	frame->interface = i->number;
	frame->linktype = i->linktype;
	frame->fcs_len = i->fcs_len;
	frame->direction = FRAME_DIRECTION_UNKNOWN;
	capfile_set_lengths(f, frame, caplen, len);
	return OUTCOME_FRAME;
}

static void
count_bad_time(struct capfile *f)
{
	f->stats->out_of_range++;
	if (!f->time_warned && f->all != NULL)
		log_warn("capture",
		    "%s: packet %llu has a time that no clock can mean; such packets "
		    "are "
		    "left out and counted as out of range",
		    f->stream.source.path, (unsigned long long)f->packets + 1);
	f->time_warned = true;
}

/* Sets the frame's time; without a usable one the packet is done with. */
static enum outcome
finish_time(struct capfile *f, const struct capfile_interface *i, uint64_t raw,
    struct frame *frame)
{
	if (!convert_time(&i->resolution, raw, &frame->ts)) {
		count_bad_time(f);
		f->packets++;
		return OUTCOME_DONE;
	}
	f->last_ts = frame->ts;
	return OUTCOME_FRAME;
}

/*
 * interface and drops(4) timestamp(4, high) timestamp(4, low) caplen(4) len(4) data
 * options: the enhanced and the obsolete block differ in their first word alone.
 */
static enum outcome
read_timed(struct capfile *f, const struct block *b, uint32_t id, uint16_t drops,
    struct frame *frame)
{
	const uint8_t *p = b->body;
	struct capfile_interface *i = find_interface(f, id);
	uint32_t caplen = load32(p + 12, f->big);
	uint64_t fixed = TIMED_FIXED + padded(caplen);
	enum outcome outcome;

	if (i == NULL)
		return OUTCOME_DAMAGED;
	outcome =
	    finish_packet(f, b, TIMED_FIXED, caplen, load32(p + 16, f->big), i, frame);
	if (outcome != OUTCOME_FRAME)
		return outcome;
	i->drops_summed += drops;
	if (fixed < b->len)
		packet_options(f, b, fixed, i, frame);
	if (i->drops_summed != 0)
		tell_drops(f, i);
	return finish_time(
	    f, i, (uint64_t)load32(p + 4, f->big) << 32 | load32(p + 8, f->big), frame);
}

static enum outcome
read_enhanced(struct capfile *f, const struct block *b, struct frame *frame)
{
	if (b->len < TIMED_FIXED)
		return too_short(f, b, "a packet block");
	return read_timed(f, b, load32(b->body, f->big), 0, frame);
}

static enum outcome
read_packet(struct capfile *f, const struct block *b, struct frame *frame)
{
	uint16_t drops;

	if (b->len < TIMED_FIXED)
		return too_short(f, b, "a packet block");
	drops = load16(b->body + 2, f->big);
	if (drops == UINT16_MAX) /* not known */
		drops = 0;
	return read_timed(f, b, load16(b->body, f->big), drops, frame);
}

/* len(4) data: of interface 0, without a time, caplen follows from the snaplen. */
static enum outcome
read_simple(struct capfile *f, const struct block *b, struct frame *frame)
{
	struct capfile_interface *i;
	uint32_t caplen, len;
	enum outcome outcome;

	if (b->len < 4)
		return too_short(f, b, "a simple packet block");
	i = find_interface(f, 0);
	if (i == NULL)
		return OUTCOME_DAMAGED;
	len = caplen = load32(b->body, f->big);
	if (i->snaplen != 0 && caplen > i->snaplen)
		caplen = i->snaplen;
	outcome = finish_packet(f, b, 4, caplen, len, i, frame);
	if (outcome != OUTCOME_FRAME)
		return outcome;
	f->stats->untimed++;
	frame->ts = f->last_ts;
	return OUTCOME_FRAME;
}

/* ---- the block loop ---- */

static enum outcome
skip_block(struct capfile *f, const struct block *b, struct frame *frame)
{
	(void)b;
	(void)frame;
	f->stats->blocks_skipped++;
	return OUTCOME_DONE;
}

typedef enum outcome block_reader(
    struct capfile *f, const struct block *b, struct frame *frame);

static const struct {
	uint32_t type;
	block_reader *read;
} readers[] = {
    {BLOCK_ENHANCED, read_enhanced},
    {BLOCK_SIMPLE, read_simple},
    {BLOCK_PACKET, read_packet},
    {BLOCK_STATISTICS, read_statistics},
    {BLOCK_INTERFACE, read_interface},
    {BLOCK_SECTION, read_section},
};

static block_reader *
find_reader(uint32_t type)
{
	for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
		if (readers[i].type == type)
			return readers[i].read;
	return skip_block;
}

static enum outcome
trailer_differs(struct capfile *f, uint32_t total, uint32_t trailer)
{
	capfile_damage(
	    f, "a block of %u bytes says %u bytes at its end", total, trailer);
	return OUTCOME_DAMAGED;
}

static enum outcome
read_whole(struct capfile *f, block_reader *read, uint32_t total, struct frame *frame)
{
	const uint8_t *p = stream_peek(&f->stream, total);
	struct block b = {.present = total - BLOCK_MIN, .len = total - BLOCK_MIN};
	uint32_t trailer;

	if (p == NULL) {
		capfile_ended(f, "a block", total);
		return OUTCOME_DAMAGED;
	}
	trailer = load32(p + total - 4, f->big);
	if (trailer != total)
		return trailer_differs(f, total, trailer);
	b.body = p + BLOCK_HEAD;
	stream_take(&f->stream, total);
	return read(f, &b, frame);
}

/* A block that is not held in the window: its packet's bytes are copied. */
static enum outcome
read_large(struct capfile *f, block_reader *read, uint32_t total, struct frame *frame)
{
	const uint8_t *p = stream_peek(&f->stream, BORROW_MAX);
	struct block b = {.present = BORROW_MAX - BLOCK_HEAD, .len = total - BLOCK_MIN};
	enum outcome outcome;
	uint32_t trailer;

	if (p == NULL) {
		capfile_ended(f, "a block", total);
		return OUTCOME_DAMAGED;
	}
	b.body = p + BLOCK_HEAD;
	outcome = read(f, &b, frame);
	if (outcome == OUTCOME_DAMAGED)
		return outcome;
	if (outcome == OUTCOME_FRAME) {
		frame->data = capfile_keep(f, frame->data, frame->caplen);
		if (frame->data == NULL) {
			capfile_damage(f, "not enough memory for a frame of %u bytes",
			    frame->caplen);
			return OUTCOME_DAMAGED;
		}
	}
	if (stream_skip(&f->stream, total - 4) < total - 4 ||
	    (p = stream_peek(&f->stream, 4)) == NULL) {
		capfile_ended(f, "a block", total);
		return OUTCOME_DAMAGED;
	}
	trailer = load32(p, f->big);
	stream_take(&f->stream, 4);
	return trailer == total ? outcome : trailer_differs(f, total, trailer);
}

/* A section header decides the byte order of its own length already. */
static bool
set_byte_order(struct capfile *f, const uint8_t *head)
{
	bool big = load32(head + BLOCK_HEAD, true) == BYTE_ORDER_MAGIC;

	if (!big && load32(head + BLOCK_HEAD, false) != BYTE_ORDER_MAGIC) {
		capfile_damage(f,
		    "a section header has the wrong byte-order magic %08x",
		    load32(head + BLOCK_HEAD, true));
		return false;
	}
	f->big = big;
	return true;
}

static enum outcome
read_block(struct capfile *f, const uint8_t *head, struct frame *frame)
{
	uint32_t type = load32(head, f->big), total;
	block_reader *read = find_reader(type);

	if (type == BLOCK_SECTION && !set_byte_order(f, head))
		return OUTCOME_DAMAGED;
	total = load32(head + 4, f->big);
	if (total < BLOCK_MIN || total % 4 != 0) {
		capfile_damage(f,
		    "a block of type 0x%x says it has %u bytes (a multiple of 4 from "
		    "%u "
		    "on is possible)",
		    type, total, BLOCK_MIN);
		return OUTCOME_DAMAGED;
	}
	if (total <= BORROW_MAX)
		return read_whole(f, read, total, frame);
	return read_large(f, read, total, frame);
}

static enum capfile_result
pcapng_next(struct capfile *f, struct frame *frame)
{
	const uint8_t *head;
	enum outcome outcome;

	do {
		f->offset = stream_offset(&f->stream);
		head = stream_peek(&f->stream, BLOCK_MIN);
		if (head == NULL)
			return capfile_ended(f, "a block", BLOCK_MIN);
		outcome = read_block(f, head, frame);
	} while (outcome == OUTCOME_DONE);
	if (outcome == OUTCOME_DAMAGED)
		return CAPFILE_DAMAGED;
	f->packets++;
	return CAPFILE_FRAME;
}

/* The first section is read here, so that a file without one is known as damaged. */
int
pcapng_open(struct capfile *f)
{
	const uint8_t *head = stream_peek(&f->stream, BLOCK_MIN);
	struct frame frame;

	f->next = pcapng_next;
	if (head == NULL) {
		capfile_ended(f, "its first block", BLOCK_MIN);
		return -1;
	}
	return read_block(f, head, &frame) == OUTCOME_DONE ? 0 : -1;
}
