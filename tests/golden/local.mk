EXTRA_DIST += tests/golden
