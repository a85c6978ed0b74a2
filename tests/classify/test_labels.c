/* Metadata of one flow: collecting, limits, order, and the blocks that hold it. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "classify/fields.h"
#include "classify/labels.h"

static unsigned
written(const struct label_builder *b, unsigned char *data,
    struct classify_value values[CLASSIFY_VALUES_MAX])
{
	label_write(b, data);
	label_read(data, b->n, values);
	return b->n;
}

static void
test_order(void **state)
{
	struct classify_value v[CLASSIFY_VALUES_MAX];
	unsigned char data[LABEL_BYTES_MAX];
	struct label_builder b;

	(void)state;
	label_builder_reset(&b);
	label_add(&b, FIELD_TLS_VERSION, "TLS 1.3");
	label_add_real(&b, FIELD_NDPI_ENTROPY, 7.5);
	label_add_list(&b, FIELD_TLS_CLIENT_ALPNS, "h2, http/1.1 ,,x", ',');
	label_add_number(&b, FIELD_FTP_PASSWORD_SEEN, 1);
	label_add(&b, FIELD_TLS_SNI, "");
	label_add(&b, FIELD_TLS_ESNI, NULL);
	assert_int_equal(written(&b, data, v), 6);
	assert_int_equal(v[0].field, FIELD_FTP_PASSWORD_SEEN);
	assert_int_equal(v[0].number, 1);
	assert_int_equal(v[1].field, FIELD_NDPI_ENTROPY);
	assert_true(v[1].real == 7.5);
	assert_string_equal(v[2].text, "h2");
	assert_string_equal(v[3].text, "http/1.1");
	assert_string_equal(v[4].text, "x");
	assert_int_equal(v[4].field, FIELD_TLS_CLIENT_ALPNS);
	assert_string_equal(v[5].text, "TLS 1.3");
	assert_int_equal(b.cut, 0);
}

static void
test_limits(void **state)
{
	struct classify_value v[CLASSIFY_VALUES_MAX];
	unsigned char data[LABEL_BYTES_MAX];
	char text[LABEL_TEXT_MAX + 100], list[200] = "";
	struct label_builder b;

	(void)state;
	memset(text, 'a', sizeof text);
	text[sizeof text - 1] = '\0';
	label_builder_reset(&b);
	label_add(&b, FIELD_TLS_SNI, text);
	assert_int_equal(b.cut, 1);
	assert_int_equal(written(&b, data, v), 1);
	assert_int_equal(strlen(v[0].text), LABEL_TEXT_MAX);

	/* The flow's bytes run out. */
	for (unsigned i = 0; i < 10; i++)
		label_add(&b, FIELD_TLS_ISSUERDN, text);
	assert_true(b.n < 11);
	assert_true(label_size(&b) <= LABEL_BYTES_MAX);
	assert_int_equal(written(&b, data, v), b.n);

	label_builder_reset(&b);
	for (unsigned i = 0; i < LABEL_LIST_MAX + 5; i++)
		strcat(list, "x,");
	label_add_list(&b, FIELD_TLS_SUBJECTALTNAME, list, ',');
	assert_int_equal(b.n, LABEL_LIST_MAX);
	assert_int_equal(b.cut, 1);

	label_builder_reset(&b);
	for (unsigned i = 0; i < CLASSIFY_VALUES_MAX + 3; i++)
		label_add_number(&b, FIELD_NTP_VERSION, i);
	assert_int_equal(b.n, CLASSIFY_VALUES_MAX);
	assert_int_equal(b.cut, 3);
}

static void
test_store(void **state)
{
	static const size_t sizes[] = {1, 32, 33, 64, 100, 1024, 2048};
	void *blocks[sizeof sizes / sizeof *sizes];
	uint8_t classes[sizeof sizes / sizeof *sizes], class_of_small;
	struct label_store s;
	void *small;

	(void)state;
	label_store_init(&s, 64 + 64 + 128 + 1024 + 2048);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		blocks[i] = label_store_get(&s, sizes[i], &classes[i]);
		assert_non_null(blocks[i]);
		memset(blocks[i], 0xa5, sizes[i]);
	}
	assert_int_equal(s.used, s.budget);
	assert_null(label_store_get(&s, 2049, &classes[0]));
	/* The budget is used up; the smallest blocks are outside it. */
	assert_null(label_store_get(&s, 33, &class_of_small));
	small = label_store_get(&s, 24, &class_of_small);
	assert_non_null(small);
	label_store_put(&s, small, class_of_small);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		label_store_put(&s, blocks[i], classes[i]);
	assert_int_equal(s.used, 0);
	label_store_fini(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_store),
	};

	return cmocka_run_group_tests_name("classify labels", tests, NULL, NULL);
}
