/*
 * A capture through decoder, flow table and classifier: the labels of its flows, as
 * tests of classification want them.
 */
#ifndef TESTS_CLASSIFY_LABELLED_H
#define TESTS_CLASSIFY_LABELLED_H

#include "tallyman/classify.h"

/* One ended flow. The texts and values are copies. */
struct labelled_flow {
	struct flow_record record;
	struct classify_labels labels;
	char *values; /* "path=value" lines in the order of the table */
};

struct labelled {
	struct labelled_flow *flows; /* in the order of their ends */
	size_t n;
	struct classify_stats stats;
	struct classifier *classifier; /* verdict texts live in it */
};

/*
 * Runs the capture; snaplen cuts every frame (0: as it is). Interim records are asked
 * for every `interim` nanoseconds (0: never). Fails the test on errors.
 */
void labelled_run(struct labelled *l, const char *path,
    const struct classify_config *config, uint32_t snaplen, int64_t interim);

/*
 * The same with a TCP conversation, client 10.0.0.1:40000, server 10.0.0.2:port. A line
 * is what one side says at once: "> " or "< " and the text, to which CR LF is added.
 */
void labelled_talk(
    struct labelled *l, uint16_t port, const char *const *lines, size_t n);

void labelled_free(struct labelled *l);

/* Path of a capture of the source tree's pcaps/. */
const char *labelled_pcap(const char *name, char path[512]);

/* All verdicts and values as one malloc'd text. */
char *labelled_text(const struct labelled *l);

#endif
