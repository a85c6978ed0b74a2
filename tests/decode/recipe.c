/* Reads a recipe word by word; see recipe.h. */
#include "config.h"

#include "recipe.h"

#include <stdlib.h>
#include <string.h>

uint8_t *
recipe_grow(struct recipe *r, uint32_t n)
{
	uint8_t *at = r->bytes + r->len;

	if (n > RECIPE_MAX - r->len)
		abort();
	memset(at, 0, n);
	r->len += n;
	return at;
}

uint32_t
recipe_hex(struct recipe *r, const char *hex)
{
	uint32_t n = 0;

	for (; hex[0] != '\0' && hex[1] != '\0'; hex += 2, n++) {
		char digits[3] = {hex[0], hex[1], '\0'};

		*recipe_grow(r, 1) = (uint8_t)strtoul(digits, NULL, 16);
	}
	return n;
}

uint32_t
recipe_arg(char *const *args, int n, int i, uint32_t otherwise)
{
	return i < n && args[i][0] != '\0' ? (uint32_t)strtoul(args[i], NULL, 0)
					   : otherwise;
}

uint32_t
recipe_sum(uint32_t sum, const uint8_t *p, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		sum += (i & 1) != 0 ? p[i] : (uint32_t)p[i] << 8;
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

void
recipe_set_slot(struct recipe *r, enum recipe_slot slot, uint32_t at)
{
	r->slot = slot;
	r->slot_at = at;
}

static void
fill_slot(struct recipe *r, const struct recipe_word *word)
{
	uint8_t *p = r->bytes + r->slot_at;

	if (r->slot == SLOT_ETHER && word->ether != 0)
		put16(p, word->ether);
	else if (r->slot == SLOT_PROTO && word->proto != 0)
		*p = (uint8_t)word->proto;
	else if (r->slot == SLOT_PPP && word->ppp != 0)
		put16(p, word->ppp);
	else if (r->slot == SLOT_PPP_1 && word->ppp != 0)
		*p = (uint8_t)word->ppp;
	else
		return;
	r->slot = SLOT_NONE;
}

static const struct recipe_word *
find_word(const char *name)
{
	static const struct recipe_words *const sets[] = {
	    &recipe_link_words, &recipe_ip_words, &recipe_l4_words};

	for (size_t s = 0; s < sizeof sets / sizeof *sets; s++)
		for (size_t i = 0; i < sets[s]->n; i++)
			if (strcmp(sets[s]->words[i].name, name) == 0)
				return &sets[s]->words[i];
	return NULL;
}

static bool
add_word(struct recipe *r, char *text)
{
	char *args[RECIPE_ARGS];
	int n = 0;
	char *name = strsep(&text, ":");
	const struct recipe_word *word = find_word(name);

	if (word == NULL || r->n_heads == RECIPE_HEADS)
		return false;
	while (text != NULL && n < RECIPE_ARGS)
		args[n++] = strsep(&text, ":");
	if (word->ether != 0 || word->proto != 0 || word->ppp != 0)
		fill_slot(r, word);
	if (word->finish != NULL || word->ether != 0 || word->proto != 0) {
		r->heads[r->n_heads].word = word;
		r->heads[r->n_heads++].at = r->len;
	}
	word->add(r, args, n);
	return true;
}

static void
finish(struct recipe *r)
{
	for (int i = r->n_heads - 1; i >= 0; i--)
		if (r->heads[i].word->finish != NULL)
			r->heads[i].word->finish(r, r->heads[i].at);
	recipe_grow(r, r->pad);
	for (int i = 0; i < r->n_pokes; i++)
		memcpy(r->bytes + r->pokes[i].at, r->pokes[i].bytes, r->pokes[i].len);
	if (r->caplen == 0 || r->caplen > r->len)
		r->caplen = r->len;
	if (r->wire == 0)
		r->wire = r->len;
}

const char *
recipe_build(struct recipe *r, const char *text)
{
	static char copy[1024];
	char *rest = copy, *word;

	memset(r, 0, sizeof *r);
	strncpy(copy, text, sizeof copy - 1);
	while ((word = strsep(&rest, " ")) != NULL)
		if (word[0] != '\0' && !add_word(r, word))
			return word;
	finish(r);
	return NULL;
}
