/*
 * Bytes written as text, for tables of cases: hexadecimal digits are bytes, blanks are
 * nothing, 'text' is itself, <a.b> are the labels of a name without an end, and ( )
 * puts the 16-bit length of what is between before it.
 */
#ifndef TALLYMAN_TESTS_WIRE_H
#define TALLYMAN_TESTS_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define WIRE_MAX 70000

struct wire {
	uint8_t bytes[WIRE_MAX];
	size_t len;
};

static inline void
wire_add(struct wire *w, const void *bytes, size_t n)
{
	if (n > WIRE_MAX - w->len)
		abort();
	memcpy(w->bytes + w->len, bytes, n);
	w->len += n;
}

static inline const char *
wire_labels(struct wire *w, const char *text)
{
	while (*text != '>') {
		size_t n = strcspn(text, ".>");
		uint8_t len = (uint8_t)n;

		wire_add(w, &len, 1);
		wire_add(w, text, n);
		text += n + (text[n] == '.');
	}
	return text + 1;
}

static inline void
wire_write(struct wire *w, const char *text)
{
	size_t open[8], depth = 0;

	while (*text != '\0') {
		if (*text == '\'') {
			size_t n = strcspn(text + 1, "'");

			wire_add(w, text + 1, n);
			text += n + 2;
		} else if (*text == '<') {
			text = wire_labels(w, text + 1);
		} else if (*text == '(') {
			open[depth++] = w->len;
			wire_add(w, "\0\0", 2);
			text++;
		} else if (*text == ')') {
			size_t at = open[--depth], n = w->len - at - 2;

			w->bytes[at] = (uint8_t)(n >> 8);
			w->bytes[at + 1] = (uint8_t)n;
			text++;
		} else if (*text == ' ') {
			text++;
		} else {
			char pair[3] = {text[0], text[1], '\0'};
			uint8_t byte = (uint8_t)strtoul(pair, NULL, 16);

			wire_add(w, &byte, 1);
			text += 2;
		}
	}
}

#endif
