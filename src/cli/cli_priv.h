/* What the verbs share. */
#ifndef CLI_PRIV_H
#define CLI_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "tallyman/engine.h"

enum cli_exit {
	CLI_DONE = 0,
	CLI_FAILED = 1,
	CLI_USAGE = 2,
};

/* ---- options: one table per verb; help and completion derive from it ---- */

enum cli_type {
	CLI_FLAG,     /* bool: set */
	CLI_STRING,   /* const char * */
	CLI_LIST,     /* struct cli_list: may be given several times */
	CLI_COUNT,    /* uint32_t within min .. max */
	CLI_SIZE,     /* uint64_t bytes: 512, 64K, 10M, 2G */
	CLI_TIME,     /* int64_t packet time */
	CLI_TIMEOUTS, /* struct flow_timeouts: KIND=DURATION, may be given several times
		       */
};

#define CLI_LIST_MAX 4096

struct cli_list {
	const char *items[CLI_LIST_MAX];
	size_t n;
};

struct cli_option {
	const char *name; /* without the dashes */
	char letter;      /* or 0 */
	uint8_t type;     /* enum cli_type */
	const char *arg;  /* name of the value in the help, NULL for a flag */
	const char *help;
	size_t offset;     /* of the value in the verb's settings */
	uint32_t min, max; /* for CLI_COUNT */
};

struct cli_verb {
	const char *name;
	const char *synopsis;             /* behind the name */
	const char *summary;              /* one line */
	const char *text;                 /* paragraphs of the help, or NULL */
	const struct cli_option *options; /* ends with a NULL name */
	int (*run)(const struct cli_verb *verb, int argc, char **argv);
};

/*
 * Parses argv[1 ..] into settings; what is no option goes to operands. "--" ends
 * options,
 * "-" is an operand. Returns 0, or says what is wrong on stderr and returns -EINVAL.
 * *help_r: --help was asked for.
 */
int cli_parse(const struct cli_verb *verb, int argc, char **argv, void *settings,
    struct cli_list *operands, bool *help_r);

/* Prints the verb's help. */
void cli_help(const struct cli_verb *verb, FILE *out);

/* "90", "90s", "5m", "2h", "1500ms" as nanoseconds. Returns 0 or -EINVAL. */
int cli_parse_duration(const char *text, int64_t *ns_r);

extern const struct cli_verb cli_read;

/* ---- what people read ---- */

/* 1234567 -> "1,234,567". */
#define CLI_NUMBER_MAX 32
const char *cli_number(uint64_t n, char text[CLI_NUMBER_MAX]);

/* Bytes with a unit: "1.4 MB" (powers of ten). */
const char *cli_bytes(uint64_t n, char text[CLI_NUMBER_MAX]);

/* A length of time: "0.42 s", "3 m 20 s", "2 d 4 h". */
const char *cli_duration(int64_t ns, char text[CLI_NUMBER_MAX]);

/* The progress line; on a terminal only. */
void cli_progress_show(const struct engine_progress *p);
void cli_progress_start(void);
void cli_progress_stop(void);

/* The summary of a run. `dir`: where the log is, or NULL. */
void cli_summary_text(FILE *out, const struct engine_report *r, const char *dir);
void cli_summary_json(FILE *out, const struct engine_report *r, const char *dir);

#endif
