/* The capture that tallyman-mix writes. */
#include "config.h"

#include "mix.h"

#define START_SECOND 1700000000u /* the time of a mix is fixed, not the clock's */
#define SNAPLEN      262144u

bool
output_open(struct output *out, const char *path)
{
	const uint32_t head[6] = {0xa1b2c3d4, 4u << 16 | 2, 0, 0, SNAPLEN, 1};

	*out = (struct output){.file = fopen(path, "wb")};
	if (out->file == NULL)
		return false;
	setvbuf(out->file, NULL, _IOFBF, 1 << 20);
	fwrite(head, sizeof head, 1, out->file);
	return true;
}

void
output_packet(struct output *out, uint64_t usec, const uint8_t *frame, uint32_t caplen,
    uint32_t len)
{
	const uint32_t head[4] = {START_SECOND + (uint32_t)(usec / 1000000),
	    (uint32_t)(usec % 1000000), caplen, len};

	fwrite(head, sizeof head, 1, out->file);
	fwrite(frame, caplen, 1, out->file);
	if (out->packets++ == 0)
		out->first_usec = usec;
	out->last_usec = usec;
	out->bytes += caplen;
}

bool
output_close(struct output *out)
{
	bool failed = ferror(out->file) != 0;

	return fclose(out->file) == 0 && !failed;
}
