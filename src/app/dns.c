/*
 * DNS messages (RFC 1035 section 4.1): header, questions, records. Counts in the header
 * are claims; reading stops where the bytes stop. Every turn of a loop uses up bytes of
 * the message, which makes the whole linear in its length.
 */
#include "config.h"

#include "app/dns.h"

#include <string.h>

enum dns_flags {
	DNS_QR = 0x8000,
	DNS_TC = 0x0200,
	DNS_Z = 0x0040,
	DNS_RCODE = 0x000f,
};

enum {
	TYPE_OPT = 41,
	OPCODE_QUERY = 0,
	OPCODE_DSO = 6, /* the last that is assigned */
	RCODE_DSOTYPENI = 11,
	CLASS_TOP_BIT = 0x8000, /* mDNS: flush the cache, or answer by unicast */
};

static unsigned
opcode_of(uint16_t flags)
{
	return flags >> 11 & 15;
}

bool
dns_header_possible(const uint8_t *data, uint32_t cap)
{
	return cap < 4 || opcode_of(dns_u16(data + 2)) <= OPCODE_DSO;
}

bool
dns_is_likely(const uint8_t *data, uint32_t cap, uint32_t len)
{
	uint16_t flags;

	if (cap < len || len < DNS_HEADER + 5 || dns_u16(data + 4) != 1)
		return false;
	flags = dns_u16(data + 2);
	return opcode_of(flags) == OPCODE_QUERY && (flags & DNS_Z) == 0;
}

static uint16_t
class_of(const struct app_dns *dns, const uint8_t *p)
{
	uint16_t rrclass = dns_u16(p);

	if (dns->variant == APP_DNS_MDNS)
		rrclass &= (uint16_t)~CLASS_TOP_BIT;
	return rrclass;
}

static void
read_header(struct dns_message *m, struct app_dns *dns)
{
	const uint8_t *p = m->data;

	dns->id = dns_u16(p);
	dns->flags = dns_u16(p + 2);
	dns->response = (dns->flags & DNS_QR) != 0;
	dns->opcode = (uint8_t)opcode_of(dns->flags);
	dns->rcode = dns->flags & DNS_RCODE;
	dns->n_questions = dns_u16(p + 4);
	dns->n_answers = dns_u16(p + 6);
	dns->n_authorities = dns_u16(p + 8);
	dns->n_additionals = dns_u16(p + 10);
	m->pos = DNS_HEADER;
}

static bool
read_question(struct dns_message *m, struct app_dns *dns)
{
	struct app_dns_question *q = NULL;
	struct app_dns_question unseen;
	bool whole;

	if (dns->n_shown_questions < APP_DNS_QUESTIONS_MAX) {
		q = &m->scratch->questions[dns->n_shown_questions];
		memset(q, 0, sizeof *q);
		whole = dns_name(m, &q->rrname);
		if (whole || m->cut)
			dns->n_shown_questions++;
	} else {
		q = &unseen;
		whole = dns_name_skip(m);
		m->shortened = true;
	}
	if (!whole || !dns_need(m, 4))
		return false;
	q->rrtype = dns_u16(m->data + m->pos);
	q->rrclass = class_of(dns, m->data + m->pos + 2);
	m->pos += 4;
	return true;
}

/* OPT (RFC 6891 section 6.1.3) is no record of a name: its fields mean other things. */
static void
read_opt(struct app_dns *dns, const uint8_t *fixed)
{
	dns->edns = true;
	dns->edns_size = dns_u16(fixed + 2);
	dns->rcode = (uint16_t)(dns->rcode | fixed[4] << 4);
}

/* Type, class, TTL and length stand in `fixed`; the data, if all of it is there, at
 * m->pos. */
static void
show_record(struct dns_message *m, struct app_dns *dns, const uint8_t *fixed,
    const struct app_text *name, enum app_dns_section section)
{
	struct app_dns_record *r = &m->scratch->records[dns->n_shown_records++];

	memset(r, 0, sizeof *r);
	r->rrname = *name;
	r->section = (uint8_t)section;
	r->rrtype = dns_u16(fixed);
	r->rrclass = class_of(dns, fixed + 2);
	r->ttl = dns_u32(fixed + 4);
	r->rdata_len = dns_u16(fixed + 8);
	if (dns_need(m, r->rdata_len))
		dns_rdata(m, r->rdata_len, r);
}

