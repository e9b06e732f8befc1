/*
 * bind_pivot -- pivot, unpivot and tablesample in terms of other nodes.
 *
 * pivot is an aggregation with a filter for each value; as in Spark a value
 * that a group does not have gives NULL, also for count.  unpivot is an
 * expand: each row once for each group of columns.  tablesample is a filter
 * on rand(), or a limit.
 */
#include "sql/bind_scope.h"

#include <string.h>
#include <strings.h>

/* What the aggregates of a pivot are filtered by, and may not group by. */
struct pivot {
	const struct expr_env *env;
	struct expr *cond;
	const struct schema *in;
	bool *used;                     /* columns of the input */
};

/* The columns that * stands for, under the names they have in the job. */
static struct schema *
visible(struct arena *a, const struct rel *r)
{
	struct schema *s = schema_new(a, r->scope.n);

	s->ncol = 0;
	for (int i = 0; i < r->scope.n; i++) {
		if (r->scope.v[i].hidden)
			continue;
		s->col[s->ncol] = r->scope.v[i].f;
		s->col[s->ncol++].name = r->scope.v[i].name;
	}
	return s;
}

static void
mark_used(struct expr *x, void *arg)
{
	struct pivot *p = arg;

	for (int i = 0; x->kind == EXPR_COL && i < p->in->ncol; i++)
		p->used[i] |= p->in->col[i].id == x->u.col.id;
}

static struct expr *
filter_agg(struct expr *x, void *arg)
{
	struct pivot *p = arg;
	struct expr *y;

	if (x->kind != EXPR_AGG)
		return x;
	y = NEW(p->env->arena, struct expr);
	*y = *x;
	y->u.agg.filter = expr_and(p->env, x->u.agg.filter, p->cond);
	return y;
}

/* One column compared with its value, null with null too. */
static int
equals(struct bind_ctx *c, const struct ast_name *name,
    const struct ast_expr *value, struct expr **out, struct err *e)
{
	struct ast_expr col = { .kind = AST_NAME, .span = value->span,
	    .u.name = *name };
	struct expr *arg[2];

	TRY(bind_expr(c, &col, &arg[0], e));
	TRY(bind_expr(c, value, &arg[1], e));
	if (!expr_is_const(arg[1]))
		return err_at(e, value->span, "the values of pivot have to be "
		    "constants");
	return expr_call(&c->b->env, "<=>", arg, 2, value->span, out, e);
}

static int
value_cond(struct bind_ctx *c, const struct ast_pivot *p,
    const struct ast_expr *value, struct expr **out, struct err *e)
{
	const struct ast_expr *x = value;
	struct expr *one;

	*out = NULL;
	if (p->ncolumn > 1 && (x->kind != AST_ROW ||
	    x->u.row.nitem != p->ncolumn))
		return err_at(e, x->span, "pivot for %d columns wants values "
		    "of %d parts in brackets", p->ncolumn, p->ncolumn);
	for (int i = 0; i < p->ncolumn; i++) {
		TRY(equals(c, &p->column[i], p->ncolumn > 1 ? x->u.row.item[i] :
		    x, &one, e));
		*out = expr_and(&c->b->env, *out, one);
	}
	return 0;
}

/* if(count(*) filter (where cond) > 0, x, null): for aggregates that are
 * never null by themselves. */
static int
null_when_none(struct bind_ctx *c, struct expr *cond, struct span span,
    struct expr **x, struct err *e)
{
	const struct expr_env *env = &c->b->env;
	struct expr *one = expr_int(env->arena, 1), *arg[3], *count;

	if ((*x)->nullable)
		return 0;
	TRY(expr_agg(env, "count", &one, 1, span, &count, e));
	count->u.agg.filter = cond;
	arg[0] = count;
	arg[1] = expr_int(env->arena, 0);
	TRY(expr_call(env, ">", arg, 2, span, &arg[0], e));
	arg[1] = *x;
	arg[2] = expr_null(env->arena, (*x)->type);
	return expr_call(env, "if", arg, 3, span, x, e);
}

