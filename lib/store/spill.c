/*
 * spill -- see spill.h; the blocks' places are kept in memory.
 */
#include "store/spill.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "column/builder.h"
#include "column/wire.h"
#include "store/blockfile.h"

#define BLOCK_BYTES ((size_t)256 << 10)

struct spill {
	struct blockfile *file;
	const struct type *const *type;
	int ncol;
	struct builder *col;            /* rows that wait for a block */
	int64_t held, rows;
	struct block *block;
	int nblock, cap, next;
	struct batch whole;
	int from;
	struct arena chunk, slice;
	struct column *view;
	struct text raw;
};

int
spill_new(struct spill **out, const char *dir,
    const struct type *const *type, int ncol, struct err *e)
{
	struct spill *s;
	struct blockfile *f;

	*out = NULL;
	TRY(blockfile_new(&f, dir, e));
	s = xcalloc(1, sizeof *s);
	s->file = f;
	s->type = type;
	s->ncol = ncol;
	s->col = xcalloc((size_t)ncol + 1, sizeof *s->col);
	s->view = xcalloc((size_t)ncol + 1, sizeof *s->view);
	for (int i = 0; i < ncol; i++)
		builder_init(&s->col[i], type[i]);
	*out = s;
	return 0;
}

static int
flush(struct spill *s, struct err *e)
{
	struct arena a = { 0 };
	struct batch b = { .ncol = s->ncol, .n = (int)s->held,
	    .nrow = (int)s->held };
	int r;

	if (s->held == 0)
		return 0;
	b.col = NEW_N(&a, struct column, s->ncol + 1);
	for (int i = 0; i < s->ncol; i++)
		builder_column(&s->col[i], 0, s->held, &b.col[i], &a);
	text_clear(&s->raw);
	wire_put(&s->raw, &b);
	arena_release(&a);
	if (s->nblock == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 16;
		s->block = xrealloc(s->block,
		    (size_t)s->cap * sizeof *s->block);
	}
	s->block[s->nblock] = (struct block){ .rows = (uint32_t)s->held };
	r = blockfile_put(s->file, s->raw.p, s->raw.n, &s->block[s->nblock], e);
	if (r < 0)
		return r;
	s->nblock++;
	for (int i = 0; i < s->ncol; i++)
		builder_clear(&s->col[i]);
	s->held = 0;
	return 0;
}

int
spill_put(struct spill *s, const struct batch *b, struct err *e)
{
	int64_t bytes = 0;

	for (int i = 0; i < s->ncol; i++) {
		struct column c = b->col[i];

		c.flags &= ~(uint32_t)COL_STABLE;
		builder_rows(&s->col[i], &c, b->pick, b->n);
		bytes += s->col[i].n * type_width(s->type[i]) +
		    (int64_t)s->col[i].heap.size;
	}
	s->held += b->n;
	s->rows += b->n;
	return bytes > (int64_t)BLOCK_BYTES || s->held >= 65536 ?
	    flush(s, e) : 0;
}

int
spill_rewind(struct spill *s, struct err *e)
{
	TRY(flush(s, e));
	for (int i = 0; i < s->ncol; i++) {     /* what writing needed */
		builder_release(&s->col[i]);
		builder_init(&s->col[i], s->type[i]);
	}
	text_release(&s->raw);
	s->next = 0;
	s->from = 0;
	s->whole.nrow = 0;
	return 0;
}

int
spill_next(struct spill *s, struct batch *b, struct err *e)
{
	int n;

	while (s->from == s->whole.nrow) {
		const struct block *k;
		const char *raw;
		int64_t r;

		if (s->next == s->nblock) {
			arena_release(&s->chunk);
			return 0;
		}
		k = &s->block[s->next++];
		arena_reset(&s->chunk);
		TRY(blockfile_get(s->file, k, &s->chunk, &raw, e));
		r = wire_get(raw, k->raw, s->type, s->ncol, &s->chunk,
		    &s->whole, e);
		if (r < 0)
			return (int)r;
		s->from = 0;
	}
	n = s->whole.nrow - s->from;
	n = n < BATCH_ROWS ? n : BATCH_ROWS;
	arena_reset(&s->slice);
	b->col = s->view;
	wire_slice(&s->whole, s->from, n, b, &s->slice);
	s->from += n;
	return 1;
}

int64_t
spill_bytes(const struct spill *s)
{
	return blockfile_size(s->file);
}

int64_t
spill_rows(const struct spill *s)
{
	return s->rows;
}

void
spill_free(struct spill *s)
{
	if (s == NULL)
		return;
	for (int i = 0; i < s->ncol; i++)
		builder_release(&s->col[i]);
	blockfile_close(s->file);
	arena_release(&s->chunk);
	arena_release(&s->slice);
	text_release(&s->raw);
	free(s->col);
	free(s->view);
	free(s->block);
	free(s);
}
