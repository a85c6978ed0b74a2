shell_tests += tests/golden/golden.sh
EXTRA_DIST += tests/golden
