/* Events made by hand, one for each shape that a record can take. */
#include "config.h"

#include "samples_priv.h"

#include <string.h>

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

/* ---- meters, folded flows, totals ---- */

static struct meter meter_full = {
    .endpoint = SAMPLE_V4(10, 0, 0, 1),
    .second = SAMPLE_T0 / 1000000000 * 1000000000,
    .error = 14,
};
static const struct meter meter_empty = {.endpoint = SAMPLE_V6(9)};

static struct aggregate flood = {
    .by = AGGREGATE_BY_DST,
    .proto = 6,
    .n_vlans = 1,
    .n_tunnels = 1,
    .vlans = {100},
    .tunnels = {{42, DECODE_TUNNEL_GENEVE}},
    .src = {.samples = {SAMPLE_V4(1, 0, 0, 1), SAMPLE_V4(1, 0, 0, 2),
		SAMPLE_V4(1, 0, 0, 3), SAMPLE_V4(1, 0, 0, 4)},
	.n_samples = 4},
    .dst = {.samples = {SAMPLE_V4(10, 0, 0, 80)}, .n_samples = 1},
    .id = 77,
    .start = SAMPLE_T0,
    .end = SAMPLE_T0 + 10000 * SAMPLE_MS,
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
    .src = {.samples = {SAMPLE_V6(1)}, .n_samples = 1},
    .dst = {.samples = {SAMPLE_V6(2), SAMPLE_V6(3)}, .n_samples = 2},
    .id = 78,
    .start = SAMPLE_T0,
    .end = SAMPLE_T0,
    .flows = 2,
    .packets = {2, 0},
    .bytes = {120, 0},
    .by_conn_state = {[FLOW_CONN_S0] = 2},
    .ports = {{1, 100}, {200, 200}},
    .n_ports = 2,
    .ports_inexact = true,
};

static struct audit_totals totals_full = {
    .ts = SAMPLE_T0 + 60000 * SAMPLE_MS,
    .first = SAMPLE_T0,
    .last = SAMPLE_T0 + 60000 * SAMPLE_MS,
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
	t->unfilterable = 12;
	t->len_raised = 13;
	t->untimed = 14;
	t->blocks_skipped = 15;
	t->options_bad = 16;
	t->ignored = 17;
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
	.event = {.kind = EVENT_##of, .number = 4242, .ts = SAMPLE_T0, __VA_ARGS__}

static const struct sample samples[] = {
    {"flow, full",
	EVENT(FLOW_END, .flow = &sample_tcp_full, .labels = &labels_full,
	    .summary = &sample_http_summary)},
    {"flow, few labels",
	EVENT(FLOW_END, .flow = &sample_tcp_full, .labels = &labels_few)},
    {"flow, messages told",
	EVENT(FLOW_END, .flow = &sample_udp_small, .labels = &labels_full,
	    .summary = &sample_whole_summary)},
    {"flow, small", EVENT(FLOW_END, .flow = &sample_udp_small)},
    {"flow, unknown",
	EVENT(FLOW_END, .flow = &sample_udp_small, .labels = &labels_unknown,
	    .summary = &sample_dns_summary)},
    {"flow, refused", EVENT(FLOW_END, .flow = &sample_udp_refused)},
    {"flow, interim", EVENT(FLOW_INTERIM, .flow = &sample_icmp_echo)},
    {"flow, nameless", EVENT(FLOW_END, .flow = &sample_nameless)},
    {"flow start", EVENT(FLOW_START, .flow = &sample_tcp_full)},
    {"tick", EVENT(TICK)},
    {"classified, full",
	EVENT(FLOW_CLASSIFIED, .flow = &sample_tcp_full, .labels = &labels_full)},
    {"classified, few",
	EVENT(FLOW_CLASSIFIED, .flow = &sample_udp_small, .labels = &labels_few)},
    {"classified, nothing",
	EVENT(FLOW_CLASSIFIED, .flow = &sample_tcp_full, .labels = &labels_unknown)},
    {"dns, request",
	EVENT(DNS, .flow = &sample_udp_small, .message = &sample_dns_request)},
    {"dns, response",
	EVENT(DNS, .flow = &sample_udp_small, .message = &sample_dns_response)},
    {"dns, empty",
	EVENT(DNS, .flow = &sample_udp_small, .message = &sample_mdns_empty)},
    {"dns, llmnr",
	EVENT(DNS, .flow = &sample_udp_refused, .message = &sample_llmnr_request)},
    {"http, full", EVENT(HTTP, .flow = &sample_tcp_full, .message = &sample_http_full)},
    {"http, request",
	EVENT(HTTP, .flow = &sample_tcp_full, .message = &sample_http_request)},
    {"http, response",
	EVENT(HTTP, .flow = &sample_tcp_full, .message = &sample_http_response)},
    {"anomaly, decode",
	EVENT(ANOMALY, .flow = &sample_tcp_full, .anomaly = ANOMALY_TCP_FLAGS_XMAS)},
    {"anomaly, applayer",
	EVENT(ANOMALY, .flow = &sample_udp_small, .anomaly = ANOMALY_DNS_LOOP)},
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
