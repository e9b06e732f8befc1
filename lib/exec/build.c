/*
 * build -- see build.h.
 */
#include "exec/build.h"

#include <stdlib.h>

#include "base/bigmem.h"

#define SALT(h) ((h) & 0xffffffff00000000u)

void
build_init(struct build *b, struct pool *pool, const struct type *const *type,
    int ncol, int nkey)
{
	memset(b, 0, sizeof *b);
	b->ncol = ncol;
	b->nkey = nkey;
	b->pool = pool;
	b->col = xcalloc((size_t)(ncol + nkey) + 1, sizeof *b->col);
	for (int i = 0; i < ncol + nkey; i++)
		builder_init(&b->col[i], type[i]);
}

void
build_release(struct build *b)
{
	for (int i = 0; b->col && i < b->ncol + b->nkey; i++)
		builder_release(&b->col[i]);
	free(b->col);
	free(b->hash);
	if (b->slot)
		bigmem_free(b->slot, (b->mask + 1) * sizeof *b->slot);
	free(b->next);
	arena_release(&b->arena);
	if (b->pool)
		pool_give(b->pool, b->charged);
	memset(b, 0, sizeof *b);
}

void
build_add(struct build *b, const struct batch *rows,
    const struct column *key, const uint64_t *hash)
{
	for (int i = 0; i < b->ncol; i++)
		builder_rows(&b->col[i], &rows->col[i], rows->pick, rows->n);
	for (int i = 0; i < b->nkey; i++)
		builder_rows(&b->col[b->ncol + i], &key[i], NULL, rows->n);
	if (b->n + rows->n > b->hash_cap) {
		b->hash_cap = 2 * (b->n + rows->n) + 1024;
		b->hash = xrealloc(b->hash,
		    (size_t)b->hash_cap * sizeof *b->hash);
	}
	if (b->nkey)
		memcpy(b->hash + b->n, hash,
		    (size_t)rows->n * sizeof *b->hash);
	b->n += rows->n;
}

int
build_charge(struct build *b)
{
	int64_t held = b->n * 28, more;

	for (int i = 0; i < b->ncol + b->nkey; i++)
		held += builder_held(&b->col[i]);
	more = held - b->charged;
	if (more < 1 << 16)
		return 1;
	if (!pool_try(b->pool, more))
		return 0;
	b->charged += more;
	return 1;
}

static bool
null_key(const struct build *b, int64_t row)
{
	for (int k = 0; k < b->nkey; k++)
		if (!bit_get(b->col[b->ncol + k].valid, row))
			return true;
	return false;
}

void
build_finish(struct build *b)
{
	uint64_t n = 64;

	b->whole = NEW_N(&b->arena, struct column, b->ncol + b->nkey + 1);
	for (int i = 0; i < b->ncol + b->nkey; i++)
		builder_column(&b->col[i], 0, b->n, &b->whole[i], &b->arena);
	if (b->nkey == 0)
		return;
	while (n < (uint64_t)b->n * 2)
		n *= 2;
	b->mask = n - 1;
	b->slot = bigmem_alloc(n * sizeof *b->slot);
	b->next = xcalloc((size_t)b->n + 1, sizeof *b->next);
	/* Backwards, so that chains are in row order. */
	for (int64_t row = b->n - 1; row >= 0; row--) {
		uint64_t h = b->hash[row], i, s;

		if (null_key(b, row)) {
			b->has_null = true;
			continue;
		}
		for (i = h & b->mask; (s = b->slot[i]) != 0;
		    i = (i + 1) & b->mask)
			if (b->hash[(s & 0xffffffffu) - 1] == h)
				break;
		if (s)
			b->next[row] = (int32_t)(s & 0xffffffffu);
		b->slot[i] = SALT(h) | (uint64_t)(row + 1);
	}
}

static bool
same_key(const struct build *b, const struct column *key, int i, int64_t row)
{
	for (int k = 0; k < b->nkey; k++) {
		const struct column *c = &b->whole[b->ncol + k];

		switch (c->type->kind) {
		case TYPE_I64: case TYPE_DEC64: case TYPE_TS:
			if (((const int64_t *)c->data)[row] !=
			    ((const int64_t *)key[k].data)[col_at(&key[k], i)])
				return false;
			break;
		case TYPE_I32: case TYPE_DATE:
			if (((const int32_t *)c->data)[row] !=
			    ((const int32_t *)key[k].data)[col_at(&key[k], i)])
				return false;
			break;
		case TYPE_STR:
			if (!sview_equal((const struct sview *)c->data + row,
			    (const struct sview *)key[k].data +
			    col_at(&key[k], i)))
				return false;
			break;
		default:
			if (col_compare(c, row, &key[k], i) != 0)
				return false;
		}
	}
	return true;
}

static int64_t
walk(const struct build *b, const struct column *key, int i, int64_t row)
{
	while (row >= 0 && !same_key(b, key, i, row))
		row = (int64_t)b->next[row] - 1;
	return row;
}

int64_t
build_first(const struct build *b, const struct column *key, int i,
    uint64_t hash)
{
	uint64_t at = hash & b->mask, s;

	for (; (s = b->slot[at]) != 0; at = (at + 1) & b->mask) {
		int64_t row = (int64_t)(s & 0xffffffffu) - 1;

		if (SALT(s) == SALT(hash) && b->hash[row] == hash)
			return walk(b, key, i, row);
	}
	return -1;
}

int64_t
build_next(const struct build *b, const struct column *key, int i,
    uint64_t hash, int64_t at)
{
	(void)hash;
	return walk(b, key, i, (int64_t)b->next[at] - 1);
}

void
build_prefetch(const struct build *b, const uint64_t *hash, int n)
{
	if (b->mask < 1 << 12)
		return;
	for (int i = 0; i < n; i++)
		__builtin_prefetch(&b->slot[hash[i] & b->mask]);
	for (int i = 0; i < n; i++) {
		uint64_t s = b->slot[hash[i] & b->mask];

		if (SALT(s) == SALT(hash[i]) && s) {
			int64_t row = (int64_t)(s & 0xffffffffu) - 1;

			__builtin_prefetch(&b->hash[row]);
			__builtin_prefetch((const char *)b->whole[b->ncol].data +
			    row * 8);
		}
	}
}
