/*
 * fuzz_block_msg -- what is said when blocks travel: any bytes are refused or
 * read, and what was read is printed as bytes that are read the same.
 *
 * Byte 0 chooses the message.
 */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "net/msg.h"
#include "store/blockfile.h"
#include "store/mirror.h"
#include "transfer/block_msg.h"

static void
one_ask(const char *p, size_t n, struct arena *a)
{
	struct block_ask ask, again;
	struct text t = { 0 };
	struct err e = { 0 };

	if (block_ask_parse(&ask, p, n, a, &e) < 0) {
		assert(e.code == EXIT_PROTOCOL);
		return;
	}
	block_ask_print(&t, &ask);
	assert(t.n <= n);
	assert(block_ask_parse(&again, t.p, t.n, a, &e) == 0);
	assert(again.id == ask.id && again.dir == ask.dir &&
	    again.job == ask.job && again.stage == ask.stage &&
	    again.list_only == ask.list_only && again.n == ask.n &&
	    again.pack == ask.pack && again.credit == ask.credit);
	for (int i = 0; i < ask.n; i++) {
		const struct block_want *v = &ask.want[i], *w = &again.want[i];

		assert(v->map == w->map && v->attempt == w->attempt &&
		    v->lo == w->lo && v->hi == w->hi && v->first == w->first &&
		    v->count == w->count);
		assert(v->map >= 0 && v->attempt >= 0 && v->lo >= 0 &&
		    v->lo <= v->hi && v->first >= 0 && v->count >= -1);
	}
	text_release(&t);
}

static void
one_part(const char *p, size_t n, struct arena *a)
{
	struct block_piece piece;
	struct text t = { 0 };
	struct err e = { 0 };
	struct msg m;
	uint64_t id;
	int r;

	if (block_part_parse(&m, p, n, &id, &e) < 0)
		return;
	block_part_print(&t, id);
	while ((r = block_piece_parse(&m, &piece, a, &e)) > 0) {
		size_t sum = 0;

		block_piece_print(&t, &piece);
		text_add(&t, piece.p, piece.n);
		for (size_t i = 0; i < piece.n; i++)
			sum += (unsigned char)piece.p[i];
		for (int i = 0; i < piece.nblock; i++)
			assert(piece.listed && piece.block[i].stored <= piece.block[i].raw &&
			    piece.block[i].raw <= BLOCK_MAX &&
			    piece.block[i].stored > 0 &&
			    piece.block[i].at >= 0);
		assert(sum <= 255 * n);
	}
	if (r == 0) {
		size_t first = t.n;

		assert(t.n <= n);
		assert(block_part_parse(&m, t.p, t.n, &id, &e) == 0);
		while ((r = block_piece_parse(&m, &piece, a, &e)) > 0)
			;
		assert(r == 0 && first == t.n);
	}
	text_release(&t);
}

static void
one_lost(const char *p, size_t n, struct arena *a)
{
	struct block_lost l, again;
	struct text t = { 0 };
	struct err e = { 0 };

	if (block_lost_parse(&l, p, n, a, &e) < 0)
		return;
	block_lost_print(&t, &l);
	assert(block_lost_parse(&again, t.p, t.n, a, &e) == 0);
	assert(again.id == l.id && again.want == l.want &&
	    strcmp(again.why, l.why) == 0);
	text_release(&t);
}

static void
one_serve(const char *p, size_t n, struct arena *a)
{
	struct block_serve s, again;
	struct text t = { 0 };
	struct err e = { 0 };

	if (block_serve_parse(&s, p, n, a, &e) < 0)
		return;
	assert(s.path[0] == '/' && s.app[0] && s.dir >= 0);
	block_serve_print(&t, &s);
	assert(block_serve_parse(&again, t.p, t.n, a, &e) == 0);
	assert(again.dir == s.dir && strcmp(again.path, s.path) == 0 &&
	    strcmp(again.app, s.app) == 0 && memcmp(again.key, s.key,
	    sizeof s.key) == 0);
	text_release(&t);
}

static void
one_done(const char *p, size_t n, struct arena *a)
{
	struct err e = { 0 };
	uint64_t id;

	(void)a;
	if (block_done_parse(&id, p, n, &e) < 0)
		assert(e.code == EXIT_PROTOCOL);
}

static void
one_credit(const char *p, size_t n, struct arena *a)
{
	struct block_credit c, again;
	struct text t = { 0 };
	struct err e = { 0 };

	(void)a;
	if (block_credit_parse(&c, p, n, &e) < 0) {
		assert(e.code == EXIT_PROTOCOL);
		return;
	}
	block_credit_print(&t, &c);
	assert(block_credit_parse(&again, t.p, t.n, &e) == 0);
	assert(again.id == c.id && again.bytes == c.bytes &&
	    c.bytes >= 0);
	text_release(&t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static void (*const one[])(const char *, size_t, struct arena *) = {
		one_ask, one_part, one_lost, one_serve, one_done,
		one_credit
	};
	struct arena a = { 0 };

	if (n > 0)
		one[data[0] % 6]((const char *)data + 1, n - 1, &a);
	arena_release(&a);
	return 0;
}
