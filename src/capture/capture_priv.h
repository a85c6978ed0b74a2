/*
 * Inside the capture stage, from the bottom up: source (bytes as stored), stream
 * (uncompressed bytes in a window), capfile (records of one file), inputs and heap
 * (many files as one timeline), filter.
 */
#ifndef TALLYMAN_CAPTURE_PRIV_H
#define TALLYMAN_CAPTURE_PRIV_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include "tallyman/capture.h"

/* ---- integers of either byte order, from bytes of any alignment ---- */

static inline uint16_t
load16(const uint8_t *p, bool big)
{
	uint16_t v;

	memcpy(&v, p, sizeof v);
	return big ? be16toh(v) : le16toh(v);
}

static inline uint32_t
load32(const uint8_t *p, bool big)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return big ? be32toh(v) : le32toh(v);
}

static inline uint64_t
load64(const uint8_t *p, bool big)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return big ? be64toh(v) : le64toh(v);
}

/* ---- source: the bytes as stored ---- */

/*
 * Descriptors of regular files in use, newest first. Past the limit the least recently
 * read file gives its descriptor up and is opened again when its turn comes, so that a
 * thousand overlapping files need few descriptors.
 */
struct source_list {
	struct source *newest, *oldest;
	unsigned open, max;
};

struct source {
	const char *path;      /* borrowed */
	const uint8_t *memory; /* memory_len bytes instead of a descriptor, or NULL */
	size_t memory_len;
	int fd;          /* -1: not open, or given up */
	int wake_fd;     /* readable when the reader is to stop waiting; or -1 */
	bool regular;    /* can be opened again at an offset */
	uint64_t offset; /* bytes read so far */
	dev_t dev;
	ino_t ino;
	uint64_t *count;          /* also counts the bytes read */
	struct source_list *list; /* of regular files; NULL for the others */
	struct source *newer, *older;
};

/* What a source reads from. */
struct source_origin {
	const char *path; /* "-" is standard input */
	const uint8_t *memory;
	size_t memory_len;
	int wake_fd;
	struct source_list *list; /* or NULL */
	uint64_t *count;          /* borrowed as long as the source */
};

/* Returns 0 or -errno. */
int source_open(struct source *s, const struct source_origin *origin);
void source_close(struct source *s);

/* Up to n bytes: the number, 0 at the end, -errno (-ECANCELED when woken, -ESTALE when
 * the file is another one now). */
ssize_t source_read(struct source *s, void *buf, size_t n);

/* A text for a positive errno of a source. */
const char *source_error(int error);

/* ---- stream: uncompressed bytes in a window ---- */

#define STREAM_ERROR_MAX 192

/* The greatest piece that stream_peek() can be asked for. */
#define STREAM_PEEK_MAX ((size_t)512 * 1024)

#define STREAM_AHEAD 64 /* bytes of a cache line */

struct gunzip;

struct stream {
	uint8_t *buf;
	size_t pos, end, cap;  /* the window's unread bytes are buf[pos .. end) */
	uint64_t base;         /* offset of buf[0] in the uncompressed stream */
	bool ended;            /* nothing more will come */
	struct gunzip *gunzip; /* NULL: stored as it is */
	struct source source;
	char error[STREAM_ERROR_MAX]; /* why it ended early; "" when it did not */
};

/* `window` bytes of buffer; grows when a larger piece is asked for. Returns 0, or -1
 * with the reason in s->error. */
int stream_open(struct stream *s, const struct source_origin *origin, size_t window);
void stream_close(struct stream *s);

/* See stream_peek(). */
const uint8_t *stream_fill(struct stream *s, size_t n);

/* Consumes n bytes without looking; returns how many there were. */
uint64_t stream_skip(struct stream *s, uint64_t n);

/* The next n bytes, at most STREAM_PEEK_MAX, valid until the next peek or skip; NULL
 * when there are fewer. */
static inline const uint8_t *
stream_peek(struct stream *s, size_t n)
{
	if (s->end - s->pos >= n)
		return s->buf + s->pos;
	return stream_fill(s, n);
}

/* Consumes bytes that were peeked at; they stay valid until the next peek or skip. */
static inline void
stream_take(struct stream *s, size_t n)
{
	s->pos += n;
	/* What follows is looked at after this record has been decoded: until then its
	 * first lines, a record's head and a packet's headers, can arrive. */
	if (s->end - s->pos > 2 * STREAM_AHEAD) {
		__builtin_prefetch(s->buf + s->pos);
		__builtin_prefetch(s->buf + s->pos + STREAM_AHEAD);
	}
}

