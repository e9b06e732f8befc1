/*
 * group_table -- see group_table.h.
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
#define PREFETCH_BYTES ((uint64_t)128 << 10)    /* larger tables prefetch */

#define SALT(h)         ((h) & 0xffff000000000000u)
#define ROW(s)          ((char *)(uintptr_t)((s) & 0x0000ffffffffffffu))

/* Nested keys are kept as pointers to their wire form in the heap. */
static int
key_width(const struct type *t)
{
	return type_is_nested(t) ? 16 : type_width(t);
}

static int
align_up(int n, int to)
{
	return (n + to - 1) / to * to;
}

void
group_table_init(struct group_table *t, struct arena *a,
    const struct type *const *type, int nkey, int state_size)
{
	int at = 8;

	memset(t, 0, sizeof *t);
	t->nkey = nkey;
	t->type = type;
	t->at = NEW_N(a, int, nkey + 1);
	for (int i = 0; i < nkey; i++) {
		int w = key_width(type[i]);

		at = align_up(at, w < 16 ? w : 8);
		t->at[i] = at;
		at += w;
	}
	t->null_at = at;
	t->state_at = align_up(at + nkey, state_size ? 16 : 8);
	if (state_size == 8)
		t->state_at = align_up(at + nkey, 8);
	t->row_size = align_up(t->state_at + state_size,
	    state_size > 8 ? 16 : 8);
	t->block_shift = 4;
	while (((int64_t)2 << t->block_shift) * t->row_size <= BLOCK_BYTES)
		t->block_shift++;
	t->block_rows = (int64_t)1 << t->block_shift;
}

static void
free_slots(struct group_table *t)
{
	if (t->slot)
		bigmem_free(t->slot, (t->mask + 1) * 8);
	t->slot = NULL;
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
	free_slots(t);
	arena_release(&t->heap);
	memset(t, 0, sizeof *t);
}

void
group_table_clear(struct group_table *t)
{
	if (t->slot)
		memset(t->slot, 0, (t->mask + 1) * 8);
	t->ngroup = 0;
	arena_reset(&t->heap);
}

int64_t
group_table_bytes(const struct group_table *t)
{
	return t->held + (int64_t)t->heap.size;
}

static void
place(struct group_table *t, char *row)
{
	uint64_t h, i;

	memcpy(&h, row, 8);
	for (i = h & t->mask; t->slot[i]; i = (i + 1) & t->mask)
		;
	t->slot[i] = SALT(h) | (uint64_t)(uintptr_t)row;
}

static void
grow(struct group_table *t)
{
	uint64_t n = t->slot ? (t->mask + 1) * 2 : SLOTS_MIN;

	if (t->slot)
		t->held -= (int64_t)(t->mask + 1) * 8;
	free_slots(t);
	t->slot = bigmem_alloc(n * 8);
	t->mask = n - 1;
	t->room = (int64_t)(n / 2);
	t->held += (int64_t)n * 8;
	for (int64_t i = 0; i < t->ngroup; i++)
		place(t, group_table_row(t, i));
}

/* Blocks are cut from slabs: the first ones small, then huge pages. */
static char *
new_block(struct group_table *t)
{
	size_t size = (size_t)(t->block_rows * t->row_size);
	char *p;

	if (t->slab == NULL || t->slab->size - t->slab->used < size) {
		struct slab *s = xcalloc(1, sizeof *s);

		s->next = t->slab;
		s->size = t->nblock < 8 ? size : 32 * size;
		/* Rows are written before they are read: no need for zeros. */
		s->p = s->size < (size_t)2 << 20 ? xmalloc(s->size) :
		    bigmem_alloc(s->size);
		t->slab = s;
		t->held += (int64_t)s->size;
	}
	p = t->slab->p + t->slab->used;
	t->slab->used += size;
	return p;
}

static inline char *
new_row(struct group_table *t)
{
	int64_t b = t->ngroup >> t->block_shift;

	if (__builtin_expect(b == t->nblock, 0)) {
		if (t->nblock == t->block_cap) {
			t->block_cap = t->block_cap ? 2 * t->block_cap : 16;
			t->block = xrealloc(t->block,
			    (size_t)t->block_cap * sizeof *t->block);
		}
		t->block[t->nblock] = new_block(t);
		t->nblock++;
	}
	return group_table_row(t, t->ngroup++);
}

