/*
 * Labels: which protocol a flow speaks and what it says about itself (nDPI), and where
 * an address is (MMDB files). Types of either library stay inside this stage.
 */
#ifndef TALLYMAN_CLASSIFY_H
#define TALLYMAN_CLASSIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tallyman/flow.h"

/* ---- protocols ---- */

enum classify_type {
	CLASSIFY_STRING,
	CLASSIFY_INTEGER,
	CLASSIFY_BOOL,
	CLASSIFY_REAL,
	CLASSIFY_STRING_LIST, /* an array: the field comes once per element, in a row */
};

/*
 * A piece of metadata that classification may find. `path` is its place in the record:
 * "tls.sni", "ssh.client.software_version". Rows are sorted by path, so that one
 * object's members stand together; what starts with "ndpi." belongs into the ndpi
 * object beside the verdict.
 */
struct classify_field {
	const char *path;
	const char *help; /* meaning and unit */
	uint8_t type;     /* enum classify_type */
};

extern const struct classify_field classify_fields[];
extern const unsigned classify_n_fields;

/* Its values, in the order of the table. */
struct classify_value {
	uint16_t field; /* index in classify_fields */
	union {
		const char *text; /* UTF-8 not guaranteed, terminated */
		uint64_t number;  /* INTEGER; BOOL as 0 or 1 */
		double real;
	};
};

#define CLASSIFY_VALUES_MAX 48

/* The texts of the verdict are valid as long as the classifier. */
struct classify_labels {
	const char *app_proto;  /* EVE's name where it has one ("tls"), else nDPI's in
				   lower case; "failed" for unknown protocols and
				   for TCP and UDP without payload */
	const char *proto;      /* nDPI's name of the application ("Github") */
	const char *master;     /* nDPI's name of its carrier ("TLS"), or NULL */
	const char *category;   /* nDPI's, as the next two */
	const char *confidence; /* "DPI", "Match by port" ... */
	const char *breed;
	uint16_t proto_id, master_id;               /* nDPI's numbers */
	uint64_t risks;                             /* bits, see classify_risk_name() */
	uint16_t score, score_client, score_server; /* nDPI's sum over the risks */
	bool guessed; /* by port or address alone, not by content */
	const struct classify_value *values;
	unsigned n_values;
};

struct classify_config {
	uint32_t open_cap;    /* flows under classification, per classifier */
	uint64_t open_bytes;  /* what nDPI may hold for them beside their state */
	uint64_t label_bytes; /* metadata of classified flows, per classifier */
	uint16_t packets_tcp, packets_udp; /* packets looked at before giving up */
};

void classify_config_defaults(struct classify_config *config_r);

struct classify_stats {
	uint64_t classified; /* verdict by content */
	uint64_t guessed;    /* verdict by port or address */
	uint64_t unknown;
	uint64_t no_state; /* flows not looked at: no memory */
	uint64_t forced; /* verdicts brought forward: open_cap or open_bytes reached */
	uint64_t no_labels;  /* verdicts without metadata: label_bytes reached */
	uint64_t labels_cut; /* values left out or cut: over the limit of one flow */
	uint64_t packets;    /* given to nDPI */
};

struct classifier;

/*
 * One per shard (nDPI keeps caches across flows). NULL, and *error_r malloc'd text.
 * Creating and freeing is not safe against other threads doing the same.
 */
struct classifier *classifier_new(const struct classify_config *config, char **error_r);
void classifier_free(struct classifier **c);

/*
 * Looks at a packet of a flow that has slots while classification is open. Returns true
 * when this packet closed it: classify_get_labels() is then final.
 */
bool classify_packet(
    struct classifier *c, const struct packet *p, const struct flow_packet *fp);

/*
 * Labels of a flow, also of an embryonic one (then by port and address alone), whose
 * record is r. While classification is open, an interim record gets what is known so
 * far; any other one forces the verdict. The values are valid until classify_end() or
 * the next call with another flow.
 */
void classify_get_labels(struct classifier *c, struct flow *f,
    const struct flow_record *r, struct classify_labels *labels_r);

/* The flow ends: releases its state. Safe for a flow that has none. */
void classify_end(struct classifier *c, struct flow *f);

void classify_get_stats(const struct classifier *c, struct classify_stats *stats_r);

/* Stable name of a risk bit ("tls_weak_cipher"), NULL beyond the last. */
const char *classify_risk_name(unsigned bit);

/* Version of the library at run time. */
const char *classify_library_version(void);

/* ---- places ---- */

struct geo;

/* Texts are valid until geo_close(); NULL where unknown. */
struct geo_info {
	const char *country; /* ISO 3166-1 alpha-2 */
	const char *country_name;
	const char *city;
	const char *organisation; /* of the autonomous system */
	uint32_t asn;             /* 0 if unknown */
	double latitude, longitude;
	bool has_location;
};

/* Opens MMDB files; what each holds is found by looking. NULL and *error_r on failure.
 */
struct geo *geo_open(const char *const *paths, size_t n, char **error_r);
void geo_close(struct geo **g);

/* One thread. Results are cached per address (bounded). False when nothing is known. */
bool geo_lookup(struct geo *g, const struct addr *a, struct geo_info *info_r);

#endif
