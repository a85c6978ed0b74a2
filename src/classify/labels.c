/* Metadata of one flow: a builder, its compact form, and pools of blocks for it. */
#include "config.h"

#include "classify/labels.h"

#include <string.h>

/* A written value: field, length, then the bytes (of a text with its NUL). */
#define ENTRY_HEAD (2 * sizeof(uint16_t))

static const uint16_t class_sizes[LABEL_CLASSES] = {32, 64, 128, 256, 512, 1024, 2048};

void
label_builder_reset(struct label_builder *b)
{
	b->n = 0;
	b->cut = 0;
	b->used = 0;
}

static void
add(struct label_builder *b, unsigned field, const void *data, size_t len, size_t nul)
{
	size_t size = ENTRY_HEAD + len + nul;
	struct label_entry *e;

	if (b->n == CLASSIFY_VALUES_MAX || b->used + size > LABEL_BYTES_MAX) {
		b->cut++;
		return;
	}
	e = &b->entries[b->n++];
	e->field = (uint16_t)field;
	e->offset = (uint16_t)b->used;
	e->len = (uint16_t)(len + nul);
	memcpy(b->data + b->used + ENTRY_HEAD, data, len);
	memset(b->data + b->used + ENTRY_HEAD + len, 0, nul);
	memcpy(b->data + b->used, &e->field, sizeof e->field);
	memcpy(b->data + b->used + sizeof e->field, &e->len, sizeof e->len);
	b->used += size;
}

void
label_add_bytes(struct label_builder *b, unsigned field, const char *text, size_t len)
{
	if (len > LABEL_TEXT_MAX) {
		len = LABEL_TEXT_MAX;
		b->cut++;
	}
	if (len > 0)
		add(b, field, text, len, 1);
}

void
label_add(struct label_builder *b, unsigned field, const char *text)
{
	if (text != NULL)
		label_add_bytes(b, field, text, strlen(text));
}

void
label_add_list(
    struct label_builder *b, unsigned field, const char *text, char separator)
{
	unsigned n = 0;

	if (text == NULL)
		return;
	while (*text != '\0') {
		const char *end = strchrnul(text, separator);
		size_t len;

		text += strspn(text, " ");
		len = end > text ? (size_t)(end - text) : 0;
		while (len > 0 && text[len - 1] == ' ')
			len--;
		if (len > 0 && n++ == LABEL_LIST_MAX) {
			b->cut++;
			return;
		}
		label_add_bytes(b, field, text, len);
		text = *end == '\0' ? end : end + 1;
	}
}

void
label_add_number(struct label_builder *b, unsigned field, uint64_t number)
{
	add(b, field, &number, sizeof number, 0);
}

void
label_add_real(struct label_builder *b, unsigned field, double real)
{
	add(b, field, &real, sizeof real, 0);
}

size_t
label_size(const struct label_builder *b)
{
	return b->used;
}

/* Values come nearly in order already; equal fields keep theirs (lists). */
void
label_write(const struct label_builder *b, unsigned char *data_r)
{
	uint8_t order[CLASSIFY_VALUES_MAX];
	size_t used = 0;

	for (unsigned i = 0; i < b->n; i++) {
		unsigned k = i;

		for (; k > 0 && b->entries[order[k - 1]].field > b->entries[i].field;
		     k--)
			order[k] = order[k - 1];
		order[k] = (uint8_t)i;
	}
	for (unsigned i = 0; i < b->n; i++) {
		const struct label_entry *e = &b->entries[order[i]];

		memcpy(data_r + used, b->data + e->offset, ENTRY_HEAD + e->len);
		used += ENTRY_HEAD + e->len;
	}
}

void
label_read(const unsigned char *data, unsigned n, struct classify_value *values_r)
{
	for (unsigned i = 0; i < n; i++) {
		struct classify_value *v = &values_r[i];
		uint16_t len;

		memcpy(&v->field, data, sizeof v->field);
		memcpy(&len, data + sizeof v->field, sizeof len);
		data += ENTRY_HEAD;
		switch (classify_fields[v->field].type) {
		case CLASSIFY_STRING:
		case CLASSIFY_STRING_LIST:
			v->text = (const char *)data;
			break;
		case CLASSIFY_REAL:
			memcpy(&v->real, data, sizeof v->real);
			break;
		default:
			memcpy(&v->number, data, sizeof v->number);
			break;
		}
		data += len;
	}
}

void
label_store_init(struct label_store *s, uint64_t budget)
{
	for (unsigned i = 0; i < LABEL_CLASSES; i++)
		pool_init(&s->pools[i], class_sizes[i], UINT32_MAX);
	s->budget = budget;
	s->used = 0;
}

void
label_store_fini(struct label_store *s)
{
	for (unsigned i = 0; i < LABEL_CLASSES; i++)
		pool_fini(&s->pools[i]);
}

void *
label_store_get(struct label_store *s, size_t size, uint8_t *class_r)
{
	uint8_t size_class = 0;
	void *block;

	while (size_class < LABEL_CLASSES && class_sizes[size_class] < size)
		size_class++;
	if (size_class == LABEL_CLASSES ||
	    (size_class > 0 && s->used + class_sizes[size_class] > s->budget))
		return NULL;
	block = pool_get(&s->pools[size_class]);
	if (block != NULL && size_class > 0)
		s->used += class_sizes[size_class];
	*class_r = size_class;
	return block;
}

void
label_store_put(struct label_store *s, void *block, uint8_t size_class)
{
	pool_put(&s->pools[size_class], block);
	if (size_class > 0)
		s->used -= class_sizes[size_class];
}
