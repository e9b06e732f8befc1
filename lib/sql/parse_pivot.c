/*
 * parse_pivot -- pivot, unpivot, tablesample.
 */
#include "sql/parser.h"

#include <string.h>

/* c, or (c, d). */
static int
parse_name_group(struct parser *p, struct ast_name **out, int *n)
{
	int cap = 0, bracket = take_op(p, "(");

	*out = NULL;
	*n = 0;
	do {
		ARENA_GROW(p->a, *out, *n, cap);
		TRY(parse_name(p, "the name of a column", &(*out)[*n]));
		(*n)++;
	} while (bracket && take_op(p, ","));
	return bracket ? need_op(p, ")", "to close the list of columns") : 0;
}

/* [as] name behind a pivot value or unpivot column; *out NULL when none. */
static int
parse_short_alias(struct parser *p, struct ast_ident **out)
{
	int as = take_word(p, "as");
	struct ast_string s;

	*out = NULL;
	if (!as && !at_name(p, 0))
		return 0;
	*out = NEW(p->a, struct ast_ident);
	if (at_kind(p, 0, TOK_STRING)) {
		TRY(parse_string(p, "an alias", &s));
		(*out)->name = s.p;
		(*out)->span = s.span;
		return 0;
	}
	return parse_ident(p, "an alias behind as", *out);
}

static int
parse_pivot_values(struct parser *p, struct ast_pivot *v)
{
	int cap = 0;

	TRY(need_op(p, "(", "before the values of pivot"));
	if (word_query(p, 0) || at_word(p, 0, "any"))
		return err_at(p->e, next_span(p),
		    "pivot over values that are not listed is not supported");
	do {
		ARENA_GROW(p->a, v->value, v->nvalue, cap);
		TRY(parse_expr(p, &v->value[v->nvalue].expr));
		TRY(parse_short_alias(p, &v->value[v->nvalue].alias));
		v->nvalue++;
	} while (take_op(p, ","));
	return need_op(p, ")", "to close the values of pivot");
}

int
parse_pivot(struct parser *p, int piped, struct ast_query **q)
{
	int first = p->i++;
	struct ast_pivot v = { 0 };
	struct ast_exprs agg;

	TRY(need_op(p, "(", "behind pivot"));
	p->bracket++;
	TRY(parse_list(p, parse_alias_expr, &agg));
	v.agg = agg.v;
	v.nagg = agg.n;
	TRY(need_word(p, "for", "and the columns of pivot"));
	TRY(parse_name_group(p, &v.column, &v.ncolumn));
	TRY(need_word(p, "in", "and the values of pivot"));
	TRY(parse_pivot_values(p, &v));
	p->bracket--;
	TRY(need_op(p, ")", "to close pivot"));
	TRY(parse_link(p));
	*q = query_new(p, AST_PIVOT, first, piped, *q);
	(*q)->u.pivot = v;
	return 1;
}

static int
parse_unpivot_groups(struct parser *p, struct ast_unpivot *v)
{
	int cap = 0;

	TRY(need_op(p, "(", "before the columns of unpivot"));
	do {
		struct ast_unpivot_group *g;

		ARENA_GROW(p->a, v->group, v->ngroup, cap);
		g = &v->group[v->ngroup++];
		*g = (struct ast_unpivot_group){ 0 };
		TRY(parse_name_group(p, &g->column, &g->ncolumn));
		if (g->ncolumn != v->nvalue)
			return err_at(p->e, g->column->span,
			    "unpivot has %d value columns, but %d here",
			    v->nvalue, g->ncolumn);
		TRY(parse_short_alias(p, &g->alias));
	} while (take_op(p, ","));
	return need_op(p, ")", "to close the columns of unpivot");
}

