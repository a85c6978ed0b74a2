/*
 * DNS messages as bytes against what is read out of them, hostile ones included: each
 * case is a message and the line of text that it must become.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "app/dns.h"
#include "tallyman/batch.h"
#include "render.h"
#include "wire.h"

/* ---- cases ---- */

/* Header of a query and of a response with counts of questions, answers, authorities
 * and additionals; a question; a record of the question's name. */
#define Q(counts)      "1234 0100 " counts
#define R(counts)      "1234 8180 " counts
#define ASK(type)      "<example.com> 00 " type " 0001 "
#define RR(type, data) "c00c " type " 0001 00000e10 (" data ") "

enum expect {
	CERTAIN = 1, /* nothing else looks like this */
	LOOP = 2,
	NO_DNS = 4, /* not even the header */
};

#define ONE  "0001 0000 0000 0000 "
#define AN   "0001 0001 0000 0000 "
#define HEAD "1234 response op0 NOERROR 1/1/0/0 | ? example.com IN "

static const struct {
	const char *wire;
	enum app_dns_variant variant;
	int expect;
	const char *text;
} cases[] = {
    /* names */
    {Q(ONE) "<www.example.com> 00 0001 0001", 0, CERTAIN,
	"1234 query op0 NOERROR 1/0/0/0 | ? www.example.com IN A"},
    {Q(ONE) "00 0002 0001", 0, CERTAIN, "1234 query op0 NOERROR 1/0/0/0 | ? . IN NS"},
    {Q(ONE) "03 'a.b' 03 'c\\d' 00 0010 0001", 0, 0,
	"1234 query op0 NOERROR 1/0/0/0 | ? a\\.b.c\\\\d IN TXT"},
    {Q(ONE) "02 ff00 00 0001 0003", 0, 0,
	"1234 query op0 NOERROR 1/0/0/0 | ? \xff\0 CH A"},
    {Q(ONE) "<x> 00 fe01 0001", 0, 0,
	"1234 query op0 NOERROR 1/0/0/0 | ? x IN TYPE65025"},
    /* the forms of data */
    {R(AN) ASK("0001") RR("0001", "c0000201"), 0, CERTAIN,
	HEAD "A | an example.com IN A 3600 [4] 192.0.2.1"},
    {R(AN) ASK("001c") RR("001c", "20010db8 00000000 00000000 00000001"), 0, CERTAIN,
	HEAD "AAAA | an example.com IN AAAA 3600 [16] 2001:db8::1"},
    {R(AN) ASK("0005") RR("0005", "<cdn> c00c"), 0, CERTAIN,
	HEAD "CNAME | an example.com IN CNAME 3600 [6] cdn.example.com"},
    {R(AN) ASK("000f") RR("000f", "000a <mx> c00c"), 0, CERTAIN,
	HEAD "MX | an example.com IN MX 3600 [7] mx.example.com"},
    {R(AN) ASK("0010") RR("0010", "03 'one' 05 't w o'"), 0, CERTAIN,
	HEAD "TXT | an example.com IN TXT 3600 [10] one t w o"},
    {R(AN) ASK("0021") RR("0021", "0001 0002 1f90 <s> c00c"), 0, CERTAIN,
	HEAD "SRV | an example.com IN SRV 3600 [10] 1 2 8080 s.example.com"},
    {R(AN) ASK("0041") RR("0041",
	 "0001 00 0001(02'h3'02'h2') 0003(20fb) 0004(c0000201c0000202)"
	 " 0005(0102) 029a()"),
	0, CERTAIN,
	HEAD "HTTPS | an example.com IN HTTPS 3600 [41] 1 . alpn=h3,h2 port=8443"
	     " ipv4hint=192.0.2.1,192.0.2.2 ech key666"},
    {R(AN) ASK("0101") RR("0101", "00 05'issue' 'ca.example'"), 0, CERTAIN,
	HEAD "CAA | an example.com IN CAA 3600 [17] 0 issue \"ca.example\""},
    {R(AN) ASK("002b") RR("002b", "0929 0d 02 abcdef"), 0, CERTAIN,
	HEAD "DS | an example.com IN DS 3600 [7] 2345 13 2 abcdef"},
    {R(AN) ASK("0030") RR("0030", "0101 03 0d 0011223344"), 0, CERTAIN,
	HEAD "DNSKEY | an example.com IN DNSKEY 3600 [9] 257 3 13"},
    {R(AN) ASK("002e")
	    RR("002e", "0001 0d 02 00000e10 00000000 00000000 0929 <example.com>00"),
	0, CERTAIN,
	HEAD "RRSIG | an example.com IN RRSIG 3600 [31] A 13 2345 example.com"},
    {R(AN) ASK("002c") RR("002c", "04 02 a1b2"), 0, CERTAIN,
	HEAD "SSHFP | an example.com IN SSHFP 3600 [4] 4 2 a1b2"},
    {R(AN) ASK("0034") RR("0034", "03 01 01 a1b2"), 0, CERTAIN,
	HEAD "TLSA | an example.com IN TLSA 3600 [5] 3 1 1 a1b2"},
    {R(AN) ASK("0023") RR("0023", "0001 0002 01'u' 03'sip' 02'!!' 00"), 0, CERTAIN,
	HEAD "NAPTR | an example.com IN NAPTR 3600 [14] 1 2 \"u\" \"sip\" \"!!\" ."},
    {R(AN) ASK("000a") RR("000a", "00ff10"), 0, CERTAIN,
	HEAD "NULL | an example.com IN NULL 3600 [3] 00ff10"},
    {R(AN) ASK("001d") RR("001d", "00ff10"), 0, CERTAIN,
	HEAD "LOC | an example.com IN LOC 3600 [3] "},
    {"1234 8183 0001 0000 0001 0000" ASK("0001") RR(
	 "0006", "<ns> c00c <h> c00c 00000001 00000002 00000003 00000004 00000005"),
	0, CERTAIN,
	"1234 response op0 NXDOMAIN 1/0/1/0 | ? example.com IN A | ns example.com IN "
	"SOA"
	" 3600 [29] ns.example.com h.example.com 1 2 3 4 5"},
    /* EDNS: an OPT is no answer; the upper bits of the code are in it */
    {"1234 0120 0001 0000 0000 0001" ASK("0001") "00 0029 04d0 00000000 (000a(0102))",
	0, CERTAIN, "1234 query op0 NOERROR 1/0/0/1 | ? example.com IN A | edns 1232"},
    {"1234 8180 0001 0000 0000 0001" ASK("0001") "00 0029 04d0 01000000 ()", 0, CERTAIN,
	"1234 response op0 BADVERS 1/0/0/1 | ? example.com IN A | edns 1232"},
    /* mDNS: several questions, flags in the class */
    {"0000 0000 0002 0000 0000 0000 <_http._tcp.local> 00 000c 8001"
     "<_ipp> c012 000c 0001",
	APP_DNS_MDNS, 0,
	"0000 query op0 NOERROR 2/0/0/0 | ? _http._tcp.local IN PTR"
	" | ? _ipp._tcp.local IN PTR"},
    {"0000 8400 0000 0001 0000 0000 <h.local> 00 0001 8001 00000078 (c0000201)",
	APP_DNS_MDNS, 0,
	"0000 response op0 NOERROR 0/1/0/0 | an h.local IN A 120 [4] 192.0.2.1"},
    /* damage: what came before is shown */
    {R(AN) ASK("0001") RR("0001", "c00002"), 0, 0,
	HEAD "A | an example.com IN A 3600 [3]  | malformed"},
    {R(AN) ASK("0005") RR("0005", "<cdn> c0"), 0, 0,
	HEAD "CNAME | an example.com IN CNAME 3600 [5]  | malformed"},
    {R(AN) ASK("0041") RR("0041", "0001 00 0003(20)"), 0, 0,
	HEAD "HTTPS | an example.com IN HTTPS 3600 [8]  | malformed"},
    {R(AN) ASK("0010") RR("0010", "05 'one'"), 0, 0,
	HEAD "TXT | an example.com IN TXT 3600 [4]  | malformed"},
    {R("0001 0002 0000 0000") ASK("0001") RR("0001", "c0000201"), 0, 0,
	"1234 response op0 NOERROR 1/2/0/0 | ? example.com IN A"
	" | an example.com IN A 3600 [4] 192.0.2.1 | malformed"},
    {"1234 8380 0001 0002 0000 0000" ASK("0001") RR("0001", "c0000201"), 0, 0,
	"1234 response op0 NOERROR 1/2/0/0 | ? example.com IN A"
	" | an example.com IN A 3600 [4] 192.0.2.1"}, /* says that it is cut */
    {Q("ffff ffff ffff ffff") ASK("0001"), 0, 0,
	"1234 query op0 NOERROR 65535/65535/65535/65535 | ? example.com IN A"
	" | malformed"},
    {Q(ONE) "41 'x' 00 0001 0001", 0, 0,
	"1234 query op0 NOERROR 1/0/0/0 | malformed"}, /* a label type of old */
    /* pointers: to itself, forward, back and forth, into the header */
    {Q(ONE) "c00c 0001 0001", 0, LOOP, "1234 query op0 NOERROR 1/0/0/0 | malformed"},
    {Q(ONE) "01'a' c00c 0001 0001", 0, LOOP,
	"1234 query op0 NOERROR 1/0/0/0 | malformed"},
    {Q(ONE) "c00e 0001 0001", 0, LOOP, "1234 query op0 NOERROR 1/0/0/0 | malformed"},
    {R(AN) ASK("0001") "01'a' c01d 0001 0001 00000000 (c0000201)", 0, LOOP,
	HEAD "A | malformed"},
    {Q(ONE) "01'a' c002 0001 0001", 0, 0, "1234 query op0 NOERROR 1/0/0/0 | malformed"},
    /* not DNS */
    {"'XXXXXXXXXXXXXXXXXXXXXXXX'", 0, NO_DNS,
	"5858 query op11 NXRRSET 22616/22616/22616/22616 | malformed"},
    {"1234 0100 0001", 0, NO_DNS, "0000 query op0 NOERROR 0/0/0/0 | malformed"},
    {"", 0, NO_DNS, "0000 query op0 NOERROR 0/0/0/0 | malformed"},
    /* sure signs missing: bytes behind the message, a strange count, a bad bit */
    {Q(ONE) ASK("0001") "00", 0, 0,
	"1234 query op0 NOERROR 1/0/0/0 | ? example.com IN A"},
    {Q("0001 0000 0001 0000") ASK("0001") RR("0001", "c0000201"), 0, 0,
	"1234 query op0 NOERROR 1/0/1/0 | ? example.com IN A"
	" | ns example.com IN A 3600 [4] 192.0.2.1"},
    {"1234 0140" ONE ASK("0001"), 0, 0,
	"1234 query op0 NOERROR 1/0/0/0 | ? example.com IN A"},
};

