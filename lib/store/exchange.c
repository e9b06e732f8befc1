/*
 * exchange -- see exchange.h.
 *
 * A writer keeps one open chunk a partition (a builder a column).  A chunk
 * that is full, and all of them at commit, are closed: from then on they are
 * immutable and belong to the map's output.  When the executor's pool is
 * full the writer encodes its chunks as wire blocks (zstd, XXH3-64) into its
 * spill file, an unlinked file of the scratch directory, and frees them.
 */
#include "store/exchange.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fail.h"
#include "base/pool.h"
#include "base/text.h"
#include "column/builder.h"
#include "column/wire.h"
#include "store/blockfile.h"

#define OPEN_BYTES ((int64_t)32 << 20)  /* of all open chunks of a writer */
#define EXCHANGE_SHARE 50               /* percent of the pool, at most */
#define CHUNK_ROWS_MIN 64
#define CHUNK_ROWS_MAX 4096

struct chunk {
	struct chunk *next;
	int64_t rows, bytes;            /* bytes: charged to the pool */
	struct builder *col;            /* ncol, or NULL when on disk */
	struct block at;                /* on disk */
};

struct partition {              /* of one map */
	struct chunk *first, *last;     /* closed chunks, in order */
	int nchunk;
	int64_t rows, bytes;
};

struct map {
	bool there;                     /* committed */
	struct partition *part;
	struct blockfile *file;         /* or NULL */
	int64_t rows, bytes;
};

struct exchange {
	struct exchange_conf conf;
	pthread_mutex_t lock;
	struct map *map;
	_Atomic int64_t spilled;
	atomic_bool on_disk;
};

struct xwriter {
	struct exchange *x;
	int map, chunk_rows;
	struct partition *part;
	struct chunk **open;            /* one a partition, or NULL */
	struct blockfile *file;
	int32_t *order, *start;         /* rows of a batch by partition */
	struct text raw;
};

int
exchange_new(struct exchange **out, const struct exchange_conf *conf,
    struct err *e)
{
	struct exchange *x = xcalloc(1, sizeof *x);

	(void)e;
	x->conf = *conf;
	x->map = xcalloc((size_t)conf->nmap + 1, sizeof *x->map);
	pthread_mutex_init(&x->lock, NULL);
	*out = x;
	return 0;
}

static void
chunk_free(struct exchange *x, struct chunk *c)
{
	for (int i = 0; c->col && i < x->conf.ncol; i++)
		builder_release(&c->col[i]);
	free(c->col);
	pool_give(x->conf.pool, c->bytes);
	free(c);
}

static void
parts_free(struct exchange *x, struct partition *part)
{
	for (int p = 0; part && p < x->conf.npart; p++)
		while (part[p].first) {
			struct chunk *c = part[p].first;

			part[p].first = c->next;
			chunk_free(x, c);
		}
	free(part);
}

void
exchange_free(struct exchange *x)
{
	for (int m = 0; m < x->conf.nmap; m++) {
		parts_free(x, x->map[m].part);
		blockfile_close(x->map[m].file);
	}
	free(x->map);
	pthread_mutex_destroy(&x->lock);
	free(x);
}

int
exchange_nmap(const struct exchange *x)
{
	return x->conf.nmap;
}

int
exchange_npart(const struct exchange *x)
{
	return x->conf.npart;
}

static int
row_width(const struct exchange *x)
{
	int w = 1;

	for (int i = 0; i < x->conf.ncol; i++) {
		const struct type *t = x->conf.type[i];

		w += type_is_nested(t) ? 64 : type_is_bytes(t) ? 32 :
		    type_width(t);
	}
	return w;
}

int
exchange_writer(struct xwriter **out, struct exchange *x, int map,
    struct err *e)
{
	struct xwriter *w = xcalloc(1, sizeof *w);
	int64_t open = x->conf.pool->limit ? x->conf.pool->limit / 16 :
	    OPEN_BYTES;
	int64_t rows = (open < OPEN_BYTES ? open : OPEN_BYTES) /
	    x->conf.npart / row_width(x);
	size_t np = (size_t)x->conf.npart;

	(void)e;
	w->x = x;
	w->map = map;
	w->chunk_rows = (int)(rows < CHUNK_ROWS_MIN ? CHUNK_ROWS_MIN :
	    rows > CHUNK_ROWS_MAX ? CHUNK_ROWS_MAX : rows);
	w->part = xcalloc(np + 1, sizeof *w->part);
	w->open = xcalloc(np + 1, sizeof *w->open);
	w->order = xmalloc(sizeof(int32_t) * (BATCH_ROWS + 1));
	w->start = xmalloc(sizeof(int32_t) * (np + 2));
	*out = w;
	return 0;
}

