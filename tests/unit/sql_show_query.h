/*
 * sql_show_query -- queries and statements for tests (sql_show.h).
 *
 * A chain is written in the order of the data: source | stage | stage; a
 * stage that is a clause of a SQL query has a dot: .order.
 */
#ifndef TESTS_SQL_SHOW_QUERY_H
#define TESTS_SQL_SHOW_QUERY_H

#include "sql_show_stage.h"

static void
show_windows(struct show *s, const struct ast_windows *w)
{
	for (int i = 0; i < w->n; i++) {
		show_ident(s, &w->v[i].name);
		text_addc(s->to, '=');
		show_window(s, w->v[i].window);
	}
}

static void
show_select(struct show *s, const struct ast_select *v)
{
	for (int i = 0; i < v->nhint; i++) {
		text_addf(s->to, " /*%s", v->hint[i].name);
		show_exprs(s, v->hint[i].arg, v->hint[i].narg);
		text_adds(s->to, "*/");
	}
	if (v->distinct)
		text_adds(s->to, " distinct");
	show_exprs(s, v->item, v->nitem);
	if (v->transform) {
		text_adds(s->to, " transform");
		show_exprs(s, v->transform->expr, v->transform->nexpr);
		show_string(s, &v->transform->cmd);
		show_columns(s, v->transform->column, v->transform->ncolumn);
	}
	show_part(s, "where", v->where);
	if (v->ngroup)
		text_adds(s->to, " group");
	show_groups(s, v->group, v->ngroup);
	show_part(s, "having", v->having);
	show_part(s, "qualify", v->qualify);
	if (v->windows.n)
		text_adds(s->to, " window");
	show_windows(s, &v->windows);
}

static void
show_with(struct show *s, const struct ast_query *q)
{
	text_adds(s->to, q->u.with.recursive ? "with recursive" : "with");
	for (int i = 0; i < q->u.with.ncte; i++) {
		const struct ast_cte *c = &q->u.with.cte[i];

		show_ident(s, &c->name);
		show_idents(s, c->column, c->ncolumn);
		text_adds(s->to, " (");
		show_query(s, c->query);
		text_addc(s->to, ')');
	}
	text_adds(s->to, " in ");
	show_query(s, q->input);
}

static void
show_query_node(struct show *s, const struct ast_query *q)
{
	static const char *const setop[] = { "union", "intersect", "except" };

	switch (q->kind) {
	case AST_SELECT:
		text_adds(s->to, "select");
		show_select(s, &q->u.select);
		break;
	case AST_SETOP:
		text_addf(s->to, "%s%s%s (", setop[q->u.setop.kind],
		    q->u.setop.all ? " all" : "",
		    q->u.setop.by_name ? " by name" : "");
		show_query(s, q->u.setop.right);
		text_addc(s->to, ')');
		break;
	case AST_ORDER:
	case AST_SORT:
		text_adds(s->to, q->kind == AST_SORT ? "sort" : "order");
		show_sorts(s, q->u.sort.key, q->u.sort.nkey);
		break;
	case AST_DISTRIBUTE:
	case AST_CLUSTER:
	case AST_EXTEND:
		text_adds(s->to, q->kind == AST_EXTEND ? "extend" :
		    q->kind == AST_CLUSTER ? "cluster" : "distribute");
		show_exprs(s, q->u.exprs.v, q->u.exprs.n);
		break;
	case AST_LIMIT:
	case AST_OFFSET:
		text_adds(s->to, q->kind == AST_LIMIT ? "limit" : "offset");
		show_part(s, "n", q->u.expr);
		break;
	default:
		assert(q->kind == AST_WINDOWS);
		text_adds(s->to, "windows");
		show_windows(s, &q->u.windows);
	}
}

static void
show_query(struct show *s, const struct ast_query *q)
{
	show_span(s, q->span);
	if (q->kind == AST_WITH) {
		show_with(s, q);
		return;
	}
	if (q->input) {
		show_query(s, q->input);
		text_adds(s->to, q->piped ? " | " : " .");
	}
	if (q->kind <= AST_SAMPLE)
		show_from_node(s, q);
	else if (q->kind <= AST_EXTEND)
		show_query_node(s, q);
	else
		show_stage_node(s, q);
}

/* The text parsed as an expression or a script of one query and shown, or
 * "!" and the error message.  The string lives in *to. */
__attribute__((unused)) static const char *
expr_shown(struct arena *a, struct text *to, const char *text)
{
	struct ast_expr *x;
	struct err e = { 0 };
	struct show s = { to, strlen(text) };

	text_clear(to);
	if (parse_expr_text(a, text, s.n, 0, NULL, &x, &e) < 0)
		text_addf(to, "!%s", e.text);
	else
		show_expr(&s, x);
	return text_str(to);
}

__attribute__((unused)) static const char *
query_shown(struct arena *a, struct text *to, const char *text)
{
	struct ast_script *script;
	struct err e = { 0 };
	struct show s = { to, strlen(text) };

	text_clear(to);
	if (parse_script(a, text, s.n, 0, NULL, &script, &e) < 0)
		text_addf(to, "!%s", e.text);
	else if (script->nstmt != 1 || script->stmt[0]->kind != STMT_QUERY)
		text_adds(to, "!no single query");
	else
		show_query(&s, script->stmt[0]->u.query);
	return text_str(to);
}

#endif