static bool
read_record(struct dns_message *m, struct app_dns *dns, enum app_dns_section section)
{
	bool room = dns->n_shown_records < APP_DNS_RECORDS_MAX;
	uint32_t text_used = m->text_used, data;
	const uint8_t *fixed;
	struct app_text name;

	if (!(room ? dns_name(m, &name) : dns_name_skip(m)) || !dns_need(m, 10))
		return false;
	fixed = m->data + m->pos;
	data = m->pos += 10;
	if (dns_u16(fixed) == TYPE_OPT) {
		m->text_used = text_used;
		read_opt(dns, fixed);
	} else if (room) {
		show_record(m, dns, fixed, &name, section);
	} else {
		m->shortened = true;
	}
	m->pos = data;
	if (!dns_need(m, dns_u16(fixed + 8)))
		return false;
	m->pos += dns_u16(fixed + 8);
	return true;
}

static bool
read_section(struct dns_message *m, struct app_dns *dns, enum app_dns_section section,
    uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		if (!read_record(m, dns, section))
			return false;
	}
	return true;
}

static void
read_sections(struct dns_message *m, struct app_dns *dns)
{
	for (uint16_t i = 0; i < dns->n_questions; i++) {
		if (!read_question(m, dns))
			return;
	}
	if (read_section(m, dns, APP_DNS_ANSWER, dns->n_answers) &&
	    read_section(m, dns, APP_DNS_AUTHORITY, dns->n_authorities))
		read_section(m, dns, APP_DNS_ADDITIONAL, dns->n_additionals);
}

/* ---- is it DNS at all? ---- */

static bool
hostname_like(const struct app_text *name)
{
	for (uint32_t i = 0; i < name->len; i++) {
		unsigned char c = (unsigned char)name->data[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') &&
		    !(c >= 'A' && c <= 'Z') && c != '-' && c != '_' && c != '.')
			return false;
	}
	return name->len > 0;
}

static bool
counts_usual(const struct app_dns *dns)
{
	if (dns->n_questions != 1)
		return false;
	return dns->response ||
	    (dns->n_answers == 0 && dns->n_authorities == 0 && dns->n_additionals <= 1);
}

/* One question of a known type for something like a host name, and not a byte left
 * over: the chance that another protocol has this is nil. */
static bool
is_certain(const struct dns_message *m, const struct app_dns *dns)
{
	const struct app_dns_question *q = m->scratch->questions;

	if (m->malformed || m->cut || m->pos != m->len || !counts_usual(dns))
		return false;
	if (dns->opcode != OPCODE_QUERY || (dns->flags & DNS_Z) != 0 ||
	    (dns->flags & DNS_RCODE) > RCODE_DSOTYPENI)
		return false;
	return dns_type_known(q->rrtype) && (q->rrclass == 1 || q->rrclass == 3) &&
	    hostname_like(&q->rrname);
}

struct dns_verdict
dns_parse(const uint8_t *data, uint32_t cap, uint32_t len, enum app_dns_variant variant,
    struct dns_scratch *scratch, struct app_dns *dns_r)
{
	struct dns_message m = {
	    .data = data, .cap = cap, .len = len, .scratch = scratch};
	struct dns_verdict verdict = {false, false, false};

	memset(dns_r, 0, sizeof *dns_r);
	dns_r->variant = (uint8_t)variant;
	dns_r->size = len;
	dns_r->response_time = -1;
	dns_r->questions = scratch->questions;
	dns_r->records = scratch->records;
	if (dns_need(&m, DNS_HEADER)) {
		read_header(&m, dns_r);
		verdict.header = dns_header_possible(data, cap);
		if (verdict.header)
			read_sections(&m, dns_r);
		else
			m.malformed = true;
	}
	/* A server may cut anywhere, if it says so (RFC 2181 section 9). */
	dns_r->malformed = m.malformed && !((dns_r->flags & DNS_TC) != 0 && !m.loop);
	dns_r->truncated_capture = m.cut;
	dns_r->shortened = m.shortened;
	verdict.loop = m.loop;
	verdict.certain = verdict.header && is_certain(&m, dns_r);
	return verdict;
}
