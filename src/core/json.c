/* A JSON writer over a buffer. */
#include "config.h"

#include "tallyman/json.h"

#include <math.h>
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

	/* Text without escapes, which is nearly all, takes one reservation. */
	if (!buf_reserve(out, len + 2))
		return;
	out->data[out->len++] = '"';
	while (p < end) {
		for (from = p; p < end && escapes[*p] == 0; p++)
			;
		buf_add(out, from, (size_t)(p - from));
		if (p < end)
			p += quote_special(out, p, (size_t)(end - p));
	}
	buf_add(out, "\"", 1);
}

void
json_key(struct json *j, const char *key, size_t len)
{
	char *p;

	if (!buf_reserve(j->out, len + 4))
		return;
	p = j->out->data + j->out->len;
	if (j->comma)
		*p++ = ',';
	if (key != NULL) {
		*p++ = '"';
		memcpy(p, key, len);
		p += len;
		*p++ = '"';
		*p++ = ':';
	}
	j->out->len = (size_t)(p - j->out->data);
	j->comma = false;
}

void
json_put_open(struct json *j, char bracket)
{
	buf_add(j->out, &bracket, 1);
	j->comma = false;
}

void
json_put_close(struct json *j, char bracket)
{
	buf_add(j->out, &bracket, 1);
	j->comma = true;
}

void
json_put_str(struct json *j, const char *text, size_t len)
{
	json_quote(j->out, text, len);
	j->comma = true;
}

void
json_put_ascii(struct json *j, const char *text, size_t len)
{
	char *p;

	j->comma = true;
	if (!buf_reserve(j->out, len + 2))
		return;
	p = j->out->data + j->out->len;
	*p = '"';
	memcpy(p + 1, text, len);
	p[len + 1] = '"';
	j->out->len += len + 2;
}

void
json_put_u64(struct json *j, uint64_t value)
{
	buf_add_u64(j->out, value);
	j->comma = true;
}

void
json_put_i64(struct json *j, int64_t value)
{
	if (value < 0)
		buf_add(j->out, "-", 1);
	json_put_u64(j, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void
json_put_bool(struct json *j, bool value)
{
	buf_add(j->out, value ? "true" : "false", value ? 4 : 5);
	j->comma = true;
}

/* From here on decimals are left out. */
#define DOUBLE_SCALED_MAX 1e9

static void
put_scaled(struct buf *out, double value, int digits)
{
	char fraction[10] = ".";
	double whole = floor(fabs(value));
	uint64_t scale = 1, scaled, carry;
	int n = digits;

	for (int i = 0; i < digits; i++)
		scale *= 10;
	scaled = (uint64_t)llround((fabs(value) - whole) * (double)scale);
	carry = scaled / scale;
	if (value < 0 && (whole > 0 || scaled != 0))
		buf_add(out, "-", 1);
	buf_add_u64(out, (uint64_t)whole + carry);
	scaled %= scale;
	for (int i = digits; i > 0; i--, scaled /= 10)
		fraction[i] = (char)('0' + scaled % 10);
	while (n > 0 && fraction[n] == '0')
		n--;
	buf_add(out, fraction, n > 0 ? (size_t)n + 1 : 0);
}

void
json_put_double(struct json *j, double value, int digits)
{
	j->comma = true;
	if (!isfinite(value))
		buf_add(j->out, "null", 4);
	else if (fabs(value) >= DOUBLE_SCALED_MAX)
		buf_printf(j->out, "%.0f", value);
	else
		put_scaled(j->out, value, digits);
}

void
json_put_hex(struct json *j, const void *data, size_t len)
{
	const unsigned char *p = data;
	char *q;

	j->comma = true;
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
