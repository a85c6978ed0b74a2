/* A run: everything is made in order, started, waited for, and taken down in reverse.
 */
#include "config.h"

#include "engine_priv.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tallyman/clock.h"

#define PROGRESS_INTERVAL_US 200000
#define DEFAULT_MAX_FLOWS    (UINT32_C(384) * 1024)

void
engine_config_defaults(struct engine_config *config_r)
{
	struct flow_config fc;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	memset(config_r, 0, sizeof *config_r);
	flow_config_defaults(&fc);
	config_r->since = INT64_MIN;
	config_r->until = INT64_MAX;
	/* As many as processors: reading, analysis and compression together take as
	 * long as the workers, so that with fewer a processor would stand still. */
	config_r->jobs = cpus <= 1   ? 1
	    : cpus > ENGINE_JOBS_MAX ? ENGINE_JOBS_MAX
				     : (unsigned)cpus;
	config_r->max_flows = DEFAULT_MAX_FLOWS;
	config_r->timeouts = fc.timeouts;
	audit_config_defaults(&config_r->audit);
	config_r->audit.dir = NULL;
}

/* ---- setting up ---- */

static void
init_bells(struct engine *e)
{
	doorbell_init(&e->reader.bell);
	doorbell_init(&e->analysis.bell);
	doorbell_init(&e->writer_bell);
	for (unsigned i = 0; i < e->n_workers; i++)
		doorbell_init(&e->workers[i].bell);
	pthread_mutex_init(&e->interfaces.lock, NULL);
}

static int
open_capture(struct engine *e, char **error_r)
{
	const struct engine_config *config = e->config;
	struct capture_config cc = {
	    .paths = config->paths,
	    .n_paths = config->n_paths,
	    .filter = config->filter,
	    .since = config->since,
	    .until = config->until,
	    .damage = config->damage,
	    .ctx = config->ctx,
	};

	e->reader.capture = capture_open(&cc, error_r);
	return e->reader.capture == NULL ? -EINVAL : 0;
}

static int
open_outputs(struct engine *e, char **error_r)
{
	const struct engine_config *config = e->config;

	e->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (e->done_fd < 0) {
		*error_r = strdup("no descriptor left for the event loop");
		return -errno;
	}
	if (config->n_geo_paths > 0) {
		e->geo = geo_open(config->geo_paths, config->n_geo_paths, error_r);
		if (e->geo == NULL)
			return -EINVAL;
	}
	if (config->audit.dir == NULL)
		return 0;
	e->log = audit_log_open(&config->audit, error_r);
	return e->log == NULL ? -EIO : 0;
}

static unsigned
share_batches(const struct engine *e, unsigned total)
{
	unsigned n = total / e->n_workers;

	return n < BATCHES_PER_WORKER ? BATCHES_PER_WORKER : n;
}

static int
make_workers(struct engine *e, char **error_r)
{
	for (unsigned i = 0; i < e->n_workers; i++) {
		struct worker *w = &e->workers[i];

		w->engine = e;
		w->index = i;
		w->in = pipe_new(share_batches(e, PACKET_BATCHES), PACKET_BATCH_BYTES,
		    &e->reader.bell, &w->bell);
		w->out = pipe_new(share_batches(e, EVENT_BATCHES), EVENT_BATCH_BYTES,
		    &w->bell, &e->analysis.bell);
		if (w->in == NULL || w->out == NULL) {
			*error_r = strdup("not enough memory for the workers");
			return -ENOMEM;
		}
	}
	for (unsigned i = 0; i < ENGINE_SHARDS; i++) {
		int error = shard_init(&e->shards[i], i,
		    &e->workers[engine_worker_of(e, i)], e->config, error_r);

		if (error != 0)
			return error;
	}
	return 0;
}

/* The log comes last: a run that cannot start leaves no directory behind. */
static int
set_up(struct engine *e, char **error_r)
{
	int error = open_capture(e, error_r);

	if (error == 0)
		error = make_workers(e, error_r);
	if (error == 0)
		error = open_outputs(e, error_r);
	if (error == 0)
		error = analysis_init(&e->analysis, e, error_r);
	return error;
}

static void
tear_down(struct engine *e)
{
	analysis_fini(&e->analysis);
	if (e->log != NULL)
		audit_log_close(&e->log, &e->log_stats);
	for (unsigned i = 0; i < ENGINE_SHARDS; i++)
		shard_fini(&e->shards[i]);
	for (unsigned i = 0; i < e->n_workers; i++) {
		pipe_free(&e->workers[i].in);
		pipe_free(&e->workers[i].out);
		doorbell_fini(&e->workers[i].bell);
	}
	geo_close(&e->geo);
	capture_close(&e->reader.capture);
	if (e->done_fd >= 0)
		close(e->done_fd);
	for (uint32_t i = 0; i < e->interfaces.n; i++)
		free(e->interfaces.names[i]);
	free(e->interfaces.names);
	pthread_mutex_destroy(&e->interfaces.lock);
	doorbell_fini(&e->writer_bell);
	doorbell_fini(&e->analysis.bell);
	doorbell_fini(&e->reader.bell);
}

/* ---- threads ---- */

