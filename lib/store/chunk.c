/*
 * chunk -- see chunk.h.
 *
 * The slab: values of the flat columns, cap each; then a bitmap of cap bits
 * for each column, of which only those are written whose column has a null;
 * then the flags that tell which.  When columns are fixed their values and
 * the offsets of the others lie in a piece of their own.
 */
#include "store/chunk.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "column/builder.h"
#include "column/wire.h"
#include "store/map_file.h"

#define HEAP_MIN ((size_t)512)
#define HEAP_MAX ((size_t)256 << 10)

struct chunk_heap {
	struct chunk_heap *next;
	size_t size;
	char bytes[];
};

void
shape_init(struct shape *s, const struct type *const *type, int ncol)
{
	*s = (struct shape){ .ncol = ncol, .type = type };
	s->width = xcalloc((size_t)ncol + 1, sizeof *s->width);
	s->before = xcalloc((size_t)ncol + 1, sizeof *s->before);
	for (int i = 0; i < ncol; i++) {
		s->before[i] = s->row;
		if (type_is_nested(type[i]))
			s->nnested++;
		else
			s->width[i] = type_width(type[i]);
		s->row += s->width[i];
	}
}

void
shape_release(struct shape *s)
{
	free(s->width);
	free(s->before);
}

/* Slabs that are filled side by side should not begin at the same place of a
 * page: they would share few sets of the cache. */
#define COLOUR 832

static int
row_width(const struct shape *s, uint64_t fixed)
{
	int row = s->row;

	for (; fixed; fixed &= fixed - 1)
		row -= s->width[__builtin_ctzll(fixed)];
	return row;
}

static size_t
slab_size(const struct shape *s, int cap, int row)
{
	return (size_t)cap * (size_t)row +
	    (size_t)s->ncol * ((size_t)cap / 8 + 1) +
	    (cap > 1024 ? COLOUR : 1);
}

static size_t
fixed_size(const struct shape *s, uint64_t fixed)
{
	return fixed ? (size_t)s->ncol * (16 + sizeof(int)) : 0;
}

int64_t
chunk_size(const struct shape *s, int cap, uint64_t fixed)
{
	return (int64_t)(slab_size(s, cap, row_width(s, fixed)) +
	    fixed_size(s, fixed) + sizeof(struct chunk));
}

/* Offsets of the columns that are not fixed. */
static void
lay_out(const struct shape *s, struct chunk *c)
{
	int *before, at = 0;

	c->before = s->before;
	if (c->fixed == 0)
		return;
	c->value = xcalloc(1, fixed_size(s, c->fixed));
	before = (int *)(void *)(c->value + 16 * s->ncol);
	for (int i = 0; i < s->ncol; i++) {
		before[i] = at;
		at += chunk_is_fixed(c, i) ? 0 : s->width[i];
	}
	c->before = before;
}

struct chunk *
chunk_new(const struct shape *s, int cap, uint64_t fixed)
{
	struct chunk *c = xcalloc(1, sizeof *c);
	int k = 0;

	c->cap = c->limit = cap;
	c->fixed = fixed;
	c->row = row_width(s, fixed);
	c->bytes = chunk_size(s, cap, fixed);
	c->slab = xmalloc(slab_size(s, cap, c->row));
	c->nulls = (uint8_t *)c->slab + (size_t)cap * (size_t)c->row +
	    (size_t)s->ncol * ((size_t)cap / 8);
	memset(c->nulls, 0, (size_t)s->ncol);
	lay_out(s, c);
	if (s->nnested == 0)
		return c;
	c->nested = xcalloc((size_t)s->nnested, sizeof *c->nested);
	for (int i = 0; i < s->ncol; i++)
		if (s->width[i] == 0)
			builder_init(&c->nested[k++], s->type[i]);
	return c;
}

/* Frees the memory of rows that are on disk. */
static void
chunk_drop_memory(const struct shape *s, struct chunk *c)
{
	while (c->heap) {
		struct chunk_heap *h = c->heap;

		c->heap = h->next;
		free(h);
	}
	for (int i = 0; c->nested && i < s->nnested; i++)
		builder_release(&c->nested[i]);
	free(c->nested);
	free(c->slab);
	free(c->value);
	if (!c->borrowed)
		free(c->packed);
	c->slab = c->value = c->packed = NULL;
	c->fixed = 0;
	c->nulls = NULL;
	c->nested = NULL;
	c->at = c->end = NULL;
	c->bytes = 0;
}

void
chunk_free(const struct shape *s, struct chunk *c)
{
	chunk_drop_memory(s, c);
	free(c->first);
	free(c);
}

static uint64_t *
bitmap(const struct chunk *c, int col)
{
	return (uint64_t *)(void *)(c->slab + (size_t)c->cap *
	    (size_t)c->row + (size_t)col * ((size_t)c->cap / 8));
}

void
chunk_null(struct chunk *c, int col, int i)
{
	uint64_t *valid = bitmap(c, col);

	if (!c->nulls[col]) {
		c->nulls[col] = 1;
		memset(valid, 0xff, (size_t)c->cap / 8);
	}
	bit_clear(valid, i);
}

