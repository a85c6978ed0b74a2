/* What the file formats have in common: opening, damage, interfaces, frame lengths. */
#include "config.h"

#include "capture_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum capfile_result
capfile_damage(struct capfile *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->what, sizeof f->what, fmt, ap);
	va_end(ap);
	return CAPFILE_DAMAGED;
}

enum capfile_result
capfile_ended(struct capfile *f, const char *part, uint64_t wanted)
{
	uint64_t end = stream_offset(&f->stream) + stream_rest(&f->stream);

	if (f->stream.error[0] != '\0')
		return capfile_damage(f, "%s", f->stream.error);
	if (end == f->offset)
		return CAPFILE_END;
	return capfile_damage(f,
	    "the file ends at byte %llu, within %s: %llu bytes are missing",
	    (unsigned long long)end, part,
	    (unsigned long long)(f->offset + wanted - end));
}

/* ---- interfaces ---- */

static bool
same_name(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The interface at that place of an earlier section, if it looks the same. */
static int64_t
find_earlier(const struct capfile *f, const struct capture_interface *wanted)
{
	const struct capture_interface *had;
	uint32_t number;

	if (f->n_interfaces >= f->known_interfaces)
		return -1;
	number = f->interfaces[f->n_interfaces].number;
	had = f->all->list[number];
	if (had->linktype != wanted->linktype || had->snaplen != wanted->snaplen ||
	    !same_name(had->name, wanted->name))
		return -1;
	return number;
}

static bool
grow_interfaces(struct capfile *f)
{
	uint32_t cap = f->cap_interfaces == 0 ? 4 : f->cap_interfaces * 2;
	struct capfile_interface *grown;

	if (f->n_interfaces < f->cap_interfaces)
		return true;
	grown = realloc(f->interfaces, cap * sizeof *grown);
	if (grown == NULL)
		return false;
	f->interfaces = grown;
	f->cap_interfaces = cap;
	return true;
}

static int64_t
number_interface(
    struct capfile *f, const struct capfile_interface *interface, const char *name)
{
	struct capture_interface wanted = {
	    .file = f->stream.source.path,
	    .name = name,
	    .linktype = interface->linktype,
	    .snaplen = interface->snaplen,
	};
	int64_t number;

	if (f->all == NULL)
		return 0;
	number = find_earlier(f, &wanted);
	return number >= 0 ? number : interfaces_add(f->all, &wanted);
}

bool
capfile_add_interface(
    struct capfile *f, const struct capfile_interface *interface, const char *name)
{
	int64_t number = -1;

	if (f->n_interfaces < CAPTURE_INTERFACES_MAX && grow_interfaces(f))
		number = number_interface(f, interface, name);
	if (number < 0) {
		capfile_damage(f,
		    "no room for another interface (at most %d in a section, %u in a "
		    "run)",
		    CAPTURE_INTERFACES_MAX, INTERFACES_MAX);
		return false;
	}
	f->interfaces[f->n_interfaces] = *interface;
	f->interfaces[f->n_interfaces].number = (uint32_t)number;
	f->n_interfaces++;
	if (f->known_interfaces < f->n_interfaces)
		f->known_interfaces = f->n_interfaces;
	return true;
}

/* ---- frames ---- */

void
capfile_set_lengths(
    struct capfile *f, struct frame *frame, uint32_t caplen, uint32_t len)
{
	if (len < caplen) {
		f->stats->len_raised++;
		len = caplen;
	}
	if (caplen > CAPTURE_SNAPLEN_MAX) {
		f->stats->cut++;
		caplen = CAPTURE_SNAPLEN_MAX;
	}
	frame->caplen = caplen;
	frame->len = len;
}

const uint8_t *
capfile_keep(struct capfile *f, const uint8_t *data, size_t n)
{
	if (f->oversize == NULL)
		f->oversize = malloc(CAPTURE_SNAPLEN_MAX);
	if (f->oversize != NULL)
		memcpy(f->oversize, data, n);
	return f->oversize;
}

/* ---- opening ---- */

static int
open_format(struct capfile *f)
{
	const uint8_t *head;
	size_t len = SNIFF_BYTES;
	enum sniff_format format;

	head = stream_peek(&f->stream, len);
	if (head == NULL) {
		head = f->stream.buf + f->stream.pos;
		len = stream_rest(&f->stream);
	}
	format = sniff(head, len, f->what, sizeof f->what);
	if (format == SNIFF_PCAP)
		return pcapfile_open(f);
	if (format == SNIFF_PCAPNG)
		return pcapng_open(f);
	f->unknown = true;
	if (f->stream.error[0] != '\0')
		capfile_damage(f, "%s", f->stream.error);
	return -1;
}

int
capfile_open(struct capfile *f, const struct capfile_config *config)
{
	*f = (struct capfile){.all = config->all, .stats = config->stats};
	if (stream_open(&f->stream, &config->origin, config->window) < 0) {
		capfile_damage(f, "%s", f->stream.error);
		return -1;
	}
	return open_format(f);
}

void
capfile_close(struct capfile *f)
{
	stream_close(&f->stream);
	free(f->interfaces);
	free(f->oversize);
	f->interfaces = NULL;
	f->oversize = NULL;
}
