/*
 * bind_select -- select blocks: items, where, group by, having, distinct,
 * and the order by that may see more than the select list.
 */
#include "sql/bind_correlated.h"

#include <stdlib.h>
#include <strings.h>

#include "expr/func.h"

int
bind_over(struct binder *b, const struct bind_name *names,
    const struct ast_expr *x, const struct scope *outer, const char *what,
    struct rel *r, struct expr **out, struct err *e)
{
	struct bind_ctx c = { .b = b, .rel = r, .outer = outer,
	    .names = names, .what = what };

	TRY(bind_expr(&c, x, out, e));
	return bind_pending(&c, r, e);
}

/* x in (select …) as a whole condition: semi or null-aware anti join. */
static int
where_in(struct binder *b, const struct bind_name *names,
    const struct ast_expr *x, const struct scope *outer, enum join_kind kind,
    struct rel *r, struct err *e)
{
	struct bind_ctx c = { .b = b, .rel = r, .outer = outer,
	    .names = names, .what = "where" };
	struct correlated *collect = b->collect;
	struct expr **lkey, **rkey, *cond;
	struct node *j;
	struct rel sub;
	int n, code;

	b->collect = NULL;
	code = bind_in_query(&c, x, &sub, &lkey, &rkey, &n, &cond, e);
	b->collect = collect;
	if (code < 0)
		return code;
	if (cond && kind != JOIN_SEMI)
		return correlated_refuse_in(x->span, e);
	TRY(bind_pending(&c, r, e));
	j = node_join(b, kind, r->node, sub.node);
	j->span = x->span;
	j->u.join.nkey = n;
	j->u.join.lkey = lkey;
	j->u.join.rkey = rkey;
	j->u.join.cond = cond;
	r->node = j;
	return 0;
}

/* exists (select … where …outer…) as a whole condition: 1 semi or anti join;
 * 0 it is not correlated. */
static int
where_exists(struct binder *b, const struct bind_name *names,
    const struct ast_expr *x, const struct scope *outer, enum join_kind kind,
    struct rel *r, struct err *e)
{
	struct bind_ctx c = { .b = b, .rel = r, .outer = outer,
	    .names = names, .what = "where" };
	struct expr *cond;
	struct node *j;
	struct rel sub;

	TRY(bind_exists_query(&c, x, &sub, &cond, e));
	if (cond == NULL)
		return 0;
	j = node_join(b, kind, r->node, sub.node);
	j->span = x->span;
	j->u.join.cond = cond;
	r->node = j;
	return 1;
}

int
bind_where(struct binder *b, const struct bind_name *names,
    const struct ast_expr *x, const struct scope *outer, const char *what,
    struct rel *r, struct err *e)
{
	const struct ast_expr *in = x;
	struct expr *cond;
	bool not = false;

	if (x->kind == AST_CALL && x->u.call.op && x->u.call.narg == 2 &&
	    strcmp(x->u.call.name, "and") == 0) {
		TRY(bind_where(b, names, x->u.call.arg[0], outer, what, r, e));
		return bind_where(b, names, x->u.call.arg[1], outer, what, r, e);
	}
	while (in->kind == AST_CALL && in->u.call.narg == 1 &&
	    strcmp(in->u.call.name, "not") == 0) {
		in = in->u.call.arg[0];
		not = !not;
	}
	if (in->kind == AST_SUBQUERY && in->u.subquery.kind == SUB_IN)
		return where_in(b, names, in, outer,
		    not ? JOIN_ANTI_NULL : JOIN_SEMI, r, e);
	if (in->kind == AST_SUBQUERY && in->u.subquery.kind == SUB_EXISTS) {
		int code = where_exists(b, names, in, outer,
		    not ? JOIN_ANTI : JOIN_SEMI, r, e);

		if (code != 0)
			return code < 0 ? code : 0;
	}
	TRY(bind_over(b, names, x, outer, what, r, &cond, e));
	if (expr_coerce(&b->env, cond, TYPE(BOOL), &cond, e) < 0) {
		err_ctx(e, "%s", what);
		return err_place(e, x->span);
	}
	if (correlated_take(b, cond, r))
		return 0;
	r->node = node_filter(b, r->node, cond);
	r->node->span = x->span;
	return 0;
}

static bool
excepted(const struct ast_expr *star, const char *name)
{
	for (int i = 0; i < star->u.star.nexcept; i++) {
		const struct ast_name *n = &star->u.star.except[i];

		if (strcasecmp(n->part[n->npart - 1].name, name) == 0)
			return true;
	}
	return false;
}

static void
add_item(struct bind_ctx *c, struct items *it, struct expr *x,
    const char *name, const struct ast_expr *ast, bool agg)
{
	ARENA_GROW(c->b->arena, it->v, it->n, it->cap);
	it->v[it->n++] = (struct item){ x, name, ast, agg };
}

