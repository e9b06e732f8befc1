/*
 * coerce -- which types turn into which: Spark 4's rules with ANSI on.
 *
 * Four questions, from strict to lenient: what do two types have in common
 * (CASE, comparison, UNION), what may be stored into a column of another
 * type, what does a function's argument accept, what may CAST do.
 */
#ifndef EXPR_COERCE_H
#define EXPR_COERCE_H

#include <stdbool.h>

#include "column/type.h"

struct arena;
struct expr;

/* The common type without strings turning into something else; NULL: none. */
const struct type *coerce_tightest(struct arena *a, const struct type *x,
    const struct type *y);

/* The common type; strings give way to the other atomic type (integers
 * become bigint, fractions double).  NULL: none. */
const struct type *coerce_common(struct arena *a, const struct type *x,
    const struct type *y);

/* The decimal that holds every value of an integer type (int: 10,0); the
 * type itself when it is a decimal; NULL for others. */
const struct type *coerce_decimal(struct arena *a, const struct type *t);

/* The decimal that x needs: for integer literals just their digits. */
const struct type *coerce_decimal_of(struct arena *a, const struct expr *x);

/* A decimal of this precision and scale cut down to 38 digits, keeping
 * whole digits first but at least 6 (or the asked for) decimals. */
const struct type *coerce_adjust(struct arena *a, int precision, int scale);

/* May a value of type from be stored where to is wanted (INSERT)? */
bool coerce_store(const struct type *from, const struct type *to);

/* Does a function that wants to take from? */
bool coerce_argument(const struct type *from, const struct type *to);

/* Is there a CAST, and can it raise an error? */
bool cast_allowed(const struct type *from, const struct type *to);
bool cast_can_fail(const struct type *from, const struct type *to);

#endif
