/*
 * bind_join -- joins with on, using and natural; set operations.
 *
 * The condition goes into the node as it is; the planner finds the equality
 * keys in it.  With using the column of the side that is kept is visible
 * once; the other one only as table.column.
 */
#include "sql/bind_scope.h"

#include <strings.h>

static const enum join_kind kind_of[] = {
	[AST_JOIN_INNER] = JOIN_INNER, [AST_JOIN_LEFT] = JOIN_LEFT,
	[AST_JOIN_RIGHT] = JOIN_RIGHT, [AST_JOIN_FULL] = JOIN_FULL,
	[AST_JOIN_SEMI] = JOIN_SEMI, [AST_JOIN_ANTI] = JOIN_ANTI,
	[AST_JOIN_CROSS] = JOIN_CROSS, [AST_JOIN_COMMA] = JOIN_CROSS,
};

static bool
left_only(enum join_kind k)
{
	return k == JOIN_SEMI || k == JOIN_ANTI;
}

static struct scope
joined_scope(struct binder *b, const struct scope *l, const struct scope *r)
{
	struct scope s = { 0, 0, NULL };

	for (int i = 0; i < l->n + r->n; i++) {
		const struct scope_col *c = i < l->n ? &l->v[i] :
		    &r->v[i - l->n];

		scope_add(b->arena, &s, c->table, c->name, c->f);
		s.v[s.n - 1].hidden = c->hidden;
	}
	return s;
}

/* Columns that both sides have, in the order of the left one. */
static void
natural_columns(struct binder *b, const struct scope *l,
    const struct scope *r, struct ast_ident **out, int *n)
{
	int cap = 0;

	*out = NULL;
	*n = 0;
	for (int i = 0; i < l->n; i++)
		for (int k = 0; k < r->n; k++)
			if (!l->v[i].hidden && !r->v[k].hidden &&
			    strcasecmp(l->v[i].name, r->v[k].name) == 0) {
				ARENA_GROW(b->arena, *out, *n, cap);
				(*out)[(*n)++] = (struct ast_ident){
				    l->v[i].name, { 0, 0, 0 }, 0 };
				break;
			}
}

static int
using_column(const struct scope *s, const struct ast_ident *name,
    const char *side, struct scope_col **out, struct err *e)
{
	struct ast_name n = { (struct ast_ident *)(uintptr_t)name, 1,
	    name->span };
	int used, r = scope_find(s, &n, out, &used, e);

	if (r == 0)
		return err_at(e, name->span, "no column '%s' on the %s side of "
		    "the join", name->name, side);
	return r;
}

struct using {
	struct scope_col **l, **r;
	int n;
};

/* Visible columns after using: the shared ones first, then the others. */
static int
using_scope(struct binder *b, struct rel *out, enum join_kind kind,
    const struct using *u, const struct scope *all, struct err *e)
{
	struct scope s = { 0, 0, NULL };
	struct node *j = out->node;
	int n = j->out->ncol;
	struct expr **x = NEW_N(b->arena, struct expr *, n + u->n + 1);
	const char **name = NEW_N(b->arena, const char *, n + u->n + 1);

	for (int i = 0; i < n; i++) {
		x[i] = expr_col(b->arena, &j->out->col[i]);
		name[i] = j->out->col[i].name;
	}
	for (int i = 0; i < u->n && kind == JOIN_FULL; i++) {
		struct expr *pair[2];

		for (int k = 0; k < 2; k++) {
			struct field f = (k ? u->r[i] : u->l[i])->f;

			f.nullable = true;
			pair[k] = expr_col(b->arena, &f);
		}
		TRY(expr_call(&b->env, "coalesce", pair, 2, j->span, &x[n + i],
		    e));
		name[n + i] = u->l[i]->name;
	}
	if (kind == JOIN_FULL) {
		struct node *p = node_project(b, j, x, name, n + u->n);

		for (int i = 0; i < n; i++)     /* passed on: the same ids */
			p->out->col[i].id = j->out->col[i].id;
		out->node = p;
	}
	for (int i = 0; i < u->n; i++)
		scope_add(b->arena, &s, NULL, u->l[i]->name,
		    kind == JOIN_FULL ? out->node->out->col[n + i] :
		    kind == JOIN_RIGHT ? u->r[i]->f : u->l[i]->f);
	for (int i = 0; i < all->n; i++) {
		bool shared = all->v[i].hidden;

		for (int k = 0; k < u->n; k++)
			shared |= all->v[i].f.id == u->l[k]->f.id ||
			    all->v[i].f.id == u->r[k]->f.id;
		scope_add(b->arena, &s, all->v[i].table, all->v[i].name,
		    all->v[i].f);
		s.v[s.n - 1].hidden = shared;
	}
	out->scope = s;
	return 0;
}

