/*
 * bind_correlated -- subqueries whose where mentions the query around them.
 *
 * While the where of such a block is bound, conditions that read columns of
 * the outer relation are put aside instead of filtering; they become part of
 * the join that the subquery turns into:
 *
 *	exists            semi, anti or mark join on the conditions
 *	x in (select y …) semi join on x = y and the conditions
 *	(select agg …)    the block grouped by the inner sides of its equalities,
 *	                  left-joined; a group that is not there gives what the
 *	                  aggregates give for no rows (count: 0)
 *
 * After Galindo-Legaria and Joshi, "Orthogonal Optimization of Subqueries and
 * Aggregation", SIGMOD 2001, for the shapes above.  Others are refused, as is
 * anything but where, and a query two levels up.
 */
#include "sql/bind_correlated.h"

#include <string.h>

#include "expr/func.h"

struct look {
	const struct schema *s;
	bool inside, outside;           /* reads columns of s, of another */
};

static void
look_column(struct expr *x, void *arg)
{
	struct look *l = arg;

	if (x->kind != EXPR_COL)
		return;
	if (schema_find(l->s, x->u.col.id) >= 0)
		l->inside = true;
	else
		l->outside = true;
}

static struct look
look_at(struct expr *x, const struct schema *s)
{
	struct look l = { .s = s };

	expr_walk(x, look_column, &l);
	return l;
}

int
correlated_take(struct binder *b, struct expr *cond, const struct rel *r)
{
	struct correlated *k = b->collect;

	if (k == NULL || !look_at(cond, r->node->out).outside)
		return 0;
	ARENA_GROW(b->arena, k->cond, k->n, k->cap);
	k->cond[k->n++] = cond;
	return 1;
}

struct expr *
correlated_cond(struct binder *b, const struct correlated *k)
{
	struct expr *all = NULL;

	for (int i = 0; i < k->n; i++)
		all = expr_and(&b->env, all, k->cond[i]);
	return all;
}

static int
refuse(const struct correlated *k, const char *what, struct err *e)
{
	err_at(e, k->cond[0]->span, "%s cannot refer to the query around it",
	    what);
	return err_hint(e, "where conditions of exists, in and of aggregates "
	    "can; write others as a join");
}

int
correlated_refuse_in(struct span span, struct err *e)
{
	err_at(e, span, "not in, and in as a value, cannot refer to the query "
	    "around it");
	return err_hint(e, "write it with [not] exists");
}

/* exists: the rows of from and where are enough; the list only has to be
 * right. */
static int
exists_block(struct bind_ctx *c, const struct ast_select *s, struct rel *r,
    const struct correlated *k, struct rel *out, struct err *e)
{
	struct items item = { 0 };

	TRY(bind_items(c, s->item, s->nitem, &item, e));
	if (s->ngroup || s->having || c->nagg)
		return refuse(k, "exists over an aggregation", e);
	*out = *r;
	return 0;
}

struct carry {                  /* inner columns that the conditions read */
	struct arena *arena;
	const struct schema *from;
	struct items *item;
	int first;                      /* item[first…] are they */
	const struct schema *to;        /* of the project over the items */
};

static void
add_carried(struct expr *x, void *arg)
{
	struct carry *k = arg;
	int at = x->kind == EXPR_COL ? schema_find(k->from, x->u.col.id) : -1;

	for (int i = k->first; at >= 0 && i < k->item->n; i++)
		if (k->item->v[i].x->u.col.id == x->u.col.id)
			return;
	if (at < 0)
		return;
	ARENA_GROW(k->arena, k->item->v, k->item->n, k->item->cap);
	k->item->v[k->item->n++] = (struct item){ .name = x->u.col.name,
	    .x = expr_col(k->arena, &k->from->col[at]) };
}

static struct expr *
use_carried(struct expr *x, void *arg)
{
	struct carry *k = arg;

	for (int i = k->first; x->kind == EXPR_COL && i < k->item->n; i++)
		if (k->item->v[i].x->u.col.id == x->u.col.id)
			return expr_col(k->arena, &k->to->col[i]);
	return x;
}

/* in: the list, and behind it (hidden) what the conditions read. */
static int
in_block(struct bind_ctx *c, const struct ast_select *s, struct rel *r,
    struct correlated *k, struct rel *out, struct err *e)
{
	struct binder *b = c->b;
	struct items item = { 0 };
	struct carry carry = { b->arena, r->node->out, &item, 0, NULL };

	TRY(bind_items(c, s->item, s->nitem, &item, e));
	if (s->ngroup || s->having || c->nagg || c->pending)
		return refuse(k, "in over an aggregation", e);
	carry.first = item.n;
	for (int i = 0; i < k->n; i++)
		expr_walk(k->cond[i], add_carried, &carry);
	rel_of(b->arena, out, node_items(b, r->node, &item), NULL);
	carry.to = out->node->out;
	for (int i = carry.first; i < item.n; i++)
		out->scope.v[i].hidden = true;
	for (int i = 0; i < k->n; i++)
		k->cond[i] = expr_map(b->arena, k->cond[i], use_carried,
		    &carry);
	return 0;
}

