/* Packet time as text and back; the calendar is computed here, without the C library's
 * locks. */
#include "config.h"

#include "tallyman/clock.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_SECONDS INT64_C(86400)
/* 0000-01-01 and 9999-12-31 23:59:59 as seconds since 1970. */
#define SECONDS_MIN (INT64_C(-62167219200))
#define SECONDS_MAX INT64_C(253402300799)

int64_t
clock_monotonic(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * CLOCK_NS_PER_SEC + ts.tv_nsec;
}

/* Days since 1970-01-01 of a proleptic Gregorian date; years start in March. */
static int64_t
days_from_civil(int64_t y, unsigned m, unsigned d)
{
	int64_t era;
	unsigned yoe, doy;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = (unsigned)(y - era * 400);
	doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	return era * 146097 + (int64_t)(yoe * 365 + yoe / 4 - yoe / 100 + doy) - 719468;
}

/* Days from 0000-03-01, a cycle of 400 years earlier so that none is negative. */
#define CYCLE_DAYS 146097U
#define DAYS_SHIFT (719468 + (int)CYCLE_DAYS)

/* For days of the years 0 to 9999; 32-bit arithmetic, for this runs for every record.
 */
static void
civil_from_days(int32_t days, unsigned *y_r, unsigned *m_r, unsigned *d_r)
{
	uint32_t z = (uint32_t)(days + DAYS_SHIFT), doe = z % CYCLE_DAYS;
	uint32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	uint32_t mp = (5 * doy + 2) / 153;

	*d_r = doy - (153 * mp + 2) / 5 + 1;
	*m_r = mp < 10 ? mp + 3 : mp - 9;
	*y_r = z / CYCLE_DAYS * 400 + yoe + (*m_r <= 2) - 400;
}

/* Two digits and the character behind them. */
static char *
put_pair(char *p, unsigned value, char behind)
{
	p[0] = (char)('0' + value / 10);
	p[1] = (char)('0' + value % 10);
	p[2] = behind;
	return p + 3;
}

int
clock_format(int64_t ts, char text[CLOCK_TEXT_MAX])
{
	int64_t sec = ts / CLOCK_NS_PER_SEC, ns = ts % CLOCK_NS_PER_SEC;
	unsigned y, m, d, rest, us;
	int32_t days;
	char *p = text;

	if (ns < 0) {
		ns += CLOCK_NS_PER_SEC;
		sec--;
	}
	if (sec < SECONDS_MIN)
		sec = SECONDS_MIN;
	if (sec > SECONDS_MAX)
		sec = SECONDS_MAX;
	days = (int32_t)(sec / DAY_SECONDS - (sec % DAY_SECONDS < 0));
	rest = (unsigned)(sec - days * DAY_SECONDS);
	us = (unsigned)ns / 1000;
	civil_from_days(days, &y, &m, &d);
	p = put_pair(p, y / 100, '-') - 1;
	p = put_pair(p, y % 100, '-');
	p = put_pair(p, m, '-');
	p = put_pair(p, d, 'T');
	p = put_pair(p, rest / 3600, ':');
	p = put_pair(p, rest / 60 % 60, ':');
	p = put_pair(p, rest % 60, '.');
	p = put_pair(p, us / 10000, '0') - 1;
	p = put_pair(p, us / 100 % 100, '0') - 1;
	p = put_pair(p, us % 100, '+');
	memcpy(p, "0000", 5);
	return (int)(p - text) + 4;
}

/* Takes exactly `digits` digits; returns false when they are not there. */
static bool
take_digits(const char **p, int digits, unsigned *value_r)
{
	*value_r = 0;
	for (; digits > 0; digits--, (*p)++) {
		if (!isdigit((unsigned char)**p))
			return false;
		*value_r = *value_r * 10 + (unsigned)(**p - '0');
	}
	return true;
}

/* An optional fraction of a second in nanoseconds; digits after the ninth are dropped.
 */
static bool
take_fraction(const char **p, int64_t *ns_r)
{
	int64_t unit = CLOCK_NS_PER_SEC / 10;

	*ns_r = 0;
	if (**p != '.')
		return true;
	(*p)++;
	if (!isdigit((unsigned char)**p))
		return false;
	for (; isdigit((unsigned char)**p); (*p)++, unit /= 10)
		*ns_r += (**p - '0') * unit;
	return true;
}

/* An optional zone: Z, +hh:mm, +hhmm; seconds east of UTC. */
static bool
take_zone(const char **p, int *seconds_r)
{
	unsigned h, m;
	int sign;

	*seconds_r = 0;
	if (**p == 'Z' || **p == 'z') {
		(*p)++;
		return true;
	}
	if (**p != '+' && **p != '-')
		return **p == '\0';
	sign = *(*p)++ == '-' ? -1 : 1;
	if (!take_digits(p, 2, &h))
		return false;
	if (**p == ':')
		(*p)++;
	if (!take_digits(p, 2, &m) || h > 23 || m > 59)
		return false;
	*seconds_r = sign * (int)(h * 3600 + m * 60);
	return true;
}

static int
parse_epoch(const char *text, int64_t *ts_r)
{
	const char *p = text;
	int64_t sec = 0, ns;

	for (; isdigit((unsigned char)*p); p++) {
		sec = sec * 10 + (*p - '0');
		if (sec > SECONDS_MAX)
			return -EINVAL;
	}
	if (!take_fraction(&p, &ns) || *p != '\0' ||
	    sec > INT64_MAX / CLOCK_NS_PER_SEC - 1)
		return -EINVAL;
	*ts_r = sec * CLOCK_NS_PER_SEC + ns;
	return 0;
}

/* Nanoseconds in 64 bits reach from 1678 to 2262. */
static bool
year_fits(unsigned y)
{
	return y >= 1678 && y <= 2261;
}

int
clock_parse(const char *text, int64_t *ts_r)
{
	static const unsigned char days_in[] = {
	    31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned y, mon, d, h = 0, min = 0, s = 0;
	const char *p = text;
	int64_t ns = 0;
	int zone = 0;

	if (!take_digits(&p, 4, &y) || *p != '-')
		return isdigit((unsigned char)*text) ? parse_epoch(text, ts_r)
						     : -EINVAL;
	p++;
	if (!take_digits(&p, 2, &mon) || *p++ != '-' || !take_digits(&p, 2, &d))
		return -EINVAL;
	if (*p == 'T' || *p == 't' || *p == ' ') {
		p++;
		if (!take_digits(&p, 2, &h) || *p++ != ':' || !take_digits(&p, 2, &min))
			return -EINVAL;
		if (*p == ':') {
			p++;
			if (!take_digits(&p, 2, &s) || !take_fraction(&p, &ns))
				return -EINVAL;
		}
	}
	if (!take_zone(&p, &zone) || *p != '\0' || !year_fits(y))
		return -EINVAL;
	if (mon < 1 || mon > 12 || d < 1 || d > days_in[mon - 1] || h > 23 ||
	    min > 59 || s > 60)
		return -EINVAL;
	*ts_r = (days_from_civil(y, mon, d) * DAY_SECONDS + h * 3600 + min * 60 + s -
		    zone) *
		CLOCK_NS_PER_SEC +
	    ns;
	return 0;
}
