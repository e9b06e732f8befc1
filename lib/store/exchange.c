/*
 * exchange -- see exchange.h: maps, their sizes, readers.
 *
 * A map's chunks are immutable once it is committed.  Until the first reader
 * comes they may be moved to disk for others; after that they stay where
 * they are, and reading needs no lock.
 */
#include "store/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fail.h"
#include "base/pool.h"
#include "base/text.h"
#include "column/wire.h"
#include "store/exchange_state.h"
#include "store/keep_files.h"

#define OPEN_BYTES ((int64_t)32 << 20)  /* of all open chunks of a writer */
#define OPEN_MIN ((int64_t)1 << 20)
#define CHUNK_BYTES ((int64_t)768 << 10)
#define HEAP_MAX ((int64_t)1 << 20)
#define HEAP_MIN ((int64_t)64 << 10)
#define HEAP_SHARE 2048
#define CHUNK_ROWS_MIN 64
#define CHUNK_ROWS_MAX 4096
#define TOLD_MAX (16 << 20)              /* sizes of maps by partition */

static int
rows_max(const struct exchange *x)
{
	int64_t open = OPEN_BYTES, rows, limit = pool_limit(x->conf.pool);

	if (limit && limit / 16 < open)
		open = limit / 16 < OPEN_MIN ? OPEN_MIN : limit / 16;
	open /= x->conf.npart;
	rows = (open < CHUNK_BYTES ? open : CHUNK_BYTES) / (x->shape.row + 1);
	rows = rows < CHUNK_ROWS_MIN ? CHUNK_ROWS_MIN : rows > CHUNK_ROWS_MAX ?
	    CHUNK_ROWS_MAX : rows;
	return (int)(rows & ~63);
}

/* A merge reads all runs at once, and where its range begins and ends more
 * than it needs: little at a time when memory is scarce. */
static int64_t
heap_max(const struct exchange *x)
{
	int64_t limit = pool_limit(x->conf.pool), most = HEAP_MAX;

	if (x->conf.sorted && limit && limit / HEAP_SHARE < most)
		most = limit / HEAP_SHARE;
	return most < HEAP_MIN ? HEAP_MIN : most;
}

int
exchange_new(struct exchange **out, const struct exchange_conf *conf,
    struct err *e)
{
	struct exchange *x = xcalloc(1, sizeof *x);

	(void)e;
	x->conf = *conf;
	x->map = xcalloc((size_t)conf->nmap + 1, sizeof *x->map);
	shape_init(&x->shape, conf->type, conf->ncol);
	x->rows_max = rows_max(x);
	x->heap_max = heap_max(x);
	pthread_mutex_init(&x->lock, NULL);
	x->keep = conf->keep ? keep_files_new() : NULL;
	*out = x;
	return 0;
}

void
partitions_free(struct exchange *x, struct partition *part)
{
	for (int p = 0; part && p < x->conf.npart; p++) {
		for (int i = 0; i < part[p].nchunk; i++)
			chunk_free(&x->shape, part[p].chunk[i]);
		free(part[p].chunk);
	}
	free(part);
}

