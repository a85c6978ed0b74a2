/*
 * The nDPI adapter's way of a flow: packets go in, a verdict and its metadata come out.
 *
 * nDPI's state hangs off a flow only until its verdict; then what is worth keeping is
 * copied to a compact block and the state returns to its pool. When states or nDPI's
 * buffers run out, the flow that was quiet longest gets its verdict early.
 *
 * The packet limits, the wait for more metadata and the guess at the end are those of
 * ndpiReader, so that both name a flow alike. A flow comes here with its first payload;
 * the handshake that ndpiReader shows to nDPI is made up for by a rebuilt first packet.
 *
 * nDPI 4.2 keeps what its dissectors collect in a union, and frees pointers in it when
 * the protocol is guessed to be TLS or QUIC, whoever wrote there: bytes of a packet can
 * become a pointer. So the union is cleared as long as no protocol is known, and all
 * packets of a flow must have its transport protocol in nDPI's eyes, too.
 */
#include "config.h"

#include <string.h>

#include "classify/ndpi_meta.h"
#include "classify/ndpi_priv.h"

#define RISK(name) (UINT64_C(1) << NDPI_##name)

/*
 * A packet that the snap length cut reads as if zeros followed, which looks broken in
 * many ways: of such a flow only these risks count, which what was captured proves.
 */
#define RISKS_DESPITE_CUT                                                              \
	(RISK(URL_POSSIBLE_XSS) | RISK(URL_POSSIBLE_SQL_INJECTION) |                   \
	    RISK(URL_POSSIBLE_RCE_INJECTION) |                                         \
	    RISK(KNOWN_PROTOCOL_ON_NON_STANDARD_PORT) | API_RISK_NUMERIC_HOST |        \
	    RISK(SSH_OBSOLETE_CLIENT_VERSION_OR_CIPHER) |                              \
	    RISK(SSH_OBSOLETE_SERVER_VERSION_OR_CIPHER) | RISK(SMB_INSECURE_VERSION) | \
	    RISK(UNSAFE_PROTOCOL) | RISK(DESKTOP_OR_FILE_SHARING_SESSION) |            \
	    RISK(CLEAR_TEXT_CREDENTIALS) | RISK(POSSIBLE_EXPLOIT))

/* Packets before the first payload that count toward nDPI's limit: the handshake. */
#define HANDSHAKE_PACKETS 3

static void
link_newest(struct classifier *c, struct open_flow *o)
{
	o->older = c->newest;
	o->newer = NULL;
	if (c->newest != NULL)
		c->newest->newer = o;
	else
		c->oldest = o;
	c->newest = o;
}

static void
unlink_open(struct classifier *c, struct open_flow *o)
{
	if (o->older != NULL)
		o->older->newer = o->newer;
	else
		c->oldest = o->newer;
	if (o->newer != NULL)
		o->newer->older = o->older;
	else
		c->newest = o->older;
}

void
open_flow_drop(struct classifier *c, struct open_flow *o)
{
	unlink_open(c, o);
	c->held -= o->held;
	ndpi_free_flow_data(&o->flow);
	pool_put(&c->open_pool, o);
}

static void
count_verdict(struct classifier *c, const struct verdict *v)
{
	if (v->app == NDPI_PROTOCOL_UNKNOWN)
		c->stats.unknown++;
	else if (api_is_guess(v->confidence))
		c->stats.guessed++;
	else
		c->stats.classified++;
}

/* Protocols by which nDPI remembers the peers. */
static bool
fills_cache(const struct verdict *v)
{
	return v->app == NDPI_PROTOCOL_BITTORRENT || v->app == NDPI_PROTOCOL_MINING ||
	    v->app == NDPI_PROTOCOL_ZOOM;
}

