/* What a file is, from its first bytes; for what is not read here, what to do. */
#include "config.h"

#include "capture_priv.h"

#include <ctype.h>
#include <stdio.h>

struct signature {
	uint8_t bytes[8];
	uint8_t len;
	uint8_t format;   /* enum sniff_format */
	const char *what; /* for the unknown: what it is and what to do */
};

#define DECOMPRESS(name, tool)                                                      \
	"this is compressed with " name ", which is not read here (only gzip is); " \
	"unpack it first: " tool " FILE | tallyman read -"
#define CONVERT(name)                                                               \
	"this is a capture in " name " format, which is not read here; convert it " \
	"first: editcap -F pcapng FILE NEW"

static const struct signature signatures[] = {
    {{0xd4, 0xc3, 0xb2, 0xa1}, 4, SNIFF_PCAP, NULL},
    {{0xa1, 0xb2, 0xc3, 0xd4}, 4, SNIFF_PCAP, NULL},
    {{0x4d, 0x3c, 0xb2, 0xa1}, 4, SNIFF_PCAP, NULL},
    {{0xa1, 0xb2, 0x3c, 0x4d}, 4, SNIFF_PCAP, NULL},
    {{0x34, 0xcd, 0xb2, 0xa1}, 4, SNIFF_PCAP, NULL},
    {{0xa1, 0xb2, 0xcd, 0x34}, 4, SNIFF_PCAP, NULL},
    {{0x0a, 0x0d, 0x0d, 0x0a}, 4, SNIFF_PCAPNG, NULL},
    {{0x28, 0xb5, 0x2f, 0xfd}, 4, SNIFF_UNKNOWN, DECOMPRESS("zstd", "zstd -dc")},
    {{0xfd, '7', 'z', 'X', 'Z', 0}, 6, SNIFF_UNKNOWN, DECOMPRESS("xz", "xz -dc")},
    {{'B', 'Z', 'h'}, 3, SNIFF_UNKNOWN, DECOMPRESS("bzip2", "bzip2 -dc")},
    {{0x04, 0x22, 0x4d, 0x18}, 4, SNIFF_UNKNOWN, DECOMPRESS("lz4", "lz4 -dc")},
    {{'L', 'Z', 'I', 'P'}, 4, SNIFF_UNKNOWN, DECOMPRESS("lzip", "lzip -dc")},
    {{0x1f, 0x9d}, 2, SNIFF_UNKNOWN, DECOMPRESS("compress", "gzip -dc")},
    {{'P', 'K', 3, 4}, 4, SNIFF_UNKNOWN, DECOMPRESS("zip", "unzip -p")},
    {{'7', 'z', 0xbc, 0xaf, 0x27, 0x1c}, 6, SNIFF_UNKNOWN,
	DECOMPRESS("7-Zip", "7z x -so")},
    {{'s', 'n', 'o', 'o', 'p', 0, 0, 0}, 8, SNIFF_UNKNOWN, CONVERT("snoop")},
    {{'b', 't', 's', 'n', 'o', 'o', 'p', 0}, 8, SNIFF_UNKNOWN, CONVERT("btsnoop")},
    {{'G', 'M', 'B', 'U'}, 4, SNIFF_UNKNOWN, CONVERT("Network Monitor")},
    {{'R', 'T', 'S', 'S'}, 4, SNIFF_UNKNOWN, CONVERT("Network Monitor")},
    {{'T', 'R', 'S', 'N', 'I', 'F', 'F', ' '}, 8, SNIFF_UNKNOWN, CONVERT("Sniffer")},
    {{0xac, 0x01, 0x00, 0x1c}, 4, SNIFF_UNKNOWN, CONVERT("lcap")},
    {{0xa1, 0xb2, 0x34, 0xcd}, 4, SNIFF_UNKNOWN, CONVERT("a modified pcap")},
    {{0xcd, 0x34, 0xb2, 0xa1}, 4, SNIFF_UNKNOWN, CONVERT("a modified pcap")},
};

static bool
is_text(const uint8_t *head, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isprint(head[i]) && !isspace(head[i]))
			return false;
	return true;
}

static void
describe(const uint8_t *head, size_t len, char *what_r, size_t size)
{
	if (len == 0)
		snprintf(what_r, size, "the file is empty: not even a capture header");
	else if (is_text(head, len))
		snprintf(what_r, size, "this is text, not a capture file");
	else if (len < 4)
		snprintf(what_r, size,
		    "the file ends after %zu bytes, within its header", len);
	else
		snprintf(what_r, size,
		    "not a pcap or pcapng file: it begins with the bytes %02x %02x "
		    "%02x "
		    "%02x",
		    head[0], head[1], head[2], head[3]);
}

enum sniff_format
sniff(const uint8_t *head, size_t len, char *what_r, size_t size)
{
	for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
		const struct signature *s = &signatures[i];

		if (len < s->len || memcmp(head, s->bytes, s->len) != 0)
			continue;
		if (s->format == SNIFF_UNKNOWN)
			snprintf(what_r, size, "%s", s->what);
		return s->format;
	}
	describe(head, len, what_r, size);
	return SNIFF_UNKNOWN;
}
