shell_tests += tests/cli/cli.sh
