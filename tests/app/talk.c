/* Packets as values into a flow table and the parsers: see talk.h. */
#include "config.h"

#include "talk.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "app/app_priv.h"
#include "render.h"

static void
add_ends(struct talk *t, struct flow *f, enum flow_dir dir)
{
	struct flow_record r;
	bool back = dir == FLOW_TOCLIENT;

	flow_get_record(f, &r);
	buf_printf(
	    &t->out, "%u>%u ", back ? r.dport : r.sport, back ? r.sport : r.dport);
}

static void
on_message(void *ctx, struct flow *f, const struct app_message *m)
{
	struct talk *t = ctx;

	t->messages++;
	add_ends(t, f, m->dir);
	if (m->kind == APP_DNS) {
		render_dns(&t->out, &m->dns);
		if (m->dns.response_time >= 0)
			buf_printf(&t->out, " after=%lldms",
			    (long long)(m->dns.response_time / 1000000));
	} else {
		render_http(&t->out, &m->http);
	}
	buf_add_str(&t->out, "\n");
}

static void
add_summary(struct talk *t, struct flow *f)
{
	struct app_summary sum;

	app_get_summary(f, &sum);
	if (sum.kind == APP_NONE && !sum.partial)
		return;
	add_ends(t, f, FLOW_TOSERVER);
	buf_printf(&t->out, "%s %llu/%llu",
	    sum.kind == APP_DNS        ? "dns"
		: sum.kind == APP_HTTP ? "http"
				       : "none",
	    (unsigned long long)sum.requests, (unsigned long long)sum.responses);
	if (sum.malformed > 0)
		buf_printf(
		    &t->out, " malformed=%llu", (unsigned long long)sum.malformed);
	if (sum.gaps > 0)
		buf_printf(&t->out, " gaps=%llu", (unsigned long long)sum.gaps);
	if (sum.left_out > 0)
		buf_printf(&t->out, " left=%llu", (unsigned long long)sum.left_out);
	if (sum.partial)
		buf_add_str(&t->out, " partial");
	buf_add_str(&t->out, "\n");
}

static void
on_flow(void *ctx, enum flow_event event, struct flow *f, int64_t ts)
{
	struct talk *t = ctx;
	struct flow_record r;

	if (event != FLOW_EVENT_END)
		return;
	app_finish(t->app, f, ts);
	add_summary(t, f);
	flow_get_record(f, &r);
	t->anomalies |= r.anomalies;
	app_end(t->app, f);
}

void
talk_init(struct talk *t, const struct app_config *config)
{
	struct app_config ac;
	struct flow_config fc;

	memset(t, 0, sizeof *t);
	buf_init(&t->out);
	app_config_defaults(&ac);
	if (config != NULL)
		ac = *config;
	ac.message = on_message;
	ac.ctx = t;
	flow_config_defaults(&fc);
	fc.hook = on_flow;
	fc.ctx = t;
	t->app = app_new(&ac);
	t->flows = flow_table_new(&fc);
	assert_non_null(t->app);
	assert_non_null(t->flows);
	t->now = 1000 * TALK_SECOND;
}

void
talk_finish(struct talk *t)
{
	flow_table_finish(t->flows, t->now);
	assert_int_equal(t->app->flows.used, 0);
	assert_int_equal(t->app->transactions.used, 0);
	assert_int_equal(t->app->pieces.used, 0);
	assert_int_equal(t->app->reorders.used, 0);
}

const char *
talk_finished(struct talk *t)
{
	talk_finish(t);
	return buf_text(&t->out);
}

void
talk_fini(struct talk *t)
{
	flow_table_free(&t->flows);
	app_free(&t->app);
	buf_fini(&t->out);
}

static void
give(struct talk *t, struct packet *p)
{
	struct flow_packet fp;

	t->now += TALK_SECOND / 1000;
	p->fragment = p->more_fragments = t->fragments;
	p->ts = t->now;
	p->number = ++t->number;
	flow_table_packet(t->flows, p, &fp);
	if (fp.flow != NULL && fp.full)
		app_packet(t->app, p, &fp);
}

/* The payload stands in memory of just its size. */
static struct packet
packet_of(const struct talk_end *from, const struct talk_end *to, uint8_t proto,
    const void *bytes, size_t cap, size_t len)
{
	struct packet p = {
	    .result = DECODE_IP, .proto = proto, .ttl = 64, .has_l4 = true};
	uint8_t *copy = malloc(cap + 1);

	assert_non_null(copy);
	if (cap > 0)
		memcpy(copy + 1, bytes, cap);
	assert_int_equal(addr_parse(from->addr, &p.src), 0);
	assert_int_equal(addr_parse(to->addr, &p.dst), 0);
	p.sport = from->port;
	p.dport = to->port;
	p.payload = copy + 1;
	p.payload_cap = (uint32_t)cap;
	p.payload_len = (uint32_t)len;
	p.wire_len = 54 + p.payload_len;
	p.l3 = copy;
	p.l3_cap = p.l3_len = 40 + p.payload_len;
	return p;
}

static void
release(struct packet *p)
{
	free((void *)(uintptr_t)(p->payload - 1));
}

void
talk_datagram(struct talk *t, const struct talk_end *from, const struct talk_end *to,
    const void *bytes, size_t cap, size_t len)
{
	struct packet p = packet_of(from, to, IPPROTO_UDP, bytes, cap, len);

	give(t, &p);
	release(&p);
}

void
talk_segment(struct talk *t, const struct talk_end *from, const struct talk_end *to,
    int64_t ahead, const void *bytes, size_t len, uint8_t flags)
{
	struct packet p = packet_of(from, to, IPPROTO_TCP, bytes, len, len);

	p.tcp.seq = from->seq + (uint32_t)ahead;
	p.tcp.ack = to->seq;
	p.tcp.flags = flags;
	p.tcp.window = 1000;
	p.tcp.wscale = 255;
	give(t, &p);
	release(&p);
}

void
talk_ack(struct talk *t, const struct talk_end *from, const struct talk_end *to)
{
	talk_segment(t, from, to, 0, NULL, 0, TCP_ACK);
}

void
talk_connect(struct talk *t, struct talk_end *client, struct talk_end *server)
{
	talk_segment(t, client, server, 0, NULL, 0, TCP_SYN);
	client->seq++;
	talk_segment(t, server, client, 0, NULL, 0, TCP_SYN | TCP_ACK);
	server->seq++;
	talk_ack(t, client, server);
}

void
talk_say(struct talk *t, struct talk_end *from, struct talk_end *to, const char *text)
{
	talk_segment(t, from, to, 0, text, strlen(text), TCP_PSH | TCP_ACK);
	from->seq += (uint32_t)strlen(text);
	talk_ack(t, to, from);
}
