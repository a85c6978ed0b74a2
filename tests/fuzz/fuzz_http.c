/*
 * An HTTP flow from any bytes. The input is a list of steps, each a byte of what to do
 * and a length, then bytes: a segment of either side, whole or cut by the snap length,
 * a gap, the end of a side. Where an input has segments alone, the same bytes are fed
 * once more one by one, and the counters must be the same. All memory has to come back.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "app/http_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum step {
	STEP_SIDE = 1,
	STEP_CUT = 2,
	STEP_GAP = 4,
	STEP_END = 8,
};

struct run {
	struct app *a;
	struct app_flow *s;
	uint64_t messages, text;
	bool by_bytes;
	bool in_step; /* whole segments alone, and no place was lost */
};

/* flow_slots() and the like are not called: the state belongs to no flow. */
static void
on_message(void *ctx, struct flow *f, const struct app_message *m)
{
	struct run *run = ctx;
	const struct app_http *h = &m->http;

	(void)f;
	run->messages++;
	run->text += h->method.len + h->target.len + h->host.len + h->user_agent.len;
	if ((!h->has_request && !h->has_response) ||
	    (h->method.len > 0 && memchr(h->method.data, '\n', h->method.len) != NULL))
		abort();
}

static bool
is_over(const struct run *run)
{
	return run->s->abandoned || run->s->opaque;
}

static void
feed(struct run *run, unsigned side, const uint8_t *bytes, uint32_t cap, uint32_t len)
{
	uint8_t *copy = malloc(cap + 1);
	struct segment seg = {.side = side, .bytes = copy, .cap = cap, .len = len};

	if (copy == NULL)
		abort();
	memcpy(copy, bytes, cap);
	if (len > 0 && !is_over(run))
		http_parser.data(run->a, run->s, &seg);
	free(copy);
}

/* Out of step, or where the next segment's beginning decides whether a body comes. */
static void
note_place(struct run *run)
{
	for (unsigned i = 0; i < APP_SIDES; i++) {
		const struct http_side *side = &run->s->http.side[i];
		bool is_body =
		    side->phase == HTTP_BODY || side->phase == HTTP_UNTIL_CLOSE;

		if (side->phase == HTTP_SEEK)
			run->in_step = false;
		if (is_body && side->body == 0 &&
		    (side->framing.expects || side->tx == NULL ||
			!side->tx->has_request))
			run->in_step = false;
	}
}

static void
segment(struct run *run, unsigned side, const uint8_t *bytes, uint32_t n)
{
	if (!run->by_bytes) {
		feed(run, side, bytes, n, n);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		feed(run, side, bytes + i, 1, 1);
}

static void
step(struct run *run, uint8_t what, const uint8_t *bytes, uint32_t n)
{
	unsigned side = what & STEP_SIDE;

	run->a->now += 300000000;
	if (is_over(run))
		return;
	if ((what & STEP_END) != 0)
		http_parser.end(run->a, run->s, side);
	else if ((what & STEP_GAP) != 0)
		http_parser.gap(run->a, run->s, side, n + 1U);
	else if ((what & STEP_CUT) != 0)
		feed(run, side, bytes, n, n + (what >> 4) * 16U);
	else
		segment(run, side, bytes, n);
}

static void
play(struct run *run, const uint8_t *data, size_t size)
{
	while (size >= 2) {
		uint8_t what = data[0];
		uint32_t n = data[1];

		data += 2;
		size -= 2;
		if (n > size)
			n = (uint32_t)size;
		step(run, what, data, n);
		note_place(run);
		if ((what & (STEP_CUT | STEP_GAP | STEP_END)) != 0)
			run->in_step = false;
		data += n;
		size -= n;
	}
	run->in_step =
	    run->in_step && !run->s->abandoned && run->s->summary.malformed == 0;
	if (!run->s->abandoned)
		http_parser.finish(run->a, run->s);
}

static struct app_summary
run_all(struct run *run, const uint8_t *data, size_t size)
{
	struct app_config config;
	struct app_summary sum;

	app_config_defaults(&config);
	config.message = on_message;
	config.ctx = run;
	config.transaction_cap = 40;
	config.buffer_cap = 5;
	run->in_step = true;
	run->a = app_new(&config);
	if (run->a == NULL)
		abort();
	run->s = app_flow_get(run->a, NULL, APP_HTTP);
	play(run, data, size);
	sum = run->s->summary;
	app_flow_put(run->a, run->s);
	if (run->a->flows.used + run->a->transactions.used + run->a->pieces.used != 0)
		abort();
	if (run->a->stats.no_memory > 0)
		run->in_step = false;
	app_free(&run->a);
	if (run->messages + sum.left_out < sum.requests)
		abort();
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run whole = {.by_bytes = false}, bytes = {.by_bytes = true};
	struct app_summary a = run_all(&whole, data, size), b;

	if (!whole.in_step)
		return 0;
	b = run_all(&bytes, data, size);
	if (bytes.in_step && memcmp(&a, &b, sizeof a) != 0)
		abort();
	if (bytes.in_step &&
	    (whole.messages != bytes.messages || whole.text != bytes.text))
		abort();
	return 0;
}
