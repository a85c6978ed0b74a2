/* A directory of its own for each test, and capture files in it. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "scratch.h"

int
enter_directory(void **state)
{
	const char *parent = getenv("TMPDIR");
	char *dir;

	if (asprintf(&dir, "%s/tallyman-test-XXXXXX",
		parent != NULL ? parent : "/tmp") < 0 ||
	    mkdtemp(dir) == NULL)
		return -1;
	*state = dir;
	return chdir(dir);
}

int
leave_directory(void **state)
{
	char command[256];
	int rc;

	snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
	rc = chdir("/") != 0 || system(command) != 0;
	free(*state);
	return rc;
}

void
write_file(const char *path, const void *data, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

void
build_capture(struct bytes *b, uint32_t from, unsigned n, uint32_t size, unsigned seed)
{
	bytes_init(b, false);
	put_pcap_header(b, MAGIC_US, 65535, 1);
	for (unsigned i = 0; i < n; i++)
		put_record(b, from + i, 0, size, size, seed);
}

void
write_capture(const char *path, uint32_t from, unsigned n, unsigned seed)
{
	struct bytes b;

	build_capture(&b, from, n, 40, seed);
	write_file(path, bytes_data(&b), b.buf.len);
	bytes_fini(&b);
}

const struct read_result *
read_path(const char *path)
{
	return read_paths(&path, 1, NULL);
}
