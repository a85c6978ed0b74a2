/*
 * The states of both ends of a TCP connection, after Zeek's analyzer, and what they
 * come to: established, proven, closed.
 */
#include "config.h"

#include "flow/flow_priv.h"

static void
set_state(struct flow_end *e, enum flow_end_state state)
{
	if (e->state == state)
		return;
	e->before = e->state;
	e->state = (uint8_t)state;
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

void
flow_tcp_move(struct flow *f, enum flow_dir dir, const struct packet *p)
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

void
flow_tcp_judge(struct flow_table *t, struct flow *f, enum flow_dir dir,
    const struct packet *p, bool ack_good)
{
	struct flow_end *e = &f->end[dir], *peer = &f->end[!dir];
	uint8_t flags = p->tcp.flags;

	if ((f->established && f->proven) || !(flags & TCP_ACK) || flags & TCP_RST ||
	    !ack_good)
		return;
	if (dir == FLOW_TOSERVER && !f->established && peer->tcp_flags & TCP_SYN &&
	    flow_seq_diff(p->tcp.ack, peer->start) <= 0)
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

void
flow_tcp_sum_up(struct flow_table *t, struct flow *f)
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