static const char *
value_name(struct bind_ctx *c, const struct ast_pivot_value *v, struct err *e)
{
	struct arena *a = c->b->arena;
	struct expr *x;

	if (v->alias)
		return v->alias->name;
	if (v->expr->kind != AST_ROW)
		return bind_expr(c, v->expr, &x, e) < 0 ? "" :
		    expr_title(a, x);
	for (int i = 0; i < v->expr->u.row.nitem; i++)
		if (bind_expr(c, v->expr->u.row.item[i], &x, e) < 0)
			return "";
	return arena_printf(a, "{%s}", expr_title(a, x));
}

/* All columns of all values: value by value, aggregate by aggregate. */
static int
pivot_columns(struct bind_ctx *c, const struct ast_pivot *p,
    struct pivot *state, const struct items *agg, struct items *out,
    struct err *e)
{
	struct arena *a = c->b->arena;

	for (int v = 0; v < p->nvalue; v++) {
		const struct ast_pivot_value *value = &p->value[v];
		const char *name = value_name(c, value, e);

		TRY(value_cond(c, p, value->expr, &state->cond, e));
		expr_walk(state->cond, mark_used, state);
		for (int i = 0; i < agg->n; i++) {
			struct expr *x = expr_map(a, agg->v[i].x, filter_agg,
			    state);

			TRY(null_when_none(c, state->cond, value->expr->span,
			    &x, e));
			ARENA_GROW(a, out->v, out->n, out->cap);
			out->v[out->n++] = (struct item){ .x = x, .name =
			    agg->n == 1 ? name : arena_printf(a, "%s_%s", name,
			    agg->v[i].name) };
		}
	}
	return 0;
}

int
bind_pivot(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, struct rel *r, struct err *e)
{
	const struct ast_pivot *p = &q->u.pivot;
	const struct schema *in = visible(b->arena, r);
	struct bind_ctx c = { .b = b, .rel = r, .names = names };
	struct pivot state = { .env = &b->env, .in = in,
	    .used = NEW_N(b->arena, bool, in->ncol + 1) };
	struct items agg = { 0 }, col = { 0 }, key = { 0 }, out = { 0 };
	struct expr **x;

	TRY(bind_items(&c, p->agg, p->nagg, &agg, e));
	for (int i = 0; i < agg.n; i++) {
		if (!agg.v[i].agg)
			return err_at(e, p->agg[i]->span, "pivot needs "
			    "aggregates, such as sum(%s)", agg.v[i].name);
		expr_walk(agg.v[i].x, mark_used, &state);
	}
	TRY(pivot_columns(&c, p, &state, &agg, &col, e));
	for (int i = 0; i < in->ncol; i++) {
		if (state.used[i])
			continue;
		ARENA_GROW(b->arena, key.v, key.n, key.cap);
		key.v[key.n++] = (struct item){ .name = in->col[i].name,
		    .x = expr_col(b->arena, &in->col[i]) };
	}
	x = NEW_N(b->arena, struct expr *, col.n + 1);
	for (int i = 0; i < col.n; i++)
		x[i] = col.v[i].x;
	TRY(bind_group(&c, r, &key, x, col.n, q->span, e));
	TRY(bind_pending(&c, r, e));
	for (int i = 0; i < key.n + col.n; i++) {
		ARENA_GROW(b->arena, out.v, out.n, out.cap);
		out.v[out.n++] = i < key.n ? (struct item){ .name =
		    key.v[i].name, .x = expr_col(b->arena,
		    &r->node->out->col[i]) } : (struct item){ .name =
		    col.v[i - key.n].name, .x = x[i - key.n] };
	}
	r->node = node_items(b, r->node, &out);
	r->node->span = q->span;
	rel_of(b->arena, r, r->node, NULL);
	return 0;
}

/* unpivot: the columns of the groups, and the types of the new ones. */
struct unpivot {
	const struct ast_unpivot *ast;
	struct expr ***cell;            /* [group][value column] */
	const struct type **type;       /* of the value columns */
	const char **name;              /* of the groups */
	const struct schema *in;
	bool *used;                     /* columns of in */
};