/* Splits "inner = outer" into its sides. */
static int
split_equality(struct expr *cond, const struct schema *in,
    struct expr **inner, struct expr **outer, struct err *e)
{
	for (int i = 0; i < 2 && cond->kind == EXPR_CALL &&
	    cond->u.call.narg == 2 &&
	    strcmp(cond->u.call.fn->name, "=") == 0; i++) {
		struct expr *x = cond->u.call.arg[i];
		struct expr *y = cond->u.call.arg[1 - i];

		if (look_at(x, in).outside || look_at(y, in).inside)
			continue;
		*inner = x;
		*outer = y;
		return 0;
	}
	err_at(e, cond->span, "a subquery that is used as a value can refer to "
	    "the query around it only by equalities");
	return err_hint(e, "write it as a join");
}

/* What an aggregate gives for no rows: 0 when it never is null. */
static struct expr *
of_no_rows(struct expr *x, void *arg)
{
	const struct expr_env *env = arg;
	struct datum d = { .type = x->type };

	if (x->kind != EXPR_AGG)
		return x;
	d.null = x->nullable;
	return expr_lit(env->arena, d);
}

/* The columns value, keys…, true; the keys noted for the join. */
static void
scalar_columns(struct binder *b, struct rel *r, struct expr *value,
    struct correlated *k, struct rel *out)
{
	struct items col = { 0 };

	for (int i = 0; i < k->n + 2; i++) {
		ARENA_GROW(b->arena, col.v, col.n, col.cap);
		col.v[col.n++] = (struct item){ .name = "value", .x = i == 0 ?
		    value : i <= k->n ? expr_col(b->arena,
		    &r->node->out->col[i - 1]) : expr_bool(b->arena, true) };
	}
	rel_of(b->arena, out, node_items(b, r->node, &col), NULL);
	for (int i = 0; i < k->n; i++)
		k->inner_key[i] = expr_col(b->arena,
		    &out->node->out->col[i + 1]);
}

/* A scalar: the block grouped by the inner sides of its equalities. */
static int
scalar_block(struct bind_ctx *c, const struct ast_query *q, struct rel *r,
    struct correlated *k, struct rel *out, struct err *e)
{
	const struct ast_select *s = &q->u.select;
	struct arena *a = c->b->arena;
	struct items item = { 0 }, key = { 0 };
	struct expr *x, *inner = NULL;

	k->outer_key = NEW_N(a, struct expr *, k->n);
	k->inner_key = NEW_N(a, struct expr *, k->n);
	TRY(bind_items(c, s->item, s->nitem, &item, e));
	if (item.n != 1 || !item.v[0].agg || s->ngroup || s->having ||
	    s->distinct)
		return refuse(k, "a subquery used as a value that is not one "
		    "aggregate", e);
	for (int i = 0; i < k->n; i++) {
		TRY(split_equality(k->cond[i], r->node->out, &inner,
		    &k->outer_key[i], e));
		ARENA_GROW(a, key.v, key.n, key.cap);
		key.v[key.n++] = (struct item){ .x = inner, .name = "key" };
	}
	x = item.v[0].x;
	k->of_none = expr_map(a, x, of_no_rows, &c->b->env);
	TRY(bind_group(c, r, &key, &x, 1, q->span, e));
	TRY(bind_pending(c, r, e));
	scalar_columns(c->b, r, x, k, out);
	return 0;
}

int
correlated_block(struct bind_ctx *c, const struct ast_query *q,
    struct rel *r, struct correlated *k, struct rel *out, struct err *e)
{
	const struct ast_select *s = &q->u.select;

	switch (k->kind) {
	case SUB_EXISTS: return exists_block(c, s, r, k, out, e);
	case SUB_IN:     return in_block(c, s, r, k, out, e);
	case SUB_SCALAR: return scalar_block(c, q, r, k, out, e);
	}
	return err_set(e, ERR_BUG, "subquery kind");
}

/* The value of a row: of its group when there is one. */
int
correlated_value(struct binder *b, const struct correlated *k,
    const struct node *plan, struct span span, struct expr **out,
    struct err *e)
{
	const struct schema *s = plan->out;
	struct field value = s->col[0], there = s->col[s->ncol - 1];
	struct expr *arg[3];

	value.nullable = there.nullable = true;
	arg[1] = expr_col(b->arena, &value);
	arg[1]->span = span;
	arg[0] = expr_col(b->arena, &there);
	TRY(expr_call(&b->env, "isnotnull", arg, 1, span, &arg[0], e));
	arg[2] = k->of_none;
	return expr_call(&b->env, "if", arg, 3, span, out, e);
}
