/*
 * The text of record data: one table by type number; a type that is not in it shows no
 * data. The framing of the records does not depend on what is in them, so bad data
 * spoils one record only.
 */
#include "config.h"

#include "app/dns_rdata.h"

#include <string.h>

/* Writes the text; false when the data is impossible. */
typedef bool format(struct rdata *d);

static bool
format_a(struct rdata *d)
{
	return rdata_put_address(d, 4) && rdata_left(d) == 0;
}

static bool
format_aaaa(struct rdata *d)
{
	return rdata_put_address(d, 16) && rdata_left(d) == 0;
}

static bool
format_name(struct rdata *d)
{
	return rdata_put_name(d, 0);
}

/* EVE shows the exchange without its preference (RFC 1035 section 3.3.9). */
static bool
format_mx(struct rdata *d)
{
	return rdata_take(d, 2) != NULL && rdata_put_name(d, 0);
}

static bool
format_number_name(struct rdata *d)
{
	return rdata_put_numbers(d, "2") && rdata_put_name(d, 0);
}

static bool
format_two_names(struct rdata *d)
{
	return rdata_put_name(d, 0) && rdata_put_name(d, 1);
}

static bool
format_soa(struct rdata *d)
{
	return format_two_names(d) && rdata_put_numbers(d, "44444");
}

static bool
format_srv(struct rdata *d)
{
	return rdata_put_numbers(d, "222") && rdata_put_name(d, 0);
}

static bool
format_strings(struct rdata *d)
{
	if (rdata_left(d) == 0)
		return false;
	while (rdata_left(d) > 0) {
		if (d->used > 0)
			rdata_put_str(d, " ");
		if (!rdata_put_string(d))
			return false;
	}
	return true;
}

/* RFC 3403: order, preference, flags, service, expression, replacement. */
static bool
format_naptr(struct rdata *d)
{
	return rdata_put_numbers(d, "22") && rdata_put_quoted(d) &&
	    rdata_put_quoted(d) && rdata_put_quoted(d) && rdata_put_name(d, 0);
}

/* RFC 4034: key tag, algorithm, digest type, digest. */
static bool
format_ds(struct rdata *d)
{
	if (!rdata_put_numbers(d, "211"))
		return false;
	rdata_put_hex_rest(d);
	return true;
}

/* RFC 4034: flags, protocol, algorithm; the key itself is left out. */
static bool
format_dnskey(struct rdata *d)
{
	return rdata_put_numbers(d, "211");
}

/* RFC 4034: type covered, algorithm, labels, original TTL, expiration, inception, key
 * tag, signer; shown are the type covered, algorithm, key tag and signer. */
static bool
format_rrsig(struct rdata *d)
{
	uint32_t covered, algorithm, tag;
	char text[16];

	if (!rdata_take_number(d, 2, &covered) ||
	    !rdata_take_number(d, 1, &algorithm) || rdata_take(d, 13) == NULL ||
	    !rdata_take_number(d, 2, &tag))
		return false;
	rdata_put_str(d, app_dns_type_name((uint16_t)covered, text));
	rdata_put_str(d, " ");
	rdata_put_u32(d, algorithm);
	rdata_put_str(d, " ");
	rdata_put_u32(d, tag);
	return rdata_put_name(d, 0);
}

/* RFC 4255: algorithm, type, fingerprint. */
static bool
format_sshfp(struct rdata *d)
{
	uint32_t from;

	if (!rdata_put_numbers(d, "11"))
		return false;
	from = d->used + 1;
	rdata_put_hex_rest(d);
	if (d->used > from)
		d->r->names[0] =
		    rdata_keep(d->m, d->m->scratch->rdata + from, d->used - from);
	return true;
}

/* RFC 6698: usage, selector, matching type, data. */
static bool
format_tlsa(struct rdata *d)
{
	if (!rdata_put_numbers(d, "111"))
		return false;
	rdata_put_hex_rest(d);
	return true;
}

/* RFC 8659: flags, tag, value. */
static bool
format_caa(struct rdata *d)
{
	if (!rdata_put_numbers(d, "1"))
		return false;
	rdata_put_str(d, " ");
	if (!rdata_put_string(d))
		return false;
	rdata_put_quoted_rest(d);
	return true;
}

/* RFC 7553: priority, weight, target. */
static bool
format_uri(struct rdata *d)
{
	if (!rdata_put_numbers(d, "22"))
		return false;
	rdata_put_quoted_rest(d);
	return true;
}

/* Anything at all (RFC 1035 section 3.3.10): tunnels use it. */
static bool
format_hex(struct rdata *d)
{
	rdata_put_hex_rest(d);
	return true;
}

/* ---- service binding (RFC 9460) ---- */

static bool
put_alpn(struct rdata *d, uint32_t end)
{
	for (bool first = true; d->m->pos < end; first = false) {
		if (!first)
			rdata_put_str(d, ",");
		if (!rdata_put_string(d) || d->m->pos > end)
			return false;
	}
	return true;
}

