/*
 * parse_call -- name(…) and all that SQL lets follow it.
 *
 * The functions with words between their arguments (extract, position,
 * substring, overlay, trim) become plain calls; ast_expr.h lists how.
 */
#include "sql/parser.h"

#include <string.h>

struct args {                   /* a growing argument list */
	struct ast_expr **v;
	int n, cap;
};

static void
push(struct parser *p, struct args *args, struct ast_expr *x)
{
	ARENA_GROW(p->a, args->v, args->n, args->cap);
	args->v[args->n++] = x;
}

static int
parse_arg(struct parser *p, struct ast_expr **out)
{
	int first = p->i;
	struct ast_ident name;
	struct ast_expr *x;

	if (at_name(p, 0) && at_op(p, 1, "=>")) {
		TRY(parse_ident(p, "a name", &name));
		p->i++;
		TRY(parse_expr(p, &x));
		*out = expr_new(p, AST_NAMED_ARG, first);
		(*out)->u.named.name = name;
		(*out)->u.named.expr = x;
		return 0;
	}
	return parse_expr(p, out);
}

/* *, t.*, or an argument; aliases only where struct() takes them. */
static int
parse_arg_star(struct parser *p, struct ast_expr **out)
{
	int k = 0;

	while (at_name(p, k) && at_op(p, k + 1, "."))
		k += 2;
	return at_op(p, k, "*") ? parse_alias_expr(p, out) : parse_arg(p, out);
}

/* extract(year from x): at the field. */
static int
parse_extract(struct parser *p, struct args *args)
{
	int first = p->i;
	struct ast_expr *x;
	struct ast_string s;

	if (!(at_name(p, 0) || at_kind(p, 0, TOK_STRING)) ||
	    !at_word(p, 1, "from"))
		return 0;
	if (at_kind(p, 0, TOK_STRING))
		TRY(parse_string(p, "a field", &s));
	else
		s.p = lex_name(p->a, p->text, &p->tok[p->i++]);
	push(p, args, string_new(p, parse_lower(p, s.p), first));
	p->i++;
	TRY(parse_expr(p, &x));
	push(p, args, x);
	return 1;
}

/* position(a in b): the first argument cannot be a predicate. */
static int
parse_position(struct parser *p, struct args *args)
{
	struct ast_expr *x;

	TRY(parse_value(p, &x));
	push(p, args, x);
	if (take_word(p, "in")) {
		TRY(parse_expr(p, &x));
		push(p, args, x);
	}
	return 1;
}

/* substring(x from a [for b]), overlay(x placing y from a [for b]). */
static int
parse_from_for(struct parser *p, struct args *args)
{
	struct ast_expr *x;

	TRY(parse_expr(p, &x));
	push(p, args, x);
	if (take_word(p, "placing")) {
		TRY(parse_expr(p, &x));
		push(p, args, x);
	}
	if (take_word(p, "from")) {
		TRY(parse_expr(p, &x));
		push(p, args, x);
	}
	if (take_word(p, "for")) {
		TRY(parse_expr(p, &x));
		push(p, args, x);
	}
	return 1;
}

/* trim([both | leading | trailing] [chars] from x); sets the name. */
static int
parse_trim(struct parser *p, struct args *args, const char **name)
{
	static const char *const how[][2] = {
		{ "both", "btrim" }, { "leading", "ltrim" },
		{ "trailing", "rtrim" },
	};
	const char *side = NULL;
	struct ast_expr *chars = NULL, *x;

	for (int i = 0; i < 3; i++)
		if (at_word(p, 0, how[i][0]) && !at_op(p, 1, ")") &&
		    !at_op(p, 1, ",") && !at_op(p, 1, ".")) {
			side = how[i][1];
			p->i++;
			break;
		}
	if (!at_word(p, 0, "from"))
		TRY(parse_expr(p, &chars));
	if (!side && !at_word(p, 0, "from")) {
		push(p, args, chars);           /* trim(x) */
		return 1;
	}
	TRY(need_word(p, "from", "and a string in trim"));
	TRY(parse_expr(p, &x));
	*name = side ? side : "btrim";
	push(p, args, x);
	if (chars)
		push(p, args, chars);
	return 1;
}

/* The first arguments of a form with words inside: 1 when it was one. */
static int
parse_form(struct parser *p, const char **name, struct args *args)
{
	if (strcmp(*name, "extract") == 0)
		return parse_extract(p, args);
	if (strcmp(*name, "position") == 0)
		return parse_position(p, args);
	if (strcmp(*name, "substring") == 0 || strcmp(*name, "substr") == 0 ||
	    strcmp(*name, "overlay") == 0)
		return parse_from_for(p, args);
	if (strcmp(*name, "trim") == 0)
		return parse_trim(p, args, name);
	return 0;
}

