flow_script = tests/flow/flow_script.c tests/flow/flow_script.h

unit_tests += tests/flow/test_tcp
tests_flow_test_tcp_SOURCES = tests/flow/test_tcp.c $(flow_script)
tests_flow_test_tcp_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_flow_test_tcp_LDADD = $(TEST_LIBS)

unit_tests += tests/flow/test_aggregate
tests_flow_test_aggregate_SOURCES = tests/flow/test_aggregate.c
tests_flow_test_aggregate_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_flow_test_aggregate_LDADD = $(TEST_LIBS)

unit_tests += tests/flow/test_meter
tests_flow_test_meter_SOURCES = tests/flow/test_meter.c
tests_flow_test_meter_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_flow_test_meter_LDADD = $(TEST_LIBS)
