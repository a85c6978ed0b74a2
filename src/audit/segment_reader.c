/*
 * Reading a segment back. The file is not trusted: every length is checked against the
 * file and against what a member may hold before memory is taken.
 */
#include "config.h"

#include "tallyman/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/deflate.h"
#include "audit/member.h"

struct audit_reader {
	int fd;
	uint64_t next; /* offset of the member after the current one */
	struct audit_member member;
	uint32_t packed; /* offset of its compressed data in it; 0: none is current */
	struct deflate *deflate;
	struct buf stored;
	const char *error;
};

static int
fail(struct audit_reader *r, int error, const char *what)
{
	r->error = what;
	return error;
}

struct audit_reader *
audit_reader_open(const char *path, char **error_r)
{
	struct audit_reader *r = calloc(1, sizeof *r);
	struct buf text;
	struct stat st;

	buf_init(&text);
	if (r == NULL) {
		*error_r = strdup("not enough memory to read the log");
		return NULL;
	}
	r->error = "";
	r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (r->fd < 0 || fstat(r->fd, &st) < 0)
		buf_printf(&text, "%s: cannot open: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		buf_printf(&text, "%s: a log segment must be a regular file", path);
	r->deflate = deflate_new(DEFLATE_BEST, 1);
	if (r->deflate == NULL)
		buf_printf(&text, "%s: not enough memory to read it", path);
	if (text.len == 0)
		return r;
	*error_r = buf_detach(&text);
	audit_reader_close(&r);
	return NULL;
}

void
audit_reader_close(struct audit_reader **r)
{
	if (*r == NULL)
		return;
	if ((*r)->fd >= 0)
		close((*r)->fd);
	deflate_free(&(*r)->deflate);
	buf_fini(&(*r)->stored);
	free(*r);
	*r = NULL;
}

/* Reads up to len bytes; fewer only at the end of the file. Their number or -errno. */
static ssize_t
read_at(int fd, uint64_t offset, void *data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n =
		    pread(fd, (char *)data + done, len - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static int
check_end(struct audit_reader *r, const struct audit_member *m)
{
	struct stat st;

	if (fstat(r->fd, &st) < 0)
		return fail(r, -errno, "the file cannot be read");
	if ((uint64_t)st.st_size < m->offset + m->stored_bytes)
		return fail(r, -EBADMSG, "the file ends within a member");
	return 0;
}

int
audit_reader_next(struct audit_reader *r, struct audit_member *m_r)
{
	uint8_t header[MEMBER_HEADER];
	ssize_t n = read_at(r->fd, r->next, header, sizeof header);
	const char *wrong;
	int error;

	memset(m_r, 0, sizeof *m_r);
	m_r->offset = r->next;
	r->packed = 0;
	if (n < 0)
		return fail(r, (int)n, "the file cannot be read");
	if (n == 0)
		return 0;
	if (n < MEMBER_HEADER)
		return fail(r, -EBADMSG, "the file ends within a member's header");
	wrong = member_parse(header, m_r, &r->packed);
	error = wrong != NULL ? fail(r, -EBADMSG, wrong) : check_end(r, m_r);
	if (error != 0) {
		r->packed = 0;
		return error;
	}
	r->member = *m_r;
	r->next += m_r->stored_bytes;
	return 1;
}

int
audit_reader_inflate(struct audit_reader *r, struct buf *out)
{
	const struct audit_member *m = &r->member;
	const char *wrong;
	ssize_t n;

	buf_reset(out);
	buf_reset(&r->stored);
	if (r->packed == 0)
		return fail(r, -EINVAL, "no member was found before");
	if (!buf_reserve(&r->stored, m->stored_bytes) ||
	    !buf_reserve(out, m->json_bytes + 1))
		return fail(r, -ENOMEM, "not enough memory to read the member");
	n = read_at(r->fd, m->offset, r->stored.data, m->stored_bytes);
	if (n < 0)
		return fail(r, (int)n, "the file cannot be read");
	if ((uint64_t)n < m->stored_bytes)
		return fail(r, -EBADMSG, "the file ends within a member");
	wrong = member_unpack(
	    r->deflate, m, r->packed, (const uint8_t *)r->stored.data, out);
	return wrong == NULL ? 0 : fail(r, -EBADMSG, wrong);
}

const char *
audit_reader_error(const struct audit_reader *r)
{
	return r->error;
}
