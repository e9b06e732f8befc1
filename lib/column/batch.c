/*
 * batch -- see batch.h.
 */
#include "column/batch.h"

#include <assert.h>

void
batch_pick(struct batch *b, const int32_t *pick, int n)
{
	b->pick = pick;
	b->n = n;
}

void
batch_head(struct batch *b, int n)
{
	if (n < b->n)
		b->n = n;
}

void
batch_skip(struct batch *b, int n, int32_t *pick)
{
	if (n > b->n)
		n = b->n;
	for (int i = n; i < b->n; i++)
		pick[i - n] = batch_row(b, i);
	b->pick = pick;
	b->n -= n;
}

static void
check_column(const struct column *c, int nrow)
{
	assert(c->type != NULL);
	assert(c->data != NULL || c->type->kind == TYPE_STRUCT || nrow == 0);
	for (int i = 0; i < c->type->nfield && c->kid; i++)
		assert(type_equal(c->kid[i].type, c->type->field[i].type));
	if (c->type->kind != TYPE_ARRAY && c->type->kind != TYPE_MAP)
		return;
	for (int i = 0; i < (c->flags & COL_CONST ? 1 : nrow); i++) {
		const struct lview *v = (const struct lview *)c->data + i;

		if (!col_null(c, i))
			assert((int64_t)v->off + v->len <= c->nkid);
	}
}

void
batch_check(const struct batch *b, const struct type *const *types)
{
	assert(b->nrow >= 0 && b->nrow <= BATCH_ROWS && b->n <= b->nrow);
	for (int i = 0; i < b->n && b->pick; i++)
		assert(b->pick[i] >= 0 && b->pick[i] < b->nrow &&
		    (i == 0 || b->pick[i] > b->pick[i - 1]));
	for (int i = 0; i < b->ncol; i++) {
		if (types)
			assert(type_equal(b->col[i].type, types[i]));
		check_column(&b->col[i], b->nrow);
	}
}
