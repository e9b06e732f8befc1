/*
 * join_shared -- a broadcast build side, made once a stage by all its tasks.
 *
 * The rows lie in an exchange whose size is known, so every chunk has its
 * place in the build before one is read: tasks that come by take chunks from
 * a list and pack them, then regions of the directory and link them, until
 * all is done; nobody waits for a thread that has nothing to do.  The result
 * does not depend on who did what.
 *
 * When the pool has no room for it the build is not made: each task then
 * joins in passes (join.c).
 */
#include <stdlib.h>

#include "column/wire.h"
#include "exec/join.h"

#define FORCED_ROWS 40          /* SP_FORCE=spill: larger ones do not fit */
#define ROW_LINKS 14            /* bytes of the directory for a row, about */
#define REGIONS_MAX 8
#define LINK_ALONE 50000        /* rows that one thread links */

struct unit {                   /* one chunk of the exchange */
	int map, part, chunk;
	int64_t from;               /* its first row in the build */
};

struct shared_build {
	struct build b;
	struct exchange *x;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	enum { SHARED_FILL, SHARED_LINK, SHARED_DONE, SHARED_TOO_LARGE } phase;
	struct unit *unit;
	int nunit, nregion;
	bool in_order;                  /* one thread must fill: it is nested */
	int next, busy;                 /* work not yet begun; under way */
	struct err err;
	int code;                       /* of the first failure */
};

static void
shared_free(void *state)
{
	struct shared_build *s = state;

	build_release(&s->b);
	free(s->unit);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->wake);
	free(s);
}

static void
list_units(struct shared_build *s)
{
	int nmap = exchange_nmap(s->x), npart = exchange_npart(s->x), cap = 0;
	int64_t from = 0;

	for (int p = 0; p < npart; p++)
		for (int m = 0; m < nmap; m++)
			for (int i = 0; i < exchange_nchunk(s->x, m, p); i++) {
				if (s->nunit == cap) {
					cap = cap ? 2 * cap : 64;
					s->unit = xrealloc(s->unit,
					    (size_t)cap * sizeof *s->unit);
				}
				s->unit[s->nunit++] = (struct unit){ m, p, i,
				    from };
				from += exchange_chunk_rows(s->x, m, p, i);
			}
}

static int
shared_make(struct task *t, const struct node *n, void **state,
    struct err *e)
{
	struct join *j = t->making;
	struct shared_build *s = xcalloc(1, sizeof *s);
	const struct node *read = n->kid[1];
	struct exchange_size size;
	int64_t bytes;
	int r;

	*state = s;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->wake, NULL);
	s->x = task_stage(t, read->u.read.stage[0])->exchange;
	/* Not given back: what is built may look into it. */
	r = exchange_require(s->x, 0, exchange_npart(s->x), &t->lost, e);
	if (r < 0) {
		shared_free(s);
		return r;
	}
	size = exchange_total(s->x);
	build_init(&s->b, &t->env->pool, j->out.rtype, j->out.nr, j->out.nkey,
	    j->source);
	s->b.stable = true;
	bytes = size.rows * (s->b.stride + (j->out.nkey ? ROW_LINKS : 0));
	if (!exchange_in_memory(s->x))
		bytes += size.bytes;    /* strings are copied */
	if (size.rows > INT32_MAX - 2 * BATCH_ROWS ||
	    (t->env->force_spill && size.rows > FORCED_ROWS) ||
	    !pool_try(s->b.pool, bytes)) {
		s->phase = SHARED_TOO_LARGE;
		return 0;
	}
	s->b.charged = bytes;
	for (int c = 0; c < j->out.nr + j->out.nkey; c++)
		s->in_order |= type_is_nested(j->out.rtype[c]);
	build_reserve(&s->b, size.rows);
	list_units(s);
	s->nregion = s->b.n < LINK_ALONE ? 1 : t->env->threads < REGIONS_MAX ?
	    t->env->threads : REGIONS_MAX;
	return 0;
}

static int
fill_unit(struct join *j, struct shared_build *s, const struct unit *u,
    struct build_heap *heap, struct key_range *range, struct err *e)
{
	struct column *col = j->out.pair;
	struct arena a;
	struct batch all, rows = { .col = col };
	int r, n;

