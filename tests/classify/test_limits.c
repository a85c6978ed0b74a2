/* What classification may hold: states, nDPI's buffers, metadata. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "labelled.h"

static uint64_t
verdicts(const struct classify_stats *s)
{
	return s->classified + s->guessed + s->unknown;
}

static void
run(struct labelled *l, const char *capture, const struct classify_config *config)
{
	char path[512];

	labelled_run(l, labelled_pcap(capture, path), config, 0, 0);
}

/* With few places the flow that was quiet longest gets its verdict early. */
static void
test_open_cap(void **state)
{
	struct classify_config config;
	struct labelled many, few;

	(void)state;
	classify_config_defaults(&config);
	run(&many, "ssh-spray.pcap.gz", &config);
	config.open_cap = 1;
	run(&few, "ssh-spray.pcap.gz", &config);
	assert_int_equal(many.stats.forced, 0);
	assert_true(few.stats.forced > 0);
	assert_int_equal(few.stats.no_state, 0);
	assert_int_equal(many.n, few.n);
	assert_true(verdicts(&few.stats) >= verdicts(&many.stats));
	labelled_free(&many);
	labelled_free(&few);
}

/* nDPI's buffers of half a TLS handshake are over a budget of one byte. */
static void
test_open_bytes(void **state)
{
	struct classify_config config;
	struct labelled l;

	(void)state;
	classify_config_defaults(&config);
	config.open_bytes = 1;
	run(&l, "tls.pcap.gz", &config);
	assert_true(l.stats.forced > 0);
	for (size_t i = 0; i < l.n; i++)
		assert_non_null(l.flows[i].labels.proto);
	labelled_free(&l);
}

/* Without room for metadata the verdict stays. */
static void
test_label_bytes(void **state)
{
	struct classify_config config;
	struct labelled all, none;

	(void)state;
	classify_config_defaults(&config);
	run(&all, "tls.pcap.gz", &config);
	config.label_bytes = 0;
	run(&none, "tls.pcap.gz", &config);
	assert_int_equal(all.stats.no_labels, 0);
	assert_true(none.stats.no_labels > 0);
	assert_int_equal(all.n, none.n);
	for (size_t i = 0; i < all.n; i++) {
		assert_string_equal(
		    all.flows[i].labels.proto, none.flows[i].labels.proto);
		/* A number or two fits beside the verdict. */
		assert_true(strlen(none.flows[i].values) < 32);
	}
	labelled_free(&all);
	labelled_free(&none);
}

/* Fewer packets than a protocol needs: the verdict by port at the limit. */
static void
test_packets(void **state)
{
	struct classify_config config;
	struct labelled l;
	unsigned tls = 0;

	(void)state;
	classify_config_defaults(&config);
	config.packets_tcp = 3;
	run(&l, "tls.pcap.gz", &config);
	for (size_t i = 0; i < l.n; i++) {
		const struct labelled_flow *f = &l.flows[i];

		assert_null(strstr(f->values, "tls.ja3s.hash"));
		tls += strcmp(f->labels.proto, "TLS") == 0;
	}
	assert_true(tls > 0);
	labelled_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_open_cap),
	    cmocka_unit_test(test_open_bytes),
	    cmocka_unit_test(test_label_bytes),
	    cmocka_unit_test(test_packets),
	};

	return cmocka_run_group_tests_name("classify limits", tests, NULL, NULL);
}
