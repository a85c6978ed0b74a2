/*
 * The generator of captures: copies must be as valid as their input. A walk of its own
 * over every frame checks all checksums, also those of packets inside tunnels and
 * inside ICMP errors, and collects addresses and payloads to compare input and mix.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "mix.h"

#define COPIES 3

struct set {
	uint64_t *items;
	size_t n, cap;
};

struct survey {
	size_t packets, sums, wrong, quoted;
	uint64_t payload; /* sum of the hashes of transport payloads */
	uint64_t last_usec;
	bool ordered;
	struct set addresses; /* unicast ones that a copy changes */
	struct set tuples;    /* TCP addresses and ports, as sent */
};

struct walk {
	struct survey *s;
	const uint8_t *b;
	size_t len;
	bool quoted;
};

static void walk_ip(struct walk w, size_t off);

static unsigned
be16(const uint8_t *b)
{
	return (unsigned)b[0] << 8 | b[1];
}

static uint64_t
hash_bytes(const uint8_t *b, size_t n)
{
	uint64_t h = n;

	while (n-- > 0)
		h = mix_hash(h ^ *b++);
	return h;
}

static void
set_add(struct set *set, uint64_t item)
{
	set->items = grow(set->items, set->n, &set->cap, sizeof *set->items);
	set->items[set->n++] = item;
}

static void
note_address(struct survey *s, const uint8_t *a, size_t n)
{
	bool stays = n == 4
	    ? a[0] == 0 || a[0] == 127 || a[0] >= 224 || (a[0] == 169 && a[1] == 254)
	    : a[0] == 0xff || (a[0] == 0 && a[1] == 0);

	if (stays)
		return;
	set_add(&s->addresses, hash_bytes(a, n));
}

static uint32_t
add_words(const uint8_t *b, size_t n, uint32_t sum)
{
	for (; n > 1; b += 2, n -= 2)
		sum = (sum + be16(b)) % 0xffff;
	return n ? (sum + (unsigned)(b[0] << 8)) % 0xffff : sum;
}

/* Words that include their checksum add up to a multiple of 0xffff. */
static void
check_sum(struct survey *s, uint32_t sum)
{
	s->sums++;
	s->wrong += sum % 0xffff != 0;
}

static void
walk_ether(struct walk w, size_t off)
{
	unsigned type;

	if (off + 14 > w.len)
		return;
	type = be16(w.b + off + 12);
	off += 14;
	while ((type == 0x8100 || type == 0x88a8) && off + 4 <= w.len) {
		type = be16(w.b + off + 2);
		off += 4;
	}
	if (type == 0x0800 || type == 0x86dd)
		walk_ip(w, off);
	if (type == 0x0806 && off + 28 <= w.len) {
		note_address(w.s, w.b + off + 14, 4);
		note_address(w.s, w.b + off + 24, 4);
	}
}

static void
walk_gre(struct walk w, size_t off)
{
	unsigned flags = be16(w.b + off), type = be16(w.b + off + 2);

	if (flags & 0x8000)
		check_sum(w.s, add_words(w.b + off, w.len - off, 0));
	off += 4 +
	    4 * (size_t)(!!(flags & 0x8000) + !!(flags & 0x2000) + !!(flags & 0x1000));
	if (type == 0x6558)
		walk_ether(w, off);
	else if (type == 0x0800 || type == 0x86dd)
		walk_ip(w, off);
}

static void
walk_udp(struct walk w, size_t off)
{
	unsigned port = be16(w.b + off + 2);

	if (port == 4789 || port == 8472)
		walk_ether(w, off + 16);
	else if (port == 6081)
		walk_ether(w, off + 16 + 4 * (size_t)(w.b[off + 8] & 63));
	else
		w.s->payload += hash_bytes(w.b + off + 8, w.len - off - 8);
}

static void
walk_icmp(struct walk w, size_t off, bool v6)
{
	unsigned type = w.b[off];

	if (v6 ? type < 128 : type == 3 || type == 11) {
		w.quoted = true;
		w.s->quoted++;
		walk_ip(w, off + 8);
	} else if (v6 && (type == 135 || type == 136)) {
		note_address(w.s, w.b + off + 8, 16);
	}
}

/* The transport header at off; addresses are the IP header's, one after the other. */
static void
walk_transport(
    struct walk w, unsigned proto, size_t off, const uint8_t *addresses, bool v6)
{
	size_t len = w.len - off;
	uint32_t pseudo = add_words(addresses, v6 ? 32 : 8, 0);

