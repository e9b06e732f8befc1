/*
 * sort_run -- see sort_run.h.
 */
#include "exec/sort_run.h"

#include <stdlib.h>

void
sort_shape_make(struct sort_shape *s, const struct row_order *order,
    const struct schema *schema, struct arena *a)
{
	s->order = *order;
	s->ncol = schema->ncol;
	s->nown = 0;
	s->type = NEW_N(a, const struct type *, schema->ncol + order->n + 1);
	s->at = NEW_N(a, int, order->n + 1);
	for (int i = 0; i < schema->ncol; i++)
		s->type[i] = schema->col[i].type;
	for (int i = 0; i < order->n; i++) {
		const struct expr *x = order->key[i].x;

		s->at[i] = x->kind == EXPR_COL ?
		    schema_find(schema, x->u.col.id) : -1;
		if (s->at[i] >= 0)
			continue;
		s->at[i] = s->ncol + s->nown++;
		s->type[s->at[i]] = x->type;
	}
}

void
sort_shape_keys(const struct sort_shape *s, const struct column *col,
    struct column *key)
{
	for (int i = 0; i < s->order.n; i++)
		key[i] = col[s->at[i]];
}

void
sort_run_init(struct sort_run *r, const struct sort_shape *shape)
{
	int n = shape->ncol + shape->nown;

	memset(r, 0, sizeof *r);
	r->shape = shape;
	r->col = xcalloc((size_t)n + 1, sizeof *r->col);
	for (int i = 0; i < n; i++)
		builder_init(&r->col[i], shape->type[i]);
}

static void
forget_rows(struct sort_run *r)
{
	free(r->entry);
	r->entry = NULL;
	r->n = r->cap = r->at = 0;
	arena_release(&r->arena);
}

void
sort_run_release(struct sort_run *r)
{
	for (int i = 0; r->col && i < r->shape->ncol + r->shape->nown; i++)
		builder_release(&r->col[i]);
	free(r->col);
	forget_rows(r);
	memset(r, 0, sizeof *r);
}

void
sort_run_clear(struct sort_run *r)
{
	for (int i = 0; i < r->shape->ncol + r->shape->nown; i++) {
		builder_release(&r->col[i]);
		builder_init(&r->col[i], r->shape->type[i]);
	}
	forget_rows(r);
}

/* Room for n more pairs. */
static struct key_entry *
more_entries(struct sort_run *r, int n)
{
	if (r->n + n > r->cap) {
		r->cap = r->cap ? 2 * r->cap : 4 * BATCH_ROWS;
		r->entry = xrealloc(r->entry,
		    (size_t)r->cap * sizeof *r->entry);
	}
	return r->entry + r->n;
}

void
sort_run_add(struct sort_run *r, const struct batch *b,
    const struct column *key)
{
	const struct sort_shape *s = r->shape;
	struct key_entry *v = more_entries(r, b->n);
	uint64_t prefix[BATCH_ROWS];

	row_prefix(&s->order, &key[0], b->n, prefix);
	for (int i = 0; i < b->n; i++)
		v[i] = (struct key_entry){ prefix[i], (uint32_t)(r->n + i) };
	for (int i = 0; i < s->ncol; i++)
		builder_rows(&r->col[i], &b->col[i], b->pick, b->n);
	for (int i = 0; i < s->order.n; i++)
		if (s->at[i] >= s->ncol)
			builder_rows(&r->col[s->at[i]], &key[i], NULL, b->n);
	r->n += b->n;
}

void
sort_run_sort(struct sort_run *r)
{
	const struct sort_shape *s = r->shape;
	struct key_entry *tmp = xmalloc(((size_t)r->n + 1) * sizeof *tmp);
	struct key_entry *sorted;

	r->at = 0;
	r->whole = NEW_N(&r->arena, struct column, s->ncol + s->nown + 1);
	r->key = NEW_N(&r->arena, struct column, s->order.n + 1);
	for (int i = 0; i < s->ncol + s->nown; i++)
		builder_column(&r->col[i], 0, r->n, &r->whole[i], &r->arena);
	sort_shape_keys(s, r->whole, r->key);
	sorted = key_sort(&s->order, r->key, r->entry, tmp, r->n);
	if (sorted == tmp) {
		tmp = r->entry;
		r->entry = sorted;
		r->cap = r->n;
	}
	free(tmp);
}

int
sort_run_next(struct sort_run *r, struct batch *b, struct column *col,
    struct arena *a)
{
	const struct sort_shape *s = r->shape;
	int64_t left = r->n - r->at;
	int n = left < BATCH_ROWS ? (int)left : BATCH_ROWS;
	int32_t pick[BATCH_ROWS];

	if (n == 0)
		return 0;
	for (int i = 0; i < n; i++)
		pick[i] = (int32_t)r->entry[r->at + i].row;
	for (int i = 0; i < s->ncol + s->nown; i++)
		col_gather(&col[i], &r->whole[i], pick, n, a);
	*b = (struct batch){ .col = col, .ncol = s->ncol, .nrow = n, .n = n };
	r->at += n;
	return 1;
}

void
sort_run_prefixes(const struct sort_run *r, uint64_t *prefix)
{
	int64_t left = r->n - r->at;

	for (int i = 0; i < BATCH_ROWS && i < left; i++)
		prefix[i] = r->entry[r->at + i].prefix;
}

int64_t
sort_run_bytes(const struct sort_run *r)
{
	int64_t n = (r->cap + r->n) * (int64_t)sizeof(struct key_entry);

	for (int i = 0; i < r->shape->ncol + r->shape->nown; i++)
		n += builder_held(&r->col[i]);
	return n;
}