void
exchange_free(struct exchange *x)
{
	for (int m = 0; m < x->conf.nmap; m++) {
		partitions_free(x, x->map[m].part);
		pool_give(x->conf.pool, x->map[m].held);
		exchange_file_close(x, x->map[m].file);
	}
	if (x->mirror)
		mirror_free(x);
	keep_files_free(x->keep);
	free(x->map);
	free(x->told);
	free(x->told_map);
	shape_release(&x->shape);
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

bool
exchange_publishes(const struct exchange *x)
{
	return x->conf.publish != NULL;
}

static int
move_chunk(struct exchange *x, struct chunk *c, int part,
    struct blockfile *file, int64_t *held, struct text *raw, struct err *e)
{
	int64_t bytes = c->bytes;

	if (fail_here("exchange.spill") < 0)
		return err_sys(e, "could not spill %s", x->conf.name);
	if (x->conf.sorted)
		chunk_keep_first(&x->shape, c, raw);
	if (x->conf.publish)
		c->rowset = chunk_rowset(&x->shape, c, part);
	if (chunk_to_disk(&x->shape, c, part, file, raw, e) < 0)
		return err_ctx(e, "%s", x->conf.name);
	pool_give(x->conf.pool, bytes);
	*held -= bytes;
	return 0;
}

void
exchange_file_close(struct exchange *x, struct blockfile *file)
{
	if (x->keep == NULL)
		blockfile_close(file);
}

int
partitions_to_disk(struct exchange *x, struct partition *part, int lo,
    int hi, struct blockfile **file, int64_t *held, struct err *e)
{
	struct text raw = { 0 };
	int r = 0, shared = -1;

	if (x->keep)
		TRY(shared = keep_files_begin(x->keep, x->conf.dir, file, e));
	else if (*file == NULL)
		TRY(blockfile_new(file, x->conf.dir, e));
	atomic_store(&x->on_disk, true);
	for (int p = lo; p < hi && r >= 0; p++)
		for (int i = 0; i < part[p].nchunk && r >= 0; i++)
			if (part[p].chunk[i]->slab)
				r = move_chunk(x, part[p].chunk[i], p, *file,
				    held, &raw, e);
	if (shared >= 0)
		keep_files_end(x->keep, shared);
	text_release(&raw);
	return r;
}

int64_t
exchange_evict(struct exchange *x, int64_t n, struct err *e)
{
	int64_t got = 0;
	int r = 0;

	pthread_mutex_lock(&x->lock);
	for (int i = 0; i < x->conf.nmap && got < n && r >= 0; i++) {
		struct map *m = &x->map[i];
		int64_t held = m->held;

		if (!m->there || held == 0 || atomic_load(&x->reading))
			continue;
		r = partitions_to_disk(x, m->part, 0, x->conf.npart, &m->file,
		    &m->held, e);
		got += held - m->held;
	}
	pthread_mutex_unlock(&x->lock);
	return r < 0 ? r : got;
}

/* From now on chunks stay where they are. */
static void
begin_reading(const struct exchange *shared)
{
	struct exchange *x = (struct exchange *)(uintptr_t)shared;

	if (atomic_load(&x->reading))
		return;
	pthread_mutex_lock(&x->lock);
	atomic_store(&x->reading, true);
	pthread_mutex_unlock(&x->lock);
}

void
exchange_rest(struct exchange *x)
{
	pthread_mutex_lock(&x->lock);
	atomic_store(&x->reading, false);
	pthread_mutex_unlock(&x->lock);
}

/* A size in a byte: where its first bit is, and the two bits after it. */
static uint8_t
byte_of(int64_t n)
{
	int e;

	if (n < 4)
		return n < 0 ? 0 : (uint8_t)n;
	e = 63 - __builtin_clzll((uint64_t)n);
	return (uint8_t)(e * 4 + (int)(n >> (e - 2) & 3));
}

static int64_t
size_of_byte(uint8_t b)
{
	return b < 4 ? b : (int64_t)(4 + (b & 3)) << (b / 4 - 2);
}

static void
tell_map(struct exchange *x, int map, const struct exchange_size *part)
{
	size_t np = (size_t)x->conf.npart, n = np * (size_t)x->conf.nmap;

	if (np < 2 || n > TOLD_MAX)
		return;
	if (x->told_map == NULL)
		x->told_map = xcalloc(n, 1);
	for (size_t p = 0; p < np; p++)
		x->told_map[(size_t)map * np + p] = byte_of(part[p].bytes);
}

void
exchange_tell(struct exchange *x, int map, const struct exchange_size *part)
{
	if (x->told == NULL)
		x->told = xcalloc((size_t)x->conf.npart, sizeof *x->told);
	for (int p = 0; p < x->conf.npart; p++) {
		x->told[p].rows += part[p].rows;
		x->told[p].bytes += part[p].bytes;
	}
	if (map >= 0)
		tell_map(x, map, part);
}

int64_t
exchange_map_bytes(const struct exchange *x, int map, int part)
{
	if (x->told_map)
		return size_of_byte(x->told_map[(size_t)map *
		    (size_t)x->conf.npart + (size_t)part]);
	return x->told ? -1 : exchange_partition(x, map, part)->bytes;
}

struct exchange_size
exchange_part_size(const struct exchange *x, int part)
{
	struct exchange_size s = { 0, 0 };

	if (x->told)
		return x->told[part];
	if (x->mirror)
		return mirror_size(x, part, part + 1);
	for (int m = 0; m < x->conf.nmap; m++) {
		const struct partition *p = exchange_partition(x, m, part);

		s.rows += p->rows;
		s.bytes += p->bytes;
	}
	return s;
}

struct exchange_size
exchange_total(const struct exchange *x)
{
	struct exchange_size s = { 0, 0 };

	for (int p = 0; x->told && p < x->conf.npart; p++) {
		s.rows += x->told[p].rows;
		s.bytes += x->told[p].bytes;
	}
	if (x->told)
		return s;
	if (x->mirror)
		return mirror_size(x, 0, x->conf.npart);
	for (int m = 0; m < x->conf.nmap; m++) {
		s.rows += x->map[m].rows;
		s.bytes += x->map[m].bytes;
	}
	return s;
}

bool
exchange_in_memory(const struct exchange *x)
{
	return !atomic_load(&((struct exchange *)(uintptr_t)x)->on_disk);
}

bool
exchange_borrows(const struct exchange *x)
{
	return atomic_load(&((struct exchange *)(uintptr_t)x)->borrows);
}

static int
chunk_batch(const struct exchange *x, int map, struct chunk *c,
    struct arena *a, struct batch *b, struct err *e)
{
	if (x->mirror)
		return mirror_chunk(x, map, c, a, b, e);
	if (c->slab == NULL)
		return chunk_from_disk(&x->shape, c, x->map[map].file, a, b,
		    e);
	chunk_view(&x->shape, c, a, b);
	return 0;
}

int
exchange_nchunk(const struct exchange *x, int map, int part)
{
	return exchange_partition(x, map, part)->nchunk;
}

int64_t
exchange_chunk_rows(const struct exchange *x, int map, int part, int i)
{
	return exchange_partition(x, map, part)->chunk[i]->n;
}

int
exchange_chunk(const struct exchange *x, int map, int part, int i,
    struct arena *a, struct batch *b, struct err *e)
{
	begin_reading(x);
	TRY(chunk_batch(x, map, exchange_partition(x, map, part)->chunk[i], a,
	    b, e));
	for (int c = 0; c < b->ncol; c++) {
		struct column one = b->col[c];

		if (one.flags & COL_CONST)
			col_gather(&b->col[c], &one, NULL, b->n, a);
	}
	return 0;
}

int
exchange_chunk_first(const struct exchange *x, int map, int part, int i,
    struct arena *a, struct batch *b, struct err *e)
{
	struct chunk *c = exchange_partition(x, map, part)->chunk[i];
	int r;

	begin_reading(x);
	if (c->slab == NULL) {
		r = chunk_first(&x->shape, c, a, b, e);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	return chunk_batch(x, map, c, a, b, e);
}

struct xreader {
	const struct exchange *x;
	int first_map, last_map;
	int part, hi, map, chunk;       /* what comes next */
	struct batch whole;             /* chunk being cut */
	int from;                       /* rows of it given */
	struct arena whole_arena, slice;
	struct column *col;
};

int
exchange_reader(struct xreader **out, const struct exchange *x, int map,
    int lo, int hi, struct pool *pool, struct err *e)
{
	struct xreader *r = xcalloc(1, sizeof *r);

	(void)pool;
	(void)e;
	begin_reading(x);
	r->x = x;
	r->first_map = r->map = map < 0 ? 0 : map;
	r->last_map = map < 0 ? x->conf.nmap : map + 1;
	r->part = lo;
	r->hi = hi;
	r->col = xcalloc((size_t)x->conf.ncol + 1, sizeof *r->col);
	*out = r;
	return 0;
}

void
xreader_maps(struct xreader *r, int from, int to)
{
	r->first_map = r->map = from;
	r->last_map = to;
}

/* Partition by partition, in each map by map: a coalesced reader gives the
 * same rows in the same order as its partitions one by one.  *map is that of
 * the chunk. */
static struct chunk *
next_chunk(struct xreader *r, int *map)
{
	for (; r->part < r->hi; r->part++, r->map = r->first_map)
		for (; r->map < r->last_map; r->map++, r->chunk = 0) {
			const struct partition *p = exchange_partition(r->x,
			    r->map, r->part);

			*map = r->map;
			if (r->chunk < p->nchunk)
				return p->chunk[r->chunk++];
		}
	return NULL;
}

int
xreader_next(struct xreader *r, struct batch *b, struct err *e)
{
	int n;

	while (r->from == r->whole.nrow) {
		int map;
		struct chunk *c = next_chunk(r, &map);

		if (c == NULL)
			return 0;
		arena_reset(&r->whole_arena);
		TRY(chunk_batch(r->x, map, c, &r->whole_arena, &r->whole, e));
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
	arena_release(&r->whole_arena);
	arena_release(&r->slice);
	free(r->col);
	free(r);
}

void
exchange_drop(struct exchange *x, int lo, int hi)
{
	if (x->mirror) {
		mirror_drop(x, lo, hi);
		return;
	}
	for (int m = 0; m < x->conf.nmap; m++)
		for (int p = lo; p < hi && x->map[m].there; p++) {
			struct partition *q = &x->map[m].part[p];
			int64_t bytes = 0;

			for (int i = 0; i < q->nchunk; i++) {
				bytes += q->chunk[i]->bytes;
				chunk_free(&x->shape, q->chunk[i]);
			}
			q->nchunk = 0;
			pool_give(x->conf.pool, bytes);
			pthread_mutex_lock(&x->lock);
			x->map[m].held -= bytes;
			pthread_mutex_unlock(&x->lock);
		}
}
