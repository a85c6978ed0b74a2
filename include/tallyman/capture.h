/*
 * Capture files as one stream of frames in time order.
 *
 * Reads pcap (micro- and nanoseconds, both byte orders) and pcapng (sections,
 * interfaces of different link types), gzip'd or not, from files, directories and
 * standard input. Several inputs are merged by time stamp; each is opened when the
 * timeline reaches it. Damage ends one input, never the run: what came before it has
 * been delivered.
 */
#ifndef TALLYMAN_CAPTURE_H
#define TALLYMAN_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of one frame at most; what a record has beyond is cut and counted. */
#define CAPTURE_SNAPLEN_MAX 262144

/* Direction of a frame as the file tells it (pcapng epb_flags, SLL packet type). */
struct frame {
	const uint8_t *data; /* caplen bytes, valid until the next capture_next() */
	uint32_t caplen;     /* bytes present */
	uint32_t len;        /* bytes on the wire, never below caplen */
	int64_t ts;          /* packet time, see clock.h */
	uint64_t number;     /* 1, 2, ... over the whole timeline, after filters */
	uint32_t interface;  /* index for capture_interface() */
	uint16_t linktype; /* LINKTYPE_ number of the registry of the tcpdump project */
	uint8_t fcs_len;   /* bytes of frame check sequence at the end, 0 if unknown */
};

struct capture_interface {
	const char *file; /* path as given, "-" for standard input */
	const char *name; /* pcapng if_name, or NULL */
	uint16_t linktype;
	uint32_t snaplen;
	uint64_t frames; /* delivered so far */
	uint64_t
	    kernel_drops; /* pcapng interface statistics: isb_ifdrop + isb_osdrop */
};

/* Why an input ended early, or could not be read at all. */
struct capture_damage {
	const char *file;
	uint64_t offset;  /* byte offset in the (uncompressed) stream */
	uint64_t packet;  /* the last good packet of that file, 0 for none */
	const char *what; /* a sentence without the file's name */
};

struct capture_config {
	const char *const *paths; /* files, directories (not recursive), or "-" */
	size_t n_paths;
	const char *filter; /* pcap-filter(7) expression, or NULL */
	int64_t since;      /* first packet time wanted; INT64_MIN for no limit */
	int64_t until;      /* first packet time not wanted; INT64_MAX for no limit */
	void (*damage)(
	    void *ctx, const struct capture_damage *damage); /* may be NULL */
	void *ctx;
};

struct capture_stats {
	uint64_t frames;       /* delivered */
	uint64_t filtered;     /* kept away by the filter expression */
	uint64_t out_of_range; /* kept away by since/until */
	uint64_t cut;          /* frames over CAPTURE_SNAPLEN_MAX, shortened */
	uint64_t bytes_read;   /* of the inputs as stored (compressed) */
	uint64_t bytes_total;  /* sum of input sizes; 0 when a pipe makes it unknown */
	uint64_t files;   /* inputs that delivered or could have delivered frames */
	uint64_t damaged; /* inputs with damage, unreadable ones included */
};

struct capture;

/*
 * Prepares the inputs: expands directories, looks at each input's first time stamp.
 * An unreadable file is damage, not failure. Fails (NULL, *error_r malloc'd text for
 * people) when the filter is wrong or no path was given.
 */
struct capture *capture_open(const struct capture_config *config, char **error_r)
    __attribute__((warn_unused_result));
void capture_close(struct capture **c);

/* The next frame of the timeline. Returns 1, or 0 at the end of the last input. */
int capture_next(struct capture *c, struct frame *frame_r);

/* Interfaces seen so far are numbered from 0; NULL beyond. Valid until capture_close().
 */
const struct capture_interface *capture_interface(const struct capture *c, uint32_t i);
uint32_t capture_interface_count(const struct capture *c);

/* A snapshot; call from the reading thread only. */
void capture_get_stats(const struct capture *c, struct capture_stats *stats_r);

#endif
