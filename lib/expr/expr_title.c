/*
 * expr_title -- the names that Spark gives to columns without an alias:
 * sum(amount), (a + 1), CAST(a AS INT), count(1).
 *
 * Casts that coercion inserted do not show.  Operators stand in brackets,
 * key words are in capitals, literals are their text without quotes.
 */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/zone.h"
#include "column/value.h"
#include "expr/aggfn.h"
#include "expr/func.h"
#include "expr/lambda.h"

static void title(struct text *to, const struct expr *x, struct arena *a);

static void
titles(struct text *to, struct expr *const *arg, int n, const char *between,
    struct arena *a)
{
	for (int i = 0; i < n; i++) {
		if (i)
			text_adds(to, between);
		title(to, arg[i], a);
	}
}

static void
upper(struct text *to, const char *s)
{
	for (; *s; s++)
		text_addc(to, (char)toupper((unsigned char)*s));
}

static void
title_lit(struct text *to, const struct datum *d, struct arena *a)
{
	static const char *const word[TYPE_KINDS] = {
		[TYPE_DATE] = "DATE '", [TYPE_TS] = "TIMESTAMP '",
		[TYPE_TSNTZ] = "TIMESTAMP_NTZ '",
	};
	struct column c;

	if (d->null) {
		text_adds(to, "NULL");
		return;
	}
	if (d->type->kind == TYPE_BIN) {
		text_adds(to, "X'");
		for (size_t i = 0; i < d->s.n; i++)
			text_addf(to, "%02X", (unsigned char)d->s.p[i]);
		text_addc(to, '\'');
		return;
	}
	datum_column(d, &c, a);
	if (word[d->type->kind])
		text_adds(to, word[d->type->kind]);
	value_print(to, &c, 0, zone_utc);
	if (word[d->type->kind])
		text_addc(to, '\'');
}

static void
title_cast(struct text *to, const struct expr *x, struct arena *a)
{
	struct text t = { 0 };

	if (x->u.call.flags & FN_IMPLICIT) {
		title(to, x->u.call.arg[0], a);
		return;
	}
	type_print(&t, x->type);
	upper(to, x->u.call.fn->name);
	text_addc(to, '(');
	title(to, x->u.call.arg[0], a);
	text_adds(to, " AS ");
	upper(to, text_str(&t));
	text_addc(to, ')');
	text_release(&t);
}

static void
title_case(struct text *to, const struct expr *x, struct arena *a)
{
	struct expr *const *arg = x->u.call.arg;
	int n = x->u.call.narg;

	text_adds(to, "CASE");
	for (int i = 0; i + 1 < n; i += 2) {
		text_adds(to, " WHEN ");
		title(to, arg[i], a);
		text_adds(to, " THEN ");
		title(to, arg[i + 1], a);
	}
	if (n % 2) {
		text_adds(to, " ELSE ");
		title(to, arg[n - 1], a);
	}
	text_adds(to, " END");
}

/* Patterns of the operators' titles: %1 %2 are arguments, %* all of them. */
static const struct pattern {
	const char *name, *text;
} patterns[] = {
	{ "not", "(NOT %1)" }, { "!", "(NOT %1)" },
	{ "and", "(%1 AND %2)" }, { "or", "(%1 OR %2)" },
	{ "<>", "(NOT (%1 = %2))" }, { "!=", "(NOT (%1 = %2))" },
	{ "==", "(%1 = %2)" }, { "negative", "(- %1)" },
	{ "~", "~%1" }, { "isnull", "(%1 IS NULL)" },
	{ "isnotnull", "(%1 IS NOT NULL)" },
	{ "istrue", "(%1 IS TRUE)" }, { "isfalse", "(%1 IS FALSE)" },
	{ "like", "%1 LIKE %2" }, { "ilike", "%1 ILIKE %2" },
	{ "rlike", "RLIKE(%1, %2)" }, { "||", "concat(%*)" },
	{ "get_field", "%1.%2" }, { "[]", "%1[%2]" }, { "mod", "(%1 % %2)" },
	{ "if", "(IF(%*))" }, { "div", "(%1 div %2)" },
	{ "struct", "struct(%*)" },
};

