/*
 * sql_show_table -- statements about tables and views, for tests (sql_show.h).
 */
#ifndef TESTS_SQL_SHOW_TABLE_H
#define TESTS_SQL_SHOW_TABLE_H

#include "sql_show_query.h"

static void
show_rest(struct show *s, const struct ast_query *q)
{
	if (!q)
		return;
	text_addc(s->to, ' ');
	show_query(s, q);
}

static void
show_view(struct show *s, const struct ast_view *v)
{
	text_adds(s->to, v->let ? "let" : "view");
	show_ident(s, &v->name);
	show_columns(s, v->column, v->ncolumn);
	text_addf(s->to, "%s%s%s", v->replace ? " replace" : "",
	    v->global ? " global" : "", v->if_not_exists ? " if-not" : "");
	if (v->source) {
		text_addf(s->to, " %s", v->source->format->name);
		show_options(s, v->source->option, v->source->noption);
	}
	show_rest(s, v->query);
}

static void
show_table(struct show *s, const struct ast_create_table *t)
{
	text_adds(s->to, "table ");
	show_name(s, &t->name);
	show_columns(s, t->column, t->ncolumn);
	if (t->format)
		text_addf(s->to, " %s", t->format->name);
	show_options(s, t->option, t->noption);
	if (t->npart)
		text_adds(s->to, " by");
	show_idents(s, t->part, t->npart);
	show_string(s, &t->location);
	text_addf(s->to, "%s%s", t->replace ? " replace" : "",
	    t->if_not_exists ? " if-not" : "");
	show_rest(s, t->query);
}

static void
show_insert(struct show *s, const struct ast_insert *v)
{
	text_addf(s->to, "insert%s ", v->overwrite ? " overwrite" : "");
	show_name(s, &v->table);
	text_addf(s->to, "%s%s", v->by_name ? " by-name" : "",
	    v->npart ? " part" : "");
	for (int i = 0; i < v->npart; i++) {
		show_ident(s, &v->part[i].key);
		if (v->part[i].value) {
			text_addc(s->to, '=');
			show_expr(s, v->part[i].value);
		}
	}
	text_adds(s->to, v->if_not_exists ? " if-not" : "");
	show_idents(s, v->column, v->ncolumn);
	show_rest(s, v->query);
}

static void
show_cache(struct show *s, const struct ast_stmt *v)
{
	text_addf(s->to, "%s%s%s", v->kind == STMT_CACHE ? "cache" : "uncache",
	    v->u.cache.lazy ? " lazy" : "", v->u.cache.if_exists ? " if" : "");
	if (v->u.cache.name.npart) {
		text_addc(s->to, ' ');
		show_name(s, &v->u.cache.name);
	}
	show_options(s, v->u.cache.option, v->u.cache.noption);
	show_rest(s, v->u.cache.query);
}

#endif