/* Wire form of one nested value: what equal values have in common. */
static struct sview
nested_key(const struct column *c, int i, struct arena *a)
{
	struct column one = *c;
	struct text t = { 0 };
	int32_t row = (int32_t)col_at(c, i);
	struct batch b = { &one, 1, row + 1, 1, &row };
	struct sview v;

	one.flags &= ~(uint32_t)COL_CONST;
	wire_put(&t, &b);
	v = sview_of(t.n > SVIEW_INLINE ? arena_memdup(a, t.p, t.n) : t.p, t.n);
	text_release(&t);
	return v;
}

static void
fill_row(struct group_table *t, char *row, const struct column *key, int i,
    uint64_t hash)
{
	memcpy(row, &hash, 8);
	for (int k = 0; k < t->nkey; k++) {
		const struct column *c = &key[k];
		char *to = row + t->at[k];
		size_t w = (size_t)key_width(t->type[k]);
		bool null = col_null(c, i);

		row[t->null_at + k] = null;
		if (null) {
			memset(to, 0, w);
		} else if (type_is_nested(c->type)) {
			struct sview v = nested_key(c, i, &t->heap);

			memcpy(to, &v, 16);
		} else {
			memcpy(to, (const char *)c->data + (size_t)col_at(c, i) *
			    w, w);
		}
		if (!null && type_is_bytes(c->type)) {
			struct sview *v = (struct sview *)(void *)to;

			if (v->len > SVIEW_INLINE &&
			    !(c->flags & COL_STABLE)) {
				char *p = arena_bytes(&t->heap, v->len);

				memcpy(p, v->ptr, v->len);
				v->ptr = p;
			}
		}
	}
}

static bool
same_float(const struct column *c, int64_t at, const char *have)
{
	struct column k = { .type = c->type, .data = (void *)(uintptr_t)have };

	return col_compare(c, at, &k, 0) == 0;
}

static bool
same_key(const struct group_table *t, int k, const char *row,
    const struct column *c, int i)
{
	const char *have = row + t->at[k];
	int64_t at = col_at(c, i);
	bool null = col_null(c, i);

	if (null || row[t->null_at + k])
		return null && row[t->null_at + k];
	switch (c->type->kind) {
	case TYPE_STR: case TYPE_BIN:
		return sview_equal((const struct sview *)c->data + at,
		    (const struct sview *)(const void *)have);
	case TYPE_F32: case TYPE_F64:
		return same_float(c, at, have);
	case TYPE_ARRAY: case TYPE_MAP: case TYPE_STRUCT: {
		struct arena a = { 0 };
		struct sview v = nested_key(c, i, &a);
		bool same = sview_equal(&v,
		    (const struct sview *)(const void *)have);

		arena_release(&a);
		return same;
	}
	default:
		break;
	}
	switch (type_width(c->type)) {
	case 1:  return *have == ((const char *)c->data)[at];
	case 2:  return memcmp(have, (const char *)c->data + 2 * at, 2) == 0;
	case 4:  return memcmp(have, (const char *)c->data + 4 * at, 4) == 0;
	case 8:  return memcmp(have, (const char *)c->data + 8 * at, 8) == 0;
	default: return memcmp(have, (const char *)c->data + 16 * at, 16) == 0;
	}
}

static bool
same_keys(const struct group_table *t, const char *row,
    const struct column *key, int i)
{
	for (int k = 0; k < t->nkey; k++)
		if (!same_key(t, k, row, &key[k], i))
			return false;
	return true;
}

/* Kinds of keys with a comparison of their own. */
enum form { FORM_ANY, FORM_8, FORM_4, FORM_STR };

static enum form
form_of(const struct group_table *t, const struct column *key)
{
	enum type_kind k = t->nkey ? t->type[0]->kind : TYPE_NULL;

	if (t->nkey != 1 || key[0].valid || (key[0].flags & COL_CONST))
		return FORM_ANY;
	if (k == TYPE_STR || k == TYPE_BIN)
		return FORM_STR;
	if (type_is_float(t->type[0]) || type_is_nested(t->type[0]))
		return FORM_ANY;
	return type_width(t->type[0]) == 8 ? FORM_8 :
	    type_width(t->type[0]) == 4 ? FORM_4 : FORM_ANY;
}

