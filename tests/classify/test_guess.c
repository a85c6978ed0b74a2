/*
 * Flows without payload: the verdict out of the table of ports is the one that nDPI
 * itself gives, for every port, on either side.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <netinet/in.h>

#include "classify/ndpi_priv.h"

static struct classifier *
new_classifier(void)
{
	struct classify_config config;
	struct classifier *c;
	char *error;

	classify_config_defaults(&config);
	c = classifier_new(&config, &error);
	assert_non_null(c);
	return c;
}

static void
check_port(struct classifier *c, struct flow_record *r)
{
	struct verdict fast, slow;

	c->peers_cached = false;
	verdict_guess(c, r, &fast);
	c->peers_cached = true; /* nDPI must be asked */
	verdict_guess(c, r, &slow);
	if (memcmp(&fast, &slow, sizeof fast) != 0)
		fail_msg("protocol %u ports %u %u: %u.%u %llx instead of %u.%u %llx",
		    r->proto, r->sport, r->dport, fast.master, fast.app,
		    (unsigned long long)fast.risks, slow.master, slow.app,
		    (unsigned long long)slow.risks);
}

static void
test_every_port(void **state)
{
	static const uint8_t protos[] = {IPPROTO_TCP, IPPROTO_UDP};
	static const uint8_t src[4] = {192, 0, 2, 1}, dst[4] = {192, 0, 2, 2};
	struct classifier *c = new_classifier();
	struct flow_record r = {.src = addr_v4(src), .dst = addr_v4(dst)};

	(void)state;
	for (unsigned port = 1; port < 65536; port++) {
		r.proto = protos[port & 1];
		r.initiator =
		    port & 2 ? FLOW_INITIATOR_SYN : FLOW_INITIATOR_FIRST_PACKET;
		r.sport = 40001;
		r.dport = (uint16_t)port;
		check_port(c, &r);
		r.sport = (uint16_t)port;
		r.dport = 40001;
		check_port(c, &r);
		r.proto = protos[~port & 1];
		r.sport = (uint16_t)(port * 7919);
		check_port(c, &r);
	}
	classifier_free(&c);
}

/* Addresses that nDPI knows count, and a guess is called one. */
static void
test_known_address(void **state)
{
	static const struct {
		const char *dst;
		uint8_t proto;
		uint16_t dport;
		const char *proto_name, *master, *confidence, *app_proto;
		bool guessed;
	} cases[] = {
#if NDPI_API < 406 /* later ones keep the name by address apart */
		{"8.8.8.8", IPPROTO_TCP, 443, "Google", "TLS", "Match by IP", "failed",
		    true},
#endif
		{"192.0.2.1", IPPROTO_TCP, 443, "TLS", NULL, "Match by port", "failed",
		    true},
		{"192.0.2.1", IPPROTO_TCP, 44444, "Unknown", NULL, "Unknown", "failed",
		    false},
		{"fd00::1", IPPROTO_UDP, 53, "DNS", NULL, "Match by port", "failed",
		    true},
		{"192.0.2.1", IPPROTO_ICMP, 0, "ICMP", NULL, "DPI", "icmp", false},
	};
	struct classifier *c = new_classifier();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct flow_config config;
		struct flow_record r;
		struct flow_table *t;
		struct flow_packet fp;
		struct classify_labels l;
		struct packet p = {.result = DECODE_IP, .proto = cases[i].proto};

		flow_config_defaults(&config);
		config.embryonic_cap = config.open_cap = config.full_cap = 4;
		t = flow_table_new(&config);
		assert_int_equal(addr_parse(cases[i].dst, &p.dst), 0);
		assert_int_equal(
		    addr_parse(p.dst.family == 4 ? "10.0.0.1" : "fd00::9", &p.src), 0);
		p.sport = cases[i].dport == 0 ? 0 : 40000;
		p.dport = cases[i].dport;
		p.icmp.type = cases[i].proto == IPPROTO_ICMP ? 8 : 0;
		p.has_l4 = true;
		if (p.proto == IPPROTO_TCP)
			p.tcp = (struct decode_tcp){.flags = TCP_SYN, .wscale = 255};
		flow_table_packet(t, &p, &fp);
		flow_get_record(fp.flow, &r);
		classify_get_labels(c, fp.flow, &r, &l);
		assert_string_equal(l.proto, cases[i].proto_name);
		if (cases[i].master == NULL)
			assert_null(l.master);
		else
			assert_string_equal(l.master, cases[i].master);
		assert_string_equal(l.confidence, cases[i].confidence);
		assert_string_equal(l.app_proto, cases[i].app_proto);
		assert_int_equal(l.guessed, cases[i].guessed);
		assert_int_equal(l.n_values, 0);
		classify_end(c, fp.flow);
		flow_table_free(&t);
	}
	classifier_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_port),
	    cmocka_unit_test(test_known_address),
	};

	return cmocka_run_group_tests_name("classify guess", tests, NULL, NULL);
}
