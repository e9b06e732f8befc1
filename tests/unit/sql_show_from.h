/*
 * sql_show_from -- sources, joins and the rest of FROM, for tests (sql_show.h).
 */
#ifndef TESTS_SQL_SHOW_FROM_H
#define TESTS_SQL_SHOW_FROM_H

#include "sql_show_expr.h"

static void
show_string(struct show *s, const struct ast_string *v)
{
	if (!v->p)
		return;
	show_span(s, v->span);
	text_addc(s->to, ' ');
	text_add_quoted(s->to, v->p, (size_t)v->n);
}

static void
show_options(struct show *s, const struct ast_option *v, int n)
{
	for (int i = 0; i < n; i++) {
		show_span(s, v[i].key_span);
		text_addf(s->to, " %s=%.*s", v[i].key, v[i].value.n,
		    v[i].value.p);
	}
}

static void
show_columns(struct show *s, const struct ast_column *v, int n)
{
	for (int i = 0; i < n; i++) {
		show_ident(s, &v[i].name);
		if (v[i].type)
			text_addf(s->to, ":%d", v[i].type->kind);
		if (v[i].not_null)
			text_addc(s->to, '!');
	}
}

static void
show_source(struct show *s, const struct ast_source *v)
{
	static const char *const kind[] = { "files", "stdin", "cmd" };
	static const char *const bad[] = { "", "fail", "null", "drop", "keep" };

	text_adds(s->to, kind[v->kind]);
	for (int i = 0; i < v->npath; i++)
		show_string(s, &v->path[i]);
	show_columns(s, v->column, v->ncolumn);
	if (v->format)
		text_addf(s->to, " %s", v->format->name);
	show_options(s, v->option, v->noption);
	if (v->on_error)
		text_addf(s->to, " bad:%s", bad[v->on_error]);
	show_string(s, &v->quarantine);
}

static void
show_join(struct show *s, const struct ast_join *j)
{
	static const char *const kind[] = {
		"inner", "left", "right", "full", "semi", "anti", "cross",
		"comma"
	};

	show_span(s, j->kind_span);
	text_addf(s->to, " %s%s%s (", kind[j->kind],
	    j->natural ? " natural" : "", j->broadcast ? " broadcast" : "");
	show_query(s, j->right);
	text_addc(s->to, ')');
	show_part(s, "on", j->on);
	if (j->ncolumn)
		text_adds(s->to, " using");
	show_idents(s, j->column, j->ncolumn);
}

static void
show_pivot(struct show *s, const struct ast_pivot *v)
{
	show_exprs(s, v->agg, v->nagg);
	for (int i = 0; i < v->ncolumn; i++) {
		text_adds(s->to, i ? "," : " for ");
		show_name(s, &v->column[i]);
	}
	for (int i = 0; i < v->nvalue; i++) {
		text_addc(s->to, ' ');
		show_expr(s, v->value[i].expr);
		if (v->value[i].alias)
			text_addf(s->to, ":%s", v->value[i].alias->name);
	}
}

static void
show_unpivot(struct show *s, const struct ast_unpivot *v)
{
	if (v->include_nulls)
		text_adds(s->to, " nulls");
	show_idents(s, v->value, v->nvalue);
	text_adds(s->to, " for");
	show_ident(s, &v->name);
	for (int i = 0; i < v->ngroup; i++) {
		text_adds(s->to, " [");
		for (int k = 0; k < v->group[i].ncolumn; k++) {
			text_adds(s->to, k ? " " : "");
			show_name(s, &v->group[i].column[k]);
		}
		text_addf(s->to, "]%s%s", v->group[i].alias ? ":" : "",
		    v->group[i].alias ? v->group[i].alias->name : "");
	}
}

static void
show_from_node(struct show *s, const struct ast_query *q)
{
	switch (q->kind) {
	case AST_TABLE:
		show_name(s, &q->u.table.name);
		show_options(s, q->u.table.option, q->u.table.noption);
		break;
	case AST_SOURCE: show_source(s, &q->u.source); break;
	case AST_TABLE_FN: show_expr(s, q->u.expr); break;
	case AST_ONE_ROW: text_adds(s->to, "one"); break;
	case AST_VALUES:
		text_adds(s->to, "values");
		for (int i = 0; i < q->u.values.nrow; i++) {
			text_adds(s->to, i ? "," : "");
			show_exprs(s, q->u.values.row[i].v,
			    q->u.values.row[i].n);
		}
		break;
	case AST_AS:
		text_adds(s->to, "as");
		show_ident(s, &q->u.as.name);
		show_idents(s, q->u.as.column, q->u.as.ncolumn);
		break;
	case AST_JOIN:
		text_adds(s->to, "join");
		show_join(s, &q->u.join);
		break;
	case AST_LATERAL: text_adds(s->to, "lateral"); break;
	case AST_VIEW:
		text_adds(s->to, q->u.view.outer ? "view outer " : "view ");
		show_expr(s, q->u.view.call);
		if (q->u.view.table.name)
			show_ident(s, &q->u.view.table);
		text_addc(s->to, ':');
		show_idents(s, q->u.view.column, q->u.view.ncolumn);
		break;
	case AST_PIVOT:
		text_adds(s->to, "pivot");
		show_pivot(s, &q->u.pivot);
		break;
	case AST_UNPIVOT:
		text_adds(s->to, "unpivot");
		show_unpivot(s, &q->u.unpivot);
		break;
	default: {
		static const char *const kind[] = {
			"percent", "rows", "bucket", "bytes"
		};

		assert(q->kind == AST_SAMPLE);
		text_addf(s->to, "sample %s", kind[q->u.sample.kind]);
		show_part(s, "n", q->u.sample.n);
		show_part(s, "of", q->u.sample.of);
		show_part(s, "seed", q->u.sample.seed);
	}
	}
}

#endif
