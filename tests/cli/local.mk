shell_tests += tests/cli/cli.sh tests/cli/readme.sh
