/* Parts that records have in common, and which formatter an event has. */
#include "config.h"

#include "audit/record.h"

#include <stdio.h>
#include <string.h>
#include <netinet/in.h>

#include "tallyman/clock.h"

/* ---- values ---- */

void
record_time(struct json *j, const char *key, int64_t ts)
{
	char text[CLOCK_TEXT_MAX];
	int n = clock_format(ts, text);

	JSON_KEY(j, key);
	json_put_ascii(j, text, (size_t)n);
}

void
record_addr(struct json *j, const char *key, const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	if (a->family != 0)
		json_ascii(j, key, addr_format(a, text));
}

/* EVE has three digits where a protocol has no name. */
void
record_proto(struct json *j, uint8_t proto)
{
	const char *name = decode_proto_name(proto);
	char number[8];

	if (name == NULL) {
		snprintf(number, sizeof number, "%03u", proto);
		name = number;
	}
	json_ascii(j, "proto", name);
}

void
record_vlans(struct json *j, const uint16_t *vlans, unsigned n)
{
	if (n == 0)
		return;
	json_array(j, "vlan");
	for (unsigned i = 0; i < n; i++)
		json_u64(j, NULL, vlans[i]);
	json_array_end(j);
}

void
record_flags(struct json *j, const char *key, uint8_t flags)
{
	json_hex(j, key, &flags, 1);
}

void
record_anomalies(struct json *j, const char *key, uint64_t bits)
{
	if (bits == 0)
		return;
	json_array(j, key);
	for (; bits != 0; bits &= bits - 1) {
		enum anomaly a = (enum anomaly)__builtin_ctzll(bits);

		if (a < ANOMALY_N)
			json_ascii(j, NULL, decode_anomaly(a)->name);
	}
	json_array_end(j);
}

void
record_count(struct json *j, const char *key, uint64_t n)
{
	if (n != 0)
		json_u64(j, key, n);
}

/* ---- the head ---- */

void
record_open(struct json *j, struct buf *out, int64_t ts)
{
	json_start(j, out);
	json_object(j, NULL);
	record_time(j, "timestamp", ts);
}

void
record_close(struct json *j)
{
	json_object_end(j);
	buf_add(j->out, "\n", 1);
}

static bool
has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP ||
	    proto == IPPROTO_UDPLITE || proto == IPPROTO_DCCP;
}

static void
put_tuple(struct json *j, const struct flow_record *r, bool reversed)
{
	const struct addr *src = reversed ? &r->dst : &r->src;
	const struct addr *dst = reversed ? &r->src : &r->dst;
	bool ports = has_ports(r->proto);

	record_addr(j, "src_ip", src);
	if (ports)
		json_u64(j, "src_port", reversed ? r->dport : r->sport);
	record_addr(j, "dest_ip", dst);
	if (ports)
		json_u64(j, "dest_port", reversed ? r->sport : r->dport);
	record_proto(j, r->proto);
	json_u64(j, "ip_v", r->src.family);
}

/*
 * A flow's answer is told on its own records alone; an ICMP error about a flow of
 * another protocol stands there, too.
 */
static void
put_icmp(struct json *j, const struct flow_record *r, bool answer)
{
	if (r->proto == IPPROTO_ICMP || r->proto == IPPROTO_ICMPV6) {
		json_u64(j, "icmp_type", r->icmp_type);
		json_u64(j, "icmp_code", r->icmp_code);
	}
	if (answer && r->reply_icmp_type != 255) {
		json_u64(j, "response_icmp_type", r->reply_icmp_type);
		json_u64(j, "response_icmp_code", r->reply_icmp_code);
	}
}

static void
put_interface(
    struct json *j, const struct flow_record *r, const struct audit_context *context)
{
	const char *name = context->interface_name == NULL
	    ? NULL
	    : context->interface_name(context->ctx, r->interface);

	if (name != NULL)
		json_str(j, "in_iface", name);
}

static void
put_community_id(
    struct json *j, const struct flow_record *r, const struct audit_context *context)
{
	char text[FLOW_COMMUNITY_ID_MAX];

	flow_community_id(r, context->community_seed, text);
	if (text[0] != '\0')
		json_ascii(j, "community_id", text);
}

