/*
 * plantext -- plans as text: sp-plan(5).
 *
 *	stage 1  tasks 8   scan csv "logs/" (id bigint, ms int) | filter ms > 100
 *	                   | aggregate partial count(*) as n by id | exchange hash(id) 4
 *
 * sql/plan_read.h reads it back: parse(print(p)) prints the same text
 * again and runs to the same rows.
 */
#ifndef PLAN_PLANTEXT_H
#define PLAN_PLANTEXT_H

#include "plan/stage.h"

/* The staged DAG. */
void plantext_print(struct text *to, const struct stages *s);

/* A tree as Spark's explain prints it, one node a line, indented ("+- "). */
void plantext_tree(struct text *to, const struct node *n);

/* The DAG for Graphviz, as JSON, and in the shape of Spark's lineage
 * (toDebugString: partition counts in brackets, indentation = stage). */
void plantext_dot(struct text *to, const struct stages *s);
void plantext_json(struct text *to, const struct stages *s);
void plantext_lineage(struct text *to, const struct stages *s);

/* One expression, its columns named by the schema of the node it is in. */
void plantext_expr(struct text *to, const struct expr *x,
    const struct schema *in);

/* The partial aggregate whose states a final (or merging) one takes, found
 * through reads of other stages (of s, may be NULL) too; NULL if none. */
const struct node *plantext_partial(const struct stages *s,
    const struct node *n);

#endif
