/*
 * The flow table: bytes become a sequence of packets for a table with tiny caps. Every
 * packet must end up in one flow, untracked or nowhere else, and stream positions must
 * never go back.
 */
#include "config.h"

#undef NDEBUG
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "../flow/random_packets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *at, *end;
};

static uint8_t
input_byte(void *ctx)
{
	struct input *in = ctx;

	return in->at < in->end ? *in->at++ : 0;
}

struct sums {
	uint64_t packets, bytes, ended;
};

static void
hook(void *ctx, enum flow_event event, struct flow *f, int64_t ts)
{
	struct sums *sums = ctx;
	struct flow_record r;
	char id[FLOW_COMMUNITY_ID_MAX];

	(void)ts;
	flow_get_record(f, &r);
	flow_community_id(&r, 0, id);
	assert(r.start <= r.end);
	assert(strlen(r.history) <= FLOW_HISTORY_MAX);
	if (event != FLOW_EVENT_END)
		return;
	sums->ended++;
	sums->packets += r.side[0].packets + r.side[1].packets;
	sums->bytes += r.side[0].bytes + r.side[1].bytes;
}

static void
look(const struct packet *p, struct flow_packet *fp, uint8_t choice)
{
	if (fp->flow == NULL)
		return;
	assert(fp->len == 0 || fp->skip + fp->len <= p->payload_len);
	assert(fp->full == (flow_slots(fp->flow) != NULL));
	if (p->proto == IPPROTO_TCP && fp->len > 0 && fp->early == 0 && fp->full)
		assert(fp->pos + fp->len <= fp->next);
	if (choice == 3)
		flow_set_initiator(fp->flow, fp->dir);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};
	struct byte_source bytes = {input_byte, &in};
	struct sums sums = {0, 0, 0};
	struct flow_config c;
	struct flow_packet fp;
	struct flow_stats stats;
	struct packet p;
	struct flow_table *t;
	int64_t now = 0;
	uint64_t number = 0, total = 0;
	uint8_t choice;

	flow_config_defaults(&c);
	c.embryonic_cap = 6;
	c.open_cap = 4;
	c.full_cap = 3;
	c.fragment_cap = 3;
	c.hook = hook;
	c.ctx = &sums;
	t = flow_table_new(&c);
	assert(t != NULL);
	while (in.at < in.end) {
		choice = next_byte(&bytes);
		random_packet(&bytes, &p);
		now += (int64_t)choice << (choice % 8 == 7 ? 28 : 20);
		p.ts = now;
		p.number = ++number;
		total += p.wire_len;
		if (choice == 5)
			flow_table_tick(t, now);
		flow_table_packet(t, &p, &fp);
		look(&p, &fp, choice);
	}
	flow_table_finish(t, now);
	flow_table_get_stats(t, &stats);
	assert(stats.held_packets == 0);
	assert(stats.embryonic + stats.open + stats.full == 0);
	assert(sums.packets + stats.untracked_packets == number);
	assert(sums.bytes == total || stats.untracked_packets > 0);
	assert(sums.ended == stats.flows);
	flow_table_free(&t);
	return 0;
}
