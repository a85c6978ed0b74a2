/*
 * A JSON writer over a buffer: it places commas and escapes, the caller keeps begin and
 * end in pairs. Key NULL means an array element (or the top value). Strings that are
 * not UTF-8 keep their bad bytes as the text \xHH, as EVE has it.
 */
#ifndef TALLYMAN_JSON_H
#define TALLYMAN_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tallyman/buf.h"

struct json {
	struct buf *out; /* borrowed */
	bool comma;      /* the next value needs a comma before it */
};

void json_start(struct json *j, struct buf *out);

void json_object(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array(struct json *j, const char *key);
void json_array_end(struct json *j);

void json_str(struct json *j, const char *key, const char *text);
void json_strn(struct json *j, const char *key, const char *text, size_t len);
void json_u64(struct json *j, const char *key, uint64_t value);
void json_i64(struct json *j, const char *key, int64_t value);
void json_bool(struct json *j, const char *key, bool value);

/* A number with up to `digits` decimals, trailing zeros cut; NaN and infinity as null.
 */
void json_double(struct json *j, const char *key, double value, int digits);

/* Bytes as lower-case hexadecimal text. */
void json_hex(struct json *j, const char *key, const void *data, size_t len);

/* The JSON string of len bytes, quotes included. */
void json_quote(struct buf *out, const char *text, size_t len);

#endif
