/*
 * optimize -- the rules, in their order; each is one file rule_*.c.
 *
 * After each rule that changed the plan it is verified, and its output must
 * be what it was.  A rule is a pure function from tree to tree.
 */
#ifndef PLAN_OPTIMIZE_H
#define PLAN_OPTIMIZE_H

#include "plan/stage.h"

struct rule_env {
	struct arena *arena;
	struct plan_ids *ids;
	const struct expr_env *env;
	const struct plan_conf *conf;
};

struct rule {
	const char *name;               /* "pushdown_filter" */
	const char *help;               /* one line */
	/* Returns the new tree (the same pointer when nothing changed). */
	int (*rewrite)(struct rule_env *r, struct node *n, struct node **out,
	    struct err *e);
};

extern const struct rule plan_rules[];  /* ends with a zeroed row */

/* Runs all rules.  trace, if any, is called with the plan after each rule
 * that fired. */
int plan_optimize(struct rule_env *r, struct node *n, struct node **out,
    void (*trace)(void *arg, const struct rule *rule, const struct node *n),
    void *arg, struct err *e);

#endif
