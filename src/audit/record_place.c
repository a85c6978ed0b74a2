/* Where packets come from: link layer, tunnels, places of addresses. */
#include "config.h"

#include "audit/record.h"

#include <netinet/in.h>
#include <string.h>

/* Decimals of a coordinate: 11 m, more than any database knows. */
#define COORDINATE_DIGITS 4

/* ---- link layer ---- */

static void
put_mac(struct json *j, const char *key, const uint8_t mac[6])
{
	static const char digits[] = "0123456789abcdef";
	char text[18], *p = text;

	for (int i = 0; i < 6; i++) {
		*p++ = digits[mac[i] >> 4];
		*p++ = digits[mac[i] & 15];
		*p++ = ':';
	}
	JSON_KEY(j, key);
	json_put_ascii(j, text, sizeof text - 1);
}

void
record_ether(struct json *j, const struct flow_record *r, bool arrays)
{
	static const uint8_t none[6];

	if (memcmp(r->src_mac, none, 6) == 0 && memcmp(r->dst_mac, none, 6) == 0)
		return;
	json_object(j, "ether");
	if (arrays) {
		json_array(j, "dest_macs");
		put_mac(j, NULL, r->dst_mac);
		json_array_end(j);
		json_array(j, "src_macs");
		put_mac(j, NULL, r->src_mac);
		json_array_end(j);
	} else {
		put_mac(j, "src_mac", r->src_mac);
		put_mac(j, "dest_mac", r->dst_mac);
	}
	json_object_end(j);
}

/* ---- tunnels ---- */

/* The IP protocol that carries a tunnel; 0: none, it has no IP header of its own. */
static const uint8_t carriers[DECODE_N_TUNNELS] = {
    [DECODE_TUNNEL_GRE] = IPPROTO_GRE,
    [DECODE_TUNNEL_NVGRE] = IPPROTO_GRE,
    [DECODE_TUNNEL_ERSPAN1] = IPPROTO_GRE,
    [DECODE_TUNNEL_ERSPAN2] = IPPROTO_GRE,
    [DECODE_TUNNEL_ERSPAN3] = IPPROTO_GRE,
    [DECODE_TUNNEL_VXLAN] = IPPROTO_UDP,
    [DECODE_TUNNEL_GENEVE] = IPPROTO_UDP,
    [DECODE_TUNNEL_IPIP] = IPPROTO_IPIP,
    [DECODE_TUNNEL_TEREDO] = IPPROTO_UDP,
    [DECODE_TUNNEL_GTPU] = IPPROTO_UDP,
};

/* EVE's members tell of the innermost IP header around the flow's own. */
static void
put_carrier(struct json *j, const struct decode_tunnel *tunnels, unsigned n,
    const struct flow_record *flow)
{
	uint8_t proto = 0;

	for (unsigned i = n; i-- > 0 && proto == 0;)
		proto = carriers[tunnels[i].type];
	if (proto == IPPROTO_IPIP && flow->src.family == 6)
		proto = IPPROTO_IPV6;
	record_addr(j, "src_ip", &flow->outer_src);
	record_addr(j, "dest_ip", &flow->outer_dst);
	if (proto != 0)
		record_proto(j, proto);
}

void
record_tunnels(struct json *j, const struct decode_tunnel *tunnels, unsigned n,
    const struct flow_record *flow)
{
	if (n == 0)
		return;
	json_object(j, "tunnel");
	if (flow != NULL)
		put_carrier(j, tunnels, n, flow);
	json_u64(j, "depth", n);
	json_array(j, "stack");
	for (unsigned i = 0; i < n; i++) {
		json_object(j, NULL);
		json_ascii(j, "type", decode_tunnel_name(tunnels[i].type));
		json_u64(j, "id", tunnels[i].id);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}

/* ---- places ---- */

static void
put_place(struct json *j, const char *key, const struct geo_info *g)
{
	json_object(j, key);
	if (g->country != NULL)
		json_str(j, "country", g->country);
	if (g->country_name != NULL)
		json_str(j, "country_name", g->country_name);
	if (g->city != NULL)
		json_str(j, "city", g->city);
	if (g->has_location) {
		json_double(j, "latitude", g->latitude, COORDINATE_DIGITS);
		json_double(j, "longitude", g->longitude, COORDINATE_DIGITS);
	}
	record_count(j, "asn", g->asn);
	if (g->organisation != NULL)
		json_str(j, "organisation", g->organisation);
	json_object_end(j);
}

void
record_geo(struct json *j, const struct audit_context *context, const struct addr *src,
    const struct addr *dst)
{
	struct geo_info s, d;
	bool has_src, has_dst;

	if (context->geo == NULL)
		return;
	has_src = src != NULL && geo_lookup(context->geo, src, &s);
	has_dst = dst != NULL && geo_lookup(context->geo, dst, &d);
	if (!has_src && !has_dst)
		return;
	json_object(j, "geo");
	if (has_src)
		put_place(j, "src", &s);
	if (has_dst)
		put_place(j, "dest", &d);
	json_object_end(j);
}
