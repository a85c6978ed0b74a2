/* The records of flows: ended, on their way, and folded. */
#include "config.h"

#include "audit/record.h"

#include <netinet/in.h>

#include "tallyman/clock.h"

#define SECOND(ts) ((ts) / CLOCK_NS_PER_SEC - ((ts) % CLOCK_NS_PER_SEC < 0))

/* ---- flow{} ---- */

/* EVE counts whole seconds of the wall clock that lie between start and end. */
static void
put_span(struct json *j, int64_t start, int64_t end)
{
	record_time(j, "start", start);
	record_time(j, "end", end);
	json_i64(j, "age", SECOND(end) - SECOND(start));
}

/* Lowest and highest TTL of a side that was seen. */
static void
put_ttls(struct json *j, const struct flow_side *side, bool toserver)
{
	if (side->packets == 0)
		return;
	json_u64(j, toserver ? "min_ttl_toserver" : "min_ttl_toclient", side->ttl_min);
	json_u64(j, toserver ? "max_ttl_toserver" : "max_ttl_toclient", side->ttl_max);
}

static void
put_sides(struct json *j, const struct flow_side *ts, const struct flow_side *tc)
{
	json_u64(j, "ip_bytes_toserver", ts->ip_bytes);
	json_u64(j, "ip_bytes_toclient", tc->ip_bytes);
	json_u64(j, "payload_bytes_toserver", ts->payload_bytes);
	json_u64(j, "payload_bytes_toclient", tc->payload_bytes);
	put_ttls(j, ts, true);
	put_ttls(j, tc, false);
	record_count(j, "fragments_toserver", ts->fragments);
	record_count(j, "fragments_toclient", tc->fragments);
}

static void
put_flow(struct json *j, const struct flow_record *r)
{
	const struct flow_side *ts = &r->side[FLOW_TOSERVER];
	const struct flow_side *tc = &r->side[FLOW_TOCLIENT];

	json_object(j, "flow");
	json_u64(j, "pkts_toserver", ts->packets);
	json_u64(j, "pkts_toclient", tc->packets);
	json_u64(j, "bytes_toserver", ts->bytes);
	json_u64(j, "bytes_toclient", tc->bytes);
	put_span(j, r->start, r->end);
	json_ascii(j, "state", flow_state_name(r->state));
	json_ascii(j, "reason", flow_reason_name(r->reason));
	json_bool(j, "alerted", false);
	json_ascii(j, "conn_state", flow_conn_state_name(r->conn_state));
	if (r->history[0] != '\0')
		json_ascii(j, "history", r->history);
	json_ascii(j, "initiator", flow_initiator_name(r->initiator));
	if (r->established)
		json_bool(j, "established", true);
	if (r->one_way)
		json_bool(j, "one_way", true);
	json_u64(j, "first_pcap_cnt", r->first_number);
	record_count(j, "interim", r->interim);
	put_sides(j, ts, tc);
	record_anomalies(j, "anomalies", r->anomalies);
	json_object_end(j);
}

/* ---- tcp{} ---- */

/* EVE's names of a flow's flags, by bit. */
static const char *const flag_names[8] = {
    "fin",
    "syn",
    "rst",
    "psh",
    "ack",
    "urg",
    "ecn",
    "cwr",
};

/* The state that EVE's TCP machine would be in. */
static const char *const tcp_states[FLOW_CONN_OTH + 1] = {
    [FLOW_CONN_S0] = "syn_sent",
    [FLOW_CONN_S1] = "established",
    [FLOW_CONN_SF] = "closed",
    [FLOW_CONN_REJ] = "closed",
    [FLOW_CONN_S2] = "fin_wait1",
    [FLOW_CONN_S3] = "close_wait",
    [FLOW_CONN_RSTO] = "closed",
    [FLOW_CONN_RSTR] = "closed",
    [FLOW_CONN_RSTOS0] = "closed",
    [FLOW_CONN_RSTRH] = "closed",
    [FLOW_CONN_SH] = "fin_wait1",
    [FLOW_CONN_SHR] = "close_wait",
};

