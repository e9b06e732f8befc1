/*
 * bind_subquery -- subqueries as joins (correlated ones: bind_correlated.c).
 *
 *	(select …)        cross join with an aggregate that gives exactly one row
 *	exists (select …) the same, over count(*) of the first row
 *	x in (select …)   mark join: a boolean column, three-valued
 *
 * The joins are pending until the relation that the expression belongs to
 * is complete: bind_pending puts them below the filter or project, and
 * bind_pending_below those that group by keys and aggregates read below the
 * aggregate (bind_group).  A
 * condition that is only "x [not] in (select …)" becomes a semi or null-aware
 * anti join instead (bind_where).
 */
#include "sql/bind_correlated.h"

/* The relation of a subquery; *k: its conditions on the outer one. */
static int
sub_rel(struct bind_ctx *c, const struct ast_expr *x, struct rel *r,
    struct correlated *k, struct err *e)
{
	const struct scope *outer = c->rel ? &c->rel->scope : NULL;
	const struct ast_query *q = x->u.subquery.query;
	struct correlated *collect = c->b->collect, *corr = c->b->corr;
	int code;

	*k = (struct correlated){ .kind = x->u.subquery.kind };
	c->b->collect = NULL;
	c->b->corr = q->kind == AST_SELECT ? k : NULL;
	code = bind_rel(c->b, c->names, q, outer, r, e);
	c->b->collect = collect;
	c->b->corr = corr;
	return code;
}

static int
visible(const struct scope *s)
{
	int n = 0;

	for (int i = 0; i < s->n; i++)
		n += !s->v[i].hidden;
	return n;
}

static struct pending *
add_pending(struct bind_ctx *c, enum join_kind kind, struct node *plan)
{
	struct pending *p = NEW(c->b->arena, struct pending), **end;

	p->kind = kind;
	p->plan = plan;
	for (end = &c->pending; *end; end = &(*end)->next)
		;
	*end = p;
	return p;
}

/* One aggregate over the whole plan, its column in *out. */
static int
one_row(struct bind_ctx *c, struct node *plan, const char *fn,
    struct expr *arg, struct span span, struct expr **out, struct err *e)
{
	struct expr **agg = NEW_N(c->b->arena, struct expr *, 1);
	const char **name = NEW_N(c->b->arena, const char *, 1);
	struct node *g;

	TRY(expr_agg(&c->b->env, fn, &arg, 1, span, &agg[0], e));
	name[0] = fn;
	g = node_aggregate(c->b, plan, NULL, NULL, 0, agg, name, 1);
	g->span = span;
	add_pending(c, JOIN_CROSS, g);
	*out = expr_col(c->b->arena, &g->out->col[0]);
	(*out)->span = span;
	return 0;
}

static int
grouped_scalar(struct bind_ctx *c, const struct ast_expr *x,
    const struct rel *r, const struct correlated *k, struct expr **out,
    struct err *e)
{
	struct pending *p = add_pending(c, JOIN_LEFT, r->node);

	p->nkey = k->n;
	p->lkey = k->outer_key;
	p->rkey = k->inner_key;
	return correlated_value(c->b, k, r->node, x->span, out, e);
}

static int
scalar(struct bind_ctx *c, const struct ast_expr *x, struct expr **out,
    struct err *e)
{
	struct correlated k;
	struct rel r;

	TRY(sub_rel(c, x, &r, &k, e));
	if (k.n > 0)
		return grouped_scalar(c, x, &r, &k, out, e);
	if (visible(&r.scope) != 1)
		return err_at(e, x->span, "a subquery used as a value must "
		    "have one column, this one has %d", visible(&r.scope));
	return one_row(c, r.node, "single_value",
	    expr_col(c->b->arena, &r.scope.v[0].f), x->span, out, e);
}

int
bind_exists_query(struct bind_ctx *c, const struct ast_expr *x,
    struct rel *r, struct expr **cond, struct err *e)
{
	struct correlated k;

	TRY(sub_rel(c, x, r, &k, e));
	*cond = correlated_cond(c->b, &k);
	return 0;
}

/* A mark that is null (a comparison was) does not mean that a row exists. */
static int
exists_for_row(struct bind_ctx *c, const struct ast_expr *x, struct node *plan,
    struct expr *cond, struct expr **out, struct err *e)
{
	struct pending *p = add_pending(c, JOIN_MARK, plan);
	struct expr *arg[2];

	p->cond = cond;
	p->mark = plan_field(&c->b->ids, "mark", TYPE(BOOL), true);
	arg[0] = expr_col(c->b->arena, &p->mark);
	arg[1] = expr_bool(c->b->arena, false);
	return expr_call(&c->b->env, "coalesce", arg, 2, x->span, out, e);
}

static int
exists(struct bind_ctx *c, const struct ast_expr *x, struct expr **out,
    struct err *e)
{
	struct expr *arg[2], *cond;
	struct node *limit;
	struct rel r;

	TRY(bind_exists_query(c, x, &r, &cond, e));
	if (cond)
		return exists_for_row(c, x, r.node, cond, out, e);
	limit = node_new(c->b->arena, &c->b->ids, NODE_LIMIT, 1);
	limit->kid[0] = r.node;
	limit->out = r.node->out;
	limit->u.limit.limit = 1;
	limit->u.limit.global = true;
	TRY(one_row(c, limit, "count", expr_int(c->b->arena, 1), x->span,
	    &arg[0], e));
	arg[1] = expr_int(c->b->arena, 0);
	return expr_call(&c->b->env, ">", arg, 2, x->span, out, e);
}

