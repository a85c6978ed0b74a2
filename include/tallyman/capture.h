/*
 * Capture files as one stream of frames in time order.
 *
 * Reads pcap (micro- and nanoseconds, both byte orders, also with the longer record
 * header of some old Linux tools) and pcapng (sections, interfaces of different link
 * types), gzip'd or not, from files, directories and standard input. Several inputs are
 * merged by time stamp; each is opened when the timeline reaches it. Damage ends one
 * input, never the run: what came before it has been delivered.
 *
 * Order: the input whose next frame is oldest goes first; equal times go by the place
 * of the input in the list, a directory standing for its files in the order of their
 * names. Within one input frames keep the file's order, also where its time goes back.
 */
#ifndef TALLYMAN_CAPTURE_H
#define TALLYMAN_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of one frame at most; what a record has beyond is cut and counted. */
#define CAPTURE_SNAPLEN_MAX 262144

/* Interfaces in one section of a file at most; one that declares more is damaged. */
#define CAPTURE_INTERFACES_MAX 65536

/* Direction as the file tells it (pcapng epb_flags); link headers may say more. */
enum frame_direction {
	FRAME_DIRECTION_UNKNOWN,
	FRAME_INBOUND,
	FRAME_OUTBOUND,
};

struct frame {
	const uint8_t *data; /* caplen bytes, valid until the next capture_next() */
	uint32_t caplen;     /* bytes present */
	uint32_t len;        /* bytes on the wire, never below caplen */
	int64_t ts;          /* packet time, see clock.h */
	uint64_t number;     /* 1, 2, ... over the whole timeline, after filters */
	uint32_t interface;  /* index for capture_interface() */
	uint16_t linktype; /* LINKTYPE_ number of the registry of the tcpdump project */
	uint8_t fcs_len;   /* bytes of frame check sequence at the end of len, 0 if
			      unknown */
	uint8_t direction; /* enum frame_direction */
};

struct capture_interface {
	const char *file; /* path as given, "-" for standard input */
	const char *name; /* pcapng if_name, or NULL */
	uint16_t linktype;
	uint32_t snaplen; /* as declared; 0: no limit */
	uint64_t frames;  /* delivered so far */
	uint64_t
	    kernel_drops; /* as pcapng states: isb_ifdrop + isb_osdrop, or the sum of
			     the drop counts of its packets where that is more */
};

/* Why an input ended early, or could not be read at all. */
struct capture_damage {
	const char *file;
	uint64_t offset;  /* of the record that could not be read, in the (uncompressed)
			     stream */
	uint64_t packet;  /* the last good packet of that file, 0 for none */
	const char *what; /* a sentence without the file's name */
};

struct capture_config {
	const char *const *paths; /* files, directories (not recursive), or "-" */
	size_t n_paths;
	const char *filter; /* pcap-filter(7) expression; NULL or blank for all */
	int64_t since;      /* first packet time wanted; INT64_MIN for no limit */
	int64_t until;      /* first packet time not wanted; INT64_MAX for no limit */
	/* Called from capture_open() and capture_next(); may be NULL. */
	void (*damage)(void *ctx, const struct capture_damage *damage);
	void *ctx;
};

/* frames + filtered + unfilterable + out_of_range is the number of packets read. */
struct capture_stats {
	uint64_t frames;       /* delivered */
	uint64_t filtered;     /* kept away by the filter expression */
	uint64_t unfilterable; /* kept away: the expression has no meaning for their
				  link type (one damage report per input and type) */
	uint64_t out_of_range; /* kept away by since/until, or a time beyond the years
				  1678 .. 2262 that packet time can tell */
	uint64_t cut;          /* frames over CAPTURE_SNAPLEN_MAX, shortened */
	uint64_t len_raised;   /* frames whose file says len < caplen; len is caplen */
	uint64_t untimed; /* frames without a time stamp (simple packet blocks): they
			     have that of the packet before, or 0 */
	uint64_t blocks_skipped; /* pcapng blocks without packets or interfaces */
	uint64_t options_bad;    /* malformed option lists of packets and statistics */
	uint64_t bytes_read;     /* of the inputs as stored (compressed) */
	uint64_t bytes_total; /* sum of input sizes, less what damage made unreadable;
				 0 when a pipe makes it unknown */
	uint64_t files;       /* inputs that delivered or could have delivered frames */
	uint64_t damaged;     /* inputs with damage, unreadable ones included */
	uint64_t ignored; /* entries of directories that are no capture files, and files
			     given twice */
};

struct capture;

/*
 * Prepares the inputs: expands directories, looks at the first time stamp of each file.
 * An unreadable file is damage, not failure; it is reported when the timeline begins.
 * Pipes are not touched before the first capture_next(). Fails (NULL, *error_r malloc'd
 * text for people) when no path was given, or when the filter compiles for no link type
 * that the files begin with (without files: for none that is common).
 */
struct capture *capture_open(const struct capture_config *config, char **error_r)
    __attribute__((warn_unused_result));
void capture_close(struct capture **c);

/* The next frame of the timeline. Returns 1, or 0 at the end of the last input. */
int capture_next(struct capture *c, struct frame *frame_r);

/*
 * Ends the timeline early: capture_next() returns 0 from now on, also where it is
 * waiting for a pipe. May be called from any thread and from a signal handler.
 */
void capture_interrupt(struct capture *c);

/* Interfaces seen so far, from 0; NULL beyond. Valid until capture_close(). */
const struct capture_interface *capture_interface(const struct capture *c, uint32_t i);
uint32_t capture_interface_count(const struct capture *c);

/* A snapshot; call from the reading thread only. */
void capture_get_stats(const struct capture *c, struct capture_stats *stats_r);

#endif
