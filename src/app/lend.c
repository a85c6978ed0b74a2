/*
 * Memory that flows borrow for a while: pieces for what is split over segments or does
 * not fit elsewhere, and buffers for segments out of order. When there is none left,
 * the one that has been out for longest comes back: who sends a line slowly, or leaves
 * a hole open, must not take it from all others.
 */
#include "config.h"

#include "app/app_priv.h"

struct app_piece *
app_piece_get(struct app *a, struct app_flow *s)
{
	struct app_piece *piece = pool_get(&a->pieces);

	if (piece == NULL && !TAILQ_EMPTY(&a->pieces_out)) {
		struct app_piece *oldest = TAILQ_FIRST(&a->pieces_out);

		a->stats.no_memory++;
		app_parser(oldest->owner)->give_up(a, oldest->owner, oldest);
		app_piece_put(a, oldest);
		piece = pool_get(&a->pieces);
	}
	if (piece == NULL) {
		a->stats.no_memory++;
		return NULL;
	}
	piece->owner = s;
	TAILQ_INSERT_TAIL(&a->pieces_out, piece, by_age);
	return piece;
}

void
app_piece_hold(struct app *a, struct app_piece *piece)
{
	if (piece == NULL || piece->owner == NULL)
		return;
	TAILQ_REMOVE(&a->pieces_out, piece, by_age);
	piece->owner = NULL;
}

void
app_piece_put(struct app *a, struct app_piece *piece)
{
	app_piece_hold(a, piece);
	pool_put(&a->pieces, piece);
}

struct stream_held *
app_held_get(struct app *a, struct stream_side *side)
{
	struct stream_held *h = pool_get(&a->reorders);

	if (h == NULL && !TAILQ_EMPTY(&a->reorders_out)) {
		a->stats.no_memory++;
		app_held_put(a, TAILQ_FIRST(&a->reorders_out)->owner);
		h = pool_get(&a->reorders);
	}
	if (h == NULL) {
		a->stats.no_memory++;
		return NULL;
	}
	h->n = 0;
	h->used = 0;
	h->owner = side;
	side->held = h;
	TAILQ_INSERT_TAIL(&a->reorders_out, h, by_age);
	return h;
}

void
app_held_put(struct app *a, struct stream_side *side)
{
	if (side->held == NULL)
		return;
	TAILQ_REMOVE(&a->reorders_out, side->held, by_age);
	pool_put(&a->reorders, side->held);
	side->held = NULL;
}
