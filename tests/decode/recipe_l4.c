/* Words of recipes: transports, tunnels, payload, and what is done to the packet. */
#include "config.h"

#include "recipe.h"

#include <string.h>

static bool
is_word(const struct recipe *r, int i, const char *name)
{
	return strcmp(r->heads[i].word->name, name) == 0;
}

static int
head_at(const struct recipe *r, uint32_t at)
{
	int i = 0;

	while (r->heads[i].at != at)
		i++;
	return i;
}

/* Sum of the pseudo-header of the IP header in front of `at`; *fragment_r: it is one,
 * so that nobody can know the sum. */
static uint32_t
pseudo(const struct recipe *r, uint32_t at, uint8_t proto, bool *fragment_r)
{
	uint32_t sum = proto + (r->len - at);

	*fragment_r = false;
	for (int i = head_at(r, at) - 1; i >= 0; i--) {
		const uint8_t *h = r->bytes + r->heads[i].at;

		if (is_word(r, i, "frag6"))
			*fragment_r = true;
		if (is_word(r, i, "ip4")) {
			*fragment_r |= (get16(h + 6) & 0x3fff) != 0;
			return recipe_sum(sum, h + 12, 8);
		}
		if (is_word(r, i, "ip6"))
			return recipe_sum(sum, h + 8, 32);
	}
	return sum;
}

static void
l4_sum(struct recipe *r, uint32_t at, uint8_t proto, uint32_t field, uint32_t covered)
{
	uint8_t *h = r->bytes + at;
	bool fragment;
	uint32_t sum = pseudo(r, at, proto, &fragment);

	put16(h + field, 0);
	if (!fragment)
		put_sum(h + field, recipe_sum(sum, h, covered));
}

/* Flags as letters: F S R P A U E C. */
static uint8_t
tcp_flags(const char *letters)
{
	static const char all[] = "FSRPAUEC";
	uint8_t flags = 0;

	for (; *letters != '\0'; letters++) {
		const char *at = strchr(all, *letters);

		if (at != NULL)
			flags |= (uint8_t)(1 << (at - all));
	}
	return flags;
}

static void
add_ports(
    uint8_t *h, char *const *args, int n, int first, uint32_t sport, uint32_t dport)
{
	put16(h, recipe_arg(args, n, first, sport));
	put16(h + 2, recipe_arg(args, n, first + 1, dport));
}

static void
add_tcp(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 20);

	add_ports(h, args, n, 1, 1024, 80);
	put32(h + 4, 1000);
	put32(h + 8, 2000);
	h[12] = 0x50;
	h[13] = tcp_flags(n > 0 ? args[0] : "A");
	put16(h + 14, 512);
}

/* Options of the TCP header right in front. */
static void
add_topt(struct recipe *r, char *const *args, int n)
{
	uint32_t len = n > 0 ? recipe_hex(r, args[0]) : 0;

	r->bytes[r->heads[r->n_heads - 1].at + 12] += (uint8_t)(len / 4 << 4);
}

static void
finish_tcp(struct recipe *r, uint32_t at)
{
	l4_sum(r, at, 6, 16, r->len - at);
}

static void
add_udp(struct recipe *r, char *const *args, int n)
{
	add_ports(recipe_grow(r, 8), args, n, 0, 1024, 53);
}

static void
finish_udp(struct recipe *r, uint32_t at)
{
	put16(r->bytes + at + 4, r->len - at > 65535 ? 0 : r->len - at);
	l4_sum(r, at, 17, 6, r->len - at);
}

/* The third argument is the checksum's coverage. */
static void
add_udplite(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 8);

	add_ports(h, args, n, 0, 1024, 53);
	put16(h + 4, recipe_arg(args, n, 2, 8));
}

static void
finish_udplite(struct recipe *r, uint32_t at)
{
	uint32_t covered = get16(r->bytes + at + 4);

	l4_sum(r, at, 136, 6, covered != 0 ? covered : r->len - at);
}

static void
add_sctp(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 12);

	add_ports(h, args, n, 0, 1024, 36412);
	put32(h + 4, recipe_arg(args, n, 2, 7));
}

