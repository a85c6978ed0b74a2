/*
 * How fast records are formatted and compressed: nanoseconds of CPU time per record of
 * each sample, then MB/s and ratio of each compressor over the lines of files given as
 * arguments. Built by `make tests/audit/bench_audit`, not run by `make check`.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "audit/deflate.h"
#include "samples.h"
#include "tallyman/clock.h"

#define ROUNDS 200000
#define BLOCK  (1U << 20)

static double
cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
bench_records(void)
{
	unsigned n;
	const struct sample *s = samples_make(&n);
	struct buf out;

	buf_init(&out);
	for (unsigned i = 0; i < n; i++) {
		unsigned records = samples_format(&out, &s[i], &samples_context);
		double start = cpu_seconds();

		for (unsigned k = 0; k < ROUNDS; k++) {
			buf_reset(&out);
			samples_format(&out, &s[i], &samples_context);
		}
		printf("%-20s %7.0f ns %6zu bytes %3u records\n", s[i].name,
		    (cpu_seconds() - start) * 1e9 / ROUNDS, out.len, records);
	}
	buf_fini(&out);
}

static void
bench_level(const struct buf *text, enum deflate_library library, int level)
{
	struct deflate *d = deflate_new(library, level);
	double start = cpu_seconds(), pack, unpack;
	struct buf packed, plain;
	size_t total = 0;

	if (d == NULL)
		return;
	buf_init(&packed);
	buf_init(&plain);
	for (size_t at = 0; at < text->len; at += BLOCK) {
		size_t len = text->len - at < BLOCK ? text->len - at : BLOCK;

		buf_reset(&packed);
		deflate_pack(d, text->data + at, len, &packed);
		total += packed.len;
	}
	pack = cpu_seconds() - start;
	start = cpu_seconds();
	for (int i = 0; i < 10; i++) {
		buf_reset(&plain);
		deflate_unpack(d, packed.data, packed.len, text->len % BLOCK, &plain);
	}
	unpack = cpu_seconds() - start;
	printf("%-10s level %2d %7.1f MB/s %6.2f : 1, inflate %7.1f MB/s\n",
	    library == DEFLATE_ZLIB ? "zlib" : "libdeflate", level,
	    (double)text->len / 1e6 / pack, (double)text->len / (double)total,
	    (double)plain.len * 10 / 1e6 / unpack);
	buf_fini(&packed);
	buf_fini(&plain);
	deflate_free(&d);
}

static void
read_file(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "r");
	char piece[65536];
	size_t n;

	if (f == NULL) {
		perror(path);
		exit(1);
	}
	while ((n = fread(piece, 1, sizeof piece, f)) > 0)
		buf_add(out, piece, n);
	fclose(f);
}

int
main(int argc, char **argv)
{
	struct buf text;

	bench_records();
	buf_init(&text);
	for (int i = 1; i < argc; i++)
		read_file(argv[i], &text);
	for (int level = 1; text.len > 0 && level <= 12; level++) {
		bench_level(&text, DEFLATE_ZLIB, level);
		bench_level(&text, DEFLATE_LIBDEFLATE, level);
	}
	buf_fini(&text);
	return 0;
}
