/*
 * lines_write -- lines to one map of a shuffle, see shuffle_lines.h.
 *
 * A stretch is long enough for blocks of 64 KiB and more when the lines are
 * spread evenly (PIECE a partition), but at most STRETCH_MAX.  A raw block is
 * scattered right into its place in the output, behind room for its head:
 * each byte is copied once between read(2) and write(2).
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
#include "base/hash.h"

#define PIECE ((size_t)88 << 10)
#define STRETCH_MIN ((size_t)2 << 20)
#define STRETCH_MAX ((size_t)64 << 20)

/* What all threads share; the two turns are taken in order of stretches. */
struct writing {
	const struct lines_conf *conf;
	struct shuffle_writer *out;
	pthread_mutex_t lock;           /* of turn, failed, err and out */
	pthread_cond_t turned;
	uint64_t turn;                  /* stretch whose blocks come next */
	int failed;
	struct err err;

	pthread_mutex_t input;          /* of the rest */
	uint64_t nread;                 /* stretches read */
	int64_t line;                   /* lines in them */
	size_t stretch;
	char *carry;                    /* begin of a line, from the last one */
	size_t ncarry, carry_cap;
	int end;                        /* nothing more to read */
};

/* What one thread works on. */
struct worker {
	struct writing *w;
	pthread_t thread;
	char *in, *out, *packed;
	size_t n, cap, out_cap, packed_cap;
	uint64_t number;                /* of the stretch in in[0..n) */
	uint32_t *part, *len;           /* of each line; len with newline */
	size_t nline, line_cap;
	size_t *size, *at;              /* of each partition */
	uint64_t *rowset;
	uint32_t *rows;
	struct block *block;
};

static uint64_t
column_hash(const char *p, size_t n, char separator, int column)
{
	const char *end = p + n, *q;

	while (column-- > 0) {
		q = memchr(p, separator, (size_t)(end - p));
		if (q == NULL)
			return hash_sum("", 0);
		p = q + 1;
	}
	q = memchr(p, separator, (size_t)(end - p));
	return hash_sum(p, (size_t)((q ? q : end) - p));
}

uint64_t
lines_hash(const struct lines_conf *c, const char *p, size_t n)
{
	uint64_t h;

	if (c->nkey == 0)
		return hash_sum(p, n);
	h = column_hash(p, n, c->separator, c->key[0]);
	for (int i = 1; i < c->nkey; i++)
		h = hash_combine(h, column_hash(p, n, c->separator,
		    c->key[i]));
	return h;
}

static void
room(char **p, size_t *cap, size_t used, size_t want)
{
	char *to;

	if (want <= *cap)
		return;
	to = xmalloc(want);
	if (used)
		memcpy(to, *p, used);
	free(*p);
	*p = to;
	*cap = want;
}

/* Reads until in is full or the input ends. */
static int
fill(struct worker *k, struct err *e)
{
	struct writing *w = k->w;

	while (k->n < k->cap && !w->end) {
		ssize_t r = fail_here("shuffle.input") < 0 ? -1 :
		    read(w->conf->in, k->in + k->n, k->cap - k->n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return err_sys(e, "could not read the input");
		w->end = r == 0;
		k->n += (size_t)r;
	}
	return 0;
}

static int
too_long(struct writing *w, struct err *e)
{
	err_user(e, EXIT_DATA, "a line after line %lld is longer than "
	    "%zu bytes", (long long)w->line, w->conf->line_max);
	return err_hint(e, "see --max-record");
}

/* The next stretch: whole lines.  1, or 0 at the end. */
static int
read_stretch(struct worker *k, struct err *e)
{
	struct writing *w = k->w;
	const char *last = NULL;
	size_t keep;

	room(&k->in, &k->cap, 0, w->stretch + 1 > w->ncarry ?
	    w->stretch + 1 : w->ncarry * 2 + 1);
	k->n = w->ncarry;
	if (k->n)
		memcpy(k->in, w->carry, k->n);
	for (;;) {
		size_t from = k->n;

		k->cap--;               /* for a newline at the end */
		if (fill(k, e) < 0)
			return e->kind;
		k->cap++;
		if (k->n > from)
			last = memrchr(k->in + from, '\n', k->n - from);
		if (last || w->end)
			break;
		if (k->n > w->conf->line_max)
			return too_long(w, e);
		room(&k->in, &k->cap, k->n, 2 * k->cap);
	}
	if (w->end && k->n && k->in[k->n - 1] != '\n')
		k->in[k->n++] = '\n';
	keep = w->end ? 0 : k->n - (size_t)(last + 1 - k->in);
	room(&w->carry, &w->carry_cap, 0, keep);
	if (keep)
		memcpy(w->carry, k->in + k->n - keep, keep);
	w->ncarry = keep;
	k->n -= keep;
	k->number = w->nread;
	w->nread += k->n > 0;
	return k->n > 0;
}

static void
more_lines(struct worker *k)
{
	k->line_cap = k->line_cap ? 2 * k->line_cap : 65536;
	k->part = xrealloc(k->part, k->line_cap * sizeof *k->part);
	k->len = xrealloc(k->len, k->line_cap * sizeof *k->len);
}

static int
line_too_long(size_t n, size_t most, struct err *e)
{
	err_user(e, EXIT_DATA, "a line of %zu bytes, at most %zu are allowed",
	    n, most);
	return err_hint(e, "see --max-record");
}

/* Finds the lines and their partitions; counts. */
static int
cut(struct worker *k, struct err *e)
{
	const struct lines_conf *c = k->w->conf;
	const char *p = k->in, *end = p + k->n;
	uint32_t np = (uint32_t)c->npart;

	memset(k->size, 0, np * sizeof *k->size);
	memset(k->rows, 0, np * sizeof *k->rows);
	memset(k->rowset, 0, np * sizeof *k->rowset);
	k->nline = 0;
	while (p < end) {
		const char *q = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)(q - p);
		uint64_t all = hash_sum(p, n);
		uint32_t part = hash_part(c->nkey ? lines_hash(c, p, n) : all,
		    np);

		if (n > c->line_max)
			return line_too_long(n, c->line_max, e);
		if (k->nline == k->line_cap)
			more_lines(k);
		k->part[k->nline] = part;
		k->len[k->nline++] = (uint32_t)n + 1;
		k->size[part] += n + 1;
		k->rows[part]++;
		k->rowset[part] += all;
		p = q + 1;
	}
	return 0;
}