/* What nDPI found out about the flow so far, into the builder. */
static void
extract(struct classifier *c, const struct open_flow *o)
{
	const struct meta m = {
	    .flow = &o->flow,
	    .first_to_server = o->first_to_server,
	    .cut = o->cut,
	    .b = &c->builder,
	};

	label_builder_reset(&c->builder);
	if (o->known)
		ndpi_meta_extract(&m);
}

/* nDPI leaves it to its caller to look for attacks in the URL. */
static uint64_t
url_risk(const struct ndpi_flow_struct *flow)
{
	ndpi_risk_enum risk =
	    flow->http.url == NULL ? NDPI_NO_RISK : ndpi_validate_url(flow->http.url);

	return risk == NDPI_NO_RISK ? 0 : UINT64_C(1) << risk;
}

static void
set_verdict(struct verdict *v, const struct open_flow *o)
{
	verdict_set_protocols(v, &o->last);
	v->confidence = (uint8_t)o->flow.confidence;
	v->proto = o->proto;
	v->risks = api_risks(&o->flow) | url_risk(&o->flow);
	if (o->cut)
		v->risks &= RISKS_DESPITE_CUT;
}

void
flow_provisional(struct classifier *c, const struct open_flow *o,
    const struct flow_record *r, struct verdict *v_r)
{
	extract(c, o);
	if (!o->known) {
		verdict_guess(c, r, v_r);
		return;
	}
	memset(v_r, 0, sizeof *v_r);
	set_verdict(v_r, o);
	v_r->n_values = (uint8_t)c->builder.n;
	label_write(&c->builder, c->scratch);
}

/* A block for the verdict and its values; without the values when they do not fit. */
static struct verdict *
new_verdict(struct classifier *c)
{
	uint8_t size_class;
	struct verdict *v = label_store_get(
	    &c->labels, sizeof *v + label_size(&c->builder), &size_class);

	if (v == NULL) {
		c->stats.no_labels++;
		label_builder_reset(&c->builder);
		v = label_store_get(&c->labels, sizeof *v, &size_class);
	}
	if (v == NULL)
		return NULL;
	memset(v, 0, sizeof *v);
	v->kind = STATE_VERDICT;
	v->size_class = size_class;
	v->n_values = (uint8_t)c->builder.n;
	label_write(&c->builder, verdict_values(v));
	return v;
}

void
flow_decide(struct classifier *c, struct open_flow *o, bool early)
{
	struct flow_slots *slots = o->slots;
	struct verdict *v;

	if (early || !o->known)
		o->last = api_giveup(c->module, &o->flow);
	extract(c, o);
	c->stats.labels_cut += c->builder.cut;
	v = new_verdict(c);
	slots->classify = v;
	if (v != NULL) {
		set_verdict(v, o);
		count_verdict(c, v);
		c->peers_cached |= fills_cache(v);
	} else {
		c->stats.no_state++;
	}
	open_flow_drop(c, o);
}

static void
decide_oldest(struct classifier *c)
{
	c->stats.forced++;
	flow_decide(c, c->oldest, true);
}

/* nDPI walks IPv6 extension headers by itself; it must arrive where we did. */
static bool
same_transport(const uint8_t *packet, size_t len, uint8_t proto)
{
	const uint8_t *l4;
	uint16_t l4_len;
	uint8_t l4_proto;

	if (packet[0] >> 4 == 4)
		return packet[9] == proto;
	if (packet[6] == proto)
		return true;
	return ndpi_detection_get_l4(
		   packet, (uint16_t)len, &l4, &l4_len, &l4_proto, 0) == 0 &&
	    l4_proto == proto;
}

static void
give(struct classifier *c, struct open_flow *o, size_t len, int64_t ts)
{
	size_t held;

	o->last = api_process(c->module, &o->flow, c->packet, (uint16_t)len,
	    api_millis(ts), o->to_server, o->beginning_seen);
	c->stats.packets++;
	if (!o->known) {
		o->known = API_APP(&o->last) != NDPI_PROTOCOL_UNKNOWN;
		o->first_to_server = o->to_server;
	}
	if (o->flow.detected_protocol_stack[0] == NDPI_PROTOCOL_UNKNOWN)
		api_clear_leftovers(&o->flow);
	held = api_flow_held(&o->flow);
	c->held = c->held - o->held + held;
	o->held = (uint32_t)held;
}

