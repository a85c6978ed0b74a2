/* A packet as one line of text, for comparing with what a case expects. */
#ifndef TESTS_DESCRIBE_H
#define TESTS_DESCRIBE_H

struct packet;

#define DESCRIBE_MAX 1024

const char *describe_packet(const struct packet *p, char text[DESCRIBE_MAX]);

#endif
