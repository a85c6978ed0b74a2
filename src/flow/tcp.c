/*
 * One TCP connection as both ends' states, after Zeek's analyzer: what its conn_state
 * and history mean here is what they mean there. Sequence numbers are compared modulo
 * 2^32. Where Zeek believes any RST, one must be near the sender's sequence numbers
 * here: a forged one may not end a connection's record.
 */
#include "config.h"

#include "flow/flow_priv.h"

/* Farther than this from what was sent is out of place: windows in use are far smaller,
 * and a forger has to guess 7 bits more. So many such segments in a row that fit each
 * other are believed: the capture lost what was between. */
#define SEQ_NEAR       (INT32_C(1) << 24)
#define FAR_TO_BELIEVE 3

/* A connection that was silent for this long may be dead at one end: its tuple's next
 * SYN with another number is a new one. */
#define REUSE_IDLE INT64_C(10000000000)

static inline int32_t
distance(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static bool
is_near(uint32_t a, uint32_t b)
{
	int32_t d = distance(a, b);

	return d <= SEQ_NEAR && d >= -SEQ_NEAR;
}

bool
flow_tcp_reuse(const struct flow_table *t, const struct flow *f, enum flow_dir dir,
    const struct packet *p)
{
	const struct flow_end *e = &f->end[dir];

	if ((p->tcp.flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) != TCP_SYN)
		return false;
	if (e->tcp_flags & TCP_SYN && p->tcp.seq == f->rare[dir].last_syn)
		return false; /* the same SYN again */
	if (f->state == FLOW_STATE_CLOSED)
		return true;
	if (!f->established)
		return false; /* one attempt, however often it changes its number */
	return e->state == FLOW_END_CLOSED || f->end[!dir].state == FLOW_END_CLOSED ||
	    t->now - f->used >= REUSE_IDLE;
}

static void
set_state(struct flow_end *e, enum flow_end_state state)
{
	if (e->state == state)
		return;
	e->before = e->state;
	e->state = (uint8_t)state;
}

static void
set_start(struct flow_end *e, uint32_t start, uint32_t sent)
{
	e->start = start;
	e->acked = start;
	e->sent = sent;
	e->seq_known = true;
}

/* The sender's numbers begin with its first packet, or anew with another SYN. */
static void
start_numbers(struct flow *f, enum flow_dir dir, const struct packet *p)
{
	struct flow_end *e = &f->end[dir];
	bool syn = p->tcp.flags & TCP_SYN;
	uint32_t seq = p->tcp.seq;

	if (e->tcp_flags == 0)
		set_start(e, syn ? seq : seq - 1, seq);
	else if (syn && seq != e->start && !f->established &&
	    e->state != FLOW_END_CLOSED &&
	    (e->state != FLOW_END_RESET || e->before == FLOW_END_INACTIVE) &&
	    (f->full == NULL || !f->full->stream[dir].open)) {
		set_start(e, seq, seq);
		e->syn_varied = true;
	}
}

/* Zero windows do not matter with RST, after it, or when the other side sends no more.
 */
static void
look_at_window(struct flow *f, enum flow_dir dir, const struct packet *p)
{
	struct flow_end *e = &f->end[dir];
	bool zero = p->tcp.window == 0;

	if (p->tcp.flags & TCP_RST || e->state == FLOW_END_RESET ||
	    f->end[!dir].state == FLOW_END_CLOSED)
		return;
	if (zero)
		flow_history_scaled(f, dir, &f->rare[dir].zero_window_packets, 'W');
	if (zero && !e->window_closed)
		f->rare[dir].zero_windows++;
	e->window_closed = zero;
}

/*
 * What the packet acknowledges of the other side. True when it makes sense there:
 * within what was sent, or not so far beyond that lost packets cannot explain it.
 */
static bool
take_ack(struct flow *f, enum flow_dir dir, const struct packet *p)
{
	struct flow_end *e = &f->end[!dir];
	uint32_t ack = p->tcp.ack;
	bool begun = e->state != FLOW_END_SYN_SENT && e->state != FLOW_END_INACTIVE;

	if (!e->seq_known) {
		set_start(e, ack - 1, ack - 1);
		return true;
	}
	/* Its numbers are what acknowledgements made them, or one of several SYNs'. */
	if (e->tcp_flags == 0 || (e->syn_varied && !begun))
		return true;
	if (distance(ack, e->sent) > (begun ? SEQ_NEAR : 0) ||
	    (e->tcp_flags & TCP_SYN && distance(ack, e->start) < 0)) {
		flow_add_anomaly(f, ANOMALY_TCP_BAD_ACK);
		return false;
	}
	if (distance(ack, e->acked) > 0)
		e->acked = ack;
	return true;
}

static uint32_t
segment_len(const struct packet *p)
{
	return p->payload_len + (p->tcp.flags & TCP_SYN ? 1 : 0) +
	    (p->tcp.flags & TCP_FIN ? 1 : 0);
}

/* A probe for life: the last acknowledged byte again, or nothing in its place. */
static bool
is_keep_alive(const struct flow_end *e, const struct packet *p)
{
	return p->payload_len <= 1 && p->tcp.seq == e->sent - 1 &&
	    e->acked == e->sent && !(p->tcp.flags & (TCP_SYN | TCP_FIN | TCP_RST));
}

/* Moves the end of what was sent; tells retransmissions to history. */
static void
take_seq(struct flow *f, enum flow_dir dir, const struct packet *p)
{
	struct flow_end *e = &f->end[dir];
	uint32_t end = p->tcp.seq + segment_len(p);
	int32_t d = distance(end, e->sent);
	bool odd = (p->tcp.flags & (TCP_SYN | TCP_RST)) && !is_near(end, e->sent);

	if (odd || e->state == FLOW_END_RESET)
		return;
	if (d > 0)
		e->sent = end;
	else if (p->payload_len > 0 && f->full != NULL && !is_keep_alive(e, p))
		flow_history_scaled(f, dir, &f->full->stream[dir].retransmits, 'T');
}

/* The first packets of an end decide what it takes part in. */
static void
wake(struct flow *f, enum flow_dir dir, const struct packet *p)
{
	struct flow_end *e = &f->end[dir], *peer = &f->end[!dir];
	uint8_t flags = p->tcp.flags;

	if (flags & TCP_SYN && dir == FLOW_TOSERVER && peer->state == FLOW_END_INACTIVE)
		set_state(
		    e, flags & TCP_ACK ? FLOW_END_SYN_ACK_SENT : FLOW_END_SYN_SENT);
	else if (flags & TCP_SYN) {
		if (peer->state == FLOW_END_SYN_SENT)
			set_state(peer, FLOW_END_ESTABLISHED);
		set_state(e, FLOW_END_ESTABLISHED);
	}
	if (flags & TCP_FIN)
		set_state(e, FLOW_END_CLOSED);
	if (flags & TCP_RST)
		set_state(e, FLOW_END_RESET);
	if (e->state != FLOW_END_INACTIVE)
		return;
	/* Some answer a SYN with a pure ACK before they send their own SYN. */
	if (dir == FLOW_TOCLIENT && p->payload_len == 0 &&
	    peer->state == FLOW_END_SYN_SENT)
		return;
	if (flags & TCP_ACK && peer->state == FLOW_END_ESTABLISHED)
		set_state(e, FLOW_END_ESTABLISHED); /* its SYN was missed */
	else
		set_state(e, FLOW_END_PARTIAL);
}

/* An end that takes part goes on. */
static void
proceed(struct flow *f, enum flow_dir dir, uint8_t flags)
{
	struct flow_end *e = &f->end[dir], *peer = &f->end[!dir];

	if ((flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && e->state == FLOW_END_PARTIAL &&
	    peer->state == FLOW_END_INACTIVE)
		set_state(e, FLOW_END_SYN_SENT);
	if (flags & TCP_FIN && !(flags & TCP_RST)) {
		bool connected =
		    e->state == FLOW_END_ESTABLISHED || e->state == FLOW_END_PARTIAL;

		set_state(e, FLOW_END_CLOSED);
		/* The other side's FIN, then RST, was an ordinary end after all. */
		if (connected && peer->state == FLOW_END_RESET &&
		    peer->before == FLOW_END_CLOSED)
			set_state(peer, FLOW_END_CLOSED);
	}
	if (flags & TCP_RST)
		set_state(e, FLOW_END_RESET);
}

static void
move(struct flow *f, enum flow_dir dir, const struct packet *p)
{
	struct flow_end *e = &f->end[dir];
	uint8_t flags = p->tcp.flags;

	switch (e->state) {
	case FLOW_END_INACTIVE:
		wake(f, dir, p);
		break;
	case FLOW_END_CLOSED:
		if (flags & TCP_RST && f->end[!dir].state != FLOW_END_CLOSED)
			set_state(e, FLOW_END_RESET);
		break;
	case FLOW_END_RESET:
		break;
	default:
		proceed(f, dir, flags);
	}
}

/* Who speaks as a connected peer does; the handshake's or the flow's coming true. */
static void
judge(struct flow_table *t, struct flow *f, enum flow_dir dir, const struct packet *p,
    bool ack_good)
{
	struct flow_end *e = &f->end[dir], *peer = &f->end[!dir];
	uint8_t flags = p->tcp.flags;

	if (!(flags & TCP_ACK) || flags & TCP_RST || !ack_good)
		return;
	if (dir == FLOW_TOSERVER && peer->tcp_flags & TCP_SYN &&
	    distance(p->tcp.ack, peer->start) <= 0)
		return; /* does not acknowledge the answer */
	e->spoke = true;
	if (!peer->spoke)
		return;
	if (dir == FLOW_TOSERVER)
		flow_prove(t, f);
	if (f->established)
		return;
	f->established = true;
	/* Without retransmitted SYNs it is clear which one was answered. */
	if (dir == FLOW_TOSERVER && f->syn_once && peer->tcp_flags & TCP_SYN)
		f->rtt = t->now - f->start;
}

static void
set_flow_state(struct flow_table *t, struct flow *f)
{
	uint8_t a = f->end[0].state, b = f->end[1].state;

	if (a == FLOW_END_RESET || b == FLOW_END_RESET ||
	    (a == FLOW_END_CLOSED && b == FLOW_END_CLOSED)) {
		f->state = FLOW_STATE_CLOSED;
		flow_set_class(t, f, FLOW_CLASS_TCP_CLOSED);
	} else if (f->established) {
		f->state = FLOW_STATE_ESTABLISHED;
		flow_set_class(t, f, FLOW_CLASS_TCP_ESTABLISHED);
	}
}

static bool
believe_reset(const struct flow_end *e, const struct packet *p)
{
	return e->tcp_flags == 0 || !e->seq_known || is_near(p->tcp.seq, e->sent) ||
	    is_near(p->tcp.seq, e->acked);
}

static void
note_syn(struct flow *f, enum flow_dir dir, const struct packet *p)
{
	if (!(p->tcp.flags & TCP_SYN))
		return;
	if (dir == FLOW_TOSERVER)
		f->syn_once = f->end[dir].packets == 1 && f->end[!dir].packets == 0;
	else if (f->end[dir].tcp_flags & TCP_SYN)
		f->syn_once = false;
}

static void
note_data(struct flow *f, enum flow_dir dir, const struct packet *p)
{
	uint8_t flags = f->end[0].tcp_flags | f->end[1].tcp_flags;

	if (!((flags | p->tcp.flags) & TCP_SYN))
		flow_add_anomaly(f, ANOMALY_TCP_MIDSTREAM);
	if (f->full != NULL && !f->full->stream[dir].open)
		flow_stream_open(&f->full->stream[dir], f->end[dir].start + 1);
}

/* A segment whose number has nothing to do with the sender's others. */
static bool
is_stray(struct flow *f, enum flow_dir dir, const struct packet *p)
{
	struct flow_end *e = &f->end[dir];
	uint32_t seq = p->tcp.seq;

	if (p->tcp.flags & (TCP_SYN | TCP_RST) || is_near(seq, e->sent)) {
		e->n_far = 0;
		return false;
	}
	e->n_far =
	    e->n_far > 0 && is_near(seq, f->rare[dir].far_seq) ? e->n_far + 1 : 1;
	f->rare[dir].far_seq = seq;
	if (e->n_far < FAR_TO_BELIEVE)
		return true;
	e->n_far = 0;
	e->sent = e->acked = seq;
	if (f->full != NULL)
		flow_stream_jump(f, dir, seq);
	return false;
}

static void
take_fin(struct flow_end *e, const struct packet *p)
{
	if (!(p->tcp.flags & TCP_FIN) || e->fin_known)
		return;
	e->fin_known = true;
	e->last_fin = p->tcp.seq + p->payload_len;
}

/* Sequence numbers and stream bytes of the sender. */
static void
take_segment(
    struct flow *f, enum flow_dir dir, const struct packet *p, struct flow_packet *fp_r)
{
	uint8_t flags = p->tcp.flags;
	bool data = p->payload_len > 0 && !(flags & TCP_RST);

	if (data)
		note_data(f, dir, p);
	if (f->full != NULL && !(flags & TCP_RST)) {
		flow_stream_settle(f, dir, p, fp_r);
		if (data && !is_keep_alive(&f->end[dir], p))
			flow_stream_segment(
			    f, dir, p, p->tcp.seq + (flags & TCP_SYN ? 1 : 0), fp_r);
	}
	take_seq(f, dir, p);
	take_fin(&f->end[dir], p);
}

void
flow_tcp_packet(struct flow_table *t, struct flow *f, enum flow_dir dir,
    const struct packet *p, struct flow_packet *fp_r)
{
	struct flow_end *e = &f->end[dir];
	uint8_t flags = p->tcp.flags;
	bool ack_good = true, stray;

	start_numbers(f, dir, p);
	flow_history_tcp(f, dir, p);
	look_at_window(f, dir, p);
	note_syn(f, dir, p);
	if (flags & TCP_ACK && !(flags & TCP_RST))
		ack_good = take_ack(f, dir, p);
	stray = is_stray(f, dir, p);
	if (!stray)
		take_segment(f, dir, p, fp_r);
	if (flags & TCP_RST && dir == FLOW_TOCLIENT && e->tcp_flags == 0 &&
	    !f->established)
		f->rejected = true;
	if (!stray && (!(flags & TCP_RST) || believe_reset(e, p)))
		move(f, dir, p);
	e->tcp_flags |= flags;
	if (!stray)
		judge(t, f, dir, p, ack_good);
	set_flow_state(t, f);
}

void
flow_tcp_fragment(struct flow *f, enum flow_dir dir, const struct packet *p,
    uint32_t seq, struct flow_packet *fp_r)
{
	struct flow_end *e = &f->end[dir];

	if (f->full == NULL || !f->full->stream[dir].open || !is_near(seq, e->sent))
		return;
	flow_stream_segment(f, dir, p, seq, fp_r);
	if (distance(seq + p->payload_len, e->sent) > 0)
		e->sent = seq + p->payload_len;
}
