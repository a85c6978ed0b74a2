/* Verbs in one table; main is a look-up. */
#include "config.h"

#include "tallyman/cli.h"

#include <stdio.h>
#include <string.h>

int
cli_main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		puts("tallyman " PACKAGE_VERSION);
		return 0;
	}
	fputs("usage: tallyman --version\n", stderr);
	return 2;
}
