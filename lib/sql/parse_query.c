/*
 * parse_query -- queries as wholes: with, set operations, the clauses behind
 * them, and the loop over stages.
 *
 *   query   := [with …] terms { clause | stage }
 *   terms   := left-associative union/except of intersections of primaries
 *   primary := select … | from … [select …] | table t | values … | ( query )
 */
#include "sql/parser.h"

struct ast_query *
query_new(struct parser *p, enum ast_query_kind kind, int first, int piped,
    struct ast_query *input)
{
	struct ast_query *q = NEW(p->a, struct ast_query);

	q->kind = kind;
	q->piped = piped;
	q->input = input;
	q->span = span_from(p, first);
	return q;
}

void
query_end(struct parser *p, struct ast_query *q, int first)
{
	q->span = span_from(p, first);
}

int
parse_subquery(struct parser *p, const char *why, struct ast_query **out)
{
	int bracket = p->bracket, message = p->message;

	TRY(need_op(p, "(", why));
	p->bracket = 0;
	p->message = 0;
	TRY(parse_query(p, out));
	p->bracket = bracket;
	p->message = message;
	return need_op(p, ")", "to close the query, or a stage");
}

static int
parse_cte(struct parser *p, struct ast_cte *c)
{
	*c = (struct ast_cte){ 0 };
	TRY(parse_ident(p, "a name behind with", &c->name));
	if (at_op(p, 0, "("))
		TRY(parse_idents(p, "the name of a column", &c->column,
		    &c->ncolumn));
	TRY(need_word(p, "as", "behind the name of the query"));
	return parse_subquery(p, "and the query", &c->query);
}

int
parse_with(struct parser *p, struct ast_query **out)
{
	int first = p->i++, cap = 0, recursive = 0;
	struct ast_cte *cte = NULL;
	int n = 0;

	if (at_word(p, 0, "recursive") && !at_word(p, 1, "as")) {
		p->i++;
		recursive = 1;
	}
	do {
		ARENA_GROW(p->a, cte, n, cap);
		TRY(parse_cte(p, &cte[n]));
		n++;
	} while (take_op(p, ","));
	*out = query_new(p, AST_WITH, first, 0, NULL);
	(*out)->u.with.cte = cte;
	(*out)->u.with.ncte = n;
	(*out)->u.with.recursive = recursive;
	return 0;
}

/* from …, and the select of "from t select a" if it follows. */
static int
parse_from_head(struct parser *p, struct ast_query **out)
{
	p->i++;
	TRY(parse_from_list(p, 1, out));
	if (at_word(p, 0, "select"))
		return parse_select(p, *out, out);
	if (at_word(p, 0, "insert"))
		return err_at(p->e, next_span(p),
		    "several inserts from one 'from' are not supported");
	return 0;
}

static int
parse_table_head(struct parser *p, struct ast_query **out)
{
	int first = p->i++;

	*out = query_new(p, AST_TABLE, first, 0, NULL);
	TRY(parse_name(p, "the name of a table", &(*out)->u.table.name));
	query_end(p, *out, first);
	return 0;
}

int
parse_query_primary(struct parser *p, struct ast_query **out)
{
	TRY(parse_enter(p));
	if (at_word(p, 0, "select"))
		TRY(parse_select(p, NULL, out));
	else if (at_word(p, 0, "from"))
		TRY(parse_from_head(p, out));
	else if (at_word(p, 0, "values"))
		TRY(parse_values(p, out));
	else if (at_word(p, 0, "table"))
		TRY(parse_table_head(p, out));
	else if (at_op(p, 0, "("))
		TRY(parse_subquery(p, NULL, out));
	else
		return parse_expected(p, "a query (select, from, values, table "
		    "or a bracket)");
	parse_leave(p);
	return 0;
}

static const struct setop_word {
	const char *word;
	enum ast_setop_kind kind;
} setop_words[] = {
	{ "union", SET_UNION }, { "intersect", SET_INTERSECT },
	{ "except", SET_EXCEPT }, { "minus", SET_EXCEPT },
	{ "setminus", SET_EXCEPT },
};

/* intersect binds closer than union and except. */
static int
parse_intersect(struct parser *p, struct ast_query **q)
{
	while (at_word(p, 0, "intersect"))
		TRY(parse_setop(p, 0, q));
	return 0;
}

