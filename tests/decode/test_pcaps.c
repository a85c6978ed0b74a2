/*
 * Every distinct packet shape of the captures in pcaps/, cut at every length. Two
 * packets have the same shape when the decoder took the same way through them.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "invariants.h"
#include "shapes.h"
#include "support/frames.h"
#include "tallyman/decode.h"
#include "tallyman/hash.h"

#define SHAPES_MAX (1 << 16)

struct seen {
	uint64_t hashes[SHAPES_MAX]; /* 0: free */
	size_t n;
};

static uint8_t
log2_of(uint32_t n)
{
	uint8_t log = 0;

	for (; n > 0; n >>= 1)
		log++;
	return log;
}

/* What tells shapes apart. */
static uint64_t
shape_of(const struct frame *frame, const struct packet *p)
{
	uint32_t key[24] = {frame->linktype, p->result, p->reason, p->reason_number,
	    p->n_vlans, p->n_tunnels, p->proto, p->src.family, p->fragment,
	    p->more_fragments, p->frag_offset != 0, p->has_l4, p->way,
	    log2_of(p->payload_len), p->payload_cap != p->payload_len,
	    p->l3_cap != p->l3_len, (uint32_t)p->anomalies,
	    (uint32_t)(p->anomalies >> 32)};
	int n = 18;

	for (int i = 0; i < DECODE_TUNNEL_MAX; i++)
		key[n++] = p->tunnels[i].type;
	if (p->result == DECODE_IP && p->has_l4 && p->proto == 6)
		key[n++] = p->tcp.flags;
	if (p->result == DECODE_IP && p->has_l4 && (p->proto == 1 || p->proto == 58))
		key[n++] = (uint32_t)p->icmp.type << 8 | p->icmp.code;
	return hash_fixed(key, sizeof key) | 1;
}

/* True when the shape is new. */
static bool
remember(struct seen *seen, uint64_t hash)
{
	size_t at = hash % SHAPES_MAX;

	while (seen->hashes[at] != 0 && seen->hashes[at] != hash)
		at = (at + 1) % SHAPES_MAX;
	if (seen->hashes[at] == hash)
		return false;
	seen->hashes[at] = hash;
	assert_true(++seen->n < SHAPES_MAX / 2);
	return true;
}

static int
check_frame(const char *path, const struct frame *frame, struct seen *seen)
{
	const char *broken;
	struct packet p;
	unsigned at = frame->caplen;

	decode_frame(frame, &p);
	broken = invariant_broken(frame, &p);
	if (broken == NULL && remember(seen, shape_of(frame, &p)))
		broken = invariant_truncated(frame, &at);
	if (broken == NULL)
		return 0;
	print_error("%s: packet %llu cut at %u: not so: %s\n", path,
	    (unsigned long long)frame->number, at, broken);
	return 1;
}

static int
check_file(const char *path, struct seen *seen)
{
	struct frames frames;
	int wrong = 0;

	frames_load(&frames, path);
	for (size_t i = 0; i < frames.n; i++)
		wrong += check_frame(path, &frames.list[i], seen);
	frames_free(&frames);
	return wrong;
}

static void
test_pcaps(void **state)
{
	struct seen *seen = calloc(1, sizeof *seen);
	char pattern[512];
	glob_t files;
	int wrong = 0;

	(void)state;
	assert_non_null(seen);
	if (glob(shapes_source_path("pcaps/*.pcap*", pattern), 0, NULL, &files) != 0) {
		print_message("skipped: no captures at %s\n", pattern);
		free(seen);
		skip();
	}
	for (size_t i = 0; i < files.gl_pathc; i++)
		wrong += check_file(files.gl_pathv[i], seen);
	print_message("# %zu shapes in %zu files\n", seen->n, files.gl_pathc);
	globfree(&files);
	free(seen);
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pcaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