static int64_t
chunk_held(const struct exchange *x, const struct chunk *c)
{
	int64_t n = (int64_t)sizeof *c;

	for (int i = 0; c->col && i < x->conf.ncol; i++)
		n += builder_held(&c->col[i]);
	return n;
}

/* Bytes of the rows themselves, without spare room. */
static int64_t
chunk_size(const struct exchange *x, const struct chunk *c)
{
	int64_t n = 0;

	for (int i = 0; i < x->conf.ncol; i++)
		n += c->rows * (type_width(x->conf.type[i]) + 1) +
		    (int64_t)(c->col[i].heap.size - (c->col[i].heap.end -
		    c->col[i].heap.at));
	return n;
}

static int
chunk_to_disk(struct xwriter *w, struct chunk *c, struct err *e)
{
	struct exchange *x = w->x;
	struct arena a = { 0 };
	struct batch b = { .ncol = x->conf.ncol, .nrow = (int)c->rows,
	    .n = (int)c->rows };
	int r;

	if (fail_here("exchange.spill") < 0)
		return err_sys(e, "could not spill %s", x->conf.name);
	if (w->file == NULL)
		TRY(blockfile_new(&w->file, x->conf.dir, e));
	b.col = NEW_N(&a, struct column, x->conf.ncol + 1);
	for (int i = 0; i < x->conf.ncol; i++)
		builder_column(&c->col[i], 0, c->rows, &b.col[i], &a);
	text_clear(&w->raw);
	wire_put(&w->raw, &b);
	c->at = (struct block){ .rows = (uint32_t)c->rows };
	r = blockfile_put(w->file, w->raw.p, w->raw.n, &c->at, e);
	arena_release(&a);
	if (r < 0)
		return r;
	for (int i = 0; i < x->conf.ncol; i++)
		builder_release(&c->col[i]);
	free(c->col);
	c->col = NULL;
	pool_give(x->conf.pool, c->bytes);
	c->bytes = 0;
	atomic_fetch_add(&x->spilled, (int64_t)c->at.stored);
	atomic_store(&x->on_disk, true);
	return 0;
}

/* Everything that the writer holds in closed chunks goes to disk. */
static int
spill_closed(struct xwriter *w, struct err *e)
{
	for (int p = 0; p < w->x->conf.npart; p++)
		for (struct chunk *c = w->part[p].first; c; c = c->next)
			if (c->col)
				TRY(chunk_to_disk(w, c, e));
	return 0;
}

/* Exchanges leave part of the budget to the operators that read them. */
static bool
crowded(const struct pool *p, int64_t more)
{
	return p->limit && atomic_load(&p->used) + more >
	    p->limit * EXCHANGE_SHARE / 100;
}

/* The open chunk of a partition is full or the writer ends. */
static int
close_chunk(struct xwriter *w, int p, struct err *e)
{
	struct chunk *c = w->open[p];
	struct partition *to = &w->part[p];
	int64_t held;

	if (c == NULL)
		return 0;
	w->open[p] = NULL;
	held = chunk_held(w->x, c);
	c->rows = w->x->conf.ncol ? c->col[0].n : c->rows;
	if (to->last)
		to->last->next = c;
	else
		to->first = c;
	to->last = c;
	to->nchunk++;
	to->rows += c->rows;
	to->bytes += chunk_size(w->x, c);
	c->bytes = held;
	if (!w->x->conf.force_spill && !crowded(w->x->conf.pool, held) &&
	    pool_try(w->x->conf.pool, held))
		return 0;
	pool_force(w->x->conf.pool, held);
	return w->x->conf.force_spill ? chunk_to_disk(w, c, e) :
	    spill_closed(w, e);
}

static struct chunk *
open_chunk(struct xwriter *w, int p)
{
	struct chunk *c = w->open[p];

	if (c)
		return c;
	c = xcalloc(1, sizeof *c);
	c->col = xcalloc((size_t)w->x->conf.ncol + 1, sizeof *c->col);
	for (int i = 0; i < w->x->conf.ncol; i++)
		builder_init(&c->col[i], w->x->conf.type[i]);
	/* Many partitions of even size: room for the whole chunk at once. */
	for (int i = 0; w->x->conf.npart > 8 && i < w->x->conf.ncol; i++)
		builder_reserve(&c->col[i], w->chunk_rows + BATCH_ROWS / 8);
	w->open[p] = c;
	return c;
}

