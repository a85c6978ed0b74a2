/*
 * The stage's front: finds the parser state of a packet's flow, starts parsers, and is
 * the only file that speaks with the flow stage. A flow without a parser costs one look
 * at its slot.
 */
#include "config.h"

#include <netinet/in.h>
#include <string.h>

#include "app/app_priv.h"
#include "app/start.h"

/* The side that sends the packet: see APP_SIDES. */
static unsigned
side_of(const struct packet *p)
{
	int order = addr_compare(&p->src, &p->dst);

	return order > 0 || (order == 0 && p->sport > p->dport);
}

static void
note_direction(struct app_flow *s, const struct packet *p, const struct flow_packet *fp)
{
	s->toserver = (uint8_t)(side_of(p) ^ (fp->dir == FLOW_TOCLIENT));
}

static void
hand_over_anomalies(struct app_flow *s)
{
	for (unsigned i = 0; s->anomalies != 0; i++, s->anomalies >>= 1) {
		if ((s->anomalies & 1) != 0)
			flow_add_anomaly(s->flow, (enum anomaly)i);
	}
}

/* ---- flows without state ---- */

/* The mark after the next look in vain. */
static struct app_flow *
next_mark(struct app *a, struct app_flow *mark, const struct packet *p)
{
	struct app_marks *marks = &a->marks;

	if (mark == NULL && p->proto == IPPROTO_TCP &&
	    (start_is_http_port(p->sport) || start_is_http_port(p->dport)))
		return &marks->always;
	if (mark == NULL)
		return &marks->watch[0];
	if (mark >= marks->watch && mark < &marks->watch[APP_WATCH - 1])
		return mark + 1;
	return mark;
}

static bool
looks_no_more(const struct app *a, const struct app_flow *mark)
{
	return mark == &a->marks.watch[APP_WATCH - 1];
}

/* ---- start ---- */

static struct app_flow *
new_state(struct app *a, struct flow_slots *slots, struct flow *f, enum app_kind kind)
{
	const struct app_flow *mark = slots->app;
	struct app_flow *s = app_flow_get(a, f, kind);

	if (s == NULL)
		return NULL;
	s->summary.partial = mark != NULL && mark->summary.partial;
	slots->app = s;
	return s;
}

/* The message may know better who asked. */
static void
turn(const struct start *start, struct flow_packet *fp)
{
	enum flow_dir request = start->request ? fp->dir : (enum flow_dir) !fp->dir;

	if (start->turns && request == FLOW_TOCLIENT &&
	    flow_set_initiator(fp->flow, request))
		fp->dir = (enum flow_dir) !fp->dir;
}

static void
begin(struct app_flow *s, const struct start *start, const struct packet *p,
    struct flow_packet *fp)
{
	unsigned side = side_of(p);

	turn(start, fp);
	note_direction(s, p, fp);
	s->summary.kind = (uint8_t)start->kind;
	if (start->kind == APP_HTTP)
		s->http.request_side = (uint8_t)(start->request ? side : side ^ 1U);
	else
		s->dns.variant = (uint8_t)start_dns_variant(p);
}

static struct segment
payload_of(const struct packet *p, const struct flow_packet *fp)
{
	uint32_t skip = fp->skip < p->payload_cap ? fp->skip : p->payload_cap;
	uint32_t cap = p->payload_cap - skip;

	return (struct segment){
	    .side = side_of(p),
	    .bytes = skip > 0 ? p->payload + skip : p->payload,
	    .cap = cap < fp->len ? cap : fp->len,
	    .len = fp->len,
	    .ts = p->ts,
	};
}

/* Junk on a port of DNS is counted, but gets no state: floods send it. */
static void
note_junk(struct app *a, struct flow_slots *slots, struct flow *f)
{
	a->stats.malformed++;
	flow_add_anomaly(f, ANOMALY_DNS_MALFORMED);
	slots->app = &a->marks.junk;
}

/* Looks at a packet of a flow that has no state; returns the state if it gets one. A
 * flow whose first bytes come out of order gets some until they can be judged. */
static struct app_flow *
consider(struct app *a, struct flow_slots *slots, const struct packet *p,
    struct flow_packet *fp)
{
	struct segment seg = payload_of(p, fp);
	struct app_flow *s = NULL;
	struct start start;

	if (slots->app == NULL && fp->early > 0)
		return new_state(a, slots, fp->flow, APP_NONE);
	start = start_guess(a, p, &seg);
	if (start.junk) {
		note_junk(a, slots, fp->flow);
		return NULL;
	}
	if (start.kind != APP_NONE)
		s = new_state(a, slots, fp->flow, start.kind);
	if (s != NULL)
		begin(s, &start, p, fp);
	else
		slots->app = next_mark(a, slots->app, p);
	return s;
}

static void
undecided_data(struct app *a, struct app_flow *s, const struct segment *seg)
{
	struct start start = {.kind = APP_NONE};

	if (a->fp != NULL)
		start = start_guess(a, a->packet, seg);
	if (start.kind == APP_NONE) {
		s->abandoned = true;
		return;
	}
	begin(s, &start, a->packet, a->fp);
	app_parser(s)->data(a, s, seg);
}

static void
undecided_gap(struct app *a, struct app_flow *s, unsigned side, uint64_t n)
{
	(void)a;
	(void)s;
	(void)side;
	(void)n;
}

