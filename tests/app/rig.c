/* A flow without packets: see rig.h. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "render.h"
#include "rig.h"

static void
on_message(void *ctx, struct flow *f, const struct app_message *m)
{
	struct rig *rig = ctx;

	(void)f;
	assert_int_equal(m->kind, APP_HTTP);
	rig->messages++;
	render_http(&rig->out, &m->http);
	buf_add_str(&rig->out, "\n");
}

void
rig_init(struct rig *rig, struct app_config *config)
{
	config->message = on_message;
	config->ctx = rig;
	rig->a = app_new(config);
	assert_non_null(rig->a);
	rig->s = app_flow_get(rig->a, NULL, APP_HTTP);
	assert_non_null(rig->s);
	rig->messages = 0;
	buf_init(&rig->out);
}

void
rig_init_defaults(struct rig *rig)
{
	struct app_config config;

	app_config_defaults(&config);
	rig_init(rig, &config);
}

void
rig_fini(struct rig *rig)
{
	app_flow_put(rig->a, rig->s);
	assert_int_equal(rig->a->flows.used, 0);
	assert_int_equal(rig->a->transactions.used, 0);
	assert_int_equal(rig->a->pieces.used, 0);
	app_free(&rig->a);
	buf_fini(&rig->out);
}

void
rig_feed_cut(struct rig *rig, unsigned side, const char *bytes, size_t cap, size_t len,
    int64_t ts)
{
	uint8_t *copy = malloc(cap + 1);
	struct segment seg = {.side = side,
	    .bytes = copy + 1,
	    .cap = (uint32_t)cap,
	    .len = (uint32_t)len,
	    .ts = ts};

	assert_non_null(copy);
	memcpy(copy + 1, bytes, cap);
	rig->a->now = ts;
	if (len > 0 && !rig->s->abandoned && !rig->s->opaque)
		http_parser.data(rig->a, rig->s, &seg);
	free(copy);
}

void
rig_feed(struct rig *rig, unsigned side, const char *bytes, size_t len, int64_t ts)
{
	rig_feed_cut(rig, side, bytes, len, len, ts);
}

void
rig_feed_text(struct rig *rig, unsigned side, const char *text, int64_t ts)
{
	rig_feed(rig, side, text, strlen(text), ts);
}