/* s.* of a struct: its fields. */
static int
struct_items(struct bind_ctx *c, const struct ast_expr *star,
    struct items *it, struct err *e)
{
	const struct ast_name *of = &star->u.star.of;
	struct ast_expr *name = NEW(c->b->arena, struct ast_expr);
	const struct type *t;
	struct expr *x;

	name->kind = AST_NAME;
	name->span = star->span;
	name->u.name = *of;
	if (bind_expr(c, name, &x, e) < 0)
		return err_at(e, star->span, "unknown table or struct '%s'",
		    of->part[of->npart - 1].name);
	t = x->type;
	if (t->kind != TYPE_STRUCT)
		return err_at(e, star->span, "'%s' is a column of type %s, "
		    "not a table or struct", of->part[of->npart - 1].name,
		    type_name(c->b->arena, t));
	for (int i = 0; i < t->nfield; i++) {
		struct expr *arg[2] = { x,
		    expr_str(c->b->arena, t->field[i].name) }, *field;

		if (excepted(star, t->field[i].name))
			continue;
		TRY(expr_call(&c->b->env, "get_field", arg, 2, star->span,
		    &field, e));
		add_item(c, it, field, t->field[i].name, star, false);
	}
	return 0;
}

static int
star_items(struct bind_ctx *c, const struct ast_expr *x, struct items *it,
    struct err *e)
{
	const struct ast_name *of = &x->u.star.of;
	const char *table = of->npart ? of->part[of->npart - 1].name : NULL;
	int before = it->n;

	for (int i = 0; c->rel && i < c->rel->scope.n; i++) {
		const struct scope_col *s = &c->rel->scope.v[i];

		if (table ? !s->table || strcasecmp(s->table, table) != 0 :
		    s->hidden)
			continue;
		if (excepted(x, s->name))
			continue;
		add_item(c, it, expr_col(c->b->arena, &s->f), s->name, x, false);
		it->v[it->n - 1].x->span = x->span;
	}
	return it->n == before && table ? struct_items(c, x, it, e) : 0;
}

static const struct ast_expr *
unalias(const struct ast_expr *x)
{
	return x->kind == AST_ALIAS ? x->u.alias.expr : x;
}

static bool
is_generator(const struct ast_expr *x)
{
	const struct func *fn;

	if (x->kind != AST_CALL)
		return false;
	fn = func_find(x->u.call.name);
	return fn && (fn->flags & FN_GENERATOR);
}

/* explode(x) as a: a generate node below, its columns as items. */
static int
generator_items(struct bind_ctx *c, const struct ast_expr *x,
    struct items *it, struct err *e)
{
	const struct ast_ident *name = NULL;
	int nname = 0, from, before;

	if (x->kind == AST_ALIAS) {
		name = x->u.alias.name;
		nname = x->u.alias.nname;
	}
	if (c->rel == NULL)
		return bind_refuse_ast(x->span, "a generator here", e);
	before = c->rel->scope.n;
	TRY(bind_generate(c, unalias(x), 0, name, nname, NULL, c->rel, e));
	from = before;
	for (int i = from; i < c->rel->scope.n; i++) {
		struct scope_col *s = &c->rel->scope.v[i];

		add_item(c, it, expr_col(c->b->arena, &s->f), s->name, x, false);
		s->hidden = true;
	}
	return 0;
}

int
bind_items(struct bind_ctx *c, struct ast_expr *const *item, int n,
    struct items *out, struct err *e)
{
	struct bind_alias *alias = NEW_N(c->b->arena, struct bind_alias, n + 1);

	c->alias = alias;
	for (int i = 0; i < n; i++) {
		struct expr *x;
		int nagg = c->nagg;

		if (item[i]->kind == AST_STAR) {
			TRY(star_items(c, item[i], out, e));
			continue;
		}
		if (is_generator(unalias(item[i]))) {
			TRY(generator_items(c, item[i], out, e));
			continue;
		}
		TRY(bind_expr(c, item[i], &x, e));
		add_item(c, out, x, item_name(c, item[i], x), item[i],
		    c->nagg > nagg);
		if (item[i]->kind == AST_ALIAS)
			alias[c->nalias++] = (struct bind_alias){
			    out->v[out->n - 1].name, x };
	}
	return 0;
}

struct node *
node_items(struct binder *b, struct node *kid, const struct items *it)
{
	struct expr **x = NEW_N(b->arena, struct expr *, it->n + 1);
	const char **name = NEW_N(b->arena, const char *, it->n + 1);

	for (int i = 0; i < it->n; i++) {
		x[i] = it->v[i].x;
		name[i] = it->v[i].name;
	}
	return node_project(b, kid, x, name, it->n);
}

