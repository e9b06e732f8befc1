/*
 * parse_primary -- what operators join: names, brackets, case, cast, lambda,
 * and what may be put behind them: [index], .field, ::type.
 */
#include "sql/parser.h"

#include <string.h>

/* case [operand] when … then … [else …] end: behind case. */
static int
parse_case(struct parser *p, int first, struct ast_expr **out)
{
	struct ast_expr *operand = NULL, *other = NULL;
	struct ast_when *when = NULL;
	int n = 0, cap = 0;

	if (!at_word(p, 0, "when"))
		TRY(parse_expr(p, &operand));
	while (take_word(p, "when")) {
		ARENA_GROW(p->a, when, n, cap);
		TRY(parse_expr(p, &when[n].when));
		TRY(need_word(p, "then", "behind the condition of when"));
		TRY(parse_expr(p, &when[n].then));
		n++;
	}
	if (n == 0)
		return parse_expected(p, "'when' in case");
	if (take_word(p, "else"))
		TRY(parse_expr(p, &other));
	TRY(need_word(p, "end", "to close case"));
	*out = expr_new(p, AST_CASE, first);
	(*out)->u.cas.operand = operand;
	(*out)->u.cas.when = when;
	(*out)->u.cas.nwhen = n;
	(*out)->u.cas.other = other;
	return 0;
}

static struct ast_expr *
cast_new(struct parser *p, int first, struct ast_expr *x,
    const struct type *type, int try)
{
	struct ast_expr *c = expr_new(p, AST_CAST, first);

	c->u.cast.expr = x;
	c->u.cast.type = type;
	c->u.cast.try = try;
	return c;
}

/* cast(x as type), try_cast(x as type). */
static int
parse_cast(struct parser *p, struct ast_expr **out)
{
	int first = p->i, try = at_word(p, 0, "try_cast");
	const struct type *type;
	struct ast_expr *x;

	p->i += 2;
	p->bracket++;
	TRY(parse_expr(p, &x));
	TRY(need_word(p, "as", "and a type in cast"));
	TRY(parse_type(p, &type));
	p->bracket--;
	TRY(need_op(p, ")", "to close cast"));
	*out = cast_new(p, first, x, type, try);
	return 0;
}

static struct ast_expr *
subquery_new(struct parser *p, int first, enum ast_subquery_kind kind,
    struct ast_query *q)
{
	struct ast_expr *x = expr_new(p, AST_SUBQUERY, first);

	x->u.subquery.kind = kind;
	x->u.subquery.query = q;
	return x;
}

/* x -> e, (x, y) -> e: the parameters are next. */
static int
parse_lambda(struct parser *p, struct ast_expr **out)
{
	int first = p->i, n = 1;
	struct ast_ident *param;
	struct ast_expr *body;

	if (at_op(p, 0, "("))
		TRY(parse_idents(p, "a parameter", &param, &n));
	else {
		param = NEW(p->a, struct ast_ident);
		TRY(parse_ident(p, "a parameter", param));
	}
	TRY(need_op(p, "->", "behind the parameters"));
	TRY(parse_expr(p, &body));
	*out = expr_new(p, AST_LAMBDA, first);
	(*out)->u.lambda.param = param;
	(*out)->u.lambda.nparam = n;
	(*out)->u.lambda.body = body;
	return 0;
}

static int
at_lambda(const struct parser *p)
{
	int k = 1;

	if (at_name(p, 0))
		return at_op(p, 1, "->");
	if (!at_op(p, 0, "("))
		return 0;
	while (at_name(p, k) && at_op(p, k + 1, ","))
		k += 2;
	return at_name(p, k) && at_op(p, k + 1, ")") && at_op(p, k + 2, "->");
}

/* Behind "((query)" may follow "union (query))". */
static int
continue_query(struct parser *p, struct ast_expr *x)
{
	int bracket = p->bracket;

	if (!at_any(p, 0, "union intersect except minus setminus order limit "
	    "offset") && !at_op(p, 0, "|>"))
		return 0;
	p->bracket = 0;
	TRY(parse_query_rest(p, &x->u.subquery.query));
	p->bracket = bracket;
	return 0;
}