static int
put_rows(struct xwriter *w, int p, const struct batch *b,
    const int32_t *rows, int n, struct err *e)
{
	struct chunk *c = open_chunk(w, p);

	for (int i = 0; i < w->x->conf.ncol; i++)
		builder_rows(&c->col[i], &b->col[i], rows, n);
	c->rows += n;
	if (c->rows >= w->chunk_rows)
		return close_chunk(w, p, e);
	return 0;
}

/* Counting sort of the row numbers by partition. */
static void
sort_rows(struct xwriter *w, const struct batch *b, const uint32_t *part)
{
	int np = w->x->conf.npart;
	int32_t *start = w->start;

	memset(start, 0, sizeof *start * ((size_t)np + 1));
	for (int i = 0; i < b->n; i++)
		start[part[i] + 1]++;
	for (int p = 0; p < np; p++)
		start[p + 1] += start[p];
	for (int i = 0; i < b->n; i++)
		w->order[start[part[i]]++] = batch_row(b, i);
	memmove(start + 1, start, sizeof *start * (size_t)np);
	start[0] = 0;
}

int
xwriter_put(struct xwriter *w, const struct batch *b, const uint32_t *part,
    struct err *e)
{
	if (part == NULL)
		return put_rows(w, 0, b, b->pick, b->n, e);
	sort_rows(w, b, part);
	for (int p = 0; p < w->x->conf.npart; p++) {
		int from = w->start[p], n = w->start[p + 1] - from;

		if (n)
			TRY(put_rows(w, p, b, w->order + from, n, e));
	}
	return 0;
}

static void
writer_free(struct xwriter *w)
{
	for (int p = 0; p < w->x->conf.npart; p++)
		if (w->open[p])
			chunk_free(w->x, w->open[p]);
	parts_free(w->x, w->part);
	blockfile_close(w->file);
	text_release(&w->raw);
	free(w->open);
	free(w->order);
	free(w->start);
	free(w);
}

int
xwriter_commit(struct xwriter *w, struct err *e)
{
	struct exchange *x = w->x;
	struct map *m = &x->map[w->map];
	int r = 0, won;

	for (int p = 0; p < x->conf.npart && r >= 0; p++)
		r = close_chunk(w, p, e);
	if (r < 0) {
		writer_free(w);
		return r;
	}
	pthread_mutex_lock(&x->lock);
	won = !m->there;
	if (won) {
		m->there = true;
		m->part = w->part;
		m->file = w->file;
		for (int p = 0; p < x->conf.npart; p++) {
			m->rows += w->part[p].rows;
			m->bytes += w->part[p].bytes;
		}
		w->part = NULL;
		w->file = NULL;
	}
	pthread_mutex_unlock(&x->lock);
	writer_free(w);
	return won;
}

void
xwriter_abort(struct xwriter *w)
{
	writer_free(w);
}

struct exchange_size
exchange_part_size(const struct exchange *x, int part)
{
	struct exchange_size s = { 0, 0 };

	for (int m = 0; m < x->conf.nmap; m++) {
		if (!x->map[m].there)
			continue;
		s.rows += x->map[m].part[part].rows;
		s.bytes += x->map[m].part[part].bytes;
	}
	return s;
}

struct exchange_size
exchange_map_size(const struct exchange *x, int map)
{
	return (struct exchange_size){ x->map[map].rows, x->map[map].bytes };
}

struct exchange_size
exchange_total(const struct exchange *x)
{
	struct exchange_size s = { 0, 0 };

	for (int m = 0; m < x->conf.nmap; m++) {
		s.rows += x->map[m].rows;
		s.bytes += x->map[m].bytes;
	}
	return s;
}

int64_t
exchange_spilled(const struct exchange *x)
{
	return atomic_load(&((struct exchange *)(uintptr_t)x)->spilled);
}

bool
exchange_in_memory(const struct exchange *x)
{
	return !atomic_load(&((struct exchange *)(uintptr_t)x)->on_disk);
}

static const struct chunk *
chunk_at(const struct exchange *x, int map, int part, int i)
{
	const struct chunk *c;

	if (!x->map[map].there)
		return NULL;
	for (c = x->map[map].part[part].first; c && i > 0; c = c->next)
		i--;
	return c;
}

