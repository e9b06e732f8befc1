/*
 * bind_expr -- expressions: names to columns, calls to rows of the function
 * table, subqueries to joins that are pending (bind_subquery.c).
 */
#include "sql/bind_lambda.h"
#include "sql/bind_scope.h"

#include <strings.h>

#include "expr/aggfn.h"
#include "expr/func.h"

static int
field_of(struct bind_ctx *c, struct expr *base, const struct ast_ident *name,
    struct expr **out, struct err *e)
{
	struct expr *arg[2] = { base, expr_str(c->b->arena, name->name) };

	arg[1]->span = name->span;
	return expr_call(&c->b->env, "get_field", arg, 2, name->span, out, e);
}

static int
fields_of(struct bind_ctx *c, struct expr *x, const struct ast_name *name,
    int from, struct expr **out, struct err *e)
{
	for (int i = from; i < name->npart; i++)
		TRY(field_of(c, x, &name->part[i], &x, e));
	*out = x;
	return 0;
}

static struct expr *
column(struct bind_ctx *c, const struct scope_col *col, struct span span)
{
	struct expr *x = expr_col(c->b->arena, &col->f);

	x->span = span;
	return x;
}

/* current_date and its like are functions that may be written bare. */
static int
bare_function(struct bind_ctx *c, const struct ast_expr *x,
    struct expr **out, struct err *e)
{
	static const char *const name[] = { "current_date",
	    "current_timestamp", "localtimestamp", "now", "current_user",
	    "user", "session_user", "current_database", "current_catalog",
	    "current_schema", "current_timezone" };
	const struct ast_name *n = &x->u.name;

	for (size_t i = 0; n->npart == 1 && i < sizeof name / sizeof *name; i++)
		if (strcasecmp(name[i], n->part[0].name) == 0 &&
		    func_find(name[i]))
			return expr_call(&c->b->env, name[i], NULL, 0, x->span,
			    out, e) < 0 ? ERR_USER : 1;
	return 0;
}

/* A name given earlier in the select list. */
static int
bind_alias(struct bind_ctx *c, const struct ast_name *n, struct expr **out,
    struct err *e)
{
	for (int i = 0; i < c->nalias; i++)
		if (strcasecmp(c->alias[i].name, n->part[0].name) == 0)
			return fields_of(c, c->alias[i].x, n, 1, out, e) < 0 ?
			    ERR_USER : 1;
	return 0;
}

static int
bind_name(struct bind_ctx *c, const struct ast_expr *x, struct expr **out,
    struct err *e)
{
	const struct ast_name *n = &x->u.name;
	struct scope_col *col;
	int used, r = 0;

	*out = bind_lambda_param(c, n->part[0].name);
	if (*out) {
		(*out)->span = x->span;
		return fields_of(c, *out, n, 1, out, e);
	}
	for (int i = 0; c->def && i < c->def->nparam && n->npart == 1; i++)
		if (strcasecmp(c->def->param[i].name.name,
		    n->part[0].name) == 0) {
			*out = c->def_arg[i];
			return 0;
		}
	if (c->alias_first && n->npart == 1)
		r = bind_alias(c, n, out, e);
	if (r != 0)
		return r < 0 ? r : 0;
	if (c->rel)
		r = scope_find(&c->rel->scope, n, &col, &used, e);
	if (r < 0)
		return r;
	if (r > 0)
		return fields_of(c, column(c, col, x->span), n, used, out, e);
	if (!c->alias_first || n->npart > 1)
		r = bind_alias(c, n, out, e);
	if (r == 0)
		r = bare_function(c, x, out, e);
	if (r == 0 && c->b->collect && c->outer) {
		r = scope_find(c->outer, n, &col, &used, e);
		if (r > 0)
			return fields_of(c, column(c, col, x->span), n, used,
			    out, e);
	}
	if (r != 0)
		return r < 0 ? r : 0;
	return scope_unknown(c, n, e);
}

static int
bind_param_ref(struct bind_ctx *c, const struct ast_expr *x,
    struct expr **out, struct err *e)
{
	for (struct bind_param *p = c->b->params; p; p = p->next)
		if (strcasecmp(p->name, x->u.param.name) == 0) {
			*out = expr_lit(c->b->arena, p->value);
			(*out)->span = x->span;
			return 0;
		}
	err_at(e, x->span, "unknown parameter '$%s'", x->u.param.name);
	return err_hint(e, "declare it with: param %s string;",
	    x->u.param.name);
}

static int
bind_case(struct bind_ctx *c, const struct ast_expr *x, struct expr **out,
    struct err *e)
{
	int n = 0;
	struct expr **arg = NEW_N(c->b->arena, struct expr *,
	    2 * x->u.cas.nwhen + 2);
	struct expr *operand = NULL;

