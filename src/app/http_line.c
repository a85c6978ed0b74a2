/*
 * Lines out of segments. A line that stands in one segment is read there; of a split
 * one the first 8 KiB wait in a piece. A line whose piece was taken away is lost, and
 * its message with it.
 */
#include "config.h"

#include <string.h>

#include "app/http_priv.h"

void
http_line_drop(struct http_reader *r)
{
	if (r->side->line != NULL)
		app_piece_put(r->a, r->side->line);
	r->side->line = NULL;
	r->side->line_len = 0;
	r->side->line_lost = r->side->line_long = false;
}

/* Keeps a part of a line until the rest comes. */
static void
keep_line(struct http_reader *r, const uint8_t *bytes, uint32_t n)
{
	struct http_side *side = r->side;
	uint32_t room = APP_PIECE - side->line_len;

	if (side->line == NULL && !side->line_lost) {
		side->line_ts = r->ts;
		side->line = app_piece_get(r->a, r->s);
		side->line_lost = side->line == NULL;
	}
	if (side->line_lost)
		return;
	if (n > room) {
		r->a->stats.cut_lines += !side->line_long;
		side->line_long = true;
		n = room;
	}
	memcpy(side->line->bytes + side->line_len, bytes, n);
	side->line_len += n;
}

/* Takes the kept part of the line off the side: reading it may ask for pieces. */
static struct app_piece *
take_kept(struct http_reader *r, uint32_t *n_r)
{
	struct http_side *side = r->side;
	struct app_piece *piece = side->line;

	*n_r = side->line_len;
	app_piece_hold(r->a, piece);
	side->line = NULL;
	side->line_len = 0;
	side->line_lost = side->line_long = false;
	return piece;
}

static void
kept_line(struct http_reader *r)
{
	struct http_side *side = r->side;
	struct app_piece *piece;
	uint32_t n;

	if (side->line_lost) {
		http_message_lose(r);
		return;
	}
	if (side->line_long && side->tx != NULL)
		side->tx->cut = true;
	piece = take_kept(r, &n);
	http_message_line(r, piece->bytes, n);
	app_piece_put(r->a, piece);
}

/* How much of a line tells what it is. */
#define JUDGED 32

/* A side that has had no message yet is not made to wait for the end of a line that
 * does not look like one. */
static void
judge_part(struct http_reader *r)
{
	const struct http_side *side = r->side;
	uint32_t n = side->line_len < JUDGED ? side->line_len : JUDGED;

	if (side->phase != HTTP_START || side->good || side->line == NULL)
		return;
	if (n == 1 && side->line->bytes[0] == '\r') /* half of an empty line */
		return;
	if (http_look(side->line->bytes, n) != HTTP_LOOK_NO)
		return;
	n = side->line_len;
	http_line_drop(r);
	http_message_refuse(r, n);
}

uint32_t
http_line_take(struct http_reader *r, const uint8_t *p, uint32_t n)
{
	struct http_side *side = r->side;
	const uint8_t *lf = memchr(p, '\n', n);
	uint32_t taken = lf != NULL ? (uint32_t)(lf - p) + 1 : n;

	if (lf != NULL && side->line == NULL && !side->line_lost) {
		side->line_ts = r->ts;
		http_message_line(r, p, taken - 1);
		return taken;
	}
	keep_line(r, p, lf != NULL ? taken - 1 : taken);
	if (lf != NULL)
		kept_line(r);
	else
		judge_part(r);
	return taken;
}

void
http_line_cut(struct http_reader *r)
{
	struct app_piece *piece;
	uint32_t n;

	if (r->side->phase != HTTP_START || r->side->line == NULL)
		return;
	piece = take_kept(r, &n);
	http_message_part(r, piece->bytes, n);
	app_piece_put(r->a, piece);
}
