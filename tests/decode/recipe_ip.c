/* Words of recipes: IPv4, IPv6 and its extension headers. */
#include "config.h"

#include "recipe.h"

#include <string.h>

static void
add_none(struct recipe *r, char *const *args, int n)
{
	(void)r;
	(void)args;
	(void)n;
}

static void
add_ip4(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 20);
	uint32_t net = 0x0a000000 | (uint32_t)r->n_ip++ << 8;

	h[0] = 0x45;
	h[8] = (uint8_t)recipe_arg(args, n, 0, 64);
	put32(h + 12, net | 1);
	put32(h + 16, net | 2);
	recipe_set_slot(r, SLOT_PROTO, r->len - 11);
}

static void
finish_ip4(struct recipe *r, uint32_t at)
{
	uint8_t *h = r->bytes + at;

	put16(h + 2, r->len - at > 65535 ? 0 : r->len - at);
	put16(h + 10, 0);
	put_sum(h + 10, recipe_sum(0, h, (h[0] & 15) * 4U));
}

static uint8_t *
last_head(struct recipe *r)
{
	return r->bytes + r->heads[r->n_heads - 1].at;
}

/* Options of the IPv4 header right in front. */
static void
add_opt(struct recipe *r, char *const *args, int n)
{
	uint32_t len = n > 0 ? recipe_hex(r, args[0]) : 0;

	last_head(r)[0] += (uint8_t)(len / 4);
}

/* Fragment fields of the IPv4 header right in front: offset in bytes, more, id. */
static void
add_frag(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = last_head(r);

	put16(h + 4, recipe_arg(args, n, 2, 99));
	put16(h + 6, recipe_arg(args, n, 0, 0) / 8 | recipe_arg(args, n, 1, 0) << 13);
}

static void
add_ip6(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 40);

	h[0] = 0x60;
	h[7] = (uint8_t)recipe_arg(args, n, 0, 64);
	h[8] = h[24] = 0xfd;
	h[21] = h[37] = (uint8_t)r->n_ip++;
	h[23] = 1;
	h[39] = 2;
	recipe_set_slot(r, SLOT_PROTO, r->len - 34);
}

static void
finish_ip6(struct recipe *r, uint32_t at)
{
	put16(r->bytes + at + 4, r->len - at - 40 > 65535 ? 0 : r->len - at - 40);
}

/* An extension header of 8 bytes, or with the given contents of 6 + 8n bytes. */
static void
add_ext(struct recipe *r, char *const *args, int n)
{
	uint32_t at = r->len;

	recipe_grow(r, 2);
	if (n > 0)
		recipe_hex(r, args[0]);
	else
		recipe_hex(r, "010400000000");
	r->bytes[at + 1] = (uint8_t)((r->len - at) / 8 - 1);
	recipe_set_slot(r, SLOT_PROTO, at);
}

static void
add_frag6(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 8);

	put16(h + 2, recipe_arg(args, n, 0, 0) | recipe_arg(args, n, 1, 0));
	put32(h + 4, recipe_arg(args, n, 2, 99));
	recipe_set_slot(r, SLOT_PROTO, r->len - 8);
}

static void
add_ah(struct recipe *r, char *const *args, int n)
{
	uint8_t *h = recipe_grow(r, 24);

	(void)args;
	(void)n;
	h[1] = 4;
	recipe_set_slot(r, SLOT_PROTO, r->len - 24);
}

static const struct recipe_word words[] = {
    {"ip4", add_ip4, finish_ip4, 0x0800, 0x0021, 4},
    {"opt", add_opt, NULL, 0, 0, 0},
    {"frag", add_frag, NULL, 0, 0, 0},
    {"ip6", add_ip6, finish_ip6, 0x86dd, 0x0057, 41},
    {"hop", add_ext, NULL, 0, 0, RECIPE_HOPOPT},
    {"rt", add_ext, NULL, 0, 0, 43},
    {"frag6", add_frag6, NULL, 0, 0, 44},
    {"ah", add_ah, NULL, 0, 0, 51},
    {"dst", add_ext, NULL, 0, 0, 60},
    {"mob", add_ext, NULL, 0, 0, 135},
    {"none", add_none, NULL, 0, 0, 59},
};

const struct recipe_words recipe_ip_words = {words, sizeof words / sizeof *words};
