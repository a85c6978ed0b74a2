/* Numbers, sizes and lengths of time the way people read them. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "cli_priv.h"
#include "tallyman/clock.h"

const char *
cli_number(uint64_t n, char text[CLI_NUMBER_MAX])
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%" PRIu64, n), out = 0;

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			text[out++] = ',';
		text[out++] = digits[i];
	}
	text[out] = '\0';
	return text;
}

const char *
cli_bytes(uint64_t n, char text[CLI_NUMBER_MAX])
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	double value = (double)n;
	unsigned unit = 0;

	while (value >= 999.5 && unit < sizeof units / sizeof *units - 1) {
		value /= 1000;
		unit++;
	}
	snprintf(text, CLI_NUMBER_MAX,
	    unit == 0 || value >= 99.95 ? "%.0f %s" : "%.1f %s", value, units[unit]);
	return text;
}

const char *
cli_duration(int64_t ns, char text[CLI_NUMBER_MAX])
{
	int64_t s = ns / CLOCK_NS_PER_SEC;

	if (s < 60)
		snprintf(text, CLI_NUMBER_MAX, s < 10 ? "%.2f s" : "%.1f s",
		    (double)ns / (double)CLOCK_NS_PER_SEC);
	else if (s < 3600)
		snprintf(text, CLI_NUMBER_MAX, "%" PRId64 " min %" PRId64 " s", s / 60,
		    s % 60);
	else if (s < 86400)
		snprintf(text, CLI_NUMBER_MAX, "%" PRId64 " h %" PRId64 " min",
		    s / 3600, s / 60 % 60);
	else
		snprintf(text, CLI_NUMBER_MAX, "%" PRId64 " d %" PRId64 " h", s / 86400,
		    s / 3600 % 24);
	return text;
}
