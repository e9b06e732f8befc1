/*
 * parse_select -- the select block: hints, list, from, where, group by,
 * having, qualify, window; and the stage of the same name.
 */
#include "sql/parser.h"

#include <string.h>

/* NAME or NAME(a, b): one hint. */
static int
parse_hint(struct parser *p, struct ast_hint *h)
{
	int first = p->i;
	struct ast_ident name;
	struct ast_exprs arg = { 0 };

	TRY(parse_ident(p, "a hint", &name));
	if (take_op(p, "(")) {
		if (!at_op(p, 0, ")"))
			TRY(parse_list(p, parse_expr, &arg));
		TRY(need_op(p, ")", "to close the hint"));
	}
	*h = (struct ast_hint){ parse_lower(p, name.name), arg.v, arg.n,
	    span_from(p, first) };
	return 0;
}

static int
parse_hints(struct parser *p, struct ast_select *s)
{
	int cap = 0;

	while (take_op(p, "/*+")) {
		while (!at_op(p, 0, "*/")) {
			if (at_kind(p, 0, TOK_END))
				return parse_expected(p, "'*/' to close the hints");
			ARENA_GROW(p->a, s->hint, s->nhint, cap);
			TRY(parse_hint(p, &s->hint[s->nhint]));
			s->nhint++;
			take_op(p, ",");
		}
		p->i++;
	}
	return 0;
}

/* transform(a, b) using 'cmd' [as (x, y string)]: at the word. */
static int
parse_transform(struct parser *p, struct ast_transform **out)
{
	int first = p->i;
	struct ast_transform *t = *out = NEW(p->a, struct ast_transform);
	struct ast_exprs list = { 0 };

	p->i += 2;
	p->bracket++;
	TRY(parse_list(p, parse_alias_expr, &list));
	p->bracket--;
	TRY(need_op(p, ")", "to close transform"));
	t->expr = list.v;
	t->nexpr = list.n;
	if (at_any(p, 0, "row recordwriter"))
		return err_at(p->e, next_span(p),
		    "row formats of transform are not supported");
	TRY(need_word(p, "using", "and a command"));
	TRY(parse_string(p, "a command", &t->cmd));
	if (take_word(p, "as")) {
		if (at_op(p, 0, "("))
			TRY(parse_column_list(p, 0, &t->column, &t->ncolumn));
		else
			TRY(parse_columns(p, 0, &t->column, &t->ncolumn));
	}
	t->span = span_from(p, first);
	return 0;
}

/* Behind select: hints, distinct, the list. */
static int
parse_select_list(struct parser *p, struct ast_select *s)
{
	struct ast_exprs list;

	TRY(parse_hints(p, s));
	if (at_any(p, 0, "distinct all") && !at_op(p, 1, ",") &&
	    !at_op(p, 1, ".") && !at_any(p, 1, "from as")) {
		s->distinct = at_word(p, 0, "distinct");
		p->i++;
	}
	if (at_word(p, 0, "transform") && at_op(p, 1, "(")) {
		int k = 2, open = 1;

		/* The function transform(array, x -> …) has no "using". */
		for (; open && !at_kind(p, k, TOK_END); k++)
			open += at_op(p, k, "(") - at_op(p, k, ")");
		if (at_any(p, k, "using row recordwriter"))
			return parse_transform(p, &s->transform);
	}
	TRY(parse_list(p, parse_alias_expr, &list));
	s->item = list.v;
	s->nitem = list.n;
	return 0;
}

/* Elements of rollup (…), cube (…), grouping sets (…): at the bracket. */
static int
parse_group_sets(struct parser *p, enum ast_group_kind kind,
    struct ast_group *g)
{
	int cap = 0, kcap = 0;

	g->kind = kind;
	TRY(need_op(p, "(", "before the grouping columns"));
	TRY(parse_enter(p));
	p->bracket++;
	do {
		struct ast_expr *x;
		struct ast_exprs one = { 0 };

		if (kind == GROUP_SETS && (at_words(p, "grouping sets") ||
		    (at_any(p, 0, "rollup cube") && at_op(p, 1, "(")))) {
			ARENA_GROW(p->a, g->kid, g->nkid, kcap);
			g->kid[g->nkid] = (struct ast_group){ 0 };
			kind = at_word(p, 0, "rollup") ? GROUP_ROLLUP :
			    at_word(p, 0, "cube") ? GROUP_CUBE : GROUP_SETS;
			p->i += kind == GROUP_SETS ? 2 : 1;
			TRY(parse_group_sets(p, kind, &g->kid[g->nkid]));
			g->nkid++;
			kind = GROUP_SETS;
			continue;
		}
		ARENA_GROW(p->a, g->set, g->nset, cap);
		if (at_op(p, 0, "(") && at_op(p, 1, ")")) {
			p->i += 2;
		} else {
			TRY(parse_expr(p, &x));
			one.v = NEW(p->a, struct ast_expr *);
			one.v[0] = x;
			one.n = 1;
			if (x->kind == AST_ROW)
				one = (struct ast_exprs){ x->u.row.item,
				    x->u.row.nitem };
		}
		g->set[g->nset++] = one;
	} while (take_op(p, ","));
	p->bracket--;
	parse_leave(p);
	return need_op(p, ")", "to close the grouping columns");
}

