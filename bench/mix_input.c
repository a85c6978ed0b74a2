/* Inputs of tallyman-mix: capture files read into memory. */
#include "config.h"

#include "mix.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define LINK_ETHERNET 1
#define CAPLEN_MAX    (256u * 1024)

static const struct {
	uint8_t magic[4];
	bool big;
	bool nano;
} formats[] = {
    {{0xd4, 0xc3, 0xb2, 0xa1}, false, false},
    {{0xa1, 0xb2, 0xc3, 0xd4}, true, false},
    {{0x4d, 0x3c, 0xb2, 0xa1}, false, true},
    {{0xa1, 0xb2, 0x3c, 0x4d}, true, true},
};

void *
grow(void *array, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return array;
	*cap = *cap ? *cap * 2 : 1024;
	while (*cap <= n)
		*cap *= 2;
	array = realloc(array, *cap * size);
	if (array == NULL) {
		fprintf(stderr, "tallyman-mix: out of memory\n");
		exit(1);
	}
	return array;
}

static uint32_t
get32(const uint8_t *b, bool big)
{
	if (big)
		return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
		    (uint32_t)b[2] << 8 | b[3];
	return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

/* One record; false at the end, or where the file is damaged. */
static bool
read_record(struct input *in, gzFile f, bool big, bool nano, uint64_t *usec_r)
{
	uint8_t head[16];
	struct packet *p;
	uint32_t caplen;
	int n = gzread(f, head, sizeof head);

	if (n == 0)
		return false;
	caplen = get32(head + 8, big);
	if (n != sizeof head || caplen > CAPLEN_MAX) {
		fprintf(stderr, "tallyman-mix: %s: damaged after packet %zu\n",
		    in->path, in->n_packets);
		return false;
	}
	in->data = grow(in->data, in->data_len + caplen, &in->data_cap, 1);
	if (gzread(f, in->data + in->data_len, caplen) != (int)caplen) {
		fprintf(stderr, "tallyman-mix: %s: ends within packet %zu\n", in->path,
		    in->n_packets + 1);
		return false;
	}
	*usec_r = (uint64_t)get32(head, big) * 1000000 +
	    get32(head + 4, big) / (nano ? 1000 : 1);
	in->packets = grow(in->packets, in->n_packets, &in->packets_cap, sizeof *p);
	p = &in->packets[in->n_packets++];
	*p = (struct packet){.usec = *usec_r,
	    .data = in->data_len,
	    .caplen = caplen,
	    .len = get32(head + 12, big)};
	in->data_len += caplen;
	in->bytes += caplen;
	return true;
}

static int
by_time(const void *a, const void *b)
{
	const struct packet *x = a, *y = b;

	if (x->usec != y->usec)
		return x->usec < y->usec ? -1 : 1;
	return x->data < y->data ? -1 : x->data > y->data;
}

static void
plan_all(struct input *in)
{
	size_t i;

	for (i = 0; i < in->n_packets; i++) {
		struct packet *p = &in->packets[i];

		p->edits = (uint32_t)in->n_edits;
		plan_frame(in, in->data + p->data, p->caplen);
		p->n_edits = (uint32_t)in->n_edits - p->edits;
	}
}

/* Times start at zero, and packets stand in time order. */
static void
settle_times(struct input *in, bool sorted)
{
	uint64_t first;
	size_t i;

	if (!sorted)
		qsort(in->packets, in->n_packets, sizeof *in->packets, by_time);
	first = in->packets[0].usec;
	for (i = 0; i < in->n_packets; i++)
		in->packets[i].usec -= first;
	in->usec = in->packets[in->n_packets - 1].usec;
}

static enum input_result
left_out(const struct input *in, const char *why)
{
	fprintf(stderr, "tallyman-mix: %s: left out: %s\n", in->path, why);
	return INPUT_LEFT_OUT;
}

static enum input_result
load_open(struct input *in, gzFile f)
{
	uint8_t head[24];
	uint64_t usec, last = 0;
	bool sorted = true;
	size_t i;

	if (gzread(f, head, sizeof head) != sizeof head)
		return left_out(in, "no pcap file");
	for (i = 0; i < sizeof formats / sizeof *formats; i++)
		if (memcmp(head, formats[i].magic, 4) == 0)
			break;
	if (i == sizeof formats / sizeof *formats)
		return left_out(in, "no pcap file");
	if ((get32(head + 20, formats[i].big) & 0xffff) != LINK_ETHERNET)
		return left_out(in, "not Ethernet");
	while (read_record(in, f, formats[i].big, formats[i].nano, &usec)) {
		sorted = sorted && usec >= last;
		last = usec;
	}
	if (in->n_packets == 0)
		return left_out(in, "no packets");
	settle_times(in, sorted);
	plan_all(in);
	return INPUT_OK;
}

enum input_result
input_load(struct input *in, const char *path)
{
	gzFile f = gzopen(path, "rb");
	enum input_result result;

	in->path = path;
	if (f == NULL) {
		perror(path);
		return INPUT_FAILED;
	}
	gzbuffer(f, 256 * 1024);
	result = load_open(in, f);
	gzclose(f);
	return result;
}

void
input_fini(struct input *in)
{
	free(in->data);
	free(in->packets);
	free(in->edits);
	free(in->flow_set);
	memset(in, 0, sizeof *in);
}
