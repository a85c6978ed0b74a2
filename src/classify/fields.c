/* The table of metadata fields. */
#include "config.h"

#include "tallyman/classify.h"

#include "classify/fields.h"

#define ROW(name, path, type, help) {path, help, CLASSIFY_##type},
const struct classify_field classify_fields[] = {CLASSIFY_FIELDS(ROW)};
#undef ROW

const unsigned classify_n_fields = FIELD_N;
