/*
 * parse_expr -- operators: precedence climbing over a table.
 *
 * Levels, loosest first, as in Spark: or; and; not; predicates (between, in,
 * like, is: one only, so "1 in (1) = true" needs brackets); then the table
 * below, where comparisons are the loosest and chain to the left; signs.
 * Chains of and/or become balanced trees, so that a thousand of them
 * stay shallow; their order is kept.
 */
#include "sql/parser.h"

#include <string.h>

static const struct binary {
	const char *op;         /* as written */
	int level;              /* higher binds closer */
	const char *name;       /* as in the tree */
} binaries[] = {
	{ "=", 1, "=" }, { "==", 1, "=" }, { "<=>", 1, "<=>" },
	{ "<>", 1, "<>" }, { "!=", 1, "<>" }, { "<", 1, "<" },
	{ "<=", 1, "<=" }, { "!>", 1, "<=" }, { ">", 1, ">" },
	{ ">=", 1, ">=" }, { "!<", 1, ">=" },
	{ "|", 2, "|" }, { "^", 3, "^" }, { "&", 4, "&" },
	{ "<<", 5, "<<" },
	{ "+", 6, "+" }, { "-", 6, "-" }, { "||", 6, "||" },
	{ "*", 7, "*" }, { "/", 7, "/" }, { "%", 7, "%" },
};
static const struct binary shift_right = { ">>", 5, ">>" };
static const struct binary shift_zero = { ">>>", 5, ">>>" };
static const struct binary divide = { "div", 7, "div" };

enum { LEVEL_VALUE = 1 };

struct ast_expr *
expr_new(struct parser *p, enum ast_expr_kind kind, int first)
{
	struct ast_expr *x = NEW(p->a, struct ast_expr);

	x->kind = kind;
	x->span = span_from(p, first);
	return x;
}

struct ast_expr *
ast_call_new(struct parser *p, const char *name, int first, int narg,
    struct ast_expr *a, struct ast_expr *b, struct ast_expr *c)
{
	struct ast_expr *x = expr_new(p, AST_CALL, first), *arg[] = { a, b, c };

	x->u.call.name = name;
	x->u.call.op = 1;
	x->u.call.narg = narg;
	x->u.call.arg = arena_raw(p->a, sizeof *arg * 3);
	memcpy(x->u.call.arg, arg, sizeof arg);
	x->u.call.name_span = x->span;
	return x;
}

struct ast_expr *
string_new(struct parser *p, const char *s, int first)
{
	struct ast_expr *x = expr_new(p, AST_LIT, first);

	x->u.lit.kind = LIT_STR;
	x->u.lit.p = s;
	x->u.lit.n = (int)strlen(s);
	return x;
}

int
parse_list(struct parser *p, int (*item)(struct parser *, struct ast_expr **),
    struct ast_exprs *out)
{
	int cap = 0, chain = p->chain, most = chain;

	*out = (struct ast_exprs){ 0 };
	do {
		ARENA_GROW(p->a, out->v, out->n, cap);
		p->chain = chain;
		TRY(item(p, &out->v[out->n]));
		out->n++;
		if (p->chain > most)
			most = p->chain;
	} while (take_op(p, ","));
	p->chain = most;
	return 0;
}

/* The operator at the next token, and in *ntok how many tokens it has. */
static const struct binary *
binary_next(const struct parser *p, int *ntok)
{
	const struct token *t = tok_peek(p, 0);

	*ntok = 1;
	if (at_word(p, 0, "div"))
		return &divide;
	if (t->kind != TOK_OP || at_stage(p))
		return NULL;
	if (at_op(p, 0, ">") && at_op(p, 1, ">") && t[1].at == t->at + 1) {
		*ntok = at_op(p, 2, ">") && t[2].at == t->at + 2 ? 3 : 2;
		return *ntok == 3 ? &shift_zero : &shift_right;
	}
	for (size_t i = 0; i < sizeof binaries / sizeof *binaries; i++)
		if (at_op(p, 0, binaries[i].op))
			return &binaries[i];
	return NULL;
}

/* "| wher x": a '|' that was meant to begin a stage. */
static int
check_stage_typo(struct parser *p)
{
	static const char goes_on[] = "and or is in like between not as div "
	    "escape from where group having order limit then else end when";
	const struct token *t = tok_peek(p, 2);
	const char *word;

	if (p->bracket || !at_kind(p, 1, TOK_WORD) || at_any(p, 2, goes_on) ||
	    (t->kind != TOK_STRING && t->kind != TOK_NUMBER &&
	    t->kind != TOK_WORD))
		return 0;
	word = lex_name(p->a, p->text, tok_peek(p, 1));
	if (!stage_typo(p, word))
		return 0;
	err_at(p->e, tok_span(p, p->i + 1), "unknown stage '%s'", word);
	hint_stage(p, word);
	return ERR_USER;
}

