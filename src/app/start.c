/*
 * Which parser a flow gets, if any: by its port where that port is reserved for the
 * protocol, by its first bytes everywhere. A wrong guess costs messages that never
 * were, so that content has to be beyond doubt.
 */
#include "config.h"

#include <netinet/in.h>

#include "app/app_priv.h"
#include "app/start.h"

enum {
	PORT_DNS = 53,
	PORT_NETBIOS_NS = 137, /* its messages look like DNS */
	PORT_MDNS = 5353,
	PORT_LLMNR = 5355,
};

/* Ports whose flows are looked at again and again: a capture may begin in the middle of
 * a long response. */
static const uint16_t http_ports[] = {80, 3128, 8000, 8080, 8888};

bool
start_is_http_port(uint16_t port)
{
	for (size_t i = 0; i < sizeof http_ports / sizeof *http_ports; i++) {
		if (http_ports[i] == port)
			return true;
	}
	return false;
}

static bool
is_dns_port(uint16_t port)
{
	return port == PORT_DNS || port == PORT_MDNS || port == PORT_LLMNR;
}

enum app_dns_variant
start_dns_variant(const struct packet *p)
{
	if (p->sport == PORT_MDNS || p->dport == PORT_MDNS)
		return APP_DNS_MDNS;
	if (p->sport == PORT_LLMNR || p->dport == PORT_LLMNR)
		return APP_DNS_LLMNR;
	return APP_DNS_UNICAST;
}

/* A whole parse of a message, to see whether it is one. */
static struct dns_verdict
try_dns(struct app *a, const struct packet *p, const struct segment *seg,
    struct app_dns *dns_r)
{
	uint32_t len = p->more_fragments ? UINT16_MAX : seg->len;

	return dns_parse(
	    seg->bytes, seg->cap, len, start_dns_variant(p), &a->scratch, dns_r);
}

static struct start
guess_datagram(struct app *a, const struct packet *p, const struct segment *seg)
{
	struct start none = {.kind = APP_NONE};
	struct app_dns dns;
	struct dns_verdict verdict;
	bool is_dns;

	if (p->sport == PORT_NETBIOS_NS || p->dport == PORT_NETBIOS_NS)
		return none;
	if (!is_dns_port(p->sport) && !is_dns_port(p->dport) &&
	    !dns_is_likely(seg->bytes, seg->cap, seg->len))
		return none;
	verdict = try_dns(a, p, seg, &dns);
	if (is_dns_port(p->dport)) {
		is_dns = verdict.header || dns.truncated_capture;
		none.junk = !is_dns;
	} else if (is_dns_port(p->sport)) {
		is_dns = verdict.header && dns.response && !dns.malformed;
	} else {
		is_dns = verdict.certain;
	}
	if (!is_dns)
		return none;
	return (struct start){
	    .kind = APP_DNS,
	    .request = !dns.response,
	    .turns = dns.variant == APP_DNS_UNICAST &&
		(dns.response ? p->dport : p->sport) != PORT_DNS,
	};
}

/* A message behind its length, both alone in the segment. */
static bool
is_certain_stream(struct app *a, const struct packet *p, const struct segment *seg,
    struct app_dns *dns_r)
{
	struct segment message = *seg;

	if (seg->cap < 2 + DNS_HEADER || dns_u16(seg->bytes) != seg->len - 2)
		return false;
	message.bytes += 2;
	message.cap -= 2;
	message.len -= 2;
	return dns_is_likely(message.bytes, message.cap, message.len) &&
	    try_dns(a, p, &message, dns_r).certain;
}

static struct start
guess_dns_stream(struct app *a, const struct packet *p, const struct segment *seg)
{
	struct start guess = {.kind = APP_NONE};
	struct app_dns dns;

	if (is_certain_stream(a, p, seg, &dns)) {
		guess.kind = APP_DNS;
		guess.request = !dns.response;
		guess.turns = true;
	} else if ((p->dport == PORT_DNS || p->sport == PORT_DNS) &&
	    dns_tcp_possible(seg->bytes, seg->cap)) {
		guess.kind = APP_DNS;
		guess.request = p->dport == PORT_DNS;
	}
	return guess;
}

static struct start
guess_stream(struct app *a, const struct packet *p, const struct segment *seg)
{
	switch (http_look(seg->bytes, seg->cap)) {
	case HTTP_LOOK_REQUEST:
		return (struct start){.kind = APP_HTTP, .request = true, .turns = true};
	case HTTP_LOOK_RESPONSE:
		return (struct start){.kind = APP_HTTP, .turns = true};
	case HTTP_LOOK_MAYBE_REQUEST:
		return (struct start){.kind = APP_HTTP, .request = true};
	case HTTP_LOOK_MAYBE_RESPONSE:
		return (struct start){.kind = APP_HTTP};
	case HTTP_LOOK_NO:
		break;
	}
	return guess_dns_stream(a, p, seg);
}

struct start
start_guess(struct app *a, const struct packet *p, const struct segment *seg)
{
	if (p->proto == IPPROTO_UDP)
		return guess_datagram(a, p, seg);
	return guess_stream(a, p, seg);
}