/* order by all: every item of the list, unless a column has that name. */
static bool
is_all(const struct ast_query *order, const struct items *it)
{
	const struct ast_expr *a = order->u.sort.key[0].expr;

	if (order->u.sort.nkey != 1 || a->kind != AST_NAME ||
	    a->u.name.npart != 1 || a->u.name.part[0].quoted ||
	    strcasecmp(a->u.name.part[0].name, "all") != 0)
		return false;
	for (int i = 0; i < it->n; i++)
		if (strcasecmp(it->v[i].name, "all") == 0)
			return false;
	return true;
}

static int
all_keys(struct bind_ctx *c, const struct ast_query *order,
    const struct items *it, struct sort_key **out, struct err *e)
{
	*out = NEW_N(c->b->arena, struct sort_key, it->n + 1);
	for (int i = 0; i < it->n; i++) {
		struct expr *x = it->v[i].x;

		if (!type_is_ordered(x->type))
			return err_at(e, order->span, "values of type %s "
			    "cannot be ordered", type_name(c->b->arena,
			    x->type));
		(*out)[i] = bind_sort_key(x, &order->u.sort.key[0]);
	}
	return it->n;
}

/* The number of keys. */
static int
order_keys(struct bind_ctx *c, const struct ast_query *order,
    const struct items *it, struct sort_key **out, struct err *e)
{
	int n = order->u.sort.nkey;

	if (is_all(order, it))
		return all_keys(c, order, it, out, e);
	*out = NEW_N(c->b->arena, struct sort_key, n + 1);
	for (int i = 0; i < n; i++) {
		const struct ast_sort *s = &order->u.sort.key[i];
		const struct ast_expr *a = s->expr;
		struct expr *x;

		if (a->kind == AST_LIT && a->u.lit.kind == LIT_INT) {
			long v = strtol(a->u.lit.p, NULL, 10);

			if (v < 1 || v > it->n)
				return err_at(e, a->span, "order by position %s"
				    " is not in the select list (1 to %d)",
				    a->u.lit.p, it->n);
			x = it->v[v - 1].x;
		} else {
			TRY(bind_expr(c, a, &x, e));
		}
		if (!type_is_ordered(x->type))
			return err_at(e, a->span, "values of type %s cannot be "
			    "ordered", type_name(c->b->arena, x->type));
		(*out)[i] = bind_sort_key(x, s);
	}
	return n;
}

/* Hints of the block that change its layout: repartition, coalesce. */
static int
layout_hints(struct binder *b, const struct ast_select *s, struct rel *r,
    struct err *e)
{
	for (int i = 0; i < s->nhint; i++) {
		const struct ast_hint *h = &s->hint[i];
		bool coalesce = strcmp(h->name, "coalesce") == 0;
		struct sort_key *key;
		int n = 0, nkey = 0;
		struct datum d;

		if (!coalesce && strcmp(h->name, "repartition") != 0 &&
		    strcmp(h->name, "rebalance") != 0)
			continue;
		key = NEW_N(b->arena, struct sort_key, h->narg + 1);
		for (int k = 0; k < h->narg; k++) {
			if (h->arg[k]->kind == AST_LIT) {
				TRY(bind_const_expr(b, h->arg[k], &d, e));
				n = (int)d.i;
				continue;
			}
			TRY(bind_over(b, NULL, h->arg[k], NULL, "a hint", r,
			    &key[nkey++].x, e));
		}
		bind_repartition(b, coalesce ? PART_ANY : nkey ? PART_HASH :
		    PART_ROBIN, n, key, nkey, r, h->span, &r->node);
		r->node->u.repartition.shuffle = !coalesce;
	}
	return 0;
}

/* Sort over the projected items; keys that are no item become extra columns
 * that a last project drops. */
static int
sort_items(struct bind_ctx *c, struct rel *r, struct items *it,
    struct sort_key *key, int nkey, const struct ast_query *order,
    const struct ast_select *block, struct err *e)
{
	struct binder *b = c->b;
	struct rel unsorted;
	int n = it->n, *at = NEW_N(b->arena, int, nkey + 1);
	struct node *s;

	for (int i = 0; i < nkey; i++) {
		for (at[i] = 0; at[i] < it->n; at[i]++)
			if (expr_equal(it->v[at[i]].x, key[i].x))
				break;
		if (at[i] < it->n)
			continue;
		if (block->distinct)
			return err_at(e, order->u.sort.key[i].span, "with "
			    "distinct, order by can only use the select list");
		add_item(c, it, key[i].x, "sort key", NULL, false);
	}
	r->node = node_items(b, r->node, it);
	if (block->distinct)
		r->node = node_distinct(b, r->node);
	rel_of(b->arena, &unsorted, r->node, NULL);
	TRY(layout_hints(b, block, &unsorted, e));
	r->node = unsorted.node;
	s = node_new(b->arena, &b->ids, NODE_SORT, 1);
	s->span = order->span;
	s->kid[0] = r->node;
	s->out = r->node->out;
	s->u.sort.nkey = nkey;
	s->u.sort.key = key;
	s->u.sort.global = order->kind == AST_ORDER;
	for (int i = 0; i < nkey; i++)
		key[i].x = expr_col(b->arena, &s->out->col[at[i]]);
	r->node = s;
	if (it->n > n) {
		struct items keep = { 0 };

		for (int i = 0; i < n; i++)
			add_item(c, &keep, expr_col(b->arena, &s->out->col[i]),
			    it->v[i].name, NULL, false);
		r->node = node_items(b, s, &keep);
	}
	return 0;
}

