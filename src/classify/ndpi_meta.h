/* Metadata out of nDPI's flow state. Private to the nDPI adapter. */
#ifndef CLASSIFY_NDPI_META_H
#define CLASSIFY_NDPI_META_H

#include <stdbool.h>

#include "classify/labels.h"

struct ndpi_flow_struct;

struct meta {
	const struct ndpi_flow_struct *flow;
	/* Direction of the packet that gave the protocol away. */
	bool first_to_server;
	/* Packets were cut by the snap length: hashes over their content are wrong. */
	bool cut;
	struct label_builder *b;
};

/* arg: what the row of the table says, for extractors that serve several protocols */
typedef void meta_extract_fn(const struct meta *m, unsigned arg);

meta_extract_fn ndpi_meta_tls, ndpi_meta_quic;

/* Adds what nDPI found out about a flow whose verdict came from its content. */
void ndpi_meta_extract(const struct meta *m);

#endif
