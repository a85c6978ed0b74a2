/* Events made by hand, one for each shape that a record can take. */
#include "config.h"

#include "samples.h"

#include <stdlib.h>
#include <string.h>

#include "tallyman/clock.h"

#define T0 INT64_C(1795459273966123456) /* 2026-11-23T18:41:13.966123456 */
#define MS CLOCK_NS_PER_MS

#define V4(a, b, c, d)                             \
	{                                          \
		.bytes = {a, b, c, d}, .family = 4 \
	}
#define V6(last)                                               \
	{                                                      \
		.bytes = {0xfd, 0, [15] = (last)}, .family = 6 \
	}
#define TEXT(s)                                   \
	{                                         \
		.data = (s), .len = sizeof(s) - 1 \
	}

/* ---- flows ---- */

static const struct flow_record tcp_full = {
    .id = 9007199254740991,
    .src = V4(10, 0, 0, 1),
    .dst = V4(93, 184, 216, 34),
    .sport = 40000,
    .dport = 443,
    .proto = 6,
    .state = FLOW_STATE_CLOSED,
    .reason = FLOW_REASON_TIMEOUT,
    .initiator = FLOW_INITIATOR_SYN,
    .conn_state = FLOW_CONN_SF,
    .established = true,
    .one_way = true,
    .reply_icmp_type = 255,
    .n_vlans = 2,
    .vlans = {100, 200},
    .n_tunnels = 2,
    .tunnels = {{7, DECODE_TUNNEL_MPLS}, {42, DECODE_TUNNEL_VXLAN}},
    .outer_src = V4(192, 0, 2, 1),
    .outer_dst = V4(192, 0, 2, 2),
    .interface = 1,
    .src_mac = {2, 0, 0, 0, 0, 0x0a},
    .dst_mac = {2, 0, 0, 0, 0, 0x0b},
    .first_number = 17,
    .start = T0,
    .end = T0 + 12345 * MS,
    .rtt = 43210,
    .side = {{.packets = 11,
		 .bytes = 2222,
		 .ip_bytes = 2068,
		 .payload_bytes = 1600,
		 .retransmitted_packets = 1,
		 .retransmitted_bytes = 100,
		 .missed_bytes = 5,
		 .out_of_order = 2,
		 .zero_windows = 3,
		 .fragments = 4,
		 .tcp_flags = TCP_SYN | TCP_ACK | TCP_PSH | TCP_FIN | TCP_CWR,
		 .ttl_min = 63,
		 .ttl_max = 64},
	{.packets = 9,
	    .bytes = 99999999999,
	    .ip_bytes = 99999999000,
	    .payload_bytes = 99999990000,
	    .retransmitted_packets = 6,
	    .retransmitted_bytes = 600,
	    .missed_bytes = 7,
	    .out_of_order = 8,
	    .zero_windows = 9,
	    .fragments = 10,
	    .tcp_flags = TCP_SYN | TCP_ACK | TCP_RST | TCP_URG | TCP_ECE,
	    .ttl_min = 50,
	    .ttl_max = 50}},
    .history = "ShADadfF",
    .anomalies = ANOMALY_BIT(ANOMALY_TCP_FLAGS_XMAS) | ANOMALY_BIT(ANOMALY_L4_CHECKSUM),
    .interim = 3,
};

static const struct flow_record udp_small = {
    .id = 1,
    .src = V4(10, 0, 0, 2),
    .dst = V4(10, 0, 0, 53),
    .sport = 5353,
    .dport = 53,
    .proto = 17,
    .state = FLOW_STATE_NEW,
    .reason = FLOW_REASON_SHUTDOWN,
    .initiator = FLOW_INITIATOR_FIRST_PACKET,
    .conn_state = FLOW_CONN_S0,
    .reply_icmp_type = 255,
    .first_number = 1,
    .start = T0,
    .end = T0,
    .side = {{.packets = 1,
	.bytes = 70,
	.ip_bytes = 56,
	.payload_bytes = 28,
	.ttl_min = 64,
	.ttl_max = 64}},
};

/* An ICMP error is the only answer: port unreachable. */
static const struct flow_record udp_refused = {
    .id = 2,
    .src = V6(1),
    .dst = V6(2),
    .sport = 1234,
    .dport = 9,
    .proto = 17,
    .state = FLOW_STATE_NEW,
    .reason = FLOW_REASON_FORCED,
    .initiator = FLOW_INITIATOR_PORT,
    .conn_state = FLOW_CONN_S0,
    .reply_icmp_type = 1,
    .reply_icmp_code = 4,
    .n_tunnels = 1,
    .tunnels = {{0, DECODE_TUNNEL_IPIP}},
    .outer_src = V6(3),
    .outer_dst = V6(4),
    .interface = 2,
    .first_number = 5,
    .start = -1,
    .end = 1,
    .side = {{.packets = 1,
	.bytes = 70,
	.ip_bytes = 56,
	.payload_bytes = 8,
	.ttl_min = 1,
	.ttl_max = 1}},
};