struct block {                  /* a select block on its way */
	struct items item, key;
	struct expr *having;
	struct sort_key *sort;
	int nsort;
};

/* One array of everything that must be rewritten over the aggregate. */
static int
group_block(struct bind_ctx *c, struct rel *r, struct block *k,
    struct span span, struct err *e)
{
	int n = 0, total = k->item.n + k->nsort + 1;
	struct expr **x = NEW_N(c->b->arena, struct expr *, total);

	for (int i = 0; i < k->item.n; i++)
		x[n++] = k->item.v[i].x;
	for (int i = 0; i < k->nsort; i++)
		x[n++] = k->sort[i].x;
	if (k->having)
		x[n++] = k->having;
	TRY(bind_group(c, r, &k->key, x, n, span, e));
	for (int i = 0; i < k->item.n; i++)
		k->item.v[i].x = x[i];
	for (int i = 0; i < k->nsort; i++)
		k->sort[i].x = x[k->item.n + i];
	if (k->having)
		k->having = x[n - 1];
	return 0;
}

static int
refuse_parts(const struct ast_select *s, struct err *e)
{
	if (s->qualify)
		return bind_refuse_ast(s->qualify->span, "qualify", e);
	if (s->windows.n)
		return bind_refuse_ast(s->windows.v[0].name.span,
		    "window functions", e);
	if (s->transform)
		return bind_refuse_ast(s->transform->span,
		    "select transform (use | pipe)", e);
	return 0;
}

static int
bind_block(struct bind_ctx *c, const struct ast_query *q,
    const struct ast_query *order, struct rel *r, struct block *k,
    bool *grouped, struct err *e)
{
	const struct ast_select *s = &q->u.select;

	TRY(bind_items(c, s->item, s->nitem, &k->item, e));
	c->what = "group by";
	TRY(bind_group_keys(c, s->group, s->ngroup, &k->item, &k->key, e));
	c->what = NULL;
	c->alias_first = true;
	if (s->having) {
		TRY(bind_expr(c, s->having, &k->having, e));
		TRY(expr_coerce(&c->b->env, k->having, TYPE(BOOL), &k->having,
		    e));
	}
	if (order) {
		k->nsort = order_keys(c, order, &k->item, &k->sort, e);
		TRY(k->nsort);
	}
	*grouped = s->ngroup || c->nagg || k->having;
	if (*grouped)
		TRY(group_block(c, r, k, q->span, e));
	return bind_pending(c, r, e);
}

int
bind_select(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, const struct ast_query *order,
    const struct scope *outer, struct rel *out, struct err *e)
{
	const struct ast_select *s = &q->u.select, *saved = b->hints;
	struct correlated *corr = b->corr, *collect = b->collect;
	struct bind_ctx c = { .b = b, .outer = outer, .names = names };
	struct block k = { 0 };
	struct rel r;
	bool grouped;
	int code;

	TRY(refuse_parts(s, e));
	b->hints = s->nhint ? s : NULL;
	b->corr = NULL;
	code = bind_rel(b, names, q->input, outer, &r, e);
	b->hints = saved;
	b->collect = corr;
	if (code >= 0 && s->where)
		code = bind_where(b, names, s->where, outer, "where", &r, e);
	b->collect = collect;
	if (code < 0)
		return code;
	c.rel = &r;
	if (corr && corr->n)
		return correlated_block(&c, q, &r, corr, out, e);
	TRY(bind_block(&c, q, order, &r, &k, &grouped, e));
	if (k.having) {
		r.node = node_filter(b, r.node, k.having);
		r.node->span = s->having->span;
	}
	if (order) {
		TRY(sort_items(&c, &r, &k.item, k.sort, k.nsort, order,
		    s, e));
	} else {
		r.node = node_items(b, r.node, &k.item);
		r.node->span = q->span;
		if (s->distinct)
			r.node = node_distinct(b, r.node);
	}
	rel_of(b->arena, out, r.node, NULL);
	return order ? 0 : layout_hints(b, s, out, e);
}