char *
chunk_heap_more(struct chunk *c, size_t n, int64_t *grown)
{
	size_t size = c->heap ? 2 * c->heap->size : (size_t)c->cap * 8;
	struct chunk_heap *h;

	size = size < HEAP_MIN ? HEAP_MIN : size > HEAP_MAX ? HEAP_MAX : size;
	size = size < n ? n : size;
	h = xmalloc(sizeof *h + size);
	h->next = c->heap;
	h->size = size;
	c->heap = h;
	c->at = h->bytes + n;
	c->end = h->bytes + size;
	c->bytes += (int64_t)(size + sizeof *h);
	*grown += (int64_t)(size + sizeof *h);
	return h->bytes;
}

void
chunk_view(const struct shape *s, const struct chunk *c, struct arena *a,
    struct batch *b)
{
	int k = 0;

	*b = (struct batch){ .ncol = s->ncol, .nrow = c->n, .n = c->n };
	b->col = NEW_N(a, struct column, s->ncol + 1);
	for (int i = 0; i < s->ncol; i++) {
		struct column *to = &b->col[i];

		if (s->width[i] == 0) {
			builder_column(&c->nested[k++], 0, c->n, to, a);
			to->flags |= COL_STABLE;
			continue;
		}
		if (chunk_is_fixed(c, i)) {
			*to = (struct column){ .type = s->type[i],
			    .flags = COL_STABLE | COL_CONST,
			    .data = chunk_fixed(c, i) };
			continue;
		}
		*to = (struct column){ .type = s->type[i],
		    .flags = COL_STABLE, .data = chunk_values(c, i),
		    .valid = c->nulls[i] ? bitmap(c, i) : NULL };
	}
}

uint64_t
chunk_rowset(const struct shape *s, const struct chunk *c, int part)
{
	struct arena a = { 0 };
	struct batch b;
	uint64_t sum;

	chunk_view(s, c, &a, &b);
	sum = map_rowset(&b, part);
	arena_release(&a);
	return sum;
}

int
chunk_to_disk(const struct shape *s, struct chunk *c, int part,
    struct blockfile *f, struct text *raw, struct err *e)
{
	struct arena a = { 0 };
	struct batch b;

	chunk_view(s, c, &a, &b);
	text_clear(raw);
	wire_put(raw, &b);
	arena_release(&a);
	c->block = (struct block){ .part = (uint32_t)part,
	    .rows = (uint32_t)c->n };
	TRY(blockfile_put(f, raw->p, raw->n, &c->block, e));
	chunk_drop_memory(s, c);
	return 0;
}

void
chunk_keep_first(const struct shape *s, struct chunk *c, struct text *raw)
{
	struct arena a = { 0 };
	struct batch b;

	chunk_view(s, c, &a, &b);
	b.n = b.nrow = b.n ? 1 : 0;
	text_clear(raw);
	wire_put(raw, &b);
	arena_release(&a);
	if (raw->n > CHUNK_FIRST_MAX)
		return;
	c->first = xmalloc(raw->n);
	c->nfirst = (uint32_t)raw->n;
	memcpy(c->first, raw->p, raw->n);
}

int
chunk_first(const struct shape *s, const struct chunk *c, struct arena *a,
    struct batch *b, struct err *e)
{
	int64_t n;

	if (c->first == NULL)
		return 0;
	n = wire_get(c->first, c->nfirst, s->type, s->ncol, a, b, e);
	return n < 0 ? (int)n : 1;
}

static void
make_stable(struct column *c)
{
	c->flags |= COL_STABLE;
	for (int i = 0; c->kid && i < c->type->nfield; i++)
		make_stable(&c->kid[i]);
}

static int
decode(const struct shape *s, const struct chunk *c, const char *raw,
    struct arena *a, struct batch *b, struct err *e)
{
	int64_t n = wire_get(raw, c->block.raw, s->type, s->ncol, a, b, e);

	if (n < 0)
		return (int)n;
	if (n != c->block.raw || b->nrow != c->n)
		return err_set(e, ERR_LOST, "a stored block is not what was "
		    "written");
	return 0;
}

int
chunk_unpack(const struct shape *s, const struct chunk *c,
    const char *packed, enum packed_bytes how, struct arena *a,
    struct batch *b, struct err *e)
{
	bool same = c->block.stored == c->block.raw;
	const char *raw;

	TRY(block_unpack(&c->block, packed, same ? NULL :
	    arena_raw(a, (size_t)c->block.raw + 16), &raw, e));
	TRY(decode(s, c, raw, a, b, e));
	for (int i = 0; same && how == PACKED_STAY && i < b->ncol; i++)
		make_stable(&b->col[i]);
	return 0;
}

int
chunk_from_disk(const struct shape *s, const struct chunk *c,
    const struct blockfile *f, struct arena *a, struct batch *b,
    struct err *e)
{
	const char *raw;

	TRY(blockfile_get(f, &c->block, a, &raw, e));
	return decode(s, c, raw, a, b, e);
}
