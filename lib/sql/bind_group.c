/*
 * bind_group -- aggregation: keys, aggregates, and expressions over both.
 *
 * Expressions are bound over the input first, with EXPR_AGG inside; then
 * each part that equals a key, and each aggregate, is replaced by a column
 * of the aggregate node.  A column that is left over is an error.
 */
#include "sql/bind_scope.h"

#include <stdlib.h>
#include <strings.h>

#include "expr/func.h"

static int
ordinal(const struct ast_expr *x, int max, int *at, const char *clause,
    struct err *e)
{
	long v;

	if (x->kind != AST_LIT || x->u.lit.kind != LIT_INT)
		return 0;
	v = strtol(x->u.lit.p, NULL, 10);
	if (v < 1 || v > max)
		return err_at(e, x->span, "%s position %s is not in the select "
		    "list (1 to %d)", clause, x->u.lit.p, max);
	*at = (int)v - 1;
	return 1;
}

static void
add_key(struct bind_ctx *c, struct items *key, struct expr *x,
    const char *name)
{
	for (int i = 0; i < key->n; i++)
		if (expr_equal(key->v[i].x, x))
			return;
	ARENA_GROW(c->b->arena, key->v, key->n, key->cap);
	key->v[key->n++] = (struct item){ .x = x, .name = name };
}

static int
plain_key(struct bind_ctx *c, const struct ast_expr *x,
    const struct items *item, struct items *key, struct err *e)
{
	struct expr *k;
	int at = 0, r = item ? ordinal(x, item->n, &at, "group by", e) : 0;

	if (r < 0)
		return r;
	if (r > 0) {
		if (item->v[at].agg)
			return err_at(e, x->span, "group by position %d is an "
			    "aggregate", at + 1);
		add_key(c, key, item->v[at].x, item->v[at].name);
		return 0;
	}
	TRY(bind_expr(c, x, &k, e));
	add_key(c, key, k, item_name(c, x, k));
	return 0;
}

int
bind_group_keys(struct bind_ctx *c, const struct ast_group *g, int n,
    const struct items *item, struct items *key, struct err *e)
{
	for (int i = 0; i < n; i++) {
		switch (g[i].kind) {
		case GROUP_PLAIN:
			for (int k = 0; k < g[i].nset && g[i].set[k].n; k++)
				TRY(plain_key(c, g[i].set[k].v[0], item, key, e));
			break;
		case GROUP_ALL:
			for (int k = 0; item && k < item->n; k++)
				if (!item->v[k].agg)
					add_key(c, key, item->v[k].x,
					    item->v[k].name);
			break;
		case GROUP_CUBE:
			return bind_refuse_ast(g[i].span, "cube", e);
		case GROUP_ROLLUP:
			return bind_refuse_ast(g[i].span, "rollup", e);
		case GROUP_SETS:
			return bind_refuse_ast(g[i].span, "grouping sets", e);
		}
	}
	return 0;
}

struct regroup {
	struct bind_ctx *c;
	const struct items *key;
	struct expr **agg;              /* aggregates found */
	const char **agg_name;
	int nagg, cap, name_cap;
	struct node *node;              /* the aggregate, in the second pass */
	const struct scope *scope;      /* of the input: its columns must go */
	const struct pending *below;    /* subqueries joined to the input */
};

static void
find_aggs(struct expr *x, void *arg)
{
	struct regroup *g = arg;
	int n = g->nagg;

	if (x->kind != EXPR_AGG)
		return;
	for (int i = 0; i < g->nagg; i++)
		if (expr_same(g->agg[i], x))
			return;
	ARENA_GROW(g->c->b->arena, g->agg, g->nagg, g->cap);
	ARENA_GROW(g->c->b->arena, g->agg_name, n, g->name_cap);
	g->agg_name[g->nagg] = expr_title(g->c->b->arena, x);
	g->agg[g->nagg++] = x;
}

static struct expr *
output(struct regroup *g, int at, struct span span)
{
	struct expr *x = expr_col(g->c->b->arena, &g->node->out->col[at]);

	x->span = span;
	return x;
}

static int rewrite(struct regroup *g, struct expr *x, struct expr **out,
    struct err *e);

