/*
 * exchange_write -- the writers of an exchange, see exchange.h.
 *
 * A batch is scattered column by column: for every partition that it touches
 * a chunk with room for its rows is made sure of, then each value is stored
 * where its partition's cursor stands.  Chunks begin small and double, so
 * that many partitions with few rows take little memory; once a map has
 * committed, the next ones begin with what it had in a partition.  All open
 * chunks of a writer together stay below OPEN_BYTES.
 *
 * Columns of one value (COL_CONST) are fixed in the chunks that are opened
 * while they have it; a batch in which that is over closes such chunks.
 *
 * Memory is charged when a chunk is opened (heaps of strings: after each
 * batch).  When the pool refuses, the writer's chunks go to disk, if they
 * are worth it, or else those of committed maps that nobody reads yet.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/pool.h"
#include "base/text.h"
#include "column/builder.h"
#include "store/exchange_state.h"
#include "store/map_file.h"

#define WORTH_MIN ((int64_t)4 << 20)    /* bytes that are worth a spill */
#define WORTH_MAX ((int64_t)32 << 20)
#define WORTH_PART ((int64_t)64 << 10)
#define EXCHANGE_SHARE 50               /* percent of the pool, at most */
#define ROWS_MIN 64             /* of a chunk */
#define TURNS_MAX 4             /* batches that end a fixed value */

struct xwriter {
	struct exchange *x;
	int map, npart;
	struct partition *part;
	struct chunk **open;            /* one a partition, or NULL */
	int expect;                     /* rows of a partition, or 0 */
	struct blockfile *file;
	int64_t held;                   /* charged to the pool */
	int64_t grown;                  /* heaps, not charged yet */
	int turns;                      /* batches that closed fixed chunks */
	bool relieved;                  /* this batch has spilled all there was */

	/* Of the batch that is being put: */
	uint32_t *touched;              /* its partitions */
	int ntouched;
	uint64_t fixed;                 /* its columns of one value */
	int32_t *count;                 /* rows of each; zero between batches */
	char **cursor;                  /* where its next value goes */
	int32_t *row;                   /* physical row of row i */
	int32_t *order, *start;         /* rows by partition, for builders */
	struct arena unstable;          /* columns without COL_STABLE */
};

int
exchange_writer(struct xwriter **out, struct exchange *x, int map,
    struct err *e)
{
	struct xwriter *w = xcalloc(1, sizeof *w);
	size_t np = (size_t)x->conf.npart;

	(void)e;
	w->x = x;
	w->map = map;
	w->npart = x->conf.npart;
	w->part = xcalloc(np, sizeof *w->part);
	w->open = xcalloc(np, sizeof *w->open);
	w->expect = atomic_load(&x->rows_hint);
	w->touched = xcalloc(np, sizeof *w->touched);
	w->count = xcalloc(np, sizeof *w->count);
	w->cursor = xcalloc(np, sizeof *w->cursor);
	w->start = xcalloc(np, sizeof *w->start);
	w->row = xcalloc(BATCH_ROWS, sizeof *w->row);
	w->order = xcalloc(BATCH_ROWS, sizeof *w->order);
	*out = w;
	return 0;
}

static void
writer_free(struct xwriter *w)
{
	struct shape *s = &w->x->shape;

	for (int p = 0; p < w->npart; p++)
		if (w->open[p])
			chunk_free(s, w->open[p]);
	partitions_free(w->x, w->part);
	pool_give(w->x->conf.pool, w->held);
	exchange_file_close(w->x, w->file);
	free(w->open);
	free(w->touched);
	free(w->count);
	free(w->cursor);
	arena_release(&w->unstable);
	free(w->start);
	free(w->row);
	free(w->order);
	free(w);
}

/* The open chunk becomes one of the partition's. */
static void
close_chunk(struct xwriter *w, uint32_t p)
{
	struct partition *to = &w->part[p];
	struct chunk *c = w->open[p];
	const struct shape *s = &w->x->shape;
	int64_t nested = 0;

	w->open[p] = NULL;
	if (c->n == 0) {
		pool_give(w->x->conf.pool, c->bytes);
		w->held -= c->bytes;
		chunk_free(s, c);
		return;
	}
	for (int k = 0; k < s->nnested; k++)
		nested += builder_held(&c->nested[k]);
	c->bytes += nested;
	w->grown += nested;
	if (to->nchunk == to->cap) {
		to->cap = to->cap ? 2 * to->cap : 4;
		to->chunk = xrealloc(to->chunk, (size_t)to->cap *
		    sizeof(struct chunk *));
	}
	to->chunk[to->nchunk++] = c;
	to->rows += c->n;
	/* Without the room that was not used. */
	to->bytes += c->bytes - chunk_size(s, c->cap, c->fixed) +
	    (int64_t)c->n * (c->row + 1);
}

