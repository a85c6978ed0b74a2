/* What is as everywhere (not fragmented, no tunnel, no anomaly ...) is left out. */
#include "config.h"

#include "describe.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tallyman/addr.h"
#include "tallyman/decode.h"

struct text {
	char *at;
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void
say(struct text *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	t->len +=
	    (size_t)vsnprintf(t->at + t->len, DESCRIBE_MAX - t->len, format, args);
	va_end(args);
}

static void
say_pair(struct text *t, const struct addr *src, const struct addr *dst, int sport,
    int dport)
{
	const char *colon = src->family == 6 ? "." : ":";
	char a[ADDR_TEXT_MAX], b[ADDR_TEXT_MAX];

	say(t, "%s", addr_format(src, a));
	if (sport != 0 || dport != 0)
		say(t, "%s%d", colon, sport);
	say(t, ">%s", addr_format(dst, b));
	if (sport != 0 || dport != 0)
		say(t, "%s%d", colon, dport);
}

static void
say_mac(struct text *t, const uint8_t *mac)
{
	for (int i = 0; i < 6; i++)
		say(t, "%s%02x", i > 0 ? ":" : "", mac[i]);
}

static void
say_proto(struct text *t, uint8_t proto)
{
	const char *name = decode_proto_name(proto);

	if (name != NULL)
		say(t, "%s ", name);
	else
		say(t, "%u ", proto);
}

static void
say_tcp(struct text *t, const struct decode_tcp *tcp)
{
	static const char letters[] = "FSRPAUEC";

	say(t, " ");
	for (int i = 0; i < 8; i++)
		if ((tcp->flags & 1 << i) != 0)
			say(t, "%c", letters[i]);
	say(t, "/%u/%u/%u", tcp->seq, tcp->ack, tcp->window);
	if (tcp->mss != 0)
		say(t, " mss=%u", tcp->mss);
	if (tcp->wscale != 255)
		say(t, " ws=%u", tcp->wscale);
	if (tcp->has_timestamps)
		say(t, " ts");
}

static void
say_icmp(struct text *t, const struct decode_icmp *icmp)
{
	say(t, " %u/%u", icmp->type, icmp->code);
	if (icmp->id != 0 || icmp->seq != 0)
		say(t, " echo=%u/%u", icmp->id, icmp->seq);
	if (icmp->has_quote) {
		say(t, " quote=");
		say_proto(t, icmp->quote_proto);
		say_pair(t, &icmp->quote_src, &icmp->quote_dst, icmp->quote_sport,
		    icmp->quote_dport);
	}
	if (icmp->nd_target.family != 0) {
		char text[ADDR_TEXT_MAX];

		say(t, " target=%s", addr_format(&icmp->nd_target, text));
	}
	if (icmp->has_nd_mac) {
		say(t, " mac=");
		say_mac(t, icmp->nd_mac);
	}
}

static void
say_l4(struct text *t, const struct packet *p)
{
	if (!p->has_l4)
		say(t, " nol4");
	else if (p->proto == 6)
		say_tcp(t, &p->tcp);
	else if (p->proto == 1 || p->proto == 58)
		say_icmp(t, &p->icmp);
	else if (p->proto == 132)
		say(t, " tag=%u chunk=%u", p->sctp.vtag, p->sctp.chunk);
}

static void
say_ip(struct text *t, const struct packet *p)
{
	say_proto(t, p->proto);
	say_pair(t, &p->src, &p->dst, p->sport, p->dport);
	say_l4(t, p);
	if (p->ttl != 64 || p->tos != 0)
		say(t, " ttl=%u tos=%u", p->ttl, p->tos);
	if (p->fragment)
		say(t, " frag=%u%s/%u", p->frag_offset, p->more_fragments ? "+" : "",
		    p->frag_id);
	say(t, " len=%u", p->l3_len);
	if (p->l3_cap != p->l3_len)
		say(t, "(%u)", p->l3_cap);
	say(t, " pay=%u", p->payload_len);
	if (p->payload_cap != p->payload_len)
		say(t, "(%u)", p->payload_cap);
}

static void
say_frame(struct text *t, const struct packet *p)
{
	static const char *const ways[] = {"", " in", " out"};

	say(t, "%s", ways[p->way]);
	if (p->ifindex != 0)
		say(t, " ifindex=%u", p->ifindex);
	for (int i = 0; i < p->n_vlans; i++)
		say(t, "%s%u", i > 0 ? "," : " vlan=", p->vlans[i]);
	for (int i = 0; i < p->n_tunnels; i++)
		say(t, "%s%s:%u",
		    i > 0 ? "," : " in=", decode_tunnel_name(p->tunnels[i].type),
		    p->tunnels[i].id);
	if (p->outer_src.family != 0) {
		say(t, " outer=");
		say_pair(t, &p->outer_src, &p->outer_dst, 0, 0);
	}
}

static void
say_anomalies(struct text *t, uint64_t bits)
{
	for (int a = 0; a < ANOMALY_N; a++)
		if ((bits & ANOMALY_BIT(a)) != 0)
			say(t, " !%s", decode_anomaly(a)->name);
}

static void
say_reason(struct text *t, const struct packet *p)
{
	static const char *const results[] = {"ip", "not_ip", "malformed"};

	say(t, "%s %s:0x%x", results[p->result], decode_reason_name(p->reason),
	    p->reason_number);
	if (p->reason == DECODE_REASON_ARP && p->arp.sender.family != 0) {
		say(t, " ");
		say_mac(t, p->arp.sender_mac);
		say(t, "/");
		say_pair(t, &p->arp.sender, &p->arp.target, 0, 0);
	}
}

const char *
describe_packet(const struct packet *p, char text[DESCRIBE_MAX])
{
	struct text t = {text, 0};

	if (p->result == DECODE_IP)
		say_ip(&t, p);
	else
		say_reason(&t, p);
	say_frame(&t, p);
	if (p->result == DECODE_IP && p->reason != DECODE_REASON_NONE)
		say(&t, " (%s:0x%x)", decode_reason_name(p->reason), p->reason_number);
	say_anomalies(&t, p->anomalies);
	return text;
}
