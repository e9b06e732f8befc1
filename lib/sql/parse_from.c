/*
 * parse_from -- tables and what joins them.
 *
 * A bracket in a FROM list may hold a query or tables; the words behind it
 * decide, and "((query) union (query))" is found by going on as a query
 * when a set operation follows.
 */
#include "sql/parser.h"

#include <string.h>

static int parse_table(struct parser *p, int head, struct ast_query **out);

int
parse_values(struct parser *p, struct ast_query **out)
{
	int first = p->i++, n;
	struct ast_exprs list, *row;

	TRY(parse_list(p, parse_expr, &list));
	row = NEW_N(p->a, struct ast_exprs, list.n);
	for (n = 0; n < list.n; n++) {
		struct ast_expr *x = list.v[n];

		if (x->kind == AST_ROW)
			row[n] = (struct ast_exprs){ x->u.row.item,
			    x->u.row.nitem };
		else
			row[n] = (struct ast_exprs){ &list.v[n], 1 };
		if (row[n].n != row[0].n)
			return err_at(p->e, x->span,
			    "row %d of values has %d columns, the first has %d",
			    n + 1, row[n].n, row[0].n);
	}
	*out = query_new(p, AST_VALUES, first, 0, NULL);
	(*out)->u.values.row = row;
	(*out)->u.values.nrow = n;
	return 0;
}

int
parse_as(struct parser *p, int first, int piped, const char *what,
    struct ast_query **q)
{
	struct ast_query *x = query_new(p, AST_AS, first, piped, *q);

	TRY(parse_ident(p, what, &x->u.as.name));
	if (at_op(p, 0, "("))
		TRY(parse_idents(p, "the name of a column", &x->u.as.column,
		    &x->u.as.ncolumn));
	query_end(p, x, first);
	*q = x;
	return 0;
}

/* [as] t [(a, b)] behind *q, if there. */
static int
parse_table_alias(struct parser *p, struct ast_query **q)
{
	int first = p->i, as = take_word(p, "as");

	if (!as && (!at_name(p, 0) || word_no_alias(p)))
		return 0;
	return parse_as(p, first, 0, "an alias behind as", q);
}

/* ( … ) in a FROM list. */
static int
parse_table_bracket(struct parser *p, struct ast_query **out)
{
	int bracket = p->bracket, message = p->message;

	p->i++;
	p->bracket = 0;
	p->message = 0;
	TRY(parse_enter(p));
	if (word_query(p, 0)) {
		TRY(parse_query(p, out));
	} else {
		TRY(parse_relation(p, 0, out));
		TRY(parse_query_rest(p, out));
	}
	parse_leave(p);
	p->bracket = bracket;
	p->message = message;
	return need_op(p, ")", "to close the bracket, or a stage");
}

/* A named table, or a table function: a name is next. */
static int
parse_table_name(struct parser *p, struct ast_query **out)
{
	int first = p->i, k = 0;

	while (at_name(p, k) && at_op(p, k + 1, ".") && at_name(p, k + 2))
		k += 2;
	if (at_op(p, k + 1, "(")) {
		*out = query_new(p, AST_TABLE_FN, first, 0, NULL);
		TRY(parse_call(p, &(*out)->u.expr));
		query_end(p, *out, first);
		return 0;
	}
	*out = query_new(p, AST_TABLE, first, 0, NULL);
	TRY(parse_name(p, "a table", &(*out)->u.table.name));
	if (at_any(p, 0, "version timestamp system_version system_time for") &&
	    (at_word(p, 1, "as") || at_any(p, 1, "version timestamp "
	    "system_version system_time")) && at_any(p, 2, "of as"))
		return err_at(p->e, next_span(p),
		    "reading an old version of a table is not supported");
	if (at_word(p, 0, "with") && at_op(p, 1, "(")) {
		p->i++;
		TRY(parse_option_list(p, &(*out)->u.table.option,
		    &(*out)->u.table.noption));
	}
	query_end(p, *out, first);
	return 0;
}

/* lateral (query), lateral f(x): at the word. */
static int
parse_lateral(struct parser *p, struct ast_query **out)
{
	int first = p->i++;
	struct ast_query *x;

	if (!at_op(p, 0, "(") && !(at_name(p, 0) && at_op(p, 1, "(")))
		return parse_expected(p, "a query in brackets or a table "
		    "function behind lateral");
	if (at_op(p, 0, "("))
		TRY(parse_table_bracket(p, &x));
	else
		TRY(parse_table_name(p, &x));
	*out = query_new(p, AST_LATERAL, first, 0, x);
	return 0;
}

/* One table with its sample and alias; no joins. */
static int
parse_table(struct parser *p, int head, struct ast_query **out)
{
	if (at_word(p, 0, "lateral") && !at_word(p, 1, "view"))
		TRY(parse_lateral(p, out));
	else if (at_source(p))
		TRY(parse_source(p, head, out));
	else if (at_op(p, 0, "("))
		TRY(parse_table_bracket(p, out));
	else if (at_word(p, 0, "values") && word_query(p, 0))
		TRY(parse_values(p, out));
	else if (at_name(p, 0) && !word_no_alias(p))
		TRY(parse_table_name(p, out));
	else
		return parse_expected(p, "a table, a path or a query in "
		    "brackets");
	if (at_word(p, 0, "tablesample"))
		TRY(parse_sample(p, 0, out));
	TRY(parse_table_alias(p, out));
	if (at_word(p, 0, "tablesample"))
		TRY(parse_sample(p, 0, out));
	return 0;
}