/* All that the writer has goes to disk. */
static int
spill_all(struct xwriter *w, struct err *e)
{
	for (int p = 0; p < w->npart; p++)
		if (w->open[p])
			close_chunk(w, (uint32_t)p);
	/* What was not charged yet is given back together with the rest. */
	pool_force(w->x->conf.pool, w->grown);
	w->held += w->grown;
	w->grown = 0;
	return partitions_to_disk(w->x, w->part, 0, w->npart, &w->file,
	    &w->held, e);
}

/* The closed chunks of one partition. */
static int
spill_one(struct xwriter *w, uint32_t p, struct err *e)
{
	pool_force(w->x->conf.pool, w->grown);
	w->held += w->grown;
	w->grown = 0;
	return partitions_to_disk(w->x, w->part, (int)p, (int)p + 1,
	    &w->file, &w->held, e);
}

/* Makes room in the pool.  1: the writer's own chunks went to disk. */
static int
relieve(struct xwriter *w, struct err *e)
{
	int64_t worth = WORTH_PART * w->npart, got;

	worth = worth < WORTH_MIN ? WORTH_MIN : worth > WORTH_MAX ?
	    WORTH_MAX : worth;
	if (w->held < worth) {
		got = exchange_evict(w->x, worth, e);
		if (got != 0)
			return got < 0 ? (int)got : 0;
	}
	if (w->held < WORTH_MIN / 4)
		return 0;
	TRY(spill_all(w, e));
	return 1;
}

/* Exchanges leave part of the budget to the operators that read them; what
 * is kept has a budget of its own. */
static bool
crowded(const struct exchange *x, int64_t more)
{
	const struct pool *p = x->conf.pool;

	return !x->conf.keep && p->limit && atomic_load(&p->used) + more >
	    p->limit * EXCHANGE_SHARE / 100;
}

/* Charges n bytes; 1 when that took the writer's chunks to disk. */
static int
charge(struct xwriter *w, int64_t n, struct err *e)
{
	int r = 0;

	if (crowded(w->x, n) || !pool_try(w->x->conf.pool, n)) {
		r = w->relieved ? 0 : relieve(w, e);
		if (r < 0)
			return r;
		pool_force(w->x->conf.pool, n);
	}
	w->held += n;
	return r;
}

static int
round_up(int rows)
{
	return (rows + 63) & ~63;
}

/* Rows of a partition's next chunk: those that are still expected, else as
 * many as there are (or, where too many have come already, a few). */
static int
chunk_rows(const struct xwriter *w, uint32_t p, int count)
{
	int64_t have = w->part[p].rows, rows = w->expect - have;

	if (rows < ROWS_MIN)
		rows = w->expect ? have / 8 : have;
	rows = rows < ROWS_MIN ? ROWS_MIN : rows > w->x->rows_max ?
	    w->x->rows_max : rows;
	return round_up(rows < count ? count : (int)rows);
}

/* Opens a chunk for count rows or more; 1 when others were spilled. */
static int
open_chunk(struct xwriter *w, uint32_t p, int count, const struct batch *b,
    struct err *e)
{
	uint64_t fixed = w->turns < TURNS_MAX ? w->fixed : 0;
	int cap = chunk_rows(w, p, count), r;

	r = charge(w, chunk_size(&w->x->shape, cap, fixed), e);
	if (r < 0)
		return r;
	w->open[p] = chunk_new(&w->x->shape, cap, fixed);
	for (; fixed; fixed &= fixed - 1) {
		int i = __builtin_ctzll(fixed);

		memcpy(chunk_fixed(w->open[p], i), b->col[i].data,
		    (size_t)w->x->shape.width[i]);
	}
	return r;
}

/* Do the chunk's fixed columns have these values in the batch, too? */
static bool
still_fixed(const struct xwriter *w, const struct chunk *c,
    const struct batch *b)
{
	uint64_t m = c->fixed;

	if (m & ~w->fixed)
		return false;
	for (; m; m &= m - 1) {
		int i = __builtin_ctzll(m);

		if (memcmp(chunk_fixed(c, i), b->col[i].data,
		    (size_t)w->x->shape.width[i]) != 0)
			return false;
	}
	return true;
}