static int parse_unary(struct parser *p, struct ast_expr **out);

static int
climb(struct parser *p, int level, struct ast_expr **out)
{
	int first = p->i, ntok, chain;
	const struct binary *b;
	struct ast_expr *left, *right;

	TRY(parse_enter(p));
	TRY(parse_unary(p, &left));
	while ((b = binary_next(p, &ntok)) && b->level >= level) {
		struct span at;

		if (b->level == 2)
			TRY(check_stage_typo(p));
		at = next_span(p);
		at.len = (int)strlen(b->op);
		p->i += ntok;
		chain = p->chain;
		p->chain = 0;
		TRY(climb(p, b->level + 1, &right));
		TRY(parse_join_chain(p, chain));
		left = ast_call_new(p, b->name, first, 2, left, right, NULL);
		left->u.call.name_span = at;
	}
	parse_leave(p);
	*out = left;
	return 0;
}

static int
parse_unary(struct parser *p, struct ast_expr **out)
{
	static const char *const sign[][2] = {
		{ "-", "negative" }, { "+", "positive" }, { "~", "~" },
	};
	int first = p->i;
	struct ast_expr *x;

	if (at_op(p, 0, "-") && at_kind(p, 1, TOK_NUMBER))
		return parse_primary(p, out);
	for (int i = 0; i < 3; i++) {
		if (!take_op(p, sign[i][0]))
			continue;
		TRY(parse_enter(p));
		TRY(parse_unary(p, &x));
		parse_leave(p);
		*out = ast_call_new(p, sign[i][1], first, 1, x, NULL, NULL);
		(*out)->u.call.name_span = tok_span(p, first);
		return 0;
	}
	return parse_primary(p, out);
}

int
parse_value(struct parser *p, struct ast_expr **out)
{
	return climb(p, LEVEL_VALUE, out);
}

/* Wraps *x in not(…). */
static void
negate(struct parser *p, int first, struct ast_expr **x)
{
	*x = ast_call_new(p, "not", first, 1, *x, NULL, NULL);
}

/* in (query), in (a, b): behind the word in. */
static int
parse_in(struct parser *p, int first, struct ast_expr *left,
    struct ast_expr **out)
{
	struct ast_exprs list;
	struct ast_query *q;

	if (at_op(p, 0, "(") && word_query(p, 1)) {
		TRY(parse_subquery(p, "behind in", &q));
		*out = expr_new(p, AST_SUBQUERY, first);
		(*out)->u.subquery.kind = SUB_IN;
		(*out)->u.subquery.left = left;
		(*out)->u.subquery.query = q;
		return 0;
	}
	TRY(need_op(p, "(", "and a list or query behind in"));
	p->bracket++;
	TRY(parse_list(p, parse_expr, &list));
	p->bracket--;
	TRY(need_op(p, ")", "to close the list"));
	*out = expr_new(p, AST_IN, first);
	(*out)->u.in.left = left;
	(*out)->u.in.item = list.v;
	(*out)->u.in.nitem = list.n;
	return 0;
}

/* like any (a, b): behind like.  With not, any and all change places,
 * because the not goes around the whole. */
static int
parse_like_list(struct parser *p, int first, const char *like, int not,
    struct ast_expr *left, struct ast_expr **out)
{
	int any = !at_word(p, 0, "all");
	struct ast_exprs list;
	struct ast_expr **arg;

	p->i++;
	TRY(need_op(p, "(", "and the patterns"));
	p->bracket++;
	TRY(parse_list(p, parse_expr, &list));
	p->bracket--;
	TRY(need_op(p, ")", "to close the list of patterns"));
	arg = arena_raw(p->a, sizeof *arg * (size_t)(list.n + 1));
	arg[0] = left;
	memcpy(arg + 1, list.v, sizeof *arg * (size_t)list.n);
	*out = ast_call_new(p, arena_printf(p->a, "%s_%s", like,
	    any != not ? "any" : "all"), first, 0, NULL, NULL, NULL);
	(*out)->u.call.arg = arg;
	(*out)->u.call.narg = list.n + 1;
	return 0;
}

/* like, ilike, rlike, regexp: the word is next. */
static int
parse_like(struct parser *p, int first, int not, struct ast_expr *left,
    struct ast_expr **out)
{
	const char *name = at_word(p, 0, "like") ? "like" :
	    at_word(p, 0, "ilike") ? "ilike" : "rlike";
	struct ast_expr *pattern, *escape = NULL;

