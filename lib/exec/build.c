/*
 * build -- see build.h: rows in and out; build_table.c has the directory.
 */
#include "exec/build.h"

#include <math.h>
#include <stdlib.h>

#include "base/bigmem.h"
#include "base/hash.h"

#define BLOCK_BYTES (256 << 10)
#define LINK_BYTES 14           /* of the directory for a row, about */

/* Blocks are cut from slabs: the first ones small, then huge pages. */
struct block_slab {
	struct block_slab *next;
	char *p;
	size_t size, used;
};

/* Where the values of column c (keys come after the columns) are. */
static int
home(const struct build *b, int c)
{
	return c < b->ncol && b->source[c] >= 0 ? b->ncol + b->source[c] : c;
}

static bool
is_simple(const struct type *t)
{
	int w = type_width(t);

	return !type_is_nested(t) && !type_is_bytes(t) && w > 0 && w <= 8 &&
	    t->kind != TYPE_F32;
}

static void
lay_out(struct build *b)
{
	int n = b->ncol + b->nkey, at = 0;

	b->simple = b->nkey == 1 && is_simple(b->type[b->ncol]);
	b->whole_numbers = b->simple &&
	    !type_is_float(b->type[b->ncol]) &&
	    b->type[b->ncol]->kind != TYPE_BOOL;
	b->hash_at = -1;
	if (b->nkey && !b->simple) {
		b->hash_at = 0;
		at = 8;
	}
	for (int k = 0; k < n; k++) {
		int c = k < b->nkey ? b->ncol + k : k - b->nkey;

		b->at[c] = -1;
		if (home(b, c) != c) {
			b->at[c] = b->at[home(b, c)];
		} else if (type_is_nested(b->type[c])) {
			builder_init(&b->side[c], b->type[c]);
		} else {
			b->at[c] = at;
			at += type_width(b->type[c]);
		}
	}
	if (b->simple) {
		b->key_at = b->at[b->ncol];
		b->key_width = type_width(b->type[b->ncol]);
	}
	b->stride = at ? at : 1;
	for (b->shift = 4; ((int64_t)2 << b->shift) * b->stride <= BLOCK_BYTES;)
		b->shift++;
}

void
build_init(struct build *b, struct pool *pool, const struct type *const *type,
    int ncol, int nkey, const int *source)
{
	size_t n = (size_t)(ncol + nkey) + 1;

	memset(b, 0, sizeof *b);
	arena_init(&b->arena);
	b->ncol = ncol;
	b->nkey = nkey;
	b->type = (const struct type **)(void *)arena_memdup(&b->arena, type,
	    (size_t)(ncol + nkey) * sizeof *type);
	b->pool = pool;
	b->at = NEW_N(&b->arena, int, n);
	b->source = NEW_N(&b->arena, int, n);
	b->side = NEW_N(&b->arena, struct builder, n);
	b->side_view = NEW_N(&b->arena, struct column, n);
	b->null = NEW_N(&b->arena, uint64_t *, n);
	b->copied = NEW_N(&b->arena, uint8_t, n);
	for (int c = 0; c < ncol; c++)
		b->source[c] = source ? source[c] : -1;
	/* Floating point keys are stored as what is equal. */
	for (int c = 0; c < ncol; c++)
		if (b->source[c] >= 0 && type_is_float(type[c]))
			b->source[c] = -1;
	lay_out(b);
}

void
build_release(struct build *b)
{
	while (b->slab) {
		struct block_slab *next = b->slab->next;

		bigmem_free(b->slab->p, b->slab->size);
		free(b->slab);
		b->slab = next;
	}
	while (b->heap) {
		struct build_heap *next = b->heap->next;

		arena_release(&b->heap->arena);
		free(b->heap);
		b->heap = next;
	}
	for (int c = 0; b->null && c < b->ncol + b->nkey; c++) {
		free(b->null[c]);
		if (b->type && type_is_nested(b->type[c]) && home(b, c) == c)
			builder_release(&b->side[c]);
	}
	free(b->no_key);
	free(b->block);
	if (b->slot)
		bigmem_free(b->slot, b->nslot * sizeof *b->slot);
	if (b->dense)
		bigmem_free(b->dense, b->nslot * sizeof *b->dense);
	if (b->next)
		bigmem_free(b->next, ((size_t)b->n + 1) * sizeof *b->next);
	if (b->pool)
		pool_give(b->pool, b->charged);
	arena_release(&b->arena);
	memset(b, 0, sizeof *b);
}