static const struct flow_record icmp_echo = {
    .id = 3,
    .src = V4(10, 0, 0, 1),
    .dst = V4(10, 0, 0, 2),
    .proto = 1,
    .state = FLOW_STATE_ESTABLISHED,
    .reason = FLOW_REASON_INTERIM,
    .initiator = FLOW_INITIATOR_FIRST_PACKET,
    .conn_state = FLOW_CONN_OTH,
    .established = true,
    .icmp_type = 8,
    .reply_icmp_type = 0,
    .first_number = 5,
    .start = T0,
    .end = T0 + 999 * MS,
    .side = {{.packets = 2,
		 .bytes = 196,
		 .ip_bytes = 168,
		 .payload_bytes = 112,
		 .ttl_min = 64,
		 .ttl_max = 64},
	{.packets = 2,
	    .bytes = 196,
	    .ip_bytes = 168,
	    .payload_bytes = 112,
	    .ttl_min = 64,
	    .ttl_max = 64}},
    .history = "Dd",
};

/* A protocol without a name and without addresses that were ever seen. */
static const struct flow_record nameless = {
    .id = 4,
    .src = V4(127, 0, 0, 1),
    .dst = V4(127, 0, 0, 1),
    .proto = 253,
    .reply_icmp_type = 255,
    .conn_state = FLOW_CONN_OTH,
    .initiator = FLOW_INITIATOR_FIRST_PACKET,
    .start = T0,
    .end = T0,
    .side = {{.packets = 1, .bytes = 34, .ip_bytes = 20}},
};

/* ---- labels ---- */

static struct classify_value every_value[CLASSIFY_VALUES_MAX * 4];

static struct classify_labels labels_full = {
    .app_proto = "tls",
    .proto = "Github",
    .master = "TLS",
    .category = "Collaborative",
    .confidence = "DPI",
    .breed = "Acceptable",
    .proto_id = 203,
    .master_id = 91,
    .risks = UINT64_MAX,
    .score = 110,
    .score_client = 100,
    .score_server = 10,
    .guessed = true,
    .values = every_value,
};

static const struct classify_labels labels_unknown = {
    .app_proto = "failed",
    .proto = "Unknown",
    .category = "Unspecified",
    .confidence = "Unknown",
    .breed = "Unrated",
};

static void
set_value(struct classify_value *v, unsigned field)
{
	v->field = (uint16_t)field;
	switch (classify_fields[field].type) {
	case CLASSIFY_INTEGER:
		v->number = 4711;
		break;
	case CLASSIFY_BOOL:
		v->number = 1;
		break;
	case CLASSIFY_REAL:
		v->real = 7.25;
		break;
	default:
		v->text = "a \"value\"\xff";
		break;
	}
}

/* One value of each way that a value can go: own record, flow's record, ndpi{}. */
static struct classify_value few_values[4];
static struct classify_labels labels_few = {
    .app_proto = "tls",
    .proto = "Github",
    .master = "TLS",
    .category = "Collaborative",
    .confidence = "DPI",
    .breed = "Acceptable",
    .proto_id = 203,
    .master_id = 91,
    .values = few_values,
    .n_values = 4,
};

static void
fill_few(void)
{
	static const char *const paths[] = {
	    "ndpi.hostname", "ssh.client.hassh.hash", "stun.realm", "tls.sni"};
	unsigned n = 0;

	for (unsigned field = 0; field < classify_n_fields && n < 4; field++) {
		if (strcmp(classify_fields[field].path, paths[n]) == 0)
			set_value(&few_values[n++], field);
	}
	labels_few.n_values = n;
}

/* Every field that there is; lists with two elements. */
static void
fill_values(void)
{
	unsigned n = 0, max = sizeof every_value / sizeof *every_value;

	for (unsigned field = 0; field < classify_n_fields && n + 2 <= max; field++) {
		set_value(&every_value[n++], field);
		if (classify_fields[field].type == CLASSIFY_STRING_LIST)
			set_value(&every_value[n++], field);
	}
	labels_full.n_values = n;
}

/* ---- messages ---- */

static const struct app_summary dns_summary = {.kind = APP_DNS,
    .partial = true,
    .requests = 12,
    .responses = 11,
    .left_out = 3,
    .malformed = 1,
    .gaps = 2,
    .dns_nxdomain = 4,
    .dns_name_bytes = 200};

