/* The choice of a parser by a packet's ports and first bytes. */
#ifndef TALLYMAN_APP_START_H
#define TALLYMAN_APP_START_H

#include <stdbool.h>
#include <stdint.h>

#include "app/app_priv.h"

struct start {
	enum app_kind kind; /* APP_NONE: nothing that we know */
	bool request;       /* the packet's sender asks */
	bool turns;         /* ... which is sure enough to turn a flow around */
	bool junk;          /* a port of DNS, but no DNS */
};

/* Judges the first bytes of a stream, or a datagram. */
struct start start_guess(
    struct app *a, const struct packet *p, const struct segment *seg);

enum app_dns_variant start_dns_variant(const struct packet *p);

bool start_is_http_port(uint16_t port);

#endif