/* Every touched partition gets an open chunk with room for its rows. */
static int
make_room(struct xwriter *w, const struct batch *b, struct err *e)
{
	bool turned = false;

	for (int t = 0; t < w->ntouched; t++) {
		uint32_t p = w->touched[t];
		struct chunk *c = w->open[p];
		int r;

		if (c && c->fixed && !still_fixed(w, c, b))
			turned = true;
		else if (c && c->n + w->count[p] <= c->limit)
			continue;
		if (c)
			close_chunk(w, p);
		if (c && w->x->conf.force_spill)
			TRY(spill_one(w, p, e));
		r = open_chunk(w, p, w->count[p], b, e);
		if (r < 0)
			return r;
		/* After a spill the chunks before this one are gone.  Once is
		 * enough: nothing but empty ones would go next. */
		if (r > 0) {
			w->relieved = true;
			t = -1;
		}
	}
	w->relieved = false;
	w->turns += turned;
	return 0;
}

/* Values of n rows to the cursors of their partitions; and to one place.
 * The line of memory after the one that is written will be needed soon. */
#define AHEAD 64
#define SCATTER(W, T)                                                   \
static void                                                             \
scatter##W(char **cursor, const T *in, const uint32_t *part,            \
    const int32_t *row, int n)                                          \
{                                                                       \
	for (int i = 0; i < n; i++) {                                   \
		char *to = cursor[part[i]];                             \
									\
		__builtin_prefetch(to + AHEAD, 1);                      \
		memcpy(to, &in[row ? row[i] : i], sizeof(T));           \
		cursor[part[i]] = to + sizeof(T);                       \
	}                                                               \
}                                                                       \
									\
static void                                                             \
gather##W(char *to, const T *in, const int32_t *row, int n)             \
{                                                                       \
	T *out = (T *)(void *)to;                                       \
									\
	for (int i = 0; i < n; i++)                                     \
		out[i] = in[row[i]];                                    \
}

SCATTER(1, uint8_t)
SCATTER(2, uint16_t)
SCATTER(4, uint32_t)
SCATTER(8, uint64_t)
SCATTER(16, struct sview)

/* row NULL: rows 0..n. */
static void
scatter(char **cursor, const void *in, const uint32_t *part,
    const int32_t *row, int n, int width)
{
	switch (width) {
	case 1:  scatter1(cursor, in, part, row, n); break;
	case 2:  scatter2(cursor, in, part, row, n); break;
	case 4:  scatter4(cursor, in, part, row, n); break;
	case 8:  scatter8(cursor, in, part, row, n); break;
	case 16: scatter16(cursor, in, part, row, n); break;
	}
}

/* The same when all rows go to one partition. */
static void
gather(char *to, const void *in, const int32_t *row, int n, int width)
{
	if (row == NULL) {
		memcpy(to, in, (size_t)n * (size_t)width);
		return;
	}
	switch (width) {
	case 1:  gather1(to, in, row, n); break;
	case 2:  gather2(to, in, row, n); break;
	case 4:  gather4(to, in, row, n); break;
	case 8:  gather8(to, in, row, n); break;
	case 16: gather16(to, in, row, n); break;
	}
}

/* Marks nulls; the views of null strings must not be looked at. */
static void
put_nulls(struct xwriter *w, const struct column *c, int col,
    const uint32_t *part, int n)
{
	struct shape *s = &w->x->shape;
	int32_t *fill = w->start;

	for (int t = 0; t < w->ntouched; t++)
		fill[w->touched[t]] = w->open[w->touched[t]]->n;
	for (int i = 0; i < n; i++) {
		uint32_t p = part ? part[i] : 0;
		int at = fill[p]++;

		if (c->data && bit_get(c->valid, col_at(c, w->row[i])))
			continue;
		chunk_null(w->open[p], col, at);
		if (s->width[col] == 16)
			memset(chunk_values(w->open[p], col) + 16 * at, 0,
			    16);
	}
}

/* Strings that were put as views into the batch get bytes of their own. */
static void
own_strings(struct xwriter *w, int col)
{

	for (int t = 0; t < w->ntouched; t++) {
		uint32_t p = w->touched[t];
		struct chunk *c = w->open[p];
		struct sview *v = (struct sview *)(void *)
		    chunk_values(c, col) + c->n;

		for (int i = 0; i < w->count[p]; i++) {
			char *to;

			if (v[i].len <= SVIEW_INLINE)
				continue;
			to = chunk_bytes(c, v[i].len, &w->grown);
			memcpy(to, v[i].ptr, v[i].len);
			v[i].ptr = to;
		}
	}
}

static bool
has_nulls(const struct column *c, int nrow)
{
	if (c->data == NULL)
		return true;
	return c->valid && !bits_all(c->valid, c->flags & COL_CONST ? 1 :
	    nrow);
}

