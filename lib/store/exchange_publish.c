/*
 * exchange_publish -- the rows of a map's writer become files
 * (store/map_file.h).
 *
 * Chunks become blocks as they are: those in memory are encoded, those that
 * were spilled are copied packed.  Where chunks end depends on batches and on
 * memory; readers of a sorted exchange choose their borders by the first rows
 * of blocks, and another attempt must give them the same.  So a sorted run is
 * cut anew, by the number and the bytes of its rows.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "column/builder.h"
#include "column/wire.h"
#include "store/block_cache.h"
#include "store/exchange_state.h"
#include "store/map_file.h"
#include "store/map_image.h"

enum { SORTED_ROWS = 2048 };    /* of a block, at most */
#define SORTED_BYTES ((int64_t)256 << 10)

/* The rest of a run that does not fill a block yet. */
struct cutter {
	struct exchange *x;
	struct map_writer *w;
	struct builder *col;            /* rows that wait, from older chunks */
	int wait;
	int rows;                       /* of the block that is being made */
	int64_t bytes;
	int32_t *number;                /* SORTED_ROWS, to work in */
	struct text raw, first;
	int nfirst;
	uint64_t rowset;
};

static int64_t
row_bytes(const struct batch *b, int row, int64_t flat)
{
	for (int c = 0; c < b->ncol; c++) {
		const struct column *k = &b->col[c];

		if (type_is_bytes(k->type) && k->data && !col_null(k, row))
			flat += ((const struct sview *)k->data)[col_at(k,
			    row)].len;
	}
	return flat;
}

static int
put_block(struct cutter *k, const struct batch *b, struct err *e)
{
	struct column *col = xcalloc((size_t)b->ncol + 1, sizeof *col);
	struct arena a = { 0 };
	struct batch one = { .col = col };
	uint64_t rowset = map_rowset(b, 0);
	uint32_t n;

	wire_slice(b, 0, 1, &one, &a);
	text_clear(&k->raw);
	wire_put(&k->raw, &one);
	arena_release(&a);
	free(col);
	n = k->raw.n > CHUNK_FIRST_MAX ? 0 : (uint32_t)k->raw.n;
	text_add(&k->first, &n, sizeof n);
	text_add(&k->first, k->raw.p, n);
	k->nfirst++;
	k->rowset += rowset;
	k->rows = 0;
	k->bytes = 0;
	return map_writer_put(k->w, 0, b, rowset, e);
}

/* The rows that wait are a block. */
static int
put_waiting(struct cutter *k, struct err *e)
{
	int ncol = k->x->shape.ncol, r;
	struct arena a = { 0 };
	struct batch b = { .ncol = ncol, .n = k->wait, .nrow = k->wait };

	if (k->wait == 0)
		return 0;
	b.col = NEW_N(&a, struct column, ncol + 1);
	for (int c = 0; c < ncol; c++)
		builder_column(&k->col[c], 0, k->wait, &b.col[c], &a);
	r = put_block(k, &b, e);
	arena_release(&a);
	for (int c = 0; c < ncol; c++)
		builder_clear(&k->col[c]);
	k->wait = 0;
	return r;
}

static void
keep(struct cutter *k, const struct batch *b, int from, int n)
{
	for (int i = 0; i < n; i++)
		k->number[i] = from + i;
	for (int c = 0; c < b->ncol; c++) {
		struct column one = b->col[c];

		one.flags &= ~(uint32_t)COL_STABLE;
		builder_rows(&k->col[c], &one, k->number, n);
	}
	k->wait += n;
}

/* Rows [from, to) end a block. */
static int
end_block(struct cutter *k, const struct batch *b, int from, int to,
    struct err *e)
{
	struct arena a = { 0 };
	struct batch piece = { 0 };
	int r;

	if (k->wait) {
		keep(k, b, from, to - from);
		return put_waiting(k, e);
	}
	piece.col = NEW_N(&a, struct column, b->ncol + 1);
	wire_slice(b, from, to - from, &piece, &a);
	r = put_block(k, &piece, e);
	arena_release(&a);
	return r;
}

static int
cut_chunk(struct cutter *k, const struct batch *b, struct err *e)
{
	int from = 0;

	for (int i = 0; i < b->nrow; i++) {
		k->bytes += row_bytes(b, i, k->x->shape.row);
		if (++k->rows < SORTED_ROWS && k->bytes < SORTED_BYTES)
			continue;
		TRY(end_block(k, b, from, i + 1, e));
		from = i + 1;
	}
	if (from < b->nrow)
		keep(k, b, from, b->nrow - from);
	return 0;
}

