/*
 * lines_read -- the rows of partitions to a descriptor, see shuffle_lines.h.
 *
 * Threads take the blocks by turns, check and expand them side by side, and
 * wait for their turn to write: the output is in order, and what is written
 * has been verified.
 */
#include "store/shuffle_lines.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fail.h"
#include "base/opt.h"

struct piece {                  /* a block to give out */
	const struct shuffle_map *map;
	const struct block *block;
};

struct reading {
	struct piece *piece;
	uint64_t n, next, turn;         /* to be taken, to be written */
	int fd, failed;
	struct err err;
	pthread_mutex_t lock;
	pthread_cond_t turned;
};

static int
write_all(int fd, const char *p, size_t n, struct err *e)
{
	while (n > 0) {
		ssize_t r = fail_here("shuffle.output") < 0 ? -1 :
		    write(fd, p, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return err_sys(e, "could not write the output");
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

static void
fail(struct reading *r, const struct err *e)
{
	if (!r->failed)
		r->err = *e;
	r->failed = 1;
	pthread_cond_broadcast(&r->turned);
}

/* Takes a piece and writes it in its turn; 0 at the end. */
static int
one_piece(struct reading *r, struct arena *a)
{
	struct err e = { 0 };
	const struct piece *k;
	const char *p;
	uint64_t number;
	int bad;

	pthread_mutex_lock(&r->lock);
	number = r->next++;
	pthread_mutex_unlock(&r->lock);
	if (number >= r->n)
		return 0;
	k = &r->piece[number];
	bad = block_read(k->map->fd, k->block, a, &p, &e);
	if (bad < 0)
		err_ctx(&e, "%s", k->map->path);
	pthread_mutex_lock(&r->lock);
	while (r->turn != number && !r->failed)
		pthread_cond_wait(&r->turned, &r->lock);
	if (r->failed) {
		pthread_mutex_unlock(&r->lock);
		return 0;
	}
	/* The turn is ours until it is given on: write without the lock. */
	pthread_mutex_unlock(&r->lock);
	if (bad >= 0)
		bad = write_all(r->fd, p, k->block->raw, &e);
	pthread_mutex_lock(&r->lock);
	if (bad < 0)
		fail(r, &e);
	r->turn++;
	pthread_cond_broadcast(&r->turned);
	pthread_mutex_unlock(&r->lock);
	return bad >= 0;
}

static void *
work(void *arg)
{
	struct arena a = { 0 };

	while (one_piece(arg, &a))
		arena_reset(&a);
	arena_release(&a);
	return NULL;
}

static void
run(struct reading *r, int threads)
{
	pthread_t *t = xcalloc((size_t)threads, sizeof *t);
	int started = 1;

	while (started < threads && (uint64_t)started * 8 < r->n &&
	    pthread_create(&t[started], NULL, work, r) == 0)
		started++;
	work(r);
	for (int i = 1; i < started; i++)
		pthread_join(t[i], NULL);
	free(t);
}

int
lines_read(const struct shuffle_maps *m, const uint32_t *part, int npart,
    int fd, int threads, struct err *e)
{
	struct reading r = { .fd = fd };

	for (int i = 0; i < m->n; i++)
		if (m->v[i].index.kind != SHUFFLE_LINES)
			return err_user(e, EXIT_DATA, "\"%s\" holds columns of "
			    "a plan, not lines", m->v[i].path);
	for (int i = 0; i < m->n; i++)
		for (int k = 0; k < npart; k++)
			r.n += m->v[i].index.part[part[k]].nblock;
	r.piece = xcalloc(r.n + 1, sizeof *r.piece);
	r.n = 0;
	for (int k = 0; k < npart; k++)
		for (int i = 0; i < m->n; i++) {
			const struct shuffle_index *x = &m->v[i].index;
			const struct shuffle_part *p = &x->part[part[k]];

			for (uint64_t b = 0; b < p->nblock; b++)
				r.piece[r.n++] = (struct piece){ &m->v[i],
				    &x->block[p->first + b] };
		}
	pthread_mutex_init(&r.lock, NULL);
	pthread_cond_init(&r.turned, NULL);
	run(&r, threads);
	pthread_cond_destroy(&r.turned);
	pthread_mutex_destroy(&r.lock);
	free(r.piece);
	if (r.failed)
		*e = r.err;
	return r.failed ? e->kind : 0;
}

static int
one_range(const char *s, uint32_t npart, long long *lo, long long *hi,
    struct err *e)
{
	char low[24] = "";
	const char *dash = strchr(s, '-');

	if (dash == NULL) {
		TRY(opt_number(s, 0, (long long)npart - 1, lo, e));
		*hi = *lo;
		return 0;
	}
	if ((size_t)(dash - s) < sizeof low)
		memcpy(low, s, (size_t)(dash - s));
	TRY(opt_number(low, 0, (long long)npart - 1, lo, e));
	return opt_number(dash + 1, *lo, (long long)npart - 1, hi, e);
}

int
lines_parts(struct arena *a, const char *list, uint32_t npart,
    uint32_t **part, struct err *e)
{
	char *s = arena_strdup(a, list);
	int n = 0, cap = 0;

	*part = NULL;
	for (char *next; s; s = next) {
		long long lo, hi;

		next = strchr(s, ',');
		if (next)
			*next++ = '\0';
		if (one_range(s, npart, &lo, &hi, e) < 0)
			return err_ctx(e, "partitions \"%s\"", list);
		for (; lo <= hi; lo++) {
			ARENA_GROW(a, *part, n, cap);
			(*part)[n++] = (uint32_t)lo;
		}
	}
	return n;
}
