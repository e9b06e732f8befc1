/*
 * shuffle_merge -- several maps become one, see shuffle_lines.h.
 *
 * A partition's blocks follow each other in the new file.  Large blocks are
 * copied as they are (their sums are checked on the way); small blocks of
 * lines are put together until they make a large one.
 */
#include "store/shuffle_lines.h"

#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"

#define SMALL ((size_t)64 << 10)

struct merging {
	struct shuffle_writer *out;
	enum block_how how;
	struct text wait;               /* lines of small blocks */
	uint32_t rows, part;            /* of wait */
	char *packed;
	size_t cap;
	struct arena arena;             /* of one block */
};

static int
put(struct merging *g, const char *p, size_t n, uint32_t rows, struct err *e)
{
	struct block b = { .part = g->part, .rows = rows };
	size_t bound = block_bound(n);
	struct iovec io;

	if (bound > g->cap) {
		free(g->packed);
		g->packed = xmalloc(bound);
		g->cap = bound;
	}
	io.iov_base = g->packed;
	io.iov_len = block_pack(g->packed, p, n, g->how, &b);
	shuffle_reserve(g->out, &b, 1, io.iov_len);
	return shuffle_write(g->out, &io, 1, b.at, e);
}

static int
flush(struct merging *g, struct err *e)
{
	int r = g->wait.n ? put(g, g->wait.p, g->wait.n, g->rows, e) : 0;

	text_clear(&g->wait);
	g->rows = 0;
	return r;
}

static int
add_block(struct merging *g, const struct shuffle_map *m,
    const struct block *b, struct err *e)
{
	const char *raw;

	arena_reset(&g->arena);
	if (block_read(m->fd, b, &g->arena, &raw, e) < 0)
		return err_ctx(e, "%s", m->path);
	if (m->index.kind == SHUFFLE_LINES && b->raw < SMALL) {
		text_add(&g->wait, raw, b->raw);
		g->rows += b->rows;
		return g->wait.n < SMALL ? 0 : flush(g, e);
	}
	TRY(flush(g, e));
	return put(g, raw, b->raw, b->rows, e);
}

static int
merge_part(struct merging *g, const struct shuffle_maps *m, struct err *e)
{
	uint64_t rowset = 0;

	for (int i = 0; i < m->n; i++) {
		const struct shuffle_index *x = &m->v[i].index;
		const struct shuffle_part *p = &x->part[g->part];

		for (uint64_t k = 0; k < p->nblock; k++)
			TRY(add_block(g, &m->v[i], &x->block[p->first + k],
			    e));
		rowset += p->rowset;
	}
	TRY(flush(g, e));
	shuffle_add_rowset(g->out, g->part, rowset);
	return 0;
}

int
shuffle_merge(const struct shuffle_maps *m, const char *dir, int map,
    enum block_how how, struct err *e)
{
	struct merging g = { .how = how };
	const struct shuffle_index *x = &m->v[0].index;
	int r;

	TRY(shuffle_create(&g.out, dir, map, (int)x->npart, x->kind, e));
	for (r = 0; g.part < x->npart && r >= 0; g.part++)
		r = merge_part(&g, m, e);
	if (r >= 0)
		r = shuffle_commit(g.out, e);
	shuffle_close(g.out);
	text_release(&g.wait);
	arena_release(&g.arena);
	free(g.packed);
	return r;
}
