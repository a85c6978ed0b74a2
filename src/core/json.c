/* A JSON writer over a buffer. */
#include "config.h"

#include "tallyman/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

/*
 * What a byte asks for inside a JSON string: 0 copy, 'u' a \u00XX escape, 'x' look at
 * it as UTF-8, else the letter of its short escape.
 */
static const char escapes[256] = {
    [0x00 ... 0x07] = 'u',
    ['\b'] = 'b',
    ['\t'] = 't',
    ['\n'] = 'n',
    [0x0b] = 'u',
    ['\f'] = 'f',
    ['\r'] = 'r',
    [0x0e ... 0x1f] = 'u',
    ['"'] = '"',
    ['\\'] = '\\',
    [0x7f] = 'u',
    [0x80 ... 0xff] = 'x',
};

void
json_start(struct json *j, struct buf *out)
{
	j->out = out;
	j->comma = false;
}

/* Length of the well-formed UTF-8 sequence at p (Unicode 15 table 3-7), or 0. */
static size_t
utf8_length(const unsigned char *p, size_t left)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;

	if (p[0] < 0xc2 || p[0] > 0xf4 || n > left)
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++) {
		if (p[i] >> 6 != 2)
			return 0;
	}
	return n;
}

/* Writes one byte (or sequence) that cannot stand as it is; returns how many it used.
 */
static size_t
quote_special(struct buf *out, const unsigned char *p, size_t left)
{
	char text[6];
	size_t n;

	switch (escapes[*p]) {
	case 'x':
		n = utf8_length(p, left);
		if (n != 0) {
			buf_add(out, p, n);
			return n;
		}
		memcpy(text, "\\\\x", 3);
		text[3] = hex_digits[*p >> 4];
		text[4] = hex_digits[*p & 15];
		buf_add(out, text, 5);
		return 1;
	case 'u':
		memcpy(text, "\\u00", 4);
		text[4] = hex_digits[*p >> 4];
		text[5] = hex_digits[*p & 15];
		buf_add(out, text, 6);
		return 1;
	default:
		text[0] = '\\';
		text[1] = escapes[*p];
		buf_add(out, text, 2);
		return 1;
	}
}

void
json_quote(struct buf *out, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + len, *from;

	buf_add(out, "\"", 1);
	while (p < end) {
		for (from = p; p < end && escapes[*p] == 0; p++)
			;
		buf_add(out, from, (size_t)(p - from));
		if (p < end)
			p += quote_special(out, p, (size_t)(end - p));
	}
	buf_add(out, "\"", 1);
}

/* Keys are the program's own words and need no escapes. */
static void
begin(struct json *j, const char *key)
{
	size_t n = key == NULL ? 0 : strlen(key);
	char *p;

	if (!buf_reserve(j->out, n + 4))
		return;
	p = j->out->data + j->out->len;
	if (j->comma)
		*p++ = ',';
	if (key != NULL) {
		*p++ = '"';
		memcpy(p, key, n);
		p += n;
		*p++ = '"';
		*p++ = ':';
	}
	j->out->len = (size_t)(p - j->out->data);
	j->comma = true;
}

void
json_object(struct json *j, const char *key)
{
	begin(j, key);
	buf_add(j->out, "{", 1);
	j->comma = false;
}

void
json_object_end(struct json *j)
{
	buf_add(j->out, "}", 1);
	j->comma = true;
}

void
json_array(struct json *j, const char *key)
{
	begin(j, key);
	buf_add(j->out, "[", 1);
	j->comma = false;
}

void
json_array_end(struct json *j)
{
	buf_add(j->out, "]", 1);
	j->comma = true;
}

void
json_str(struct json *j, const char *key, const char *text)
{
	json_strn(j, key, text, strlen(text));
}

void
json_strn(struct json *j, const char *key, const char *text, size_t len)
{
	begin(j, key);
	json_quote(j->out, text, len);
}

void
json_u64(struct json *j, const char *key, uint64_t value)
{
	begin(j, key);
	buf_add_u64(j->out, value);
}

void
json_i64(struct json *j, const char *key, int64_t value)
{
	begin(j, key);
	if (value < 0)
		buf_add(j->out, "-", 1);
	buf_add_u64(j->out, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void
json_bool(struct json *j, const char *key, bool value)
{
	begin(j, key);
	buf_add_str(j->out, value ? "true" : "false");
}

void
json_double(struct json *j, const char *key, double value, int digits)
{
	char text[352];
	int n;

	begin(j, key);
	if (!isfinite(value)) {
		buf_add_str(j->out, "null");
		return;
	}
	n = snprintf(text, sizeof text, "%.*f", digits, value);
	if (digits > 0) {
		while (text[n - 1] == '0')
			n--;
		if (text[n - 1] == '.')
			n--;
	}
	buf_add(j->out, text, (size_t)n);
}

void
json_hex(struct json *j, const char *key, const void *data, size_t len)
{
	const unsigned char *p = data;
	char *q;

	begin(j, key);
	if (!buf_reserve(j->out, 2 * len + 2))
		return;
	q = j->out->data + j->out->len;
	*q++ = '"';
	for (size_t i = 0; i < len; i++) {
		*q++ = hex_digits[p[i] >> 4];
		*q++ = hex_digits[p[i] & 15];
	}
	*q++ = '"';
	j->out->len = (size_t)(q - j->out->data);
}