/* CRC-32C bit by bit. */
static void
finish_sctp(struct recipe *r, uint32_t at)
{
	uint32_t crc = UINT32_MAX;
	uint8_t *h = r->bytes + at;

	put32(h + 8, 0);
	for (uint32_t i = at; i < r->len; i++) {
		crc ^= r->bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78 : 0);
	}
	crc = ~crc;
	for (int i = 0; i < 4; i++)
		h[8 + i] = (uint8_t)(crc >> 8 * i);
}

static void
add_chunk(struct recipe *r, char *const *args, int n)
{
	uint32_t len = recipe_arg(args, n, 1, 8);
	uint8_t *h = recipe_grow(r, (len + 3) & ~3U);

	h[0] = (uint8_t)recipe_arg(args, n, 0, 0);
	put16(h + 2, len);
}

/* Type, code, id, sequence number. */
static void
add_icmp(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 8);

	h[0] = (uint8_t)recipe_arg(args, n, 0, 8);
	h[1] = (uint8_t)recipe_arg(args, n, 1, 0);
	put16(h + 4, recipe_arg(args, n, 2, 0));
	put16(h + 6, recipe_arg(args, n, 3, 0));
}

static void
finish_icmp(struct recipe *r, uint32_t at)
{
	uint8_t *h = r->bytes + at;

	put16(h + 2, 0);
	put_sum(h + 2, recipe_sum(0, h, r->len - at));
}

static void
finish_icmp6(struct recipe *r, uint32_t at)
{
	l4_sum(r, at, 58, 2, r->len - at);
}

static void
add_esp(struct recipe *r, char *const *args, int n)
{
	put32(recipe_grow(r, 8), recipe_arg(args, n, 0, 1));
}

/* Flags and version, protocol if not the next header's, key. */
static void
add_gre(struct recipe *r, char *const *args, int n)
{
	uint32_t flags = recipe_arg(args, n, 0, 0);
	uint8_t *h = recipe_grow(r, 4);

	put16(h, flags);
	recipe_set_slot(r, SLOT_ETHER, r->len - 2);
	if (n > 1 && args[1][0] != '\0') {
		put16(h + 2, recipe_arg(args, n, 1, 0));
		recipe_set_slot(r, SLOT_NONE, 0);
	}
	if ((flags & 0xc000) != 0)
		recipe_grow(r, 4);
	if ((flags & 0x2000) != 0)
		put32(recipe_grow(r, 4), recipe_arg(args, n, 2, 0));
	if ((flags & 0x1000) != 0)
		recipe_grow(r, 4);
	if ((flags & 0x4000) != 0)
		recipe_hex(r, "00020004ffffffff00000000");
}

/* Session; any second argument: the mirrored frame was cut. */
static void
add_erspan2(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 8);

	h[0] = 0x10;
	put16(h + 2, recipe_arg(args, n, 0, 1) | (n > 1 ? 0x0400 : 0));
}

/* Session, frame type, platform subheader. */
static void
add_erspan3(struct recipe *r, char *const *args, int n)
{
	uint32_t sub = recipe_arg(args, n, 2, 0);
	uint8_t *h = recipe_grow(r, sub != 0 ? 20 : 12);

	h[0] = 0x20;
	put16(h + 2, recipe_arg(args, n, 0, 1));
	put16(h + 10, recipe_arg(args, n, 1, 0) << 10 | sub);
}

/* Identifier, flags with the reserved bytes. */
static void
add_vxlan(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 8);

	put32(h, recipe_arg(args, n, 1, 0x08000000));
	put32(h + 4, recipe_arg(args, n, 0, 1) << 8);
}

/* Identifier, options as hexadecimal text. */
static void
add_geneve(struct recipe *r, char *const *args, int n)
{
	uint32_t at = r->len;

	put32(recipe_grow(r, 8) + 4, recipe_arg(args, n, 0, 1) << 8);
	if (n > 1)
		r->bytes[at] = (uint8_t)(recipe_hex(r, args[1]) / 4);
	recipe_set_slot(r, SLOT_ETHER, at + 2);
}

/* Tunnel id, flags; with flags, the rest of the header as hexadecimal text. */
static void
add_gtpu(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 8);

	h[0] = (uint8_t)recipe_arg(args, n, 1, 0x30);
	h[1] = 255;
	put32(h + 4, recipe_arg(args, n, 0, 1));
	if (n > 2)
		recipe_hex(r, args[2]);
}

