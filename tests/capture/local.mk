capture_test_support = \
	tests/capture/bytes.c tests/capture/bytes.h \
	tests/capture/read_all.c tests/capture/read_all.h

unit_tests += tests/capture/test_pcap
tests_capture_test_pcap_SOURCES = tests/capture/test_pcap.c $(capture_test_support)
tests_capture_test_pcap_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_capture_test_pcap_LDADD = $(TEST_LIBS)

# For the tests of other stages: add tests/support/frames.c to their sources.
EXTRA_DIST += tests/support/frames.c tests/support/frames.h