/* A column of one value: to the chunks in which it is not fixed. */
static void
put_one(struct xwriter *w, const struct column *c, int col)
{
	size_t wide = (size_t)w->x->shape.width[col];

	for (int t = 0; t < w->ntouched; t++) {
		uint32_t p = w->touched[t];
		struct chunk *k = w->open[p];
		char *to;

		if (chunk_is_fixed(k, col))
			continue;
		to = chunk_values(k, col) + (size_t)k->n * wide;
		for (int i = 0; i < w->count[p]; i++)
			memcpy(to + (size_t)i * wide, c->data, wide);
	}
}

/* Columns of b with one value that can be fixed. */
static uint64_t
one_value(const struct shape *s, const struct batch *b)
{
	uint64_t m = 0;

	for (int i = 0; i < s->ncol && i < CHUNK_FIXED_MAX; i++) {
		const struct column *c = &b->col[i];

		if ((c->flags & COL_CONST) && s->width[i] && c->data &&
		    !has_nulls(c, 1) && !type_is_bytes(s->type[i]))
			m |= (uint64_t)1 << i;
	}
	return m;
}

static void
put_flat(struct xwriter *w, const struct column *c, int col,
    const struct batch *b, const uint32_t *part)
{
	struct shape *s = &w->x->shape;
	int width = s->width[col];
	size_t wide = (size_t)width;
	bool straight = b->pick == NULL && !(c->flags & COL_CONST);
	static const int32_t first[BATCH_ROWS];
	const int32_t *row = straight ? NULL : c->flags & COL_CONST ? first :
	    b->pick;

	for (int t = 0; t < w->ntouched; t++) {
		uint32_t p = w->touched[t];

		w->cursor[p] = chunk_values(w->open[p], col) +
		    (size_t)w->open[p]->n * wide;
	}
	if (c->data && part)
		scatter(w->cursor, c->data, part, row, b->n, width);
	else if (c->data)
		gather(w->cursor[0], c->data, row, b->n, width);
	if (has_nulls(c, b->nrow))
		put_nulls(w, c, col, part, b->n);
	if (type_is_bytes(s->type[col]) && c->data &&
	    (w->x->conf.keep || !(c->flags & COL_STABLE)))
		own_strings(w, col);
}

/* Counting sort of the rows by partition: start[p] becomes its end. */
static void
sort_rows(struct xwriter *w, const uint32_t *part, int n)
{
	int32_t at = 0;

	for (int t = 0; t < w->ntouched; t++) {
		w->start[w->touched[t]] = at;
		at += w->count[w->touched[t]];
	}
	for (int i = 0; i < n; i++)
		w->order[w->start[part ? part[i] : 0]++] = w->row[i];
}

/* The column without the promise that its strings stay. */
static struct column
unstable(const struct column *c, struct arena *a)
{
	struct column out = *c;
	struct column *kid;

	out.flags &= (uint8_t)~COL_STABLE;
	if (c->kid == NULL)
		return out;
	kid = NEW_N(a, struct column, c->type->nfield + 1);
	for (int i = 0; i < c->type->nfield; i++)
		kid[i] = unstable(&c->kid[i], a);
	out.kid = kid;
	return out;
}

static void
put_nested(struct xwriter *w, const struct batch *b, const uint32_t *part)
{
	struct shape *s = &w->x->shape;
	int k = 0;

	sort_rows(w, part, b->n);
	for (int i = 0; i < s->ncol; i++) {
		const struct column *col = &b->col[i];
		struct column own;

		if (s->width[i])
			continue;
		if (w->x->conf.keep) {
			arena_reset(&w->unstable);
			own = unstable(col, &w->unstable);
			col = &own;
		}
		for (int t = 0; t < w->ntouched; t++) {
			uint32_t p = w->touched[t];
			int n = w->count[p];

			builder_rows(&w->open[p]->nested[k], col,
			    w->order + w->start[p] - n, n);
		}
		k++;
	}
}

/* Chunks whose strings or nested values are many are full. */
static void
note_full(struct xwriter *w)
{
	struct shape *s = &w->x->shape;

	for (int t = 0; t < w->ntouched; t++) {
		struct chunk *c = w->open[w->touched[t]];
		int64_t bytes = c->bytes - chunk_size(s, c->cap,
		    c->fixed);

		for (int k = 0; k < s->nnested; k++)
			bytes += builder_held(&c->nested[k]);
		if (bytes > w->x->heap_max)
			c->limit = c->n;
	}
}

