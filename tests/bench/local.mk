unit_tests += tests/bench/test_mix
tests_bench_test_mix_SOURCES = tests/bench/test_mix.c
tests_bench_test_mix_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench
tests_bench_test_mix_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_bench_test_mix_LDADD = bench/libmix.a $(ZLIB_LIBS) $(CMOCKA_LIBS)

shell_tests += tests/bench/test_mix_cli.sh
