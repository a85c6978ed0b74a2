/*
 * SCTP (RFC 9260): the common header and the rules that hold for every chunk. The
 * first chunk's type says what the packet is for; payload is all chunks.
 */
#include "config.h"

#include "checksum.h"
#include "l4.h"

#define SCTP_HEADER  12
#define CHUNK_HEADER 4
#define CHUNKS_MAX   64
#define NO_CHUNK     255
#define CHECKSUM_MAX 2048

enum {
	CHUNK_INIT = 1,
};

/* Every chunk says its length; INIT goes alone, and it alone without a tag. */
static void
check_chunks(struct decoder *d)
{
	struct cursor c = d->c;
	const uint8_t *h;

	if (cursor_lacks(&c, CHUNK_HEADER))
		l4_short(d, ANOMALY_SCTP_BAD);
	for (int n = 0; n < CHUNKS_MAX; n++) {
		uint32_t len;

		h = cursor_peek(&c, CHUNK_HEADER);
		if (h == NULL)
			return;
		len = be16(h + 2);
		if (len < CHUNK_HEADER || (len > c.left && !d->p->fragment) ||
		    (h[0] == CHUNK_INIT && (n > 0 || c.left > ((len + 3) & ~3U)))) {
			flag(d, ANOMALY_SCTP_BAD);
			return;
		}
		cursor_skip(&c, (len + 3) & ~3U);
	}
}

/* The checksum is little endian, and 0 where the network card was to fill it in. */
static void
check_crc(struct decoder *d)
{
	static const uint8_t zero[4];
	const uint8_t *h = d->c.pos;
	uint32_t len = d->c.left, crc;

	if (d->p->fragment || len < SCTP_HEADER || len > cursor_cap(&d->c) ||
	    len > CHECKSUM_MAX || le32(h + 8) == 0)
		return;
	crc = checksum_crc32c(0, h, 8);
	crc = checksum_crc32c(crc, zero, 4);
	crc = checksum_crc32c(crc, h + SCTP_HEADER, len - SCTP_HEADER);
	if (crc != le32(h + 8))
		flag(d, ANOMALY_L4_CHECKSUM);
}

void
layer_sctp(struct decoder *d, uint32_t number)
{
	struct packet *p = d->p;
	const uint8_t *h, *chunk;

	(void)number;
	l4_ports(d, ANOMALY_SCTP_BAD);
	check_crc(d);
	h = l4_pull(d, SCTP_HEADER);
	if (h == NULL)
		return;
	p->has_l4 = true;
	p->sctp.vtag = be32(h + 4);
	chunk = cursor_peek(&d->c, CHUNK_HEADER);
	p->sctp.chunk = chunk != NULL ? chunk[0] : NO_CHUNK;
	if (chunk != NULL && (p->sctp.vtag == 0) != (chunk[0] == CHUNK_INIT))
		flag(d, ANOMALY_SCTP_BAD);
	check_chunks(d);
	l4_set_payload(d);
}
