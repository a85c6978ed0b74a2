/*
 * Packets of a few flows with any payload, in any order, through the flow table into
 * the message parsers, with caps so low that everything gives way all the time. A step
 * is five bytes (which flow and side, flags, sequence number away from the next, how
 * much the snap length cuts, length) and the payload. All memory has to come back, and
 * every message counted must have been emitted or left out.
 */
#include "config.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum what {
	WHAT_SIDE = 1,
	WHAT_FLOW = 6,   /* two bits */
	WHAT_ACK = 8,    /* acknowledges what the other side has sent */
	WHAT_STAY = 16,  /* the next segment begins where this one did */
	WHAT_NAMED = 32, /* classification names the flow */
	WHAT_LATER = 64, /* time goes on */
};

#define STEP_BYTES 5
#define N_FLOWS    4

static const uint16_t ports[N_FLOWS][2] = {
    {40000, 80}, {40001, 9999}, {40002, 53}, {40003, 53}};

struct world {
	struct app *app;
	struct flow_table *flows;
	uint32_t next[N_FLOWS][2];
	int64_t now;
	uint64_t number, emitted, texts;
};

static void
on_message(void *ctx, struct flow *f, const struct app_message *m)
{
	struct world *w = ctx;

	w->emitted++;
	w->texts += flow_proto(f);
	if (m->kind != APP_DNS && m->kind != APP_HTTP)
		abort();
}

static void
on_flow(void *ctx, enum flow_event event, struct flow *f, int64_t ts)
{
	struct world *w = ctx;
	struct app_summary sum;

	if (event != FLOW_EVENT_END)
		return;
	app_finish(w->app, f, ts);
	app_get_summary(f, &sum);
	if (sum.kind == APP_NONE && sum.requests + sum.responses > 0)
		abort();
	app_end(w->app, f);
}

static void
world_init(struct world *w)
{
	struct app_config ac;
	struct flow_config fc;

	memset(w, 0, sizeof *w);
	app_config_defaults(&ac);
	ac.flow_cap = 3;
	ac.transaction_cap = 4;
	ac.buffer_cap = 3;
	ac.reorder_cap = 2;
	ac.per_flow_second = 8;
	ac.message = on_message;
	ac.ctx = w;
	flow_config_defaults(&fc);
	fc.embryonic_cap = fc.open_cap = fc.full_cap = 16;
	fc.hook = on_flow;
	fc.ctx = w;
	w->app = app_new(&ac);
	w->flows = flow_table_new(&fc);
	if (w->app == NULL || w->flows == NULL)
		abort();
}

static void
world_fini(struct world *w)
{
	struct app_stats stats;

	flow_table_finish(w->flows, w->now);
	app_get_stats(w->app, &stats);
	if (w->app->flows.used + w->app->transactions.used + w->app->pieces.used +
		w->app->reorders.used !=
	    0)
		abort();
	if (stats.dns + stats.http != w->emitted + stats.left_out)
		abort();
	flow_table_free(&w->flows);
	app_free(&w->app);
}

static void
give(struct world *w, const uint8_t *step, const uint8_t *payload, uint32_t n)
{
	unsigned side = step[0] & WHAT_SIDE, flow = (step[0] & WHAT_FLOW) >> 1;
	uint32_t *next = w->next[flow];
	uint32_t cut = step[3] < n ? step[3] : n;
	struct packet p = {.result = DECODE_IP, .ttl = 64, .has_l4 = true};
	uint8_t *copy = malloc(n - cut + 1);
	struct flow_packet fp;

	if (copy == NULL)
		abort();
	memcpy(copy, payload, n - cut);
	p.proto = flow == 3 ? IPPROTO_UDP : IPPROTO_TCP;
	p.src = p.dst = addr_v4((const uint8_t[4]){10, 0, 0, 1});
	p.src.bytes[3] = (uint8_t)(1 + side);
	p.dst.bytes[3] = (uint8_t)(2 - side);
	p.sport = ports[flow][side];
	p.dport = ports[flow][!side];
	p.payload = p.l3 = copy;
	p.payload_cap = n - cut;
	p.payload_len = n;
	p.l3_len = p.l3_cap = n + 40;
	p.wire_len = n + 54;
	if (p.proto == IPPROTO_TCP) {
		p.tcp.flags = step[1] & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK);
		p.tcp.seq = next[side] + (uint32_t)(int32_t)(int8_t)step[2];
		p.tcp.ack = (step[0] & WHAT_ACK) != 0 ? next[!side] : 0;
		p.tcp.window = 1000;
		p.tcp.wscale = 255;
	}
	if ((step[0] & WHAT_STAY) == 0)
		next[side] += n + ((p.tcp.flags & TCP_SYN) != 0);
	w->now += (step[0] & WHAT_LATER) != 0 ? INT64_C(900000000) : 1000;
	p.ts = w->now;
	p.number = ++w->number;
	flow_table_packet(w->flows, &p, &fp);
	if (fp.flow != NULL && fp.full) {
		app_packet(w->app, &p, &fp);
		if ((step[0] & WHAT_NAMED) != 0)
			app_start(w->app, fp.flow,
			    (step[1] & 0x80) != 0 ? APP_DNS : APP_HTTP);
	}
	flow_table_tick(w->flows, w->now);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w;

	world_init(&w);
	while (size >= STEP_BYTES) {
		uint32_t n = data[4];

		if (n > size - STEP_BYTES)
			n = (uint32_t)(size - STEP_BYTES);
		give(&w, data, data + STEP_BYTES, n);
		data += STEP_BYTES + n;
		size -= STEP_BYTES + n;
	}
	world_fini(&w);
	return 0;
}