	p->i++;
	if (*name != 'r' && at_any(p, 0, "any some all") && at_op(p, 1, "("))
		return parse_like_list(p, first, name, not, left, out);
	TRY(parse_value(p, &pattern));
	if (*name != 'r' && take_word(p, "escape")) {
		if (!at_kind(p, 0, TOK_STRING))
			return parse_expected(p, "a string behind escape");
		TRY(parse_primary(p, &escape));
	}
	*out = ast_call_new(p, name, first, escape ? 3 : 2, left, pattern, escape);
	return 0;
}

static int
parse_between(struct parser *p, int first, struct ast_expr *left,
    struct ast_expr **out)
{
	struct ast_expr *lo, *hi;

	TRY(parse_value(p, &lo));
	TRY(need_word(p, "and", "between the two limits of between"));
	TRY(parse_value(p, &hi));
	*out = ast_call_new(p, "between", first, 3, left, lo, hi);
	return 0;
}

/* Behind the word is. */
static int
parse_is(struct parser *p, int first, struct ast_expr *left,
    struct ast_expr **out)
{
	static const char *const tests[][2] = {
		{ "null", "isnull" }, { "unknown", "isnull" },
		{ "true", "istrue" }, { "false", "isfalse" },
	};
	int not = take_word(p, "not");
	struct ast_expr *right;

	if (take_words(p, "distinct from")) {
		TRY(parse_value(p, &right));
		*out = ast_call_new(p, "<=>", first, 2, left, right, NULL);
		if (!not)
			negate(p, first, out);
		return 0;
	}
	for (int i = 0; i < 4; i++) {
		const char *name = tests[i][1];

		if (!take_word(p, tests[i][0]))
			continue;
		if (not && i < 2)
			name = "isnotnull";
		*out = ast_call_new(p, name, first, 1, left, NULL, NULL);
		if (not && i >= 2)
			negate(p, first, out);
		return 0;
	}
	return parse_expected(p, "null, true, false, unknown or distinct from "
	    "behind is");
}

/* A value and at most one predicate. */
static int
parse_predicate(struct parser *p, struct ast_expr **out)
{
	int first = p->i, not;

	TRY(parse_value(p, out));
	if (take_word(p, "is"))
		return parse_is(p, first, *out, out);
	not = at_word(p, 0, "not") &&
	    at_any(p, 1, "between in like ilike rlike regexp");
	p->i += not;
	if (take_word(p, "between"))
		TRY(parse_between(p, first, *out, out));
	else if (take_word(p, "in"))
		TRY(parse_in(p, first, *out, out));
	else if (at_any(p, 0, "like ilike rlike regexp"))
		TRY(parse_like(p, first, not, *out, out));
	if (not)
		negate(p, first, out);
	return 0;
}

static int
parse_not(struct parser *p, struct ast_expr **out)
{
	int first = p->i;

	if (!take_word(p, "not") && !take_op(p, "!"))
		return parse_predicate(p, out);
	TRY(parse_enter(p));
	TRY(parse_not(p, out));
	parse_leave(p);
	negate(p, first, out);
	return 0;
}

/* One tree of n operands, as flat as can be, in the same order. */
static struct ast_expr *
balance(struct parser *p, const char *name, struct ast_expr **v, int n)
{
	struct ast_expr *l, *r, *x;

	if (n == 1)
		return v[0];
	l = balance(p, name, v, n / 2);
	r = balance(p, name, v + n / 2, n - n / 2);
	x = ast_call_new(p, name, p->i, 2, l, r, NULL);
	x->span = l->span;
	x->span.len = r->span.at + r->span.len - l->span.at;
	x->u.call.name_span = x->span;
	return x;
}

/* item WORD item WORD item. */
static int
parse_logic(struct parser *p, const char *word,
    int (*item)(struct parser *, struct ast_expr **), struct ast_expr **out)
{
	struct ast_expr **v = NULL;
	int n = 0, cap = 0, chain = p->chain, most = chain;

	do {
		ARENA_GROW(p->a, v, n, cap);
		p->chain = chain;
		TRY(item(p, &v[n]));
		n++;
		if (p->chain > most)
			most = p->chain;
	} while (take_word(p, word));
	p->chain = most;
	*out = balance(p, word, v, n);
	return 0;
}

static int
parse_and(struct parser *p, struct ast_expr **out)
{
	return parse_logic(p, "and", parse_not, out);
}

int
parse_expr(struct parser *p, struct ast_expr **out)
{
	TRY(parse_enter(p));
	TRY(parse_logic(p, "or", parse_and, out));
	parse_leave(p);
	return 0;
}
