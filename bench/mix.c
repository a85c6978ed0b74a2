/*
 * tallyman-mix: makes a capture of any size out of small ones, for measurements.
 *
 * Copies of the input captures run side by side, each with addresses of its own,
 * payload as it was, checksums right where they were right. A flood of SYNs from
 * spoofed sources can be mixed in. The same arguments give the same bytes.
 */
#include "config.h"

#include "mix.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct options {
	const char *out;
	uint64_t packets, seed, overlap, syns, rate, port;
	const char *victim;
};

static const struct option_row {
	const char *name;
	char letter;
	const char *value; /* what it is called in the help */
	size_t off;        /* in struct options, where it is a number */
	uint64_t min, max;
	const char *help;
} rows[] = {
    {"output", 'o', "FILE", 0, 0, 0, "the capture to write (pcap, Ethernet)"},
    {"packets", 'n', "N", offsetof(struct options, packets), 1, UINT64_MAX,
	"packets of copies (default: one copy of each input)"},
    {"seed", 's', "N", offsetof(struct options, seed), 0, UINT64_MAX,
	"another seed, another mix (default 1)"},
    {"overlap", 'c', "N", offsetof(struct options, overlap), 1, 100000,
	"copies that run at a time (default 32)"},
    {"syn-flood", 'f', "N", offsetof(struct options, syns), 1, 3000000000u,
	"add N SYNs, each from another public address"},
    {"rate", 'r', "PPS", offsetof(struct options, rate), 1, 1000000000u,
	"SYNs per second (default 100000)"},
    {"victim", 'v', "IPV4", 0, 0, 0, "where the SYNs go (default 10.255.0.80)"},
    {"port", 'p', "N", offsetof(struct options, port), 1, 65535,
	"the port they go to (default 80)"},
    {"help", 'h', NULL, 0, 0, 0, "this text"},
};

#define N_ROWS (sizeof rows / sizeof *rows)

static void
usage(FILE *to)
{
	size_t i;

	fprintf(to,
	    "usage: tallyman-mix [OPTION...] -o OUT.pcap [IN.pcap[.gz]...]\n"
	    "Multiplies captures into one of any size. An input that is named twice "
	    "weighs double.\n");
	for (i = 0; i < N_ROWS; i++)
		fprintf(to, "  -%c, --%-9s %-5s %s\n", rows[i].letter, rows[i].name,
		    rows[i].value ? rows[i].value : "", rows[i].help);
}

static bool
parse_number(const struct option_row *row, const char *text, struct options *o)
{
	char *end;
	uint64_t n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno != 0 || *text < '0' || *text > '9' || *end != '\0' || n < row->min ||
	    n > row->max) {
		fprintf(stderr,
		    "tallyman-mix: --%s %s: not a number from %" PRIu64 " to %" PRIu64
		    "\n",
		    row->name, text, row->min, row->max);
		return false;
	}
	memcpy((char *)o + row->off, &n, sizeof n);
	return true;
}

/* -1: go on; otherwise the exit status. */
static int
parse_row(const struct option_row *row, const char *value, struct options *o)
{
	switch (row->letter) {
	case 'o':
		o->out = value;
		return -1;
	case 'v':
		o->victim = value;
		return -1;
	case 'h':
		usage(stdout);
		return 0;
	default:
		return parse_number(row, value, o) ? -1 : 2;
	}
}

