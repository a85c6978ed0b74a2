/* Words of recipes: link layers and ARP. Arguments follow after colons. */
#include "config.h"

#include "recipe.h"

#include <string.h>

static void
macs(uint8_t *p)
{
	p[0] = p[6] = 2;
	p[5] = 2;
	p[11] = 1;
}

static void
add_eth(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 14);

	macs(h);
	put16(h + 12, recipe_arg(args, n, 0, 0));
	if (n == 0)
		recipe_set_slot(r, SLOT_ETHER, r->len - 2);
}

/* Ethernet of a loopback interface: no addresses. */
static void
add_ethlo(struct recipe *r, char *const *args, int n)
{
	(void)args;
	(void)n;
	recipe_grow(r, 14);
	recipe_set_slot(r, SLOT_ETHER, r->len - 2);
}

static void
add_dot3(struct recipe *r, char *const *args, int n)
{
	(void)args;
	(void)n;
	macs(recipe_grow(r, 14));
}

static void
finish_dot3(struct recipe *r, uint32_t at)
{
	put16(r->bytes + at + 12, r->len - at - 14);
}

static void
add_vlan(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 4);

	put16(h, recipe_arg(args, n, 0, 1));
	if (n > 1)
		put16(h - 2, recipe_arg(args, n, 1, 0));
	recipe_set_slot(r, SLOT_ETHER, r->len - 2);
}

static void
add_llc(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 3);

	h[0] = (uint8_t)recipe_arg(args, n, 0, 0x42);
	h[1] = (uint8_t)recipe_arg(args, n, 1, 0x42);
	h[2] = (uint8_t)recipe_arg(args, n, 2, 3);
}

static void
add_snap(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 8);

	h[0] = h[1] = 0xaa;
	h[2] = 3;
	put32(h + 2, 0x03000000 | recipe_arg(args, n, 0, 0));
	put16(h + 6, recipe_arg(args, n, 1, 0));
	if (n < 2)
		recipe_set_slot(r, SLOT_ETHER, r->len - 2);
}

static void
add_sll(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 16);

	put16(h, recipe_arg(args, n, 0, 0));
	put16(h + 2, recipe_arg(args, n, 1, 1));
	put16(h + 4, 6);
	h[6] = 2;
	h[11] = 1;
	recipe_set_slot(r, SLOT_ETHER, r->len - 2);
	if (n > 2)
		put16(h + 14, recipe_arg(args, n, 2, 0));
}

static void
add_sll2(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 20);

	put32(h + 4, recipe_arg(args, n, 1, 7));
	put16(h + 8, 1);
	h[10] = (uint8_t)recipe_arg(args, n, 0, 0);
	h[11] = 6;
	h[12] = 2;
	h[17] = 1;
	recipe_set_slot(r, SLOT_ETHER, r->len - 20);
}

static void
add_null(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 4);
	uint32_t family = recipe_arg(args, n, 0, 2);

	put32(h, family);
	if (n > 1) { /* little endian */
		h[0] = (uint8_t)family;
		h[3] = 0;
	}
}

static void
add_ppp(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 4);

	h[0] = 0xff;
	h[1] = 3;
	put16(h + 2, recipe_arg(args, n, 0, 0));
	recipe_set_slot(r, SLOT_PPP, r->len - 2);
}

/* Without address and control, and with a protocol of one byte. */
static void
add_ppp1(struct recipe *r, char *const *args, int n)
{
	(void)args;
	(void)n;
	recipe_grow(r, 1);
	recipe_set_slot(r, SLOT_PPP_1, r->len - 1);
}

static void
add_pppoe(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 8);

	h[0] = 0x11;
	put16(h + 2, recipe_arg(args, n, 0, 9));
	put16(h + 6, recipe_arg(args, n, 1, 0));
	recipe_set_slot(r, SLOT_PPP, r->len - 2);
}