/* (query), (expr), (a, b), at the bracket. */
static int
parse_bracket(struct parser *p, struct ast_expr **out)
{
	int first = p->i;
	struct ast_exprs list;
	struct ast_query *q;

	if (word_query(p, 1)) {
		TRY(parse_subquery(p, "as an expression", &q));
		*out = subquery_new(p, first, SUB_SCALAR, q);
		return 0;
	}
	p->i++;
	p->bracket++;
	TRY(parse_list(p, parse_expr, &list));
	if (list.n == 1 && list.v[0]->kind == AST_SUBQUERY &&
	    list.v[0]->u.subquery.kind == SUB_SCALAR)
		TRY(continue_query(p, list.v[0]));
	p->bracket--;
	TRY(need_op(p, ")", "to close the bracket"));
	if (list.n == 1) {
		*out = list.v[0];
		return 0;
	}
	*out = expr_new(p, AST_ROW, first);
	(*out)->u.row.item = list.v;
	(*out)->u.row.nitem = list.n;
	return 0;
}

/* Does a function call stand ahead: a.b.f( ? */
static int
at_call(const struct parser *p)
{
	int k = 0;

	while (at_name(p, k) && at_op(p, k + 1, ".") && at_name(p, k + 2))
		k += 2;
	return at_op(p, k + 1, "(");
}

/* A word or quoted name is next. */
static int
parse_word(struct parser *p, struct ast_expr **out)
{
	int first = p->i;
	struct ast_query *q;

	if (at_word(p, 0, "case") && !at_op(p, 1, ".")) {
		p->i++;
		return parse_case(p, first, out);
	}
	if (at_lambda(p))
		return parse_lambda(p, out);
	if (at_op(p, 1, "(")) {
		if (at_any(p, 0, "cast try_cast"))
			return parse_cast(p, out);
		if (at_word(p, 0, "exists") && word_query(p, 2)) {
			p->i++;
			TRY(parse_subquery(p, "behind exists", &q));
			*out = subquery_new(p, first, SUB_EXISTS, q);
			return 0;
		}
		if (at_any(p, 0, "like ilike rlike"))
			return parse_call(p, out);
	}
	if (word_no_expr(p) || at_word(p, 0, "not"))
		return parse_expected(p, "an expression");
	if (at_call(p))
		return parse_call(p, out);
	*out = expr_new(p, AST_NAME, first);
	TRY(parse_name(p, "a name", &(*out)->u.name));
	(*out)->span = (*out)->u.name.span;
	return 0;
}

static int
parse_atom(struct parser *p, struct ast_expr **out)
{
	int first = p->i, r = parse_literal(p, out);

	if (r)
		return r < 0 ? r : 0;
	if (at_kind(p, 0, TOK_PARAM)) {
		const char *name = lex_name(p->a, p->text, tok_peek(p, 0));

		p->i++;
		*out = expr_new(p, AST_PARAM, first);
		(*out)->u.param.name = name;
		return 0;
	}
	if (at_name(p, 0))
		return parse_word(p, out);
	if (at_op(p, 0, "("))
		return at_lambda(p) ? parse_lambda(p, out) :
		    parse_bracket(p, out);
	parse_expected(p, "an expression");
	if (at_op(p, 0, ":") || at_op(p, 0, "?"))
		err_hint(p->e, "a parameter is written $name");
	return ERR_USER;
}

static int
parse_index(struct parser *p, int first, struct ast_expr **x)
{
	struct ast_expr *i, *base = *x;

	p->i++;
	p->bracket++;
	TRY(parse_value(p, &i));
	p->bracket--;
	TRY(need_op(p, "]", "to close the index"));
	*x = expr_new(p, AST_INDEX, first);
	(*x)->u.index.base = base;
	(*x)->u.index.index = i;
	return 0;
}

