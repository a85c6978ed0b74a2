libtallyman_a_SOURCES += \
	src/cli/cli.c \
	src/cli/cli_priv.h \
	src/cli/cmd_read.c \
	src/cli/options.c \
	src/cli/progress.c \
	src/cli/summary.c \
	src/cli/summary_json.c \
	src/cli/text.c