	arena_init(&a);
	r = exchange_chunk(s->x, u->map, u->part, u->chunk, &a, &all, e);
	for (int at = 0; r >= 0 && at < all.nrow; at += n) {
		n = all.nrow - at < BATCH_ROWS ? all.nrow - at : BATCH_ROWS;
		wire_slice(&all, at, n, &rows, &a);
		r = join_keys_of(j, j->rprog, &rows, e);
		if (r >= 0)
			build_put(&s->b, u->from + at, &rows, j->key, j->hash,
			    heap, range);
	}
	arena_release(&a);
	return r;
}

/* A piece of work of the phase, outside the lock. */
static int
work(struct join *j, struct shared_build *s, int k, struct build_heap *heap,
    struct key_range *range, struct err *e)
{
	if (s->phase == SHARED_LINK) {
		build_link(&s->b, k, s->nregion);
		return 0;
	}
	if (!s->in_order)
		return fill_unit(j, s, &s->unit[k], heap, range, e);
	for (int i = 0; i < s->nunit; i++)
		TRY(fill_unit(j, s, &s->unit[i], heap, range, e));
	return 0;
}

static int
work_count(const struct shared_build *s)
{
	return s->phase == SHARED_LINK ? s->nregion : s->in_order ? 1 :
	    s->nunit;
}

/* Rows without strings and lists do not look back to the exchange. */
static void
drop_exchange(struct shared_build *s)
{
	for (int c = 0; c < s->b.ncol + s->b.nkey; c++)
		if (type_is_bytes(s->b.type[c]) ||
		    type_is_nested(s->b.type[c]))
			return;
	exchange_drop(s->x, 0, exchange_npart(s->x));
}

/* The phase's work is done: on to the next one. */
static void
advance(struct shared_build *s)
{
	while (s->phase < SHARED_DONE && s->code >= 0 &&
	    s->next == work_count(s) && s->busy == 0) {
		if (s->phase == SHARED_FILL) {
			drop_exchange(s);
			build_begin_link(&s->b);
		}
		s->phase++;
		s->next = 0;
	}
	pthread_cond_broadcast(&s->wake);
}

static void
one_piece(struct join *j, struct shared_build *s, struct build_heap *heap)
{
	struct key_range range = { 0 };
	struct err e;
	int k = s->next++, r;

	s->busy++;
	pthread_mutex_unlock(&s->lock);
	r = work(j, s, k, heap, &range, &e);
	pthread_mutex_lock(&s->lock);
	s->busy--;
	key_range_add(&s->b.range, &range);
	if (r < 0 && s->code >= 0) {
		s->code = r;
		s->err = e;
	}
	advance(s);
}

/* Takes part in the work until all of it is done. */
static int
help(struct join *j, struct shared_build *s, struct err *e)
{
	struct build_heap *heap = NULL;
	int r;

	pthread_mutex_lock(&s->lock);
	if (s->phase < SHARED_DONE)
		advance(s);             /* there may be nothing to do */
	while (s->phase < SHARED_DONE && s->code >= 0) {
		if (s->next == work_count(s)) {
			pthread_cond_wait(&s->wake, &s->lock);
			continue;
		}
		if (heap == NULL) {
			heap = xcalloc(1, sizeof *heap);
			heap->next = s->b.heap;
			s->b.heap = heap;
		}
		one_piece(j, s, heap);
	}
	r = s->code < 0 ? s->code : s->phase == SHARED_DONE;
	if (r < 0)
		*e = s->err;
	pthread_mutex_unlock(&s->lock);
	return r;
}

int
join_shared_build(struct join *j, struct err *e)
{
	struct task *t = j->op.task;
	struct shared_build *s;
	void *state;
	int r;

	t->making = j;
	TRY(task_shared(t, j->op.node, shared_make, shared_free, &state, e));
	s = state;
	r = help(j, s, e);
	if (r > 0) {
		j->build = &s->b;
		j->out.right_any = s->b.n > 0;
		j->out.right_null = s->b.no_key != NULL;
	}
	return r;
}