static const struct app_summary http_summary = {.kind = APP_HTTP,
    .requests = 100,
    .responses = 99,
    .left_out = 1,
    .http_status = {1, 2, 3, 4, 5, 6},
    .http_unauthorized = 2};

static const struct app_summary whole_summary = {
    .kind = APP_DNS, .requests = 1, .responses = 1};

static const struct app_dns_question questions[] = {
    {TEXT("www.example.com"), 1, 1},
    {TEXT("b\xc3\xbc\xff\\.cher\n"), 65280, 3},
};

static const struct app_dns_record records[] = {
    {.rrname = TEXT("www.example.com"),
	.rrtype = 5,
	.rrclass = 1,
	.section = APP_DNS_ANSWER,
	.ttl = 300,
	.rdata = TEXT("example.com"),
	.rdata_len = 13},
    {.rrname = TEXT("example.com"),
	.rrtype = 1,
	.rrclass = 1,
	.section = APP_DNS_ANSWER,
	.ttl = 0,
	.rdata = TEXT("93.184.216.34"),
	.rdata_len = 4},
    {.rrname = TEXT("_x._tcp.example.com"),
	.rrtype = 33,
	.rrclass = 1,
	.section = APP_DNS_ANSWER,
	.ttl = 1,
	.rdata_len = 30,
	.names = {TEXT("srv.example.com")},
	.numbers = {10, 20, 5060}},
    {.rrname = TEXT("example.com"),
	.rrtype = 44,
	.rrclass = 1,
	.section = APP_DNS_ANSWER,
	.ttl = 1,
	.rdata_len = 22,
	.names = {TEXT("12:34:ab")},
	.numbers = {1, 2}},
    {.rrname = TEXT("example.com"),
	.rrtype = 6,
	.rrclass = 1,
	.section = APP_DNS_AUTHORITY,
	.ttl = 4294967295,
	.rdata_len = 60,
	.names = {TEXT("ns.example.com"), TEXT("root.example.com")},
	.numbers = {2026112301, 7200, 3600, 1209600, 300}},
    {.rrname = TEXT("."),
	.rrtype = 10,
	.rrclass = 255,
	.section = APP_DNS_ADDITIONAL,
	.ttl = 9,
	.rdata_len = 1000},
};

static const struct app_message dns_request = {.kind = APP_DNS,
    .dir = FLOW_TOSERVER,
    .ts = T0,
    .dns = {.id = 16000,
	.flags = 0x0100,
	.n_questions = 1,
	.size = 33,
	.questions = questions,
	.n_shown_questions = 1,
	.response_time = -1}};

static const struct app_message dns_response = {.kind = APP_DNS,
    .dir = FLOW_TOCLIENT,
    .ts = T0 + MS,
    .dns = {.response = true,
	.tcp = true,
	.id = 16000,
	.flags = 0xffff,
	.opcode = 15,
	.rcode = 3,
	.n_questions = 2,
	.n_answers = 4,
	.n_authorities = 1,
	.n_additionals = 2,
	.size = 512,
	.questions = questions,
	.records = records,
	.n_shown_questions = 2,
	.n_shown_records = sizeof records / sizeof *records,
	.edns = true,
	.edns_size = 1232,
	.malformed = true,
	.truncated_capture = true,
	.shortened = true,
	.response_time = 1000001}};

/* Nothing in it, and an unknown reply code. */
static const struct app_message mdns_empty = {.kind = APP_DNS,
    .dns = {.variant = APP_DNS_MDNS,
	.response = true,
	.rcode = 3841,
	.size = 12,
	.response_time = 0}};

static const struct app_message llmnr_request = {.kind = APP_DNS,
    .dns = {.variant = APP_DNS_LLMNR,
	.n_questions = 1,
	.size = 20,
	.questions = &questions[1],
	.n_shown_questions = 1,
	.response_time = -1}};

static const struct app_message http_full = {.kind = APP_HTTP,
    .dir = FLOW_TOSERVER,
    .ts = T0,
    .http = {.has_request = true,
	.has_response = true,
	.method = TEXT("POST"),
	.target = TEXT("/a?b=\"c\"&d=\xe4"),
	.protocol = TEXT("HTTP/1.1"),
	.host = TEXT("example.com:8080"),
	.user_agent = TEXT("curl/7.88.1"),
	.referer = TEXT("http://example.com/"),
	.request_content_type = TEXT("application/json"),
	.xff = TEXT("10.9.8.7"),
	.authorization = true,
	.status = 101,
	.response_protocol = TEXT("HTTP/1.0"),
	.response_content_type = TEXT("text/html"),
	.location = TEXT("/elsewhere"),
	.server = TEXT("nginx"),
	.upgrade = TEXT("websocket"),
	.request_body = 10,
	.response_body = 0,
	.request_length = 11,
	.response_length = 5,
	.truncated_capture = true,
	.cut = true,
	.depth = 2,
	.start = T0,
	.response_time = 2500000}};

