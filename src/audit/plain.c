/* The log as plain lines on a descriptor. */
#include "config.h"

#include "audit/plain.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* Writes what can be written; 0 or -errno, *done_r bytes went out either way. */
static int
write_some(int fd, const char *data, size_t len, size_t *done_r)
{
	for (*done_r = 0; *done_r < len;) {
		ssize_t n = write(fd, data + *done_r, len - *done_r);

		if (n >= 0) {
			*done_r += (size_t)n;
		} else if (errno == EAGAIN) {
			/* A descriptor that someone else made non-blocking. */
			poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

/* The line that an earlier failure cut goes first. */
static int
write_rest(struct plain *p)
{
	size_t done;
	int error = write_some(p->fd, p->rest.data, p->rest.len, &done);

	p->rest.len -= done;
	if (p->rest.len != 0)
		memmove(p->rest.data, p->rest.data + done, p->rest.len);
	return error;
}

static uint64_t
count_lines(const char *text, size_t len)
{
	const char *end = text + len;
	uint64_t n = 0;

	for (; (text = memchr(text, '\n', (size_t)(end - text))) != NULL; text++)
		n++;
	return n;
}

int
plain_write(struct plain *p, const char *lines, size_t len, uint64_t *lines_r,
    uint64_t *bytes_r)
{
	size_t done = 0;
	int error = write_rest(p);

	if (error == 0)
		error = write_some(p->fd, lines, len, &done);
	if (done > 0 && done < len && lines[done - 1] != '\n') {
		const char *end = memchr(lines + done, '\n', len - done);
		size_t rest =
		    end == NULL ? len - done : (size_t)(end + 1 - (lines + done));

		buf_add(&p->rest, lines + done, rest);
		done += rest;
	}
	*lines_r = count_lines(lines, done);
	*bytes_r = done;
	return error;
}
