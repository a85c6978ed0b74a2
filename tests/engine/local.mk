shell_tests += tests/engine/accounting.sh tests/engine/determinism.sh tests/engine/order.sh tests/engine/records.sh
