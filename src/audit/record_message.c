/* The records of DNS and HTTP messages. */
#include "config.h"

#include "audit/record.h"

#include <string.h>

#include "tallyman/clock.h"

#define HEX_DIGITS 4 /* of DNS flags */
#define CLASS_IN   1
#define MS_DIGITS  6 /* milliseconds to the nanosecond */

static void
put_response_time(struct json *j, int64_t ns)
{
	if (ns >= 0)
		json_double(j, "response_time_ms", (double)ns / 1e6, MS_DIGITS);
}

static void
put_flag(struct json *j, const char *key, bool set)
{
	if (set)
		json_bool(j, key, true);
}

/* ---- DNS ---- */

static const struct {
	uint16_t bit;
	const char *name;
} dns_flags[] = {
    {0x8000, "qr"},
    {0x0400, "aa"},
    {0x0200, "tc"},
    {0x0100, "rd"},
    {0x0080, "ra"},
    {0x0040, "z"},
};

static const char *const dns_protos[] = {
    [APP_DNS_UNICAST] = "dns",
    [APP_DNS_MDNS] = "mdns",
    [APP_DNS_LLMNR] = "llmnr",
};

/* Hexadecimal without leading zeros, as EVE has it. */
static void
put_dns_flags(struct json *j, uint16_t flags)
{
	static const char digits[] = "0123456789abcdef";
	char text[HEX_DIGITS], *p = text + HEX_DIGITS;
	unsigned rest = flags;

	do {
		*--p = digits[rest & 15];
		rest >>= 4;
	} while (rest != 0);
	JSON_KEY(j, "flags");
	json_put_ascii(j, p, (size_t)(text + HEX_DIGITS - p));
	for (size_t i = 0; i < sizeof dns_flags / sizeof *dns_flags; i++)
		put_flag(j, dns_flags[i].name, (flags & dns_flags[i].bit) != 0);
}

static void
put_type(struct json *j, uint16_t rrtype, uint16_t rrclass)
{
	char text[16];

	json_ascii(j, "rrtype", app_dns_type_name(rrtype, text));
	if (rrclass != CLASS_IN)
		json_ascii(j, "rrclass", app_dns_class_name(rrclass, text));
}

static void
put_questions(struct json *j, const struct app_dns *dns)
{
	if (dns->n_shown_questions == 0)
		return;
	json_array(j, "queries");
	for (unsigned i = 0; i < dns->n_shown_questions; i++) {
		const struct app_dns_question *q = &dns->questions[i];

		json_object(j, NULL);
		json_strn(j, "rrname", q->rrname.data, q->rrname.len);
		put_type(j, q->rrtype, q->rrclass);
		json_object_end(j);
	}
	json_array_end(j);
}

/* Types whose data EVE writes as an object: its members, in the order of the record. */
static const struct rdata_object {
	uint16_t rrtype;
	const char *key;
	const char *names[2];
	const char *numbers[5];
} rdata_objects[] = {
    {6, "soa", {"mname", "rname"}, {"serial", "refresh", "retry", "expire", "minimum"}},
    {33, "srv", {"name"}, {"priority", "weight", "port"}},
    {44, "sshfp", {"fingerprint"}, {"algo", "type"}},
};

static const struct rdata_object *
find_object(const struct app_dns_record *r)
{
	for (size_t i = 0; i < sizeof rdata_objects / sizeof *rdata_objects; i++) {
		if (rdata_objects[i].rrtype == r->rrtype && r->names[0].len != 0)
			return &rdata_objects[i];
	}
	return NULL;
}

static void
put_object(struct json *j, const struct rdata_object *o, const struct app_dns_record *r)
{
	json_object(j, o->key);
	for (unsigned i = 0; i < 2 && o->names[i] != NULL; i++)
		json_strn(j, o->names[i], r->names[i].data, r->names[i].len);
	for (unsigned i = 0; i < 5 && o->numbers[i] != NULL; i++)
		json_u64(j, o->numbers[i], r->numbers[i]);
	json_object_end(j);
}

static void
put_resource(struct json *j, const struct app_dns_record *r)
{
	const struct rdata_object *o = find_object(r);

	json_object(j, NULL);
	json_strn(j, "rrname", r->rrname.data, r->rrname.len);
	put_type(j, r->rrtype, r->rrclass);
	json_u64(j, "ttl", r->ttl);
	if (o != NULL)
		put_object(j, o, r);
	else if (r->rdata.len != 0)
		json_strn(j, "rdata", r->rdata.data, r->rdata.len);
	else
		json_u64(j, "rdata_length", r->rdata_len);
	json_object_end(j);
}

/* Records stand in the order of the message: one section after the other. */
static void
put_sections(struct json *j, const struct app_dns *dns)
{
	static const char *const keys[APP_DNS_N_SECTIONS] = {
	    [APP_DNS_ANSWER] = "answers",
	    [APP_DNS_AUTHORITY] = "authorities",
	    [APP_DNS_ADDITIONAL] = "additionals",
	};
	const struct app_dns_record *r = dns->records; /* NULL when there are none */
	unsigned n = dns->n_shown_records, i = 0;

	for (unsigned section = 0; section < APP_DNS_N_SECTIONS; section++) {
		if (i == n || r[i].section != section)
			continue;
		json_array(j, keys[section]);
		for (; i < n && r[i].section == section; i++)
			put_resource(j, &r[i]);
		json_array_end(j);
	}
}

