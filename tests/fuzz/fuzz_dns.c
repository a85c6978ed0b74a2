/*
 * One DNS message from any bytes. The first byte chooses the variant and how much of
 * the message the capture holds; the rest is the message. Every text must lie in the
 * scratch memory or be static, and a copy must be possible within the stated size.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "app/app_priv.h"
#include "tallyman/batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(const struct app_text *text, size_t *total)
{
	volatile char last;

	*total += text->len;
	if (text->len > 0)
		last = text->data[text->len - 1];
	(void)last;
}

static void
check(const struct app_dns *dns)
{
	size_t total = 0;

	if (dns->n_shown_questions > APP_DNS_QUESTIONS_MAX ||
	    dns->n_shown_records > APP_DNS_RECORDS_MAX)
		abort();
	for (unsigned i = 0; i < dns->n_shown_questions; i++)
		check_text(&dns->questions[i].rrname, &total);
	for (unsigned i = 0; i < dns->n_shown_records; i++) {
		const struct app_dns_record *r = &dns->records[i];

		check_text(&r->rrname, &total);
		check_text(&r->rdata, &total);
		check_text(&r->names[0], &total);
		check_text(&r->names[1], &total);
	}
	if (total > DNS_TEXT_MAX + APP_DNS_QUESTIONS_MAX + APP_DNS_RECORDS_MAX)
		abort();
}

static void
check_copy(const struct app_dns *dns)
{
	static unsigned char memory[APP_MESSAGE_BYTES_MAX] __attribute__((aligned(16)));
	struct batch batch = {.mem = memory, .cap = sizeof memory};
	struct app_message m = {.kind = APP_DNS, .dns = *dns};
	const struct app_message *copy = app_message_copy(&batch, &m);

	if (copy == NULL)
		abort();
	check(&copy->dns);
}

static void
one_message(uint8_t how, const uint8_t *data, size_t size)
{
	static struct dns_scratch scratch;
	struct app_dns dns;
	struct dns_verdict v;
	uint8_t *message;
	size_t cap = size;

	if ((how & 0x80) != 0)
		cap = cap * (how >> 2 & 15) / 16;
	message = malloc(cap + 1);
	if (message == NULL)
		return;
	memcpy(message, data, cap);
	v = dns_parse(message, (uint32_t)cap, (uint32_t)size,
	    (enum app_dns_variant)((how & 3) % 3), &scratch, &dns);
	free(message);
	check(&dns);
	if (v.certain && (dns.malformed || dns.truncated_capture))
		abort();
	check_copy(&dns);
}

/* ---- a stream ---- */

enum step {
	STEP_SIDE = 1,
	STEP_CUT = 2,
	STEP_GAP = 4,
	STEP_END = 8,
};

static void
on_message(void *ctx, struct flow *f, const struct app_message *m)
{
	uint64_t *messages = ctx;

	(void)f;
	++*messages;
	check(&m->dns);
}

static void
feed(struct app *a, struct app_flow *s, uint8_t what, const uint8_t *bytes, uint32_t n)
{
	uint8_t *copy = malloc(n + 1U);
	struct segment seg = {
	    .side = what & STEP_SIDE, .bytes = copy, .cap = n, .len = n};

	if (copy == NULL)
		abort();
	memcpy(copy, bytes, n);
	if ((what & STEP_CUT) != 0)
		seg.len += (what >> 4) * 64U;
	if ((what & STEP_END) != 0)
		dns_tcp_parser.end(a, s, seg.side);
	else if ((what & STEP_GAP) != 0)
		dns_tcp_parser.gap(a, s, seg.side, n + 1U);
	else if (seg.len > 0)
		dns_tcp_parser.data(a, s, &seg);
	free(copy);
}

static void
stream(const uint8_t *data, size_t size)
{
	uint64_t messages = 0;
	struct app_config config;
	struct app_flow *s;
	struct app *a;

	app_config_defaults(&config);
	config.message = on_message;
	config.ctx = &messages;
	config.buffer_cap = 1;
	a = app_new(&config);
	if (a == NULL || (s = app_flow_get(a, NULL, APP_DNS)) == NULL)
		abort();
	while (size >= 2 && !s->abandoned) {
		uint8_t what = data[0];
		uint32_t n = data[1] < size - 2 ? data[1] : (uint32_t)size - 2;

		feed(a, s, what, data + 2, n);
		data += 2 + n;
		size -= 2 + n;
	}
	dns_tcp_parser.finish(a, s);
	if (messages + s->summary.left_out !=
	    s->summary.requests + s->summary.responses)
		abort();
	app_flow_put(a, s);
	if (a->flows.used + a->pieces.used != 0)
		abort();
	app_free(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > UINT16_MAX)
		return 0;
	if ((data[0] & 0x40) != 0)
		stream(data + 1, size - 1);
	else
		one_message(data[0], data + 1, size - 1);
	return 0;
}
