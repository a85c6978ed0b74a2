flow_script = tests/flow/flow_script.c tests/flow/flow_script.h

unit_tests += tests/flow/test_tcp
tests_flow_test_tcp_SOURCES = tests/flow/test_tcp.c $(flow_script)
tests_flow_test_tcp_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_flow_test_tcp_LDADD = $(TEST_LIBS)

unit_tests += tests/flow/test_community
tests_flow_test_community_SOURCES = tests/flow/test_community.c \
	$(flow_script) \
	tests/flow/flow_values.h
tests_flow_test_community_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_flow_test_community_LDADD = $(TEST_LIBS)

unit_tests += tests/flow/test_fragment
tests_flow_test_fragment_SOURCES = tests/flow/test_fragment.c \
	$(flow_script) \
	tests/flow/flow_values.h
tests_flow_test_fragment_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_flow_test_fragment_LDADD = $(TEST_LIBS)

unit_tests += tests/flow/test_table
tests_flow_test_table_SOURCES = tests/flow/test_table.c \
	$(flow_script) \
	tests/flow/flow_values.h
tests_flow_test_table_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_flow_test_table_LDADD = $(TEST_LIBS)

unit_tests += tests/flow/test_evict
tests_flow_test_evict_SOURCES = tests/flow/test_evict.c \
	$(flow_script) \
	tests/flow/flow_values.h
tests_flow_test_evict_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_flow_test_evict_LDADD = $(TEST_LIBS)

unit_tests += tests/flow/test_reader
tests_flow_test_reader_SOURCES = tests/flow/test_reader.c \
	$(flow_script) \
	tests/flow/flow_values.h
tests_flow_test_reader_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_flow_test_reader_LDADD = $(TEST_LIBS)

unit_tests += tests/flow/test_random
tests_flow_test_random_SOURCES = tests/flow/test_random.c \
	tests/flow/flow_values.h \
	tests/flow/random_packets.h
tests_flow_test_random_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_flow_test_random_LDADD = $(TEST_LIBS)

unit_tests += tests/flow/test_memory
tests_flow_test_memory_SOURCES = tests/flow/test_memory.c \
	tests/flow/flow_values.h \
	tests/flow/random_packets.h
tests_flow_test_memory_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_flow_test_memory_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=aligned_alloc
tests_flow_test_memory_LDADD = $(TEST_LIBS)

unit_tests += tests/flow/test_aggregate
tests_flow_test_aggregate_SOURCES = tests/flow/test_aggregate.c \
	tests/flow/aggregate_flows.h \
	tests/flow/flow_values.h
tests_flow_test_aggregate_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_flow_test_aggregate_LDADD = $(TEST_LIBS)

unit_tests += tests/flow/test_aggregate_record
tests_flow_test_aggregate_record_SOURCES = tests/flow/test_aggregate_record.c \
	tests/flow/aggregate_flows.h \
	tests/flow/flow_values.h
tests_flow_test_aggregate_record_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_flow_test_aggregate_record_LDADD = $(TEST_LIBS)

unit_tests += tests/flow/test_aggregate_time
tests_flow_test_aggregate_time_SOURCES = tests/flow/test_aggregate_time.c \
	tests/flow/aggregate_flows.h \
	tests/flow/flow_values.h
tests_flow_test_aggregate_time_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_flow_test_aggregate_time_LDADD = $(TEST_LIBS)

unit_tests += tests/flow/test_meter
tests_flow_test_meter_SOURCES = tests/flow/test_meter.c \
	tests/flow/meter_model.h \
	tests/flow/flow_values.h
tests_flow_test_meter_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_flow_test_meter_LDADD = $(TEST_LIBS)

unit_tests += tests/flow/test_meter_bounds
tests_flow_test_meter_bounds_SOURCES = tests/flow/test_meter_bounds.c \
	tests/flow/meter_model.h \
	tests/flow/flow_values.h
tests_flow_test_meter_bounds_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_flow_test_meter_bounds_LDADD = $(TEST_LIBS)

unit_tests += tests/flow/test_meter_merge
tests_flow_test_meter_merge_SOURCES = tests/flow/test_meter_merge.c \
	tests/flow/meter_model.h \
	tests/flow/flow_values.h
tests_flow_test_meter_merge_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_flow_test_meter_merge_LDADD = $(TEST_LIBS)

unit_tests += tests/flow/test_sketch
tests_flow_test_sketch_SOURCES = tests/flow/test_sketch.c tests/flow/flow_values.h
tests_flow_test_sketch_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_flow_test_sketch_LDADD = $(TEST_LIBS)