int
parse_setop(struct parser *p, int piped, struct ast_query **q)
{
	int first = p->i, chain = p->chain;
	struct ast_setop s = { 0 };
	size_t k = 0;

	while (!at_word(p, 0, setop_words[k].word))
		k++;
	p->i++;
	s.kind = setop_words[k].kind;
	if (take_word(p, "all"))
		s.all = 1;
	else
		take_word(p, "distinct");
	if (take_words(p, "by name"))
		s.by_name = 1;
	p->chain = 0;
	TRY(parse_query_primary(p, &s.right));
	if (!piped && s.kind != SET_INTERSECT)
		TRY(parse_intersect(p, &s.right));
	TRY(parse_join_chain(p, chain));
	*q = query_new(p, AST_SETOP, first, piped, *q);
	(*q)->u.setop = s;
	return 0;
}

static int
parse_terms(struct parser *p, struct ast_query **q)
{
	TRY(parse_intersect(p, q));
	while (at_any(p, 0, "union except minus setminus"))
		TRY(parse_setop(p, 0, q));
	return 0;
}

static int
parse_limit(struct parser *p, int piped, struct ast_query **q)
{
	int first = p->i, limit = at_word(p, 0, "limit");
	struct ast_expr *x = NULL;

	p->i++;
	if (!limit || !take_word(p, "all"))
		TRY(parse_expr(p, &x));
	*q = query_new(p, limit ? AST_LIMIT : AST_OFFSET, first, piped, *q);
	(*q)->u.expr = x;
	return 1;
}

static int
parse_keys(struct parser *p, int piped, enum ast_query_kind kind,
    struct ast_query **q)
{
	int first = p->i;
	struct ast_exprs list = { 0 };
	struct ast_sort *key = NULL;
	int nkey = 0;

	p->i += 2;
	if (kind == AST_ORDER || kind == AST_SORT)
		TRY(parse_sorts(p, &key, &nkey));
	else
		TRY(parse_list(p, parse_expr, &list));
	*q = query_new(p, kind, first, piped, *q);
	if (key) {
		(*q)->u.sort.key = key;
		(*q)->u.sort.nkey = nkey;
	} else {
		(*q)->u.exprs = list;
	}
	return 1;
}

int
parse_clause(struct parser *p, int piped, struct ast_query **q)
{
	static const struct { const char *word; enum ast_query_kind kind; } by[] = {
		{ "order", AST_ORDER }, { "sort", AST_SORT },
		{ "distribute", AST_DISTRIBUTE }, { "cluster", AST_CLUSTER },
	};
	struct ast_windows windows;
	int first = p->i;

	for (int i = 0; i < 4; i++)
		if (at_word(p, 0, by[i].word) && at_word(p, 1, "by"))
			return parse_keys(p, piped, by[i].kind, q);
	if (at_any(p, 0, "limit offset"))
		return parse_limit(p, piped, q);
	if (!take_word(p, "window"))
		return 0;
	TRY(parse_named_windows(p, &windows));
	*q = query_new(p, AST_WINDOWS, first, piped, *q);
	(*q)->u.windows = windows;
	return 1;
}

/* A '|' or '|>' that begins no stage. */
static int
unknown_stage(struct parser *p)
{
	p->i++;
	if (!at_kind(p, 0, TOK_WORD))
		return parse_expected(p, "a stage");
	err_at(p->e, next_span(p), "unknown stage '%s'",
	    lex_name(p->a, p->text, tok_peek(p, 0)));
	hint_stage(p, lex_name(p->a, p->text, tok_peek(p, 0)));
	return ERR_USER;
}

int
parse_query_rest(struct parser *p, struct ast_query **q)
{
	int r;

	TRY(parse_terms(p, q));
	for (;;) {
		if (at_stage(p)) {
			if ((*q)->kind == AST_WRITE) {
				err_at(p->e, next_span(p),
				    "no stage can follow write");
				return err_hint(p->e, "use tee for an output "
				    "in the middle of a pipeline");
			}
			TRY(parse_link(p));
			TRY(parse_stage(p, q));
			continue;
		}
		if (at_op(p, 0, "|"))
			return unknown_stage(p);
		TRY(r = parse_clause(p, (*q)->piped, q));
		if (!r)
			return 0;
		TRY(parse_link(p));
	}
}

int
parse_query(struct parser *p, struct ast_query **out)
{
	struct ast_query *with = NULL;

	TRY(parse_enter(p));
	if (at_word(p, 0, "with"))
		TRY(parse_with(p, &with));
	TRY(parse_query_primary(p, out));
	TRY(parse_query_rest(p, out));
	parse_leave(p);
	if (with) {
		with->input = *out;
		*out = with;
	}
	return 0;
}
