unit_tests += tests/core/test_core
tests_core_test_core_SOURCES = tests/core/test_core.c
tests_core_test_core_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_core_test_core_LDADD = $(TEST_LIBS)

unit_tests += tests/core/test_batch
tests_core_test_batch_SOURCES = tests/core/test_batch.c
tests_core_test_batch_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_core_test_batch_LDADD = $(TEST_LIBS)

unit_tests += tests/core/test_buf
tests_core_test_buf_SOURCES = tests/core/test_buf.c
tests_core_test_buf_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_core_test_buf_LDADD = $(TEST_LIBS)
