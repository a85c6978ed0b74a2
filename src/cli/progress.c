/*
 * The progress line on a terminal: drawn again in place, and out of the way while a
 * diagnostic line is printed. The line belongs to the one standard error, as does its
 * state.
 */
#include "config.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "cli_priv.h"
#include "tallyman/clock.h"
#include "tallyman/log.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char line[160];
static bool active;

static void
put(const char *text, size_t len)
{
	if (write(STDERR_FILENO, text, len) < 0)
		active = false;
}

static void
erase(void)
{
	put("\r\033[K", 4);
}

static void
on_log_line(int before)
{
	if (before) {
		pthread_mutex_lock(&lock);
		if (active)
			erase();
		return;
	}
	if (active)
		put(line, strlen(line));
	pthread_mutex_unlock(&lock);
}

void
cli_progress_start(void)
{
	active = true;
	log_set_hook(on_log_line);
}

void
cli_progress_stop(void)
{
	log_set_hook(NULL);
	pthread_mutex_lock(&lock);
	if (active)
		erase();
	active = false;
	pthread_mutex_unlock(&lock);
}

static void
format(const struct engine_progress *p)
{
	char frames[CLI_NUMBER_MAX], rate[CLI_NUMBER_MAX], left[CLI_NUMBER_MAX];
	double seconds = (double)p->elapsed / (double)CLOCK_NS_PER_SEC;
	uint64_t per_second = seconds > 0 ? (uint64_t)((double)p->frames / seconds) : 0;

	cli_number(p->frames, frames);
	cli_number(per_second, rate);
	if (p->bytes_total == 0 || p->bytes_read == 0) {
		snprintf(line, sizeof line, "%s packets, %s/s", frames, rate);
		return;
	}
	cli_duration((int64_t)((double)p->elapsed *
			 ((double)p->bytes_total / (double)p->bytes_read - 1)),
	    left);
	snprintf(line, sizeof line, "%3.0f %%  %s packets, %s/s, %s left",
	    100.0 * (double)p->bytes_read / (double)p->bytes_total, frames, rate, left);
}

void
cli_progress_show(const struct engine_progress *p)
{
	pthread_mutex_lock(&lock);
	if (active) {
		format(p);
		erase();
		put(line, strlen(line));
	}
	pthread_mutex_unlock(&lock);
}