static struct dns_scratch scratch;
static struct wire wire;

/* Parses out of a block of exactly that size, so that a sanitizer sees a read beyond.
 */
static struct dns_verdict
parse(const uint8_t *bytes, size_t cap, size_t len, enum app_dns_variant variant,
    struct app_dns *dns_r)
{
	uint8_t *copy = malloc(cap + 1);
	struct dns_verdict v;

	assert_non_null(copy);
	memcpy(copy + 1, bytes, cap);
	v = dns_parse(copy + 1, (uint32_t)cap, (uint32_t)len, variant, &scratch, dns_r);
	free(copy);
	return v;
}

static void
test_messages(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int expect = cases[i].expect;
		struct app_dns dns;
		struct dns_verdict v;

		wire.len = 0;
		wire_write(&wire, cases[i].wire);
		v = parse(wire.bytes, wire.len, wire.len, cases[i].variant, &dns);
		buf_reset(&b);
		render_dns(&b, &dns);
		if (strcmp(buf_text(&b), cases[i].text) != 0)
			print_error("case %zu: %s\n", i, cases[i].wire);
		assert_string_equal(buf_text(&b), cases[i].text);
		assert_int_equal(v.certain, (expect & CERTAIN) != 0);
		assert_int_equal(v.loop, (expect & LOOP) != 0);
		assert_int_equal(v.header, (expect & NO_DNS) == 0);
	}
	buf_fini(&b);
}