static void
note_borrowed(struct exchange *x, const struct column *c)
{
	if (type_is_bytes(c->type) && (c->flags & COL_STABLE))
		atomic_store(&x->borrows, true);
	for (int i = 0; c->kid && i < c->type->nfield; i++)
		note_borrowed(x, &c->kid[i]);
}

static void
count_rows(struct xwriter *w, const struct batch *b, const uint32_t *part)
{
	w->ntouched = 0;
	for (int i = 0; part && i < b->n; i++)
		if (w->count[part[i]]++ == 0)
			w->touched[w->ntouched++] = part[i];
	if (part == NULL) {
		w->touched[w->ntouched++] = 0;
		w->count[0] = b->n;
	}
	for (int i = 0; i < b->n; i++)
		w->row[i] = batch_row(b, i);
}

int
xwriter_put(struct xwriter *w, const struct batch *b, const uint32_t *part,
    struct err *e)
{
	struct shape *s = &w->x->shape;
	int r = 0;

	if (b->n == 0)
		return 0;
	count_rows(w, b, part);
	w->fixed = one_value(s, b);
	r = make_room(w, b, e);
	for (int i = 0; i < s->ncol && r >= 0; i++) {
		if (!w->x->conf.keep)
			note_borrowed(w->x, &b->col[i]);
		if (i < CHUNK_FIXED_MAX && (w->fixed >> i & 1))
			put_one(w, &b->col[i], i);
		else if (s->width[i])
			put_flat(w, &b->col[i], i, b, part);
	}
	if (s->nnested && r >= 0)
		put_nested(w, b, part);
	for (int t = 0; t < w->ntouched; t++) {
		if (r >= 0)
			w->open[w->touched[t]]->n += w->count[w->touched[t]];
		w->count[w->touched[t]] = 0;
	}
	if (r < 0)
		return r;
	if (w->grown || s->nnested) {
		int64_t grown = w->grown;

		note_full(w);
		w->grown = 0;
		r = charge(w, grown, e);
	}
	return r < 0 ? r : 0;
}

static int
end(struct xwriter *w, struct err *e)
{
	int64_t grown;

	for (int p = 0; p < w->npart; p++)
		if (w->open[p])
			close_chunk(w, (uint32_t)p);
	grown = w->grown;
	w->grown = 0;
	TRY(charge(w, grown, e));
	return w->x->conf.force_spill ? spill_all(w, e) : 0;
}

/* The next maps are probably like this one. */
static void
hint_rows(struct exchange *x, int64_t rows)
{
	int64_t each = rows / x->conf.npart;

	each += each / 32 + ROWS_MIN;
	atomic_store(&x->rows_hint, each < 1 << 20 ? (int)each : 0);
}

int
xwriter_commit(struct xwriter *w, struct err *e)
{
	struct exchange *x = w->x;
	struct map *m = &x->map[w->map];
	int r = end(w, e), won;

	if (r < 0) {
		writer_free(w);
		return r;
	}
	pthread_mutex_lock(&x->lock);
	won = !m->there;
	if (won) {
		for (int p = 0; p < x->conf.npart; p++) {
			m->rows += w->part[p].rows;
			m->bytes += w->part[p].bytes;
		}
		hint_rows(x, m->rows);
		m->part = w->part;
		m->file = w->file;
		m->held = w->held;
		m->there = true;
		w->part = NULL;
		w->file = NULL;
		w->held = 0;
	}
	pthread_mutex_unlock(&x->lock);
	writer_free(w);
	return won;
}

/* Sizes of the partitions, before they are gone. */
static void
tell_sizes(const struct xwriter *w, struct arena *a, struct map_facts *f)
{
	f->npart = w->npart;
	f->part = NEW_N(a, struct exchange_size, w->npart);
	for (int p = 0; p < w->npart; p++) {
		f->part[p] = (struct exchange_size){ w->part[p].rows,
		    w->part[p].bytes };
		f->rows += w->part[p].rows;
		f->bytes += w->part[p].bytes;
	}
}

int
xwriter_publish(struct xwriter *w, int attempt, struct arena *a,
    struct map_facts *facts, struct err *e)
{
	int r = end(w, e);

	*facts = (struct map_facts){ 0 };
	if (r >= 0) {
		tell_sizes(w, a, facts);
		hint_rows(w->x, facts->rows);
		r = map_publish(w->x, w->map, attempt, w->part, w->file,
		    facts, e);
	}
	writer_free(w);
	return r < 0 ? r : 1;
}

void
xwriter_abort(struct xwriter *w)
{
	writer_free(w);
}
