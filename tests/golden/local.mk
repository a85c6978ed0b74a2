shell_tests += tests/golden/golden.sh
EXTRA_DIST += $(wildcard $(top_srcdir)/tests/golden/*.ndjson.gz)