static inline bool
equal(const struct group_table *t, enum form form, const char *row,
    const struct column *key, int i)
{
	switch (form) {
	case FORM_8: {
		int64_t v;

		memcpy(&v, row + 8, 8);
		return v == ((const int64_t *)key->data)[i] &&
		    !row[t->null_at];
	}
	case FORM_4: {
		int32_t v;

		memcpy(&v, row + 8, 4);
		return v == ((const int32_t *)key->data)[i] &&
		    !row[t->null_at];
	}
	case FORM_STR:
		return sview_equal((const struct sview *)key->data + i,
		    (const struct sview *)(const void *)(row + 8)) &&
		    !row[t->null_at];
	default:
		return same_keys(t, row, key, i);
	}
}

struct make {
	enum group_new how;
	void (*init)(void *arg, char *row);
	void *arg;
};

static inline char *
find_one(struct group_table *t, enum form form, const struct column *key,
    uint64_t h, int i, const struct make *m)
{
	uint64_t at = h & t->mask, s;
	char *row;

	for (; (s = t->slot[at]) != 0; at = (at + 1) & t->mask) {
		if (SALT(s) != SALT(h))
			continue;
		row = ROW(s);
		if (memcmp(row, &h, 8) == 0 && equal(t, form, row, key, i))
			return row;
	}
	if (m->how == GROUP_FROZEN)
		return NULL;
	row = new_row(t);
	fill_row(t, row, key, i, h);
	m->init(m->arg, row);
	t->slot[at] = SALT(h) | (uint64_t)(uintptr_t)row;
	return row;
}

#define FIND(NAME, FORM)                                                \
static int                                                              \
NAME(struct group_table *t, const struct column *key,                   \
    const uint64_t *hash, int n, const struct make *m, char **row)      \
{                                                                       \
	int missing = 0;                                                \
									\
	for (int i = 0; i < n; i++) {                                   \
		row[i] = find_one(t, FORM, key, hash[i], i, m);         \
		missing += row[i] == NULL;                              \
	}                                                               \
	return missing;                                                 \
}

FIND(find_any, FORM_ANY)
FIND(find_8, FORM_8)
FIND(find_4, FORM_4)
FIND(find_str, FORM_STR)

/* First slots, then the rows behind them, come into the cache. */
static void
prefetch(const struct group_table *t, const uint64_t *hash, int n)
{
	for (int i = 0; i < n; i++)
		__builtin_prefetch(&t->slot[hash[i] & t->mask]);
	for (int i = 0; i < n; i++) {
		uint64_t s = t->slot[hash[i] & t->mask];

		if (s)
			__builtin_prefetch(ROW(s));
	}
}

int
group_table_find(struct group_table *t, const struct column *key,
    const uint64_t *hash, int n, enum group_new how,
    void (*init)(void *arg, char *row), void *arg, char **row)
{
	struct make m = { how, init, arg };
	enum form form = form_of(t, key);
	int missing = 0;

	for (int from = 0; from < n; from += 64) {
		int k = n - from < 64 ? n - from : 64;
		struct column part = key ? key[0] : (struct column){ 0 };

		while (t->slot == NULL || t->ngroup + k > t->room)
			grow(t);
		if (t->mask * 8 > PREFETCH_BYTES)
			prefetch(t, hash + from, k);
		if (form == FORM_ANY) {
			for (int i = from; i < from + k; i++) {
				row[i] = find_one(t, FORM_ANY, key, hash[i], i,
				    &m);
				missing += row[i] == NULL;
			}
			continue;
		}
		part.data = (char *)part.data + (size_t)from *
		    (size_t)type_width(part.type);
		missing += (form == FORM_8 ? find_8 : form == FORM_4 ? find_4 :
		    form == FORM_STR ? find_str : find_any)(t, &part,
		    hash + from, k, &m, row + from);
	}
	return missing;
}

void
group_table_append(struct group_table *t, const struct column *key,
    const uint64_t *hash, int n, void (*init)(void *arg, char *row),
    void *arg, char **row)
{
	for (int i = 0; i < n; i++) {
		row[i] = new_row(t);
		fill_row(t, row[i], key, i, hash[i]);
		init(arg, row[i]);
	}
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
		if (row[i][t->null_at + k] || wire_get(sview_ptr(v), v->len,
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
		if (!row[i][t->null_at + k])
			continue;
		if (out->valid == NULL) {
			out->valid = arena_alloc(heap, BITS_BYTES(n) + 8);
			bits_fill(out->valid, n);
		}
		bit_clear(out->valid, i);
	}
}
