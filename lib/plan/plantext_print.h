/*
 * plantext_print -- what the files that print plan text share.
 *
 * A column is written by its name; where the input has the name more than
 * once, with the number of the column among those of its name: a#2.  So the
 * text depends on names and places only, never on ids.
 */
#ifndef PLAN_PLANTEXT_PRINT_H
#define PLAN_PLANTEXT_PRINT_H

#include "base/text.h"
#include "plan/stage.h"

/* How operators are printed: alone, or with their second and further inputs
 * in brackets.  stages: to find the first half of an aggregate, or NULL. */
struct plan_writer {
	struct text *to;
	const struct stages *stages;
	bool inputs;
};

/* The operators of a stage from the leaf to n, joined by bars. */
void plantext_chain(struct plan_writer *w, const struct node *n);

/* One operator. */
void plantext_node(struct plan_writer *w, const struct node *n);

/* A name as the plan's parser takes it: words of the grammar are quoted. */
void plantext_name(struct text *to, const char *name);

/* Column number at of the schema, as expressions over it write it. */
void plantext_column(struct text *to, const struct schema *s, int at);

/* An expression over one input, or over two (in2 may be NULL). */
void plantext_expr2(struct text *to, const struct expr *x,
    const struct schema *in, const struct schema *in2);

#endif
