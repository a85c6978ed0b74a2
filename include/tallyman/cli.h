/* The command line: verbs, options, what people read. */
#ifndef TALLYMAN_CLI_H
#define TALLYMAN_CLI_H

/* Runs the program. Returns the exit status: 0 done, 1 failed, 2 usage. */
int cli_main(int argc, char **argv);

#endif
