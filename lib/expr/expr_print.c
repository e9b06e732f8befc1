/*
 * expr_print -- expressions as plan text, which the plan's parser reads
 * back, and as the titles that Spark gives to columns without a name.
 *
 * Plan text: an infix operator inside another expression stands in brackets,
 * so that no precedence has to be known, unless it continues a chain:
 *
 *	a + 1 - b    (a + 1) * 2        not (a and b)       - a
 *	x is null    x is not null      x in (1, 2)         a[0]
 *	cast(a as int)   try_cast(a as int)   sum(distinct a) filter (where c)
 *	case when c then v else w end   name(x, y)   count(*)   a.b
 */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "column/value.h"
#include "expr/aggfn.h"
#include "expr/func.h"
#include "expr/lambda.h"

struct printer {
	struct text *to;
	const char *(*name)(const struct expr *col, void *arg);
	void *arg;
};

enum form { FORM_CALL, FORM_INFIX, FORM_PREFIX, FORM_POSTFIX, FORM_CAST,
	FORM_CASE, FORM_IN, FORM_INDEX, FORM_FIELD };

/* Forms of operators in plan text; others are calls. */
static const struct spelling {
	const char *name;
	enum form form;
	const char *text;               /* between, before or behind */
} spellings[] = {
	{ "cast", FORM_CAST, "cast" },
	{ "try_cast", FORM_CAST, "try_cast" },
	{ "case", FORM_CASE, NULL },
	{ "in", FORM_IN, NULL },
	{ "[]", FORM_INDEX, NULL },
	{ "get_field", FORM_FIELD, NULL },
	{ "isnull", FORM_POSTFIX, "is null" },
	{ "isnotnull", FORM_POSTFIX, "is not null" },
	{ "not", FORM_PREFIX, "not" },
	{ "!", FORM_PREFIX, "not" },
	{ "~", FORM_PREFIX, "~" },
	{ "negative", FORM_PREFIX, "-" },
	{ "and", FORM_INFIX, "and" },
	{ "or", FORM_INFIX, "or" },
	{ "div", FORM_INFIX, "div" },
	{ "like", FORM_INFIX, "like" },
	{ "ilike", FORM_INFIX, "ilike" },
	{ "rlike", FORM_INFIX, "rlike" },
	{ "==", FORM_INFIX, "=" },
	{ "!=", FORM_INFIX, "<>" },
};

/* A field's name that can stand behind a dot. */
static bool
plain_field(const struct expr *x)
{
	return x->kind == EXPR_LIT && x->type->kind == TYPE_STR &&
	    !x->u.lit.null && x->u.lit.s.n > 0 &&
	    memchr(x->u.lit.s.p, 0, x->u.lit.s.n) == NULL;
}

static struct spelling
spelling_of(const struct expr *x)
{
	struct spelling s = { "", FORM_CALL, NULL };
	const char *name;

	if (x->kind != EXPR_CALL)
		return s;
	name = x->u.call.fn->name;
	for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
		if (strcmp(spellings[i].name, name) == 0) {
			s = spellings[i];
			break;
		}
	if ((s.form == FORM_INFIX && isalpha((unsigned char)*name) &&
	    x->u.call.narg < 2) || (s.form == FORM_INFIX &&
	    strstr(name, "like") && x->u.call.narg != 2) ||
	    (s.form == FORM_FIELD && !plain_field(x->u.call.arg[1])))
		s.form = FORM_CALL;
	if (s.text || s.form != FORM_CALL)
		return s;
	s.name = s.text = name;
	if (!isalpha((unsigned char)name[0]) && name[0] != '_')
		s.form = x->u.call.narg == 1 ? FORM_PREFIX : FORM_INFIX;
	return s;
}

static void print(struct printer *p, const struct expr *x);

/* As an operand: infix, prefix and postfix forms in brackets. */
static void
operand(struct printer *p, const struct expr *x)
{
	enum form form = spelling_of(x).form;
	bool bare = form == FORM_CALL || form == FORM_CAST ||
	    form == FORM_INDEX || form == FORM_FIELD;

	if (!bare)
		text_addc(p->to, '(');
	print(p, x);
	if (!bare)
		text_addc(p->to, ')');
}

static void
list(struct printer *p, struct expr *const *arg, int n)
{
	for (int i = 0; i < n; i++) {
		if (i)
			text_adds(p->to, ", ");
		print(p, arg[i]);
	}
}

static void
print_case(struct printer *p, struct expr *const *arg, int n)
{
	text_adds(p->to, "case");
	for (int i = 0; i + 1 < n; i += 2) {
		text_adds(p->to, " when ");
		print(p, arg[i]);
		text_adds(p->to, " then ");
		print(p, arg[i + 1]);
	}
	if (n % 2) {
		text_adds(p->to, " else ");
		print(p, arg[n - 1]);
	}
	text_adds(p->to, " end");
}

/* Operators that are read from the left, by how tightly they bind; 0: one
 * that is none of them. */
static int
level(const char *op)
{
	static const struct { const char *op; int level; } levels[] = {
		{ "|", 1 }, { "^", 2 }, { "&", 3 }, { "+", 4 }, { "-", 4 },
		{ "||", 4 }, { "*", 5 }, { "/", 5 }, { "%", 5 }, { "div", 5 } };

	for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
		if (strcmp(levels[i].op, op) == 0)
			return levels[i].level;
	return 0;
}

/* May the first operand of an operator stand without brackets?  Only where
 * that matters, in long chains: a + b + c. */
static bool
continues(const struct spelling *s, const struct expr *x)
{
	struct spelling first = spelling_of(x);

	return first.form == FORM_INFIX && level(s->text) &&
	    level(first.text) == level(s->text);
}

