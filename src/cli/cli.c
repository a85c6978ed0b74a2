/* Verbs in one table; main is a look-up. */
#include "config.h"

#include "tallyman/cli.h"

#include <stdio.h>
#include <string.h>

#include "cli_priv.h"
#include "tallyman/classify.h"

static const struct cli_verb *const verbs[] = {
    &cli_read,
};

#define N_VERBS (sizeof verbs / sizeof *verbs)

static void
print_help(FILE *out)
{
	fputs("tallyman: who sent what on the container network, in a log that can be "
	      "kept\n"
	      "\n"
	      "usage: tallyman VERB [OPTION]... [ARGUMENT]...\n"
	      "\n",
	    out);
	for (size_t i = 0; i < N_VERBS; i++)
		fprintf(out, "  %-10s %s\n", verbs[i]->name, verbs[i]->summary);
	fputs("\n"
	      "  --help     this text; VERB --help for a verb's options\n"
	      "  --version  version of the program and of its protocol library\n"
	      "\n"
	      "Results go to standard output, diagnostics to standard error. The exit "
	      "status\n"
	      "is 0 when all was done, 1 when something failed, 2 for wrong usage.\n"
	      "See tallyman(1).\n",
	    out);
}

static const struct cli_verb *
find_verb(const char *name)
{
	for (size_t i = 0; i < N_VERBS; i++) {
		if (strcmp(verbs[i]->name, name) == 0)
			return verbs[i];
	}
	return NULL;
}

int
cli_main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	const struct cli_verb *verb;

	if (word == NULL) {
		print_help(stderr);
		return CLI_USAGE;
	}
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
	    strcmp(word, "help") == 0) {
		print_help(stdout);
		return CLI_DONE;
	}
	if (strcmp(word, "--version") == 0) {
		printf("tallyman %s (nDPI %s)\n", PACKAGE_VERSION,
		    classify_library_version());
		return CLI_DONE;
	}
	verb = find_verb(word);
	if (verb == NULL) {
		fprintf(stderr,
		    "tallyman: unknown verb '%s'; tallyman --help lists them\n", word);
		return CLI_USAGE;
	}
	return verb->run(verb, argc - 1, argv + 1);
}