	pseudo = (pseudo + proto + (uint32_t)len) % 0xffff;
	if (proto == 6 && len >= 20) {
		check_sum(w.s, add_words(w.b + off, len, pseudo));
		w.s->payload += hash_bytes(w.b + off + 20, len - 20);
		set_add(&w.s->tuples,
		    hash_bytes(addresses, v6 ? 32 : 8) ^ hash_bytes(w.b + off, 4));
	} else if (proto == 17 && len >= 8) {
		if (be16(w.b + off + 6) != 0)
			check_sum(w.s, add_words(w.b + off, len, pseudo));
		walk_udp(w, off);
	} else if (proto == (v6 ? 58 : 1) && len >= 8) {
		check_sum(w.s, add_words(w.b + off, len, v6 ? pseudo : 0));
		walk_icmp(w, off, v6);
	} else if (proto == 47 && len >= 4) {
		walk_gre(w, off);
	} else if (proto == 4 || proto == 41) {
		walk_ip(w, off);
	}
}

static void
walk_ip4(struct walk w, size_t off)
{
	const uint8_t *h = w.b + off;
	size_t size = (size_t)(h[0] & 15) * 4, total = be16(h + 2);

	note_address(w.s, h + 12, 4);
	note_address(w.s, h + 16, 4);
	if (off + size > w.len)
		return;
	check_sum(w.s, add_words(h, size, 0));
	if ((be16(h + 6) & 0x3fff) != 0 || off + total > w.len || total < size)
		return; /* a fragment, or not all of it is here */
	w.len = off + total;
	walk_transport(w, h[9], off + size, h + 12, false);
}

static void
walk_ip6(struct walk w, size_t off)
{
	const uint8_t *h = w.b + off;
	size_t total = 40 + be16(h + 4);

	note_address(w.s, h + 8, 16);
	note_address(w.s, h + 24, 16);
	if (off + total > w.len)
		return;
	w.len = off + total;
	walk_transport(w, h[6], off + 40, h + 8, true);
}

static void
walk_ip(struct walk w, size_t off)
{
	if (off + 20 <= w.len && w.b[off] >> 4 == 4)
		walk_ip4(w, off);
	else if (off + 40 <= w.len && w.b[off] >> 4 == 6)
		walk_ip6(w, off);
}

static void
survey_packet(struct survey *s, uint64_t usec, const uint8_t *b, size_t len)
{
	s->packets++;
	s->ordered = s->ordered && usec >= s->last_usec;
	s->last_usec = usec;
	walk_ether((struct walk){.s = s, .b = b, .len = len}, 0);
}

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static size_t
distinct(struct set *set)
{
	size_t i, n = 1;

	if (set->n == 0)
		return 0;
	qsort(set->items, set->n, sizeof *set->items, by_value);
	for (i = 1; i < set->n; i++)
		n += set->items[i] != set->items[i - 1];
	return n;
}

static void
survey_file(struct survey *s, const char *path)
{
	static uint8_t frame[256 * 1024];
	uint32_t head[6], record[4];
	FILE *f = fopen(path, "rb");

	assert_non_null(f);
	assert_int_equal(fread(head, sizeof head, 1, f), 1);
	assert_int_equal(head[0], 0xa1b2c3d4);
	assert_int_equal(head[5], 1);
	*s = (struct survey){.ordered = true};
	while (fread(record, sizeof record, 1, f) == 1) {
		assert_true(record[2] <= sizeof frame);
		assert_int_equal(fread(frame, 1, record[2], f), record[2]);
		survey_packet(
		    s, record[0] * UINT64_C(1000000) + record[1], frame, record[2]);
	}
	assert_true(feof(f));
	fclose(f);
}

static void
survey_input(struct survey *s, const struct input *in)
{
	size_t i;

	*s = (struct survey){.ordered = true};
	for (i = 0; i < in->n_packets; i++)
		survey_packet(s, in->packets[i].usec, in->data + in->packets[i].data,
		    in->packets[i].caplen);
}

static void
survey_fini(struct survey *s)
{
	free(s->addresses.items);
	free(s->tuples.items);
}

static void
fixture(char *path_r, size_t size, const char *name)
{
	const char *src = getenv("TALLYMAN_SRC");

	snprintf(path_r, size, "%s/pcaps/%s.pcap.gz", src ? src : ".", name);
}

static void
scratch(char *path_r, size_t size)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	snprintf(path_r, size, "%s/tallyman-mix-XXXXXX", dir ? dir : "/tmp");
	fd = mkstemp(path_r);
	assert_true(fd >= 0);
	close(fd);
}