static int
cut_run(struct cutter *k, const struct partition *part,
    const struct blockfile *file, struct err *e)
{
	const struct shape *s = &k->x->shape;
	struct arena a = { 0 };
	int r = 0;

	for (int i = 0; i < part->nchunk && r >= 0; i++) {
		const struct chunk *c = part->chunk[i];
		struct batch b;

		arena_reset(&a);
		if (c->slab)
			chunk_view(s, c, &a, &b);
		else
			r = chunk_from_disk(s, c, file, &a, &b, e);
		if (r >= 0)
			r = cut_chunk(k, &b, e);
	}
	if (r >= 0)
		r = put_waiting(k, e);
	if (r >= 0 && k->nfirst)
		r = map_writer_bytes(k->w, 1, k->nfirst, k->first.p,
		    k->first.n, e);
	arena_release(&a);
	return r;
}

static int
publish_sorted(struct exchange *x, struct map_writer *w,
    const struct partition *part, const struct blockfile *file,
    uint64_t *rowset, struct err *e)
{
	struct cutter k = { .x = x, .w = w };
	int r;

	k.col = xcalloc((size_t)x->shape.ncol + 1, sizeof *k.col);
	k.number = xcalloc(SORTED_ROWS, sizeof *k.number);
	for (int c = 0; c < x->shape.ncol; c++)
		builder_init(&k.col[c], x->conf.type[c]);
	r = cut_run(&k, part, file, e);
	*rowset = k.rowset;
	for (int c = 0; c < x->shape.ncol; c++)
		builder_release(&k.col[c]);
	free(k.col);
	free(k.number);
	text_release(&k.raw);
	text_release(&k.first);
	return r;
}

/* A spilled chunk as it is on disk. */
static int
copy_chunk(struct map_writer *w, const struct chunk *c,
    const struct blockfile *file, struct text *raw, struct err *e)
{
	char *to;

	text_clear(raw);
	to = text_room(raw, BLOCK_HEAD + (size_t)c->block.stored);
	TRY(blockfile_get_packed(file, &c->block, to, e));
	TRY(block_check(&c->block, to, e));
	return map_writer_packed(w, &c->block, to, c->rowset, e);
}

static int
publish_chunk(struct exchange *x, struct map_writer *w, int part,
    const struct chunk *c, uint64_t *rowset, struct err *e)
{
	struct arena a = { 0 };
	struct batch b;
	uint64_t sum;
	int r;

	chunk_view(&x->shape, c, &a, &b);
	sum = map_rowset(&b, part);
	*rowset += sum;
	r = map_writer_put(w, part, &b, sum, e);
	arena_release(&a);
	return r;
}

static int
publish_parts(struct exchange *x, struct map_writer *w,
    const struct partition *part, const struct blockfile *file,
    uint64_t *rowset, struct err *e)
{
	struct text raw = { 0 };
	int r = 0;

	for (int p = 0; p < x->conf.npart && r >= 0; p++)
		for (int i = 0; i < part[p].nchunk && r >= 0; i++) {
			const struct chunk *c = part[p].chunk[i];

			if (c->slab) {
				r = publish_chunk(x, w, p, c, rowset, e);
				continue;
			}
			*rowset += c->rowset;
			r = copy_chunk(w, c, file, &raw, e);
		}
	text_release(&raw);
	return r;
}

static void
begin_keeping(const struct exchange *x, struct map_writer *w)
{
	if (x->conf.cache)
		map_writer_keep(w, x->conf.cache, x->conf.kept,
		    x->conf.only_cache ? MAP_WITHOUT_FILE : MAP_WITH_FILE);
}

static void
keep_image(const struct exchange *x, struct map_writer *w, int map,
    int attempt)
{
	struct block_key k = { x->conf.kept, map, attempt };
	struct map_image *m = map_writer_image(w);

	if (m)
		block_cache_put(x->conf.cache, &k, m, !x->conf.only_cache);
	else if (x->conf.cache && x->conf.only_cache)
		block_cache_put_file(x->conf.cache, &k);
}

int
map_publish(struct exchange *x, int map, int attempt,
    const struct partition *part, const struct blockfile *file,
    struct map_facts *facts, struct err *e)
{
	struct map_writer *w;
	int r;

	r = map_writer_new(&w, x->conf.publish, map, attempt, x->conf.sorted ?
	    2 : x->conf.npart, x->conf.compress, e);
	if (r >= 0)
		begin_keeping(x, w);
	if (r >= 0 && x->conf.sorted)
		r = publish_sorted(x, w, part, file, &facts->rowset, e);
	else if (r >= 0)
		r = publish_parts(x, w, part, file, &facts->rowset, e);
	if (r >= 0)
		r = map_writer_commit(w, &facts->stored, e);
	if (r >= 0)
		keep_image(x, w, map, attempt);
	map_writer_free(w);
	return r < 0 ? err_ctx(e, "%s", x->conf.name) : 0;
}
