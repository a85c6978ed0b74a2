decode_test_support = \
	tests/decode/describe.c tests/decode/describe.h \
	tests/decode/invariants.c tests/decode/invariants.h \
	tests/decode/recipe.c tests/decode/recipe.h \
	tests/decode/recipe_ip.c tests/decode/recipe_l4.c tests/decode/recipe_link.c \
	tests/decode/shapes.c tests/decode/shapes.h

unit_tests += tests/decode/test_decode
tests_decode_test_decode_SOURCES = tests/decode/test_decode.c $(decode_test_support)
tests_decode_test_decode_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_decode_test_decode_LDADD = $(TEST_LIBS)

unit_tests += tests/decode/test_names
tests_decode_test_names_SOURCES = tests/decode/test_names.c $(decode_test_support)
tests_decode_test_names_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_decode_test_names_LDADD = $(TEST_LIBS)

unit_tests += tests/decode/test_pcaps
tests_decode_test_pcaps_SOURCES = tests/decode/test_pcaps.c \
	tests/support/frames.c tests/support/frames.h $(decode_test_support)
tests_decode_test_pcaps_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_decode_test_pcaps_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_decode_test_pcaps_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/decode/packet_dump
tests_decode_packet_dump_SOURCES = tests/decode/packet_dump.c
tests_decode_packet_dump_LDADD = $(LIBTALLYMAN_LIBS)

check_PROGRAMS += tests/decode/shapes_write
tests_decode_shapes_write_SOURCES = tests/decode/shapes_write.c $(decode_test_support)
tests_decode_shapes_write_LDADD = $(LIBTALLYMAN_LIBS)

shell_tests += tests/decode/test_tshark.sh
EXTRA_DIST += tests/decode/compare_tshark.awk
EXTRA_DIST += tests/decode/shapes.tsv
