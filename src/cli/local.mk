libtallyman_a_SOURCES += src/cli/cli.c
