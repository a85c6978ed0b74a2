# The generator of captures for measurements. Its parts without main are a library for
# the test.
noinst_PROGRAMS += bench/tallyman-mix
noinst_LIBRARIES += bench/libmix.a
bench_libmix_a_SOURCES = \
	bench/mix.h \
	bench/mix_edit.c \
	bench/mix_flood.c \
	bench/mix_input.c \
	bench/mix_output.c \
	bench/mix_plan.c \
	bench/mix_plan.h \
	bench/mix_play.c
bench_tallyman_mix_SOURCES = bench/mix.c
bench_tallyman_mix_LDADD = bench/libmix.a $(ZLIB_LIBS)
EXTRA_DIST += bench/run bench/README.md
