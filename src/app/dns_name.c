/*
 * Names (RFC 1035 section 3.1 and 4.1.4). A pointer must lead to before the run of
 * labels that it ends, so that every jump goes backward and no chain of them can
 * return; their number is limited as well, since pointers to pointers are free.
 */
#include "config.h"

#include "app/dns.h"

#define WIRE_MAX 255
#define HOPS_MAX 128 /* a name has no more than 127 labels */
#define TEXT_MAX (2 * WIRE_MAX)

enum label {
	LABEL_TEXT,
	LABEL_POINTER,
	LABEL_END,
	LABEL_BAD, /* noted in the message */
};

bool
dns_need(struct dns_message *m, uint32_t n)
{
	if (n <= m->cap && m->pos <= m->cap - n)
		return true;
	if (n <= m->len && m->pos <= m->len - n)
		m->cut = true;
	else
		m->malformed = true;
	return false;
}

/* What stands at pos; checks that all of it is present. */
static enum label
label_at(struct dns_message *m)
{
	uint8_t b;

	if (!dns_need(m, 1))
		return LABEL_BAD;
	b = m->data[m->pos];
	if (b == 0)
		return LABEL_END;
	if (b >= 0xc0)
		return dns_need(m, 2) ? LABEL_POINTER : LABEL_BAD;
	if (b >= 0x40) {
		m->malformed = true;
		return LABEL_BAD;
	}
	return dns_need(m, 1U + b) ? LABEL_TEXT : LABEL_BAD;
}

/* A name being expanded. */
struct expansion {
	char *out; /* TEXT_MAX bytes, or NULL */
	uint32_t used;
	uint32_t wire;  /* length without compression, root label included */
	uint32_t start; /* of the present run of labels */
	unsigned hops;
};

static bool
take_label(struct dns_message *m, struct expansion *e)
{
	uint32_t n = m->data[m->pos];
	const uint8_t *label = m->data + m->pos + 1;

	e->wire += 1 + n;
	if (e->wire > WIRE_MAX) {
		m->malformed = true;
		return false;
	}
	m->pos += 1 + n;
	if (e->out == NULL)
		return true;
	if (e->used > 0)
		e->out[e->used++] = '.';
	for (uint32_t i = 0; i < n; i++) {
		if (label[i] == '.' || label[i] == '\\')
			e->out[e->used++] = '\\';
		e->out[e->used++] = (char)label[i];
	}
	return true;
}

static bool
take_pointer(struct dns_message *m, struct expansion *e)
{
	uint32_t target = dns_u16(m->data + m->pos) & 0x3fffU;

	if (target >= e->start || ++e->hops > HOPS_MAX) {
		m->loop = true;
		m->malformed = true;
		return false;
	}
	if (target < DNS_HEADER) {
		m->malformed = true;
		return false;
	}
	m->pos = e->start = target;
	return true;
}

static void
set_text(struct dns_message *m, const struct expansion *e, struct app_text *text_r)
{
	if (e->out == NULL) {
		m->shortened = true;
	} else if (e->used == 0) {
		*text_r = (struct app_text){".", m->cut ? 0 : 1};
	} else {
		*text_r = (struct app_text){e->out, e->used};
		m->text_used += e->used;
	}
}

bool
dns_name(struct dns_message *m, struct app_text *text_r)
{
	struct expansion e = {.wire = 1, .start = m->pos};
	uint32_t behind = 0;

	*text_r = (struct app_text){"", 0};
	if (m->text_used <= DNS_TEXT_MAX - TEXT_MAX)
		e.out = m->scratch->text + m->text_used;
	for (;;) {
		switch (label_at(m)) {
		case LABEL_TEXT:
			if (!take_label(m, &e))
				return false;
			break;
		case LABEL_POINTER:
			if (behind == 0)
				behind = m->pos + 2;
			if (!take_pointer(m, &e))
				return false;
			break;
		case LABEL_END:
			m->pos = behind != 0 ? behind : m->pos + 1;
			set_text(m, &e, text_r);
			return true;
		case LABEL_BAD:
			if (m->cut)
				set_text(m, &e, text_r);
			return false;
		}
	}
}

bool
dns_name_skip(struct dns_message *m)
{
	uint32_t start = m->pos;

	for (;;) {
		enum label label = label_at(m);

		if (label == LABEL_BAD)
			return false;
		if (label != LABEL_TEXT) {
			m->pos += label == LABEL_POINTER ? 2 : 1;
			return true;
		}
		m->pos += 1U + m->data[m->pos];
		if (m->pos - start >= WIRE_MAX) {
			m->malformed = true;
			return false;
		}
	}
}
