/*
 * The pcapng file format (draft-ietf-opsawg-pcapng): blocks of
 *
 *	type(4) length(4) body length(4)
 *
 * in sections that set their byte order and count their interfaces from 0; each of
 * those has its own link type and time resolution. Blocks without packets or interfaces
 * (names, secrets, custom, journals) are skipped and counted; a section's stated length
 * is not needed. Blocks up to BORROW_MAX are used where they lie; of a larger one the
 * beginning is, and options that lie beyond are not seen.
 */
#include "config.h"

#include "pcapng_priv.h"

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

enum outcome
pcapng_too_short(struct capfile *f, const struct block *b, const char *block)
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
		return pcapng_too_short(f, b, "a section header");
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

static enum outcome
skip_block(struct capfile *f, const struct block *b, struct frame *frame)
{
	(void)b;
	(void)frame;
	f->stats->blocks_skipped++;
	return OUTCOME_DONE;
}

static const struct {
	uint32_t type;
	pcapng_reader *read;
} readers[] = {
    {BLOCK_ENHANCED, pcapng_read_enhanced},
    {BLOCK_SIMPLE, pcapng_read_simple},
    {BLOCK_PACKET, pcapng_read_packet},
    {BLOCK_STATISTICS, pcapng_read_statistics},
    {BLOCK_INTERFACE, pcapng_read_interface},
    {BLOCK_SECTION, read_section},
};

static pcapng_reader *
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
read_whole(struct capfile *f, pcapng_reader *read, uint32_t total, struct frame *frame)
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
read_large(struct capfile *f, pcapng_reader *read, uint32_t total, struct frame *frame)
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
	pcapng_reader *read = find_reader(type);

	if (type == BLOCK_SECTION && !set_byte_order(f, head))
		return OUTCOME_DAMAGED;
	total = load32(head + 4, f->big);
	if (total < BLOCK_MIN || total % 4 != 0) {
		capfile_damage(f,
		    "a block of type 0x%x says it has %u bytes, which no block has",
		    type, total);
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
