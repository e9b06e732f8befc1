/*
 * block_msg -- see block_msg.h.
 */
#include "transfer/block_msg.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "net/msg.h"
#include "store/mirror.h"
#include "store/shuffle.h"

enum { BLOCK_LEAST = 4 + 8, WANT_LEAST = 6 };   /* bytes of one in a message */

static int
malformed(struct err *e, const char *what)
{
	return err_user(e, EXIT_PROTOCOL, "a malformed message: %s", what);
}

/* A number up to max. */
static int
get_upto(struct msg *m, uint64_t max)
{
	uint64_t v = msg_get_u64(m);

	if (v > max)
		m->bad = true;
	return m->bad ? 0 : (int)v;
}

void
block_ask_print(struct text *to, const struct block_ask *ask)
{
	msg_u64(to, ask->id);
	msg_u64(to, (uint64_t)ask->dir);
	msg_u64(to, (uint64_t)ask->job);
	msg_u64(to, (uint64_t)ask->stage);
	msg_u64(to, (unsigned)ask->list_only | (unsigned)ask->pack << 1);
	msg_u64(to, (uint64_t)ask->credit);
	msg_u64(to, (uint64_t)ask->n);
	for (int i = 0; i < ask->n; i++) {
		const struct block_want *w = &ask->want[i];

		msg_u64(to, (uint64_t)w->map);
		msg_u64(to, (uint64_t)w->attempt);
		msg_u64(to, (uint64_t)w->lo);
		msg_u64(to, (uint64_t)w->hi);
		msg_u64(to, (uint64_t)w->first);
		msg_u64(to, (uint64_t)(w->count + 1));
	}
}

static void
get_want(struct msg *m, struct block_want *w)
{
	w->map = get_upto(m, INT32_MAX);
	w->attempt = get_upto(m, INT32_MAX);
	w->lo = get_upto(m, SHUFFLE_PARTS_MAX);
	w->hi = get_upto(m, SHUFFLE_PARTS_MAX);
	w->first = get_upto(m, INT32_MAX);
	w->count = get_upto(m, INT32_MAX) - 1;
	w->place = 0;
	if (w->lo > w->hi)
		m->bad = true;
}

int
block_ask_parse(struct block_ask *ask, const char *body, size_t n,
    struct arena *a, struct err *e)
{
	struct msg m;
	int flags;

	msg_init(&m, body, n);
	ask->id = msg_get_u64(&m);
	ask->dir = get_upto(&m, INT32_MAX);
	ask->job = get_upto(&m, INT32_MAX);
	ask->stage = get_upto(&m, INT32_MAX);
	flags = get_upto(&m, 3);
	ask->list_only = flags & 1;
	ask->pack = flags >> 1;
	ask->credit = get_upto(&m, INT32_MAX);
	ask->n = msg_get_items(&m, WANT_LEAST, ASK_WANTS_MAX);
	if (m.bad)
		return malformed(e, "what is asked for");
	ask->want = NEW_N(a, struct block_want, ask->n + 1);
	for (int i = 0; i < ask->n; i++)
		get_want(&m, &ask->want[i]);
	return msg_ended(&m) ? 0 : malformed(e, "what is asked for");
}

void
block_credit_print(struct text *to, const struct block_credit *c)
{
	msg_u64(to, c->id);
	msg_u64(to, (uint64_t)c->bytes);
}

int
block_credit_parse(struct block_credit *c, const char *body, size_t n,
    struct err *e)
{
	struct msg m;

	msg_init(&m, body, n);
	c->id = msg_get_u64(&m);
	c->bytes = get_upto(&m, INT32_MAX);
	return msg_ended(&m) ? 0 : malformed(e, "a credit");
}

void
block_part_print(struct text *to, uint64_t id)
{
	msg_u64(to, id);
}

void
block_piece_print(struct text *to, const struct block_piece *piece)
{
	msg_u64(to, (uint64_t)piece->want);
	msg_u64(to, (unsigned)piece->listed + piece->more);
	if (piece->listed) {
		msg_u64(to, (uint64_t)piece->nblock);
		msg_u64(to, piece->nblock ? (uint64_t)piece->block[0].at : 0);
	}
	for (int i = 0; piece->listed && i < piece->nblock; i++) {
		const struct block *b = &piece->block[i];

		msg_u64(to, b->part);
		msg_u64(to, b->rows);
		msg_u64(to, b->raw);
		msg_u64(to, b->stored);
		msg_fix64(to, b->sum);
	}
	msg_u64(to, piece->n);
}