static int
rewrite_call(struct regroup *g, struct expr *x, struct expr **out,
    struct err *e)
{
	struct expr *copy = NEW(g->c->b->arena, struct expr);

	*copy = *x;
	copy->u.call.arg = NEW_N(g->c->b->arena, struct expr *,
	    x->u.call.narg + 1);
	for (int i = 0; i < x->u.call.narg; i++)
		TRY(rewrite(g, x->u.call.arg[i], &copy->u.call.arg[i], e));
	*out = copy;
	return 0;
}

static int
left_over(struct regroup *g, struct expr *x, struct err *e)
{
	for (int i = 0; i < g->scope->n; i++)
		if (g->scope->v[i].f.id == x->u.col.id) {
			err_at(e, x->span, "column '%s' is neither a group by "
			    "key nor inside an aggregate", x->u.col.name);
			return err_hint(e, "add it to group by, or use "
			    "any_value(%s)", x->u.col.name);
		}
	for (const struct pending *p = g->below; p; p = p->next)
		if (pending_column(p) == x->u.col.id)
			return err_at(e, x->span, "this subquery is read both "
			    "inside and outside of an aggregate");
	return 0;       /* the column of a pending subquery */
}

static int
rewrite(struct regroup *g, struct expr *x, struct expr **out, struct err *e)
{
	for (int i = 0; i < g->key->n; i++)
		if (expr_same(g->key->v[i].x, x)) {
			*out = output(g, i, x->span);
			return 0;
		}
	*out = x;
	switch (x->kind) {
	case EXPR_AGG:
		for (int i = 0; i < g->nagg; i++)
			if (expr_same(g->agg[i], x)) {
				*out = output(g, g->key->n + i, x->span);
				return 0;
			}
		return err_set(e, ERR_BUG, "aggregate lost in group by");
	case EXPR_CALL:
		return rewrite_call(g, x, out, e);
	case EXPR_COL:
		return left_over(g, x, e);
	case EXPR_LIT:
		return 0;
	}
	return 0;
}

/* Subqueries that keys and aggregates read are joined to the input. */
static void
pending_in_group(struct regroup *g, struct rel *r, struct expr *const *key,
    int nkey)
{
	struct expr **x = NEW_N(g->c->b->arena, struct expr *,
	    nkey + g->nagg + 1);
	int n = 0;

	for (int i = 0; i < nkey; i++)
		x[n++] = key[i];
	for (int i = 0; i < g->nagg; i++)
		x[n++] = g->agg[i];
	g->below = bind_pending_below(g->c, r, x, n);
}

int
bind_group(struct bind_ctx *c, struct rel *r, const struct items *key,
    struct expr **x, int n, struct span span, struct err *e)
{
	struct regroup g = { .c = c, .key = key, .scope = &r->scope };
	struct expr **k = NEW_N(c->b->arena, struct expr *, key->n + 1);
	const char **name = NEW_N(c->b->arena, const char *, key->n + 1);

	for (int i = 0; i < key->n; i++) {
		if (!type_is_ordered(key->v[i].x->type))
			return err_at(e, key->v[i].x->span, "values of type %s "
			    "cannot be grouped", type_name(c->b->arena,
			    key->v[i].x->type));
		k[i] = key->v[i].x;
		name[i] = key->v[i].name;
	}
	for (int i = 0; i < n; i++)
		expr_walk(x[i], find_aggs, &g);
	pending_in_group(&g, r, k, key->n);
	for (struct pending *p = c->pending; p; p = p->next)
		for (int i = 0; i < p->nkey; i++)
			expr_walk(p->lkey[i], find_aggs, &g);
	g.node = node_aggregate(c->b, r->node, k, name, key->n, g.agg,
	    g.agg_name, g.nagg);
	g.node->span = span;
	for (int i = 0; i < n; i++)
		TRY(rewrite(&g, x[i], &x[i], e));
	for (struct pending *p = c->pending; p; p = p->next)
		for (int i = 0; i < p->nkey; i++)
			TRY(rewrite(&g, p->lkey[i], &p->lkey[i], e));
	r->node = g.node;
	return 0;
}
