/* Diagnostics on stderr: one write(2) a line, so that lines of several threads stay
 * whole. */
#include "config.h"

#include "tallyman/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

/* Process-wide by nature: the level and the hook belong to the one stderr. */
static _Atomic int current_level = LOG_LEVEL_WARN;
static void (*_Atomic line_hook)(int before);

static const char *const level_names[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARN] = "warning",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
};

void
log_set_level(enum log_level level)
{
	current_level = (int)level;
}

void
log_set_hook(void (*hook)(int before))
{
	line_hook = hook;
}

/* Control bytes could steer a terminal; what is UTF-8 or not is the reader's matter. */
static size_t
escape(const char *text, char *out, size_t size)
{
	size_t n = 0;

	for (; *text != '\0' && n + 5 < size; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= 0x20 && c != 0x7f)
			out[n++] = (char)c;
		else
			n += (size_t)snprintf(out + n, size - n, "\\x%02x", c);
	}
	return n;
}

void
log_line(enum log_level level, const char *module, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES], line[LINE_MAX_BYTES * 2];
	void (*hook)(int) = line_hook;
	size_t n;
	va_list ap;

	if ((int)level > current_level)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	n = (size_t)snprintf(
	    line, sizeof line, "tallyman: %s: %s: ", level_names[level], module);
	n += escape(text, line + n, sizeof line - n - 1);
	line[n++] = '\n';
	if (hook != NULL)
		hook(1);
	if (write(STDERR_FILENO, line, n) < 0)
		return; /* nowhere left to say so */
	if (hook != NULL)
		hook(0);
}