/* One of [index] .field ::type collate, or 0 when none is next. */
static int
parse_postfix(struct parser *p, int first, struct ast_expr **x)
{
	struct ast_expr *base = *x;
	const struct type *type;
	struct ast_name name;

	if (at_op(p, 0, "[")) {
		TRY(parse_index(p, first, x));
	} else if (take_op(p, ".")) {
		struct ast_ident field;

		TRY(parse_ident(p, "the name of a field behind '.'", &field));
		*x = expr_new(p, AST_FIELD, first);
		(*x)->u.field.base = base;
		(*x)->u.field.name = field;
	} else if (take_op(p, "::")) {
		TRY(parse_type(p, &type));
		*x = cast_new(p, first, base, type, 0);
	} else if (at_word(p, 0, "collate") && at_name(p, 1)) {
		int at = ++p->i;

		TRY(parse_name(p, "a collation", &name));
		*x = ast_call_new(p, "collate", first, 2, base, string_new(p,
		    arena_memdup(p->a, p->text + name.span.at,
		    (size_t)name.span.len), at), NULL);
	} else {
		return 0;
	}
	return 1;
}

int
parse_primary(struct parser *p, struct ast_expr **out)
{
	int first = p->i, r;

	TRY(parse_enter(p));
	TRY(parse_atom(p, out));
	while ((r = parse_postfix(p, first, out)) > 0)
		TRY(parse_link(p));
	parse_leave(p);
	return r;
}

/* *, t.*, a.b.*: how many tokens lie before the star, or -1 when none. */
static int
at_star(const struct parser *p)
{
	int k = 0;

	while (at_name(p, k) && at_op(p, k + 1, "."))
		k += 2;
	return at_op(p, k, "*") ? k : -1;
}

/* [t.]* [except (a, b.c)]: before the name, len tokens before the star. */
static int
parse_star(struct parser *p, int len, struct ast_expr **out)
{
	int first = p->i, cap = 0;
	struct ast_expr *x;
	struct ast_name of = { 0 };

	while (p->i < first + len) {
		ARENA_GROW(p->a, of.part, of.npart, cap);
		TRY(parse_ident(p, "a name", &of.part[of.npart++]));
		of.span = span_from(p, first);
		p->i++;
	}
	p->i++;
	x = *out = expr_new(p, AST_STAR, first);
	x->u.star.of = of;
	if (!at_word(p, 0, "except") || !at_op(p, 1, "(") || word_query(p, 2) ||
	    at_op(p, 2, "("))
		return 0;
	p->i += 2;
	cap = 0;
	do {
		ARENA_GROW(p->a, x->u.star.except, x->u.star.nexcept, cap);
		TRY(parse_name(p, "the name of a column",
		    &x->u.star.except[x->u.star.nexcept++]));
	} while (take_op(p, ","));
	TRY(need_op(p, ")", "to close the list of except"));
	x->span = span_from(p, first);
	return 0;
}

int
parse_alias_expr(struct parser *p, struct ast_expr **out)
{
	int first = p->i, star = at_star(p), n = 1;
	struct ast_expr *x;
	struct ast_ident *name;

	if (star >= 0)
		return parse_star(p, star, out);
	TRY(parse_expr(p, out));
	if (take_word(p, "as")) {
		if (at_op(p, 0, "(")) {
			TRY(parse_idents(p, "an alias", &name, &n));
		} else {
			name = NEW(p->a, struct ast_ident);
			TRY(parse_ident(p, "an alias behind as", name));
		}
	} else if (at_name(p, 0) && !word_no_alias(p)) {
		name = NEW(p->a, struct ast_ident);
		TRY(parse_ident(p, "an alias", name));
	} else {
		return 0;
	}
	x = expr_new(p, AST_ALIAS, first);
	x->u.alias.expr = *out;
	x->u.alias.name = name;
	x->u.alias.nname = n;
	*out = x;
	return 0;
}
