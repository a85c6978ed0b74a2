/*
 * Parts that records have in common. Every record is one line, opened and closed here;
 * EVE's members come in EVE's order, ours behind them.
 */
#ifndef AUDIT_RECORD_H
#define AUDIT_RECORD_H

#include <stdint.h>

#include "tallyman/audit.h"
#include "tallyman/json.h"

void record_open(struct json *j, struct buf *out, int64_t ts);
void record_close(struct json *j);

void record_time(struct json *j, const char *key, int64_t ts);
/* Left out when there is no address. */
void record_addr(struct json *j, const char *key, const struct addr *a);
void record_proto(struct json *j, uint8_t proto);
void record_vlans(struct json *j, const uint16_t *vlans, unsigned n);
/* Two hexadecimal digits, as EVE writes TCP flags. */
void record_flags(struct json *j, const char *key, uint8_t flags);
/* An array of names; left out without any. */
void record_anomalies(struct json *j, const char *key, uint64_t bits);
/* The number under key, left out when it is 0. */
void record_count(struct json *j, const char *key, uint64_t n);

/* Text out of packets, left out when it is empty. */
static inline void
record_text(struct json *j, const char *key, const struct app_text *t)
{
	if (t->len != 0)
		json_strn(j, key, t->data, t->len);
}

/* What the record of an event is about. */
struct record_head {
	const char *event_type;
	const char *app_proto; /* or NULL */
	bool packet;           /* one packet caused it: pcap_cnt is shown */
	bool reversed;         /* the responder is the source */
};

/*
 * Opens the record of an event of a flow (or without one) and writes all that EVE's
 * records share, up to community_id.
 */
void record_open_event(struct json *j, struct buf *out, const struct event *e,
    const struct record_head *head, const struct audit_context *context);

/* The tunnels around the flow's packets, outermost first; left out without any. */
void record_tunnels(struct json *j, const struct decode_tunnel *tunnels, unsigned n,
    const struct flow_record *flow);

/* Link-layer addresses of the flow: EVE has arrays on flows, one each on packets. */
void record_ether(struct json *j, const struct flow_record *r, bool arrays);

/* geo{} of two ends, either of which may be NULL; left out when nothing is known. */
void record_geo(struct json *j, const struct audit_context *context,
    const struct addr *src, const struct addr *dst);

/* ---- members by their path ---- */

/*
 * Writes members whose keys are given as paths ("a.b.c"), opening and closing objects
 * between them. Paths of one object must come together.
 */
struct record_path {
	struct json *j;
	const char *open; /* path whose objects are open ... */
	size_t open_len;  /* ... up to here, last dot included */
};

void record_path_start(struct record_path *p, struct json *j);
/* Steps to the object of the path and writes the key; the value follows with NULL. */
void record_path_key(struct record_path *p, const char *path);
void record_path_end(struct record_path *p);

/* ---- what else a record holds ---- */

/*
 * ndpi{} and the metadata of protocols that have no records of their own. nDPI's view
 * of the first message is left out where all messages (summary, or NULL) have records.
 */
void record_labels(
    struct json *j, const struct classify_labels *l, const struct app_summary *summary);

/* Each appends whole records and returns their number. */
unsigned record_flow(
    struct buf *out, const struct event *e, const struct audit_context *context);
unsigned record_classified(
    struct buf *out, const struct event *e, const struct audit_context *context);
unsigned record_dns(
    struct buf *out, const struct event *e, const struct audit_context *context);
unsigned record_http(
    struct buf *out, const struct event *e, const struct audit_context *context);
unsigned record_meter(
    struct buf *out, const struct event *e, const struct audit_context *context);

#endif
