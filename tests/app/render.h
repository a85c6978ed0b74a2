/* Messages as one line of text without its end, for comparing in tests. */
#ifndef TALLYMAN_TESTS_RENDER_H
#define TALLYMAN_TESTS_RENDER_H

#include "tallyman/app.h"
#include "tallyman/buf.h"

void render_dns(struct buf *b, const struct app_dns *dns);
void render_http(struct buf *b, const struct app_http *h);

#endif