static void
title_pattern(struct text *to, const char *s, const struct expr *x,
    struct arena *a)
{
	struct expr *const *arg = x->u.call.arg;
	int n = x->u.call.narg;

	for (; *s; s++) {
		if (s[0] == '%' && s[1] == '*') {
			titles(to, arg, n, ", ", a);
			s++;
		} else if (s[0] == '%' && isdigit((unsigned char)s[1]) &&
		    s[1] - '1' < n) {
			title(to, arg[s[1] - '1'], a);
			s++;
		} else {
			text_addc(to, *s);
		}
	}
}

/* Arguments and lambdas, which Spark shows without names. */
static void
title_lambdas(struct text *to, const struct expr *x, struct arena *a)
{
	const struct lambda_call *s = x->u.call.state;
	int at = 0, lambda = 0;

	for (int i = 0; i < s->narg + s->nlambda; i++) {
		if (i)
			text_adds(to, ", ");
		if (!lambda_taken(x->u.call.fn->name, i)) {
			title(to, x->u.call.arg[at++], a);
			continue;
		}
		text_adds(to, "lambdafunction(");
		title(to, lambda_body(a, x, lambda), a);
		for (int k = 0; k < s->lambda[lambda].nparam; k++)
			text_adds(to, ", namedlambdavariable()");
		lambda++;
		text_addc(to, ')');
	}
}

static void
title_call(struct text *to, const struct expr *x, struct arena *a)
{
	const char *name = x->u.call.fn->name;
	struct expr *const *arg = x->u.call.arg;
	int n = x->u.call.narg;

	if (strcmp(name, "cast") == 0 || strcmp(name, "try_cast") == 0) {
		title_cast(to, x, a);
		return;
	}
	if (strcmp(name, "case") == 0) {
		title_case(to, x, a);
		return;
	}
	if (strcmp(name, "in") == 0) {
		text_addc(to, '(');
		title(to, arg[0], a);
		text_adds(to, " IN (");
		titles(to, arg + 1, n - 1, ", ", a);
		text_adds(to, "))");
		return;
	}
	for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
		if (strcmp(patterns[i].name, name) == 0 &&
		    !(n > 2 && strstr(patterns[i].text, "LIKE"))) {
			title_pattern(to, patterns[i].text, x, a);
			return;
		}
	if (!isalpha((unsigned char)name[0]) && n == 2) {
		title_pattern(to, arena_printf(a, "(%%1 %s %%2)", name), x, a);
	} else if (!isalpha((unsigned char)name[0])) {
		title_pattern(to, arena_printf(a, "(%s %%1)", name), x, a);
	} else {
		text_addf(to, "%s(", name);
		if (x->u.call.flags & FN_LAMBDA)
			title_lambdas(to, x, a);
		else
			titles(to, arg, n, ", ", a);
		text_addc(to, ')');
	}
}

static void
title(struct text *to, const struct expr *x, struct arena *a)
{
	switch (x->kind) {
	case EXPR_LIT:
		title_lit(to, &x->u.lit, a);
		break;
	case EXPR_COL:
		text_adds(to, x->u.col.id < 0 ? "namedlambdavariable()" :
		    x->u.col.name ? x->u.col.name : "");
		break;
	case EXPR_CALL:
		title_call(to, x, a);
		break;
	case EXPR_AGG:
		text_addf(to, "%s(%s", x->u.agg.fn->name,
		    x->u.agg.distinct ? "DISTINCT " : "");
		if (x->u.agg.narg == 0)
			text_addc(to, '1');
		titles(to, x->u.agg.arg, x->u.agg.narg, ", ", a);
		text_addc(to, ')');
		if (x->u.agg.filter) {
			text_adds(to, " FILTER (WHERE ");
			title(to, x->u.agg.filter, a);
			text_addc(to, ')');
		}
		break;
	}
}

const char *
expr_title(struct arena *a, const struct expr *x)
{
	struct text t = { 0 };
	const char *s;

	title(&t, x, a);
	s = arena_memdup(a, text_str(&t), t.n);
	text_release(&t);
	return s;
}
