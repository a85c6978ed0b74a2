/*
 * A reader that follows streams by the contract of struct flow_packet, fed with random
 * segments that are split, repeated, reordered and lost: what it puts together must be
 * the bytes that were sent, each in its place, with gaps exactly where it says so.
 */
#include "config.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "flow_script.h"
#include "flow_values.h"

#define STREAM 20000
#define ROUNDS 400

enum {
	UNKNOWN,
	LOST,
	READ,
};

struct reader {
	uint64_t at;             /* settled so far */
	uint8_t content[STREAM]; /* as read */
	uint8_t mark[STREAM];    /* UNKNOWN, LOST or READ */
	uint8_t kept[STREAM];    /* early bytes: 1 where present */
	uint64_t gaps;
};

/* The byte at a place of the stream. */
static uint8_t
byte_at(uint32_t place)
{
	return (uint8_t)hash_mix(place);
}

static void
follow(struct reader *r, const struct packet *p, const struct flow_packet *fp)
{
	assert_true(fp->next >= r->at);
	assert_true(fp->skip + fp->len <= p->payload_len);
	for (uint32_t i = 0; i < fp->len; i++) {
		uint64_t place = fp->pos + i;

		assert_true(place < STREAM);
		assert_true(place >= r->at);
		r->content[place] = p->payload[fp->skip + i];
		r->kept[place] = 1;
	}
	if (fp->len > 0 && fp->early > 0)
		assert_true(fp->pos >= fp->next);
	for (; r->at < fp->next; r->at++)
		r->mark[r->at] = r->kept[r->at] ? READ : LOST;
	r->gaps += fp->gap;
}

struct sender {
	struct script *s;
	uint64_t seed;
	uint32_t isn;
	uint32_t sent;         /* bytes of the stream sent so far */
	bool captured[STREAM]; /* given before the reader was past it */
};

static void
give(struct sender *snd, struct reader *r, uint32_t from, uint32_t len, bool lose)
{
	static uint8_t payload[STREAM];
	struct packet p =
	    script_packet(snd->s, IPPROTO_TCP, "10.0.0.1", 40000, "10.0.0.2", 80);

	if (lose)
		return;
	for (uint32_t i = 0; i < len; i++) {
		payload[i] = byte_at(from + i);
		snd->captured[from + i] |= from + i >= r->at; /* too late else */
	}
	p.tcp.flags = TCP_ACK;
	p.tcp.seq = snd->isn + 1 + from;
	p.tcp.ack = 1;
	p.payload = payload;
	script_payload(&p, len);
	p.payload = payload;
	script_give(snd->s, &p);
	follow(r, &p, &snd->s->last);
}

static void
acknowledge(struct sender *snd, uint32_t upto)
{
	struct packet p =
	    script_packet(snd->s, IPPROTO_TCP, "10.0.0.2", 80, "10.0.0.1", 40000);

	p.tcp.flags = TCP_ACK;
	p.tcp.seq = 1;
	p.tcp.ack = snd->isn + 1 + upto;
	script_give(snd->s, &p);
	assert_int_equal(snd->s->last.len, 0);
}

static void
open_connection(struct sender *snd)
{
	struct packet p =
	    script_packet(snd->s, IPPROTO_TCP, "10.0.0.1", 40000, "10.0.0.2", 80);

	p.tcp.flags = TCP_SYN;
	p.tcp.seq = snd->isn;
	script_give(snd->s, &p);
	p = script_packet(snd->s, IPPROTO_TCP, "10.0.0.2", 80, "10.0.0.1", 40000);
	p.tcp.flags = TCP_SYN | TCP_ACK;
	p.tcp.ack = snd->isn + 1;
	script_give(snd->s, &p);
}

/* A burst: new segments, some lost to the capture, some swapped, some again. */
static void
burst(struct sender *snd, struct reader *r, unsigned trouble)
{
	uint32_t start[4], len[4];
	unsigned n = 1 + (unsigned)(next_random(&snd->seed) % 4),
		 order[4] = {0, 1, 2, 3};

	for (unsigned i = 0; i < n; i++) {
		start[i] = snd->sent;
		len[i] = 1 + (uint32_t)(next_random(&snd->seed) % 60);
		snd->sent += len[i];
	}
	for (unsigned i = 0; i + 1 < n; i++) {
		if (next_random(&snd->seed) % 100 < trouble) {
			unsigned swap = order[i];

			order[i] = order[i + 1];
			order[i + 1] = swap;
		}
	}
	for (unsigned i = 0; i < n; i++) {
		unsigned k = order[i];

		give(snd, r, start[k], len[k],
		    next_random(&snd->seed) % 100 < trouble / 4);
		if (next_random(&snd->seed) % 100 < trouble && start[k] > 40)
			give(snd, r, start[k] - 40,
			    20 + (uint32_t)(next_random(&snd->seed) % 20) + len[k],
			    false);
	}
	if (next_random(&snd->seed) % 3 == 0)
		acknowledge(snd, snd->sent);
}

static void
check(const struct sender *snd, const struct reader *r, bool exact)
{
	uint64_t lost = 0, never = 0;

	for (uint64_t i = 0; i < r->at; i++) {
		assert_int_not_equal(r->mark[i], UNKNOWN);
		never += !snd->captured[i];
		lost += r->mark[i] == LOST;
		if (r->mark[i] == READ)
			assert_int_equal(r->content[i], byte_at((uint32_t)i));
		else if (exact)
			assert_false(snd->captured[i]);
	}
	if (exact) {
		assert_int_equal(lost, r->gaps);
		assert_int_equal(lost, never);
	}
}

static void
run(struct script *s, uint64_t seed, unsigned trouble)
{
	static struct reader r;
	static struct sender snd;

	memset(&r, 0, sizeof r);
	memset(&snd, 0, sizeof snd);
	snd.s = s;
	snd.seed = seed;
	snd.isn = (uint32_t)hash_mix(seed);
	script_init(s, NULL);
	open_connection(&snd);
	while (snd.sent + 300 < STREAM)
		burst(&snd, &r, trouble);
	acknowledge(&snd, snd.sent);
	give(&snd, &r, snd.sent, 1, false);
	assert_int_equal(r.at, snd.sent + 1);
	check(&snd, &r, trouble <= 4);
	script_fini(s);
	if (trouble == 0) {
		assert_int_equal(script_find(s, 'X')->side[0].missed_bytes, 0);
		assert_int_equal(script_find(s, 'X')->side[0].retransmitted_bytes, 0);
	}
	if (trouble <= 4)
		assert_int_equal(script_find(s, 'X')->side[0].missed_bytes, r.gaps);
	assert_int_equal(script_find(s, 'X')->anomalies, 0);
}

static void
test_reader(void **state)
{
	static const unsigned trouble[] = {0, 2, 4, 20, 60};

	for (size_t k = 0; k < LENGTH(trouble); k++) {
		for (uint64_t i = 0; i < ROUNDS; i++)
			run(*state, k << 32 | i, trouble[k]);
	}
}

static int
setup(void **state)
{
	static struct script script;

	*state = &script;
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reader),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
