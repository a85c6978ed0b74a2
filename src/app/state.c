/*
 * Life and limits: pools, the order in which flows lose their parser state, and how
 * many messages may go out. All of it follows from the packets alone.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "app/app_priv.h"
#include "tallyman/clock.h"

void
app_config_defaults(struct app_config *config_r)
{
	*config_r = (struct app_config){
	    .flow_cap = 16384,
	    .transaction_cap = 8192,
	    .buffer_cap = 512,
	    .reorder_cap = 128,
	    .per_flow_second = 2000,
	    .per_second = 40000,
	};
}

static void
set_marks(struct app_marks *marks)
{
	for (unsigned i = 0; i < APP_WATCH; i++)
		marks->watch[i].mark = true;
	marks->always.mark = true;
	marks->evicted.mark = true;
	marks->evicted.summary.partial = true;
	marks->junk.mark = true;
	marks->junk.summary =
	    (struct app_summary){.kind = APP_DNS, .partial = true, .malformed = 1};
}

struct app *
app_new(const struct app_config *config)
{
	struct app *a = calloc(1, sizeof *a);

	if (a == NULL)
		return NULL;
	a->config = *config;
	pool_init(&a->flows, sizeof(struct app_flow), config->flow_cap);
	pool_init(&a->transactions, sizeof(struct http_tx), config->transaction_cap);
	pool_init(&a->pieces, sizeof(struct app_piece), config->buffer_cap);
	pool_init(&a->reorders, sizeof(struct stream_held), config->reorder_cap);
	TAILQ_INIT(&a->by_use);
	TAILQ_INIT(&a->pieces_out);
	TAILQ_INIT(&a->reorders_out);
	TAILQ_INIT(&a->transactions_out);
	set_marks(&a->marks);
	return a;
}

void
app_free(struct app **ap)
{
	struct app *a = *ap;

	if (a == NULL)
		return;
	pool_fini(&a->flows);
	pool_fini(&a->transactions);
	pool_fini(&a->pieces);
	pool_fini(&a->reorders);
	free(a);
	*ap = NULL;
}

void
app_get_stats(const struct app *a, struct app_stats *stats_r)
{
	*stats_r = a->stats;
}

struct app_flow *
app_flow_get(struct app *a, struct flow *f, enum app_kind kind)
{
	struct app_flow *s = pool_get(&a->flows);

	if (s == NULL && !TAILQ_EMPTY(&a->by_use)) {
		app_flow_evict(a, TAILQ_FIRST(&a->by_use));
		s = pool_get(&a->flows);
	}
	if (s == NULL) {
		a->stats.no_state++;
		return NULL;
	}
	memset(s, 0, sizeof *s);
	s->summary.kind = (uint8_t)kind;
	s->flow = f;
	s->provisional = true;
	TAILQ_INSERT_TAIL(&a->by_use, s, by_use);
	return s;
}

void
app_flow_put(struct app *a, struct app_flow *s)
{
	stream_release(a, s);
	app_parser(s)->release(a, s);
	TAILQ_REMOVE(&a->by_use, s, by_use);
	pool_put(&a->flows, s);
}

/* May one more go out in this second? */
static bool
admit(int64_t second, int64_t *limit_second, uint32_t *count, uint32_t max)
{
	if (*limit_second != second) {
		*limit_second = second;
		*count = 0;
	}
	return *count < max;
}

void
app_emit(struct app *a, struct app_flow *s, const struct app_message *m)
{
	int64_t second = a->now / CLOCK_NS_PER_SEC;

	if (!admit(
		second, &s->limit_second, &s->limit_count, a->config.per_flow_second) ||
	    !admit(second, &a->limit_second, &a->limit_count, a->config.per_second)) {
		app_left_out(a, s);
		return;
	}
	s->limit_count++;
	a->limit_count++;
	a->config.message(a->config.ctx, s->flow, m);
}

void
app_left_out(struct app *a, struct app_flow *s)
{
	a->stats.left_out++;
	s->summary.left_out++;
}

void
app_malformed(struct app *a, struct app_flow *s, enum anomaly anomaly)
{
	a->stats.malformed++;
	s->summary.malformed++;
	s->anomalies |= ANOMALY_BIT(anomaly);
}