/*
 * ndpiReader shows nDPI the handshake, too: its first packet names ports and addresses,
 * and the empty ones count.
 */
static void
give_beginning(struct classifier *c, struct open_flow *o, const struct flow_record *r)
{
	uint64_t before = r->side[0].packets + r->side[1].packets - 1;

	if (before == 0)
		return;
	o->packets = before < UINT16_MAX ? (uint16_t)before : UINT16_MAX;
	if (o->beginning_seen) {
		o->to_server = true;
		give(c, o, l3_first_packet(r, c->packet), r->start);
	}
	api_skip_packets(&o->flow,
	    before < HANDSHAKE_PACKETS ? (unsigned)before : HANDSHAKE_PACKETS,
	    o->beginning_seen && (r->side[FLOW_TOCLIENT].tcp_flags & TCP_SYN) != 0);
}

static struct open_flow *
open_flow(struct classifier *c, const struct flow_packet *fp, struct flow_slots *slots)
{
	struct flow_record r;
	struct open_flow *o;

	if (c->open_pool.used == c->open_pool.cap && c->oldest != NULL)
		decide_oldest(c);
	o = pool_get(&c->open_pool);
	if (o == NULL) {
		c->stats.no_state++;
		return NULL;
	}
	memset(o, 0, sizeof *o);
	flow_get_record(fp->flow, &r);
	o->kind = STATE_OPEN;
	o->slots = slots;
	o->proto = r.proto;
	o->beginning_seen = r.proto == IPPROTO_TCP && r.initiator == FLOW_INITIATOR_SYN;
	slots->classify = o;
	link_newest(c, o);
	give_beginning(c, o, &r);
	return o;
}

/* As ndpiReader: enough packets, or a protocol from which nothing more is to be had. */
static bool
is_decided(const struct classifier *c, struct open_flow *o)
{
	if (o->flow.num_processed_pkts >= API_PACKETS_MAX)
		return true;
	if (o->proto == IPPROTO_TCP && o->packets > c->config.packets_tcp)
		return true;
	if (o->proto == IPPROTO_UDP && o->packets > c->config.packets_udp)
		return true;
	return o->known && !ndpi_extra_dissection_possible(c->module, &o->flow);
}

/* The packet's bytes for nDPI in c->packet; 0 when it is not to see them. */
static size_t
prepare(struct classifier *c, const struct packet *p)
{
	size_t len = l3_copy(p, c->packet);

	return len > 0 && same_transport(c->packet, len, p->proto) ? len : 0;
}

bool
classify_packet(
    struct classifier *c, const struct packet *p, const struct flow_packet *fp)
{
	struct flow_slots *slots = fp->flow == NULL ? NULL : flow_slots(fp->flow);
	struct open_flow *o;
	size_t len;

	if (slots == NULL || fp->icmp_error || !slot_is_open(slots) ||
	    p->proto != flow_proto(fp->flow))
		return false;
	len = prepare(c, p);
	if (len == 0)
		return false;
	if (slots->classify == NULL) {
		if (open_flow(c, fp, slots) == NULL)
			return false;
		prepare(c, p); /* the handshake took its place */
	}
	o = slots->classify;
	o->packets++;
	o->to_server = fp->dir == FLOW_TOSERVER;
	o->cut |= p->l3_cap < p->l3_len;
	unlink_open(c, o);
	link_newest(c, o);
	give(c, o, len, p->ts);
	if (is_decided(c, o)) {
		flow_decide(c, o, false);
		return true;
	}
	while (c->held > c->config.open_bytes && c->oldest != NULL)
		decide_oldest(c);
	return !slot_is_open(slots);
}
