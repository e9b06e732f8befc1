/*
 * map_image -- see map_image.h.
 */
#include "store/map_image.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/pool.h"

struct map_image *
map_image_new(struct pool *pool)
{
	struct map_image *m = xcalloc(1, sizeof *m);

	atomic_init(&m->refs, 1);
	m->pool = pool;
	return m;
}

struct map_image *
map_image_hold(struct map_image *m)
{
	atomic_fetch_add(&m->refs, 1);
	return m;
}

bool
map_image_is_held(const struct map_image *m)
{
	return atomic_load(&((struct map_image *)(uintptr_t)m)->refs) > 1;
}

void
map_image_drop(struct map_image *m)
{
	if (m == NULL || atomic_fetch_sub(&m->refs, 1) > 1)
		return;
	for (uint64_t i = 0; i < m->index.nblock; i++)
		free(m->packed[i]);
	free(m->packed);
	free(m->index.part);
	free(m->index.block);
	pool_give(m->pool, m->bytes);
	free(m);
}

void
map_image_add(struct map_image *m, const char *packed, size_t n)
{
	if (m->index.nblock == m->cap) {
		m->cap = m->cap ? 2 * m->cap : 8;
		m->packed = xrealloc(m->packed, m->cap * sizeof *m->packed);
	}
	m->packed[m->index.nblock++] = memcpy(xmalloc(n), packed, n);
	m->bytes += (int64_t)n;
}

/* The block that has the byte; they lie one behind the other. */
static uint64_t
block_at(const struct shuffle_index *x, int64_t at)
{
	uint64_t lo = 0, hi = x->nblock;

	while (hi - lo > 1) {
		uint64_t middle = (lo + hi) / 2;

		if (x->block[middle].at <= at)
			lo = middle;
		else
			hi = middle;
	}
	return lo;
}

bool
map_image_read(const struct map_image *m, int64_t at, char *to, size_t n)
{
	const struct shuffle_index *x = &m->index;

	if (at < 0 || (uint64_t)at + n > x->size)
		return false;
	for (uint64_t i = block_at(x, at); n > 0; i++) {
		const struct block *b = &x->block[i];
		size_t from = (size_t)(at - b->at);
		size_t k = BLOCK_HEAD + (size_t)b->stored - from;

		k = k < n ? k : n;
		memcpy(to, m->packed[i] + from, k);
		to += k;
		at += (int64_t)k;
		n -= k;
	}
	return true;
}
