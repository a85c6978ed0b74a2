/*
 * What the nDPI adapter says about a flow: its verdict in words, and for flows without
 * state the guess that ndpiReader would make.
 */
#include "config.h"

#include <string.h>

#include "classify/ndpi_priv.h"

void
verdict_set_protocols(struct verdict *v, const ndpi_protocol *p)
{
	v->app = API_APP(p);
	v->master = API_MASTER(p);
	if (v->app == NDPI_PROTOCOL_UNKNOWN) {
		v->app = v->master;
		v->master = NDPI_PROTOCOL_UNKNOWN;
	}
	if (v->master == v->app)
		v->master = NDPI_PROTOCOL_UNKNOWN;
	v->category = (uint16_t)p->category;
}

static bool
is_guessed(const struct verdict *v)
{
	return api_is_guess(v->confidence) ||
	    (v->no_content && v->app != NDPI_PROTOCOL_UNKNOWN);
}

/* EVE's name of the carrier or of what it carries, else nDPI's of the carrier. */
static const char *
app_proto(const struct classifier *c, const struct verdict *v)
{
	uint16_t carrier = v->master != NDPI_PROTOCOL_UNKNOWN ? v->master : v->app;
	const struct protocol_names *first, *second;
	bool udp = v->proto == IPPROTO_UDP;

	if (v->app == NDPI_PROTOCOL_UNKNOWN || v->no_content ||
	    carrier >= c->n_protocols || v->app >= c->n_protocols)
		return "failed";
	first = &c->names[carrier];
	second = &c->names[v->app];
	if (first->eve[udp] != NULL)
		return first->eve[udp];
	return second->eve[udp] != NULL ? second->eve[udp] : first->lower;
}

static void
fill(struct classifier *c, const struct verdict *v, struct classify_labels *labels_r)
{
	struct ndpi_detection_module_struct *m = c->module;

	*labels_r = (struct classify_labels){
	    .app_proto = app_proto(c, v),
	    .proto = ndpi_get_proto_name(m, v->app),
	    .master = v->master == NDPI_PROTOCOL_UNKNOWN
		? NULL
		: ndpi_get_proto_name(m, v->master),
	    .category =
		ndpi_category_get_name(m, (ndpi_protocol_category_t)v->category),
	    .confidence = ndpi_confidence_get_name((ndpi_confidence_t)v->confidence),
	    .breed = api_breed_name(m, v->app),
	    .proto_id = v->app,
	    .master_id = v->master,
	    .risks = v->risks,
	    .guessed = is_guessed(v),
	    .values = c->values,
	    .n_values = v->n_values,
	};
	if (v->risks != 0)
		labels_r->score = ndpi_risk2score(
		    v->risks, &labels_r->score_client, &labels_r->score_server);
}

static void
fill_with_values(struct classifier *c, const struct verdict *v,
    const unsigned char *values, struct classify_labels *labels_r)
{
	fill(c, v, labels_r);
	label_read(values, v->n_values, c->values);
}

void
classify_get_labels(struct classifier *c, struct flow *f, const struct flow_record *r,
    struct classify_labels *labels_r)
{
	struct flow_slots *slots = flow_slots(f);
	bool open = slots != NULL && slots->classify != NULL && slot_is_open(slots);
	struct verdict v;

	if (open && r->reason == FLOW_REASON_INTERIM) {
		flow_provisional(c, slots->classify, r, &v);
		fill_with_values(c, &v, c->scratch, labels_r);
		return;
	}
	if (open)
		flow_decide(c, slots->classify, true);
	if (slots == NULL || slots->classify == NULL) {
		verdict_guess(c, r, &v);
		fill(c, &v, labels_r);
	} else {
		const struct verdict *kept = slots->classify;

		fill_with_values(c, kept, verdict_values(kept), labels_r);
	}
}

void
classify_end(struct classifier *c, struct flow *f)
{
	struct flow_slots *slots = flow_slots(f);

	if (slots == NULL || slots->classify == NULL)
		return;
	if (slot_is_open(slots)) {
		open_flow_drop(c, slots->classify);
	} else {
		struct verdict *v = slots->classify;

		label_store_put(&c->labels, v, v->size_class);
	}
	slots->classify = NULL;
}
