/*
 * sql_show_stmt -- whole scripts for tests (sql_show.h): statements with
 * "; " between them.
 */
#ifndef TESTS_SQL_SHOW_STMT_H
#define TESTS_SQL_SHOW_STMT_H

#include "sql_show_table.h"

static void show_stmt(struct show *s, const struct ast_stmt *v);

static void
show_stmts(struct show *s, struct ast_stmt *const *v, int n)
{
	for (int i = 0; i < n; i++) {
		text_adds(s->to, i ? "; " : "");
		show_stmt(s, v[i]);
	}
}

static void
show_set(struct show *s, const struct ast_stmt *v)
{
	text_adds(s->to, v->u.set.reset ? "reset" : "set");
	if (v->u.set.key) {
		show_span(s, v->u.set.key_span);
		text_addf(s->to, " %s", v->u.set.key);
	}
	if (v->u.set.value) {
		show_span(s, v->u.set.value_span);
		text_addf(s->to, "=%s", v->u.set.value);
	}
}

static void
show_def(struct show *s, const struct ast_def *d)
{
	text_adds(s->to, "def");
	show_ident(s, &d->name);
	show_columns(s, d->param, d->nparam);
	text_addf(s->to, " :%d", d->type->kind);
	if (d->body)
		show_exprs(s, &d->body, 1);
	show_string(s, &d->cmd);
}

static void
show_describe(struct show *s, const struct ast_stmt *v)
{
	text_addf(s->to, "describe %d%s ", v->u.describe.kind,
	    v->u.describe.extended ? " extended" : "");
	if (v->u.describe.query)
		show_query(s, v->u.describe.query);
	else
		show_name(s, &v->u.describe.name);
}

static void
show_repeat(struct show *s, const struct ast_repeat *r)
{
	text_adds(s->to, "repeat");
	show_exprs(s, &r->times, 1);
	show_part(s, "every", r->every);
	text_adds(s->to, " { ");
	show_stmts(s, r->stmt, r->nstmt);
	text_adds(s->to, r->nstmt ? " }" : "}");
}

static void
show_stmt(struct show *s, const struct ast_stmt *v)
{
	show_span(s, v->span);
	switch (v->kind) {
	case STMT_QUERY:
		text_adds(s->to, "query");
		show_rest(s, v->u.query);
		break;
	case STMT_LET: show_view(s, &v->u.view); break;
	case STMT_SET: show_set(s, v); break;
	case STMT_PARAM:
		text_adds(s->to, "param");
		show_ident(s, &v->u.param.name);
		text_addf(s->to, ":%d", v->u.param.type->kind);
		if (v->u.param.init)
			show_exprs(s, &v->u.param.init, 1);
		break;
	case STMT_INCLUDE:
		text_adds(s->to, "include");
		show_string(s, &v->u.include.path);
		break;
	case STMT_DEF: show_def(s, &v->u.def); break;
	case STMT_REPEAT: show_repeat(s, &v->u.repeat); break;
	case STMT_EXPLAIN:
		text_addf(s->to, "explain %d ", v->u.explain.mode);
		show_stmt(s, v->u.explain.stmt);
		break;
	case STMT_DESCRIBE: show_describe(s, v); break;
	case STMT_SHOW:
		text_addf(s->to, "show %d", v->u.show.kind);
		if (v->u.show.of.npart) {
			text_addc(s->to, ' ');
			show_name(s, &v->u.show.of);
		}
		show_string(s, &v->u.show.like);
		break;
	case STMT_CREATE_TABLE: show_table(s, &v->u.table); break;
	case STMT_DROP:
		text_addf(s->to, "drop %s%s ", v->u.drop.view ? "view" :
		    "table", v->u.drop.if_exists ? " if" : "");
		show_name(s, &v->u.drop.name);
		break;
	case STMT_CACHE:
	case STMT_UNCACHE: show_cache(s, v); break;
	case STMT_INSERT: show_insert(s, &v->u.insert); break;
	}
}

__attribute__((unused)) static const char *
script_shown(struct arena *a, struct text *to, const char *text)
{
	struct ast_script *script;
	struct err e = { 0 };
	struct show s = { to, strlen(text) };

	text_clear(to);
	if (parse_script(a, text, s.n, 0, NULL, &script, &e) < 0)
		text_addf(to, "!%s", e.text);
	else
		show_stmts(&s, script->stmt, script->nstmt);
	return text_str(to);
}

#endif
