/* The directory of a log and its newest segment file. */
#include "config.h"

#include "audit/segment_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tallyman/buf.h"
#include "tallyman/clock.h"

/* The log tells who talked to whom: not for every user of the host. */
#define DIR_MODE  0750
#define FILE_MODE 0640

static int __attribute__((format(printf, 3, 4)))
refuse(int error, char **error_r, const char *fmt, ...)
{
	struct buf text;
	va_list ap;

	buf_init(&text);
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	*error_r = buf_detach(&text);
	return error;
}

/* ---- the directory ---- */

static int
make_dirs(const char *dir)
{
	char *path = strdup(dir);
	int error = 0;

	if (path == NULL)
		return -ENOMEM;
	for (char *p = path + 1; error == 0 && *dir != '\0'; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(path, DIR_MODE) < 0 && errno != EEXIST)
			error = -errno;
		*p = c;
		if (c == '\0')
			break;
	}
	free(path);
	return error;
}

static bool
is_segment(const char *name)
{
	size_t n = strlen(name), suffix = strlen(SEGMENT_SUFFIX);

	return strncmp(name, SEGMENT_PREFIX, strlen(SEGMENT_PREFIX)) == 0 &&
	    n > suffix && strcmp(name + n - suffix, SEGMENT_SUFFIX) == 0;
}

/* Looks for a segment. 1 with its name in s->name, 0, or -errno. */
static int
find_segment(struct segment_file *s)
{
	int fd = dup(s->dir_fd), found = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (d == NULL) {
		found = -errno;
		if (fd >= 0)
			close(fd);
		return found;
	}
	errno = 0;
	while (found == 0 && (e = readdir(d)) != NULL) {
		if (!is_segment(e->d_name))
			continue;
		found = 1;
		snprintf(s->name, sizeof s->name, "%.63s", e->d_name);
	}
	if (found == 0)
		found = -errno;
	closedir(d);
	return found;
}

static int
check_dir(struct segment_file *s, char **error_r)
{
	int found;

	s->dir_fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir_fd < 0)
		return refuse(-errno, error_r, "%s: cannot open the log directory: %s",
		    s->dir, strerror(errno));
	if (faccessat(s->dir_fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
		return refuse(-errno, error_r,
		    "%s: cannot write there: %s; choose another directory with -o",
		    s->dir, strerror(errno));
	/* File systems without locks leave this to the names, which are exclusive. */
	if (flock(s->dir_fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return refuse(-EBUSY, error_r,
		    "%s: another process writes its log there; choose another "
		    "directory with -o",
		    s->dir);
	found = find_segment(s);
	if (found < 0)
		return refuse(found, error_r, "%s: cannot read the directory: %s",
		    s->dir, strerror(-found));
	if (found > 0)
		return refuse(-EEXIST, error_r,
		    "%s: already holds a log (%s); choose another directory with -o, "
		    "or move that log away",
		    s->dir, s->name);
	return 0;
}

int
segment_dir_open(struct segment_file *s, const char *dir, char **error_r)
{
	int error;

	memset(s, 0, sizeof *s);
	s->dir_fd = s->fd = -1;
	s->dir = strdup(dir);
	if (s->dir == NULL)
		return refuse(-ENOMEM, error_r, "not enough memory for the log");
	error = make_dirs(dir);
	if (error != 0)
		return refuse(error, error_r,
		    "%s: cannot make the log directory: %s; choose another with -o",
		    dir, strerror(-error));
	return check_dir(s, error_r);
}

void
segment_dir_close(struct segment_file *s)
{
	if (s->fd >= 0)
		close(s->fd);
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	free(s->dir);
	memset(s, 0, sizeof *s);
	s->dir_fd = s->fd = -1;
}

/* ---- the newest segment ---- */

/* tallyman-20261122T170412Z-00000001.ndjson.gz, out of what clock_format() writes. */
static void
name_segment(struct segment_file *s, int64_t first)
{
	char t[CLOCK_TEXT_MAX];

	clock_format(first, t);
	snprintf(s->name, sizeof s->name,
	    SEGMENT_PREFIX "%.4s%.2s%.2sT%.2s%.2s%.2sZ-%08u" SEGMENT_SUFFIX, t, t + 5,
	    t + 8, t + 11, t + 14, t + 17, s->number + 1);
}

static int
start_segment(struct segment_file *s, int64_t first)
{
	name_segment(s, first);
	s->size = 0;
	s->fd = openat(s->dir_fd, s->name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	return s->fd < 0 ? -errno : 0;
}

static int
write_all(int fd, uint64_t offset, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, data, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		data += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

/*
 * Cuts off what a failed write left. A file without a member goes away, so that the
 * next try makes one with the right name; a file that cannot be cut gets no more
 * members, so that nothing follows the damage.
 */
static void
roll_back(struct segment_file *s)
{
	bool keep = s->size > 0 && ftruncate(s->fd, (off_t)s->size) == 0;

	if (keep)
		return;
	close(s->fd);
	s->fd = -1;
	if (s->size == 0)
		unlinkat(s->dir_fd, s->name, 0);
}

int
segment_file_write(struct segment_file *s, int64_t first, const void *data, size_t len)
{
	int error = s->fd < 0 ? start_segment(s, first) : 0;

	if (error != 0)
		return error;
	error = write_all(s->fd, s->size, data, len);
	if (error != 0) {
		roll_back(s);
		return error;
	}
	if (s->size == 0)
		s->number++;
	s->size += len;
	return 0;
}

int
segment_file_end(struct segment_file *s)
{
	int error = 0;

	if (s->fd >= 0 && close(s->fd) < 0)
		error = -errno;
	s->fd = -1;
	return error;
}