	if (x->u.cas.operand)
		TRY(bind_expr(c, x->u.cas.operand, &operand, e));
	for (int i = 0; i < x->u.cas.nwhen; i++) {
		const struct ast_when *w = &x->u.cas.when[i];

		TRY(bind_expr(c, w->when, &arg[n], e));
		if (operand) {
			struct expr *pair[2] = { operand, arg[n] };

			TRY(expr_call(&c->b->env, "=", pair, 2, w->when->span,
			    &arg[n], e));
		}
		n++;
		TRY(bind_expr(c, w->then, &arg[n++], e));
	}
	if (x->u.cas.other)
		TRY(bind_expr(c, x->u.cas.other, &arg[n++], e));
	return expr_call(&c->b->env, "case", arg, n, x->span, out, e);
}

static int
bind_in(struct bind_ctx *c, const struct ast_expr *x, struct expr **out,
    struct err *e)
{
	struct expr **arg = NEW_N(c->b->arena, struct expr *,
	    x->u.in.nitem + 1);

	TRY(bind_expr(c, x->u.in.left, &arg[0], e));
	for (int i = 0; i < x->u.in.nitem; i++)
		TRY(bind_expr(c, x->u.in.item[i], &arg[i + 1], e));
	return expr_call(&c->b->env, "in", arg, x->u.in.nitem + 1, x->span,
	    out, e);
}

static int
bind_cast_to(struct bind_ctx *c, const struct ast_expr *x, struct expr **out,
    struct err *e)
{
	struct expr *v;

	TRY(bind_expr(c, x->u.cast.expr, &v, e));
	if (x->u.cast.try)
		return expr_try_cast(&c->b->env, v, x->u.cast.type, x->span,
		    out, e);
	return expr_cast(&c->b->env, v, x->u.cast.type, x->span, out, e);
}

static int
bind_index(struct bind_ctx *c, const struct ast_expr *x, struct expr **out,
    struct err *e)
{
	struct expr *arg[2];

	TRY(bind_expr(c, x->u.index.base, &arg[0], e));
	TRY(bind_expr(c, x->u.index.index, &arg[1], e));
	return expr_call(&c->b->env, "[]", arg, 2, x->span, out, e);
}

static int
bind_row(struct bind_ctx *c, const struct ast_expr *x, struct expr **out,
    struct err *e)
{
	struct expr **arg = NEW_N(c->b->arena, struct expr *,
	    x->u.row.nitem + 1);

	for (int i = 0; i < x->u.row.nitem; i++)
		TRY(bind_expr(c, x->u.row.item[i], &arg[i], e));
	return expr_call(&c->b->env, "struct", arg, x->u.row.nitem, x->span,
	    out, e);
}

int
bind_expr(struct bind_ctx *c, const struct ast_expr *x, struct expr **out,
    struct err *e)
{
	struct expr *base;

	switch (x->kind) {
	case AST_LIT:      return bind_literal(c, x, out, e);
	case AST_INTERVAL: return bind_interval(c, x, out, e);
	case AST_PARAM:    return bind_param_ref(c, x, out, e);
	case AST_NAME:     return bind_name(c, x, out, e);
	case AST_CALL:     return bind_call(c, x, out, e);
	case AST_CAST:     return bind_cast_to(c, x, out, e);
	case AST_CASE:     return bind_case(c, x, out, e);
	case AST_IN:       return bind_in(c, x, out, e);
	case AST_SUBQUERY: return bind_subquery(c, x, out, e);
	case AST_INDEX:    return bind_index(c, x, out, e);
	case AST_ROW:      return bind_row(c, x, out, e);
	case AST_FIELD:
		TRY(bind_expr(c, x->u.field.base, &base, e));
		return field_of(c, base, &x->u.field.name, out, e);
	case AST_ALIAS:
		return bind_expr(c, x->u.alias.expr, out, e);
	case AST_STAR:
		return err_at(e, x->span, "'*' cannot stand here");
	case AST_LAMBDA:
		return err_at(e, x->span, "a lambda cannot stand here");
	case AST_NAMED_ARG:
		return bind_refuse_ast(x->span, "named arguments", e);
	}
	return err_set(e, ERR_BUG, "expression kind %d", (int)x->kind);
}

bool
ast_is_agg(const struct ast_expr *x)
{
	return x->kind == AST_CALL && x->u.call.over == NULL &&
	    aggfn_find(x->u.call.name) && func_find(x->u.call.name) == NULL;
}

const char *
item_name(struct bind_ctx *c, const struct ast_expr *item,
    const struct expr *x)
{
	switch (item->kind) {
	case AST_ALIAS:
		return item->u.alias.name[0].name;
	case AST_NAME:
		return item->u.name.part[item->u.name.npart - 1].name;
	case AST_FIELD:
		return item->u.field.name.name;
	default:
		return expr_title(c->b->arena, x);
	}
}
