/*
 * group_table -- see group_table.h: layout, memory and what comes out; the
 * lookup is in group_find.c.
 *
 * Keys lie in a row from the widest to the narrowest, so that there are no
 * gaps between them.  Blocks are cut from slabs: the first ones are small,
 * later ones are huge pages; all begin at a line of the cache.
 */
#include "exec/group_table.h"

#include <stdlib.h>

#include "base/bigmem.h"
#include "base/err.h"
#include "base/text.h"
#include "column/builder.h"
#include "column/wire.h"

#define SLOTS_MIN ((uint64_t)1 << 10)
#define BLOCK_BYTES ((int64_t)256 << 10)
#define LINE 64                 /* divides the size of a block */

static int
align_up(int n, int to)
{
	return (n + to - 1) / to * to;
}

void
group_table_init(struct group_table *t, struct arena *a,
    const struct type *const *type, int nkey, int state_size, int align)
{
	int at = state_size;

	memset(t, 0, sizeof *t);
	t->nkey = nkey;
	t->type = type;
	t->at = NEW_N(a, int, nkey + 1);
	for (int w = 16; w > 0; w /= 2)
		for (int i = 0; i < nkey; i++)
			if (group_key_width(type[i]) == w) {
				t->at[i] = at;
				at += w;
			}
	t->null_at = at;
	at += nkey > 1 ? nkey : 0;
	t->state_size = state_size;
	t->row_size = align_up(at, state_size && align > 8 ? align : 8);
	if (t->row_size == 0)
		t->row_size = 8;
	/* A row should not lie in two lines of the cache. */
	if (t->row_size == 24 || t->row_size == 56)
		t->row_size += 8;
	t->block_shift = 4;
	while (((int64_t)2 << t->block_shift) * t->row_size <= BLOCK_BYTES)
		t->block_shift++;
	t->block_rows = (int64_t)1 << t->block_shift;
}

void
group_table_release(struct group_table *t)
{
	while (t->slab) {
		struct slab *next = t->slab->next;

		bigmem_free(t->slab->p, t->slab->size);
		free(t->slab);
		t->slab = next;
	}
	free(t->block);
	if (t->slot)
		bigmem_free(t->slot, (t->mask + 1) * 8);
	arena_release(&t->heap);
	memset(t, 0, sizeof *t);
}

void
group_table_clear(struct group_table *t)
{
	if (t->slot)
		memset(t->slot, 0, (t->mask + 1) * 8);
	t->ngroup = 0;
	t->null_row = NULL;
	arena_reset(&t->heap);
}

int64_t
group_table_bytes(const struct group_table *t)
{
	return t->held + (int64_t)t->heap.size;
}

/* Slots are moved in their order: the new places are two runs.  Those in use
 * are picked out first, without a branch that could go either way. */
void
group_table_grow(struct group_table *t)
{
	uint64_t old = t->slot ? t->mask + 1 : 0;
	uint64_t n = old ? old * 2 : SLOTS_MIN, mask = n - 1;
	uint64_t *slot = bigmem_alloc(n * 8), used[64];

	for (uint64_t i = 0; i < old; i += 64) {
		int k = 0;

		for (uint64_t j = i; j < i + 64; j++) {
			used[k] = t->slot[j];
			k += used[k] != 0;
		}
		for (int j = 0; j < k; j++) {
			uint64_t at = used[j] & mask;

			while (slot[at])
				at = (at + 1) & mask;
			slot[at] = used[j];
		}
	}
	if (t->slot)
		bigmem_free(t->slot, old * 8);
	t->slot = slot;
	t->mask = mask;
	t->room = (int64_t)(n / 2);
	t->held += (int64_t)(n - old) * 8;
}

static char *
new_block(struct group_table *t)
{
	size_t size = (size_t)(t->block_rows * t->row_size);
	char *p;

	if (t->slab == NULL || t->slab->size - t->slab->used < size) {
		struct slab *s = xcalloc(1, sizeof *s);

		s->next = t->slab;
		s->size = t->nblock < 2 ? size : t->nblock < 10 ? 8 * size :
		    32 * size;
		/* Rows are written before they are read: no need for zeros. */
		s->p = s->size < (size_t)2 << 20 ? aligned_alloc(LINE,
		    s->size) : bigmem_alloc(s->size);
		if (s->p == NULL)
			xmalloc(SIZE_MAX);      /* ends the process */
		t->slab = s;
		t->held += (int64_t)s->size;
	}
	p = t->slab->p + t->slab->used;
	t->slab->used += size;
	return p;
}

void
group_table_more(struct group_table *t)
{
	if (t->nblock == t->block_cap) {
		t->block_cap = t->block_cap ? 2 * t->block_cap : 16;
		t->block = xrealloc(t->block,
		    (size_t)t->block_cap * sizeof *t->block);
	}
	t->block[t->nblock] = new_block(t);
	t->nblock++;
}

static bool
is_null(const struct group_table *t, int k, const char *row)
{
	return t->nkey > 1 ? row[t->null_at + k] : row == t->null_row;
}

static void
nested_column(const struct group_table *t, int k, char *const *row, int n,
    struct column *out, struct arena *heap)
{
	struct builder b;
	struct arena a = { 0 };
	struct text raw = { 0 };
	struct column col;
	struct batch all;
	struct err e;

	builder_init(&b, t->type[k]);
	for (int i = 0; i < n; i++) {
		const struct sview *v = (const struct sview *)(const void *)
		    (row[i] + t->at[k]);

		arena_reset(&a);
		if (is_null(t, k, row[i]) || wire_get(sview_ptr(v), v->len,
		    &t->type[k], 1, &a, &all, &e) < 0)
			builder_null(&b);
		else
			builder_value(&b, &all.col[0], 0);
	}
	builder_column(&b, 0, n, &col, &a);
	all = (struct batch){ &col, 1, n, n, NULL };
	wire_put(&raw, &all);
	if (wire_get(arena_memdup(heap, raw.p, raw.n), raw.n, &t->type[k], 1,
	    heap, &all, &e) > 0)
		*out = all.col[0];
	text_release(&raw);
	builder_release(&b);
	arena_release(&a);
}

#define KEY_LOOP(T) do {                                                \
	T *o = out->data;                                               \
	for (int i = 0; i < n; i++)                                     \
		memcpy(&o[i], row[i] + at, sizeof(T));                  \
} while (0)

void
group_table_key(const struct group_table *t, int k, char *const *row, int n,
    struct column *out, struct arena *heap)
{
	int at = t->at[k];

	if (type_is_nested(t->type[k])) {
		nested_column(t, k, row, n, out, heap);
		return;
	}
	switch (type_width(t->type[k])) {
	case 1:  KEY_LOOP(uint8_t); break;
	case 2:  KEY_LOOP(uint16_t); break;
	case 4:  KEY_LOOP(uint32_t); break;
	case 8:  KEY_LOOP(uint64_t); break;
	default: KEY_LOOP(struct sview); break;
	}
	for (int i = 0; i < n; i++) {
		if (!is_null(t, k, row[i]))
			continue;
		if (out->valid == NULL) {
			out->valid = arena_alloc(heap, BITS_BYTES(n) + 8);
			bits_fill(out->valid, n);
		}
		bit_clear(out->valid, i);
	}
}
