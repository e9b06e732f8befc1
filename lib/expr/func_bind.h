/*
 * func_bind -- what the bind functions of the operators share among themselves:
 * making a call of a known row of the table, and the rows that coercion and
 * rewriting need.
 */
#ifndef EXPR_FUNC_BIND_H
#define EXPR_FUNC_BIND_H

#include "expr/func.h"

/* A cast of any kind: fn is the row of cast or try_cast. */
int cast_new(const struct expr_env *env, const struct func *fn,
    struct expr *x, const struct type *t, struct span span,
    struct expr **out, struct err *e);

/* The cast that coercion inserts: titles do not show it. */
int cast_implicit(const struct expr_env *env, struct expr *x,
    const struct type *t, struct expr **out, struct err *e);

extern const struct func func_cast[];           /* [0] cast, [1] try_cast */

/* Brings arguments i and j to a type in which they can be compared. */
int bind_comparable(struct func_bind *b, int i, int j, struct err *e);

/* Gives structs behind argument from its names of fields: where values are
 * compared, names do not matter. */
int bind_names(struct func_bind *b, int from, struct err *e);

/* Common type of arguments from, from + step … < to; NULL: none. */
const struct type *bind_widest(struct func_bind *b, int from, int to,
    int step);

#endif
