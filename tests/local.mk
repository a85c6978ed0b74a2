# Unit tests print TAP (one line a case); scripts under tests/ do the same.
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
SH_LOG_DRIVER = $(LOG_DRIVER)
TEST_EXTENSIONS = .sh
AM_TESTS_ENVIRONMENT = CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	TALLYMAN='$(abs_top_builddir)/tallyman'; export TALLYMAN; \
	TALLYMAN_SRC='$(abs_top_srcdir)'; export TALLYMAN_SRC; \
	TALLYMAN_BUILD='$(abs_top_builddir)'; export TALLYMAN_BUILD;

TEST_LIBS = $(LIBTALLYMAN_LIBS) $(CMOCKA_LIBS)
unit_tests =
shell_tests =

include tests/core/local.mk
include tests/capture/local.mk
include tests/decode/local.mk
include tests/flow/local.mk
include tests/app/local.mk
include tests/classify/local.mk
include tests/audit/local.mk
include tests/engine/local.mk
include tests/cli/local.mk
include tests/golden/local.mk
include tests/bench/local.mk

if HAVE_CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS = $(unit_tests) $(shell_tests)
else
TESTS = $(shell_tests)
endif
dist_check_SCRIPTS += $(shell_tests)
EXTRA_DIST += tests/tap.sh tests/threads.list