static inline uint64_t
stream_offset(const struct stream *s)
{
	return s->base + s->pos;
}

/* Bytes in the window, unread. */
static inline size_t
stream_rest(const struct stream *s)
{
	return s->end - s->pos;
}

/* ---- gunzip: zlib over a source, members one after the other ---- */

bool gunzip_recognise(const uint8_t *head, size_t len);

/* Takes the bytes that were read from the source already; reads up to `cap` of them at
 * once. NULL without memory. */
struct gunzip *gunzip_new(const uint8_t *head, size_t len, size_t cap);
void gunzip_free(struct gunzip **g);

/* Up to n uncompressed bytes: the number, 0 at the end, -1 with the reason in error. */
ssize_t gunzip_read(struct gunzip *g, struct source *source, uint8_t *out, size_t n,
    char error[STREAM_ERROR_MAX]);

/* ---- interfaces of the whole capture ---- */

#define INTERFACES_MAX (1u << 20) /* of a run, so that no file can grow it at will */

struct interfaces {
	struct capture_interface **list;
	uint32_t n, cap;
};

/* Appends a copy (the name too). Returns its number, or -1 at the cap or without
 * memory. */
int64_t interfaces_add(struct interfaces *list, const struct capture_interface *wanted);
void interfaces_fini(struct interfaces *list);

/* ---- capfile: the records of one file ---- */

#define CAPFILE_WHAT_MAX 256

/* Packet time = raw * mul / div, or raw * 10^9 / 2^shift; plus an offset. */
struct resolution {
	uint64_t mul, div; /* div is 1 where shift is used */
	uint8_t shift;
	int64_t offset; /* seconds */
};

/* An interface as its file knows it. */
struct capfile_interface {
	uint32_t number; /* in the capture */
	uint16_t linktype;
	uint8_t fcs_len;
	uint32_t snaplen;
	struct resolution resolution;
	uint64_t drops_stated, drops_summed, drops_told;
};

enum capfile_result {
	CAPFILE_END,
	CAPFILE_FRAME,
	CAPFILE_DAMAGED, /* what, offset and packets say more */
};

struct capfile {
	struct stream stream;
	enum capfile_result (*next)(struct capfile *f, struct frame *frame_r);
	bool big;         /* byte order of the file, or of the section */
	bool unknown;     /* damaged because it is no capture file at all */
	uint64_t packets; /* good ones so far */
	uint64_t offset;  /* of the record being read */
	char what[CAPFILE_WHAT_MAX];
	uint8_t *oversize; /* holds a frame that was cut to CAPTURE_SNAPLEN_MAX */
	int64_t last_ts;   /* of the newest packet with a time */
	bool time_warned;

	/* pcap */
	uint32_t record_head;   /* bytes of a record's header */
	uint32_t caplen_limit;  /* more than this is damage */
	uint32_t fraction_unit; /* ns in a unit of the time's fraction */
	bool lengths_swapped;   /* versions before 2.3: len stands before caplen */
	bool lengths_doubtful;  /* version 2.3: either order was written */

	struct capfile_interface *interfaces; /* of the section; pcap has one */
	uint32_t n_interfaces;
	uint32_t
	    known_interfaces; /* entries of interfaces[] that earlier sections left */
	uint32_t cap_interfaces;

	struct interfaces *all; /* of the capture; NULL while only peeking */
	struct capture_stats *stats;
};

struct capfile_config {
	struct source_origin origin;
	size_t window;          /* bytes of buffer to begin with */
	struct interfaces *all; /* where to register interfaces, or NULL */
	struct capture_stats *stats;
};

/*
 * Opens and reads the file's header. Returns 0, or -1 with the reason in what and
 * offset; the caller closes in either case.
 */
int capfile_open(struct capfile *f, const struct capfile_config *config);
void capfile_close(struct capfile *f);

/* For the formats: registers an interface. Returns false after setting the damage. */
bool capfile_add_interface(
    struct capfile *f, const struct capfile_interface *interface, const char *name);

