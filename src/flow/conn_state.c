/* conn_state from both ends' states, with Zeek's meaning, and the names of the enums.
 */
#include "config.h"

#include "flow/flow_priv.h"

#include <netinet/in.h>

static bool
has_no_part(const struct flow_end *e)
{
	return e->state == FLOW_END_INACTIVE || e->state == FLOW_END_PARTIAL;
}

static bool
no_data(const struct flow *f)
{
	return f->end[0].payload_bytes == 0 && f->end[1].payload_bytes == 0;
}

static enum flow_conn_state
reset_by_responder(const struct flow *f)
{
	uint8_t o = f->end[0].state;

	if (o == FLOW_END_SYN_SENT || o == FLOW_END_SYN_ACK_SENT ||
	    (o == FLOW_END_RESET && no_data(f)))
		return FLOW_CONN_REJ;
	return has_no_part(&f->end[0]) ? FLOW_CONN_RSTRH : FLOW_CONN_RSTR;
}

/* The initiator's first letters are S, then R with nothing of a connection between. */
static bool
gave_up_attempt(const struct flow *f)
{
	unsigned i = f->history_len > 0 && f->history[0] == '^';

	if (i == f->history_len || f->history[i++] != 'S')
		return false;
	for (; i < f->history_len; i++) {
		switch (f->history[i]) {
		case 'R':
			return true;
		case 'H':
		case 'A':
		case 'F':
		case 'G':
		case 'I':
		case 'Q':
			return false;
		}
	}
	return false;
}

static enum flow_conn_state
reset_by_initiator(const struct flow *f)
{
	if (!has_no_part(&f->end[1]))
		return FLOW_CONN_RSTO;
	return gave_up_attempt(f) ? FLOW_CONN_RSTOS0 : FLOW_CONN_OTH;
}

static enum flow_conn_state
tcp_conn_state(const struct flow *f)
{
	const struct flow_end *o = &f->end[0], *r = &f->end[1];

	if (r->state == FLOW_END_RESET)
		return reset_by_responder(f);
	if (o->state == FLOW_END_RESET)
		return reset_by_initiator(f);
	if (o->state == FLOW_END_CLOSED && r->state == FLOW_END_CLOSED)
		return FLOW_CONN_SF;
	if (o->state == FLOW_END_CLOSED)
		return has_no_part(r) ? FLOW_CONN_SH : FLOW_CONN_S2;
	if (r->state == FLOW_END_CLOSED)
		return has_no_part(o) ? FLOW_CONN_SHR : FLOW_CONN_S3;
	if (o->state == FLOW_END_SYN_SENT && r->state == FLOW_END_INACTIVE)
		return FLOW_CONN_S0;
	if (o->state == FLOW_END_ESTABLISHED && r->state == FLOW_END_ESTABLISHED)
		return FLOW_CONN_S1;
	return FLOW_CONN_OTH;
}

static enum flow_conn_state
udp_conn_state(const struct flow *f)
{
	if (f->end[0].seen)
		return f->end[1].seen ? FLOW_CONN_SF : FLOW_CONN_S0;
	return f->end[1].seen ? FLOW_CONN_SHR : FLOW_CONN_OTH;
}

enum flow_conn_state
flow_conn_state(const struct flow *f)
{
	switch (f->key.proto) {
	case IPPROTO_TCP:
		return tcp_conn_state(f);
	case IPPROTO_UDP:
		return udp_conn_state(f);
	default:
		return FLOW_CONN_OTH;
	}
}

const char *
flow_conn_state_name(enum flow_conn_state state)
{
	static const char *const names[] = {
	    [FLOW_CONN_S0] = "S0",
	    [FLOW_CONN_S1] = "S1",
	    [FLOW_CONN_SF] = "SF",
	    [FLOW_CONN_REJ] = "REJ",
	    [FLOW_CONN_S2] = "S2",
	    [FLOW_CONN_S3] = "S3",
	    [FLOW_CONN_RSTO] = "RSTO",
	    [FLOW_CONN_RSTR] = "RSTR",
	    [FLOW_CONN_RSTOS0] = "RSTOS0",
	    [FLOW_CONN_RSTRH] = "RSTRH",
	    [FLOW_CONN_SH] = "SH",
	    [FLOW_CONN_SHR] = "SHR",
	    [FLOW_CONN_OTH] = "OTH",
	};

	return names[state];
}

const char *
flow_state_name(enum flow_state state)
{
	static const char *const names[] = {
	    [FLOW_STATE_NEW] = "new",
	    [FLOW_STATE_ESTABLISHED] = "established",
	    [FLOW_STATE_CLOSED] = "closed",
	};

	return names[state];
}

const char *
flow_reason_name(enum flow_reason reason)
{
	static const char *const names[] = {
	    [FLOW_REASON_TIMEOUT] = "timeout",
	    [FLOW_REASON_FORCED] = "forced",
	    [FLOW_REASON_SHUTDOWN] = "shutdown",
	    [FLOW_REASON_REUSED] = "tcp_reuse",
	    [FLOW_REASON_INTERIM] = "interim",
	};

	return names[reason];
}

const char *
flow_initiator_name(enum flow_initiator initiator)
{
	static const char *const names[] = {
	    [FLOW_INITIATOR_SYN] = "syn",
	    [FLOW_INITIATOR_SYNACK] = "synack",
	    [FLOW_INITIATOR_FIRST_PACKET] = "first_packet",
	    [FLOW_INITIATOR_PORT] = "port",
	    [FLOW_INITIATOR_REPLY] = "reply",
	};

	return names[initiator];
}
