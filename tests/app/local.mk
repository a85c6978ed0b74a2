unit_tests += tests/app/test_dns tests/app/test_http tests/app/test_http_limits \
	tests/app/test_start tests/app/test_stream tests/app/test_app

tests_app_test_dns_SOURCES = tests/app/test_dns.c tests/app/render.c \
	tests/app/render.h tests/app/wire.h
tests_app_test_dns_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_app_test_dns_LDADD = $(TEST_LIBS)

tests_app_rig = tests/app/render.c tests/app/render.h tests/app/rig.c tests/app/rig.h
tests_app_test_http_SOURCES = tests/app/test_http.c $(tests_app_rig)
tests_app_test_http_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_app_test_http_LDADD = $(TEST_LIBS)
tests_app_test_http_limits_SOURCES = tests/app/test_http_limits.c $(tests_app_rig)
tests_app_test_http_limits_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_app_test_http_limits_LDADD = $(TEST_LIBS)

tests_app_talk = tests/app/render.c tests/app/render.h tests/app/talk.c \
	tests/app/talk.h tests/app/wire.h
tests_app_test_start_SOURCES = tests/app/test_start.c $(tests_app_talk)
tests_app_test_start_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_app_test_start_LDADD = $(TEST_LIBS)
tests_app_test_stream_SOURCES = tests/app/test_stream.c $(tests_app_talk)
tests_app_test_stream_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_app_test_stream_LDADD = $(TEST_LIBS)
tests_app_test_app_SOURCES = tests/app/test_app.c $(tests_app_talk)
tests_app_test_app_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_app_test_app_LDADD = $(TEST_LIBS)
