/*
 * The directory of a log and its newest segment file. Only whole members stay in a
 * file: what a failed write left of one is cut off again.
 */
#ifndef AUDIT_SEGMENT_FILE_H
#define AUDIT_SEGMENT_FILE_H

#include <stddef.h>
#include <stdint.h>

#define SEGMENT_PREFIX   "tallyman-"
#define SEGMENT_SUFFIX   ".ndjson.gz"
#define SEGMENT_NAME_MAX 64

struct segment_file {
	char *dir; /* as given */
	int dir_fd;
	int fd;                      /* -1 while no segment is open */
	char name[SEGMENT_NAME_MAX]; /* of the newest segment, "" before the first */
	uint64_t size;               /* bytes of whole members in it */
	uint32_t number;             /* segments that got a member so far */
};

/*
 * Makes the directory (and those above) where it is missing. Refuses one that holds
 * segments. 0, or -errno with *error_r malloc'd.
 */
int segment_dir_open(struct segment_file *s, const char *dir, char **error_r);

/* Closes everything; an open segment has been ended before. */
void segment_dir_close(struct segment_file *s);

/*
 * Writes a member at the end, into a new segment if none is open; `first` is the packet
 * time for its name. 0 or -errno; then nothing of the member is left behind.
 */
int segment_file_write(
    struct segment_file *s, int64_t first, const void *data, size_t len);

/* Ends the open segment, if any. 0 or -errno. */
int segment_file_end(struct segment_file *s);

#endif