static void
add_slab(struct build *b, int nblock)
{
	struct block_slab *s = xcalloc(1, sizeof *s);

	s->size = ((size_t)b->stride << b->shift) * (size_t)nblock;
	s->p = bigmem_alloc(s->size);
	s->next = b->slab;
	b->slab = s;
	b->held += (int64_t)s->size;
}

static void
add_block(struct build *b)
{
	size_t size = (size_t)b->stride << b->shift;

	if (b->nblock == b->block_cap) {
		b->block_cap = b->block_cap ? 2 * b->block_cap : 16;
		b->block = xrealloc(b->block,
		    (size_t)b->block_cap * sizeof *b->block);
	}
	if (b->slab == NULL || b->slab->size - b->slab->used < size)
		add_slab(b, b->nblock < 32 ? 1 : 16);
	b->block[b->nblock++] = b->slab->p + b->slab->used;
	b->slab->used += size;
}

static uint64_t *
grow_bits(uint64_t *w, int64_t have, int64_t want)
{
	size_t old = BITS_BYTES(have), new = BITS_BYTES(want);

	if (w == NULL)
		return NULL;
	w = xrealloc(w, new + 8);
	memset((char *)w + old, 0, new + 8 - old);
	return w;
}

static void
need_rows(struct build *b, int64_t n)
{
	while ((int64_t)b->nblock << b->shift < n)
		add_block(b);
	if (n <= b->null_cap)
		return;
	n += n / 2 + 1024;
	for (int c = 0; c < b->ncol + b->nkey; c++)
		b->null[c] = grow_bits(b->null[c], b->null_cap, n);
	b->no_key = grow_bits(b->no_key, b->null_cap, n);
	b->null_cap = n;
}

void
build_reserve(struct build *b, int64_t n)
{
	int64_t blocks = (n >> b->shift) + 1;

	add_slab(b, (int)blocks);
	while (b->nblock < blocks)
		add_block(b);
	b->null_cap = n;
	b->n = n;
}