/* A message that is cut anywhere by the snap length is not malformed, and everything
 * shown of it is what the whole message shows at that place. */
static void
test_cut(void **state)
{
	struct app_dns whole, dns;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		if ((cases[i].expect & CERTAIN) == 0)
			continue;
		wire.len = 0;
		wire_write(&wire, cases[i].wire);
		parse(wire.bytes, wire.len, wire.len, cases[i].variant, &whole);
		for (size_t cap = 0; cap < wire.len; cap++) {
			struct dns_verdict v =
			    parse(wire.bytes, cap, wire.len, cases[i].variant, &dns);

			assert_true(dns.truncated_capture);
			assert_false(dns.malformed);
			assert_false(v.certain);
			assert_true(v.header == (cap >= DNS_HEADER));
			assert_true(dns.n_shown_records <= whole.n_shown_records);
		}
	}
	/* of a name the labels that are there */
	wire.len = 0;
	wire_write(&wire, Q(ONE) "<www.example.com> 00 0001 0001");
	parse(wire.bytes, DNS_HEADER + 14, wire.len, 0, &dns);
	assert_int_equal(dns.n_shown_questions, 1);
	assert_memory_equal(dns.questions[0].rrname.data, "www.example", 11);
	assert_int_equal(dns.questions[0].rrname.len, 11);
	assert_int_equal(dns.questions[0].rrtype, 0);
}