/* Connections whose start was not seen have no state of Zeek's that tells. */
static const char *
tcp_state(const struct flow_record *r)
{
	if (tcp_states[r->conn_state] != NULL)
		return tcp_states[r->conn_state];
	return r->state == FLOW_STATE_NEW ? "none" : flow_state_name(r->state);
}

static void
put_flags(struct json *j, uint8_t ts, uint8_t tc)
{
	unsigned all = ts | tc;

	record_flags(j, "tcp_flags", (uint8_t)all);
	record_flags(j, "tcp_flags_ts", ts);
	record_flags(j, "tcp_flags_tc", tc);
	for (; all != 0; all &= all - 1)
		json_bool(j, flag_names[__builtin_ctz(all)], true);
}

static void
put_losses(struct json *j, const struct flow_side *ts, const struct flow_side *tc)
{
	record_count(j, "retransmitted_pkts_toserver", ts->retransmitted_packets);
	record_count(j, "retransmitted_pkts_toclient", tc->retransmitted_packets);
	record_count(j, "retransmitted_bytes_toserver", ts->retransmitted_bytes);
	record_count(j, "retransmitted_bytes_toclient", tc->retransmitted_bytes);
	record_count(j, "missed_bytes_toserver", ts->missed_bytes);
	record_count(j, "missed_bytes_toclient", tc->missed_bytes);
	record_count(j, "out_of_order_toserver", ts->out_of_order);
	record_count(j, "out_of_order_toclient", tc->out_of_order);
	record_count(j, "zero_windows_toserver", ts->zero_windows);
	record_count(j, "zero_windows_toclient", tc->zero_windows);
}

static void
put_tcp(struct json *j, const struct flow_record *r)
{
	const struct flow_side *ts = &r->side[FLOW_TOSERVER];
	const struct flow_side *tc = &r->side[FLOW_TOCLIENT];

	if (r->proto != IPPROTO_TCP)
		return;
	json_object(j, "tcp");
	put_flags(j, ts->tcp_flags, tc->tcp_flags);
	json_ascii(j, "state", tcp_state(r));
	if (ts->missed_bytes != 0)
		json_bool(j, "ts_gap", true);
	if (tc->missed_bytes != 0)
		json_bool(j, "tc_gap", true);
	if (r->rtt != 0)
		json_double(j, "rtt_ms", (double)r->rtt / 1e6, 6);
	put_losses(j, ts, tc);
	json_object_end(j);
}

/* ---- messages{} ---- */

static void
put_statuses(struct json *j, const uint64_t counts[6])
{
	static const char *const names[6] = {"status_other", "status_1xx", "status_2xx",
	    "status_3xx", "status_4xx", "status_5xx"};

	for (unsigned i = 0; i < 6; i++)
		record_count(j, names[i], counts[i]);
}

static void
put_summary(struct json *j, const struct app_summary *s)
{
	if (s == NULL || s->kind == APP_NONE)
		return;
	json_object(j, "messages");
	json_ascii(j, "proto", s->kind == APP_DNS ? "dns" : "http");
	json_u64(j, "requests", s->requests);
	json_u64(j, "responses", s->responses);
	if (s->partial)
		json_bool(j, "partial", true);
	record_count(j, "left_out", s->left_out);
	record_count(j, "malformed", s->malformed);
	record_count(j, "gaps", s->gaps);
	record_count(j, "nxdomain", s->dns_nxdomain);
	record_count(j, "name_bytes", s->dns_name_bytes);
	put_statuses(j, s->http_status);
	record_count(j, "unauthorized", s->http_unauthorized);
	json_object_end(j);
}

unsigned
record_flow(struct buf *out, const struct event *e, const struct audit_context *context)
{
	struct record_head head = {.event_type = "flow"};
	const struct flow_record *r = e->flow;
	struct json j;

	if (e->labels != NULL)
		head.app_proto = e->labels->app_proto;
	record_open_event(&j, out, e, &head, context);
	put_flow(&j, r);
	record_ether(&j, r, true);
	put_tcp(&j, r);
	record_tunnels(&j, r->tunnels, r->n_tunnels, r);
	if (e->labels != NULL)
		record_labels(&j, e->labels, e->summary);
	put_summary(&j, e->summary);
	record_geo(&j, context, &r->src, &r->dst);
	record_close(&j);
	return 1;
}

