/*
 * rule_fold_constants -- parts of expressions without columns become
 * literals, unless they fail: then the job shall fail when (and if) a row
 * needs them.  Filters that are true go away, false ones become no rows.
 */
#include <string.h>

#include "expr/func.h"
#include "plan/rules.h"

static struct expr *
fold(struct expr *x, void *arg)
{
	struct rule_env *r = arg;
	struct datum d;
	struct err e;
	struct expr *lit;

	if (x->kind != EXPR_CALL || !expr_is_const(x) ||
	    !expr_is_deterministic(x) ||
	    (x->u.call.fn->flags & FN_GENERATOR))
		return x;
	if (expr_eval_const(r->env, x, &d, &e) < 0)
		return x;
	d.type = x->type;
	lit = expr_lit(r->arena, d);
	lit->span = x->span;
	return lit;
}

static struct expr *
folded(struct rule_env *r, struct expr *x)
{
	return x ? expr_map(r->arena, x, fold, r) : NULL;
}

static bool
fold_list(struct rule_env *r, struct expr ***v, int n)
{
	struct expr **copy = NEW_N(r->arena, struct expr *, n + 1);
	bool changed = false;

	for (int i = 0; i < n; i++) {
		copy[i] = folded(r, (*v)[i]);
		changed |= copy[i] != (*v)[i];
	}
	*v = copy;
	return changed;
}

static struct node *
no_rows(struct rule_env *r, const struct node *n)
{
	struct node *v = node_new(r->arena, r->ids, NODE_VALUES, 0);

	v->out = n->out;
	v->span = n->span;
	v->u.values.row = NEW_N(r->arena, struct expr **, 1);
	return v;
}

static struct node *
fold_filter(struct rule_env *r, struct node *c, bool *changed)
{
	struct expr *x = folded(r, c->u.filter.cond);
	int truth = expr_truth(x);

	*changed |= x != c->u.filter.cond;
	c->u.filter.cond = x;
	*changed |= truth != -2;
	if (truth == 1)
		return c->kid[0];
	return truth == -2 ? c : no_rows(r, c);
}

/* Folds the node's own expressions in its copy c. */
static struct node *
fold_node(struct rule_env *r, struct node *c, bool *changed)
{
	switch (c->kind) {
	case NODE_FILTER:
		return fold_filter(r, c, changed);
	case NODE_PROJECT:
		*changed |= fold_list(r, &c->u.project.x, c->out->ncol);
		return c;
	case NODE_AGGREGATE:
		*changed |= fold_list(r, &c->u.agg.agg, c->u.agg.nagg);
		return c;
	case NODE_JOIN: {
		struct expr *x = folded(r, c->u.join.cond);

		*changed |= x != c->u.join.cond;
		c->u.join.cond = x;
		return c;
	}
	case NODE_GENERATE: {
		struct expr *call = NEW(r->arena, struct expr);

		*call = *c->u.generate.call;
		*changed |= fold_list(r, &call->u.call.arg, call->u.call.narg);
		c->u.generate.call = call;
		return c;
	}
	default:
		return c;
	}
}

int
rule_fold_constants(struct rule_env *r, struct node *n, struct node **out,
    struct err *e)
{
	struct node *c = node_copy(r->arena, r->ids, n);
	bool changed = false;

	for (int i = 0; i < n->nkid; i++) {
		TRY(rule_fold_constants(r, n->kid[i], &c->kid[i], e));
		changed |= c->kid[i] != n->kid[i];
	}
	c = fold_node(r, c, &changed);
	*out = changed ? c : n;
	return 0;
}
