/*
 * Writes the packets of shapes.tsv as files into a directory: one for the fuzzer each
 * (tests/fuzz/fuzz_decode.c says of what form), and one capture file per link type for
 * other dissectors.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shapes.h"

#define SEED_MAX   1600 /* longer packets teach a fuzzer nothing more */
#define LINKS_MAX  512
#define PCAP_MAGIC 0xa1b2c3d4

struct output {
	const char *dir;
	FILE *captures[LINKS_MAX]; /* by link type */
	bool failed;
};

static FILE *
create(struct output *out, const char *kind, unsigned number, const char *ending)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s%03u%s", out->dir, kind, number, ending);
	f = fopen(path, "wb");
	if (f == NULL) {
		perror(path);
		out->failed = true;
	}
	return f;
}

static void
write_seed(struct output *out, const struct shape *shape)
{
	const struct recipe *r = shape->packet;
	FILE *f;

	if (r->caplen > SEED_MAX)
		return;
	f = create(out, "shape", shape->line, "");
	if (f == NULL)
		return;
	fputc(shape->linktype == 276 ? 255 : shape->linktype, f);
	fputc(r->wire > r->caplen ? 5 : 0, f);
	fwrite(r->bytes, 1, r->caplen, f);
	fclose(f);
}

static FILE *
capture_of(struct output *out, uint16_t linktype)
{
	const uint32_t header[6] = {PCAP_MAGIC, 4 << 16 | 2, 0, 0, 262144, linktype};
	FILE **f = &out->captures[linktype];

	if (*f == NULL && (*f = create(out, "link", linktype, ".pcap")) != NULL)
		fwrite(header, sizeof header, 1, *f);
	return *f;
}

static void
write_record(struct output *out, const struct shape *shape)
{
	const struct recipe *r = shape->packet;
	const uint32_t header[4] = {shape->line, 0, r->caplen, r->wire};
	FILE *f = capture_of(out, shape->linktype);

	if (f == NULL)
		return;
	fwrite(header, sizeof header, 1, f);
	fwrite(r->bytes, 1, r->caplen, f);
}

static void
write_shape(const struct shape *shape, void *ctx)
{
	write_seed(ctx, shape);
	write_record(ctx, shape);
}

int
main(int argc, char **argv)
{
	static struct output out;

	if (argc != 2) {
		fputs("usage: shapes_write DIRECTORY\n", stderr);
		return 2;
	}
	out.dir = argv[1];
	if (shapes_each(write_shape, &out) < 0)
		out.failed = true;
	for (size_t i = 0; i < LINKS_MAX; i++)
		if (out.captures[i] != NULL && fclose(out.captures[i]) != 0)
			out.failed = true;
	return out.failed;
}
