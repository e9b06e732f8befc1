/*
 * lines_write -- lines to one map of a shuffle, see shuffle_lines.h.
 *
 * A thread scatters a stretch (lines_input.h) chunk by chunk into segments
 * (lines_scatter.h), waits for its turn to reserve room for their blocks in
 * the file, and then sums and writes some of them at a time, while they are
 * in its cache.  A stretch is long enough for blocks of SHARE bytes when the
 * lines are spread evenly, but at most STRETCH_MAX.
 *
 * zstd makes blocks before their place is known; 100-byte lines of random
 * letters shrink to three quarters at a third of the speed (500 MB, 200
 * partitions: 2.0 s of processor time instead of 0.6 s).  So it is off unless
 * asked for.
 */
#include "store/shuffle_lines.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "store/lines_input.h"
#include "store/lines_scatter.h"

#define SHARE ((size_t)64 << 10)
#define STRETCH_MIN ((size_t)2 << 20)
#define STRETCH_MAX ((size_t)64 << 20)
#define BATCH ((size_t)256 << 10)       /* bytes summed, then written */

enum { BATCH_BLOCKS = 64 };

/* What all threads share; turns are taken in order of stretches. */
struct writing {
	const struct lines_conf *conf;
	struct shuffle_writer *out;
	struct lines_input *input;
	size_t stretch;
	pthread_mutex_t lock;           /* of the rest, and of out */
	pthread_cond_t turned;
	uint64_t turn;                  /* stretch whose blocks come next */
	int failed;
	struct err err;
};

/* What one thread works on. */
struct worker {
	struct writing *w;
	pthread_t thread;
	struct stretch in;
	struct scatter *lines;
	char *packed;                   /* blocks, when zstd makes them */
	size_t packed_cap;
	struct block *block;            /* of the stretch */
	int block_cap;
};

static int
read_lines(struct worker *k, struct err *e)
{
	const char *p, *bad;
	size_t n;
	int r;

	while ((r = stretch_lines(k->w->input, &k->in, &p, &n, e)) > 0) {
		bad = scatter_lines(k->lines, p, n);
		if (bad)
			return line_too_long(k->in.at + (bad - k->in.buf),
			    k->w->conf->line_max, e);
	}
	return r;
}

/* Blocks of n segments, places from 0; returns their bytes. */
static size_t
list_blocks(struct worker *k, const struct segment *v, int n)
{
	size_t at = 0;

	for (int i = 0; i < n; i++) {
		k->block[i] = (struct block){ .at = (int64_t)at,
		    .part = v[i].part, .rows = v[i].rows,
		    .raw = (uint32_t)v[i].n, .stored = (uint32_t)v[i].n };
		at += BLOCK_HEAD + v[i].n;
	}
	return at;
}

/* The same packed by zstd. */
static size_t
pack_blocks(struct worker *k, const struct segment *v, int n)
{
	size_t at = 0, bound = 0;

	for (int i = 0; i < n; i++)
		bound += block_bound(v[i].n);
	if (bound > k->packed_cap) {
		free(k->packed);
		k->packed = xmalloc(bound);
		k->packed_cap = bound;
	}
	for (int i = 0; i < n; i++) {
		struct block *b = &k->block[i];

		*b = (struct block){ .at = (int64_t)at, .part = v[i].part,
		    .rows = v[i].rows };
		at += block_pack(k->packed + at, v[i].p, v[i].n, BLOCK_ZSTD,
		    b);
	}
	return at;
}

/* Makes heads of blocks and writes them, some at a time. */
static int
write_blocks(struct worker *k, const struct segment *v, int n, struct err *e)
{
	struct iovec io[BATCH_BLOCKS];

	for (int i = 0; i < n;) {
		int64_t at = k->block[i].at;
		size_t size = 0;
		int m = 0;

		for (; i < n && m < BATCH_BLOCKS && size < BATCH; i++, m++) {
			char *p = v[i].p - BLOCK_HEAD;

			io[m].iov_base = p;
			io[m].iov_len = block_pack(p, v[i].p, v[i].n,
			    BLOCK_RAW, &k->block[i]);
			size += io[m].iov_len;
		}
		TRY(shuffle_write(k->w->out, io, m, at, e));
	}
	return 0;
}

/* Finds a place for the blocks in the turn of the stretch; first: their
 * place in the index.  1, or 0 when another thread has failed. */
