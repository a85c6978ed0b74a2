/* Reads the pieces of record data and writes them as text: see dns_rdata.h. */
#include "config.h"

#include "app/dns_rdata.h"

#include <stdio.h>
#include <string.h>

#include "tallyman/addr.h"

/* ---- writing ---- */

void
rdata_put(struct rdata *d, const void *bytes, uint32_t n)
{
	if (n > DNS_RDATA_MAX - d->used) {
		n = DNS_RDATA_MAX - d->used;
		d->m->shortened = true;
	}
	memcpy(d->m->scratch->rdata + d->used, bytes, n);
	d->used += n;
}

void
rdata_put_str(struct rdata *d, const char *s)
{
	rdata_put(d, s, (uint32_t)strlen(s));
}

void
rdata_put_u32(struct rdata *d, uint32_t value)
{
	char text[12];

	rdata_put(
	    d, text, (uint32_t)snprintf(text, sizeof text, "%u", (unsigned)value));
}

static void
put_hex(struct rdata *d, const uint8_t *bytes, uint32_t n)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t room = (DNS_RDATA_MAX - d->used) / 2;

	if (n > room) {
		n = room;
		d->m->shortened = true;
	}
	for (uint32_t i = 0; i < n; i++) {
		char pair[2] = {digits[bytes[i] >> 4], digits[bytes[i] & 15]};

		rdata_put(d, pair, 2);
	}
}

/* A copy behind the names, where it lives as long as the message. */
struct app_text
rdata_keep(struct dns_message *m, const char *text, uint32_t len)
{
	char *place = m->scratch->text + m->text_used;

	if (len > DNS_TEXT_MAX - m->text_used) {
		m->shortened = true;
		return (struct app_text){"", 0};
	}
	memcpy(place, text, len);
	m->text_used += len;
	return (struct app_text){place, len};
}

/* ---- reading ---- */

uint32_t
rdata_left(const struct rdata *d)
{
	return d->end - d->m->pos;
}

const uint8_t *
rdata_take(struct rdata *d, uint32_t n)
{
	const uint8_t *p = d->m->data + d->m->pos;

	if (rdata_left(d) < n)
		return NULL;
	d->m->pos += n;
	return p;
}

/* A number of 1, 2 or 4 bytes. */
bool
rdata_take_number(struct rdata *d, uint32_t size, uint32_t *value_r)
{
	const uint8_t *p = rdata_take(d, size);

	if (p == NULL)
		return false;
	*value_r = size == 1 ? p[0] : size == 2 ? dns_u16(p) : dns_u32(p);
	return true;
}

/* Numbers of the sizes that the digits say, with a space between; they are kept in
 * numbers[] as well. */
bool
rdata_put_numbers(struct rdata *d, const char *sizes)
{
	for (unsigned i = 0; sizes[i] != '\0'; i++) {
		if (!rdata_take_number(
			d, (uint32_t)(sizes[i] - '0'), &d->r->numbers[i]))
			return false;
		if (d->used > 0)
			rdata_put_str(d, " ");
		rdata_put_u32(d, d->r->numbers[i]);
	}
	return true;
}

/* A name, kept in names[i]. */
bool
rdata_put_name(struct rdata *d, unsigned i)
{
	struct app_text *name = &d->r->names[i];

	if (!dns_name(d->m, name) || d->m->pos > d->end)
		return false;
	if (d->used > 0)
		rdata_put_str(d, " ");
	rdata_put(d, name->data, name->len);
	return true;
}

/* A character-string (RFC 1035 section 3.3) as it is. */
bool
rdata_put_string(struct rdata *d)
{
	uint32_t n;
	const uint8_t *p;

	if (!rdata_take_number(d, 1, &n) || (p = rdata_take(d, n)) == NULL)
		return false;
	rdata_put(d, p, n);
	return true;
}

bool
rdata_put_quoted(struct rdata *d)
{
	rdata_put_str(d, " \"");
	if (!rdata_put_string(d))
		return false;
	rdata_put_str(d, "\"");
	return true;
}

void
rdata_put_hex_rest(struct rdata *d)
{
	uint32_t n = rdata_left(d);

	if (d->used > 0)
		rdata_put_str(d, " ");
	put_hex(d, rdata_take(d, n), n);
}

bool
rdata_put_address(struct rdata *d, uint32_t size)
{
	const uint8_t *p = rdata_take(d, size);
	struct addr a;
	char text[ADDR_TEXT_MAX];

	if (p == NULL)
		return false;
	a = size == 4 ? addr_v4(p) : addr_v6(p);
	rdata_put_str(d, addr_format(&a, text));
	return true;
}

void
rdata_put_quoted_rest(struct rdata *d)
{
	uint32_t n = rdata_left(d);

	rdata_put_str(d, " \"");
	rdata_put(d, rdata_take(d, n), n);
	rdata_put_str(d, "\"");
}
