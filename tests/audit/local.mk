audit_samples = \
	tests/audit/samples.c \
	tests/audit/samples.h \
	tests/audit/samples_flow.c \
	tests/audit/samples_message.c \
	tests/audit/samples_priv.h
audit_log_place = tests/audit/log_place.c tests/audit/log_place.h

unit_tests += \
	tests/audit/test_plain \
	tests/audit/test_reader \
	tests/audit/test_record \
	tests/audit/test_segment
tests_audit_test_plain_SOURCES = tests/audit/test_plain.c $(audit_log_place)
tests_audit_test_plain_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_audit_test_plain_LDADD = $(TEST_LIBS)
tests_audit_test_reader_SOURCES = tests/audit/test_reader.c $(audit_log_place)
tests_audit_test_reader_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_audit_test_reader_LDADD = $(TEST_LIBS)
tests_audit_test_record_SOURCES = tests/audit/test_record.c $(audit_samples)
tests_audit_test_record_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_audit_test_record_LDADD = $(TEST_LIBS)
tests_audit_test_segment_SOURCES = tests/audit/test_segment.c $(audit_log_place)
tests_audit_test_segment_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_audit_test_segment_LDADD = $(TEST_LIBS)
EXTRA_DIST += tests/audit/records.expected

shell_tests += tests/audit/test_schema.sh
dist_check_SCRIPTS += tests/audit/validate-records tests/audit/check-schema \
	tests/audit/make-places

# Prints what the tests of the schema read.
check_PROGRAMS += tests/audit/sample_records
tests_audit_sample_records_SOURCES = tests/audit/sample_records.c $(audit_samples)
tests_audit_sample_records_LDADD = $(LIBTALLYMAN_LIBS)

# Measures; made by its name only.
EXTRA_PROGRAMS = tests/audit/bench_audit
tests_audit_bench_audit_SOURCES = tests/audit/bench_audit.c $(audit_samples)
tests_audit_bench_audit_LDADD = $(LIBTALLYMAN_LIBS)
