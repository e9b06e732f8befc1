/*
 * rule_pushdown_filter -- conditions move down: through projects (with the
 * expressions put in), below aggregates and generators when they are about
 * what passes through, into the sides of joins, through unions and sorts;
 * conditions over both sides of an inner or cross join become its condition.
 *
 * A condition that can fail keeps its place relative to others only inside
 * one filter; calls that are not deterministic never move, and nothing moves
 * past a limit, a command, an assertion or an output.
 */
#include <string.h>

#include "plan/rules.h"

struct put {
	struct rule_env *r;
	const struct node *n;
};

static struct expr *
put_project(struct expr *x, void *arg)
{
	struct put *p = arg;
	int at;

	if (x->kind != EXPR_COL)
		return x;
	at = schema_find(p->n->out, x->u.col.id);
	return at < 0 ? x : p->n->u.project.x[at];
}

static bool
movable(const struct expr *x)
{
	return expr_is_deterministic(x);
}

static int push(struct rule_env *r, struct node *n, struct conds *c,
    struct node **out, struct err *e);

/* Pushes what go() lets through below kid i; the rest stays above. */
static void
split(struct rule_env *r, const struct conds *c, const struct schema *s,
    struct conds *down, struct conds *stay)
{
	for (int i = 0; i < c->n; i++)
		conds_add(r->arena, movable(c->v[i]) && !expr_is_const(c->v[i])
		    && expr_within(c->v[i], s) ? down : stay, c->v[i]);
}

static int
push_project(struct rule_env *r, struct node *n, struct conds *c,
    struct node **out, struct err *e)
{
	struct conds down = { 0 }, stay = { 0 };
	struct put p = { r, n };
	struct node *kid;

	for (int i = 0; i < c->n; i++) {
		struct expr *x = expr_map(r->arena, c->v[i], put_project, &p);

		if (movable(c->v[i]) && movable(x))
			conds_add(r->arena, &down, x);
		else
			conds_add(r->arena, &stay, c->v[i]);
	}
	TRY(push(r, n->kid[0], &down, &kid, e));
	*out = filter_over(r, with_kid(r, n, 0, kid), conds_join(r->env,
	    &stay));
	return 0;
}

static struct expr *
put_key(struct expr *x, void *arg)
{
	struct put *p = arg;
	int at;

	if (x->kind != EXPR_COL)
		return x;
	at = schema_find(p->n->out, x->u.col.id);
	return at < 0 || at >= p->n->u.agg.nkey ? x : p->n->u.agg.key[at];
}

/* Below an aggregate: conditions on keys only. */
static int
push_aggregate(struct rule_env *r, struct node *n, struct conds *c,
    struct node **out, struct err *e)
{
	struct conds down = { 0 }, stay = { 0 };
	struct schema keys = { n->u.agg.nkey, n->out->col };
	struct put p = { r, n };
	struct node *kid;

	for (int i = 0; i < c->n; i++) {
		if (n->u.agg.nkey && movable(c->v[i]) &&
		    !expr_is_const(c->v[i]) && expr_within(c->v[i], &keys))
			conds_add(r->arena, &down, expr_map(r->arena, c->v[i],
			    put_key, &p));
		else
			conds_add(r->arena, &stay, c->v[i]);
	}
	TRY(push(r, n->kid[0], &down, &kid, e));
	*out = filter_over(r, with_kid(r, n, 0, kid), conds_join(r->env,
	    &stay));
	return 0;
}

/* Nodes that pass their kid's columns on: the same conditions below. */
static int
push_through(struct rule_env *r, struct node *n, struct conds *c,
    struct node **out, struct err *e)
{
	struct conds down = { 0 }, stay = { 0 };
	struct node *kid;

	split(r, c, n->kid[0]->out, &down, &stay);
	TRY(push(r, n->kid[0], &down, &kid, e));
	*out = filter_over(r, with_kid(r, n, 0, kid), conds_join(r->env,
	    &stay));
	return 0;
}

static int
push_join(struct rule_env *r, struct node *n, struct conds *c,
    struct node **out, struct err *e)
{
	enum join_kind k = n->u.join.kind;
	bool inner = k == JOIN_INNER || k == JOIN_CROSS;
	struct conds left = { 0 }, right = { 0 }, both = { 0 }, stay = { 0 };
	struct node *j = node_copy(r->arena, r->ids, n), *kid;

