/*
 * rules -- see rules.h: what the rewrites share.
 */
#include "plan/rules.h"

#include <string.h>

#include "expr/func.h"

void
conds_add(struct arena *a, struct conds *c, struct expr *x)
{
	if (x == NULL)
		return;
	if (x->kind == EXPR_CALL && strcmp(x->u.call.fn->name, "and") == 0) {
		for (int i = 0; i < x->u.call.narg; i++)
			conds_add(a, c, x->u.call.arg[i]);
		return;
	}
	ARENA_GROW(a, c->v, c->n, c->cap);
	c->v[c->n++] = x;
}

struct expr *
conds_join(const struct expr_env *env, const struct conds *c)
{
	struct expr *x = NULL;

	for (int i = 0; i < c->n; i++)
		x = expr_and(env, x, c->v[i]);
	return x;
}

struct within {
	const struct schema *s;
	bool all;
};

static void
look(struct expr *x, void *arg)
{
	struct within *w = arg;

	if (x->kind == EXPR_COL && schema_find(w->s, x->u.col.id) < 0)
		w->all = false;
}

bool
expr_within(const struct expr *x, const struct schema *s)
{
	struct within w = { s, true };

	expr_walk((struct expr *)(uintptr_t)x, look, &w);
	return w.all;
}

struct node *
with_kid(struct rule_env *r, struct node *n, int i, struct node *kid)
{
	struct node *c;

	if (n->kid[i] == kid)
		return n;
	c = node_copy(r->arena, r->ids, n);
	c->kid[i] = kid;
	return c;
}

struct node *
filter_over(struct rule_env *r, struct node *n, struct expr *cond)
{
	struct node *f;

	if (cond == NULL)
		return n;
	f = node_new(r->arena, r->ids, NODE_FILTER, 1);
	f->kid[0] = n;
	f->out = n->out;
	f->span = cond->span;
	f->u.filter.cond = cond;
	return f;
}

void
join_keys(struct arena *a, const struct expr_env *env, struct node *j)
{
	const struct schema *l = j->kid[0]->out, *r = j->kid[1]->out;
	struct conds all = { 0 }, rest = { 0 };
	int n = j->u.join.nkey;
	struct expr **lk, **rk;

	if (j->u.join.cond == NULL)
		return;
	conds_add(a, &all, j->u.join.cond);
	lk = NEW_N(a, struct expr *, n + all.n + 1);
	rk = NEW_N(a, struct expr *, n + all.n + 1);
	for (int i = 0; i < n; i++) {
		lk[i] = j->u.join.lkey[i];
		rk[i] = j->u.join.rkey[i];
	}
	for (int i = 0; i < all.n; i++) {
		struct expr *x = all.v[i], *p, *q;

		if (x->kind != EXPR_CALL || x->u.call.narg != 2 ||
		    strcmp(x->u.call.fn->name, "=") != 0 ||
		    !expr_is_deterministic(x)) {
			conds_add(a, &rest, x);
			continue;
		}
		p = x->u.call.arg[0];
		q = x->u.call.arg[1];
		if (expr_within(p, l) && expr_within(q, r) &&
		    !expr_is_const(p) && !expr_is_const(q)) {
			lk[n] = p;
			rk[n++] = q;
		} else if (expr_within(p, r) && expr_within(q, l) &&
		    !expr_is_const(p) && !expr_is_const(q)) {
			lk[n] = q;
			rk[n++] = p;
		} else {
			conds_add(a, &rest, x);
		}
	}
	j->u.join.nkey = n;
	j->u.join.lkey = lk;
	j->u.join.rkey = rk;
	j->u.join.cond = conds_join(env, &rest);
}
