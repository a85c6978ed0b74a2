/*
 * Time. Packet time is int64_t nanoseconds since 1970-01-01 00:00 UTC everywhere; it is
 * the only time that decides what is written. The monotonic clock drives progress
 * and waits.
 */
#ifndef TALLYMAN_CLOCK_H
#define TALLYMAN_CLOCK_H

#include <stdint.h>

#define CLOCK_NS_PER_SEC INT64_C(1000000000)
#define CLOCK_NS_PER_MS  INT64_C(1000000)

#define CLOCK_TEXT_MAX 40

/* Monotonic nanoseconds; for durations only. */
int64_t clock_monotonic(void);

/*
 * EVE's form with microseconds and UTC: 2026-11-22T17:04:12.000123+0000. Years outside
 * 0..9999 are clamped. Returns the length written.
 */
int clock_format(int64_t ts, char text[CLOCK_TEXT_MAX]);

/*
 * Parses RFC 3339 (2026-11-22T17:04:12.5Z, offset +01:00 or +0100, date alone) or epoch
 * seconds with a fraction (1795459273.966). No zone means UTC. Returns 0 or -EINVAL.
 */
int clock_parse(const char *text, int64_t *ts_r);

#endif
