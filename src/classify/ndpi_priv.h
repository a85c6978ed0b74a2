/* What the files of the nDPI adapter share. */
#ifndef CLASSIFY_NDPI_PRIV_H
#define CLASSIFY_NDPI_PRIV_H

#include "tallyman/classify.h"
#include "tallyman/pool.h"

#include "classify/l3.h"
#include "classify/labels.h"
#include "classify/ndpi_api.h"

enum state_kind {
	STATE_OPEN,
	STATE_VERDICT,
};

/* What flow_slots.classify points to starts with its kind. */
struct open_flow {
	uint8_t kind;
	bool to_server;       /* direction of the packet given last */
	bool first_to_server; /* ... of the packet that gave the protocol away */
	bool known;           /* nDPI names a protocol */
	bool cut;             /* a packet was cut by the snap length */
	bool beginning_seen;
	uint8_t proto; /* IP protocol */
	uint16_t packets;
	uint32_t held; /* bytes in nDPI's buffers for it */
	struct flow_slots *slots;
	struct open_flow *older, *newer; /* by last packet */
	ndpi_protocol last;
	struct ndpi_flow_struct flow;
};

struct verdict {
	uint8_t kind;
	uint8_t size_class;
	uint8_t confidence;
	uint8_t n_values;
	uint8_t proto;   /* IP protocol */
	bool no_content; /* TCP or UDP without payload: whatever nDPI says, a guess */
	uint16_t app, master;
	uint16_t category;
	uint64_t risks;
	/* Behind it: the values, as label_write() wrote them. */
};

static inline unsigned char *
verdict_values(const struct verdict *v)
{
	return (unsigned char *)(uintptr_t)(v + 1);
}

/* A protocol's names in the log. */
struct protocol_names {
	const char *lower;  /* nDPI's in lower case */
	const char *eve[2]; /* carried by UDP: [1]; NULL where EVE has none */
};

#define PORT_VERDICTS_MAX 254 /* different ones; numbers fit a byte */

struct classifier {
	struct ndpi_detection_module_struct *module;
	struct classify_config config;
	struct classify_stats stats;
	struct pool open_pool;
	struct open_flow *oldest, *newest;
	uint64_t held; /* bytes in nDPI's buffers, all open flows */
	struct label_store labels;
	struct label_builder builder;
	unsigned char scratch[LABEL_BYTES_MAX]; /* values as label_write() wrote them */
	struct classify_value values[CLASSIFY_VALUES_MAX];
	struct ndpi_flow_struct guess; /* of a flow without state */
	bool peers_cached;             /* nDPI may know addresses from earlier flows */
	uint8_t by_port[2][65536];     /* TCP, UDP: 0 not asked, else verdict + 1 */
	struct verdict port_verdicts[PORT_VERDICTS_MAX];
	unsigned n_port_verdicts;
	unsigned n_protocols;
	struct protocol_names *names; /* by nDPI's number */
	char *lower_names;            /* what they point to */
	uint8_t packet[L3_MAX + L3_TAIL];
};

static inline bool
slot_is_open(const struct flow_slots *slots)
{
	const struct open_flow *o = slots->classify;

	return o == NULL || o->kind == STATE_OPEN;
}

/* The protocols as ndpiReader names them: a carrier alone is the application. */
void verdict_set_protocols(struct verdict *v, const ndpi_protocol *p);

/* The verdict on a flow without state. */
void verdict_guess(
    struct classifier *c, const struct flow_record *r, struct verdict *v_r);

/* A verdict takes the place of the open state. early: more packets might follow. */
void flow_decide(struct classifier *c, struct open_flow *o, bool early);

/* What is known of an open flow so far; its values are in c->scratch. */
void flow_provisional(struct classifier *c, const struct open_flow *o,
    const struct flow_record *r, struct verdict *v_r);

/* Takes an open flow off the list and releases its state; its slot is not touched. */
void open_flow_drop(struct classifier *c, struct open_flow *o);

#endif
