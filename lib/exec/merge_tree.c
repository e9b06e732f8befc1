/*
 * merge_tree -- see merge_tree.h.
 *
 * Rows that follow each other in one input are copied together.
 */
#include "exec/merge_tree.h"

#include <stdlib.h>

static int
refill(struct merge_tree *m, struct cursor *c, struct err *e)
{
	int r;

	do {
		r = c->fill(c, e);
		if (r <= 0)
			return r;
	} while (c->at == c->end);
	row_prefix(&m->order, &c->key[0], c->b.nrow, c->prefix);
	return 1;
}

static int
compare(const struct merge_tree *m, const struct cursor *a,
    const struct cursor *b)
{
	uint64_t x = a->prefix[a->at], y = b->prefix[b->at];
	int r;

	if (x != y)
		return x < y ? -1 : 1;
	r = row_compare(&m->order, a->key, a->at, b->key, b->at);
	return r ? r : a->number - b->number;
}

static void
sift_down(struct merge_tree *m, int i)
{
	struct cursor *c = m->heap[i];

	for (;;) {
		int k = 2 * i + 1;

		if (k >= m->n)
			break;
		if (k + 1 < m->n && compare(m, m->heap[k + 1], m->heap[k]) < 0)
			k++;
		if (compare(m, c, m->heap[k]) <= 0)
			break;
		m->heap[i] = m->heap[k];
		i = k;
	}
	m->heap[i] = c;
}

int
merge_tree_open(struct merge_tree *m, const struct row_order *order,
    const struct type *const *type, int ncol, struct cursor **cursor, int n,
    struct err *e)
{
	memset(m, 0, sizeof *m);
	m->order = *order;
	m->ncol = ncol;
	m->heap = xcalloc((size_t)n + 1, sizeof *m->heap);
	m->out = xcalloc((size_t)ncol + 1, sizeof *m->out);
	m->col = xcalloc((size_t)ncol + 1, sizeof *m->col);
	for (int i = 0; i < ncol; i++)
		builder_init(&m->out[i], type[i]);
	for (int i = 0; i < n; i++) {
		int r = refill(m, cursor[i], e);

		if (r < 0)
			return r;
		if (r > 0)
			m->heap[m->n++] = cursor[i];
	}
	for (int i = m->n / 2 - 1; i >= 0; i--)
		sift_down(m, i);
	return 0;
}

static void
take(struct merge_tree *m, const struct cursor *c, int from, int n)
{
	int32_t row[BATCH_ROWS];

	for (int i = 0; i < n; i++)
		row[i] = from + i;
	for (int i = 0; i < m->ncol; i++)
		builder_rows(&m->out[i], &c->b.col[i], row, n);
}

/* How many rows of the top come before the second input's first. */
static int
run_length(struct merge_tree *m, int room)
{
	struct cursor *c = m->heap[0];
	int from = c->at;

	if (m->n == 1) {
		int n = c->end - c->at;

		n = n < room ? n : room;
		c->at += n;
		return n;
	}
	do {
		c->at++;
	} while (c->at < c->end && c->at - from < room &&
	    compare(m, c, m->heap[1]) < 0 &&
	    (m->n == 2 || compare(m, c, m->heap[2]) < 0));
	return c->at - from;
}

int
merge_tree_next(struct merge_tree *m, struct batch *b, struct err *e)
{
	int have = 0;

	for (int i = 0; i < m->ncol; i++)
		builder_clear(&m->out[i]);
	while (m->n && have < BATCH_ROWS) {
		struct cursor *c = m->heap[0];
		int from = c->at, n = run_length(m, BATCH_ROWS - have);

		take(m, c, from, n);
		have += n;
		if (c->at == c->end) {
			int r = refill(m, c, e);

			if (r < 0)
				return r;
			if (r == 0)
				m->heap[0] = m->heap[--m->n];
		}
		if (m->n)
			sift_down(m, 0);
	}
	if (have == 0)
		return 0;
	arena_reset(&m->arena);
	for (int i = 0; i < m->ncol; i++)
		builder_column(&m->out[i], 0, have, &m->col[i], &m->arena);
	*b = (struct batch){ .col = m->col, .ncol = m->ncol, .nrow = have,
	    .n = have };
	return 1;
}

void
merge_tree_close(struct merge_tree *m)
{
	for (int i = 0; m->out && i < m->ncol; i++)
		builder_release(&m->out[i]);
	free(m->out);
	free(m->col);
	free(m->heap);
	arena_release(&m->arena);
	memset(m, 0, sizeof *m);
}
