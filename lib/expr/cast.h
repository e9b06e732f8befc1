/*
 * cast -- the kernels of CAST, by the kinds of both types.
 *
 * They look at the types of k->arg[0] and k->out only, not at k->call, so
 * that casts of nested types can run them on child columns.  A null for a
 * kind means that there is no such kernel.  Private to lib/expr.
 */
#ifndef EXPR_CAST_H
#define EXPR_CAST_H

#include "expr/operators.h"

/* Between numbers (booleans too). */
kernel_fn cast_number(const struct type *from, const struct type *to);

/* From strings to anything flat; from anything to strings. */
kernel_fn cast_parse(const struct type *to);
int cast_print(struct kernel_call *k, struct err *e);

/* Among dates and timestamps; timestamps from and to numbers. */
kernel_fn cast_time(const struct type *from, const struct type *to);

/* Row i cannot be converted: NULL for try_cast, else ERR_USER. */
int cast_fail(struct kernel_call *k, int i, struct err *e);

/* An integer, boolean, date … or the unscaled value of a decimal. */
i128 cast_int_at(const struct column *c, int i);
double cast_float_at(const struct column *c, int i);

/* Stores an unscaled value into a decimal or integer column. */
void cast_put(struct column *c, int i, i128 v);

#endif
