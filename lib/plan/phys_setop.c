/*
 * phys_setop -- intersect and except, with and without all.
 *
 *	union all of (left, 1, 0) and (right, 0, 1)
 *	group by all columns: sum of the ones = how often on each side
 *	intersect: both > 0; except: left > 0 and right = 0
 *	all: each row min(l, r), or l - r times
 *
 * Grouping takes nulls as equal, as set operations must.
 */
#include <string.h>

#include "plan/physical.h"

static struct node *
project(struct phys_env *p, struct node *kid, struct expr **x, int n,
    const struct schema *names)
{
	struct node *c = node_new(p->arena, p->ids, NODE_PROJECT, 1);

	c->kid[0] = kid;
	c->u.project.x = x;
	c->out = schema_new(p->arena, n);
	for (int i = 0; i < n; i++)
		c->out->col[i] = plan_field(p->ids, i < names->ncol ?
		    names->col[i].name : "n", x[i]->type, x[i]->nullable);
	return c;
}

static struct expr *
bigint(struct phys_env *p, int64_t v)
{
	struct datum d;

	memset(&d, 0, sizeof d);
	d.type = TYPE(I64);
	d.i = v;
	return expr_lit(p->arena, d);
}

static struct node *
tagged(struct phys_env *p, struct node *kid, int left)
{
	int n = kid->out->ncol;
	struct expr **x = NEW_N(p->arena, struct expr *, n + 3);

	for (int i = 0; i < n; i++)
		x[i] = expr_col(p->arena, &kid->out->col[i]);
	x[n] = bigint(p, left);
	x[n + 1] = bigint(p, !left);
	return project(p, kid, x, n + 2, kid->out);
}

static int
counted(struct phys_env *p, struct node *l, struct node *r, struct node **out,
    struct err *e)
{
	struct node *u = node_new(p->arena, p->ids, NODE_UNION, 2);
	struct node *g = node_new(p->arena, p->ids, NODE_AGGREGATE, 1);
	int n = l->out->ncol;

	u->kid[0] = tagged(p, l, 1);
	u->kid[1] = tagged(p, r, 0);
	u->out = schema_new(p->arena, n + 2);
	for (int i = 0; i < n + 2; i++)
		u->out->col[i] = plan_field(p->ids, u->kid[0]->out->col[i].name,
		    u->kid[0]->out->col[i].type, true);
	g->kid[0] = u;
	g->u.agg.nkey = n;
	g->u.agg.nagg = 2;
	g->u.agg.key = NEW_N(p->arena, struct expr *, n + 1);
	g->u.agg.agg = NEW_N(p->arena, struct expr *, 2);
	g->out = schema_new(p->arena, n + 2);
	for (int i = 0; i < n; i++) {
		g->u.agg.key[i] = expr_col(p->arena, &u->out->col[i]);
		g->out->col[i] = plan_field(p->ids, u->out->col[i].name,
		    u->out->col[i].type, true);
	}
	for (int i = 0; i < 2; i++) {
		struct expr *arg = expr_col(p->arena, &u->out->col[n + i]);

		TRY(expr_agg(p->env, "sum", &arg, 1, (struct span){ 0, 0, 0 },
		    &g->u.agg.agg[i], e));
		g->out->col[n + i] = plan_field(p->ids, i ? "r" : "l",
		    TYPE(I64), true);
	}
	*out = g;
	return 0;
}

static int
call(struct phys_env *p, const char *fn, struct expr *x, struct expr *y,
    struct expr **out, struct err *e)
{
	struct expr *arg[2] = { x, y };

	return expr_call(p->env, fn, arg, y ? 2 : 1, (struct span){ 0, 0, 0 },
	    out, e);
}

/* Condition on the two counts. */
static int
wanted(struct phys_env *p, const struct node *n, struct expr *l,
    struct expr *r, struct expr **out, struct err *e)
{
	bool except = n->u.setop.kind == SETOP_EXCEPT;
	struct expr *a, *b;

	if (except && n->u.setop.all)
		return call(p, ">", l, r, out, e);
	TRY(call(p, ">", l, bigint(p, 0), &a, e));
	TRY(call(p, except ? "=" : ">", r, bigint(p, 0), &b, e));
	return call(p, "and", a, b, out, e);
}

/* Repeats each row: generate over sequence(1, times). */
static int
repeated(struct phys_env *p, const struct node *n, struct node *kid,
    struct expr *l, struct expr *r, struct node **out, struct err *e)
{
	struct node *g = node_new(p->arena, p->ids, NODE_GENERATE, 1);
	int ncol = kid->out->ncol;
	struct expr *times, *x;

	if (n->u.setop.kind == SETOP_EXCEPT)
		TRY(call(p, "-", l, r, &times, e));
	else
		TRY(call(p, "least", l, r, &times, e));
	TRY(call(p, "sequence", bigint(p, 1), times, &x, e));
	TRY(call(p, "explode", x, NULL, &x, e));
	g->kid[0] = kid;
	g->u.generate.call = x;
	g->out = schema_new(p->arena, ncol + 1);
	memcpy(g->out->col, kid->out->col,
	    sizeof *g->out->col * (size_t)ncol);
	g->out->col[ncol] = plan_field(p->ids, "i", TYPE(I64), true);
	*out = g;
	return 0;
}

int
phys_setop(struct phys_env *p, struct node *n, struct node **out,
    struct err *e)
{
	struct node *g, *f, *last;
	int ncol = n->out->ncol;
	struct expr *l, *r, **x = NEW_N(p->arena, struct expr *, ncol + 1);

	TRY(counted(p, n->kid[0], n->kid[1], &g, e));
	l = expr_col(p->arena, &g->out->col[ncol]);
	r = expr_col(p->arena, &g->out->col[ncol + 1]);
	f = node_new(p->arena, p->ids, NODE_FILTER, 1);
	f->kid[0] = g;
	f->out = g->out;
	TRY(wanted(p, n, l, r, &f->u.filter.cond, e));
	last = f;
	if (n->u.setop.all)
		TRY(repeated(p, n, f, l, r, &last, e));
	for (int i = 0; i < ncol; i++)
		x[i] = expr_col(p->arena, &last->out->col[i]);
	*out = project(p, last, x, ncol, n->out);
	for (int i = 0; i < ncol; i++)
		(*out)->out->col[i] = n->out->col[i];
	return 0;
}
