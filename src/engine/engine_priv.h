/* What the threads of one run share. */
#ifndef ENGINE_PRIV_H
#define ENGINE_PRIV_H

#include <pthread.h>
#include <stdatomic.h>

#include "tallyman/batch.h"
#include "tallyman/engine.h"

/* Room for the largest frame and what stands before it in a batch. */
#define PACKET_BATCH_BYTES ((size_t)CAPTURE_SNAPLEN_MAX + 4096)
#define EVENT_BATCH_BYTES  ((size_t)256 * 1024)
#define TEXT_BATCH_BYTES   ((size_t)512 * 1024)

/*
 * What is under way must keep a thread busy for longer than the scheduler lets another
 * one run in its neighbour's place, some milliseconds. Those of packets and events are
 * shared out among the workers.
 */
#define PACKET_BATCHES     64
#define EVENT_BATCHES      32
#define TEXT_BATCHES       8
#define BATCHES_PER_WORKER 8 /* at the least */

/* ---- capture to worker ---- */

enum work_kind {
	WORK_PACKET,
	WORK_TICK,   /* a second of packet time is over */
	WORK_FINISH, /* end of input */
};

struct work {
	struct work *next;
	uint64_t order; /* see struct event */
	int64_t now;    /* packet time */
	uint8_t kind;
	uint8_t shard;        /* of a packet */
	struct packet packet; /* only there for a packet; its bytes follow */
};

/* ---- analysis to writer ---- */

struct text {
	size_t len;
	char bytes[];
};

/* ---- a shard: one virtual worker, owned by one thread ---- */

struct worker;

struct shard {
	unsigned index;
	struct worker *worker; /* whose output it writes to */
	struct flow_table *flows;
	struct app *app;
	struct classifier *classifier;
	struct meter_table *meters;
	uint64_t order, number;        /* of the work at hand */
	uint64_t anomalies[ANOMALY_N]; /* of flows, beyond those of single packets */
};

int shard_init(struct shard *s, unsigned index, struct worker *w,
    const struct engine_config *config, char **error_r);
void shard_fini(struct shard *s);
void shard_packet(struct shard *s, const struct work *w);
void shard_tick(struct shard *s, const struct work *w);
void shard_finish(struct shard *s, const struct work *w);

/* ---- a worker thread ---- */

struct worker {
	struct engine *engine;
	unsigned index;
	pthread_t thread;
	struct doorbell bell;
	struct pipe *in, *out;
	struct batch *batch; /* being filled with events, or NULL */
	uint64_t done;       /* order up to which all work is finished */
	uint64_t told;       /* watermark of the newest batch sent */
};

void *worker_main(void *worker);

/* Memory for an event in the worker's open batch. NULL: it is full, see worker_flush().
 */
void *worker_alloc(struct worker *w, size_t size);
/* Sends the open batch and waits for an empty one. */
void worker_flush(struct worker *w);
/* Appends an event whose parts are in the open batch. */
void worker_post(struct worker *w, struct event *e);

/* ---- the capture thread ---- */

struct reason_count {
	uint8_t reason;
	uint32_t number;
	uint64_t frames;
};

struct reader {
	struct capture *capture;
	struct doorbell bell;
	struct batch *batches[ENGINE_JOBS_MAX]; /* being filled, or NULL */
	uint64_t told[ENGINE_JOBS_MAX];         /* newest watermark sent */
	uint64_t order;                         /* of the newest work */
	int64_t now;                            /* packet time, never back */
	int64_t second;                         /* of the newest tick */
	int64_t first;                          /* time of the first frame */
	uint64_t frames, wire_bytes, backwards;
	uint64_t results[DECODE_N_RESULTS];
	uint64_t anomalies[ANOMALY_N];
	struct reason_count reasons[AUDIT_REASONS_MAX]; /* unordered, n_reasons used */
	unsigned n_reasons;
	uint64_t reasons_other;
	uint64_t kernel_drops;
};

void *reader_main(void *engine);

/* ---- analysis ---- */

struct ranking;

struct analysis {
	struct doorbell bell;
	struct pipe *out;
	struct batch *batch; /* text being filled, or NULL */
	struct text *text;   /* its head */
	struct buf line;     /* the record being formatted */
	struct audit_context context;
	struct aggregator *aggregator;
	struct meter_merge *meters;
	struct ranking *ranking;
	int64_t now;    /* time of the newest tick */
	unsigned ticks; /* shards that have reached the tick at hand */
	uint32_t anomaly_allowance[ANOMALY_N]; /* records that may be written now */
	struct audit_totals totals;
};

int analysis_init(struct analysis *a, struct engine *e, char **error_r);
void analysis_fini(struct analysis *a);
void *analysis_main(void *engine);
/* Handles one event, in order. */
void analysis_event(struct analysis *a, const struct event *e);
/* All events are in: what is still folded is written. */
void analysis_finish(struct analysis *a);
/* Writes the closing account; totals are complete. */
void analysis_stats(struct analysis *a);
/* Moves the finished line into the open text, and a full text to the writer. */
void analysis_write(struct analysis *a);
/* Sends the open text. */
void analysis_flush(struct analysis *a);

/* Sums what all stages counted; every other thread has ended its work. */
void totals_collect(struct engine *e, struct audit_totals *totals);

/* ---- who talks most ---- */

struct ranking *ranking_new(void);
void ranking_free(struct ranking **r);
/* Adds an ended flow; the source of a folded one, spoofed for all we know, gets no
 * place. */
void ranking_add(
    struct ranking *r, const struct flow_record *f, const char *protocol, bool folded);
void ranking_report(struct ranking *r, struct engine_report *report);

/* ---- the run ---- */

struct interface_names {
	pthread_mutex_t lock;
	char **names; /* NULL entries: no name */
	uint32_t n;
};

struct engine {
	const struct engine_config *config;
	struct reader reader;
	pthread_t reader_thread;
	struct worker workers[ENGINE_JOBS_MAX];
	unsigned n_workers;
	struct shard shards[ENGINE_SHARDS];
	struct analysis analysis;
	pthread_t analysis_thread;
	struct doorbell writer_bell;
	pthread_t writer_thread;
	struct audit_log *log;
	struct audit_log_stats log_stats;
	bool log_failed; /* writer thread: the failure was said */
	struct geo *geo;
	struct interface_names interfaces;
	atomic_bool stop;                                 /* end the input early */
	_Atomic uint64_t frames, bytes_read, bytes_total; /* for progress */
	int done_fd; /* an eventfd: the writer has ended */
};

/* The worker that runs a shard. */
static inline unsigned
engine_worker_of(const struct engine *e, unsigned shard)
{
	return shard % e->n_workers;
}

void *writer_main(void *engine);

#endif
