/*
 * Zeek's history: a letter for what each side did, upper case for the initiator. Data,
 * ACK and odd flags are written once per side; SYN, FIN and RST again when their
 * sequence number differs; counted things at 1, 10, 100 ... What does not fit is left
 * out.
 */
#include "config.h"

#include "flow/flow_priv.h"

#include <ctype.h>
#include <string.h>

static void
add(struct flow *f, enum flow_dir dir, char letter)
{
	if (f->history_len == FLOW_HISTORY_MAX)
		return;
	if (dir == FLOW_TOCLIENT)
		letter = (char)tolower((unsigned char)letter);
	f->history[f->history_len++] = letter;
}

bool
flow_history_once(struct flow *f, enum flow_dir dir, uint8_t bit, char letter)
{
	struct flow_end *e = &f->end[dir];

	if (e->wrote & bit)
		return true;
	e->wrote |= bit;
	add(f, dir, letter);
	return false;
}

static bool
is_power_of_ten(uint32_t n)
{
	while (n % 10 == 0 && n > 0)
		n /= 10;
	return n == 1;
}

void
flow_history_scaled(struct flow *f, enum flow_dir dir, uint32_t *counter, char letter)
{
	if (*counter == UINT32_MAX)
		return;
	++*counter;
	if (is_power_of_ten(*counter))
		add(f, dir, letter);
}

/* Again when the sequence number is not the one of the last time. */
static void
numbered(struct flow *f, enum flow_dir dir, uint8_t bit, char letter, uint32_t seq,
    uint32_t last)
{
	if (flow_history_once(f, dir, bit, letter) && seq != last)
		add(f, dir, letter);
}

static void
with_fin(struct flow *f, enum flow_dir dir, const struct packet *p)
{
	const struct flow_end *e = &f->end[dir];
	uint32_t fin = p->tcp.seq + p->payload_len; /* it is behind the data */

	numbered(f, dir, FLOW_WROTE_FIN, 'F', fin, e->fin_known ? e->fin : fin);
}

void
flow_history_tcp(struct flow *f, enum flow_dir dir, const struct packet *p)
{
	struct flow_end_rare *rare = &f->rare[dir];
	uint8_t flags = p->tcp.flags;

	switch (flags & (TCP_SYN | TCP_FIN | TCP_RST)) {
	case 0:
		if (p->payload_len > 0)
			flow_history_once(f, dir, FLOW_WROTE_DATA, 'D');
		else if (flags & TCP_ACK)
			flow_history_once(f, dir, FLOW_WROTE_ACK, 'A');
		break;
	case TCP_SYN:
		numbered(f, dir, FLOW_WROTE_SYN, flags & TCP_ACK ? 'H' : 'S',
		    p->tcp.seq, rare->last_syn);
		rare->last_syn = p->tcp.seq;
		break;
	case TCP_FIN:
		with_fin(f, dir, p);
		break;
	case TCP_RST:
		numbered(f, dir, FLOW_WROTE_RST, 'R', p->tcp.seq, rare->last_rst);
		rare->last_rst = p->tcp.seq;
		break;
	case TCP_FIN | TCP_RST:
	case TCP_FIN | TCP_RST | TCP_SYN:
		flow_history_once(f, dir, FLOW_WROTE_FIN_RST, 'I');
		break;
	default:
		flow_history_once(f, dir, FLOW_WROTE_MULTI, 'Q');
	}
}

void
flow_history_turn(struct flow *f)
{
	unsigned kept = f->history_len;

	if (kept == FLOW_HISTORY_MAX)
		kept--;
	memmove(f->history + 1, f->history, kept);
	f->history[0] = '^';
	for (unsigned i = 1; i <= kept; i++) {
		unsigned char c = (unsigned char)f->history[i];

		f->history[i] = (char)(isupper(c) ? tolower(c) : toupper(c));
	}
	f->history_len = (uint8_t)(kept + 1);
}