static void
undecided_end(struct app *a, struct app_flow *s, unsigned side)
{
	(void)a;
	(void)side;
	s->abandoned = true;
}

static void
undecided_finish(struct app *a, struct app_flow *s)
{
	(void)a;
	(void)s;
}

static void
undecided_give_up(struct app *a, struct app_flow *s, struct app_piece *piece)
{
	(void)piece;
	undecided_finish(a, s);
}

static const struct parser undecided_parser = {
    .data = undecided_data,
    .gap = undecided_gap,
    .end = undecided_end,
    .finish = undecided_finish,
    .give_up = undecided_give_up,
    .release = undecided_finish,
};

const struct parser *
app_parser(const struct app_flow *s)
{
	static const struct parser *const parsers[] = {
	    [APP_NONE] = &undecided_parser,
	    [APP_DNS] = &dns_tcp_parser,
	    [APP_HTTP] = &http_parser,
	};

	return parsers[s->summary.kind];
}

static struct app_flow *
state_of(struct app *a, const struct packet *p, struct flow_packet *fp)
{
	struct flow_slots *slots = flow_slots(fp->flow);
	struct app_flow *s = slots != NULL ? slots->app : NULL;

	if (slots == NULL || (s != NULL && !s->mark))
		return s;
	if (fp->len == 0 || p->payload_cap == 0 || looks_no_more(a, s))
		return NULL;
	if (p->proto != IPPROTO_TCP && p->proto != IPPROTO_UDP)
		return NULL;
	return consider(a, slots, p, fp);
}

void
app_start(struct app *a, struct flow *f, enum app_kind kind)
{
	struct flow_slots *slots = flow_slots(f);
	struct app_flow *s;

	if (slots == NULL ||
	    (slots->app != NULL && !((struct app_flow *)slots->app)->mark))
		return;
	if (kind == APP_HTTP) {
		/* Who asks is seen in the next message. */
		slots->app = &a->marks.always;
		return;
	}
	s = new_state(a, slots, f, kind);
	if (s != NULL)
		s->provisional = false;
}

/* ---- end ---- */

/* Emits what is pending; the counters stay. */
static void
finish(struct app *a, struct app_flow *s)
{
	struct flow_packet *fp = a->fp;

	a->fp = NULL; /* the packet under way, if any, is another flow's */
	if (!s->finished && flow_proto(s->flow) == IPPROTO_TCP) {
		stream_finish(a, s);
		if (!s->abandoned)
			app_parser(s)->finish(a, s);
	}
	s->finished = true;
	a->fp = fp;
	hand_over_anomalies(s);
}

/* Takes the state away; the mark takes its place. */
static void
drop(struct app *a, struct app_flow *s, struct app_flow *mark)
{
	flow_slots(s->flow)->app = mark;
	app_flow_put(a, s);
}

void
app_flow_evict(struct app *a, struct app_flow *s)
{
	finish(a, s);
	a->stats.no_state++;
	drop(a, s, &a->marks.evicted);
}

void
app_finish(struct app *a, struct flow *f, int64_t now)
{
	struct flow_slots *slots = flow_slots(f);
	struct app_flow *s = slots != NULL ? slots->app : NULL;

	if (s == NULL || s->mark)
		return;
	a->now = now;
	finish(a, s);
}

void
app_end(struct app *a, struct flow *f)
{
	struct flow_slots *slots = flow_slots(f);
	struct app_flow *s = slots != NULL ? slots->app : NULL;

	if (s != NULL && !s->mark)
		drop(a, s, NULL);
	else if (slots != NULL)
		slots->app = NULL;
}

void
app_get_summary(struct flow *f, struct app_summary *summary_r)
{
	struct flow_slots *slots = flow_slots(f);
	const struct app_flow *s = slots != NULL ? slots->app : NULL;

	memset(summary_r, 0, sizeof *summary_r);
	if (s == NULL)
		return;
	if (!s->provisional || s->summary.malformed > 0)
		*summary_r = s->summary;
	summary_r->partial = s->summary.partial;
}

/* ---- packets ---- */

static void
datagram(struct app *a, struct app_flow *s, const struct packet *p,
    const struct flow_packet *fp)
{
	struct segment seg = payload_of(p, fp);

	if (fp->len > 0)
		dns_datagram(a, s, &seg, p->more_fragments);
}

static uint64_t
messages_of(const struct app_flow *s)
{
	return s->summary.requests + s->summary.responses;
}

unsigned
app_packet(struct app *a, const struct packet *p, struct flow_packet *fp)
{
	struct app_flow *s;
	uint64_t messages;

	if (fp->flow == NULL || fp->icmp_error)
		return 0;
	a->now = p->ts;
	a->packet = p;
	a->fp = fp;
	s = state_of(a, p, fp);
	if (s == NULL || s->opaque)
		return 0;
	messages = messages_of(s);
	TAILQ_REMOVE(&a->by_use, s, by_use);
	TAILQ_INSERT_TAIL(&a->by_use, s, by_use);
	note_direction(s, p, fp);
	if (p->proto == IPPROTO_TCP)
		stream_packet(a, s, side_of(p), p, fp);
	else
		datagram(a, s, p, fp);
	hand_over_anomalies(s);
	messages = messages_of(s) - messages;
	if (s->abandoned)
		drop(a, s, next_mark(a, NULL, p));
	return (unsigned)messages;
}
