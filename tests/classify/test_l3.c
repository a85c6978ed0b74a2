/* IP packets for a dissector: cut ones, odd lengths, and those rebuilt from a tuple. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <netinet/in.h>

#include "classify/l3.h"
#include "tallyman/capture.h"
#include "tallyman/flow.h"

#define LINKTYPE_RAW 101

static uint8_t buf[L3_MAX + L3_TAIL];

/* 10.0.0.1:1000 to 10.0.0.2:53, UDP, 12 bytes of payload. */
static const uint8_t udp4[] = {0x45, 0, 0, 40, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1,
    10, 0, 0, 2, 0x03, 0xe8, 0, 53, 0, 20, 0, 0, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h',
    'i', 'j', 'k', 'l'};

static void
decode(const uint8_t *data, uint32_t caplen, uint32_t len, struct packet *p_r)
{
	struct frame f = {
	    .data = data, .caplen = caplen, .len = len, .linktype = LINKTYPE_RAW};

	decode_frame(&f, p_r);
	assert_int_equal(p_r->result, DECODE_IP);
}

static void
test_copy(void **state)
{
	static const struct {
		uint32_t caplen;
		size_t len; /* of the copy */
	} cases[] = {
	    {40, 40},
	    {39, 40}, /* zeros for what was cut */
	    {36, 40},
	    {35, 0}, /* too little of the payload */
	    {28, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct packet p;
		size_t len;

		decode(udp4, cases[i].caplen, sizeof udp4, &p);
		memset(buf, 0xff, sizeof buf);
		len = l3_copy(&p, buf);
		assert_int_equal(len, cases[i].len);
		if (len == 0)
			continue;
		assert_memory_equal(buf, udp4, cases[i].caplen);
		for (size_t k = cases[i].caplen; k < len + L3_TAIL; k++)
			assert_int_equal(buf[k], 0);
	}
}

/* Segmentation offload leaves the length 0 in the header. */
static void
test_length_zero(void **state)
{
	uint8_t data[sizeof udp4];
	struct packet p;

	(void)state;
	memcpy(data, udp4, sizeof data);
	data[2] = data[3] = 0;
	decode(data, sizeof data, sizeof data, &p);
	assert_int_equal(l3_copy(&p, buf), sizeof data);
	assert_int_equal(buf[2] << 8 | buf[3], sizeof data);
}

static void
test_later_fragment(void **state)
{
	uint8_t data[sizeof udp4];
	struct packet p;

	(void)state;
	memcpy(data, udp4, sizeof data);
	data[7] = 10; /* offset 80 */
	decode(data, sizeof data, sizeof data, &p);
	assert_int_equal(l3_copy(&p, buf), 0);
}

/* What is rebuilt is what the decoder reads back. */
static void
test_first_packet(void **state)
{
	static const struct {
		const char *src, *dst;
		uint16_t sport, dport;
		uint8_t proto, initiator, tcp_flags;
	} cases[] = {
	    {"10.0.0.1", "192.0.2.9", 40000, 443, IPPROTO_TCP, FLOW_INITIATOR_SYN,
		TCP_SYN},
	    {"fd00::1", "fd00::2", 40000, 22, IPPROTO_TCP, FLOW_INITIATOR_SYN, TCP_SYN},
	    {"10.0.0.1", "192.0.2.9", 40000, 443, IPPROTO_TCP,
		FLOW_INITIATOR_FIRST_PACKET, TCP_ACK},
	    {"10.0.0.1", "192.0.2.9", 5353, 53, IPPROTO_UDP, 0, 0},
	    {"fd00::1", "fd00::2", 0, 0, IPPROTO_ICMPV6, 0, 0},
	    {"10.0.0.1", "192.0.2.9", 0, 0, 47, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct flow_record r = {.proto = cases[i].proto,
		    .sport = cases[i].sport,
		    .dport = cases[i].dport,
		    .initiator = cases[i].initiator,
		    .icmp_type = 128};
		struct packet p;
		size_t len;

		assert_int_equal(addr_parse(cases[i].src, &r.src), 0);
		assert_int_equal(addr_parse(cases[i].dst, &r.dst), 0);
		len = l3_first_packet(&r, buf);
		if (cases[i].proto == 47) {
			assert_int_equal(len, 20);
			continue;
		}
		decode(buf, (uint32_t)len, (uint32_t)len, &p);
		assert_true(addr_equal(&p.src, &r.src) && addr_equal(&p.dst, &r.dst));
		assert_int_equal(p.proto, cases[i].proto);
		assert_int_equal(p.sport, cases[i].sport);
		assert_int_equal(p.dport, cases[i].dport);
		if (p.proto == IPPROTO_TCP)
			assert_int_equal(p.tcp.flags, cases[i].tcp_flags);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_copy),
	    cmocka_unit_test(test_length_zero),
	    cmocka_unit_test(test_later_fragment),
	    cmocka_unit_test(test_first_packet),
	};

	return cmocka_run_group_tests_name("classify l3", tests, NULL, NULL);
}
