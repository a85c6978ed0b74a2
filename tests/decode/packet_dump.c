/*
 * Prints what the decoder makes of every frame of a capture file, one line a frame,
 * fields separated by tabs, names in the first line. For comparing with other
 * dissectors.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "tallyman/addr.h"
#include "tallyman/capture.h"
#include "tallyman/decode.h"

static const char *const columns[] = {"number", "result", "reason", "reason_number",
    "vlans", "tunnels", "outer_src", "outer_dst", "src", "dst", "proto", "sport",
    "dport", "ttl", "tos", "frag_offset", "more", "frag_id", "l3_len", "l3_cap",
    "payload_len", "payload_cap", "has_l4", "tcp_seq", "tcp_ack", "tcp_flags",
    "tcp_window", "tcp_mss", "tcp_wscale", "icmp_type", "icmp_code", "icmp_id",
    "icmp_seq", "quote_src", "quote_dst", "quote_sport", "quote_dport", "anomalies"};

static void
print_addr(const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	printf("\t%s", addr_format(a, text));
}

static void
print_stack(const struct packet *p)
{
	putchar('\t');
	for (int i = 0; i < p->n_vlans; i++)
		printf("%s%u", i > 0 ? "," : "", p->vlans[i]);
	putchar('\t');
	for (int i = 0; i < p->n_tunnels; i++)
		printf("%s%s:%u", i > 0 ? "," : "",
		    decode_tunnel_name(p->tunnels[i].type), p->tunnels[i].id);
	print_addr(&p->outer_src);
	print_addr(&p->outer_dst);
}

static void
print_ip(const struct packet *p)
{
	print_addr(&p->src);
	print_addr(&p->dst);
	printf("\t%u\t%u\t%u\t%u\t%u\t%u\t%d\t%u\t%u\t%u\t%u\t%u\t%d", p->proto,
	    p->sport, p->dport, p->ttl, p->tos, p->frag_offset, p->more_fragments,
	    p->frag_id, p->l3_len, p->l3_cap, p->payload_len, p->payload_cap,
	    p->has_l4);
}

static void
print_tcp(const struct packet *p)
{
	if (p->result == DECODE_IP && p->proto == 6 && p->has_l4)
		printf("\t%u\t%u\t%u\t%u\t%u\t%u", p->tcp.seq, p->tcp.ack, p->tcp.flags,
		    p->tcp.window, p->tcp.mss, p->tcp.wscale);
	else
		fputs("\t\t\t\t\t\t", stdout);
}

static void
print_icmp(const struct packet *p)
{
	if (p->result != DECODE_IP || (p->proto != 1 && p->proto != 58) || !p->has_l4) {
		fputs("\t\t\t\t\t\t\t\t", stdout);
		return;
	}
	printf("\t%u\t%u\t%u\t%u", p->icmp.type, p->icmp.code, p->icmp.id, p->icmp.seq);
	print_addr(&p->icmp.quote_src);
	print_addr(&p->icmp.quote_dst);
	printf("\t%u\t%u", p->icmp.quote_sport, p->icmp.quote_dport);
}

static void
print_anomalies(uint64_t bits)
{
	const char *separator = "";

	putchar('\t');
	for (int a = 0; a < ANOMALY_N; a++) {
		if ((bits & ANOMALY_BIT(a)) == 0)
			continue;
		printf("%s%s", separator, decode_anomaly(a)->name);
		separator = ",";
	}
	putchar('\n');
}

static void
print_packet(const struct packet *p)
{
	static const char *const results[] = {"ip", "not_ip", "malformed"};

	printf("%llu\t%s\t%s\t%u", (unsigned long long)p->number, results[p->result],
	    decode_reason_name(p->reason), p->reason_number);
	print_stack(p);
	print_ip(p);
	print_tcp(p);
	print_icmp(p);
	print_anomalies(p->anomalies);
}

static void
print_header(void)
{
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		printf("%s%s", i > 0 ? "\t" : "", columns[i]);
	putchar('\n');
}

static void
say_damage(void *ctx, const struct capture_damage *damage)
{
	*(bool *)ctx = true;
	fprintf(stderr, "packet_dump: %s: byte %llu: %s\n", damage->file,
	    (unsigned long long)damage->offset, damage->what);
}

int
main(int argc, char **argv)
{
	bool damaged = false;
	const struct capture_config config = {
	    .paths = (const char *const *)argv + 1,
	    .n_paths = (size_t)argc - 1,
	    .since = INT64_MIN,
	    .until = INT64_MAX,
	    .damage = say_damage,
	    .ctx = &damaged,
	};
	struct capture *capture;
	struct frame frame;
	struct packet packet;
	char *error;

	capture = capture_open(&config, &error);
	if (capture == NULL) {
		fprintf(stderr, "packet_dump: %s\nusage: packet_dump FILE\n", error);
		free(error);
		return 2;
	}
	print_header();
	while (capture_next(capture, &frame) == 1) {
		decode_frame(&frame, &packet);
		print_packet(&packet);
	}
	capture_close(&capture);
	return damaged;
}
