labelled = tests/classify/labelled.c tests/classify/labelled.h \
	tests/support/frames.c tests/support/frames.h

unit_tests += tests/classify/test_tables
tests_classify_test_tables_SOURCES = tests/classify/test_tables.c
tests_classify_test_tables_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_classify_test_tables_LDADD = $(TEST_LIBS)

unit_tests += tests/classify/test_labels
tests_classify_test_labels_SOURCES = tests/classify/test_labels.c
tests_classify_test_labels_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_classify_test_labels_LDADD = $(TEST_LIBS)

unit_tests += tests/classify/test_l3
tests_classify_test_l3_SOURCES = tests/classify/test_l3.c
tests_classify_test_l3_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_classify_test_l3_LDADD = $(TEST_LIBS)

unit_tests += tests/classify/test_guess
tests_classify_test_guess_SOURCES = tests/classify/test_guess.c
tests_classify_test_guess_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_classify_test_guess_LDADD = $(TEST_LIBS)

unit_tests += tests/classify/test_ndpi
tests_classify_test_ndpi_SOURCES = tests/classify/test_ndpi.c $(labelled)
tests_classify_test_ndpi_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_classify_test_ndpi_LDADD = $(TEST_LIBS)

unit_tests += tests/classify/test_limits
tests_classify_test_limits_SOURCES = tests/classify/test_limits.c $(labelled)
tests_classify_test_limits_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_classify_test_limits_LDADD = $(TEST_LIBS)

unit_tests += tests/classify/test_geo
tests_classify_test_geo_SOURCES = tests/classify/test_geo.c
tests_classify_test_geo_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_classify_test_geo_LDADD = $(TEST_LIBS)
EXTRA_DIST += tests/classify/make-mmdb.pl
