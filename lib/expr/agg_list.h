/*
 * agg_list -- states of aggregates that keep all values of a group, for
 * agg_list.c (collect_list and its kind) and agg_percentile.c.
 *
 * A list holds values as they lie in a column, in the table's heap; it
 * doubles when it is full.  Bytes of long strings are copied; nested values
 * are kept as datums.  States travel as arrays.  Nulls are left out.
 */
#ifndef EXPR_AGG_LIST_H
#define EXPR_AGG_LIST_H

#include "column/builder.h"
#include "expr/agg_state.h"

struct list {
	char *v;
	int64_t n, cap;
};

int list_plan(struct agg *g, struct arena *a, struct err *e);
int list_update(const struct agg *g, void *const *state,
    const struct column *arg, int n, struct err *e);
int list_merge(const struct agg *g, void *const *state,
    const struct column *col, int n, struct err *e);
int list_save(const struct agg *g, void *const *state, int n,
    struct column *out, struct arena *heap, struct err *e);

/* The values of one list as a column, until closed. */
struct values {
	struct column col;
	struct builder b;       /* of nested values */
	struct arena a;
};
void values_open(struct values *v, const struct agg *g, const struct list *l);
void values_close(struct values *v);

/* Row numbers 0..n of the column in order; free() them. */
uint32_t *values_ordered(const struct column *c, int64_t n);

/* Moves the rows of a builder of out's type to out; ends the builder. */
int list_give(struct builder *b, int n, struct column *out,
    struct arena *heap, struct err *e);

#endif