	if (inner) {            /* its own condition may move as well */
		conds_add(r->arena, c, n->u.join.cond);
		j->u.join.cond = NULL;
	}
	for (int i = 0; i < c->n; i++) {
		struct expr *x = c->v[i];

		if (!movable(x) || expr_is_const(x))
			conds_add(r->arena, inner && movable(x) ? &both : &stay,
			    x);
		else if (expr_within(x, n->kid[0]->out) && k != JOIN_RIGHT &&
		    k != JOIN_FULL)
			conds_add(r->arena, &left, x);
		else if (expr_within(x, n->kid[1]->out) &&
		    (inner || k == JOIN_RIGHT))
			conds_add(r->arena, &right, x);
		else
			conds_add(r->arena, inner ? &both : &stay, x);
	}
	/* A condition of a left join on its right side alone may move there. */
	if (k == JOIN_LEFT || k == JOIN_SEMI || k == JOIN_ANTI) {
		struct conds own = { 0 }, keep = { 0 };

		conds_add(r->arena, &own, n->u.join.cond);
		split(r, &own, n->kid[1]->out, &right, &keep);
		j->u.join.cond = conds_join(r->env, &keep);
	}
	if (both.n) {
		j->u.join.cond = conds_join(r->env, &both);
		if (k == JOIN_CROSS)
			j->u.join.kind = JOIN_INNER;
	}
	TRY(push(r, n->kid[0], &left, &kid, e));
	j->kid[0] = kid;
	TRY(push(r, n->kid[1], &right, &kid, e));
	j->kid[1] = kid;
	join_keys(r->arena, r->env, j);
	*out = filter_over(r, j, conds_join(r->env, &stay));
	return 0;
}

struct by_place {               /* a union's column to a kid's */
	struct arena *arena;
	const struct schema *from, *to;
};

static struct expr *
put_union(struct expr *x, void *arg)
{
	struct by_place *p = arg;
	int at = x->kind == EXPR_COL ? schema_find(p->from, x->u.col.id) : -1;

	return at < 0 ? x : expr_col(p->arena, &p->to->col[at]);
}

static int
push_union(struct rule_env *r, struct node *n, struct conds *c,
    struct node **out, struct err *e)
{
	struct node *u = node_copy(r->arena, r->ids, n);
	struct conds stay = { 0 }, go = { 0 };

	split(r, c, n->out, &go, &stay);
	for (int i = 0; i < n->nkid; i++) {
		struct by_place p = { r->arena, n->out, n->kid[i]->out };
		struct conds down = { 0 };

		for (int k = 0; k < go.n; k++)
			conds_add(r->arena, &down, expr_map(r->arena, go.v[k],
			    put_union, &p));
		TRY(push(r, n->kid[i], &down, &u->kid[i], e));
	}
	*out = filter_over(r, u, conds_join(r->env, &stay));
	return 0;
}

static int
push_default(struct rule_env *r, struct node *n, struct conds *c,
    struct node **out, struct err *e)
{
	struct node *x = n;

	for (int i = 0; i < n->nkid; i++) {
		struct conds none = { 0 };
		struct node *kid;

		TRY(push(r, n->kid[i], &none, &kid, e));
		x = with_kid(r, x, i, kid);
	}
	*out = filter_over(r, x, conds_join(r->env, c));
	return 0;
}

static int
push(struct rule_env *r, struct node *n, struct conds *c, struct node **out,
    struct err *e)
{
	struct conds all = { 0 };

	switch (n->kind) {
	case NODE_FILTER:
		/* The lower filter is evaluated first. */
		conds_add(r->arena, &all, n->u.filter.cond);
		for (int i = 0; i < c->n; i++)
			conds_add(r->arena, &all, c->v[i]);
		return push(r, n->kid[0], &all, out, e);
	case NODE_PROJECT:
		return push_project(r, n, c, out, e);
	case NODE_AGGREGATE:
		return push_aggregate(r, n, c, out, e);
	case NODE_JOIN:
		return push_join(r, n, c, out, e);
	case NODE_UNION:
		return push_union(r, n, c, out, e);
	case NODE_SORT: case NODE_REPARTITION: case NODE_GENERATE:
		return push_through(r, n, c, out, e);
	default:
		return push_default(r, n, c, out, e);
	}
}

int
rule_pushdown_filter(struct rule_env *r, struct node *n, struct node **out,
    struct err *e)
{
	struct conds none = { 0 };

	return push(r, n, &none, out, e);
}
