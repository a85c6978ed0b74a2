/*
 * The pcap file format (draft-ietf-opsawg-pcap, pcap-savefile(5)):
 *
 *	magic(4) major(2) minor(2) reserved(8) snaplen(4) linktype(4), then records of
 *	seconds(4) fraction(4) caplen(4) len(4) data(caplen)
 *
 * in the byte order of the writer. The modified format of some old Linux systems
 * (0xa1b2cd34) adds ifindex(4) protocol(2) packet type(1) padding(1) to each record.
 */
#include "config.h"

#include "capture_priv.h"

#include "tallyman/clock.h"

#define HEADER_BYTES       24
#define RECORD_BYTES       16
#define RECORD_BYTES_LONG  24
#define RECORD_PACKET_TYPE 22
#define PACKET_TYPE_OUT    4 /* PACKET_OUTGOING of the Linux kernel */

#define MAJOR             2
#define MINOR_NEWEST      4
#define MINOR_LENGTHS_MIX 3 /* writers disagreed about the order of the lengths */

/* The upper half of the linktype field. */
#define LINKTYPE_MASK    0xffffu
#define FCS_PRESENT      (1u << 26)
#define FCS_WORDS(field) ((field) >> 28) /* units of two bytes */

/* What a damaged length field may claim before it is seen as one. */
#define CAPLEN_ALWAYS 65535u               /* whatever snaplen says */
#define CAPLEN_FACTOR 4                    /* times snaplen: writers are sloppy */
#define CAPLEN_HUGE   (128u * 1024 * 1024) /* the largest snaplen in use (USB, D-Bus) */

static const struct {
	uint32_t magic;
	uint32_t fraction_unit; /* ns */
	uint32_t record_head;
} variants[] = {
    {0xa1b2c3d4, 1000, RECORD_BYTES},
    {0xa1b23c4d, 1, RECORD_BYTES},
    {0xa1b2cd34, 1000, RECORD_BYTES_LONG},
};

static enum capfile_result pcapfile_next(struct capfile *f, struct frame *frame_r);

/* ---- the file's header ---- */

static void
choose_variant(struct capfile *f, const uint8_t *head)
{
	for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
		bool big = load32(head, true) == variants[i].magic;

		if (!big && load32(head, false) != variants[i].magic)
			continue;
		f->big = big;
		f->fraction_unit = variants[i].fraction_unit;
		f->record_head = variants[i].record_head;
	}
}

static uint32_t
caplen_limit(uint32_t snaplen)
{
	uint64_t limit = (uint64_t)snaplen * CAPLEN_FACTOR;

	if (snaplen > CAPTURE_SNAPLEN_MAX)
		return snaplen < CAPLEN_HUGE ? snaplen : CAPLEN_HUGE;
	if (snaplen == 0 || limit > CAPTURE_SNAPLEN_MAX)
		return CAPTURE_SNAPLEN_MAX;
	return limit < CAPLEN_ALWAYS ? CAPLEN_ALWAYS : (uint32_t)limit;
}

static int
check_version(struct capfile *f, unsigned major, unsigned minor)
{
	if (major != MAJOR || minor > MINOR_NEWEST) {
		capfile_damage(f, "pcap version %u.%u is not known (2.0 to 2.4 are)",
		    major, minor);
		return -1;
	}
	f->lengths_swapped = minor < MINOR_LENGTHS_MIX;
	f->lengths_doubtful = minor == MINOR_LENGTHS_MIX;
	return 0;
}

