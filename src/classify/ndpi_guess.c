/*
 * The verdict on a flow without state, one that never carried payload: what ndpiReader
 * says of it at the end, by addresses and ports alone.
 *
 * nDPI itself is asked, with the flow's first packet rebuilt. Under a scan or a flood
 * that is the bulk of the flows, so where no address is known to nDPI its answers are
 * kept by port: it takes the lower port's protocol, or else the higher one's.
 */
#include "config.h"

#include <netinet/in.h>
#include <string.h>

#include "classify/ndpi_priv.h"

/* A port that stands for no protocol, beside which another one can be asked about. */
#define NEUTRAL_PORT 65535

/* Ports at which a dissector names a protocol without looking at any payload. */
static const uint16_t eager_ports[] = {
    5001, /* TargusDataspeed */
    5201, /* TargusDataspeed */
};

static void
ask(struct classifier *c, const struct flow_record *r, struct verdict *v_r)
{
	size_t len = l3_first_packet(r, c->packet);
	ndpi_protocol protocol;

	memset(&c->guess, 0, sizeof c->guess);
	api_process(c->module, &c->guess, c->packet, (uint16_t)len,
	    api_millis(r->start), true, r->initiator == FLOW_INITIATOR_SYN);
	if (c->guess.detected_protocol_stack[0] == NDPI_PROTOCOL_UNKNOWN)
		api_clear_leftovers(&c->guess);
	protocol = api_giveup(c->module, &c->guess);
	verdict_set_protocols(v_r, &protocol);
	v_r->confidence = (uint8_t)c->guess.confidence;
	v_r->risks = api_risks(&c->guess);
	ndpi_free_flow_data(&c->guess);
}

static void
ask_port(struct classifier *c, uint8_t proto, uint16_t port, struct verdict *v_r)
{
	static const uint8_t src[4] = {192, 0, 2, 1}, dst[4] = {192, 0, 2, 2};
	struct flow_record r = {
	    .src = addr_v4(src),
	    .dst = addr_v4(dst),
	    .proto = proto,
	    .sport = NEUTRAL_PORT,
	    .dport = port,
	    .initiator = FLOW_INITIATOR_SYN,
	};

	ask(c, &r, v_r);
}

/* The number of a verdict in the list of different ones, from 1; 0 when it is full. */
static uint8_t
keep_verdict(struct classifier *c, const struct verdict *v)
{
	for (unsigned i = 0; i < c->n_port_verdicts; i++) {
		if (memcmp(&c->port_verdicts[i], v, sizeof *v) == 0)
			return (uint8_t)(i + 1);
	}
	if (c->n_port_verdicts == PORT_VERDICTS_MAX)
		return 0;
	c->port_verdicts[c->n_port_verdicts++] = *v;
	return (uint8_t)c->n_port_verdicts;
}

/* The verdict on a flow of which only this port tells anything. */
static struct verdict
port_verdict(struct classifier *c, uint8_t proto, uint16_t port)
{
	uint8_t *slot = &c->by_port[proto == IPPROTO_UDP][port];
	struct verdict v = {0};

	if (*slot != 0)
		return c->port_verdicts[*slot - 1];
	/* Asking for the protocol alone is cheaper; most ports have none. */
	if (port != NEUTRAL_PORT &&
	    api_port_protocol(c->module, proto, port, NEUTRAL_PORT) ==
		NDPI_PROTOCOL_UNKNOWN)
		v = port_verdict(c, proto, NEUTRAL_PORT);
	else
		ask_port(c, proto, port, &v);
	*slot = keep_verdict(c, &v);
	return v;
}

static bool
address_known(struct classifier *c, const struct addr *a, uint16_t port)
{
	struct in_addr in;

	if (a->family != 4)
		return API_MATCHES_IP6;
	memcpy(&in, a->bytes, sizeof in);
	return ndpi_network_port_ptree_match(c->module, &in, htons(port)) !=
	    NDPI_PROTOCOL_UNKNOWN;
}

static bool
is_eager(uint16_t port)
{
	for (size_t i = 0; i < sizeof eager_ports / sizeof *eager_ports; i++) {
		if (eager_ports[i] == port)
			return true;
	}
	return false;
}

/* nDPI's caches across flows know addresses, too; only some protocols fill them. */
static bool
only_ports_matter(struct classifier *c, const struct flow_record *r)
{
	return (r->proto == IPPROTO_TCP || r->proto == IPPROTO_UDP) && r->sport != 0 &&
	    r->dport != 0 && !c->peers_cached && !is_eager(r->sport) &&
	    !is_eager(r->dport) && !address_known(c, &r->src, r->sport) &&
	    !address_known(c, &r->dst, r->dport);
}

static struct verdict
by_ports(struct classifier *c, const struct flow_record *r)
{
	uint16_t low = r->sport < r->dport ? r->sport : r->dport;
	uint16_t high = r->sport < r->dport ? r->dport : r->sport;
	struct verdict v = port_verdict(c, r->proto, low);

	return v.app != NDPI_PROTOCOL_UNKNOWN ? v : port_verdict(c, r->proto, high);
}

void
verdict_guess(struct classifier *c, const struct flow_record *r, struct verdict *v_r)
{
	memset(v_r, 0, sizeof *v_r);
	if (only_ports_matter(c, r))
		*v_r = by_ports(c, r);
	else
		ask(c, r, v_r);
	v_r->proto = r->proto;
	v_r->no_content = r->proto == IPPROTO_TCP || r->proto == IPPROTO_UDP;
}
