/* Copies messages out of the parser's memory: one block, the texts behind the arrays.
 */
#include "config.h"

#include "tallyman/app.h"
#include "tallyman/batch.h"

#include <string.h>

/* A message, the place for the copies of its texts, and how much of it is used. */
struct copier {
	char *mem; /* NULL while the size is being summed up */
	size_t used;
};

static void
copy_text(struct copier *c, struct app_text *text)
{
	if (c->mem != NULL && text->len > 0) {
		memcpy(c->mem + c->used, text->data, text->len);
		text->data = c->mem + c->used;
	}
	c->used += text->len;
}

static void *
copy_array(struct copier *c, const void *array, size_t size)
{
	void *place = NULL;

	if (c->mem != NULL && size > 0) {
		place = c->mem + c->used;
		memcpy(place, array, size);
	}
	c->used += (size + 15) & ~(size_t)15;
	return place;
}

static void
copy_question(struct copier *c, struct app_dns_question *q)
{
	copy_text(c, &q->rrname);
}

static void
copy_record(struct copier *c, struct app_dns_record *r)
{
	copy_text(c, &r->rrname);
	copy_text(c, &r->rdata);
	copy_text(c, &r->names[0]);
	copy_text(c, &r->names[1]);
}

/* Arrays come first, so that the texts need no alignment. */
static void
copy_dns(struct copier *c, struct app_dns *dns)
{
	struct app_dns_question *questions =
	    copy_array(c, dns->questions, dns->n_shown_questions * sizeof *questions);
	struct app_dns_record *records =
	    copy_array(c, dns->records, dns->n_shown_records * sizeof *records);

	for (unsigned i = 0; i < dns->n_shown_questions; i++) {
		struct app_dns_question q = dns->questions[i];

		copy_question(c, questions != NULL ? &questions[i] : &q);
	}
	for (unsigned i = 0; i < dns->n_shown_records; i++) {
		struct app_dns_record r = dns->records[i];

		copy_record(c, records != NULL ? &records[i] : &r);
	}
	dns->questions = questions;
	dns->records = records;
}

static void
copy_http(struct copier *c, struct app_http *h)
{
	struct app_text *const texts[] = {&h->method, &h->target, &h->protocol,
	    &h->host, &h->user_agent, &h->referer, &h->request_content_type, &h->xff,
	    &h->response_protocol, &h->response_content_type, &h->location, &h->server,
	    &h->upgrade};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		copy_text(c, texts[i]);
}

static struct app_message *
copy_all(struct copier *c, struct app_message *scratch)
{
	struct app_message *m = copy_array(c, scratch, sizeof *scratch);

	if (m == NULL)
		m = scratch;
	if (m->kind == APP_DNS)
		copy_dns(c, &m->dns);
	else if (m->kind == APP_HTTP)
		copy_http(c, &m->http);
	return m;
}

const struct app_message *
app_message_copy(struct batch *b, const struct app_message *m)
{
	struct app_message scratch = *m;
	struct copier size = {NULL, 0}, copy = {NULL, 0};

	copy_all(&size, &scratch);
	copy.mem = batch_alloc(b, size.used);
	if (copy.mem == NULL)
		return NULL;
	scratch = *m;
	return copy_all(&copy, &scratch);
}
