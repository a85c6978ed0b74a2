unit_tests += tests/audit/test_segment
tests_audit_test_segment_SOURCES = tests/audit/test_segment.c
tests_audit_test_segment_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_audit_test_segment_LDADD = $(TEST_LIBS)
