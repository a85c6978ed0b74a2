/*
 * A filter expression, compiled by libpcap once for each link type that occurs. Link
 * types for which it has no meaning ("wlan" on Ethernet) are told apart from frames
 * that it rejects.
 */
#include "config.h"

#include "capture_priv.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

struct filter_type {
	uint16_t linktype;
	enum filter_verdict
	    answer; /* to every frame, unless it is FILTER_ACCEPT: then */
	struct bpf_program program; /* this decides */
	char why[PCAP_ERRBUF_SIZE]; /* otherwise this says why */
};

struct filter {
	char *expression;
	struct filter_type types[FILTER_TYPES_MAX];
	unsigned n;
	unsigned last; /* the type of the frame before */
};

static const char too_many[] = "too many link types in one run";

/*
 * LINKTYPE_ numbers of files are libpcap's DLT_ numbers except for the few that systems
 * disagreed about (pcap-linktype(7)).
 */
static const struct {
	uint16_t linktype;
	int dlt;
} exceptions[] = {
    {50, DLT_PPP_SERIAL},
    {51, DLT_PPP_ETHER},
    {100, DLT_ATM_RFC1483},
    {101, DLT_RAW},
    {102, DLT_SLIP_BSDOS},
    {103, DLT_PPP_BSDOS},
    {104, DLT_C_HDLC},
    {106, DLT_ATM_CLIP},
    {107, DLT_FRELAY},
    {108, DLT_LOOP},
    {109, DLT_ENC},
    {246, DLT_PFSYNC},
    {258, DLT_PKTAP},
};

/* What an expression is tried with when no file says which link types matter. */
static const uint16_t common_types[] = {
    1 /* Ethernet */,
    113 /* Linux SLL */,
    276 /* SLL2 */,
    101 /* raw IP */,
    127 /* radiotap */,
    105 /* 802.11 */,
    0 /* NULL */,
    9 /* PPP */,
    104 /* Cisco HDLC */,
};

static int
dlt_of(uint16_t linktype)
{
	for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++)
		if (exceptions[i].linktype == linktype)
			return exceptions[i].dlt;
	return linktype;
}

struct filter *
filter_new(const char *expression)
{
	struct filter *f = calloc(1, sizeof *f);

	if (f == NULL)
		return NULL;
	f->expression = strdup(expression);
	if (f->expression == NULL)
		filter_free(&f);
	return f;
}

void
filter_free(struct filter **f)
{
	if (*f == NULL)
		return;
	for (unsigned i = 0; i < (*f)->n; i++)
		if ((*f)->types[i].answer == FILTER_ACCEPT)
			pcap_freecode(&(*f)->types[i].program);
	free((*f)->expression);
	free(*f);
	*f = NULL;
}

/*
 * The optimiser refuses an expression that rejects every packet, which compiles as it
 * stands. For one link type of several that is a fair answer.
 */
static void
compile(struct filter_type *t, const char *expression)
{
	pcap_t *dead = pcap_open_dead(dlt_of(t->linktype), CAPTURE_SNAPLEN_MAX);

	t->answer = FILTER_UNUSABLE;
	snprintf(t->why, sizeof t->why, "not enough memory");
	if (dead == NULL)
		return;
	if (pcap_compile(dead, &t->program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0) {
		t->answer = FILTER_ACCEPT;
	} else {
		snprintf(t->why, sizeof t->why, "%s", pcap_geterr(dead));
		if (pcap_compile(
			dead, &t->program, expression, 0, PCAP_NETMASK_UNKNOWN) == 0) {
			t->answer = FILTER_REJECT;
			pcap_freecode(&t->program);
		}
	}
	pcap_close(dead);
}

/* The slot of a link type; FILTER_TYPES_MAX when there is none left. */
static unsigned
find_type(struct filter *f, uint16_t linktype)
{
	unsigned i;

	for (i = 0; i < f->n; i++)
		if (f->types[i].linktype == linktype)
			return i;
	if (i == FILTER_TYPES_MAX)
		return i;
	f->n++;
	f->types[i].linktype = linktype;
	compile(&f->types[i], f->expression);
	return i;
}

const char *
filter_prepare(struct filter *f, uint16_t linktype)
{
	unsigned slot = find_type(f, linktype);

	if (slot == FILTER_TYPES_MAX)
		return too_many;
	return f->types[slot].answer == FILTER_ACCEPT ? NULL : f->types[slot].why;
}

const char *
filter_try_common(struct filter *f)
{
	const char *first = NULL;

	for (size_t i = 0; i < sizeof common_types / sizeof *common_types; i++) {
		const char *why = filter_prepare(f, common_types[i]);

		if (why == NULL)
			return NULL;
		if (first == NULL)
			first = why;
	}
	return first;
}

enum filter_verdict
filter_match(struct filter *f, const struct frame *frame, unsigned *slot_r)
{
	const struct filter_type *t;

	if (f->last >= f->n || f->types[f->last].linktype != frame->linktype)
		f->last = find_type(f, frame->linktype);
	*slot_r = f->last;
	if (f->last == FILTER_TYPES_MAX)
		return FILTER_UNUSABLE;
	t = &f->types[f->last];
	if (t->answer != FILTER_ACCEPT)
		return t->answer;
	return bpf_filter(
		   t->program.bf_insns, frame->data, frame->len, frame->caplen) != 0
	    ? FILTER_ACCEPT
	    : FILTER_REJECT;
}