static void
finish_gtpu(struct recipe *r, uint32_t at)
{
	put16(r->bytes + at + 2, r->len - at - 8);
}

/* Label; any second argument: more labels follow. */
static void
add_mpls(struct recipe *r, char *const *args, int n)
{
	put32(recipe_grow(r, 4),
	    recipe_arg(args, n, 0, 16) << 12 | (n > 1 ? 0 : 0x100) | 64);
}

/* n bytes counting up. */
static void
add_data(struct recipe *r, char *const *args, int n)
{
	uint32_t len = recipe_arg(args, n, 0, 1);
	uint8_t *p = recipe_grow(r, len);

	for (uint32_t i = 0; i < len; i++)
		p[i] = (uint8_t)i;
}

static void
add_hex(struct recipe *r, char *const *args, int n)
{
	if (n > 0)
		recipe_hex(r, args[0]);
}

/* Bytes behind everything, counted by nobody. */
static void
add_pad(struct recipe *r, char *const *args, int n)
{
	r->pad = recipe_arg(args, n, 0, 0);
}

static void
add_cap(struct recipe *r, char *const *args, int n)
{
	r->caplen = recipe_arg(args, n, 0, 0);
}

static void
add_wire(struct recipe *r, char *const *args, int n)
{
	r->wire = recipe_arg(args, n, 0, 0);
}

/* Now: overwrites bytes of the header right in front; its checksum will fit. */
static void
add_set(struct recipe *r, char *const *args, int n)
{
	uint32_t len = r->len, at = r->heads[r->n_heads - 1].at;

	r->len = at + recipe_arg(args, n, 0, 0);
	if (n > 1)
		recipe_hex(r, args[1]);
	r->len = len;
}

/* At the very end: overwrites bytes of the header right in front. */
static void
add_poke(struct recipe *r, char *const *args, int n)
{
	uint32_t len = r->len, at;

	at = r->heads[r->n_heads - 1].at + recipe_arg(args, n, 0, 0);
	r->pokes[r->n_pokes].at = at;
	r->pokes[r->n_pokes].len = n > 1 ? recipe_hex(r, args[1]) : 0;
	memcpy(r->pokes[r->n_pokes].bytes, r->bytes + len, r->pokes[r->n_pokes].len);
	r->n_pokes++;
	r->len = len;
}

static const struct recipe_word words[] = {
    {"tcp", add_tcp, finish_tcp, 0, 0, 6},
    {"topt", add_topt, NULL, 0, 0, 0},
    {"udp", add_udp, finish_udp, 0, 0, 17},
    {"udplite", add_udplite, finish_udplite, 0, 0, 136},
    {"sctp", add_sctp, finish_sctp, 0, 0, 132},
    {"chunk", add_chunk, NULL, 0, 0, 0},
    {"icmp", add_icmp, finish_icmp, 0, 0, 1},
    {"igmp", add_icmp, finish_icmp, 0, 0, 2},
    {"icmp6", add_icmp, finish_icmp6, 0, 0, 58},
    {"esp", add_esp, NULL, 0, 0, 50},
    {"ospf", add_esp, NULL, 0, 0, 89},
    {"gre", add_gre, NULL, 0, 0, 47},
    {"erspan2", add_erspan2, NULL, 0x88be, 0, 0},
    {"erspan3", add_erspan3, NULL, 0x22eb, 0, 0},
    {"vxlan", add_vxlan, NULL, 0, 0, 0},
    {"geneve", add_geneve, NULL, 0, 0, 0},
    {"gtpu", add_gtpu, finish_gtpu, 0, 0, 0},
    {"mpls", add_mpls, NULL, 0x8847, 0x0281, 137},
    {"data", add_data, NULL, 0, 0, 0},
    {"x", add_hex, NULL, 0, 0, 0},
    {"pad", add_pad, NULL, 0, 0, 0},
    {"cap", add_cap, NULL, 0, 0, 0},
    {"wire", add_wire, NULL, 0, 0, 0},
    {"set", add_set, NULL, 0, 0, 0},
    {"poke", add_poke, NULL, 0, 0, 0},
};

const struct recipe_words recipe_l4_words = {words, sizeof words / sizeof *words};