static void
test_copies(void **state)
{
	static const struct {
		const char *name;
		size_t quoted_min;
		bool unfinished; /* its checksums are an offload's */
	} cases[] = {
	    {.name = "http"},
	    {.name = "dns"},
	    {.name = "arp"},
	    {.name = "dhcp"},
	    {.name = "mdns-llmnr"},
	    {.name = "ipv6-nd"},
	    {.name = "icmp", .quoted_min = 18},
	    {.name = "scans", .quoted_min = 10},
	    {.name = "quic"},
	    {.name = "sctp"},
	    {.name = "vxlan"},
	    {.name = "ovs"},
	    {.name = "offload", .unfinished = true},
	    {.name = "loopback", .unfinished = true},
	    {.name = "encap-vlan"},
	    {.name = "encap-gre-full"},
	    {.name = "encap-geneve"},
	    {.name = "encap-vxlan-8472"},
	    {.name = "encap-ip4-in-ip6"},
	    {.name = "encap-ip6-in-ip4"},
	    {.name = "portscan-ipv6"},
	    {.name = "cloud-metadata", .unfinished = true},
	    {.name = "worm-propagation"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct input *in = calloc(1, sizeof *in);
		struct input *list[COPIES] = {in, in, in};
		struct play p = {
		    .inputs = list, .n_inputs = COPIES, .seed = i, .overlap = 2};
		struct flood none = {0};
		struct survey before, after;
		struct output out;
		char path[512], mix[512];

		fixture(path, sizeof path, cases[i].name);
		scratch(mix, sizeof mix);
		assert_non_null(in);
		assert_int_equal(input_load(in, path), INPUT_OK);
		assert_true(output_open(&out, mix));
		play_run(&p, &none, &out);
		assert_true(output_close(&out));
		survey_input(&before, in);
		survey_file(&after, mix);
		print_message("# %s: %zu packets, %zu checksums, %zu quoted\n",
		    cases[i].name, after.packets, after.sums, after.quoted);
		assert_int_equal(p.copies, COPIES);
		assert_int_equal(out.packets, after.packets);
		assert_int_equal(after.packets, COPIES * before.packets);
		assert_true(after.ordered);
		assert_int_equal(after.sums, COPIES * before.sums);
		assert_int_equal(after.wrong, COPIES * before.wrong);
		assert_true(before.wrong == 0 || cases[i].unfinished);
		assert_int_equal(after.quoted, COPIES * before.quoted);
		assert_true(before.quoted >= cases[i].quoted_min);
		assert_true(after.payload == COPIES * before.payload);
		assert_int_equal(
		    distinct(&after.addresses), COPIES * distinct(&before.addresses));
		assert_int_equal(
		    distinct(&after.tuples), COPIES * distinct(&before.tuples));
		survey_fini(&before);
		survey_fini(&after);
		input_fini(in);
		free(in);
		unlink(mix);
	}
}

/* So many copies that their networks are used again: then the ports differ. */
static void
test_reuse(void **state)
{
	enum { MANY = 33000 };
	struct input *in = calloc(1, sizeof *in);
	struct input **list = calloc(MANY, sizeof *list);
	struct play p = {.inputs = list, .n_inputs = MANY, .seed = 5, .overlap = 50};
	struct flood none = {0};
	struct survey s;
	struct output out;
	char path[512], mix[512];

	(void)state;
	fixture(path, sizeof path, "tcp-one-way");
	scratch(mix, sizeof mix);
	assert_non_null(in);
	assert_non_null(list);
	assert_int_equal(input_load(in, path), INPUT_OK);
	assert_int_equal(in->n_prefixes, 2);
	for (size_t i = 0; i < MANY; i++)
		list[i] = in;
	assert_true(output_open(&out, mix));
	play_run(&p, &none, &out);
	assert_true(output_close(&out));
	survey_file(&s, mix);
	assert_int_equal(s.packets, MANY * in->n_packets);
	assert_int_equal(s.wrong, 0);
	assert_int_equal(p.reused, MANY - 65536 / 2);
	/* two hosts in each of the 65536 / 2 pairs of networks, two connections a copy
	 */
	assert_int_equal(distinct(&s.addresses), 65536);
	assert_int_equal(distinct(&s.tuples), 2 * MANY);
	survey_fini(&s);
	input_fini(in);
	free(in);
	free(list);
	unlink(mix);
}

static void
test_flood(void **state)
{
	const size_t n = 200000;
	struct play nothing = {.seed = 1, .overlap = 1};
	struct flood f = {.count = n,
	    .rate = 50000,
	    .victim = 10u << 24 | 80,
	    .port = 443,
	    .seed = 7};
	struct survey s;
	struct output out;
	char mix[512];

	(void)state;
	scratch(mix, sizeof mix);
	assert_true(output_open(&out, mix));
	play_run(&nothing, &f, &out);
	assert_true(output_close(&out));
	survey_file(&s, mix);
	assert_int_equal(s.packets, n);
	assert_true(s.ordered);
	assert_int_equal(s.sums, 2 * n);
	assert_int_equal(s.wrong, 0);
	assert_int_equal(distinct(&s.addresses), n + 1); /* and the victim */
	assert_int_equal(out.last_usec - out.first_usec, (n - 1) * 20);
	survey_fini(&s);
	unlink(mix);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_copies),
	    cmocka_unit_test(test_reuse),
	    cmocka_unit_test(test_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