static int
bind_cells(struct bind_ctx *c, struct unpivot *u, struct err *e)
{
	const struct ast_unpivot *p = u->ast;
	struct arena *a = c->b->arena;
	struct pivot mark = { .in = u->in, .used = u->used };

	for (int g = 0; g < p->ngroup; g++) {
		const struct ast_unpivot_group *group = &p->group[g];
		const struct ast_name *first = &group->column[0];

		u->cell[g] = NEW_N(a, struct expr *, p->nvalue + 1);
		u->name[g] = group->alias ? group->alias->name : NULL;
		if (group->ncolumn != p->nvalue)
			return err_at(e, first->part[0].span, "%d columns in a "
			    "group of unpivot for %d value columns",
			    group->ncolumn, p->nvalue);
		for (int i = 0; i < p->nvalue; i++) {
			const struct ast_name *n = &group->column[i];
			struct ast_expr col = { .kind = AST_NAME, .u.name = *n,
			    .span = n->part[0].span };
			const char *last = n->part[n->npart - 1].name;

			TRY(bind_expr(c, &col, &u->cell[g][i], e));
			expr_walk(u->cell[g][i], mark_used, &mark);
			if (!group->alias)
				u->name[g] = u->name[g] == NULL ? last :
				    arena_printf(a, "%s_%s", u->name[g], last);
		}
	}
	return 0;
}

static int
common_types(struct bind_ctx *c, struct unpivot *u, struct span span,
    struct err *e)
{
	struct arena *a = c->b->arena;

	for (int i = 0; i < u->ast->nvalue; i++) {
		const struct type *t = u->cell[0][i]->type, *both;

		for (int g = 1; g < u->ast->ngroup; g++) {
			both = expr_common_type(a, t, u->cell[g][i]->type);
			if (both == NULL)
				return err_at(e, span, "the columns of unpivot "
				    "have no common type: %s and %s",
				    type_name(a, t), type_name(a,
				    u->cell[g][i]->type));
			t = both;
		}
		u->type[i] = t;
		for (int g = 0; g < u->ast->ngroup; g++)
			TRY(expr_coerce(&c->b->env, u->cell[g][i], t,
			    &u->cell[g][i], e));
	}
	return 0;
}

static struct node *
expand_node(struct binder *b, struct node *kid, const struct unpivot *u)
{
	const struct ast_unpivot *p = u->ast;
	struct node *n = node_new(b->arena, &b->ids, NODE_EXPAND, 1);
	int nout = 0, keep = 0;

	for (int i = 0; i < u->in->ncol; i++)
		keep += !u->used[i];
	n->kid[0] = kid;
	n->out = schema_new(b->arena, keep + 1 + p->nvalue);
	n->u.expand.nproj = p->ngroup;
	n->u.expand.x = NEW_N(b->arena, struct expr **, p->ngroup);
	for (int g = 0; g < p->ngroup; g++) {
		struct expr **x = NEW_N(b->arena, struct expr *,
		    n->out->ncol);

		nout = 0;
		for (int i = 0; i < u->in->ncol; i++)
			if (!u->used[i])
				x[nout++] = expr_col(b->arena,
				    &u->in->col[i]);
		x[nout++] = expr_str(b->arena, u->name[g]);
		for (int i = 0; i < p->nvalue; i++)
			x[nout++] = u->cell[g][i];
		n->u.expand.x[g] = x;
	}
	nout = 0;
	for (int i = 0; i < u->in->ncol; i++)
		if (!u->used[i]) {
			const struct field *f = &u->in->col[i];

			n->out->col[nout++] = plan_field(&b->ids, f->name,
			    f->type, f->nullable);
		}
	n->out->col[nout++] = plan_field(&b->ids, p->name.name, TYPE(STR),
	    false);
	for (int i = 0; i < p->nvalue; i++)
		n->out->col[nout++] = plan_field(&b->ids, p->value[i].name,
		    u->type[i], true);
	return n;
}

/* Rows whose value columns are all null are left out by default. */
static int
drop_nulls(struct binder *b, struct rel *r, int nvalue, struct span span,
    struct err *e)
{
	const struct schema *s = r->node->out;
	struct expr *any = NULL;

	for (int i = s->ncol - nvalue; i < s->ncol; i++) {
		struct expr *arg[2] = { expr_col(b->arena, &s->col[i]) };

		TRY(expr_call(&b->env, "isnotnull", arg, 1, span, &arg[0], e));
		arg[1] = any;
		if (any)
			TRY(expr_call(&b->env, "or", arg, 2, span, &any, e));
		else
			any = arg[0];
	}
	r->node = node_filter(b, r->node, any);
	return 0;
}