int
parse_unpivot(struct parser *p, int piped, struct ast_query **q)
{
	int first = p->i++;
	struct ast_unpivot v = { 0 };

	if (take_words(p, "include nulls"))
		v.include_nulls = 1;
	else
		take_words(p, "exclude nulls");
	TRY(need_op(p, "(", "behind unpivot"));
	p->bracket++;
	if (at_op(p, 0, "(")) {
		TRY(parse_idents(p, "a value column", &v.value, &v.nvalue));
	} else {
		v.value = NEW(p->a, struct ast_ident);
		v.nvalue = 1;
		TRY(parse_ident(p, "a value column", v.value));
	}
	TRY(need_word(p, "for", "and the name column of unpivot"));
	TRY(parse_ident(p, "a name column", &v.name));
	TRY(need_word(p, "in", "and the columns of unpivot"));
	TRY(parse_unpivot_groups(p, &v));
	p->bracket--;
	TRY(need_op(p, ")", "to close unpivot"));
	TRY(parse_link(p));
	*q = query_new(p, AST_UNPIVOT, first, piped, *q);
	(*q)->u.unpivot = v;
	return 1;
}

/* 10M, 512K, 3G, 100B: bytes as a literal, or 0 when it is none. */
static int
parse_bytes(struct parser *p, struct ast_expr **out)
{
	static const char units[] = "bkmg";
	const struct token *t = tok_peek(p, 0);
	const char *s = p->text + t->at, *unit;
	long long n = 0;
	int i = 0;

	if (t->kind != TOK_WORD || !at_op(p, 1, ")"))
		return 0;
	for (; i < t->len - 1 && i < 12 && s[i] >= '0' && s[i] <= '9'; i++)
		n = n * 10 + (s[i] - '0');
	unit = strchr(units, s[i] | 32);
	if (i != t->len - 1 || i == 0 || !unit || !*unit)
		return 0;
	p->i++;
	*out = expr_new(p, AST_LIT, p->i - 1);
	(*out)->u.lit.kind = LIT_I64;
	(*out)->u.lit.p = arena_printf(p->a, "%lld", n << 10 * (unit - units));
	(*out)->u.lit.n = (int)strlen((*out)->u.lit.p);
	return 1;
}

static int
parse_sample_size(struct parser *p, struct ast_sample *s)
{
	int r;

	if (at_word(p, 0, "bucket") && at_kind(p, 1, TOK_NUMBER)) {
		s->kind = SAMPLE_BUCKET;
		p->i++;
		TRY(parse_value(p, &s->n));
		if (!take_words(p, "out of"))
			return parse_expected(p, "'out of' behind the bucket");
		TRY(parse_value(p, &s->of));
		if (at_word(p, 0, "on"))
			return err_at(p->e, next_span(p),
			    "sampling buckets on a column is not supported");
		return 0;
	}
	TRY(r = parse_bytes(p, &s->n));
	if (r) {
		s->kind = SAMPLE_BYTES;
		return 0;
	}
	TRY(parse_value(p, &s->n));
	if (take_word(p, "percent"))
		s->kind = SAMPLE_PERCENT;
	else if (take_word(p, "rows"))
		s->kind = SAMPLE_ROWS;
	else
		return parse_expected(p, "'percent' or 'rows'");
	return 0;
}

int
parse_sample(struct parser *p, int piped, struct ast_query **q)
{
	int first = p->i++;
	struct ast_sample s = { 0 };

	if (at_any(p, 0, "system bernoulli"))
		p->i++;
	TRY(need_op(p, "(", "behind tablesample"));
	p->bracket++;
	TRY(parse_sample_size(p, &s));
	p->bracket--;
	TRY(need_op(p, ")", "to close tablesample"));
	if (take_word(p, "repeatable")) {
		TRY(need_op(p, "(", "and a seed behind repeatable"));
		TRY(parse_value(p, &s.seed));
		TRY(need_op(p, ")", "behind the seed"));
	}
	*q = query_new(p, AST_SAMPLE, first, piped, *q);
	(*q)->u.sample = s;
	return 0;
}
