capture_test_support = \
	tests/capture/bytes.c tests/capture/bytes.h \
	tests/capture/read_all.c tests/capture/read_all.h
capture_test_scratch = tests/capture/scratch.c tests/capture/scratch.h

unit_tests += tests/capture/test_pcap
tests_capture_test_pcap_SOURCES = tests/capture/test_pcap.c $(capture_test_support)
tests_capture_test_pcap_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_capture_test_pcap_LDADD = $(TEST_LIBS)

unit_tests += tests/capture/test_pcapng
tests_capture_test_pcapng_SOURCES = tests/capture/test_pcapng.c $(capture_test_support)
tests_capture_test_pcapng_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_capture_test_pcapng_LDADD = $(TEST_LIBS)

unit_tests += tests/capture/test_pcapng_damage
tests_capture_test_pcapng_damage_SOURCES = tests/capture/test_pcapng_damage.c $(capture_test_support)
tests_capture_test_pcapng_damage_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_capture_test_pcapng_damage_LDADD = $(TEST_LIBS)

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

unit_tests += tests/capture/test_filter
tests_capture_test_filter_SOURCES = tests/capture/test_filter.c $(capture_test_support)
tests_capture_test_filter_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_capture_test_filter_LDADD = $(TEST_LIBS)

unit_tests += tests/capture/test_paths
tests_capture_test_paths_SOURCES = tests/capture/test_paths.c $(capture_test_support) \
	$(capture_test_scratch)
tests_capture_test_paths_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_capture_test_paths_LDADD = $(TEST_LIBS)

unit_tests += tests/capture/test_pipes
tests_capture_test_pipes_SOURCES = tests/capture/test_pipes.c $(capture_test_support) \
	$(capture_test_scratch)
tests_capture_test_pipes_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_capture_test_pipes_LDADD = $(TEST_LIBS)

unit_tests += tests/capture/test_descriptors
tests_capture_test_descriptors_SOURCES = tests/capture/test_descriptors.c $(capture_test_support) \
	$(capture_test_scratch)
tests_capture_test_descriptors_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_capture_test_descriptors_LDADD = $(TEST_LIBS)

# For the tests of other stages: add tests/support/frames.c to their sources.
EXTRA_DIST += tests/support/frames.c tests/support/frames.h
