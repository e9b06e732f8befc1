/*
 * merge_tree -- see merge_tree.h.
 *
 * An input that has ended has the largest prefix and loses every comparison.
 * A batch ends when its first input has no more rows at hand: they are not
 * asked for before the batch has been used.
 */
#include "exec/merge_tree.h"

#include <stdlib.h>

static bool
ended(const struct cursor *c)
{
	return c->at == c->end;
}

static int
refill(struct merge_tree *m, struct cursor *c, struct err *e)
{
	int r;

	do {
		r = c->fill(c, e);
		if (r <= 0) {
			c->at = c->end = 0;
			return r;
		}
	} while (c->at == c->end);
	if (!c->has_prefix)
		row_prefix(&m->order, &c->key[0], c->b.nrow, c->prefix);
	return 1;
}

/* Equal prefixes: does input a come before input b? */
static bool
before(const struct merge_tree *m, int a, int b)
{
	const struct cursor *x = m->cursor[a], *y = m->cursor[b];
	int r;

	if (ended(x) || ended(y))
		return ended(x) == ended(y) ? a < b : ended(y);
	r = row_compare(&m->order, x->key, x->at, y->key, y->at);
	return r ? r < 0 : x->number < y->number;
}

static struct merge_node
node_of(const struct merge_tree *m, int input)
{
	const struct cursor *c = m->cursor[input];

	return (struct merge_node){ ended(c) ? UINT64_MAX :
	    c->prefix[c->at], input };
}

/* The first one has changed: the tree from its leaf to the top. */
static void
replay(struct merge_tree *m)
{
	struct merge_node x = node_of(m, m->node[0].input);

	for (int i = (x.input + m->n) / 2; i > 0; i /= 2) {
		struct merge_node y = m->node[i];
		bool swap = y.prefix < x.prefix;

		if (y.prefix == x.prefix)
			swap = before(m, y.input, x.input);
		m->node[i].prefix = swap ? x.prefix : y.prefix;
		m->node[i].input = swap ? x.input : y.input;
		x.prefix = swap ? y.prefix : x.prefix;
		x.input = swap ? y.input : x.input;
	}
	m->node[0] = x;
}

/* The winner below node i, losers noted. */
static struct merge_node
play(struct merge_tree *m, int i)
{
	struct merge_node x, y;
	bool first;

	if (i >= m->n)
		return node_of(m, i - m->n);
	x = play(m, 2 * i);
	y = play(m, 2 * i + 1);
	first = x.prefix != y.prefix ? x.prefix < y.prefix :
	    before(m, x.input, y.input);
	m->node[i] = first ? y : x;
	return first ? x : y;
}

int
merge_tree_open(struct merge_tree *m, const struct row_order *order,
    const struct type *const *type, int ncol, struct cursor **cursor, int n,
    struct err *e)
{
	memset(m, 0, sizeof *m);
	m->order = *order;
	m->type = type;
	m->ncol = ncol;
	m->cursor = cursor;
	m->n = n;
	m->node = xcalloc((size_t)n + 1, sizeof *m->node);
	m->nested = xcalloc((size_t)ncol + 1, sizeof *m->nested);
	m->col = xcalloc((size_t)ncol + 1, sizeof *m->col);
	m->bytes = -1;
	for (int i = ncol - 1; i >= 0; i--)
		if (type_is_nested(type[i]))
			builder_init(&m->nested[i], type[i]);
		else if (type_is_bytes(type[i]))
			m->bytes = i;
	for (int i = 0; i < n; i++)
		TRY(refill(m, cursor[i], e));
	if (n > 0)
		m->node[0] = n > 1 ? play(m, 1) : node_of(m, 0);
	return 0;
}

/* Is the next row of the first input equal to the one before it? Then it
 * comes next, too. */
static bool
again(const struct merge_tree *m, const struct cursor *c)
{
	return c->prefix[c->at] == c->prefix[c->at - 1] &&
	    row_compare(&m->order, c->key, c->at, c->key, c->at - 1) == 0;
}

/* The bytes of a long string of the chosen row, which lie anywhere, will be
 * wanted soon. */
