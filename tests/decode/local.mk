check_PROGRAMS += tests/decode/packet_dump
tests_decode_packet_dump_SOURCES = tests/decode/packet_dump.c
tests_decode_packet_dump_LDADD = $(LIBTALLYMAN_LIBS)