/* The left side of IN as a list of keys. */
static int
left_keys(struct bind_ctx *c, const struct ast_expr *left, struct expr ***key,
    int *n, struct err *e)
{
	int many = left->kind == AST_ROW;

	*n = many ? left->u.row.nitem : 1;
	*key = NEW_N(c->b->arena, struct expr *, *n);
	for (int i = 0; i < *n; i++)
		TRY(bind_expr(c, many ? left->u.row.item[i] : left, &(*key)[i],
		    e));
	return 0;
}

/* Binds "left in (query)": keys of both sides of one type each. */
int
bind_in_query(struct bind_ctx *c, const struct ast_expr *x, struct rel *r,
    struct expr ***lkey, struct expr ***rkey, int *n, struct expr **cond,
    struct err *e)
{
	struct correlated k;
	int nr;

	TRY(left_keys(c, x->u.subquery.left, lkey, n, e));
	TRY(sub_rel(c, x, r, &k, e));
	*cond = correlated_cond(c->b, &k);
	nr = visible(&r->scope);
	if (nr != *n)
		return err_at(e, x->span, "the subquery of IN has %d columns, "
		    "the left side has %d", nr, *n);
	*rkey = NEW_N(c->b->arena, struct expr *, nr);
	for (int i = 0; i < nr; i++) {
		struct expr *pair[2] = { (*lkey)[i],
		    expr_col(c->b->arena, &r->scope.v[i].f) }, *eq;

		/* "=" finds the common type and puts the casts. */
		TRY(expr_call(&c->b->env, "=", pair, 2, x->span, &eq, e));
		(*lkey)[i] = eq->u.call.arg[0];
		(*rkey)[i] = eq->u.call.arg[1];
	}
	return 0;
}

static int
in_query(struct bind_ctx *c, const struct ast_expr *x, struct expr **out,
    struct err *e)
{
	struct expr **lkey, **rkey, *cond;
	struct pending *p;
	struct rel r;
	int n;

	TRY(bind_in_query(c, x, &r, &lkey, &rkey, &n, &cond, e));
	if (cond)
		return correlated_refuse_in(x->span, e);
	p = add_pending(c, JOIN_MARK, r.node);
	p->nkey = n;
	p->lkey = lkey;
	p->rkey = rkey;
	p->mark = plan_field(&c->b->ids, "mark", TYPE(BOOL), true);
	*out = expr_col(c->b->arena, &p->mark);
	(*out)->span = x->span;
	return 0;
}

int
bind_subquery(struct bind_ctx *c, const struct ast_expr *x,
    struct expr **out, struct err *e)
{
	switch (x->u.subquery.kind) {
	case SUB_SCALAR: return scalar(c, x, out, e);
	case SUB_EXISTS: return exists(c, x, out, e);
	case SUB_IN:     return in_query(c, x, out, e);
	}
	return err_set(e, ERR_BUG, "subquery kind");
}

static void
join_pending(struct bind_ctx *c, struct rel *r, const struct pending *p)
{
	struct node *j = node_join(c->b, p->kind, r->node, p->plan);

	j->u.join.nkey = p->nkey;
	j->u.join.lkey = p->lkey;
	j->u.join.rkey = p->rkey;
	j->u.join.cond = p->cond;
	if (p->kind == JOIN_MARK)
		j->out->col[j->out->ncol - 1] = p->mark;
	r->node = j;
}

int
bind_pending(struct bind_ctx *c, struct rel *r, struct err *e)
{
	(void)e;
	for (struct pending *p = c->pending; p; p = p->next)
		join_pending(c, r, p);
	c->pending = NULL;
	return 0;
}

int
pending_column(const struct pending *p)
{
	return p->kind == JOIN_MARK ? p->mark.id : p->plan->out->col[0].id;
}

struct reads {                  /* does an expression read this column? */
	int id;
	bool yes;
};

static void
reads_column(struct expr *x, void *arg)
{
	struct reads *r = arg;

	r->yes |= x->kind == EXPR_COL && x->u.col.id == r->id;
}

static bool
one_reads(struct expr *const *x, int n, int id)
{
	struct reads r = { .id = id };

	for (int i = 0; i < n; i++)
		expr_walk(x[i], reads_column, &r);
	return r.yes;
}

struct pending *
bind_pending_below(struct bind_ctx *c, struct rel *r, struct expr *const *x,
    int n)
{
	struct pending *below = NULL, **all, *p;
	int np = 0, last;

	for (p = c->pending; p; p = p->next)
		np++;
	all = NEW_N(c->b->arena, struct pending *, np + 1);
	for (np = 0, p = c->pending; p; p = p->next)
		all[np++] = p;
	/* What a later one reads on its left side comes before it. */
	for (last = np - 1; last >= 0; last--) {
		bool needed = one_reads(x, n, pending_column(all[last]));

		for (p = below; p && !needed; p = p->next)
			needed = one_reads(p->lkey, p->nkey,
			    pending_column(all[last]));
		if (!needed)
			continue;
		all[last]->next = below;
		below = all[last];
		all[last] = NULL;
	}
	c->pending = NULL;
	for (last = np - 1; last >= 0; last--) {
		if (!all[last])
			continue;
		all[last]->next = c->pending;
		c->pending = all[last];
	}
	for (p = below; p; p = p->next)
		join_pending(c, r, p);
	return below;
}
