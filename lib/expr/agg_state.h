/*
 * agg_state -- what the files of aggregate functions share: argument casts
 * and the ways in which states travel.
 */
#ifndef EXPR_AGG_STATE_H
#define EXPR_AGG_STATE_H

#include "expr/aggfn.h"

/* Casts argument i to t as Spark would do by itself. */
int agg_cast(struct agg_bind *b, int i, const struct type *t, struct err *e);

/* "cannot aggregate values of type …" at the argument. */
int agg_refuse(const struct agg_bind *b, int i, const char *fn,
    struct err *e);

/* Row i of an argument is null. */
static inline bool
agg_null(const struct column *c, int i)
{
	return c->valid && !bit_get(c->valid, c->flags & COL_CONST ? 0 : i);
}

/* Marks row i of an output column (n rows) null, making its bitmap. */
void agg_out_null(struct column *c, int i, int n, struct arena *heap);

#endif