/* Sets what; returns CAPFILE_DAMAGED. */
enum capfile_result capfile_damage(struct capfile *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The stream ends before `wanted` bytes from the record's beginning on, within `part`:
 * the end of the file when nothing of the record is there, else damage.
 */
enum capfile_result capfile_ended(struct capfile *f, const char *part, uint64_t wanted);

/* Cuts a frame to CAPTURE_SNAPLEN_MAX and raises a length on the wire below caplen. */
void capfile_set_lengths(
    struct capfile *f, struct frame *frame, uint32_t caplen, uint32_t len);

/* Copies n bytes, CAPTURE_SNAPLEN_MAX at most, to where they outlive the stream's
 * window. NULL without memory. */
const uint8_t *capfile_keep(struct capfile *f, const uint8_t *data, size_t n);

/* The formats. They are given a stream that begins with their magic number. */
int pcapfile_open(struct capfile *f);
int pcapng_open(struct capfile *f);

/* ---- sniff: what a file is ---- */

enum sniff_format {
	SNIFF_UNKNOWN,
	SNIFF_PCAP,
	SNIFF_PCAPNG,
};

#define SNIFF_BYTES 16

/* From the first `len` bytes (up to SNIFF_BYTES); what_r says why it is unknown. */
enum sniff_format sniff(const uint8_t *head, size_t len, char *what_r, size_t size);

/* ---- filter ---- */

#define FILTER_TYPES_MAX 63 /* link types of one capture that can be filtered */

enum filter_verdict {
	FILTER_REJECT,
	FILTER_ACCEPT,
	FILTER_UNUSABLE, /* the expression means nothing for this link type */
};

struct filter;

struct filter *filter_new(const char *expression); /* NULL without memory */
void filter_free(struct filter **f);

/* Compiles for the link type if that was not done. Returns NULL, or why no frame of
 * that type will be accepted; the text lives as long as the filter. */
const char *filter_prepare(struct filter *f, uint16_t linktype);

/* NULL when it can be used for any common link type, else why not for Ethernet. */
const char *filter_try_common(struct filter *f);

/* slot_r: a number below FILTER_TYPES_MAX that stands for the link type; it is
 * FILTER_TYPES_MAX, with FILTER_UNUSABLE, for those that are too many. */
enum filter_verdict filter_match(
    struct filter *f, const struct frame *frame, unsigned *slot_r);

/* ---- inputs: what paths stand for ---- */

enum input_kind {
	INPUT_FILE,   /* regular: can be looked at, closed and opened again */
	INPUT_PIPE,   /* standard input, FIFO, device: read once, from the start */
	INPUT_MEMORY, /* bytes of the caller */
	INPUT_FAILED, /* cannot be read: `failure` says why */
};

struct input {
	char *path;
	char failure[128];
	const uint8_t *memory;
	size_t memory_len;
	struct capfile *file; /* NULL while not open */
	int64_t ts;           /* of the next frame; INT64_MIN: unknown, read it first */
	uint64_t size;        /* as stored, if has_size */
	dev_t dev;
	ino_t ino;
	uint32_t order;     /* place in the list: decides between equal times */
	uint32_t directory; /* 1, 2, ...: of which directory it is an entry, or 0 */
	uint8_t kind;       /* enum input_kind */
	bool has_size;
	bool dropped; /* not part of the timeline */
	bool ready;   /* `frame` was not delivered yet */
	bool damaged;
	bool has_type;
	uint16_t first_type;     /* link type of the first packet, if has_type */
	uint64_t unusable_types; /* filter slots that were reported, as bits */
	struct frame frame;
};

struct inputs {
	struct input *list;
	uint32_t n, cap;
	uint32_t directories;
	uint64_t ignored; /* entries that are no captures, files given twice */
};

/* Adds what a path stands for: itself or a directory's files. Returns 0 or -ENOMEM. */
int inputs_add_path(struct inputs *in, const char *path);
/* Adds bytes under a name. Returns 0 or -ENOMEM. */
int inputs_add_memory(
    struct inputs *in, const char *name, const uint8_t *data, size_t len);
/* Looks at the first time stamps; drops what is no capture in a directory, and
 * repetitions; numbers the rest. Returns 0 or -ENOMEM. */
int inputs_settle(struct inputs *in);
void inputs_fini(struct inputs *in);

/* ---- heap: inputs by the time of their next frame ---- */

struct heap {
	struct input **list; /* room for all inputs */
	uint32_t n;
};

void heap_push(struct heap *h, struct input *in);
void heap_settle(struct heap *h); /* the first one's time has grown */
void heap_pop(struct heap *h);

/* ---- for tests and fuzzing ---- */

struct capture_memory {
	const uint8_t *data;
	size_t len;
};

/*
 * capture_open() on bytes instead of paths: config->paths are names, one for each.
 * `window` (0: as usual) makes small buffers, so that every border is met.
 */
struct capture *capture_open_memory(const struct capture_config *config,
    const struct capture_memory *memory, size_t window, char **error_r)
    __attribute__((warn_unused_result));

#endif