/* Many threads may set bits of one map; who is first makes it. */
static void
mark(uint64_t **map, int64_t row, int64_t cap)
{
	uint64_t *w = __atomic_load_n(map, __ATOMIC_ACQUIRE), *made;

	if (w == NULL) {
		made = xcalloc(1, BITS_BYTES(cap) + 8);
		if (__atomic_compare_exchange_n(map, &w, made, false,
		    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			w = made;
		else
			free(made);
	}
	__atomic_fetch_or(&w[row >> 6], (uint64_t)1 << (row & 63),
	    __ATOMIC_RELAXED);
}

#define PUT(T) do {                                                     \
	const T *v = c->data;                                           \
	for (int i = 0; i < n; i++) {                                   \
		T x = v[col_at(c, src ? src[i] : i)];                   \
		memcpy(to[i] + at, &x, sizeof x);                       \
	}                                                               \
} while (0)

static void
put_strings(struct build *b, const struct column *c, const int32_t *src,
    int n, char **to, int home_col, struct build_heap *heap)
{
	const struct sview *v = c->data;
	int at = b->at[home_col];

	for (int i = 0; i < n; i++) {
		int64_t j = col_at(c, src ? src[i] : i);
		struct sview x = v[j];

		if (col_null(c, j)) {
			memset(&x, 0, sizeof x);
		} else if (x.len > SVIEW_INLINE && !(c->flags & COL_STABLE)) {
			char *p = arena_bytes(&heap->arena, x.len);

			memcpy(p, x.ptr, x.len);
			x.ptr = p;
			__atomic_store_n(&b->copied[home_col], 1,
			    __ATOMIC_RELAXED);
		}
		memcpy(to[i] + at, &x, sizeof x);
	}
}

struct wide { uint64_t a, b; };

static void
put_values(struct build *b, const struct column *c, const int32_t *src, int n,
    char **to, int home_col, struct build_heap *heap)
{
	int at = b->at[home_col];

	if (type_is_bytes(c->type)) {
		put_strings(b, c, src, n, to, home_col, heap);
		return;
	}
	switch (type_width(c->type)) {
	case 1:  PUT(uint8_t); break;
	case 2:  PUT(uint16_t); break;
	case 4:  PUT(uint32_t); break;
	case 8:  PUT(uint64_t); break;
	case 16: PUT(struct wide); break;
	}
}

static void
put_column(struct build *b, int64_t from, int col, const struct column *c,
    const int32_t *src, int n, char **to, struct build_heap *heap)
{
	for (int i = 0; c->valid && i < n; i++)
		if (col_null(c, src ? src[i] : i))
			mark(&b->null[col], from + i, b->null_cap);
	if (home(b, col) != col)
		return;
	if (type_is_nested(c->type))
		builder_rows(&b->side[col], c, src, n);
	else
		put_values(b, c, src, n, to, col, heap);
}

#define VALUES(T) do {                                                  \
	const T *v = c->data;                                           \
	for (int i = 0; i < n; i++)                                     \
		out[i] = v[col_at(c, i)];                               \
} while (0)

void
build_simple_values(const struct column *c, int n, uint64_t *out)
{
	switch (type_width(c->type)) {
	case 1:  VALUES(uint8_t); break;
	case 2:  VALUES(uint16_t); break;
	case 4:  VALUES(uint32_t); break;
	default: VALUES(uint64_t); break;
	}
	if (c->type->kind != TYPE_F64)
		return;
	for (int i = 0; i < n; i++) {
		double d;

		memcpy(&d, &out[i], 8);
		if (d == 0)
			out[i] = 0;
		else if (isnan(d))
			out[i] = 0x7ff8000000000000u;
	}
}

void
key_range_add(struct key_range *a, const struct key_range *b)
{
	if (!b->any)
		return;
	if (!a->any) {
		*a = *b;
		return;
	}
	a->run = a->run && b->run && a->first == b->first;
	a->min = a->min < b->min ? a->min : b->min;
	a->max = a->max > b->max ? a->max : b->max;
}

static void
put_simple(struct build *b, int64_t from, const struct column *key, int n,
    char **to, struct key_range *range)
{
	size_t w = (size_t)b->key_width;
	struct key_range r = { INT64_MAX, INT64_MIN, 0, true, true };
	uint64_t v[BATCH_ROWS];

	build_simple_values(key, n, v);
	for (int i = 0; i < n; i++)
		memcpy(to[i] + b->key_at, &v[i], w);
	if (!b->whole_numbers || n == 0)
		return;
	r.first = (int64_t)((uint64_t)build_whole(b, v[0]) -
	    (uint64_t)from);
	for (int i = 0; i < n; i++) {
		int64_t x = build_whole(b, v[i]);

		if (col_null(key, i)) {
			r.run = false;
			continue;
		}
		r.min = x < r.min ? x : r.min;
		r.max = x > r.max ? x : r.max;
		r.run &= (uint64_t)x == (uint64_t)r.first + (uint64_t)(from +
		    i);
	}
	key_range_add(range, &r);
}

void
build_put(struct build *b, int64_t from, const struct batch *rows,
    const struct column *key, const uint64_t *hash, struct build_heap *heap,
    struct key_range *range)
{
	char *to[BATCH_ROWS];
	int n = rows->n;

