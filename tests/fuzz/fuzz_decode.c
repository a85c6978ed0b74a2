/*
 * The decoder on arbitrary bytes. The first byte is the link type (255 stands for
 * SLL2's 276), the second what the capture says of the frame: how much the snap length
 * cut off, the length of the frame check sequence, the direction. The rest is the
 * frame.
 *
 * tests/decode/shapes_write makes such files of the packets in shapes.tsv.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/describe.h"
#include "decode/invariants.h"
#include "tallyman/capture.h"
#include "tallyman/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint32_t cut_off[8] = {0, 0, 1, 4, 20, 60, 1400, 70000};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame frame = {0};
	struct packet p;
	char text[DESCRIBE_MAX];
	const char *broken;
	uint8_t *bytes;

	if (size < 2)
		return 0;
	/* Memory of just the frame's size, so that an overread is seen. */
	bytes = malloc(size - 2);
	memcpy(bytes, data + 2, size - 2);
	frame.linktype = data[0] == 255 ? 276 : data[0];
	frame.caplen = (uint32_t)size - 2;
	frame.len = frame.caplen + cut_off[data[1] & 7];
	frame.fcs_len = (data[1] >> 3 & 3) * 2;
	frame.direction = data[1] >> 5 & 3;
	frame.data = bytes;
	memset(&p, data[1], sizeof p);
	decode_frame(&frame, &p);
	describe_packet(&p, text);
	broken = invariant_broken(&frame, &p);
	if (broken != NULL) {
		fprintf(stderr, "not so: %s: %s\n", broken, text);
		abort();
	}
	free(bytes);
	return 0;
}