static int
bind_using(struct binder *b, const struct ast_ident *column, int n,
    struct rel *l, struct rel *r, struct node *j, struct using *u,
    struct span span, struct err *e)
{
	u->n = n;
	u->l = NEW_N(b->arena, struct scope_col *, n + 1);
	u->r = NEW_N(b->arena, struct scope_col *, n + 1);
	j->u.join.nkey = n;
	j->u.join.lkey = NEW_N(b->arena, struct expr *, n + 1);
	j->u.join.rkey = NEW_N(b->arena, struct expr *, n + 1);
	for (int i = 0; i < n; i++) {
		struct expr *pair[2], *eq;

		TRY(using_column(&l->scope, &column[i], "left", &u->l[i], e));
		TRY(using_column(&r->scope, &column[i], "right", &u->r[i], e));
		pair[0] = expr_col(b->arena, &u->l[i]->f);
		pair[1] = expr_col(b->arena, &u->r[i]->f);
		TRY(expr_call(&b->env, "=", pair, 2, span, &eq, e));
		j->u.join.lkey[i] = eq->u.call.arg[0];
		j->u.join.rkey[i] = eq->u.call.arg[1];
	}
	return 0;
}

static int
bind_on(struct binder *b, const struct bind_name *names,
    const struct ast_expr *on, const struct scope *all,
    const struct scope *outer, struct node *j, struct err *e)
{
	struct rel both = { .node = j, .scope = *all };
	struct bind_ctx c = { .b = b, .rel = &both, .outer = outer,
	    .names = names, .what = "a join condition" };

	TRY(bind_expr(&c, on, &j->u.join.cond, e));
	if (c.pending)
		return bind_refuse_ast(on->span,
		    "subqueries in a join condition", e);
	return expr_coerce(&b->env, j->u.join.cond, TYPE(BOOL),
	    &j->u.join.cond, e);
}

/* Column types in the scope follow what the join made nullable. */
static void
refresh(struct scope *s, const struct schema *out)
{
	for (int i = 0; i < s->n; i++) {
		int at = schema_find(out, s->v[i].f.id);

		if (at >= 0)
			s->v[i].f.nullable = out->col[at].nullable;
	}
}

int
bind_join(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, const struct scope *outer, struct rel *out,
    struct err *e)
{
	const struct ast_join *a = &q->u.join;
	enum join_kind kind = kind_of[a->kind];
	struct rel l, r;
	struct scope all;
	struct node *j;
	struct ast_ident *column = a->column;
	int ncolumn = a->ncolumn;

	TRY(bind_rel(b, names, q->input, outer, &l, e));
	if (a->right->kind == AST_LATERAL)
		return bind_refuse_ast(a->right->span, "lateral subqueries", e);
	TRY(bind_rel(b, names, a->right, outer, &r, e));
	all = joined_scope(b, &l.scope, &r.scope);
	j = node_join(b, kind, l.node, r.node);
	j->span = a->kind_span.len ? a->kind_span : q->span;
	j->u.join.hint_left = l.hint;
	j->u.join.hint_right = r.hint | (a->broadcast ? HINT_BROADCAST : 0);
	if (a->natural)
		natural_columns(b, &l.scope, &r.scope, &column, &ncolumn);
	memset(out, 0, sizeof *out);
	out->node = j;
	if (ncolumn) {
		struct using u;

		TRY(bind_using(b, column, ncolumn, &l, &r, j, &u, q->span, e));
		if (left_only(kind)) {
			out->scope = l.scope;
			return 0;
		}
		refresh(&all, j->out);
		return using_scope(b, out, kind, &u, &all, e);
	}
	if (a->on)
		TRY(bind_on(b, names, a->on, &all, outer, j, e));
	out->scope = left_only(kind) ? l.scope : all;
	refresh(&out->scope, j->out);
	if (kind == JOIN_CROSS && a->on)
		j->u.join.kind = JOIN_INNER;
	if (!a->on && kind != JOIN_CROSS) {
		if (kind != JOIN_INNER)
			return err_at(e, j->span, "the join needs a condition: "
			    "on … or using (…)");
		j->u.join.kind = JOIN_CROSS;
	}
	return 0;
}

/* Projects a side of a set operation to the common types. */
static int
cast_side(struct binder *b, struct rel *r, const int *order,
    const struct type *const *type, const char *const *name, int n,
    struct span span, struct err *e)
{
	struct expr **x = NEW_N(b->arena, struct expr *, n + 1);
	bool same = r->node->out->ncol == n;