/* SOA, SRV and SSHFP have their members apart; no other type has. */
static void
test_members(void **state)
{
	struct app_dns dns;
	const struct app_dns_record *r;

	(void)state;
	wire.len = 0;
	wire_write(&wire,
	    R("0001 0003 0000 0000") ASK("0001") RR("0006",
		"<n> c00c <h> c00c 00000001 00000002 00000003 00000004 ffffffff")
		RR("0021", "0007 0008 0009 <t> c00c") RR("0005", "<c> c00c"));
	dns_parse(
	    wire.bytes, (uint32_t)wire.len, (uint32_t)wire.len, 0, &scratch, &dns);
	r = dns.records;
	assert_int_equal(dns.n_shown_records, 3);
	assert_memory_equal(r[0].names[0].data, "n.example.com", 13);
	assert_memory_equal(r[0].names[1].data, "h.example.com", 13);
	assert_int_equal(r[0].numbers[0], 1);
	assert_true(r[0].numbers[4] == UINT32_MAX);
	assert_memory_equal(r[1].names[0].data, "t.example.com", 13);
	assert_int_equal(r[1].numbers[2], 9);
	assert_int_equal(r[2].names[0].len, 0);
}

static void
add_name_of(struct wire *w, size_t wire_len)
{
	while (wire_len > 1) {
		uint8_t n = wire_len - 2 > 63 ? 63 : (uint8_t)(wire_len - 2);

		wire_add(w, &n, 1);
		for (unsigned i = 0; i < n; i++)
			wire_add(w, "x", 1);
		wire_len -= 1U + n;
	}
	wire_add(w, "", 1);
}

/* 255 bytes are a name, 256 are not (RFC 1035 section 2.3.4). */
static void
test_name_length(void **state)
{
	struct app_dns dns;

	(void)state;
	for (size_t len = 250; len < 260; len++) {
		wire.len = 0;
		wire_write(&wire, Q(ONE));
		add_name_of(&wire, len);
		wire_write(&wire, "0001 0001");
		parse(wire.bytes, wire.len, wire.len, 0, &dns);
		assert_int_equal(dns.malformed, len > 255);
		assert_int_equal(dns.n_shown_questions, len <= 255);
	}
}

/* The largest messages that are meant to cost time: chains of pointers that every
 * record follows, counts without data, and the smallest possible records. Instructions
 * cannot be counted here, so the bound is on what may be shown, and on the clock by
 * far. */