static const struct app_message http_request = {.kind = APP_HTTP,
    .dir = FLOW_TOCLIENT,
    .ts = T0,
    .http = {.has_request = true,
	.method = TEXT("GET"),
	.target = TEXT("/"),
	.protocol = TEXT("HTTP/1.1"),
	.host = TEXT("[fd00::1]:80"),
	.request_length = -1,
	.response_length = -1,
	.request_complete = true,
	.start = T0,
	.response_time = -1}};

static const struct app_message http_response = {.kind = APP_HTTP,
    .ts = T0,
    .http = {.has_response = true,
	.status = 408,
	.response_body = 22,
	.request_length = -1,
	.response_length = 22,
	.response_complete = true,
	.start = T0,
	.response_time = -1}};

/* ---- meters, folded flows, totals ---- */

static struct meter meter_full = {
    .endpoint = V4(10, 0, 0, 1),
    .second = T0 / 1000000000 * 1000000000,
    .error = 14,
};
static const struct meter meter_empty = {.endpoint = V6(9)};

static struct aggregate flood = {
    .by = AGGREGATE_BY_DST,
    .proto = 6,
    .n_vlans = 1,
    .n_tunnels = 1,
    .vlans = {100},
    .tunnels = {{42, DECODE_TUNNEL_GENEVE}},
    .src = {.samples = {V4(1, 0, 0, 1), V4(1, 0, 0, 2), V4(1, 0, 0, 3), V4(1, 0, 0, 4)},
	.n_samples = 4},
    .dst = {.samples = {V4(10, 0, 0, 80)}, .n_samples = 1},
    .id = 77,
    .start = T0,
    .end = T0 + 10000 * MS,
    .flows = 123456,
    .packets = {123456, 5},
    .bytes = {7407360, 300},
    .ports = {{80, 80}},
    .n_ports = 1,
    .tcp_flags = {TCP_SYN, TCP_RST | TCP_ACK},
    .anomalies = ANOMALY_BIT(ANOMALY_TCP_PORT_ZERO),
};

static struct aggregate sweep = {
    .by = AGGREGATE_BY_SRC,
    .proto = 17,
    .src = {.samples = {V6(1)}, .n_samples = 1},
    .dst = {.samples = {V6(2), V6(3)}, .n_samples = 2},
    .id = 78,
    .start = T0,
    .end = T0,
    .flows = 2,
    .packets = {2, 0},
    .bytes = {120, 0},
    .by_conn_state = {[FLOW_CONN_S0] = 2},
    .ports = {{1, 100}, {200, 200}},
    .n_ports = 2,
    .ports_inexact = true,
};

static struct audit_totals totals_full = {
    .ts = T0 + 60000 * MS,
    .first = T0,
    .last = T0 + 60000 * MS,
    .frames = 1000,
    .in_flows = 900,
    .untracked = 10,
    .not_ip = 70,
    .malformed = 20,
    .reasons = {{DECODE_REASON_ETHERTYPE, 0x88cc, 40}, {DECODE_REASON_ARP, 1, 20},
	{DECODE_REASON_IP_SHORT, 0, 15}},
    .n_reasons = 3,
    .reasons_other = 15,
};
static const struct audit_totals totals_empty = {0};

/* Fills every counter of a block with a value of its own. */
static void
count_up(void *block, size_t size, uint64_t from)
{
	uint64_t *p = block;

	for (size_t i = 0; i < size / sizeof *p; i++)
		p[i] = from + i;
}

static void
fill_totals(struct audit_totals *t)
{
	t->wire_bytes = 123456789;
	t->filtered = 1;
	t->out_of_range = 2;
	t->cut = 3;
	t->time_backwards = 4;
	t->kernel_drops = 5;
	t->files = 6;
	t->damaged_files = 7;
	t->meters_replaced = 8;
	t->anomalies_left_out = 9;
	t->records_dropped = 10;
	count_up(t->anomalies, sizeof t->anomalies, 1);
	count_up(&t->flow, sizeof t->flow, 100);
	count_up(&t->app, sizeof t->app, 200);
	count_up(&t->classify, sizeof t->classify, 300);
	count_up(&t->aggregator, sizeof t->aggregator, 400);
	count_up(&t->meters, sizeof t->meters, 500);
	count_up(t->records, sizeof t->records, 600);
}