int
bind_unpivot(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, struct rel *r, struct err *e)
{
	const struct ast_unpivot *p = &q->u.unpivot;
	struct bind_ctx c = { .b = b, .rel = r, .names = names };
	struct arena *a = b->arena;
	struct unpivot u = { p, NEW_N(a, struct expr **, p->ngroup + 1),
	    NEW_N(a, const struct type *, p->nvalue + 1),
	    NEW_N(a, const char *, p->ngroup + 1), visible(a, r), NULL };

	u.used = NEW_N(a, bool, u.in->ncol + 1);
	TRY(bind_cells(&c, &u, e));
	TRY(common_types(&c, &u, q->span, e));
	r->node = expand_node(b, r->node, &u);
	r->node->span = q->span;
	if (!p->include_nulls)
		TRY(drop_nulls(b, r, p->nvalue, q->span, e));
	rel_of(a, r, r->node, NULL);
	return 0;
}

static int
constant(struct binder *b, const struct ast_expr *x, double low, double high,
    double *out, struct err *e)
{
	struct bind_ctx c = { .b = b };
	struct expr *v;
	struct datum d;

	TRY(bind_expr(&c, x, &v, e));
	TRY(expr_cast(&b->env, v, TYPE(F64), x->span, &v, e));
	if (!expr_is_const(v))
		return err_at(e, x->span, "tablesample wants a number here");
	TRY(expr_eval_const(&b->env, v, &d, e));
	if (d.null || !(d.f >= low && d.f <= high))
		return err_at(e, x->span, "tablesample wants a number from %g "
		    "to %g here", low, high);
	*out = d.f;
	return 0;
}

/* Rows for which from <= rand(seed) < to. */
static int
keep_share(struct binder *b, const struct ast_query *q, double from, double to,
    struct rel *r, struct err *e)
{
	const struct expr_env *env = &b->env;
	struct datum d = { .type = TYPE(F64) };
	struct expr *seed = NULL, *draw, *arg[2], *low, *high;
	struct bind_ctx c = { .b = b };

	if (q->u.sample.seed)
		TRY(bind_expr(&c, q->u.sample.seed, &seed, e));
	TRY(expr_call(env, "rand", &seed, seed != NULL, q->span, &draw, e));
	d.f = from;
	arg[0] = draw;
	arg[1] = expr_lit(b->arena, d);
	TRY(expr_call(env, ">=", arg, 2, q->span, &low, e));
	d.f = to;
	arg[1] = expr_lit(b->arena, d);
	TRY(expr_call(env, "<", arg, 2, q->span, &high, e));
	r->node = node_filter(b, r->node, from > 0 ? expr_and(env, low, high) :
	    high);
	r->node->span = q->span;
	return 0;
}

static void
limit_rows(struct binder *b, struct rel *r, int64_t rows, struct span span)
{
	struct node *n = node_new(b->arena, &b->ids, NODE_LIMIT, 1);

	n->kid[0] = r->node;
	n->out = r->node->out;
	n->span = span;
	n->u.limit.limit = rows;
	n->u.limit.global = true;
	r->node = n;
}

int
bind_sample(struct binder *b, const struct ast_query *q, struct rel *r,
    struct err *e)
{
	const struct ast_sample *s = &q->u.sample;
	double n, of;

	switch (s->kind) {
	case SAMPLE_PERCENT:
		TRY(constant(b, s->n, 0, 100, &n, e));
		return keep_share(b, q, 0, n / 100, r, e);
	case SAMPLE_BUCKET:
		TRY(constant(b, s->of, 1, 1e9, &of, e));
		TRY(constant(b, s->n, 1, of, &n, e));
		return keep_share(b, q, (n - 1) / of, n / of, r, e);
	case SAMPLE_ROWS:
		TRY(constant(b, s->n, 0, 9e15, &n, e));
		limit_rows(b, r, (int64_t)n, q->span);
		return 0;
	default:
		return bind_refuse_ast(q->span, "tablesample by bytes", e);
	}
}