int
block_part_parse(struct msg *m, const char *body, size_t n, uint64_t *id,
    struct err *e)
{
	msg_init(m, body, n);
	*id = msg_get_u64(m);
	return m->bad ? malformed(e, "blocks") : 0;
}

static void
get_list(struct msg *m, struct block_piece *piece, struct arena *a)
{
	size_t n = msg_get_count(m, BLOCK_LEAST);
	int64_t at = (int64_t)(msg_get_u64(m) & INT64_MAX >> 1);

	if (m->bad)
		return;
	piece->nblock = (int)n;
	piece->block = NEW_N(a, struct block, n + 1);
	for (size_t i = 0; i < n && !m->bad; i++) {
		struct block *b = &piece->block[i];

		b->at = at;
		b->part = (uint32_t)get_upto(m, SHUFFLE_PARTS_MAX - 1);
		b->rows = (uint32_t)get_upto(m, INT32_MAX);
		b->raw = (uint32_t)get_upto(m, BLOCK_MAX);
		b->stored = (uint32_t)get_upto(m, b->raw);
		b->sum = msg_get_fix64(m);
		at += BLOCK_HEAD + (int64_t)b->stored;
		if (b->stored == 0)
			m->bad = true;
	}
}

int
block_piece_parse(struct msg *m, struct block_piece *piece, struct arena *a,
    struct err *e)
{
	int list;

	*piece = (struct block_piece){ 0 };
	if (!m->bad && m->p == m->end)
		return 0;
	piece->want = get_upto(m, ASK_WANTS_MAX - 1);
	list = get_upto(m, 2);
	piece->listed = list > 0;
	piece->more = list == 2;
	if (piece->listed)
		get_list(m, piece, a);
	if (piece->more && piece->nblock == 0)
		m->bad = true;
	piece->p = msg_get_str(m, &piece->n);
	return m->bad ? malformed(e, "blocks") : 1;
}

void
block_done_print(struct text *to, uint64_t id)
{
	msg_u64(to, id);
}

int
block_done_parse(uint64_t *id, const char *body, size_t n, struct err *e)
{
	struct msg m;

	msg_init(&m, body, n);
	*id = msg_get_u64(&m);
	return msg_ended(&m) ? 0 : malformed(e, "the end of blocks");
}

void
block_lost_print(struct text *to, const struct block_lost *l)
{
	msg_u64(to, l->id);
	msg_u64(to, (uint64_t)l->want);
	msg_cstr(to, l->why);
}

int
block_lost_parse(struct block_lost *l, const char *body, size_t n,
    struct arena *a, struct err *e)
{
	struct msg m;

	msg_init(&m, body, n);
	l->id = msg_get_u64(&m);
	l->want = get_upto(&m, ASK_WANTS_MAX - 1);
	l->why = msg_get_cstr(&m, a);
	if (!msg_ended(&m) || l->why == NULL)
		return malformed(e, "a map that is lost");
	return 0;
}

void
block_serve_print(struct text *to, const struct block_serve *s)
{
	msg_cstr(to, s->app);
	msg_str(to, (const char *)s->key, sizeof s->key);
	msg_u64(to, (uint64_t)s->dir);
	msg_cstr(to, s->path);
}

int
block_serve_parse(struct block_serve *s, const char *body, size_t n,
    struct arena *a, struct err *e)
{
	struct msg m;
	const char *key;
	size_t nkey = 0;

	msg_init(&m, body, n);
	s->app = msg_get_cstr(&m, a);
	key = msg_get_str(&m, &nkey);
	s->dir = get_upto(&m, INT32_MAX);
	s->path = msg_get_cstr(&m, a);
	if (!msg_ended(&m) || nkey != sizeof s->key || s->app == NULL ||
	    s->path == NULL || s->app[0] == '\0' || s->path[0] != '/')
		return malformed(e, "a directory to serve");
	memcpy(s->key, key, sizeof s->key);
	return 0;
}
