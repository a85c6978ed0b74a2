# One libFuzzer target per parser; built only with --enable-fuzzers (clang).
LIBS_FOR_FUZZ = $(LIBTALLYMAN_LIBS)
LDFLAGS_FOR_FUZZ = $(SAN_LDFLAGS) -fsanitize=fuzzer
# A target adds, in this file:
#   fuzz_programs += tests/fuzz/fuzz_X
#   tests_fuzz_fuzz_X_SOURCES = tests/fuzz/fuzz_X.c
#   tests_fuzz_fuzz_X_LDADD = $(LIBS_FOR_FUZZ)
#   tests_fuzz_fuzz_X_LDFLAGS = $(LDFLAGS_FOR_FUZZ)
fuzz_programs =

fuzz_programs += tests/fuzz/fuzz_segment
tests_fuzz_fuzz_segment_SOURCES = tests/fuzz/fuzz_segment.c
tests_fuzz_fuzz_segment_LDADD = $(LIBS_FOR_FUZZ)
tests_fuzz_fuzz_segment_LDFLAGS = $(LDFLAGS_FOR_FUZZ)

fuzz_programs += tests/fuzz/fuzz_capture
tests_fuzz_fuzz_capture_SOURCES = tests/fuzz/fuzz_capture.c
tests_fuzz_fuzz_capture_LDADD = $(LIBS_FOR_FUZZ)
tests_fuzz_fuzz_capture_LDFLAGS = $(LDFLAGS_FOR_FUZZ)
EXTRA_DIST += tests/fuzz/seeds/capture

fuzz_programs += tests/fuzz/fuzz_flow
tests_fuzz_fuzz_flow_SOURCES = tests/fuzz/fuzz_flow.c tests/flow/random_packets.h
tests_fuzz_fuzz_flow_LDADD = $(LIBS_FOR_FUZZ)
tests_fuzz_fuzz_flow_LDFLAGS = $(LDFLAGS_FOR_FUZZ)
EXTRA_DIST += tests/fuzz/seeds/flow

fuzz_programs += tests/fuzz/fuzz_dns
tests_fuzz_fuzz_dns_SOURCES = tests/fuzz/fuzz_dns.c
tests_fuzz_fuzz_dns_LDADD = $(LIBS_FOR_FUZZ)
tests_fuzz_fuzz_dns_LDFLAGS = $(LDFLAGS_FOR_FUZZ)

fuzz_programs += tests/fuzz/fuzz_http
tests_fuzz_fuzz_http_SOURCES = tests/fuzz/fuzz_http.c
tests_fuzz_fuzz_http_LDADD = $(LIBS_FOR_FUZZ)
tests_fuzz_fuzz_http_LDFLAGS = $(LDFLAGS_FOR_FUZZ)
EXTRA_DIST += tests/fuzz/seeds/dns tests/fuzz/seeds/http \
	tests/fuzz/regressions/http

fuzz_programs += tests/fuzz/fuzz_app
tests_fuzz_fuzz_app_SOURCES = tests/fuzz/fuzz_app.c
tests_fuzz_fuzz_app_LDADD = $(LIBS_FOR_FUZZ)
tests_fuzz_fuzz_app_LDFLAGS = $(LDFLAGS_FOR_FUZZ)
EXTRA_DIST += tests/fuzz/seeds/app

fuzz_programs += tests/fuzz/fuzz_decode
tests_fuzz_fuzz_decode_SOURCES = tests/fuzz/fuzz_decode.c \
	tests/decode/describe.c tests/decode/describe.h \
	tests/decode/invariants.c tests/decode/invariants.h
tests_fuzz_fuzz_decode_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_fuzz_fuzz_decode_LDADD = $(LIBS_FOR_FUZZ)
tests_fuzz_fuzz_decode_LDFLAGS = $(LDFLAGS_FOR_FUZZ)
EXTRA_DIST += tests/fuzz/seeds/decode

fuzz_programs += tests/fuzz/fuzz_ndpi
tests_fuzz_fuzz_ndpi_SOURCES = tests/fuzz/fuzz_ndpi.c
tests_fuzz_fuzz_ndpi_LDADD = $(LIBS_FOR_FUZZ)
tests_fuzz_fuzz_ndpi_LDFLAGS = $(LDFLAGS_FOR_FUZZ)
EXTRA_DIST += tests/fuzz/seeds/ndpi

if FUZZERS
noinst_PROGRAMS += $(fuzz_programs)
endif
