/*
 * program -- expressions made ready to run: steps over column registers.
 *
 * A program belongs to one task: it holds the registers.  program_run and
 * program_pick may be called once a batch; their results live in the
 * program's registers until the next call.  Columns that an expression only
 * passes on are not copied when the batch has no pick; picked batches are
 * gathered, only in the columns that are used.
 *
 * Common subexpressions are computed once.  Control flow (case, if, and, or,
 * coalesce, try_*) evaluates its branches only on the rows that need them
 * when a branch can fail or is dear, else on all rows.
 */
#ifndef EXPR_PROGRAM_H
#define EXPR_PROGRAM_H

#include "column/batch.h"
#include "expr/expr.h"

struct program;

/* Where a program runs. */
struct program_env {
	const struct zone *zone;
	uint64_t seed;
	int part;
};

/* Makes a program for n expressions over rows of the input schema (column
 * ids are resolved here; an unknown id is ERR_BUG).  Memory: the arena. */
int program_new(struct program **out, struct arena *a,
    const struct schema *in, struct expr *const *x, int n,
    const struct program_env *env, struct err *e);

/* Evaluates over the picked rows of b: out[0..n) are columns of b->n rows
 * (no pick; may be COL_CONST; may alias b's columns or registers). */
int program_run(struct program *p, const struct batch *b,
    struct column *out, struct err *e);

/* For a program of one boolean expression: writes to pick the physical row
 * numbers of b where it is true, ascending; returns their number or < 0. */
int program_pick(struct program *p, const struct batch *b, int32_t *pick,
    struct err *e);

/* Frees what is not in the arena (heaps). */
void program_release(struct program *p);

#endif
