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
#include <string.h>

#include "tallyman/buf.h"

struct json {
	struct buf *out; /* borrowed */
	bool comma;      /* the next value needs a comma before it */
};

void json_start(struct json *j, struct buf *out);

/*
 * Starts a member with its key, or with NULL an element. The functions below do it
 * first; on its own it is for keys that are not terminated: then the value follows with
 * the key NULL.
 */
void json_key(struct json *j, const char *key, size_t len);

/* Values alone; a key came before. */
void json_put_open(struct json *j, char bracket);
void json_put_close(struct json *j, char bracket);
void json_put_str(struct json *j, const char *text, size_t len);
void json_put_u64(struct json *j, uint64_t value);
void json_put_i64(struct json *j, int64_t value);
void json_put_bool(struct json *j, bool value);
void json_put_double(struct json *j, double value, int digits);
void json_put_hex(struct json *j, const void *data, size_t len);
void json_put_ascii(struct json *j, const char *text, size_t len);

/* Inline, so that the length of a literal key costs nothing. */
#define JSON_KEY(j, key) json_key(j, key, (key) == NULL ? 0 : strlen(key))

static inline void
json_object(struct json *j, const char *key)
{
	JSON_KEY(j, key);
	json_put_open(j, '{');
}

static inline void
json_object_end(struct json *j)
{
	json_put_close(j, '}');
}

static inline void
json_array(struct json *j, const char *key)
{
	JSON_KEY(j, key);
	json_put_open(j, '[');
}

static inline void
json_array_end(struct json *j)
{
	json_put_close(j, ']');
}

static inline void
json_strn(struct json *j, const char *key, const char *text, size_t len)
{
	JSON_KEY(j, key);
	json_put_str(j, text, len);
}

static inline void
json_str(struct json *j, const char *key, const char *text)
{
	json_strn(j, key, text, strlen(text));
}

/* The program's own words: printable ASCII without quote and backslash. */
static inline void
json_ascii(struct json *j, const char *key, const char *text)
{
	JSON_KEY(j, key);
	json_put_ascii(j, text, strlen(text));
}

static inline void
json_u64(struct json *j, const char *key, uint64_t value)
{
	JSON_KEY(j, key);
	json_put_u64(j, value);
}

static inline void
json_i64(struct json *j, const char *key, int64_t value)
{
	JSON_KEY(j, key);
	json_put_i64(j, value);
}

static inline void
json_bool(struct json *j, const char *key, bool value)
{
	JSON_KEY(j, key);
	json_put_bool(j, value);
}

/*
 * A number with up to `digits` (0 to 9) decimals, trailing zeros cut; NaN and infinity
 * as null.
 */
static inline void
json_double(struct json *j, const char *key, double value, int digits)
{
	JSON_KEY(j, key);
	json_put_double(j, value, digits);
}

/* Bytes as lower-case hexadecimal text. */
static inline void
json_hex(struct json *j, const char *key, const void *data, size_t len)
{
	JSON_KEY(j, key);
	json_put_hex(j, data, len);
}

/* The JSON string of len bytes, quotes included. */
void json_quote(struct buf *out, const char *text, size_t len);

#endif
