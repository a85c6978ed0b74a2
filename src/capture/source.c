/*
 * The bytes as stored: a regular file, a pipe, or memory. Waiting for a pipe can be
 * ended by a second descriptor; a regular file can lose its descriptor and get it back.
 */
#include "config.h"

#include "capture_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the list of open regular files ---- */

static void
unlink_source(struct source *s)
{
	struct source_list *l = s->list;

	if (s->newer != NULL)
		s->newer->older = s->older;
	else
		l->newest = s->older;
	if (s->older != NULL)
		s->older->newer = s->newer;
	else
		l->oldest = s->newer;
	l->open--;
}

static void
link_source(struct source *s)
{
	struct source_list *l = s->list;

	s->newer = NULL;
	s->older = l->newest;
	if (l->newest != NULL)
		l->newest->newer = s;
	else
		l->oldest = s;
	l->newest = s;
	l->open++;
}

static void
give_up_descriptor(struct source *s)
{
	unlink_source(s);
	close(s->fd);
	s->fd = -1;
}

/*
 * Opens a path; other files give up their descriptors when there are too many. Opening
 * and reading a FIFO must not wait where nothing could end it: poll(2) does the
 * waiting.
 */
static int
open_path(struct source_list *l, const char *path)
{
	int fd;

	while (l != NULL && l->open >= l->max)
		give_up_descriptor(l->oldest);
	for (;;) {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		if (fd >= 0)
			return fd;
		if (errno == EINTR)
			continue;
		if ((errno != EMFILE && errno != ENFILE) || l == NULL ||
		    l->oldest == NULL)
			return -errno;
		give_up_descriptor(l->oldest);
	}
}

/* ---- opening ---- */

static int
adopt(struct source *s, const struct stat *st)
{
	s->regular = S_ISREG(st->st_mode) && s->fd != STDIN_FILENO;
	s->dev = st->st_dev;
	s->ino = st->st_ino;
	if (S_ISREG(st->st_mode))
		posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	if (!s->regular)
		s->list = NULL;
	if (s->list != NULL)
		link_source(s);
	return 0;
}

int
source_open(struct source *s, const struct source_origin *origin)
{
	struct stat st;
	int fd = STDIN_FILENO;

	*s = (struct source){
	    .path = origin->path,
	    .memory = origin->memory,
	    .memory_len = origin->memory_len,
	    .fd = -1,
	    .wake_fd = origin->wake_fd,
	    .count = origin->count,
	    .list = origin->list,
	};
	if (s->memory != NULL)
		return 0;
	if (strcmp(s->path, "-") != 0)
		fd = open_path(s->list, s->path);
	if (fd < 0)
		return fd;
	s->fd = fd;
	if (fstat(fd, &st) == 0)
		return adopt(s, &st);
	fd = -errno;
	s->list = NULL;
	source_close(s);
	return fd;
}

void
source_close(struct source *s)
{
	if (s->fd < 0)
		return;
	if (s->list != NULL)
		give_up_descriptor(s);
	else if (s->fd != STDIN_FILENO)
		close(s->fd);
	s->fd = -1;
}

/* ---- reading ---- */

/* The same file again, at the offset where it was left. */
static int
reopen(struct source *s)
{
	struct stat st;
	int fd = open_path(s->list, s->path), error = 0;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) != 0)
		error = -errno;
	else if (st.st_dev != s->dev || st.st_ino != s->ino)
		error = -ESTALE;
	else if (lseek(fd, (off_t)s->offset, SEEK_SET) < 0)
		error = -errno;
	if (error < 0) {
		close(fd);
		return error;
	}
	s->fd = fd;
	return adopt(s, &st);
}

static ssize_t
read_memory(struct source *s, void *buf, size_t n)
{
	size_t rest = s->memory_len - (size_t)s->offset;

	if (n > rest)
		n = rest;
	if (n > 0)
		memcpy(buf, s->memory + s->offset, n);
	return (ssize_t)n;
}

/* Returns 0 when there is something to read (or to fail on), -ECANCELED when woken. */
static int
wait_readable(const struct source *s)
{
	struct pollfd fds[] = {
	    {.fd = s->fd, .events = POLLIN},
	    {.fd = s->wake_fd, .events = POLLIN},
	};

	if (s->regular || s->wake_fd < 0)
		return 0;
	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR)
			return -errno;
	return fds[1].revents != 0 ? -ECANCELED : 0;
}

static ssize_t
read_descriptor(struct source *s, void *buf, size_t n)
{
	ssize_t got;
	int error = 0;

	if (s->fd < 0)
		error = reopen(s);
	else if (s->list != NULL && s->list->newest != s) {
		unlink_source(s);
		link_source(s);
	}
	while (error == 0) {
		error = wait_readable(s);
		if (error != 0)
			break;
		got = read(s->fd, buf, n);
		if (got >= 0)
			return got;
		if (errno != EINTR && errno != EAGAIN)
			error = -errno;
	}
	return error;
}

const char *
source_error(int error)
{
	if (error == ESTALE)
		return "the file was replaced while it was read";
	return strerror(error);
}

ssize_t
source_read(struct source *s, void *buf, size_t n)
{
	ssize_t got =
	    s->memory != NULL ? read_memory(s, buf, n) : read_descriptor(s, buf, n);

	if (got > 0) {
		s->offset += (uint64_t)got;
		*s->count += (uint64_t)got;
	}
	return got;
}
