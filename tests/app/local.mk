unit_tests += tests/app/test_dns
tests_app_test_dns_SOURCES = tests/app/test_dns.c tests/app/wire.h
tests_app_test_dns_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_app_test_dns_LDADD = $(TEST_LIBS)

unit_tests += tests/app/test_http
tests_app_test_http_SOURCES = tests/app/test_http.c
tests_app_test_http_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_app_test_http_LDADD = $(TEST_LIBS)
