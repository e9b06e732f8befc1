/*
 * store_rows -- batches of random rows of eight types, for tests of what
 * keeps rows; rows as text, to compare.
 */
#ifndef TESTS_STORE_ROWS_H
#define TESTS_STORE_ROWS_H

#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "column/builder.h"
#include "column/value.h"

enum { NCOL = 8 };

static uint64_t state = 1;

static inline uint32_t
any(uint32_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % n;
}

static inline void
print_row(struct text *to, const struct batch *b, int row)
{
	for (int i = 0; i < b->ncol; i++) {
		if (col_null(&b->col[i], row))
			text_adds(to, "null");
		else
			value_print_json(to, &b->col[i], row, NULL);
		text_addc(to, i + 1 < b->ncol ? '\t' : '\n');
	}
}

static inline void
random_string(struct builder *b)
{
	char s[64];
	size_t n = any(4) ? any(20) : any(60);

	for (size_t i = 0; i < n; i++)
		s[i] = (char)('a' + any(26));
	builder_bytes(b, s, n);
}

static inline void
random_value(struct builder *b)
{
	uint64_t v[2] = { any(1000), 0 };

	if (any(5) == 0 || b->type->kind == TYPE_NULL) {
		builder_null(b);
	} else if (type_is_bytes(b->type)) {
		random_string(b);
	} else if (b->type->kind == TYPE_ARRAY) {
		for (uint32_t n = any(4); n > 0; n--)
			random_value(&b->kid[0]);
		builder_list(b);
	} else {
		if (b->type->kind == TYPE_BOOL)
			v[0] &= 1;
		if (b->type->kind == TYPE_I8)
			v[0] &= 127;
		builder_fixed(b, v);
	}
}

static inline void
random_pick(struct batch *b, int32_t *pick)
{
	int n = 0;

	for (int i = 0; i < b->nrow; i++)
		if (any(3))
			pick[n++] = i;
	batch_pick(b, pick, n);
}

static inline void
rows_types(const struct type **type, struct arena *a)
{
	const struct type *all[NCOL] = { TYPE(I64), TYPE(STR), TYPE(BOOL),
	    type_array(a, TYPE(STR)), TYPE(I16), TYPE(I32),
	    type_decimal(a, 30, 2), TYPE(NULL) };

	for (int i = 0; i < NCOL; i++)
		type[i] = all[i];
}

struct rows {                   /* one batch and what it is made of */
	struct batch b;
	struct builder col[NCOL];
	struct column view[NCOL];
	struct arena a;
};

/* Some rows, some columns constant; half of the batches have a pick, which
 * is put into pick[0..BATCH_ROWS). */
static inline void
rows_make(struct rows *r, const struct type *const *type, int ncol,
    int32_t *pick)
{
	struct batch *b = &r->b;

	*r = (struct rows){ .b = { .col = r->view, .ncol = ncol } };
	b->n = b->nrow = (int)any(BATCH_ROWS) + 1;
	for (int i = 0; i < ncol; i++) {
		int constant = i != 3 && any(6) == 0;

		builder_init(&r->col[i], type[i]);
		for (int k = 0; k < (constant ? 1 : b->nrow); k++)
			random_value(&r->col[i]);
		builder_column(&r->col[i], 0, r->col[i].n, &r->view[i],
		    &r->a);
		r->view[i].flags = constant ? COL_CONST : 0;
	}
	if (any(2))
		random_pick(b, pick);
}

static inline void
rows_release(struct rows *r)
{
	for (int i = 0; i < r->b.ncol; i++)
		builder_release(&r->col[i]);
	arena_release(&r->a);
}

#endif
