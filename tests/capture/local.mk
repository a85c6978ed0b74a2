capture_test_support = \
	tests/capture/bytes.c tests/capture/bytes.h \
	tests/capture/read_all.c tests/capture/read_all.h

unit_tests += tests/capture/test_pcap
tests_capture_test_pcap_SOURCES = tests/capture/test_pcap.c $(capture_test_support)
tests_capture_test_pcap_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_capture_test_pcap_LDADD = $(TEST_LIBS)

unit_tests += tests/capture/test_pcapng
tests_capture_test_pcapng_SOURCES = tests/capture/test_pcapng.c $(capture_test_support)
tests_capture_test_pcapng_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_capture_test_pcapng_LDADD = $(TEST_LIBS)

unit_tests += tests/capture/test_gzip
tests_capture_test_gzip_SOURCES = tests/capture/test_gzip.c $(capture_test_support)
tests_capture_test_gzip_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_capture_test_gzip_LDADD = $(TEST_LIBS)

unit_tests += tests/capture/test_cut
tests_capture_test_cut_SOURCES = tests/capture/test_cut.c $(capture_test_support)
tests_capture_test_cut_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_capture_test_cut_LDADD = $(TEST_LIBS)

unit_tests += tests/capture/test_timeline
tests_capture_test_timeline_SOURCES = tests/capture/test_timeline.c $(capture_test_support)
tests_capture_test_timeline_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_capture_test_timeline_LDADD = $(TEST_LIBS)

unit_tests += tests/capture/test_inputs
tests_capture_test_inputs_SOURCES = tests/capture/test_inputs.c $(capture_test_support)
tests_capture_test_inputs_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_capture_test_inputs_LDADD = $(TEST_LIBS)

# For the tests of other stages: add tests/support/frames.c to their sources.
EXTRA_DIST += tests/support/frames.c tests/support/frames.h