static int
reserve(struct worker *k, int n, size_t size, uint64_t *first)
{
	struct writing *w = k->w;
	int r;

	pthread_mutex_lock(&w->lock);
	while (w->turn != k->in.number && !w->failed)
		pthread_cond_wait(&w->turned, &w->lock);
	*first = shuffle_reserve(w->out, k->block, n, size);
	for (uint32_t i = 0; i < (uint32_t)w->conf->npart; i++)
		shuffle_add_rowset(w->out, i, scatter_rowset(k->lines, i));
	w->turn++;
	pthread_cond_broadcast(&w->turned);
	r = !w->failed;
	pthread_mutex_unlock(&w->lock);
	return r;
}

static void
block_room(struct worker *k, int n)
{
	if (n <= k->block_cap)
		return;
	k->block_cap = n + 64;
	k->block = xrealloc(k->block, (size_t)k->block_cap * sizeof *k->block);
}

/* One stretch from input to output: 1, 0 at the end. */
static int
one_stretch(struct worker *k, struct err *e)
{
	struct writing *w = k->w;
	const struct segment *v;
	struct iovec io;
	uint64_t first;
	int n, r;

	r = stretch_claim(w->input, &k->in, e);
	if (r <= 0)
		return r;
	scatter_clear(k->lines);
	TRY(read_lines(k, e));
	n = scatter_segments(k->lines, &v);
	block_room(k, n);
	if (w->conf->how == BLOCK_ZSTD) {
		io.iov_len = pack_blocks(k, v, n);
		io.iov_base = k->packed;
		return !reserve(k, n, io.iov_len, &first) ? 0 :
		    n == 0 ? 1 : shuffle_write(w->out, &io, 1,
		    k->block[0].at, e) < 0 ? e->kind : 1;
	}
	if (!reserve(k, n, list_blocks(k, v, n), &first))
		return 0;
	TRY(write_blocks(k, v, n, e));
	pthread_mutex_lock(&w->lock);
	shuffle_set_sums(w->out, first, k->block, n);
	pthread_mutex_unlock(&w->lock);
	return 1;
}

static void *
work(void *arg)
{
	struct worker *k = arg;
	struct writing *w = k->w;
	struct err e = { 0 };
	int r = 1;

	k->lines = scatter_new(w->conf, w->stretch);
	while (r > 0) {
		r = one_stretch(k, &e);
		pthread_mutex_lock(&w->lock);
		if (r < 0 && !w->failed) {
			w->failed = 1;
			w->err = e;
			pthread_cond_broadcast(&w->turned);
		}
		if (w->failed)
			r = 0;
		pthread_mutex_unlock(&w->lock);
	}
	return NULL;
}

static void
worker_release(struct worker *k)
{
	stretch_release(&k->in);
	scatter_free(k->lines);
	free(k->packed);
	free(k->block);
}

static void
run_workers(struct writing *w)
{
	int n = w->conf->threads, started = 1;
	struct worker *k = xcalloc((size_t)n, sizeof *k);

	for (int i = 0; i < n; i++)
		k[i].w = w;
	/* Fewer threads than wished for make the same files. */
	while (started < n && pthread_create(&k[started].thread, NULL, work,
	    &k[started]) == 0)
		started++;
	work(&k[0]);
	for (int i = 1; i < started; i++)
		pthread_join(k[i].thread, NULL);
	for (int i = 0; i < n; i++)
		worker_release(&k[i]);
	free(k);
}

int
lines_write(const struct lines_conf *conf, struct err *e)
{
	struct writing w = { .conf = conf };
	size_t want = SHARE * (size_t)conf->npart;
	int r = 0;

	TRY(shuffle_create(&w.out, conf->dir, conf->map, conf->npart,
	    SHUFFLE_LINES, e));
	w.stretch = want < STRETCH_MIN ? STRETCH_MIN : want > STRETCH_MAX ?
	    STRETCH_MAX : want;
	w.input = lines_input_new(conf->in, w.stretch, conf->line_max);
	pthread_mutex_init(&w.lock, NULL);
	pthread_cond_init(&w.turned, NULL);
	run_workers(&w);
	if (w.failed) {
		*e = w.err;
		r = e->kind;
	}
	if (r >= 0)
		r = shuffle_commit(w.out, e);
	shuffle_close(w.out);
	lines_input_free(w.input);
	pthread_cond_destroy(&w.turned);
	pthread_mutex_destroy(&w.lock);
	return r;
}