static int
chunk_batch(const struct exchange *x, int map, const struct chunk *c,
    struct arena *a, struct batch *b, struct err *e)
{
	const char *raw;
	int64_t r;

	memset(b, 0, sizeof *b);
	if (c->col == NULL) {
		TRY(blockfile_get(x->map[map].file, &c->at, a, &raw, e));
		r = wire_get(raw, c->at.raw, x->conf.type, x->conf.ncol, a, b,
		    e);
		return r < 0 ? (int)r : 0;
	}
	b->ncol = x->conf.ncol;
	b->n = b->nrow = (int)c->rows;
	b->col = NEW_N(a, struct column, x->conf.ncol + 1);
	for (int i = 0; i < x->conf.ncol; i++) {
		builder_column(&c->col[i], 0, c->rows, &b->col[i], a);
		b->col[i].flags |= COL_STABLE;
	}
	return 0;
}

int
exchange_nchunk(const struct exchange *x, int map, int part)
{
	return x->map[map].there ? x->map[map].part[part].nchunk : 0;
}

int64_t
exchange_chunk_rows(const struct exchange *x, int map, int part, int i)
{
	const struct chunk *c = chunk_at(x, map, part, i);

	return c ? c->rows : 0;
}

int
exchange_chunk(const struct exchange *x, int map, int part, int i,
    struct arena *a, struct batch *b, struct err *e)
{
	return chunk_batch(x, map, chunk_at(x, map, part, i), a, b, e);
}

struct xreader {
	const struct exchange *x;
	int first_map, last_map, map;   /* map to look at next */
	int part, hi;
	const struct chunk *next;
	struct batch whole;             /* chunk being cut */
	int from;                       /* rows of it given */
	struct arena chunk, slice;
	struct column *col;
};

int
exchange_reader(struct xreader **out, const struct exchange *x, int map,
    int lo, int hi, struct pool *pool, struct err *e)
{
	struct xreader *r = xcalloc(1, sizeof *r);

	(void)pool;
	(void)e;
	r->x = x;
	r->first_map = r->map = map < 0 ? 0 : map;
	r->last_map = map < 0 ? x->conf.nmap : map + 1;
	r->part = lo;
	r->hi = hi;
	r->col = xcalloc((size_t)x->conf.ncol + 1, sizeof *r->col);
	*out = r;
	return 0;
}

/* Partition by partition, in each map by map: a coalesced reader gives the
 * same rows in the same order as its partitions one by one.  *map is that of
 * the chunk. */
static const struct chunk *
next_chunk(struct xreader *r, int *map)
{
	while (r->next == NULL) {
		if (r->map == r->last_map) {
			r->map = r->first_map;
			r->part++;
		}
		if (r->part >= r->hi || r->first_map == r->last_map)
			return NULL;
		if (r->x->map[r->map].there && r->x->map[r->map].part)
			r->next = r->x->map[r->map].part[r->part].first;
		r->map++;
	}
	const struct chunk *c = r->next;

	r->next = c->next;
	*map = r->map - 1;
	return c;
}

int
xreader_next(struct xreader *r, struct batch *b, struct err *e)
{
	int n;

	while (r->from == r->whole.nrow) {
		int map;
		const struct chunk *c = next_chunk(r, &map);

		if (c == NULL)
			return 0;
		arena_reset(&r->chunk);
		TRY(chunk_batch(r->x, map, c, &r->chunk, &r->whole, e));
		r->from = 0;
	}
	n = r->whole.nrow - r->from;
	n = n < BATCH_ROWS ? n : BATCH_ROWS;
	arena_reset(&r->slice);
	b->col = r->col;
	wire_slice(&r->whole, r->from, n, b, &r->slice);
	r->from += n;
	return 1;
}

void
xreader_close(struct xreader *r)
{
	arena_release(&r->chunk);
	arena_release(&r->slice);
	free(r->col);
	free(r);
}

void
exchange_drop(struct exchange *x, int lo, int hi)
{
	for (int m = 0; m < x->conf.nmap; m++)
		for (int p = lo; p < hi && x->map[m].part; p++) {
			struct partition *q = &x->map[m].part[p];

			while (q->first) {
				struct chunk *c = q->first;

				q->first = c->next;
				chunk_free(x, c);
			}
			q->last = NULL;
			q->nchunk = 0;
		}
}