	for (int i = 0; i < n; i++) {
		const struct scope_col *c = &r->scope.v[order[i]];

		x[i] = expr_col(b->arena, &c->f);
		same &= same && r->node->out->col[i].id == c->f.id &&
		    type_equal(c->f.type, type[i]);
		TRY(expr_cast(&b->env, x[i], type[i], span, &x[i], e));
	}
	if (!same)
		r->node = node_project(b, r->node, x,
		    (const char **)(uintptr_t)name, n);
	return 0;
}

static int
visible_order(struct binder *b, const struct scope *s, int **out)
{
	int n = 0;

	*out = NEW_N(b->arena, int, s->n + 1);
	for (int i = 0; i < s->n; i++)
		if (!s->v[i].hidden)
			(*out)[n++] = i;
	return n;
}

static int
match_names(const struct rel *l, const struct rel *r, const int *lo, int *ro,
    int n, struct span span, struct err *e)
{
	for (int i = 0; i < n; i++) {
		int k;

		for (k = 0; k < r->scope.n; k++)
			if (!r->scope.v[k].hidden && strcasecmp(
			    r->scope.v[k].name, l->scope.v[lo[i]].name) == 0)
				break;
		if (k == r->scope.n)
			return err_at(e, span, "the right side has no column "
			    "'%s'", l->scope.v[lo[i]].name);
		ro[i] = k;
	}
	return 0;
}

static struct node *
union_node(struct binder *b, struct node *l, struct node *r, bool flat)
{
	int nl = flat && l->kind == NODE_UNION ? l->nkid : 1;
	struct node *u = node_new(b->arena, &b->ids, NODE_UNION, nl + 1);

	for (int i = 0; i < nl; i++)
		u->kid[i] = flat && l->kind == NODE_UNION ? l->kid[i] : l;
	u->kid[nl] = r;
	u->out = schema_new(b->arena, l->out->ncol);
	for (int i = 0; i < l->out->ncol; i++)
		u->out->col[i] = plan_field(&b->ids, l->out->col[i].name,
		    l->out->col[i].type, l->out->col[i].nullable ||
		    r->out->col[i].nullable);
	return u;
}

int
bind_setop(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, const struct scope *outer, struct rel *out,
    struct err *e)
{
	const struct ast_setop *a = &q->u.setop;
	static const char *const word[] = { "union", "intersect", "except" };
	struct rel l, r;
	struct node *n;
	int *lo, *ro, nl, nr;
	const struct type **type;
	const char **name;

	TRY(bind_rel(b, names, q->input, outer, &l, e));
	TRY(bind_rel(b, names, a->right, outer, &r, e));
	nl = visible_order(b, &l.scope, &lo);
	nr = visible_order(b, &r.scope, &ro);
	if (nl != nr)
		return err_at(e, q->span, "%s of %d columns with %d columns",
		    word[a->kind], nl, nr);
	if (a->by_name)
		TRY(match_names(&l, &r, lo, ro, nl, q->span, e));
	type = NEW_N(b->arena, const struct type *, nl + 1);
	name = NEW_N(b->arena, const char *, nl + 1);
	for (int i = 0; i < nl; i++) {
		name[i] = l.scope.v[lo[i]].name;
		type[i] = expr_common_type(b->arena, l.scope.v[lo[i]].f.type,
		    r.scope.v[ro[i]].f.type);
		if (type[i] == NULL)
			return err_at(e, q->span, "%s: column %d ('%s') has no "
			    "common type", word[a->kind], i + 1, name[i]);
	}
	TRY(cast_side(b, &l, lo, type, name, nl, q->span, e));
	TRY(cast_side(b, &r, ro, type, name, nl, q->span, e));
	if (a->kind == SET_UNION) {
		n = union_node(b, l.node, r.node, a->all && q->input->kind ==
		    AST_SETOP && q->input->u.setop.all);
		if (!a->all)
			n = node_distinct(b, n);
	} else {
		n = node_new(b->arena, &b->ids, NODE_SETOP, 2);
		n->kid[0] = l.node;
		n->kid[1] = r.node;
		n->u.setop.kind = a->kind == SET_INTERSECT ?
		    SETOP_INTERSECT : SETOP_EXCEPT;
		n->u.setop.all = a->all;
		n->out = schema_new(b->arena, nl);
		for (int i = 0; i < nl; i++)
			n->out->col[i] = plan_field(&b->ids, name[i], type[i],
			    l.node->out->col[i].nullable);
	}
	n->span = q->span;
	rel_of(b->arena, out, n, NULL);
	return 0;
}