/* Ends what runs when not every thread could be made; nothing has been read yet. */
static void
abandon(struct engine *e, unsigned workers, bool analysis, bool writer)
{
	for (unsigned i = 0; i < e->n_workers; i++) {
		if (i < workers) {
			pipe_close(e->workers[i].in);
			pthread_join(e->workers[i].thread, NULL);
		} else {
			pipe_close(e->workers[i].out);
		}
	}
	if (analysis)
		pthread_join(e->analysis_thread, NULL);
	else
		pipe_close(e->analysis.out);
	if (writer)
		pthread_join(e->writer_thread, NULL);
}

/* Consumers first, the reader last. */
static int
start_threads(struct engine *e, char **error_r)
{
	bool writer = false, analysis = false;
	unsigned workers = 0;

	writer = pthread_create(&e->writer_thread, NULL, writer_main, e) == 0;
	if (writer)
		analysis =
		    pthread_create(&e->analysis_thread, NULL, analysis_main, e) == 0;
	while (analysis && workers < e->n_workers &&
	    pthread_create(&e->workers[workers].thread, NULL, worker_main,
		&e->workers[workers]) == 0)
		workers++;
	if (workers == e->n_workers &&
	    pthread_create(&e->reader_thread, NULL, reader_main, e) == 0)
		return 0;
	abandon(e, workers, analysis, writer);
	*error_r = strdup("the system refuses more threads");
	return -EAGAIN;
}

static void
join_threads(struct engine *e)
{
	pthread_join(e->reader_thread, NULL);
	for (unsigned i = 0; i < e->n_workers; i++)
		pthread_join(e->workers[i].thread, NULL);
	pthread_join(e->analysis_thread, NULL);
	pthread_join(e->writer_thread, NULL);
}

/* ---- the calling thread: signals and progress ---- */

struct watch {
	struct engine *engine;
	struct event_base *base;
	struct event *done, *tick, *interrupt, *terminate;
	int64_t started;
};

static void
on_done(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;

	(void)fd;
	(void)what;
	event_base_loopbreak(w->base);
}

static void
on_signal(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;

	(void)fd;
	(void)what;
	w->engine->stop = true;
	capture_interrupt(w->engine->reader.capture);
}

static void
on_progress(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;
	struct engine *e = w->engine;
	struct engine_progress progress = {
	    .frames = e->frames,
	    .bytes_read = e->bytes_read,
	    .bytes_total = e->bytes_total,
	    .elapsed = clock_monotonic() - w->started,
	};

	(void)fd;
	(void)what;
	e->config->progress(e->config->ctx, &progress);
}

static void
watch_stop(struct watch *w)
{
	struct event *const events[] = {w->done, w->tick, w->interrupt, w->terminate};

	for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
		if (events[i] != NULL)
			event_free(events[i]);
	}
	if (w->base != NULL)
		event_base_free(w->base);
}

static int
watch_start(struct watch *w, char **error_r)
{
	static const struct timeval interval = {.tv_usec = PROGRESS_INTERVAL_US};
	struct engine *e = w->engine;

	w->base = event_base_new();
	if (w->base != NULL) {
		w->done =
		    event_new(w->base, e->done_fd, EV_READ | EV_PERSIST, on_done, w);
		w->interrupt = evsignal_new(w->base, SIGINT, on_signal, w);
		w->terminate = evsignal_new(w->base, SIGTERM, on_signal, w);
		w->tick = event_new(w->base, -1, EV_PERSIST, on_progress, w);
	}
	if (w->base == NULL || w->done == NULL || w->interrupt == NULL ||
	    w->terminate == NULL || w->tick == NULL || event_add(w->done, NULL) != 0 ||
	    event_add(w->interrupt, NULL) != 0 || event_add(w->terminate, NULL) != 0 ||
	    (e->config->progress != NULL && event_add(w->tick, &interval) != 0)) {
		*error_r = strdup("the event loop could not be set up");
		return -ENOMEM;
	}
	return 0;
}

/* ---- the run ---- */

static void
fill_report(struct engine *e, struct engine_report *report)
{
	report->totals = e->analysis.totals;
	report->log = e->log_stats;
	report->interrupted = e->stop;
	ranking_report(e->analysis.ranking, report);
}

static int
run(struct engine *e, struct engine_report *report, char **error_r)
{
	struct watch w = {.engine = e, .started = clock_monotonic()};
	int error = watch_start(&w, error_r);

	if (error == 0)
		error = start_threads(e, error_r);
	if (error == 0) {
		event_base_dispatch(w.base);
		join_threads(e);
		fill_report(e, report);
		report->elapsed = clock_monotonic() - w.started;
	}
	watch_stop(&w);
	return error;
}

int
engine_read(
    const struct engine_config *config, struct engine_report *report_r, char **error_r)
{
	struct engine *e = calloc(1, sizeof *e);
	int error;

	*error_r = NULL;
	memset(report_r, 0, sizeof *report_r);
	if (e == NULL) {
		*error_r = strdup("not enough memory");
		return -ENOMEM;
	}
	e->config = config;
	e->n_workers = config->jobs < 1      ? 1
	    : config->jobs > ENGINE_JOBS_MAX ? ENGINE_JOBS_MAX
					     : config->jobs;
	e->done_fd = -1;
	init_bells(e);
	error = set_up(e, error_r);
	if (error == 0)
		error = run(e, report_r, error_r);
	if (error == 0 && config->process_ends)
		return 0;
	tear_down(e);
	free(e);
	return error;
}
