/* See flow_script.h. */
#include "config.h"

#include "flow_script.h"

#include <ctype.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const uint8_t content[2][70000];
static uint8_t other_content[70000];

static void
hook(void *ctx, enum flow_event event, struct flow *f, int64_t ts)
{
	static const char letters[] = {
	    [FLOW_EVENT_START] = 'S',
	    [FLOW_EVENT_ESTABLISHED] = 'E',
	    [FLOW_EVENT_REJECTED] = 'R',
	    [FLOW_EVENT_INTERIM] = 'I',
	    [FLOW_EVENT_END] = 'X',
	};
	struct script *s = ctx;
	struct script_event e = {letters[event], ts, {0}};

	flow_get_record(f, &e.record);
	assert_true(e.record.id > 0 && e.record.id < UINT64_C(1) << 53);
	assert_true(e.record.id == flow_id(f));
	if (event == FLOW_EVENT_END) {
		s->n_ended++;
		s->ended_packets += e.record.side[0].packets + e.record.side[1].packets;
		s->ended_bytes += e.record.side[0].bytes + e.record.side[1].bytes;
	}
	if (s->n_events < SCRIPT_EVENTS_MAX)
		s->events[s->n_events++] = e;
}

void
script_init(struct script *s, const struct flow_config *config)
{
	struct flow_config c;

	memset(s, 0, sizeof *s);
	if (config != NULL)
		c = *config;
	else
		flow_config_defaults(&c);
	c.hook = hook;
	c.ctx = s;
	s->table = flow_table_new(&c);
	assert_non_null(s->table);
	s->now = INT64_C(1700000000000000000);
	s->next[0] = SCRIPT_ISN_CLIENT;
	s->next[1] = SCRIPT_ISN_SERVER;
}

void
script_fini(struct script *s)
{
	if (s->table == NULL)
		return;
	flow_table_finish(s->table, s->now);
	flow_table_free(&s->table);
	assert_null(s->table);
}

const char *
script_letters(const struct script *s, char *text, size_t size)
{
	size_t n = 0;

	for (; n < s->n_events && n + 1 < size; n++)
		text[n] = s->events[n].letter;
	text[n] = '\0';
	return text;
}

const struct flow_record *
script_find(const struct script *s, char letter)
{
	for (unsigned i = s->n_events; i-- > 0;) {
		if (s->events[i].letter == letter)
			return &s->events[i].record;
	}
	return NULL;
}

struct packet
script_packet(struct script *s, uint8_t proto, const char *src, uint16_t sport,
    const char *dst, uint16_t dport)
{
	struct packet p = {.result = DECODE_IP,
	    .proto = proto,
	    .sport = sport,
	    .dport = dport,
	    .ttl = 64,
	    .has_l4 = true};
	uint32_t head = proto == IPPROTO_TCP ? 20 : 8;

	(void)s;
	assert_int_equal(addr_parse(src, &p.src), 0);
	assert_int_equal(addr_parse(dst, &p.dst), 0);
	p.l3_len = p.l3_cap = (p.src.family == 4 ? 20 : 40) + head;
	p.l3 = content[0];
	p.payload = content[0] + 60;
	p.wire_len = p.l3_len + 14;
	memcpy(p.src_mac, "\2\0\0\0\0", 5);
	memcpy(p.dst_mac, "\2\0\0\0\0", 5);
	p.src_mac[5] = p.src.bytes[3];
	p.dst_mac[5] = p.dst.bytes[3];
	if (proto == IPPROTO_TCP)
		p.tcp.window = 8192;
	return p;
}

void
script_payload(struct packet *p, uint32_t len)
{
	p->payload_len += len;
	p->payload_cap += len;
	p->l3_len += len;
	p->l3_cap += len;
	p->wire_len += len;
}

void
script_give(struct script *s, struct packet *p)
{
	p->ts = s->now;
	p->number = ++s->number;
	flow_table_packet(s->table, p, &s->last);
}

void
script_wait(struct script *s, double seconds)
{
	s->now += (int64_t)(seconds * 1e9);
	flow_table_tick(s->table, s->now);
}

/* ---- scripts ---- */

static uint8_t
parse_flags(const char **at)
{
	static const struct {
		char letter;
		uint8_t flags;
	} letters[] = {
	    {'S', TCP_SYN},
	    {'A', TCP_ACK},
	    {'F', TCP_FIN},
	    {'R', TCP_RST},
	    {'P', TCP_PSH},
	    {'U', TCP_URG},
	    {'D', TCP_PSH | TCP_ACK},
	};
	uint8_t flags = 0;

	for (; isupper((unsigned char)**at); ++*at) {
		bool known = false;

		for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
			if (letters[i].letter == **at) {
				flags |= letters[i].flags;
				known = true;
			}
		}
		assert_true(known);
	}
	return flags;
}

static int32_t
parse_number(const char **at)
{
	char *end;
	long n = strtol(*at, &end, 10);

	*at = end;
	return (int32_t)n;
}

static bool
take(const char **at, char c)
{
	if (**at != c)
		return false;
	++*at;
	return true;
}

static const char *
run_one(struct script *s, const char *at)
{
	unsigned from = *at == '<';
	struct packet p = from
	    ? script_packet(s, IPPROTO_TCP, "10.0.0.2", 80, "10.0.0.1", 40000)
	    : script_packet(s, IPPROTO_TCP, "10.0.0.1", 40000, "10.0.0.2", 80);
	int32_t offset = 0;
	bool displaced, lost;

	assert_true(*at == '>' || *at == '<');
	at++;
	p.tcp.flags = parse_flags(&at);
	if (isdigit((unsigned char)*at))
		script_payload(&p, (uint32_t)parse_number(&at));
	displaced = *at == '+' || *at == '-';
	if (displaced)
		offset = parse_number(&at);
	p.tcp.seq = s->next[from] + (uint32_t)offset;
	if (p.tcp.flags & TCP_ACK)
		p.tcp.ack = s->next[!from];
	if (take(&at, '^'))
		p.tcp.ack += (uint32_t)parse_number(&at);
	if (take(&at, 'z'))
		p.tcp.window = 0;
	if (take(&at, 'c'))
		p.anomalies = ANOMALY_BIT(ANOMALY_L4_CHECKSUM);
	if (take(&at, 'x')) {
		memset(other_content, 'x', sizeof other_content);
		p.payload = other_content;
	}
	if (take(&at, '@')) {
		char *end;

		script_wait(s, strtod(at, &end));
		at = end;
	} else
		s->now += 1000000;
	lost = take(&at, '~');
	if (!displaced)
		s->next[from] += p.payload_len + !!(p.tcp.flags & TCP_SYN) +
		    !!(p.tcp.flags & TCP_FIN);
	if (lost)
		return at;
	script_give(s, &p);
	s->delivered[from] += s->last.len;
	s->gaps[from] += s->last.gap;
	s->early[from] += s->last.early > 0 ? s->last.len : 0;
	return at;
}

void
script_run(struct script *s, const char *text)
{
	while (*text != '\0') {
		if (*text == ' ')
			text++;
		else
			text = run_one(s, text);
	}
}
