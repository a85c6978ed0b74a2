/* Messages as one line of text: see render.h. */
#include "config.h"

#include "render.h"

#define SECOND INT64_C(1000000000)

static void
add_text(struct buf *b, const struct app_text *text)
{
	buf_add(b, text->data, text->len);
}

static void
add_record(struct buf *b, const struct app_dns_record *r)
{
	static const char *const sections[] = {"an", "ns", "ar"};
	char type[16], rrclass[16];

	buf_printf(b, " | %s ", sections[r->section]);
	add_text(b, &r->rrname);
	buf_printf(b, " %s %s %u [%u] ", app_dns_class_name(r->rrclass, rrclass),
	    app_dns_type_name(r->rrtype, type), (unsigned)r->ttl,
	    (unsigned)r->rdata_len);
	add_text(b, &r->rdata);
}

void
render_dns(struct buf *b, const struct app_dns *dns)
{
	char type[16], rrclass[16], rcode[16];

	buf_printf(b, "%04x %s op%u %s %u/%u/%u/%u", dns->id,
	    dns->response ? "response" : "query", dns->opcode,
	    app_dns_rcode_name(dns->rcode, rcode), dns->n_questions, dns->n_answers,
	    dns->n_authorities, dns->n_additionals);
	for (unsigned i = 0; i < dns->n_shown_questions; i++) {
		const struct app_dns_question *q = &dns->questions[i];

		buf_add_str(b, " | ? ");
		add_text(b, &q->rrname);
		buf_printf(b, " %s %s", app_dns_class_name(q->rrclass, rrclass),
		    app_dns_type_name(q->rrtype, type));
	}
	for (unsigned i = 0; i < dns->n_shown_records; i++)
		add_record(b, &dns->records[i]);
	if (dns->tcp)
		buf_add_str(b, " | tcp");
	if (dns->edns)
		buf_printf(b, " | edns %u", dns->edns_size);
	if (dns->malformed)
		buf_add_str(b, " | malformed");
	if (dns->truncated_capture)
		buf_add_str(b, " | truncated");
	if (dns->shortened)
		buf_add_str(b, " | shortened");
}

static void
add_named(struct buf *b, const char *name, const struct app_text *text)
{
	if (text->len == 0)
		return;
	buf_add_str(b, name);
	buf_add(b, text->data, text->len);
}

static void
add_request(struct buf *b, const struct app_http *h)
{
	add_named(b, "", &h->method);
	add_named(b, " ", &h->target);
	add_named(b, " ", &h->protocol);
	add_named(b, " host=", &h->host);
	add_named(b, " agent=", &h->user_agent);
	add_named(b, " referer=", &h->referer);
	add_named(b, " type=", &h->request_content_type);
	add_named(b, " xff=", &h->xff);
	if (h->authorization)
		buf_add_str(b, " auth");
	buf_printf(b, " body=%llu%s", (unsigned long long)h->request_body,
	    h->request_complete ? "" : " incomplete");
}

static void
add_response(struct buf *b, const struct app_http *h)
{
	buf_printf(b, " => %u", h->status);
	add_named(b, " ", &h->response_protocol);
	add_named(b, " type=", &h->response_content_type);
	add_named(b, " location=", &h->location);
	add_named(b, " server=", &h->server);
	add_named(b, " upgrade=", &h->upgrade);
	buf_printf(b, " body=%llu%s", (unsigned long long)h->response_body,
	    h->response_complete ? "" : " incomplete");
	if (h->response_time >= 0)
		buf_printf(b, " after=%llds", (long long)(h->response_time / SECOND));
}

void
render_http(struct buf *b, const struct app_http *h)
{
	buf_printf(b, "%u ", h->depth);
	if (h->has_request)
		add_request(b, h);
	if (h->has_response)
		add_response(b, h);
	if (h->truncated_capture)
		buf_add_str(b, " truncated");
	if (h->cut)
		buf_add_str(b, " cut");
}