static void
test_hostile(void **state)
{
	static const char *const fill[] = {
	    "c00c 0001 0001 00000000 0000", /* plain */
	    "00 0000 0000 00000000 0000",   /* no name */
	    "01'a' c00c 0005 0001 00000000 (01'b' c00c)",
	};
	struct app_dns dns;
	clock_t start = clock();

	(void)state;
	for (size_t i = 0; i < sizeof fill / sizeof *fill; i++) {
		wire.len = 0;
		wire_write(&wire, R("0001 ffff ffff ffff") ASK("0001"));
		while (wire.len < 65000)
			wire_write(&wire, fill[i]);
		parse(wire.bytes, wire.len, wire.len, 0, &dns);
		assert_int_equal(dns.n_shown_records, APP_DNS_RECORDS_MAX);
		assert_true(dns.malformed && dns.shortened);
	}
	/* pointer to pointer to pointer, as far as pointers reach */
	wire.len = 0;
	wire_write(&wire, R("0001 ffff 0000 0000") ASK("0001") "c00c");
	while (wire.len < 0x3ff0) {
		uint16_t to = (uint16_t)(wire.len - 2);
		uint8_t pointer[2] = {(uint8_t)(0xc0 | to >> 8), (uint8_t)to};

		wire_add(&wire, pointer, 2);
	}
	parse(wire.bytes, wire.len, wire.len, 0, &dns);
	assert_true(dns.malformed);
	assert_true(clock() - start < 5 * CLOCKS_PER_SEC);
}

/* Every record as long as it can be: texts stop at their limit, records go on. */
static void
test_texts_bounded(void **state)
{
	struct app_dns dns;
	size_t total = 0;

	(void)state;
	wire.len = 0;
	wire_write(&wire, R("0000 0030 0000 0000"));
	for (unsigned i = 0; i < APP_DNS_RECORDS_MAX; i++) {
		add_name_of(&wire, 255);
		wire_write(&wire, "0010 0001 00000000 03fc");
		for (unsigned j = 0; j < 255 * 4; j += 255) {
			wire_write(&wire, "fe");
			for (unsigned k = 0; k < 254; k++)
				wire_add(&wire, "t", 1);
		}
	}
	dns_parse(
	    wire.bytes, (uint32_t)wire.len, (uint32_t)wire.len, 0, &scratch, &dns);
	assert_int_equal(dns.n_shown_records, APP_DNS_RECORDS_MAX);
	assert_true(dns.shortened);
	assert_false(dns.malformed);
	for (unsigned i = 0; i < dns.n_shown_records; i++) {
		total += dns.records[i].rrname.len + dns.records[i].rdata.len;
		assert_int_equal(dns.records[i].rdata_len, 1020);
	}
	assert_true(total <= DNS_TEXT_MAX);
}

/* A copy stands on its own and is the same. */
static void
test_copy(void **state)
{
	static unsigned char memory[APP_MESSAGE_BYTES_MAX] __attribute__((aligned(16)));
	struct batch batch = {.mem = memory, .cap = sizeof memory};
	struct app_message m = {.kind = APP_DNS};
	const struct app_message *copy;
	struct buf before, after;

	(void)state;
	wire.len = 0;
	wire_write(&wire, R(AN) ASK("0021") RR("0021", "0001 0002 1f90 <s> c00c"));
	dns_parse(
	    wire.bytes, (uint32_t)wire.len, (uint32_t)wire.len, 0, &scratch, &m.dns);
	buf_init(&before);
	buf_init(&after);
	render_dns(&before, &m.dns);
	copy = app_message_copy(&batch, &m);
	assert_non_null(copy);
	memset(&scratch, 0xee, sizeof scratch);
	render_dns(&after, &copy->dns);
	assert_string_equal(buf_text(&before), buf_text(&after));
	assert_memory_equal(copy->dns.records[0].names[0].data, "s.example.com", 13);
	batch.used = batch.cap - 64;
	assert_null(app_message_copy(&batch, &m));
	assert_int_equal(batch.used, batch.cap - 64);
	buf_fini(&before);
	buf_fini(&after);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_messages),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_members),
	    cmocka_unit_test(test_name_length),
	    cmocka_unit_test(test_hostile),
	    cmocka_unit_test(test_texts_bounded),
	    cmocka_unit_test(test_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