static const struct join_words {
	const char *words;      /* longest first */
	enum ast_join_kind kind;
} join_words[] = {
	{ "left outer join", AST_JOIN_LEFT }, { "left semi join", AST_JOIN_SEMI },
	{ "left anti join", AST_JOIN_ANTI }, { "left join", AST_JOIN_LEFT },
	{ "right outer join", AST_JOIN_RIGHT }, { "right join", AST_JOIN_RIGHT },
	{ "full outer join", AST_JOIN_FULL }, { "full join", AST_JOIN_FULL },
	{ "semi join", AST_JOIN_SEMI }, { "anti join", AST_JOIN_ANTI },
	{ "cross join", AST_JOIN_CROSS }, { "inner join", AST_JOIN_INNER },
	{ "join", AST_JOIN_INNER },
};

/* on x, using (a, b), or nothing. */
static int
parse_join_on(struct parser *p, struct ast_join *j)
{
	if (j->natural && at_any(p, 0, "on using"))
		return err_at(p->e, next_span(p),
		    "a natural join takes no '%s'",
		    at_word(p, 0, "on") ? "on" : "using");
	if (take_word(p, "on"))
		return parse_expr(p, &j->on);
	if (take_word(p, "using"))
		return parse_idents(p, "the name of a column", &j->column,
		    &j->ncolumn);
	return 0;
}

/* join …: 1 when there was one. */
static int
parse_join(struct parser *p, int piped, struct ast_query **q)
{
	int first = p->i, chain = p->chain;
	struct ast_join j = { .natural = take_word(p, "natural") };
	size_t k, n = sizeof join_words / sizeof *join_words;

	for (k = 0; k < n && !take_words(p, join_words[k].words); )
		k++;
	if (k == n && !j.natural && !(piped && at_any(p, 0,
	    "left right full inner cross semi anti")))
		return 0;
	if (k == n) {
		if (!j.natural)
			p->i++;
		return parse_expected(p, "'join'");
	}
	j.kind = join_words[k].kind;
	j.kind_span = span_from(p, first);
	if (at_word(p, 0, "broadcast") && (at_kind(p, 1, TOK_STRING) ||
	    at_op(p, 1, "(") || at_kind(p, 1, TOK_QUOTED) ||
	    (at_kind(p, 1, TOK_WORD) && !at_any(p, 1, "on using as join")))) {
		j.broadcast = 1;
		p->i++;
	}
	p->chain = 0;
	TRY(parse_table(p, 0, &j.right));
	TRY(parse_join_on(p, &j));
	TRY(parse_join_chain(p, chain));
	*q = query_new(p, AST_JOIN, first, piped, *q);
	(*q)->u.join = j;
	return 1;
}

/* lateral view [outer] f(x) [t] [as a, b]: at lateral. */
static int
parse_view(struct parser *p, int piped, struct ast_query **q)
{
	int first = p->i;
	struct ast_query *v = query_new(p, AST_VIEW, first, piped, *q);

	p->i += 2;
	v->u.view.outer = take_word(p, "outer");
	if (!at_name(p, 0))
		return parse_expected(p, "a function behind lateral view");
	TRY(parse_call(p, &v->u.view.call));
	if (at_name(p, 0) && !word_no_alias(p))
		TRY(parse_ident(p, "a name", &v->u.view.table));
	if (take_word(p, "as") || (v->u.view.table.name && at_name(p, 0) &&
	    !word_no_alias(p))) {
		if (at_op(p, 0, "("))
			TRY(parse_idents(p, "the name of a column",
			    &v->u.view.column, &v->u.view.ncolumn));
		else
			TRY(parse_ident_list(p, "the name of a column",
			    &v->u.view.column, &v->u.view.ncolumn));
	}
	query_end(p, v, first);
	*q = v;
	return parse_link(p) < 0 ? ERR_USER : 1;
}

int
parse_from_step(struct parser *p, int piped, struct ast_query **q)
{
	if (at_words(p, "lateral view"))
		return parse_view(p, piped, q);
	if (at_word(p, 0, "pivot") && at_op(p, 1, "("))
		return parse_pivot(p, piped, q);
	if (at_word(p, 0, "unpivot"))
		return parse_unpivot(p, piped, q);
	return parse_join(p, piped, q);
}

int
parse_relation(struct parser *p, int head, struct ast_query **out)
{
	int r;

	TRY(parse_enter(p));
	TRY(parse_table(p, head, out));
	while (!at_words(p, "lateral view")) {
		TRY(r = parse_from_step(p, 0, out));
		if (!r)
			break;
		if ((*out)->kind == AST_PIVOT || (*out)->kind == AST_UNPIVOT)
			TRY(parse_table_alias(p, out));
	}
	parse_leave(p);
	return 0;
}

int
parse_from_list(struct parser *p, int head, struct ast_query **out)
{
	int r;

	TRY(parse_relation(p, head, out));
	while (at_op(p, 0, ",")) {
		int first = p->i++, chain = p->chain;
		struct ast_join j = { .kind = AST_JOIN_COMMA };

		j.kind_span = tok_span(p, first);
		p->chain = 0;
		TRY(parse_relation(p, 0, &j.right));
		TRY(parse_join_chain(p, chain));
		*out = query_new(p, AST_JOIN, first, 0, *out);
		(*out)->u.join = j;
	}
	do
		TRY(r = parse_from_step(p, 0, out));
	while (r);
	return 0;
}
