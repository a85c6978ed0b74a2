/*
 * The run's top lists. Protocol names are few and fixed by the library; addresses are
 * not, so their table is bounded: when it is full, the half with the least bytes is
 * forgotten and the report says so.
 */
#include "config.h"

#include "engine_priv.h"

#include <stdlib.h>
#include <string.h>

#include "tallyman/hash.h"

#define PROTOCOLS_MAX 512
#define TALKERS_MAX   8192 /* places; the table has twice as many slots */
#define SLOTS         (2 * TALKERS_MAX)

struct ranking {
	struct hash_key key;
	struct engine_protocol protocols[PROTOCOLS_MAX];
	unsigned n_protocols;
	struct engine_talker talkers[TALKERS_MAX];
	uint32_t slots[SLOTS]; /* index + 1 of a talker, 0 for none */
	uint32_t n_talkers;
	bool estimated;
};

struct ranking *
ranking_new(void)
{
	struct ranking *r = calloc(1, sizeof *r);

	if (r != NULL)
		hash_key_random(&r->key);
	return r;
}

void
ranking_free(struct ranking **r)
{
	free(*r);
	*r = NULL;
}

static void
add_protocol(struct ranking *r, const struct flow_record *f, const char *name)
{
	struct engine_protocol *p = r->protocols;

	while (p < r->protocols + r->n_protocols && strcmp(p->name, name) != 0)
		p++;
	if (p == r->protocols + PROTOCOLS_MAX)
		return;
	if (p == r->protocols + r->n_protocols) {
		strncpy(p->name, name, sizeof p->name - 1);
		r->n_protocols++;
	}
	p->flows++;
	for (int i = 0; i < 2; i++) {
		p->packets += f->side[i].packets;
		p->bytes += f->side[i].bytes;
	}
}

static uint64_t
weight(const struct engine_talker *t)
{
	return t->bytes_out + t->bytes_in;
}

static int
by_bytes(const void *a, const void *b)
{
	const struct engine_protocol *p = a, *q = b;

	if (p->bytes != q->bytes)
		return p->bytes < q->bytes ? 1 : -1;
	return strcmp(p->name, q->name);
}

static int
by_weight(const void *a, const void *b)
{
	const struct engine_talker *p = a, *q = b;

	if (weight(p) != weight(q))
		return weight(p) < weight(q) ? 1 : -1;
	return addr_compare(&p->addr, &q->addr);
}

static uint32_t *
find_slot(struct ranking *r, const struct addr *a)
{
	uint64_t slot = hash_keyed(&r->key, a, sizeof *a) % SLOTS;

	while (
	    r->slots[slot] != 0 && !addr_equal(&r->talkers[r->slots[slot] - 1].addr, a))
		slot = (slot + 1) % SLOTS;
	return &r->slots[slot];
}

/* Keeps the half with the most bytes. */
static void
forget_small(struct ranking *r)
{
	qsort(r->talkers, r->n_talkers, sizeof *r->talkers, by_weight);
	r->n_talkers /= 2;
	r->estimated = true;
	memset(r->slots, 0, sizeof r->slots);
	for (uint32_t i = 0; i < r->n_talkers; i++)
		*find_slot(r, &r->talkers[i].addr) = i + 1;
}

static struct engine_talker *
find_talker(struct ranking *r, const struct addr *a)
{
	uint32_t *slot = find_slot(r, a);

	if (*slot != 0)
		return &r->talkers[*slot - 1];
	if (r->n_talkers == TALKERS_MAX) {
		forget_small(r);
		slot = find_slot(r, a);
	}
	r->talkers[r->n_talkers] = (struct engine_talker){.addr = *a};
	*slot = ++r->n_talkers;
	return &r->talkers[*slot - 1];
}

static void
add_talker(struct ranking *r, const struct addr *a, uint64_t out, uint64_t in)
{
	struct engine_talker *t = find_talker(r, a);

	t->flows++;
	t->bytes_out += out;
	t->bytes_in += in;
}

void
ranking_add(
    struct ranking *r, const struct flow_record *f, const char *protocol, bool folded)
{
	uint64_t to = f->side[FLOW_TOSERVER].bytes, back = f->side[FLOW_TOCLIENT].bytes;

	add_protocol(r, f, protocol);
	if (!folded)
		add_talker(r, &f->src, to, back);
	add_talker(r, &f->dst, back, to);
}

static unsigned
at_most_top(unsigned n)
{
	return n < ENGINE_TOP ? n : ENGINE_TOP;
}

void
ranking_report(struct ranking *r, struct engine_report *report)
{
	qsort(r->protocols, r->n_protocols, sizeof *r->protocols, by_bytes);
	qsort(r->talkers, r->n_talkers, sizeof *r->talkers, by_weight);
	report->protocols_seen = r->n_protocols;
	report->n_protocols = at_most_top(r->n_protocols);
	report->n_talkers = at_most_top(r->n_talkers);
	report->talkers_estimated = r->estimated;
	memcpy(report->protocols, r->protocols,
	    report->n_protocols * sizeof *r->protocols);
	memcpy(report->talkers, r->talkers, report->n_talkers * sizeof *r->talkers);
}