void
record_open_event(struct json *j, struct buf *out, const struct event *e,
    const struct record_head *head, const struct audit_context *context)
{
	const struct flow_record *r = e->flow;

	record_open(j, out, e->ts);
	if (r != NULL) {
		json_u64(j, "flow_id", r->id);
		put_interface(j, r, context);
	}
	if (head->packet && e->number != 0)
		json_u64(j, "pcap_cnt", e->number);
	json_ascii(j, "event_type", head->event_type);
	if (r != NULL) {
		record_vlans(j, r->vlans, r->n_vlans);
		put_tuple(j, r, head->reversed);
		put_icmp(j, r, !head->packet);
	}
	if (head->app_proto != NULL)
		json_str(j, "app_proto", head->app_proto);
	if (r != NULL)
		put_community_id(j, r, context);
}

/* ---- members by their path ---- */

void
record_path_start(struct record_path *p, struct json *j)
{
	p->j = j;
	p->open = "";
	p->open_len = 0;
}

/* Length of what two paths have in common, up to and with the last common dot. */
static size_t
common_objects(const struct record_path *p, const char *path)
{
	size_t same = 0;

	for (size_t i = 0; i < p->open_len && path[i] == p->open[i]; i++) {
		if (path[i] == '.')
			same = i + 1;
	}
	return same;
}

static void
close_to(struct record_path *p, size_t len)
{
	for (; p->open_len > len; p->open_len--) {
		if (p->open[p->open_len - 1] == '.')
			json_object_end(p->j);
	}
}

void
record_path_key(struct record_path *p, const char *path)
{
	const char *dot;

	close_to(p, common_objects(p, path));
	for (path += p->open_len; (dot = strchr(path, '.')) != NULL; path = dot + 1) {
		json_key(p->j, path, (size_t)(dot - path));
		json_object(p->j, NULL);
		p->open_len += (size_t)(dot - path) + 1;
	}
	p->open = path - p->open_len;
	json_key(p->j, path, strlen(path));
}

void
record_path_end(struct record_path *p)
{
	close_to(p, 0);
}

/* ---- events ---- */

static unsigned
record_anomaly(
    struct buf *out, const struct event *e, const struct audit_context *context)
{
	const struct decode_anomaly_info *info = decode_anomaly(e->anomaly);
	struct record_head head = {.event_type = "anomaly", .packet = true};
	bool parser = strcmp(info->layer, "applayer") == 0;
	char proto[16];
	struct json j;

	if (parser) {
		/* The names of the parsers' anomalies start with the protocol. */
		snprintf(proto, sizeof proto, "%.*s", (int)strcspn(info->name, "."),
		    info->name);
		head.app_proto = proto;
	}
	record_open_event(&j, out, e, &head, context);
	if (e->flow != NULL) {
		record_ether(&j, e->flow, false);
		record_tunnels(&j, e->flow->tunnels, e->flow->n_tunnels, e->flow);
	}
	json_object(&j, "anomaly");
	json_ascii(&j, "type", info->layer);
	json_ascii(&j, "event", info->name);
	if (parser)
		json_ascii(&j, "layer", "proto_parser");
	json_object_end(&j);
	record_close(&j);
	return 1;
}

/* One text for both kinds of flow records: they are counted together. */
static const char flow_type[] = "flow";

static const struct {
	const char *event_type; /* NULL: the kind has no record */
	unsigned (*format)(struct buf *out, const struct event *e,
	    const struct audit_context *context);
} kinds[EVENT_N] = {
    [EVENT_FLOW_CLASSIFIED] = {"classified", record_classified},
    [EVENT_FLOW_INTERIM] = {flow_type, record_flow},
    [EVENT_FLOW_END] = {flow_type, record_flow},
    [EVENT_DNS] = {"dns", record_dns},
    [EVENT_HTTP] = {"http", record_http},
    [EVENT_ANOMALY] = {"anomaly", record_anomaly},
    [EVENT_METER] = {"meter", record_meter},
};

unsigned
audit_format_event(
    struct buf *out, const struct event *e, const struct audit_context *context)
{
	if (kinds[e->kind].format == NULL)
		return 0;
	return kinds[e->kind].format(out, e, context);
}

const char *
audit_event_type(enum event_kind kind)
{
	return kinds[kind].event_type;
}
