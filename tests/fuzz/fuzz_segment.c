/*
 * The segment reader on arbitrary bytes. The first byte chooses: the rest is a file as
 * it is, or it is packed into members first, of which one byte is then changed, so that
 * damage behind a good header is reached as well.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "audit/deflate.h"
#include "audit/member.h"
#include "tallyman/audit.h"

#define PIECE       200 /* bytes of a packed member */
#define MEMBERS_MAX 100000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_all(const struct buf *file, struct buf *json)
{
	int fd = memfd_create("segment", MFD_CLOEXEC);
	struct audit_reader *r;
	struct audit_member m;
	uint64_t end = 0;
	struct buf piece;
	char path[64], *error = NULL;

	if (fd < 0 || write(fd, file->data, file->len) != (ssize_t)file->len)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	r = audit_reader_open(path, &error);
	if (r == NULL)
		abort();
	buf_init(&piece);
	for (int i = 0; i < MEMBERS_MAX && audit_reader_next(r, &m) == 1; i++) {
		if (m.offset != end || m.json_bytes > AUDIT_MEMBER_JSON_MAX)
			abort();
		end = m.offset + m.stored_bytes;
		if (end > file->len)
			abort();
		if (audit_reader_inflate(r, &piece) == 0)
			buf_add(json, piece.data, piece.len);
	}
	buf_fini(&piece);
	audit_reader_close(&r);
	close(fd);
}

static void
pack(const uint8_t *data, size_t size, struct buf *file)
{
	struct deflate *d = deflate_new(DEFLATE_ZLIB, 1);
	struct audit_member m = {0};

	for (size_t at = 0; at < size; at += PIECE) {
		size_t n = size - at < PIECE ? size - at : PIECE;

		if (member_pack(d, &m, (const char *)data + at, n, file) != 0)
			abort();
		m.sequence++;
	}
	deflate_free(&d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf file, json;

	if (size < 5)
		return 0;
	buf_init(&file);
	buf_init(&json);
	if ((data[0] & 1) == 0) {
		buf_add(&file, data + 1, size - 1);
		read_all(&file, &json);
	} else {
		size_t at = (size_t)data[1] << 8 | data[2];

		pack(data + 4, size - 4, &file);
		read_all(&file, &json);
		if (json.len != size - 4 || memcmp(json.data, data + 4, json.len) != 0)
			abort();
		file.data[at % file.len] = (char)data[3];
		read_all(&file, &json);
	}
	buf_fini(&file);
	buf_fini(&json);
	return 0;
}