/* What EVE does not tell: sizes, claims, and what is missing. */
static void
put_dns_rest(struct json *j, const struct app_dns *dns)
{
	json_u64(j, "size", dns->size);
	if (dns->n_questions != 1)
		json_u64(j, "query_count", dns->n_questions);
	record_count(j, "answer_count", dns->n_answers);
	record_count(j, "authority_count", dns->n_authorities);
	record_count(j, "additional_count", dns->n_additionals);
	if (dns->edns)
		json_u64(j, "edns_size", dns->edns_size);
	put_response_time(j, dns->response_time);
	put_flag(j, "malformed", dns->malformed);
	put_flag(j, "truncated_capture", dns->truncated_capture);
	put_flag(j, "shortened", dns->shortened);
}

unsigned
record_dns(struct buf *out, const struct event *e, const struct audit_context *context)
{
	const struct app_dns *dns = &e->message->dns;
	struct record_head head = {.event_type = "dns",
	    .app_proto = dns_protos[dns->variant],
	    .packet = true,
	    .reversed = e->message->dir == FLOW_TOCLIENT};
	char text[16];
	struct json j;

	record_open_event(&j, out, e, &head, context);
	json_object(&j, "dns");
	json_u64(&j, "version", 3);
	json_ascii(&j, "type", dns->response ? "response" : "request");
	json_u64(&j, "id", dns->id);
	put_dns_flags(&j, dns->flags);
	json_u64(&j, "opcode", dns->opcode);
	json_ascii(&j, "rcode", app_dns_rcode_name(dns->rcode, text));
	put_questions(&j, dns);
	put_sections(&j, dns);
	put_dns_rest(&j, dns);
	json_object_end(&j);
	record_close(&j);
	return 1;
}

/* ---- HTTP ---- */

/*
 * The Host header without its port, which EVE has apart; 0 when it names none. An IPv6
 * address keeps its brackets.
 */
static unsigned
split_host(struct app_text *host)
{
	const char *p = host->data + host->len;
	unsigned port = 0, unit = 1;

	while (p > host->data && p[-1] >= '0' && p[-1] <= '9' && unit < 100000) {
		port += (unsigned)(*--p - '0') * unit;
		unit *= 10;
	}
	if (unit == 1 || port > 65535 || p - host->data < 2 || p[-1] != ':')
		return 0;
	if (memchr(host->data, ':', (size_t)(p - 1 - host->data)) != NULL &&
	    p[-2] != ']')
		return 0; /* a bare IPv6 address */
	host->len = (uint32_t)(p - 1 - host->data);
	return port;
}

/* A Content-Length is told where it is not what was seen. */
static void
put_claim(struct json *j, const char *key, int64_t claim, uint64_t seen)
{
	if (claim >= 0 && (uint64_t)claim != seen)
		json_i64(j, key, claim);
}

static void
put_request(struct json *j, const struct app_http *h)
{
	struct app_text host = h->host;
	unsigned port = host.len == 0 ? 0 : split_host(&host);

	record_text(j, "hostname", &host);
	record_count(j, "http_port", port);
	record_text(j, "url", &h->target);
	record_text(j, "http_user_agent", &h->user_agent);
	record_text(j, "xff", &h->xff);
	record_text(j, "http_content_type", &h->response_content_type);
	record_text(j, "http_refer", &h->referer);
	record_text(j, "http_method", &h->method);
	record_text(j, "protocol", &h->protocol);
}

static bool
same_text(const struct app_text *a, const struct app_text *b)
{
	return a->len == b->len &&
	    (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static void
put_response(struct json *j, const struct app_http *h)
{
	record_count(j, "status", h->status);
	record_text(j, "redirect", &h->location);
	if (h->has_response)
		json_u64(j, "length", h->response_body);
	if (!same_text(&h->response_protocol, &h->protocol))
		record_text(j, "response_protocol", &h->response_protocol);
	record_text(j, "server", &h->server);
	record_text(j, "upgrade", &h->upgrade);
	put_claim(j, "response_content_length", h->response_length, h->response_body);
	put_response_time(j, h->response_time);
}

static void
put_http_rest(struct json *j, const struct app_http *h)
{
	record_text(j, "request_content_type", &h->request_content_type);
	put_claim(j, "request_content_length", h->request_length, h->request_body);
	record_count(j, "request_length", h->request_body);
	put_flag(j, "authorization", h->authorization);
	put_flag(j, "request_incomplete", h->has_request && !h->request_complete);
	put_flag(j, "response_incomplete", h->has_response && !h->response_complete);
	put_flag(j, "request_missing", !h->has_request);
	put_flag(j, "truncated_capture", h->truncated_capture);
	put_flag(j, "shortened", h->cut);
}

unsigned
record_http(struct buf *out, const struct event *e, const struct audit_context *context)
{
	const struct app_http *h = &e->message->http;
	struct record_head head = {.event_type = "http",
	    .app_proto = "http",
	    .packet = true,
	    .reversed = e->message->dir == FLOW_TOCLIENT};
	struct json j;

	record_open_event(&j, out, e, &head, context);
	json_u64(&j, "tx_id", h->depth);
	json_object(&j, "http");
	put_request(&j, h);
	put_response(&j, h);
	put_http_rest(&j, h);
	json_object_end(&j);
	record_close(&j);
	return 1;
}
