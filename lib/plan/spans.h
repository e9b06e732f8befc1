/*
 * spans -- the places in the job text that a plan's nodes and expressions
 * come from, in an order that depends on the plan's shape alone.
 *
 * A plan and the one that was read back from its text have the same shape:
 * number i of one list belongs to number i of the other, so that an error in
 * an executor, which has only plan text, leads to a place in the job.
 */
#ifndef PLAN_SPANS_H
#define PLAN_SPANS_H

#include "plan/stage.h"

/* All of them; malloc'd, the caller frees.  Returns their number. */
int plan_spans(const struct stages *s, struct span **out);

/* The number of the first one that is equal, -1: none. */
int plan_span_find(const struct span *v, int n, struct span span);

#endif
