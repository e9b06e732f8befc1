/*
 * rules -- the rewrites that optimize.c lists, one a file rule_*.c, and what
 * they share.
 */
#ifndef PLAN_RULES_H
#define PLAN_RULES_H

#include "base/arena.h"
#include "plan/optimize.h"

int rule_fold_constants(struct rule_env *r, struct node *n,
    struct node **out, struct err *e);
int rule_factor_or(struct rule_env *r, struct node *n, struct node **out,
    struct err *e);
int rule_pushdown_filter(struct rule_env *r, struct node *n,
    struct node **out, struct err *e);
int rule_topn(struct rule_env *r, struct node *n, struct node **out,
    struct err *e);
int rule_scan_filter(struct rule_env *r, struct node *n, struct node **out,
    struct err *e);
int rule_prune_columns(struct rule_env *r, struct node *n, struct node **out,
    struct err *e);
int rule_keep_strings(struct rule_env *r, struct node *n, struct node **out,
    struct err *e);

/* Splits the equalities between left and right out of a join's condition
 * into its keys.  Needed by any plan, so physical planning does it too. */
void join_keys(struct arena *a, const struct expr_env *env, struct node *j);

/* A list of conditions that all must hold. */
struct conds {
	struct expr **v;
	int n, cap;
};
void conds_add(struct arena *a, struct conds *c, struct expr *x); /* splits and */
struct expr *conds_join(const struct expr_env *env, const struct conds *c);

/* Does every column of x come from the schema?  Does any? */
bool expr_within(const struct expr *x, const struct schema *s);

/* n itself when kid is its kid i already; else a copy that has it there.  Its
 * out stays, so the new kid must make all columns that the old one made. */
struct node *with_kid(struct rule_env *r, struct node *n, int i,
    struct node *kid);
struct node *filter_over(struct rule_env *r, struct node *n,
    struct expr *cond);

#endif