static bool
put_addresses(struct rdata *d, uint32_t end, uint32_t size)
{
	for (bool first = true; d->m->pos < end; first = false) {
		if (!first)
			rdata_put_str(d, ",");
		if (!rdata_put_address(d, size) || d->m->pos > end)
			return false;
	}
	return true;
}

static bool
put_port(struct rdata *d, uint32_t end)
{
	uint32_t port;

	(void)end;
	if (!rdata_take_number(d, 2, &port))
		return false;
	rdata_put_u32(d, port);
	return true;
}

static bool
put_ipv4(struct rdata *d, uint32_t end)
{
	return put_addresses(d, end, 4);
}

static bool
put_ipv6(struct rdata *d, uint32_t end)
{
	return put_addresses(d, end, 16);
}

/* A parameter without a function says enough by being there. */
static const struct svc_key {
	const char *name;
	bool (*put)(struct rdata *d, uint32_t end);
} svc_keys[] = {
    {"mandatory", NULL},
    {"alpn", put_alpn},
    {"no-default-alpn", NULL},
    {"port", put_port},
    {"ipv4hint", put_ipv4},
    {"ech", NULL},
    {"ipv6hint", put_ipv6},
};

#define N_SVC_KEYS (sizeof svc_keys / sizeof *svc_keys)

static bool
put_svc_parameter(struct rdata *d)
{
	const struct svc_key *row = NULL;
	uint32_t key, n, end;

	if (!rdata_take_number(d, 2, &key) || !rdata_take_number(d, 2, &n) ||
	    rdata_left(d) < n)
		return false;
	end = d->m->pos + n;
	if (key < N_SVC_KEYS)
		row = &svc_keys[key];
	rdata_put_str(d, row != NULL ? " " : " key");
	if (row != NULL)
		rdata_put_str(d, row->name);
	else
		rdata_put_u32(d, key);
	if (row == NULL || row->put == NULL) {
		d->m->pos = end;
		return true;
	}
	rdata_put_str(d, "=");
	return row->put(d, end) && d->m->pos == end;
}

static bool
format_svcb(struct rdata *d)
{
	if (!format_number_name(d))
		return false;
	while (rdata_left(d) > 0) {
		if (!put_svc_parameter(d))
			return false;
	}
	return true;
}

/* ---- the table ---- */

static const struct type_row {
	format *format;
	bool members; /* EVE writes an object: names and numbers are for it */
} rows[] = {
    [1] = {format_a, false},            /* A */
    [2] = {format_name, false},         /* NS */
    [3] = {format_name, false},         /* MD */
    [4] = {format_name, false},         /* MF */
    [5] = {format_name, false},         /* CNAME */
    [6] = {format_soa, true},           /* SOA */
    [7] = {format_name, false},         /* MB */
    [8] = {format_name, false},         /* MG */
    [9] = {format_name, false},         /* MR */
    [10] = {format_hex, false},         /* NULL */
    [12] = {format_name, false},        /* PTR */
    [13] = {format_strings, false},     /* HINFO */
    [14] = {format_two_names, false},   /* MINFO */
    [15] = {format_mx, false},          /* MX */
    [16] = {format_strings, false},     /* TXT */
    [17] = {format_two_names, false},   /* RP */
    [18] = {format_number_name, false}, /* AFSDB */
    [28] = {format_aaaa, false},        /* AAAA */
    [33] = {format_srv, true},          /* SRV */
    [35] = {format_naptr, false},       /* NAPTR */
    [36] = {format_number_name, false}, /* KX */
    [39] = {format_name, false},        /* DNAME */
    [43] = {format_ds, false},          /* DS */
    [44] = {format_sshfp, true},        /* SSHFP */
    [46] = {format_rrsig, false},       /* RRSIG */
    [47] = {format_name, false},        /* NSEC */
    [48] = {format_dnskey, false},      /* DNSKEY */
    [52] = {format_tlsa, false},        /* TLSA */
    [53] = {format_tlsa, false},        /* SMIMEA */
    [59] = {format_ds, false},          /* CDS */
    [60] = {format_dnskey, false},      /* CDNSKEY */
    [64] = {format_svcb, false},        /* SVCB */
    [65] = {format_svcb, false},        /* HTTPS */
    [99] = {format_strings, false},     /* SPF */
    [256] = {format_uri, false},        /* URI */
    [257] = {format_caa, false},        /* CAA */
};

void
dns_rdata(struct dns_message *m, uint32_t len, struct app_dns_record *r)
{
	struct rdata d = {.m = m, .end = m->pos + len, .r = r};
	uint32_t text_used = m->text_used;
	const struct type_row *row;

	if (r->rrtype >= sizeof rows / sizeof *rows || rows[r->rrtype].format == NULL)
		return;
	row = &rows[r->rrtype];
	/* An update (RFC 2136) may name a type without giving data. */
	if (len == 0)
		return;
	if (!row->format(&d)) {
		m->malformed = true;
		d.used = 0;
	}
	if (!row->members || d.used == 0) {
		memset(r->names, 0, sizeof r->names);
		memset(r->numbers, 0, sizeof r->numbers);
		m->text_used = text_used;
	}
	r->rdata = rdata_keep(m, m->scratch->rdata, d.used);
}