/* ignore nulls, respect nulls: 1, -1, 0. */
static int
parse_nulls(struct parser *p)
{
	if (take_words(p, "ignore nulls"))
		return 1;
	return take_words(p, "respect nulls") ? -1 : 0;
}

/* Behind '(' up to and with ')'. */
static int
parse_args(struct parser *p, struct ast_call *c)
{
	struct args args = { 0 };
	struct ast_expr *x;
	int r = 0, chain = p->chain, most;
	int named = strcmp(c->name, "struct") == 0;

	if (at_any(p, 0, "distinct all") && !at_op(p, 1, ")") &&
	    !at_op(p, 1, ",") && !at_op(p, 1, ".")) {
		c->distinct = at_word(p, 0, "distinct");
		p->i++;
	}
	if (!at_op(p, 0, ")"))
		TRY(r = parse_form(p, &c->name, &args));
	most = p->chain;
	while (r ? take_op(p, ",") : !at_op(p, 0, ")")) {
		p->chain = chain;
		TRY(named ? parse_alias_expr(p, &x) : parse_arg_star(p, &x));
		push(p, &args, x);
		if (p->chain > most)
			most = p->chain;
		r = 1;
	}
	p->chain = most;
	c->ignore_nulls = parse_nulls(p);
	c->arg = args.v;
	c->narg = args.n;
	return need_op(p, ")", "to close the argument list");
}

/* timestampadd(unit, n, t) and its like: a bare unit becomes a string. */
static void
name_unit(struct parser *p, struct ast_call *c)
{
	static const char units[] = " year quarter month week day dayofyear hour "
	    "minute second millisecond microsecond ";
	static const char *const names[][2] = {
		{ "timestampadd", "timestampadd" }, { "dateadd", "timestampadd" },
		{ "date_add", "timestampadd" },
		{ "timestampdiff", "timestampdiff" },
		{ "datediff", "timestampdiff" }, { "date_diff", "timestampdiff" },
	};
	struct ast_expr *x, *s;
	const char *unit;

	if (c->narg != 3 || (x = c->arg[0])->kind != AST_NAME ||
	    x->u.name.npart != 1 || x->u.name.part[0].quoted)
		return;
	unit = parse_lower(p, x->u.name.part[0].name);
	if (!strstr(units, arena_printf(p->a, " %s ", unit)))
		return;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(c->name, names[i][0]) == 0) {
			s = string_new(p, unit, p->i - 1);
			s->span = x->span;
			c->arg[0] = s;
			c->name = names[i][1];
			return;
		}
}

/* within group, filter, ignore nulls, over: each at most once. */
static int
parse_call_tail(struct parser *p, struct ast_call *c)
{
	if (take_words(p, "within group")) {
		TRY(need_op(p, "(", "behind within group"));
		p->bracket++;
		if (!take_words(p, "order by"))
			return parse_expected(p, "'order by' in within group");
		TRY(parse_sorts(p, &c->within, &c->nwithin));
		p->bracket--;
		TRY(need_op(p, ")", "to close within group"));
	}
	if (at_word(p, 0, "filter") && at_op(p, 1, "(") &&
	    at_word(p, 2, "where")) {
		p->i += 3;
		p->bracket++;
		TRY(parse_expr(p, &c->filter));
		p->bracket--;
		TRY(need_op(p, ")", "to close the filter"));
	}
	if (!c->ignore_nulls)
		c->ignore_nulls = parse_nulls(p);
	if (at_word(p, 0, "over") && (at_op(p, 1, "(") || at_name(p, 1))) {
		p->i++;
		TRY(parse_window(p, &c->over));
	}
	return 0;
}

int
parse_call(struct parser *p, struct ast_expr **out)
{
	int first = p->i, chain;
	struct ast_name name;
	struct ast_call c = { 0 };
	const char *s;

	TRY(parse_name(p, "a function", &name));
	s = name.part[0].name;
	for (int i = 1; i < name.npart; i++)
		s = arena_printf(p->a, "%s.%s", s, name.part[i].name);
	c.name = parse_lower(p, s);
	c.name_span = name.span;
	if ((strcmp(c.name, "any") == 0 || strcmp(c.name, "some") == 0 ||
	    strcmp(c.name, "all") == 0) && word_query(p, 1))
		return err_at(p->e, name.span,
		    "comparison with '%s (query)' is not supported", c.name);
	p->i++;
	p->bracket++;
	TRY(parse_args(p, &c));
	p->bracket--;
	name_unit(p, &c);
	chain = p->chain;
	TRY(parse_call_tail(p, &c));
	if (p->chain < chain)
		p->chain = chain;
	*out = expr_new(p, AST_CALL, first);
	(*out)->u.call = c;
	return 0;
}