int
pcapfile_open(struct capfile *f)
{
	const uint8_t *h = stream_peek(&f->stream, HEADER_BYTES);
	struct capfile_interface interface = {0};
	uint32_t field;

	if (h == NULL) {
		if (f->stream.error[0] != '\0')
			capfile_damage(f, "%s", f->stream.error);
		else
			capfile_damage(f,
			    "the file ends after %zu bytes, within its header",
			    stream_rest(&f->stream));
		return -1;
	}
	choose_variant(f, h);
	if (check_version(f, load16(h + 4, f->big), load16(h + 6, f->big)) < 0)
		return -1;
	field = load32(h + 20, f->big);
	interface.linktype = (uint16_t)(field & LINKTYPE_MASK);
	interface.snaplen = load32(h + 16, f->big);
	if (field & FCS_PRESENT)
		interface.fcs_len = (uint8_t)(2 * FCS_WORDS(field));
	f->caplen_limit = caplen_limit(interface.snaplen);
	f->next = pcapfile_next;
	stream_take(&f->stream, HEADER_BYTES);
	return capfile_add_interface(f, &interface, NULL) ? 0 : -1;
}

/* ---- records ---- */

/* A frame larger than what is delivered: keeps its beginning, skips the rest. */
static enum capfile_result
take_oversize(struct capfile *f, uint32_t caplen, struct frame *frame)
{
	const uint8_t *data = stream_peek(&f->stream, CAPTURE_SNAPLEN_MAX);
	uint64_t record = (uint64_t)f->record_head + caplen;

	if (data == NULL)
		return capfile_ended(f, "a packet's data", record);
	frame->data = capfile_keep(f, data, CAPTURE_SNAPLEN_MAX);
	if (frame->data == NULL)
		return capfile_damage(
		    f, "not enough memory for a frame of %u bytes", caplen);
	if (stream_skip(&f->stream, caplen) < caplen)
		return capfile_ended(f, "a packet's data", record);
	return CAPFILE_FRAME;
}

static enum capfile_result
take_data(struct capfile *f, uint32_t caplen, struct frame *frame)
{
	if (caplen > CAPTURE_SNAPLEN_MAX)
		return take_oversize(f, caplen, frame);
	frame->data = stream_peek(&f->stream, caplen);
	if (frame->data == NULL)
		return capfile_ended(
		    f, "a packet's data", (uint64_t)f->record_head + caplen);
	stream_take(&f->stream, caplen);
	return CAPFILE_FRAME;
}

static uint8_t
direction(const struct capfile *f, const uint8_t *h)
{
	if (f->record_head != RECORD_BYTES_LONG)
		return FRAME_DIRECTION_UNKNOWN;
	return h[RECORD_PACKET_TYPE] == PACKET_TYPE_OUT ? FRAME_OUTBOUND
							: FRAME_INBOUND;
}

static enum capfile_result
pcapfile_next(struct capfile *f, struct frame *frame)
{
	const uint8_t *h = stream_peek(&f->stream, f->record_head);
	uint32_t caplen, len;
	enum capfile_result result;

	f->offset = stream_offset(&f->stream);
	if (h == NULL)
		return capfile_ended(f, "a packet's header", f->record_head);
	caplen = load32(h + 8, f->big);
	len = load32(h + 12, f->big);
	if (f->lengths_swapped || (f->lengths_doubtful && caplen > len)) {
		uint32_t swap = caplen;

		caplen = len;
		len = swap;
	}
	if (caplen > f->caplen_limit)
		return capfile_damage(f,
		    "the record of packet %llu claims %u captured bytes, more than %u "
		    "are "
		    "not plausible here",
		    (unsigned long long)f->packets + 1, caplen, f->caplen_limit);
	frame->ts = (int64_t)load32(h, f->big) * CLOCK_NS_PER_SEC +
	    (int64_t)load32(h + 4, f->big) * f->fraction_unit;
	frame->direction = direction(f, h);
	frame->interface = f->interfaces->number;
	frame->linktype = f->interfaces->linktype;
	frame->fcs_len = f->interfaces->fcs_len;
	stream_take(&f->stream, f->record_head);
	result = take_data(f, caplen, frame);
	if (result == CAPFILE_FRAME) {
		capfile_set_lengths(f, frame, caplen, len);
		f->packets++;
	}
	return result;
}
