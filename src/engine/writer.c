/* The writer thread: takes finished text and gives it to the log. */
#include "config.h"

#include "engine_priv.h"

#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "tallyman/log.h"

static void
write_text(struct engine *e, const struct text *t)
{
	if (e->log == NULL)
		return; /* no log was asked for */
	if (audit_log_append(e->log, t->bytes, t->len) != 0 && !e->log_failed)
		log_error("audit", "%s", audit_log_error(e->log));
	e->log_failed |= audit_log_error(e->log)[0] != '\0'; /* said once */
}

static void
close_log(struct engine *e)
{
	if (e->log != NULL && audit_log_close(&e->log, &e->log_stats) != 0 &&
	    !e->log_failed)
		log_error("audit", "%s", e->log_stats.error);
}

void *
writer_main(void *engine)
{
	static const uint64_t one = 1;
	struct engine *e = engine;
	struct pipe *in = e->analysis.out;

	pthread_setname_np(pthread_self(), "tm-writer");
	while (!pipe_finished(in)) {
		uint64_t seen = doorbell_count(&e->writer_bell);
		struct batch *b = pipe_try_receive(in);

		if (b != NULL) {
			write_text(e, b->first);
			pipe_return(in, b);
		} else if (!pipe_finished(in)) {
			doorbell_wait(&e->writer_bell, seen);
		}
	}
	close_log(e);
	if (write(e->done_fd, &one, sizeof one) < 0)
		log_error("engine", "the end of the run could not be signalled");
	return NULL;
}
