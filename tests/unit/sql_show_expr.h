/*
 * sql_show_expr -- expressions for tests (sql_show.h).
 */
#ifndef TESTS_SQL_SHOW_EXPR_H
#define TESTS_SQL_SHOW_EXPR_H

#include "sql_show.h"

static void
show_call(struct show *s, const struct ast_call *c)
{
	show_span(s, c->name_span);
	text_addf(s->to, "(%s", c->name);
	if (c->distinct)
		text_adds(s->to, " distinct");
	show_exprs(s, c->arg, c->narg);
	if (c->ignore_nulls)
		text_adds(s->to, c->ignore_nulls > 0 ? " ignore-nulls" :
		    " respect-nulls");
	if (c->nwithin)
		text_adds(s->to, " within");
	show_sorts(s, c->within, c->nwithin);
	show_part(s, "filter", c->filter);
	if (c->over) {
		text_adds(s->to, " over ");
		show_window(s, c->over);
	}
	text_addc(s->to, ')');
}

static void
show_case(struct show *s, const struct ast_expr *x)
{
	text_adds(s->to, "(case");
	show_part(s, "of", x->u.cas.operand);
	for (int i = 0; i < x->u.cas.nwhen; i++) {
		show_part(s, "when", x->u.cas.when[i].when);
		show_part(s, "then", x->u.cas.when[i].then);
	}
	show_part(s, "else", x->u.cas.other);
	text_addc(s->to, ')');
}

static void
show_interval(struct show *s, const struct ast_interval *v)
{
	text_adds(s->to, "(interval");
	for (int i = 0; i < v->npart; i++)
		text_addf(s->to, " '%s' %s%s%s", v->part[i].value,
		    v->part[i].unit ? v->part[i].unit : "-",
		    v->part[i].to ? " to " : "",
		    v->part[i].to ? v->part[i].to : "");
	text_addc(s->to, ')');
}

static void
show_subquery(struct show *s, const struct ast_expr *x)
{
	static const char *const kind[] = { "scalar", "in", "exists" };

	text_addf(s->to, "(%s ", kind[x->u.subquery.kind]);
	if (x->u.subquery.left) {
		show_expr(s, x->u.subquery.left);
		text_addc(s->to, ' ');
	}
	show_query(s, x->u.subquery.query);
	text_addc(s->to, ')');
}

static void
show_star(struct show *s, const struct ast_expr *x)
{
	if (x->u.star.of.npart) {
		show_name(s, &x->u.star.of);
		text_addc(s->to, '.');
	}
	text_addc(s->to, '*');
	for (int i = 0; i < x->u.star.nexcept; i++) {
		text_addc(s->to, '-');
		show_name(s, &x->u.star.except[i]);
	}
}

/* What has a plain list inside. */
static void
show_list(struct show *s, const char *name, const struct ast_expr *first,
    struct ast_expr *const *v, int n)
{
	text_addf(s->to, "(%s", name);
	if (first)
		show_exprs(s, (struct ast_expr *const *)&first, 1);
	show_exprs(s, v, n);
	text_addc(s->to, ')');
}

static void
show_expr(struct show *s, const struct ast_expr *x)
{
	show_span(s, x->span);
	switch (x->kind) {
	case AST_LIT: show_lit(s, &x->u.lit); break;
	case AST_INTERVAL: show_interval(s, &x->u.interval); break;
	case AST_PARAM: text_addf(s->to, "$%s", x->u.param.name); break;
	case AST_NAME: show_name(s, &x->u.name); break;
	case AST_STAR: show_star(s, x); break;
	case AST_CALL: show_call(s, &x->u.call); break;
	case AST_CASE: show_case(s, x); break;
	case AST_SUBQUERY: show_subquery(s, x); break;
	case AST_IN:
		show_list(s, "in", x->u.in.left, x->u.in.item, x->u.in.nitem);
		break;
	case AST_ROW:
		show_list(s, "row", NULL, x->u.row.item, x->u.row.nitem);
		break;
	case AST_INDEX:
		show_list(s, "index", x->u.index.base, &x->u.index.index, 1);
		break;
	case AST_CAST:
		text_addf(s->to, "(%s:%d ", x->u.cast.try ? "try_cast" : "cast",
		    x->u.cast.type->kind);
		show_expr(s, x->u.cast.expr);
		text_addc(s->to, ')');
		break;
	case AST_FIELD:
		show_list(s, "field", x->u.field.base, NULL, 0);
		show_ident(s, &x->u.field.name);
		break;
	case AST_LAMBDA:
		text_adds(s->to, "(->");
		show_idents(s, x->u.lambda.param, x->u.lambda.nparam);
		show_exprs(s, &x->u.lambda.body, 1);
		text_addc(s->to, ')');
		break;
	case AST_ALIAS:
		text_adds(s->to, "(as ");
		show_expr(s, x->u.alias.expr);
		show_idents(s, x->u.alias.name, x->u.alias.nname);
		text_addc(s->to, ')');
		break;
	case AST_NAMED_ARG:
		text_adds(s->to, "(=>");
		show_ident(s, &x->u.named.name);
		show_exprs(s, &x->u.named.expr, 1);
		text_addc(s->to, ')');
		break;
	}
}

#endif
