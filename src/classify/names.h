/* Names that the log uses in place of nDPI's. */
#ifndef CLASSIFY_NAMES_H
#define CLASSIFY_NAMES_H

#include <stdbool.h>
#include <stdint.h>

/*
 * EVE's app_proto for nDPI's name of a protocol (any case) carried by IP protocol l4,
 * or NULL when EVE has none.
 */
const char *classify_eve_name(const char *ndpi_name, uint8_t l4);

#define CLASSIFY_TLS_VERSION_MAX 24

/* EVE's text of a TLS or DTLS version number; false when there is none. */
bool classify_tls_version(uint16_t version, char text_r[CLASSIFY_TLS_VERSION_MAX]);

#endif
