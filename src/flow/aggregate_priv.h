/* Folding: one flow goes into an aggregate. */
#ifndef FLOW_AGGREGATE_PRIV_H
#define FLOW_AGGREGATE_PRIV_H

#include "tallyman/meter.h"

/* Adds the flow; the first one (flows is 0) begins the aggregate. */
void aggregate_fold(struct aggregate *a, const struct flow_record *r);

#endif
