/* pcapng packets: enhanced, obsolete and simple packet blocks become frames. */
#include "config.h"

#include "pcapng_priv.h"

#include "tallyman/log.h"

enum option_code {
	OPTION_PACKET_FLAGS = 2,
	OPTION_PACKET_DROPS = 4,
};

#define TIMED_FIXED            20u /* bytes of a packet block before its data */
#define FLAGS_DIRECTION(flags) ((flags)&3)
#define FLAGS_FCS(flags)       (((flags) >> 5) & 15)

static void
packet_options(struct capfile *f, const struct block *b, uint64_t fixed,
    struct capfile_interface *i, struct frame *frame)
{
	struct options list = pcapng_options(f, b, fixed);
	struct option o;
	uint32_t flags;

	while (pcapng_option_next(&list, &o)) {
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
	if (fixed + pcapng_padded(caplen) > b->len) {
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
		    "%s: packet %llu has an impossible time; such packets are left "
		    "out and counted as out of range",
		    f->stream.source.path, (unsigned long long)f->packets + 1);
	f->time_warned = true;
}

/* Sets the frame's time; without a usable one the packet is done with. */
static enum outcome
finish_time(struct capfile *f, const struct capfile_interface *i, uint64_t raw,
    struct frame *frame)
{
	if (!pcapng_time(&i->resolution, raw, &frame->ts)) {
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
	struct capfile_interface *i = pcapng_find_interface(f, id);
	uint32_t caplen = load32(p + 12, f->big);
	uint64_t fixed = TIMED_FIXED + pcapng_padded(caplen);
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
		pcapng_tell_drops(f, i);
	return finish_time(
	    f, i, (uint64_t)load32(p + 4, f->big) << 32 | load32(p + 8, f->big), frame);
}

enum outcome
pcapng_read_enhanced(struct capfile *f, const struct block *b, struct frame *frame)
{
	if (b->len < TIMED_FIXED)
		return pcapng_too_short(f, b, "a packet block");
	return read_timed(f, b, load32(b->body, f->big), 0, frame);
}

enum outcome
pcapng_read_packet(struct capfile *f, const struct block *b, struct frame *frame)
{
	uint16_t drops;

	if (b->len < TIMED_FIXED)
		return pcapng_too_short(f, b, "a packet block");
	drops = load16(b->body + 2, f->big);
	if (drops == UINT16_MAX) /* not known */
		drops = 0;
	return read_timed(f, b, load16(b->body, f->big), drops, frame);
}

/* len(4) data: of interface 0, without a time, caplen follows from the snaplen. */
enum outcome
pcapng_read_simple(struct capfile *f, const struct block *b, struct frame *frame)
{
	struct capfile_interface *i;
	uint32_t caplen, len;
	enum outcome outcome;

	if (b->len < 4)
		return pcapng_too_short(f, b, "a simple packet block");
	i = pcapng_find_interface(f, 0);
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