static int
parse_group(struct parser *p, int aliases, struct ast_group *g)
{
	int first = p->i;

	*g = (struct ast_group){ 0 };
	if (take_words(p, "grouping sets")) {
		TRY(parse_group_sets(p, GROUP_SETS, g));
	} else if (at_any(p, 0, "rollup cube") && at_op(p, 1, "(")) {
		enum ast_group_kind kind = at_word(p, 0, "cube") ? GROUP_CUBE :
		    GROUP_ROLLUP;

		p->i++;
		TRY(parse_group_sets(p, kind, g));
	} else if (at_word(p, 0, "all") && !at_op(p, 1, "(") &&
	    !at_op(p, 1, ".")) {
		p->i++;
		g->kind = GROUP_ALL;
	} else {
		g->set = NEW(p->a, struct ast_exprs);
		g->set->v = NEW(p->a, struct ast_expr *);
		g->set->n = g->nset = 1;
		TRY(aliases ? parse_alias_expr(p, g->set->v) :
		    parse_expr(p, g->set->v));
	}
	g->span = span_from(p, first);
	return 0;
}

/* "a, b with rollup" is "rollup (a, b)". */
static struct ast_group *
group_with(struct parser *p, enum ast_group_kind kind, struct ast_group *v,
    int n)
{
	struct ast_group *g = NEW(p->a, struct ast_group);

	g->kind = kind;
	g->set = NEW_N(p->a, struct ast_exprs, n);
	for (int i = 0; i < n; i++)
		if (v[i].kind == GROUP_PLAIN)
			g->set[g->nset++] = v[i].set[0];
	g->span = v->span;
	return g;
}

int
parse_groups(struct parser *p, int aliases, struct ast_group **out, int *n)
{
	int cap = 0;
	struct ast_group *g;

	*out = NULL;
	*n = 0;
	do {
		ARENA_GROW(p->a, *out, *n, cap);
		TRY(parse_group(p, aliases, &(*out)[*n]));
		(*n)++;
	} while (take_op(p, ","));
	if (at_words(p, "with rollup") || at_words(p, "with cube")) {
		*out = group_with(p, at_word(p, 1, "cube") ? GROUP_CUBE :
		    GROUP_ROLLUP, *out, *n);
		*n = 1;
		p->i += 2;
	} else if (at_words(p, "grouping sets")) {
		g = NEW(p->a, struct ast_group);
		TRY(parse_group(p, 0, g));
		*out = g;
		*n = 1;
	}
	return 0;
}

static int
parse_group_by(struct parser *p, struct ast_select *s)
{
	if (s->ngroup)
		return parse_expected(p, "one group by only");
	p->i += 2;
	return parse_groups(p, 0, &s->group, &s->ngroup);
}

/* The clauses behind from, in their order. */
static int
parse_select_tail(struct parser *p, struct ast_select *s)
{
	if (take_word(p, "where"))
		TRY(parse_expr(p, &s->where));
	if (at_words(p, "group by"))
		TRY(parse_group_by(p, s));
	if (take_word(p, "having"))
		TRY(parse_expr(p, &s->having));
	if (at_word(p, 0, "window") && at_name(p, 1) && at_word(p, 2, "as")) {
		p->i++;
		TRY(parse_named_windows(p, &s->windows));
	}
	if (take_word(p, "qualify"))
		TRY(parse_expr(p, &s->qualify));
	if (!s->windows.n && take_word(p, "window"))
		TRY(parse_named_windows(p, &s->windows));
	return 0;
}

int
parse_select(struct parser *p, struct ast_query *from, struct ast_query **out)
{
	int first = p->i++;
	struct ast_select s = { 0 };

	TRY(parse_select_list(p, &s));
	if (!from && take_word(p, "from"))
		TRY(parse_from_list(p, 0, &from));
	if (!from)
		from = query_new(p, AST_ONE_ROW, first, 0, NULL);
	TRY(parse_select_tail(p, &s));
	*out = query_new(p, AST_SELECT, first, 0, from);
	(*out)->u.select = s;
	return 0;
}

int
parse_select_stage(struct parser *p, struct ast_query **q)
{
	int first = p->i++;
	struct ast_select s = { 0 };

	TRY(parse_select_list(p, &s));
	if (at_words(p, "group by")) {
		err_at(p->e, next_span(p),
		    "group by cannot follow the stage select");
		return err_hint(p->e, "use aggregate … group by …");
	}
	if (take_word(p, "window"))
		TRY(parse_named_windows(p, &s.windows));
	*q = query_new(p, AST_SELECT, first, 1, *q);
	(*q)->u.select = s;
	return 0;
}
