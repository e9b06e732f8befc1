/*
 * rule_factor_or -- (a and b) or (a and c) becomes a and (b or c).
 *
 * What all branches of a disjunction demand is a condition of its own, which
 * other rules can push down or make a join key of: without it such a join
 * compares every row with every other.  Holds for NULL, too (Kleene's logic
 * is distributive).  Conditions that can fail or are not deterministic stay.
 */
#include <string.h>

#include "expr/func.h"
#include "plan/rules.h"

static void
add_branches(struct arena *a, struct conds *c, struct expr *x)
{
	if (x->kind == EXPR_CALL && strcmp(x->u.call.fn->name, "or") == 0) {
		for (int i = 0; i < x->u.call.narg; i++)
			add_branches(a, c, x->u.call.arg[i]);
		return;
	}
	ARENA_GROW(a, c->v, c->n, c->cap);
	c->v[c->n++] = x;
}

static int
find(const struct conds *c, const struct expr *x)
{
	for (int i = 0; i < c->n; i++)
		if (c->v[i] && expr_equal(c->v[i], x))
			return i;
	return -1;
}

/* Takes x out of all branches, when it is in all of them. */
static bool
take(struct conds *branch, int n, const struct expr *x)
{
	for (int i = 0; i < n; i++)
		if (find(&branch[i], x) < 0)
			return false;
	for (int i = 0; i < n; i++)
		branch[i].v[find(&branch[i], x)] = NULL;
	return true;
}

/* The rest of a branch; NULL when nothing is left: always true. */
static struct expr *
rest_of(const struct expr_env *env, const struct conds *branch)
{
	struct expr *x = NULL;

	for (int i = 0; i < branch->n; i++)
		if (branch->v[i])
			x = expr_and(env, x, branch->v[i]);
	return x;
}

/* Adds x, or what it is made of, to out: 1 when that is something else. */
static int
factor(struct rule_env *r, struct expr *x, struct conds *out, struct err *e)
{
	struct conds or = { 0 }, *branch;
	struct expr *rest = NULL;
	int before = out->n;

	add_branches(r->arena, &or, x);
	branch = NEW_N(r->arena, struct conds, or.n);
	for (int i = 0; i < or.n; i++)
		conds_add(r->arena, &branch[i], or.v[i]);
	for (int i = 0; or.n > 1 && i < branch[0].n; i++) {
		struct expr *common = branch[0].v[i];

		if (common && expr_is_deterministic(common) &&
		    !expr_can_fail(common) && take(branch, or.n, common))
			conds_add(r->arena, out, common);
	}
	if (out->n == before) {
		conds_add(r->arena, out, x);
		return 0;
	}
	for (int i = 0; i < or.n; i++) {
		struct expr *arg[2] = { rest, rest_of(r->env, &branch[i]) };

		if (arg[1] == NULL)
			return 1;       /* a or (a and b) is a */
		rest = arg[1];
		if (i > 0)
			TRY(expr_call(r->env, "or", arg, 2, x->span, &rest, e));
	}
	conds_add(r->arena, out, rest);
	return 1;
}

static int
factor_all(struct rule_env *r, struct expr **cond, struct err *e)
{
	struct conds in = { 0 }, out = { 0 };
	int changed = 0;

	conds_add(r->arena, &in, *cond);
	for (int i = 0; i < in.n; i++) {
		int c = factor(r, in.v[i], &out, e);

		TRY(c);
		changed |= c;
	}
	if (changed)
		*cond = conds_join(r->env, &out);
	return changed;
}

int
rule_factor_or(struct rule_env *r, struct node *n, struct node **out,
    struct err *e)
{
	struct node *x = n;
	struct expr *cond;
	int changed;

	for (int i = 0; i < n->nkid; i++) {
		struct node *kid;

		TRY(rule_factor_or(r, n->kid[i], &kid, e));
		x = with_kid(r, x, i, kid);
	}
	*out = x;
	if (x->kind != NODE_FILTER && x->kind != NODE_JOIN)
		return 0;
	cond = x->kind == NODE_FILTER ? x->u.filter.cond : x->u.join.cond;
	if (cond == NULL)
		return 0;
	changed = factor_all(r, &cond, e);
	if (changed <= 0)
		return changed;
	if (x == n)
		x = node_copy(r->arena, r->ids, n);
	if (x->kind == NODE_FILTER)
		x->u.filter.cond = cond;
	else
		x->u.join.cond = cond;
	*out = x;
	return 0;
}