/* Copies the lines to the places of their partitions, each behind a head. */
static size_t
scatter(struct worker *k)
{
	int np = k->w->conf->npart;
	const char *p = k->in;
	size_t total = 0;

	for (int i = 0; i < np; i++) {
		k->at[i] = total + BLOCK_HEAD;
		total += k->size[i] ? BLOCK_HEAD + k->size[i] : 0;
	}
	room(&k->out, &k->out_cap, 0, total + total / 8);
	for (size_t i = 0; i < k->nline; i++) {
		size_t n = k->len[i];

		memcpy(k->out + k->at[k->part[i]], p, n);
		k->at[k->part[i]] += n;
		p += n;
	}
	return total;
}

/* Makes the blocks; *bytes are the ones to write. */
static int
pack(struct worker *k, size_t total, const char **bytes, size_t *size)
{
	const struct lines_conf *c = k->w->conf;
	size_t to = 0;
	int n = 0;

	if (c->how == BLOCK_ZSTD)
		room(&k->packed, &k->packed_cap, 0, block_bound(total) +
		    block_bound(0) * (size_t)c->npart);
	for (int i = 0; i < c->npart; i++) {
		struct block *b = &k->block[n];
		char *p = k->out + k->at[i] - k->size[i];

		if (k->size[i] == 0)
			continue;
		*b = (struct block){ .at = (int64_t)to, .part = (uint32_t)i,
		    .rows = k->rows[i] };
		to += block_pack(c->how == BLOCK_ZSTD ? k->packed + to :
		    p - BLOCK_HEAD, p, k->size[i], c->how, b);
		n++;
	}
	*bytes = c->how == BLOCK_ZSTD ? k->packed : k->out;
	*size = to;
	return n;
}

/* One stretch from input to output: 1, 0 at the end. */
static int
one_stretch(struct worker *k, struct err *e)
{
	struct writing *w = k->w;
	const char *bytes;
	size_t size;
	int64_t at;
	int r, n;

	pthread_mutex_lock(&w->input);
	r = read_stretch(k, e);
	pthread_mutex_unlock(&w->input);
	if (r <= 0)
		return r;
	TRY(cut(k, e));
	n = pack(k, scatter(k), &bytes, &size);
	pthread_mutex_lock(&w->lock);
	while (w->turn != k->number && !w->failed)
		pthread_cond_wait(&w->turned, &w->lock);
	at = shuffle_reserve(w->out, k->block, n, size);
	for (int i = 0; i < w->conf->npart; i++)
		shuffle_add_rowset(w->out, (uint32_t)i, k->rowset[i]);
	w->turn++;
	pthread_cond_broadcast(&w->turned);
	r = w->failed;
	pthread_mutex_unlock(&w->lock);
	if (r)
		return 0;
	TRY(shuffle_write(w->out, bytes, size, at, e));
	return 1;
}

static void *
work(void *arg)
{
	struct worker *k = arg;
	struct writing *w = k->w;
	struct err e = { 0 };
	int r = 1;

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
worker_init(struct worker *k, struct writing *w)
{
	size_t np = (size_t)w->conf->npart;

	*k = (struct worker){ .w = w };
	k->size = xcalloc(np, sizeof *k->size);
	k->at = xcalloc(np, sizeof *k->at);
	k->rowset = xcalloc(np, sizeof *k->rowset);
	k->rows = xcalloc(np, sizeof *k->rows);
	k->block = xcalloc(np, sizeof *k->block);
}

static void
worker_release(struct worker *k)
{
	free(k->in);
	free(k->out);
	free(k->packed);
	free(k->part);
	free(k->len);
	free(k->size);
	free(k->at);
	free(k->rowset);
	free(k->rows);
	free(k->block);
}

static void
run_workers(struct writing *w)
{
	int n = w->conf->threads, started = 1;
	struct worker *k = xcalloc((size_t)n, sizeof *k);

	for (int i = 0; i < n; i++)
		worker_init(&k[i], w);
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
	size_t want = PIECE * (size_t)conf->npart;
	int r = 0;

	TRY(shuffle_create(&w.out, conf->dir, conf->map, conf->npart,
	    SHUFFLE_LINES, e));
	w.stretch = want < STRETCH_MIN ? STRETCH_MIN : want > STRETCH_MAX ?
	    STRETCH_MAX : want;
	pthread_mutex_init(&w.lock, NULL);
	pthread_mutex_init(&w.input, NULL);
	pthread_cond_init(&w.turned, NULL);
	run_workers(&w);
	if (w.failed) {
		*e = w.err;
		r = e->kind;
	}
	if (r >= 0)
		r = shuffle_commit(w.out, e);
	shuffle_close(w.out);
	pthread_cond_destroy(&w.turned);
	pthread_mutex_destroy(&w.input);
	pthread_mutex_destroy(&w.lock);
	free(w.carry);
	return r;
}