static int
parse_options(int argc, char **argv, struct options *o)
{
	struct option longs[N_ROWS + 1] = {0};
	char shorts[2 * N_ROWS + 1], *next = shorts;
	size_t i;
	int letter, status;

	for (i = 0; i < N_ROWS; i++) {
		longs[i] = (struct option){rows[i].name,
		    rows[i].value ? required_argument : no_argument, NULL,
		    rows[i].letter};
		*next++ = rows[i].letter;
		if (rows[i].value != NULL)
			*next++ = ':';
	}
	*next = '\0';
	while ((letter = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		for (i = 0; i < N_ROWS && rows[i].letter != letter; i++)
			;
		status = i < N_ROWS ? parse_row(&rows[i], optarg, o) : 2;
		if (status >= 0)
			return status;
	}
	if (o->out == NULL || (optind == argc && o->syns == 0)) {
		usage(stderr);
		return 2;
	}
	return -1;
}

struct sources {
	struct input *loaded; /* one per distinct path */
	size_t n_loaded, left_out;
	struct input **list; /* as on the command line */
	size_t n;
};

static struct input *
find_loaded(const struct sources *s, const char *path)
{
	size_t i;

	for (i = 0; i < s->n_loaded; i++)
		if (strcmp(s->loaded[i].path, path) == 0)
			return &s->loaded[i];
	return NULL;
}

/* False when a file cannot be read, or none of them can be used. */
static bool
sources_load(struct sources *s, char **paths, int n)
{
	int i;

	s->loaded = calloc((size_t)n + 1, sizeof *s->loaded);
	s->list = calloc((size_t)n + 1, sizeof(struct input *));
	if (s->loaded == NULL || s->list == NULL)
		return false;
	for (i = 0; i < n; i++) {
		struct input *in = find_loaded(s, paths[i]);

		if (in == NULL) {
			in = &s->loaded[s->n_loaded++];
			switch (input_load(in, paths[i])) {
			case INPUT_FAILED:
				return false;
			case INPUT_LEFT_OUT:
				s->left_out++;
				break;
			case INPUT_OK:
				break;
			}
		}
		if (in->n_packets > 0)
			s->list[s->n++] = in;
	}
	if (n > 0 && s->n == 0)
		fprintf(stderr, "tallyman-mix: no input could be used\n");
	return n == 0 || s->n > 0;
}

static void
sources_fini(struct sources *s)
{
	size_t i;

	for (i = 0; i < s->n_loaded; i++)
		input_fini(&s->loaded[i]);
	free(s->loaded);
	free(s->list);
}

static void
report(const struct options *o, const struct sources *s, const struct play *p,
    const struct flood *f, const struct output *out)
{
	printf("%s: %" PRIu64 " packets, %" PRIu64 " bytes, about %" PRIu64
	       " flows, %.1f s\n",
	    o->out, out->packets, out->bytes, p->flows + f->sent,
	    (double)(out->last_usec - out->first_usec) / 1e6);
	printf("%" PRIu64 " copies of %zu captures, %" PRIu64 " SYNs of a flood",
	    p->copies, s->n_loaded - s->left_out, f->sent);
	if (s->left_out > 0)
		printf("; %zu inputs left out", s->left_out);
	if (p->reused > 0)
		printf("; %" PRIu64 " copies share networks with others", p->reused);
	printf("\n");
}

static int
run(const struct options *o, struct sources *s)
{
	struct in_addr victim;
	struct output out;
	struct play p = {.inputs = s->list,
	    .n_inputs = s->n,
	    .packets = o->packets,
	    .seed = o->seed,
	    .overlap = (unsigned)o->overlap};
	struct flood f = {.count = o->syns,
	    .rate = (double)o->rate,
	    .port = (uint16_t)o->port,
	    .seed = mix_hash(o->seed + 2)};

	if (inet_pton(AF_INET, o->victim, &victim) != 1) {
		fprintf(stderr, "tallyman-mix: --victim %s: not an IPv4 address\n",
		    o->victim);
		return 2;
	}
	f.victim = ntohl(victim.s_addr);
	if (!output_open(&out, o->out)) {
		perror(o->out);
		return 1;
	}
	play_run(&p, &f, &out);
	if (!output_close(&out)) {
		fprintf(
		    stderr, "tallyman-mix: %s: could not be written in full\n", o->out);
		return 1;
	}
	report(o, s, &p, &f, &out);
	return 0;
}

int
main(int argc, char **argv)
{
	struct options o = {.seed = 1,
	    .overlap = 32,
	    .rate = 100000,
	    .port = 80,
	    .victim = "10.255.0.80"};
	struct sources s = {0};
	int status = parse_options(argc, argv, &o);

	if (status >= 0)
		return status;
	status = sources_load(&s, argv + optind, argc - optind) ? run(&o, &s) : 1;
	sources_fini(&s);
	return status;
}
