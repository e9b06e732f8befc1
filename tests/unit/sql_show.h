/*
 * sql_show -- a syntax tree as one line of brackets, for tests.
 *
 * (+ a 1) is a call, quoted text a string, (? …) what has no short form.
 * Every span is checked on the way: it must lie in the text.
 */
#ifndef TESTS_SQL_SHOW_H
#define TESTS_SQL_SHOW_H

#include <assert.h>

#include "base/text.h"
#include "sql/parse.h"

struct show {
	struct text *to;
	size_t n;               /* bytes of the job text */
};

static void show_expr(struct show *s, const struct ast_expr *x);
static void show_query(struct show *s, const struct ast_query *q);

static void
show_span(struct show *s, struct span at)
{
	assert(at.at >= 0 && at.len > 0);
	assert((size_t)at.at + (size_t)at.len <= s->n);
}

static void
show_ident(struct show *s, const struct ast_ident *v)
{
	assert(v->name != NULL);
	show_span(s, v->span);
	text_addf(s->to, " %s", v->name);
}

static void
show_idents(struct show *s, const struct ast_ident *v, int n)
{
	for (int i = 0; i < n; i++)
		show_ident(s, &v[i]);
}

static void
show_exprs(struct show *s, struct ast_expr *const *v, int n)
{
	for (int i = 0; i < n; i++) {
		text_addc(s->to, ' ');
		show_expr(s, v[i]);
	}
}

static void
show_part(struct show *s, const char *what, const struct ast_expr *x)
{
	if (x == NULL)
		return;
	text_addf(s->to, " %s ", what);
	show_expr(s, x);
}

static void
show_name(struct show *s, const struct ast_name *v)
{
	show_span(s, v->span);
	for (int i = 0; i < v->npart; i++)
		text_addf(s->to, "%s%s", i ? "." : "", v->part[i].name);
}

static void
show_sorts(struct show *s, const struct ast_sort *v, int n)
{
	static const char *const nulls[] = { "", " nulls-first", " nulls-last" };

	for (int i = 0; i < n; i++) {
		show_span(s, v[i].span);
		text_adds(s->to, v[i].desc ? " desc:" : " asc:");
		show_expr(s, v[i].expr);
		text_adds(s->to, nulls[v[i].nulls]);
	}
}

static void
show_bound(struct show *s, const struct ast_bound *b)
{
	static const char *const names[] = {
		"start", "preceding", "current", "following", "end"
	};

	text_addf(s->to, " %s", names[b->kind]);
	if (b->expr) {
		text_addc(s->to, ':');
		show_expr(s, b->expr);
	}
}

static void
show_window(struct show *s, const struct ast_window *w)
{
	show_span(s, w->span);
	text_adds(s->to, "(window");
	if (w->name)
		show_ident(s, w->name);
	show_exprs(s, w->part, w->npart);
	show_sorts(s, w->sort, w->nsort);
	if (w->frame) {
		text_adds(s->to, w->frame->unit == FRAME_ROWS ? " rows" :
		    " range");
		show_bound(s, &w->frame->lo);
		show_bound(s, &w->frame->hi);
	}
	text_addc(s->to, ')');
}

static void
show_lit(struct show *s, const struct ast_lit *v)
{
	static const char *const tag[] = {
		"", "", "", "", "i8:", "i16:", "i64:", "f32:", "f64:", "dec:",
		"", "bin:", "date:", "ts:", "tsntz:", "tsltz:"
	};

	text_adds(s->to, tag[v->kind]);
	if (v->kind < LIT_STR)
		text_adds(s->to, v->p);
	else
		text_add_quoted(s->to, v->p, (size_t)v->n);
}

#endif
