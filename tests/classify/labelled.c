/* A capture through decoder, flow table and classifier. */
#include "config.h"

#include "labelled.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tallyman/buf.h"

#include "../support/frames.h"

static void
add_value(struct buf *b, const struct classify_value *v)
{
	const struct classify_field *field = &classify_fields[v->field];

	switch (field->type) {
	case CLASSIFY_STRING:
	case CLASSIFY_STRING_LIST:
		buf_printf(b, "%s=%s\n", field->path, v->text);
		break;
	case CLASSIFY_REAL:
		buf_printf(b, "%s=%.3f\n", field->path, v->real);
		break;
	default:
		buf_printf(b, "%s=%llu\n", field->path, (unsigned long long)v->number);
		break;
	}
}

static void
keep(struct labelled *l, struct flow *f)
{
	struct labelled_flow *flow;
	struct buf values;

	if ((l->n & (l->n - 1)) == 0) {
		l->flows =
		    realloc(l->flows, (l->n == 0 ? 1 : 2 * l->n) * sizeof *l->flows);
		assert_non_null(l->flows);
	}
	flow = &l->flows[l->n++];
	flow_get_record(f, &flow->record);
	classify_get_labels(l->classifier, f, &flow->record, &flow->labels);
	buf_init(&values);
	for (unsigned i = 0; i < flow->labels.n_values; i++)
		add_value(&values, &flow->labels.values[i]);
	flow->values = buf_detach(&values);
	flow->labels.values = NULL;
}

static void
on_flow(void *ctx, enum flow_event event, struct flow *f, int64_t ts)
{
	struct labelled *l = ctx;
	struct classify_labels labels;
	struct flow_record r;

	(void)ts;
	if (event == FLOW_EVENT_INTERIM) {
		flow_get_record(f, &r);
		assert_int_equal(r.reason, FLOW_REASON_INTERIM);
		classify_get_labels(l->classifier, f, &r, &labels);
	}
	if (event != FLOW_EVENT_END)
		return;
	keep(l, f);
	classify_end(l->classifier, f);
}

static void
give(struct labelled *l, struct flow_table *t, const struct frame *frame,
    uint32_t snaplen)
{
	struct frame cut = *frame;
	struct flow_packet fp;
	struct packet p;

	if (snaplen != 0 && cut.caplen > snaplen)
		cut.caplen = snaplen;
	decode_frame(&cut, &p);
	if (p.result != DECODE_IP)
		return;
	flow_table_packet(t, &p, &fp);
	classify_packet(l->classifier, &p, &fp);
}

static struct flow_table *
start(struct labelled *l, const struct classify_config *config, int64_t interim)
{
	struct classify_config defaults;
	struct flow_config fc;
	struct flow_table *table;
	char *error;

	memset(l, 0, sizeof *l);
	classify_config_defaults(&defaults);
	l->classifier = classifier_new(config == NULL ? &defaults : config, &error);
	assert_non_null(l->classifier);
	flow_config_defaults(&fc);
	fc.hook = on_flow;
	fc.ctx = l;
	if (interim != 0)
		fc.timeouts.interim = interim;
	table = flow_table_new(&fc);
	assert_non_null(table);
	return table;
}

static void
finish(struct labelled *l, struct flow_table *table, int64_t now)
{
	flow_table_finish(table, now);
	flow_table_free(&table);
	classify_get_stats(l->classifier, &l->stats);
}

void
labelled_run(struct labelled *l, const char *path, const struct classify_config *config,
    uint32_t snaplen, int64_t interim)
{
	struct flow_table *table = start(l, config, interim);
	struct frames frames;

	assert_int_equal(frames_load(&frames, path), 0);
	for (size_t i = 0; i < frames.n; i++)
		give(l, table, &frames.list[i], snaplen);
	finish(l, table, frames.n == 0 ? 0 : frames.list[frames.n - 1].ts);
	frames_free(&frames);
}

/* ---- conversations ---- */

#define LINKTYPE_RAW 101
#define HEADERS      40

struct talk {
	struct labelled *l;
	struct flow_table *table;
	uint16_t port;
	uint32_t next[2];
	uint64_t number;
};

static void
put16(uint8_t *p, size_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

/* RFC 791 and 9293 headers without options, and the text behind them. */
static void
say(struct talk *t, bool back, uint8_t flags, const char *text, size_t len)
{
	uint8_t bytes[2048] = {0x45};
	struct frame frame = {.data = bytes, .linktype = LINKTYPE_RAW};

	assert_true(len <= sizeof bytes - HEADERS);
	put16(bytes + 2, HEADERS + len);
	bytes[8] = 64;
	bytes[9] = 6;
	bytes[12] = bytes[16] = 10;
	bytes[15] = back ? 2 : 1;
	bytes[19] = back ? 1 : 2;
	put16(bytes + 20, back ? t->port : 40000);
	put16(bytes + 22, back ? 40000 : t->port);
	put16(bytes + 24, t->next[back] >> 16);
	put16(bytes + 26, t->next[back] & 0xffff);
	put16(bytes + 28, t->next[!back] >> 16);
	put16(bytes + 30, t->next[!back] & 0xffff);
	bytes[32] = 5 << 4;
	bytes[33] = flags;
	put16(bytes + 34, 8192);
	memcpy(bytes + HEADERS, text, len);
	t->next[back] += (uint32_t)len + (flags & TCP_SYN ? 1 : 0);
	frame.caplen = frame.len = (uint32_t)(HEADERS + len);
	frame.number = ++t->number;
	frame.ts = (int64_t)(UINT64_C(1700000000000000000) + t->number * 1000000);
	give(t->l, t->table, &frame, 0);
}

void
labelled_talk(struct labelled *l, uint16_t port, const char *const *lines, size_t n)
{
	struct talk t = {.l = l, .port = port, .next = {1000, 2000}};

	t.table = start(l, NULL, 0);
	say(&t, false, TCP_SYN, "", 0);
	say(&t, true, TCP_SYN | TCP_ACK, "", 0);
	say(&t, false, TCP_ACK, "", 0);
	for (size_t i = 0; i < n; i++) {
		char text[1024];
		int len = snprintf(text, sizeof text, "%s\r\n", lines[i] + 2);

		say(&t, lines[i][0] == '<', TCP_ACK | TCP_PSH, text, (size_t)len);
	}
	finish(l, t.table, INT64_C(1700001000000000000));
}

void
labelled_free(struct labelled *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->flows[i].values);
	free(l->flows);
	classifier_free(&l->classifier);
}

const char *
labelled_pcap(const char *name, char path[512])
{
	const char *src = getenv("TALLYMAN_SRC");

	snprintf(path, 512, "%s/pcaps/%s", src == NULL ? "." : src, name);
	return path;
}

char *
labelled_text(const struct labelled *l)
{
	struct buf b;

	buf_init(&b);
	for (size_t i = 0; i < l->n; i++) {
		const struct labelled_flow *f = &l->flows[i];

		buf_printf(&b, "%llu %s %s.%s %s %s %s %llx %u\n%s",
		    (unsigned long long)f->record.id, f->labels.app_proto,
		    f->labels.master == NULL ? "" : f->labels.master, f->labels.proto,
		    f->labels.category, f->labels.confidence, f->labels.breed,
		    (unsigned long long)f->labels.risks, f->labels.score, f->values);
	}
	return buf_detach(&b);
}
