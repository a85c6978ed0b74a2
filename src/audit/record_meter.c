/* The record of an endpoint's second. */
#include "config.h"

#include "audit/record.h"

#include <stddef.h>

static const struct {
	const char *key;
	size_t offset;
} counters[] = {
    {"pkts", offsetof(struct meter_counts, packets)},
    {"bytes", offsetof(struct meter_counts, bytes)},
    {"syn", offsetof(struct meter_counts, syn)},
    {"synack", offsetof(struct meter_counts, synack)},
    {"rst", offsetof(struct meter_counts, rst)},
    {"fin", offsetof(struct meter_counts, fin)},
    {"tcp", offsetof(struct meter_counts, tcp)},
    {"udp", offsetof(struct meter_counts, udp)},
    {"icmp", offsetof(struct meter_counts, icmp)},
    {"arp", offsetof(struct meter_counts, arp)},
    {"fragments", offsetof(struct meter_counts, fragments)},
    {"flows", offsetof(struct meter_counts, flows)},
    {"answered", offsetof(struct meter_counts, answered)},
    {"messages", offsetof(struct meter_counts, messages)},
};

#define N_COUNTERS (sizeof counters / sizeof *counters)
_Static_assert(sizeof(struct meter_counts) == N_COUNTERS * sizeof(uint64_t),
    "every counter has its row");

/* Counters at 0 are left out: most are. */
static void
put_counts(struct json *j, const char *key, const struct meter_counts *counts)
{
	json_object(j, key);
	for (size_t i = 0; i < N_COUNTERS; i++) {
		const char *p = (const char *)counts + counters[i].offset;

		record_count(j, counters[i].key, *(const uint64_t *)(const void *)p);
	}
	json_object_end(j);
}

unsigned
record_meter(
    struct buf *out, const struct event *e, const struct audit_context *context)
{
	const struct meter *m = e->meter;
	struct json j;

	(void)context;
	record_open(&j, out, e->ts);
	json_ascii(&j, "event_type", "meter");
	json_object(&j, "meter");
	record_addr(&j, "endpoint", &m->endpoint);
	put_counts(&j, "out", &m->out);
	put_counts(&j, "in", &m->in);
	record_count(&j, "peers", meter_distinct(m->peers));
	record_count(&j, "ports", meter_distinct(m->ports));
	record_count(&j, "ports_in", meter_distinct(m->ports_in));
	record_count(&j, "error", m->error);
	json_object_end(&j);
	record_close(&j);
	return 1;
}