/* ---- aggregate{} ---- */

static const struct addr *
only_one(const struct aggregate_end *end)
{
	return end->n_samples == 1 ? &end->samples[0] : NULL;
}

static void
put_end(struct json *j, const char *key, const struct aggregate_end *end)
{
	char text[ADDR_TEXT_MAX];

	json_object(j, key);
	json_u64(
	    j, "distinct", end->n_samples == 1 ? 1 : meter_distinct(end->distinct));
	json_array(j, "samples");
	for (unsigned i = 0; i < end->n_samples; i++)
		json_ascii(j, NULL, addr_format(&end->samples[i], text));
	json_array_end(j);
	json_object_end(j);
}

static void
put_ports(struct json *j, const struct aggregate *a)
{
	if (a->n_ports == 0)
		return;
	json_array(j, "ports");
	for (unsigned i = 0; i < a->n_ports; i++) {
		json_object(j, NULL);
		json_u64(j, "first", a->ports[i].first);
		json_u64(j, "last", a->ports[i].last);
		json_object_end(j);
	}
	json_array_end(j);
	if (a->ports_inexact)
		json_bool(j, "ports_inexact", true);
}

static void
put_aggregate(struct json *j, const struct aggregate *a)
{
	static const char *const by[] = {
	    [AGGREGATE_BY_DST] = "dest",
	    [AGGREGATE_BY_SRC] = "src",
	    [AGGREGATE_BY_TOTAL] = "total",
	};

	json_object(j, "aggregate");
	json_ascii(j, "by", by[a->by]);
	json_u64(j, "flows", a->flows);
	put_end(j, "src", &a->src);
	put_end(j, "dest", &a->dst);
	put_ports(j, a);
	json_object(j, "conn_states");
	for (unsigned i = 0; i <= FLOW_CONN_OTH; i++)
		record_count(j, flow_conn_state_name(i), a->by_conn_state[i]);
	json_object_end(j);
	json_object_end(j);
}

/* What all folded flows have in common stands where a flow's record has it. */
static void
put_common(struct json *j, const struct aggregate *a)
{
	const struct addr *src = only_one(&a->src), *dst = only_one(&a->dst);

	record_vlans(j, a->vlans, a->n_vlans);
	if (src != NULL)
		record_addr(j, "src_ip", src);
	if (dst != NULL)
		record_addr(j, "dest_ip", dst);
	if (a->n_ports == 1 && a->ports[0].first == a->ports[0].last)
		json_u64(j, "dest_port", a->ports[0].first);
	record_proto(j, a->proto);
	if (src != NULL || dst != NULL)
		json_u64(j, "ip_v", src != NULL ? src->family : dst->family);
}

static void
put_folded_flow(struct json *j, const struct aggregate *a)
{
	json_object(j, "flow");
	json_u64(j, "pkts_toserver", a->packets[FLOW_TOSERVER]);
	json_u64(j, "pkts_toclient", a->packets[FLOW_TOCLIENT]);
	json_u64(j, "bytes_toserver", a->bytes[FLOW_TOSERVER]);
	json_u64(j, "bytes_toclient", a->bytes[FLOW_TOCLIENT]);
	put_span(j, a->start, a->end);
	json_ascii(j, "reason", "aggregate");
	json_bool(j, "alerted", false);
	record_anomalies(j, "anomalies", a->anomalies);
	json_object_end(j);
}

void
audit_format_aggregate(
    struct buf *out, const struct aggregate *a, const struct audit_context *context)
{
	struct json j;

	record_open(&j, out, a->end);
	json_u64(&j, "flow_id", a->id);
	json_ascii(&j, "event_type", "flow");
	put_common(&j, a);
	put_folded_flow(&j, a);
	if (a->proto == IPPROTO_TCP) {
		json_object(&j, "tcp");
		put_flags(&j, a->tcp_flags[FLOW_TOSERVER], a->tcp_flags[FLOW_TOCLIENT]);
		json_object_end(&j);
	}
	record_tunnels(&j, a->tunnels, a->n_tunnels, NULL);
	put_aggregate(&j, a);
	record_geo(&j, context, only_one(&a->src), only_one(&a->dst));
	record_close(&j);
}
