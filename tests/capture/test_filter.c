/* The filter over several link types: what passes, what is counted, what is refused. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "bytes.h"
#include "read_all.h"

#define IP_HEADER(proto) \
	0x45, 0, 0, 40, 0, 0, 0, 0, 64, proto, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2
#define PORTS 0x30, 0x39, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0

static const uint8_t ethernet_tcp[] = {
    2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, IP_HEADER(6), PORTS};
static const uint8_t ethernet_udp[] = {
    2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, IP_HEADER(17), PORTS};
static const uint8_t ethernet_arp[60] = {
    255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 6};
static const uint8_t sll_tcp[] = {
    0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0, IP_HEADER(6), PORTS};
static const uint8_t raw_tcp[] = {IP_HEADER(6), PORTS};

static const struct {
	uint16_t linktype;
	const uint8_t *data;
	size_t len;
} filtered_frames[] = {
    {1, ethernet_tcp, sizeof ethernet_tcp},
    {1, ethernet_udp, sizeof ethernet_udp},
    {1, ethernet_arp, sizeof ethernet_arp},
    {113, sll_tcp, sizeof sll_tcp},
    {101, raw_tcp, sizeof raw_tcp},
    {65000, raw_tcp, sizeof raw_tcp},
    {65000, raw_tcp, sizeof raw_tcp},
};

#define N_FILTERED (sizeof filtered_frames / sizeof *filtered_frames)

static void
build_filtered(struct bytes *b)
{
	bytes_init(b, false);
	put_section(b);
	for (uint32_t i = 0; i < N_FILTERED; i++) {
		size_t len = filtered_frames[i].len;

		put_interface(b, filtered_frames[i].linktype, 0);
		begin_block(b, 6);
		put32(b, i);
		put64(b, 0);
		put32(b, (uint32_t)len);
		put32(b, (uint32_t)len);
		buf_add(&b->buf, filtered_frames[i].data, len);
		for (; len % 4 != 0; len++)
			put8(b, 0);
		end_block(b);
	}
}

static void
test_filter(void **state)
{
	static const struct {
		const char *expression;
		unsigned accepted; /* bits of filtered_frames[] */
		unsigned filtered, unfilterable, damages;
	} cases[] = {
	    {NULL, 0x7f, 0, 0, 0},
	    {"", 0x7f, 0, 0, 0},
	    {" \n", 0x7f, 0, 0, 0},
	    {"tcp port 80", 0x19, 2, 2, 1},
	    {"udp", 0x02, 4, 2, 1},
	    {"arp", 0x04, 4, 2, 1},
	    {"host 10.0.0.2", 0x1b, 1, 2, 1},
	    {"ether dst 02:00:00:00:00:02", 0x03, 1, 4, 3},
	    {"greater 55", 0x0c, 3, 2, 1},
	};
	struct bytes b;

	(void)state;
	build_filtered(&b);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct read_options options = {.filter = cases[i].expression};
		const struct read_result *r =
		    read_bytes(bytes_data(&b), b.buf.len, &options);
		unsigned accepted = 0;

		for (size_t k = 0; k < r->n; k++)
			accepted |= 1u << r->frames[k].interface;
		assert_string_equal(r->error, "");
		assert_int_equal(accepted, cases[i].accepted);
		assert_int_equal(r->stats.filtered, cases[i].filtered);
		assert_int_equal(r->stats.unfilterable, cases[i].unfilterable);
		assert_int_equal(r->n_damages, cases[i].damages);
		assert_int_equal(r->stats.damaged, cases[i].damages > 0);
		assert_int_equal(
		    r->stats.frames + r->stats.filtered + r->stats.unfilterable,
		    N_FILTERED);
	}
	bytes_fini(&b);
}

/* A filter that means nothing for what the files begin with is refused at once. */
static void
test_filter_refused(void **state)
{
	static const struct {
		const char *expression;
		uint16_t linktype;
		const char *error; /* NULL: accepted */
	} cases[] = {
	    {"tcp prot 80", 1, "the filter \"tcp prot 80\" cannot be used:"},
	    {"port", 1, "cannot be used"},
	    {"tcp and udp", 1, "rejects all packets"},
	    {"host 10.0.0.2", 1, NULL},
	    {"wlan type mgt", 1, "cannot be used"},
	    {"wlan type mgt", 105, NULL},
	    {"wlan type mgt", 127, NULL},
	    {"ether host 02:00:00:00:00:02", 101, "cannot be used"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct read_options options = {.filter = cases[i].expression};
		const struct read_result *r;
		struct bytes b;

		bytes_init(&b, false);
		put_pcap_header(&b, MAGIC_US, 65535, cases[i].linktype);
		put_record(&b, 1, 1, 60, 60, 1);
		r = read_bytes(bytes_data(&b), b.buf.len, &options);
		if (cases[i].error == NULL)
			assert_string_equal(r->error, "");
		else
			assert_non_null(strstr(r->error, cases[i].error));
		bytes_fini(&b);
	}
}

/* Without a file that says its link type, any common one will do. */
static void
test_filter_without_files(void **state)
{
	static const struct {
		const char *expression;
		bool accepted;
	} cases[] = {
	    {"tcp", true},
	    {"wlan type mgt", true},
	    {"nonsense here", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct read_options options = {.filter = cases[i].expression};
		const struct read_result *r = read_bytes("text", 4, &options);

		assert_int_equal(r->error[0] == '\0', cases[i].accepted);
	}
}

/* More link types than places for compiled filters: still told and counted. */
static void
test_filter_many_types(void **state)
{
	enum { TYPES = 80 };
	const struct read_options options = {.filter = "greater 1"};
	const struct read_result *r;
	struct bytes b;

	(void)state;
	bytes_init(&b, false);
	put_section(&b);
	for (uint16_t i = 0; i < TYPES; i++) {
		put_interface(&b, (uint16_t)(i == 0 ? 1 : 1000 + i), 0);
		put_enhanced(&b, i, 1, 60, 1);
	}
	r = read_bytes(bytes_data(&b), b.buf.len, &options);
	assert_string_equal(r->error, "");
	assert_int_equal(r->n + r->stats.unfilterable, TYPES);
	assert_true(r->n >= 1);
	assert_true(r->stats.unfilterable >= TYPES - 63);
	assert_true(r->n_damages >= 1);
	bytes_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_filter),
	    cmocka_unit_test(test_filter_refused),
	    cmocka_unit_test(test_filter_without_files),
	    cmocka_unit_test(test_filter_many_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