/* ---- the samples ---- */

#define EVENT(of, ...) \
	.event = {.kind = EVENT_##of, .number = 4242, .ts = T0, __VA_ARGS__}

static const struct sample samples[] = {
    {"flow, full",
	EVENT(FLOW_END, .flow = &tcp_full, .labels = &labels_full,
	    .summary = &http_summary)},
    {"flow, few labels", EVENT(FLOW_END, .flow = &tcp_full, .labels = &labels_few)},
    {"flow, messages told",
	EVENT(FLOW_END, .flow = &udp_small, .labels = &labels_full,
	    .summary = &whole_summary)},
    {"flow, small", EVENT(FLOW_END, .flow = &udp_small)},
    {"flow, unknown",
	EVENT(FLOW_END, .flow = &udp_small, .labels = &labels_unknown,
	    .summary = &dns_summary)},
    {"flow, refused", EVENT(FLOW_END, .flow = &udp_refused)},
    {"flow, interim", EVENT(FLOW_INTERIM, .flow = &icmp_echo)},
    {"flow, nameless", EVENT(FLOW_END, .flow = &nameless)},
    {"flow start", EVENT(FLOW_START, .flow = &tcp_full)},
    {"tick", EVENT(TICK)},
    {"classified, full",
	EVENT(FLOW_CLASSIFIED, .flow = &tcp_full, .labels = &labels_full)},
    {"classified, few",
	EVENT(FLOW_CLASSIFIED, .flow = &udp_small, .labels = &labels_few)},
    {"classified, nothing",
	EVENT(FLOW_CLASSIFIED, .flow = &tcp_full, .labels = &labels_unknown)},
    {"dns, request", EVENT(DNS, .flow = &udp_small, .message = &dns_request)},
    {"dns, response", EVENT(DNS, .flow = &udp_small, .message = &dns_response)},
    {"dns, empty", EVENT(DNS, .flow = &udp_small, .message = &mdns_empty)},
    {"dns, llmnr", EVENT(DNS, .flow = &udp_refused, .message = &llmnr_request)},
    {"http, full", EVENT(HTTP, .flow = &tcp_full, .message = &http_full)},
    {"http, request", EVENT(HTTP, .flow = &tcp_full, .message = &http_request)},
    {"http, response", EVENT(HTTP, .flow = &tcp_full, .message = &http_response)},
    {"anomaly, decode",
	EVENT(ANOMALY, .flow = &tcp_full, .anomaly = ANOMALY_TCP_FLAGS_XMAS)},
    {"anomaly, applayer",
	EVENT(ANOMALY, .flow = &udp_small, .anomaly = ANOMALY_DNS_LOOP)},
    {"anomaly, no flow", EVENT(ANOMALY, .anomaly = ANOMALY_ARP_MISMATCH)},
    {"meter, full", EVENT(METER, .meter = &meter_full)},
    {"meter, empty", EVENT(METER, .meter = &meter_empty)},
    {"aggregate, flood", .aggregate = &flood},
    {"aggregate, sweep", .aggregate = &sweep},
    {"stats, full", .totals = &totals_full},
    {"stats, empty", .totals = &totals_empty},
};

const struct sample *
samples_make(unsigned *n_r)
{
	fill_values();
	fill_few();
	fill_totals(&totals_full);
	count_up(&meter_full.out, sizeof meter_full.out, 1);
	count_up(&meter_full.in, sizeof meter_full.in, 1000);
	memset(meter_full.peers, 1, sizeof meter_full.peers);
	memset(meter_full.ports, 2, sizeof meter_full.ports);
	memset(meter_full.ports_in, 3, sizeof meter_full.ports_in);
	count_up(flood.by_conn_state, sizeof flood.by_conn_state, 10);
	memset(flood.src.distinct, 9, sizeof flood.src.distinct);
	sweep.dst.distinct[0] = sweep.dst.distinct[1] = 1;
	*n_r = sizeof samples / sizeof *samples;
	return samples;
}

static const char *
name_interface(void *ctx, uint32_t interface)
{
	(void)ctx;
	return interface == 1 ? "eth0" : NULL;
}

const struct audit_context samples_context = {.interface_name = name_interface};

unsigned
samples_format(
    struct buf *out, const struct sample *s, const struct audit_context *context)
{
	if (s->totals != NULL)
		audit_format_stats(out, s->totals);
	else if (s->aggregate != NULL)
		audit_format_aggregate(out, s->aggregate, context);
	else
		return audit_format_event(out, &s->event, context);
	return 1;
}