	for (int i = 0; i < n; i++)
		to[i] = build_row(b, from + i);
	for (int c = 0; c < b->ncol; c++)
		put_column(b, from, c, &rows->col[c], rows->pick, n, to, heap);
	for (int k = 0; k < b->nkey; k++) {
		for (int i = 0; key[k].valid && i < n; i++)
			if (col_null(&key[k], i))
				mark(&b->no_key, from + i, b->null_cap);
		if (!b->simple)
			put_column(b, from, b->ncol + k, &key[k], NULL, n, to,
			    heap);
	}
	for (int i = 0; b->hash_at >= 0 && i < n; i++)
		memcpy(to[i] + b->hash_at, &hash[i], 8);
	if (b->simple)
		put_simple(b, from, key, n, to, range);
}

void
build_add(struct build *b, const struct batch *rows,
    const struct column *key, const uint64_t *hash)
{
	if (b->heap == NULL)
		b->heap = xcalloc(1, sizeof *b->heap);
	need_rows(b, b->n + rows->n);
	build_put(b, b->n, rows, key, hash, b->heap, &b->range);
	b->n += rows->n;
}

int64_t
build_bytes(const struct build *b)
{
	int64_t n = b->held + (b->nkey ? b->n * LINK_BYTES : 0);

	for (const struct build_heap *h = b->heap; h; h = h->next)
		n += (int64_t)h->arena.size;
	for (int c = 0; c < b->ncol + b->nkey; c++) {
		n += b->null[c] ? b->null_cap / 8 : 0;
		if (type_is_nested(b->type[c]) && home(b, c) == c)
			n += builder_held(&b->side[c]);
	}
	return n;
}

int
build_charge(struct build *b)
{
	int64_t more = build_bytes(b) - b->charged;

	if (more < 1 << 16)
		return 1;
	if (!pool_try(b->pool, more))
		return 0;
	b->charged += more;
	return 1;
}

#define GET(T) do {                                                     \
	T *o = out->data;                                               \
	for (int i = 0; i < n; i++)                                     \
		memcpy(&o[to ? to[i] : i], build_row(b, row[i]) + at,   \
		    sizeof(T));                                         \
} while (0)

static void
nested_column(const struct build *b, int c, const int32_t *row, int n,
    const int32_t *to, int nrow, struct column *out, struct arena *a)
{
	int32_t all[BATCH_ROWS];

	if (to == NULL) {
		col_gather(out, &b->side_view[c], row, n, a);
		return;
	}
	for (int i = 0; i < nrow; i++)
		all[i] = row[0];
	for (int i = 0; i < n; i++)
		all[to[i]] = row[i];
	col_gather(out, &b->side_view[c], all, nrow, a);
}

static void
null_rows(const uint64_t *null, const int32_t *row, int n, const int32_t *to,
    int nrow, struct column *out, struct arena *a)
{
	out->valid = arena_raw(a, BITS_BYTES(nrow) + 8);
	bits_fill(out->valid, nrow);
	for (int i = 0; i < n; i++)
		if (bit_get(null, row[i]))
			bit_clear(out->valid, to ? to[i] : i);
}

void
build_column(const struct build *b, int c, const int32_t *row, int n,
    const int32_t *to, int nrow, struct column *out, struct arena *a)
{
	int at = b->at[c], h = home(b, c);
	size_t size = (size_t)type_width(b->type[c]) * (size_t)nrow + 16;

	memset(out, 0, sizeof *out);
	out->type = b->type[c];
	if (type_is_nested(b->type[c])) {
		nested_column(b, h, row, n, to, nrow, out, a);
		return;
	}
	out->data = n < nrow ? arena_alloc(a, size) : arena_raw(a, size);
	switch (type_width(b->type[c])) {
	case 1:  GET(uint8_t); break;
	case 2:  GET(uint16_t); break;
	case 4:  GET(uint32_t); break;
	case 8:  GET(uint64_t); break;
	case 16: GET(struct wide); break;
	}
	if (type_is_bytes(out->type) && (b->stable || !b->copied[h]))
		out->flags |= COL_STABLE;
	if (b->null[c])
		null_rows(b->null[c], row, n, to, nrow, out, a);
}