static void
prefetch(const struct merge_tree *m, const struct cursor *c, int row)
{
	const struct column *b = &c->b.col[m->bytes];
	const struct sview *v = (const struct sview *)b->data +
	    col_at(b, row);

	if (col_null(b, row) || v->len <= SVIEW_INLINE)
		return;
	__builtin_prefetch(v->ptr);
	__builtin_prefetch(v->ptr + (v->len < 64 ? v->len - 1 : 64));
}

/* Finds out which rows come next: their number, 0 at the end. */
static int
choose(struct merge_tree *m)
{
	int n = 0;

	while (n < BATCH_ROWS) {
		struct cursor *c = m->cursor[m->node[0].input];

		if (ended(c))
			return n;
		do {
			m->from[n] = m->node[0].input;
			m->prefix[n] = c->prefix[c->at];
			if (m->bytes >= 0)
				prefetch(m, c, c->at);
			m->row[n++] = c->at++;
		} while (c->at < c->end && n < BATCH_ROWS && again(m, c));
		if (ended(c)) {
			m->dry = true;
			return n;
		}
		replay(m);
	}
	return n;
}

#define GATHER(T) do {                                                  \
	T *to = data;                                                   \
									\
	for (int i = 0; i < n; i++) {                                   \
		const struct column *c = &cursor[from[i]]->b.col[col];  \
									\
		to[i] = ((const T *)c->data)[col_at(c, row[i])];        \
	}                                                               \
} while (0)

static void
gather_data(const struct merge_tree *m, int col, int n, void *data)
{
	struct cursor *const *cursor = m->cursor;
	const int32_t *from = m->from, *row = m->row;

	switch (type_width(m->type[col])) {
	case 1:  GATHER(uint8_t); break;
	case 2:  GATHER(uint16_t); break;
	case 4:  GATHER(uint32_t); break;
	case 8:  GATHER(uint64_t); break;
	case 16: GATHER(struct sview); break;
	}
}

static uint64_t *
gather_valid(struct merge_tree *m, int col, int n)
{
	uint64_t *valid = arena_alloc(&m->arena, BITS_BYTES(n) + 8);

	for (int i = 0; i < n; i++)
		bit_put(valid, i, !col_null(
		    &m->cursor[m->from[i]]->b.col[col], m->row[i]));
	return valid;
}

static void
gather_nested(struct merge_tree *m, int col, int n)
{
	struct builder *b = &m->nested[col];

	builder_clear(b);
	for (int i = 0; i < n; i++)
		builder_value(b, &m->cursor[m->from[i]]->b.col[col],
		    m->row[i]);
	builder_column(b, 0, n, &m->col[col], &m->arena);
}

static void
gather(struct merge_tree *m, int col, int n)
{
	struct column *to = &m->col[col];
	bool nulls = false, stable = true;

	if (type_is_nested(m->type[col])) {
		gather_nested(m, col, n);
		return;
	}
	for (int i = 0; i < m->n; i++) {
		const struct column *c = &m->cursor[i]->b.col[col];

		if (m->cursor[i]->end == 0)
			continue;
		nulls |= c->valid != NULL;
		stable &= (c->flags & COL_STABLE) != 0;
	}
	*to = (struct column){ .type = m->type[col],
	    .flags = stable ? COL_STABLE : 0 };
	to->data = arena_raw(&m->arena, (size_t)n *
	    (size_t)type_width(m->type[col]) + 16);
	gather_data(m, col, n, to->data);
	if (nulls)
		to->valid = gather_valid(m, col, n);
}

int
merge_tree_next(struct merge_tree *m, struct batch *b, struct err *e)
{
	int n;

	if (m->n == 0)
		return 0;
	if (m->dry) {
		m->dry = false;
		TRY(refill(m, m->cursor[m->node[0].input], e));
		replay(m);
	}
	n = choose(m);
	if (n == 0)
		return 0;
	arena_reset(&m->arena);
	for (int i = 0; i < m->ncol; i++)
		gather(m, i, n);
	*b = (struct batch){ .col = m->col, .ncol = m->ncol, .nrow = n,
	    .n = n };
	return 1;
}

void
merge_tree_close(struct merge_tree *m)
{
	for (int i = 0; m->nested && i < m->ncol; i++)
		if (m->nested[i].type)
			builder_release(&m->nested[i]);
	free(m->nested);
	free(m->col);
	free(m->node);
	arena_release(&m->arena);
	memset(m, 0, sizeof *m);
}
