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

static bool
is_near(uint32_t a, uint32_t b)
{
	int32_t d = flow_seq_diff(a, b);

	return d <= SEQ_NEAR && d >= -SEQ_NEAR;
}

/* A number that the end may send: near what it sent or what was acknowledged, or in
 * between, however much is under way. */
static bool
is_plausible(const struct flow_end *e, uint32_t seq)
{
	return is_near(seq, e->sent) || is_near(seq, e->acked) ||
	    (flow_seq_diff(seq, e->acked) > 0 && flow_seq_diff(seq, e->sent) < 0);
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
set_start(struct flow_end *e, uint32_t start, uint32_t sent)
{
	e->start = start;
	e->acked = start;
	e->sent = sent;
	e->seq_known = true;
}

/* Another SYN counts as long as nobody acknowledged the one before, or had data. */
static bool
may_restart(const struct flow *f, enum flow_dir dir)
{
	const struct flow_end *e = &f->end[dir];

	return e->acked == e->start && e->state != FLOW_END_CLOSED &&
	    (e->state != FLOW_END_RESET || e->before == FLOW_END_INACTIVE) &&
	    (f->full == NULL || !f->full->stream[dir].open);
}

/* The sender's numbers begin with its first packet. */
static void
start_numbers(struct flow *f, enum flow_dir dir, const struct packet *p)
{
	struct flow_end *e = &f->end[dir];
	bool syn = p->tcp.flags & TCP_SYN;
	uint32_t seq = p->tcp.seq;

	if (e->tcp_flags == 0)
		set_start(e, syn ? seq : seq - 1, seq);
	else if (syn && seq != e->start && !f->established) {
		e->syn_varied = true;
		if (may_restart(f, dir))
			set_start(e, seq, seq);
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

/* Which of several SYNs is answered shows in the answer. */
static void
choose_syn(struct flow *f, enum flow_dir dir, uint32_t ack)
{
	struct flow_end *e = &f->end[dir];

	if (ack - 1 != f->rare[dir].last_syn)
		return;
	set_start(e, ack - 1, ack);
	e->acked = ack;
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
	if (e->tcp_flags == 0)
		return true; /* its numbers are what acknowledgements made them */
	if (e->syn_varied && !f->established) {
		choose_syn(f, !dir, ack);
		return true;
	}
	if (flow_seq_diff(ack, e->sent) > (begun ? SEQ_NEAR : 0) ||
	    flow_seq_diff(ack, e->acked) < (begun ? -SEQ_NEAR : 0)) {
		flow_add_anomaly(f, ANOMALY_TCP_BAD_ACK);
		return false;
	}
	if (flow_seq_diff(ack, e->acked) > 0)
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
	int32_t d = flow_seq_diff(end, e->sent);
	bool odd = (p->tcp.flags & (TCP_SYN | TCP_RST)) && !is_near(end, e->sent);

	if (odd || e->state == FLOW_END_RESET)
		return;
	if (d > 0)
		e->sent = end;
	else if (p->payload_len > 0 && f->full != NULL && !is_keep_alive(e, p))
		flow_history_scaled(f, dir, &f->full->stream[dir].retransmits, 'T');
}

static bool
believe_reset(const struct flow_end *e, const struct packet *p)
{
	return e->tcp_flags == 0 || is_plausible(e, p->tcp.seq);
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
is_stray(
    struct flow *f, enum flow_dir dir, const struct packet *p, struct flow_packet *fp_r)
{
	struct flow_end *e = &f->end[dir];
	uint32_t seq = p->tcp.seq;

	if (p->tcp.flags & TCP_RST)
		return false; /* has its own test, and no bytes of the stream */
	if (p->tcp.flags & TCP_SYN)
		return seq != e->start;
	if (is_plausible(e, seq)) {
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
		flow_stream_jump(f, dir, seq, fp_r);
	return false;
}

static void
take_fin(struct flow_end *e, const struct packet *p)
{
	if (!(p->tcp.flags & TCP_FIN) || e->fin_known)
		return;
	e->fin_known = true;
	e->fin = p->tcp.seq + p->payload_len;
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
	stray = is_stray(f, dir, p, fp_r);
	if (!stray)
		take_segment(f, dir, p, fp_r);
	if (flags & TCP_RST && dir == FLOW_TOCLIENT && e->tcp_flags == 0 &&
	    !f->established)
		f->rejected = true;
	if (!stray && (!(flags & TCP_RST) || believe_reset(e, p)))
		flow_tcp_move(f, dir, p);
	e->tcp_flags |= flags;
	if (!stray)
		flow_tcp_judge(t, f, dir, p, ack_good);
	flow_tcp_sum_up(t, f);
}

void
flow_tcp_fragment(struct flow *f, enum flow_dir dir, const struct packet *p,
    uint32_t seq, struct flow_packet *fp_r)
{
	struct flow_end *e = &f->end[dir];

	if (f->full == NULL || !f->full->stream[dir].open || !is_plausible(e, seq))
		return;
	flow_stream_segment(f, dir, p, seq, fp_r);
	if (flow_seq_diff(seq + p->payload_len, e->sent) > 0)
		e->sent = seq + p->payload_len;
}