static void
print_infix(struct printer *p, const struct spelling *s,
    const struct expr *x)
{
	for (int i = 0; i < x->u.call.narg; i++) {
		const struct expr *arg = x->u.call.arg[i];

		if (i)
			text_addf(p->to, " %s ", s->text);
		/* a and b and c: the order counts, the shape does not. */
		if (arg->kind == EXPR_CALL &&
		    arg->u.call.fn == x->u.call.fn &&
		    (strcmp(s->text, "and") == 0 || strcmp(s->text, "or") == 0))
			print(p, arg);
		else if (i == 0 && continues(s, arg))
			print(p, arg);
		else
			operand(p, arg);
	}
}

static void
print_field(struct text *to, const struct expr *x)
{
	struct text name = { 0 };

	text_add(&name, x->u.lit.s.p, x->u.lit.s.n);
	name_print(to, text_str(&name));
	text_release(&name);
}

/* count(*) counts rows: the binder makes it count(1). */
static bool
counts_rows(const struct expr *x)
{
	const struct expr *arg = x->u.agg.narg == 1 ? x->u.agg.arg[0] : NULL;

	return x->u.agg.narg == 0 || (strcmp(x->u.agg.fn->name, "count") == 0 &&
	    arg && arg->kind == EXPR_LIT && arg->type->kind == TYPE_I32 &&
	    !arg->u.lit.null && arg->u.lit.i == 1 && !x->u.agg.distinct);
}

/* (x, y) -> body */
static void
print_lambda(struct printer *p, const struct expr *call, int i)
{
	const struct lambda_call *s = call->u.call.state;
	const struct lambda *l = &s->lambda[i];
	struct arena a = { 0 };

	if (l->nparam > 1)
		text_addc(p->to, '(');
	for (int k = 0; k < l->nparam; k++) {
		if (k)
			text_adds(p->to, ", ");
		name_print(p->to, l->param[k].name);
	}
	text_adds(p->to, l->nparam > 1 ? ") -> " : " -> ");
	print(p, lambda_body(&a, call, i));
	arena_release(&a);
}

/* Arguments and lambdas as they were written; captures are in the bodies. */
static void
list_lambdas(struct printer *p, const struct expr *x)
{
	const struct lambda_call *s = x->u.call.state;
	int at = 0, lambda = 0;

	for (int i = 0; i < s->narg + s->nlambda; i++) {
		if (i)
			text_adds(p->to, ", ");
		if (lambda_taken(x->u.call.fn->name, i))
			print_lambda(p, x, lambda++);
		else
			print(p, x->u.call.arg[at++]);
	}
}

static void
print_call(struct printer *p, const struct expr *x)
{
	struct spelling s = spelling_of(x);
	struct expr *const *arg = x->u.call.arg;
	int n = x->u.call.narg;

	switch (s.form) {
	case FORM_INFIX:
		print_infix(p, &s, x);
		break;
	case FORM_PREFIX:
		text_addf(p->to, "%s ", s.text);
		if (*s.text == '-' && arg[0]->kind == EXPR_LIT) {
			text_addc(p->to, '(');  /* - 1 is a literal */
			print(p, arg[0]);
			text_addc(p->to, ')');
			break;
		}
		operand(p, arg[0]);
		break;
	case FORM_POSTFIX:
		operand(p, arg[0]);
		text_addf(p->to, " %s", s.text);
		break;
	case FORM_CAST:
		text_addf(p->to, "%s(", s.text);
		print(p, arg[0]);
		text_adds(p->to, " as ");
		type_print(p->to, x->type);
		text_addc(p->to, ')');
		break;
	case FORM_CASE:
		print_case(p, arg, n);
		break;
	case FORM_IN:
		operand(p, arg[0]);
		text_adds(p->to, " in (");
		list(p, arg + 1, n - 1);
		text_addc(p->to, ')');
		break;
	case FORM_INDEX:
		operand(p, arg[0]);
		text_addc(p->to, '[');
		print(p, arg[1]);
		text_addc(p->to, ']');
		break;
	case FORM_FIELD:
		operand(p, arg[0]);
		text_addc(p->to, '.');
		print_field(p->to, arg[1]);
		break;
	case FORM_CALL:
		text_addf(p->to, "%s(", s.name);
		if (x->u.call.flags & FN_LAMBDA)
			list_lambdas(p, x);
		else
			list(p, arg, n);
		text_addc(p->to, ')');
		break;
	}
}

static void
print(struct printer *p, const struct expr *x)
{
	switch (x->kind) {
	case EXPR_LIT:
		datum_print(p->to, &x->u.lit);
		break;
	case EXPR_COL:
		if (p->name && x->u.col.id >= 0)
			text_adds(p->to, p->name(x, p->arg));
		else
			name_print(p->to, x->u.col.name);
		break;
	case EXPR_CALL:
		print_call(p, x);
		break;
	case EXPR_AGG:
		text_addf(p->to, "%s(%s", x->u.agg.fn->name,
		    x->u.agg.distinct ? "distinct " : "");
		if (counts_rows(x))
			text_addc(p->to, '*');
		else
			list(p, x->u.agg.arg, x->u.agg.narg);
		text_addc(p->to, ')');
		if (x->u.agg.filter) {
			text_adds(p->to, " filter (where ");
			print(p, x->u.agg.filter);
			text_addc(p->to, ')');
		}
		break;
	}
}

void
expr_print(struct text *to, const struct expr *x,
    const char *(*name)(const struct expr *col, void *arg), void *arg)
{
	struct printer p = { to, name, arg };

	print(&p, x);
}