static void
finish_pppoe(struct recipe *r, uint32_t at)
{
	put16(r->bytes + at + 4, r->len - at - 6);
}

static void
add_chdlc(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 4);

	h[0] = 0x0f;
	put16(h + 2, recipe_arg(args, n, 0, 0));
	recipe_set_slot(r, SLOT_ETHER, r->len - 2);
}

/* Frame control's two bytes; the k-th address is 02:00:00:00:00:0k. */
static void
add_wlan(struct recipe *r, char *const *args, int n)
{
	uint32_t fc0 = recipe_arg(args, n, 0, 0x08), fc1 = recipe_arg(args, n, 1, 0);
	uint8_t *h = recipe_grow(r, 24);

	h[0] = (uint8_t)fc0;
	h[1] = (uint8_t)fc1;
	for (int k = 0; k < 3; k++) {
		h[4 + 6 * k] = 2;
		h[9 + 6 * k] = (uint8_t)(k + 1);
	}
	if ((fc1 & 3) == 3) {
		h = recipe_grow(r, 6);
		h[0] = 2;
		h[5] = 4;
	}
	if ((fc0 & 0x80) != 0)
		recipe_grow(r, 2)[0] = (uint8_t)recipe_arg(args, n, 2, 0);
	if ((fc0 & 0x80) != 0 && (fc1 & 0x80) != 0)
		recipe_grow(r, 4);
}

/* TSFT and flags; with a second word of presence bits. */
static void
add_radiotap(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 25);

	h[2] = 25;
	h[4] = 3;
	h[7] = 0x80;
	h[24] = (uint8_t)recipe_arg(args, n, 0, 0);
}

static void
add_avs(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 64);

	(void)args;
	(void)n;
	put32(h, 0x80211001);
	put32(h + 4, 64);
}

static void
add_prism(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 144);

	(void)args;
	(void)n;
	h[0] = 0x44;
	h[4] = 144;
}

static void
add_ppi(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 8);

	h[2] = 8;
	h[4] = (uint8_t)recipe_arg(args, n, 0, 105);
}

static void
add_amsdu(struct recipe *r, char *const *args, int n)
{
	(void)args;
	(void)n;
	macs(recipe_grow(r, 14));
}

static void
add_arp(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 28);

	put16(h, 1);
	put16(h + 2, 0x800);
	h[4] = 6;
	h[5] = 4;
	put16(h + 6, recipe_arg(args, n, 0, 1));
	h[8] = 2;
	h[13] = 1;
	put32(h + 14, 0x0a000001);
	put32(h + 24, 0x0a000002);
}

static const struct recipe_word words[] = {
    {.name = "eth", .add = add_eth, .ether = 0x6558},
    {.name = "ethlo", .add = add_ethlo},
    {.name = "dot3", .add = add_dot3, .finish = finish_dot3},
    {.name = "vlan", .add = add_vlan, .ether = 0x8100},
    {.name = "llc", .add = add_llc},
    {.name = "snap", .add = add_snap},
    {.name = "sll", .add = add_sll},
    {.name = "sll2", .add = add_sll2},
    {.name = "null", .add = add_null},
    {.name = "ppp", .add = add_ppp, .ether = 0x880b},
    {.name = "ppp1", .add = add_ppp1},
    {.name = "pppoe", .add = add_pppoe, .finish = finish_pppoe, .ether = 0x8864},
    {.name = "chdlc", .add = add_chdlc},
    {.name = "wlan", .add = add_wlan},
    {.name = "radiotap", .add = add_radiotap},
    {.name = "avs", .add = add_avs},
    {.name = "prism", .add = add_prism},
    {.name = "ppi", .add = add_ppi},
    {.name = "amsdu", .add = add_amsdu, .finish = finish_dot3},
    {.name = "arp", .add = add_arp, .ether = 0x0806},
};

const struct recipe_words recipe_link_words = {words, sizeof words / sizeof *words};
