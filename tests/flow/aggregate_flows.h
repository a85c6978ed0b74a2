/*
 * What the tests of folding share: unanswered flows, and a collector of what is
 * written. Include after cmocka.h.
 */
#ifndef TESTS_FLOW_AGGREGATE_FLOWS_H
#define TESTS_FLOW_AGGREGATE_FLOWS_H

#include <netinet/in.h>

#include "tallyman/clock.h"
#include "tallyman/meter.h"
#include "flow_values.h"

#define SECOND CLOCK_NS_PER_SEC

/* A SYN that nobody answered. */
static inline struct flow_record
unanswered(uint32_t src, uint32_t dst, uint16_t dport, int64_t ts)
{
	struct flow_record r = {
	    .id = ((uint64_t)src << 20 ^ dst) & ((UINT64_C(1) << 53) - 1),
	    .src = v4(src),
	    .dst = v4(dst),
	    .sport = 40000,
	    .dport = dport,
	    .proto = IPPROTO_TCP,
	    .conn_state = FLOW_CONN_S0,
	    .start = ts,
	    .end = ts,
	};

	r.side[FLOW_TOSERVER] = (struct flow_side){
	    .packets = 1, .bytes = 60, .ip_bytes = 40, .tcp_flags = TCP_SYN};
	return r;
}

enum { VICTIMS = 16 };

struct totals {
	uint64_t flows, packets[2], bytes[2], by_conn_state[FLOW_CONN_OTH + 1];
};

static inline void
add_flow(struct totals *t, const struct flow_record *r)
{
	t->flows++;
	for (unsigned dir = 0; dir < 2; dir++) {
		t->packets[dir] += r->side[dir].packets;
		t->bytes[dir] += r->side[dir].bytes;
	}
	t->by_conn_state[r->conn_state]++;
}

static inline void
add_aggregate(struct totals *t, const struct aggregate *a)
{
	t->flows += a->flows;
	for (unsigned dir = 0; dir < 2; dir++) {
		t->packets[dir] += a->packets[dir];
		t->bytes[dir] += a->bytes[dir];
	}
	for (unsigned i = 0; i <= FLOW_CONN_OTH; i++)
		t->by_conn_state[i] += a->by_conn_state[i];
}

/* What came out; the first aggregates are kept. */
struct output {
	struct totals by_proto[256], by_victim[VICTIMS], by_reason[3];
	struct aggregate kept[256];
	uint64_t aggregates;
};

static inline void
keep(void *ctx, const struct aggregate *a)
{
	struct output *out = ctx;
	uint64_t states = 0;

	for (unsigned i = 0; i <= FLOW_CONN_OTH; i++)
		states += a->by_conn_state[i];
	assert_true(a->flows > 0 && states == a->flows);
	assert_true(a->start <= a->end);
	assert_true(a->src.n_samples >= 1 && a->dst.n_samples >= 1);
	assert_true(a->by != AGGREGATE_BY_DST || a->dst.n_samples == 1);
	assert_true(a->by != AGGREGATE_BY_SRC || a->src.n_samples == 1);
	add_aggregate(&out->by_proto[a->proto], a);
	add_aggregate(&out->by_reason[a->by], a);
	if (a->dst.n_samples == 1)
		add_aggregate(&out->by_victim[a->dst.samples[0].bytes[3] % VICTIMS], a);
	if (out->aggregates < LENGTH(out->kept))
		out->kept[out->aggregates] = *a;
	out->aggregates++;
}

static inline struct output *
output_new(void)
{
	struct output *out = calloc(1, sizeof *out);

	assert_non_null(out);
	return out;
}

#endif
