/*
 * parse_literal -- numbers, strings, typed strings, intervals.
 *
 * Numbers stay text, so that nothing is lost before the type is known; a
 * minus right before one belongs to it, which makes the smallest bigint
 * writable.
 */
#include "sql/parser.h"

#include <string.h>

static const char units[] =
    "year month week day hour minute second millisecond microsecond nanosecond";
static const char units_many[] =
    "years months weeks days hours minutes seconds milliseconds microseconds "
    "nanoseconds";

/* The token at ahead as a unit in the singular, or NULL. */
static const char *
unit_at(struct parser *p, int ahead)
{
	const char *s;
	int many = at_any(p, ahead, units_many);

	if (!many && !at_any(p, ahead, units))
		return NULL;
	s = parse_lower(p, lex_name(p->a, p->text, tok_peek(p, ahead)));
	return many ? arena_memdup(p->a, s, strlen(s) - 1) : s;
}

static struct ast_expr *
lit_new(struct parser *p, enum ast_lit_kind kind, int first, const char *s,
    int n)
{
	struct ast_expr *x = expr_new(p, AST_LIT, first);

	x->u.lit.kind = kind;
	x->u.lit.p = s;
	x->u.lit.n = n;
	return x;
}

/* The number at the next token without its suffix: "-1.5", "0.5", "1". */
static const char *
number_text(struct parser *p, int minus)
{
	const struct token *t = tok_peek(p, 0);
	const char *s = p->text + t->at;
	int n = t->len;

	while (n && !(s[n - 1] >= '0' && s[n - 1] <= '9'))
		n--;                    /* suffix, or the dot of "1." */
	return arena_printf(p->a, "%s%s%.*s", minus ? "-" : "",
	    *s == '.' ? "0" : "", n, s);
}

static struct ast_expr *
parse_number(struct parser *p)
{
	int first = p->i, minus = take_op(p, "-");
	int kind = tok_peek(p, 0)->lit;
	const char *s = number_text(p, minus);

	p->i++;
	return lit_new(p, (enum ast_lit_kind)kind, first, s, (int)strlen(s));
}

static int
hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at;

	if (c >= 'A' && c <= 'F')
		c |= 32;
	at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* X'1F' behind the x; an odd digit in front counts alone. */
static int
parse_hex(struct parser *p, int first, struct ast_expr **out)
{
	struct ast_string s;
	char *to;
	int n = 0, i = 0;

	TRY(parse_string(p, "hexadecimal digits", &s));
	to = arena_bytes(p->a, (size_t)s.n / 2 + 2);
	for (i = 0; i < s.n; ) {
		int hi = (s.n - i) % 2 ? 0 : hex_value(s.p[i++]);
		int lo = hex_value(s.p[i++]);

		if (hi < 0 || lo < 0)
			return err_at(p->e, s.span,
			    "X'…' takes hexadecimal digits only");
		to[n++] = (char)(hi * 16 + lo);
	}
	to[n] = 0;
	*out = lit_new(p, LIT_BIN, first, to, n);
	return 0;
}

/* [+|-] 3 days, '90' day, '1-2' year to month: the value is next. */
static int
parse_interval_part(struct parser *p, struct ast_interval_part *part)
{
	int minus = 0;
	struct ast_string s;

	if (take_op(p, "-"))
		minus = 1;
	else
		take_op(p, "+");
	if (at_kind(p, 0, TOK_STRING)) {
		TRY(parse_string(p, "a value", &s));
		part->value = s.p;
		if (minus)
			part->value = *s.p == '-' ? s.p + 1 :
			    arena_printf(p->a, "-%s", s.p);
	} else {
		part->value = number_text(p, minus);
		p->i++;
	}
	if ((part->unit = unit_at(p, 0)))
		p->i++;
	if (part->unit && take_word(p, "to")) {
		if (!(part->to = unit_at(p, 0)))
			return parse_expected(p, "a unit behind to");
		p->i++;
	}
	return 0;
}

/* Does a value of an interval with its unit stand ahead? */
static int
at_interval_part(struct parser *p, int ahead)
{
	ahead += at_op(p, ahead, "-") || at_op(p, ahead, "+");
	return (at_kind(p, ahead, TOK_NUMBER) || at_kind(p, ahead, TOK_STRING))
	    && unit_at(p, ahead + 1);
}

static int
parse_interval(struct parser *p, struct ast_expr **out)
{
	int first = p->i++, cap = 0;
	struct ast_interval v = { 0 };

	do {                    /* a sign belongs to the next part, as in Spark */
		ARENA_GROW(p->a, v.part, v.npart, cap);
		v.part[v.npart] = (struct ast_interval_part){ 0 };
		TRY(parse_interval_part(p, &v.part[v.npart]));
		v.npart++;
		if (v.part[v.npart - 1].to || !v.part[v.npart - 1].unit)
			break;
	} while (at_interval_part(p, 0));
	*out = expr_new(p, AST_INTERVAL, first);
	(*out)->u.interval = v;
	return 0;
}

static const struct typed {
	const char *word;
	enum ast_lit_kind kind;
} typeds[] = {
	{ "date", LIT_DATE }, { "timestamp", LIT_TS },
	{ "timestamp_ltz", LIT_TSLTZ }, { "timestamp_ntz", LIT_TSNTZ },
};

/* word 'text'. */
static int
parse_typed(struct parser *p, struct ast_expr **out)
{
	int first = p->i;
	struct ast_string s;

	for (size_t i = 0; i < sizeof typeds / sizeof *typeds; i++) {
		if (!take_word(p, typeds[i].word))
			continue;
		TRY(parse_string(p, "a string", &s));
		*out = lit_new(p, typeds[i].kind, first, s.p, s.n);
		return 1;
	}
	if (take_word(p, "x")) {
		TRY(parse_hex(p, first, out));
		return 1;
	}
	if (at_word(p, 0, "time"))
		return err_at(p->e, next_span(p),
		    "literals of type time are not supported");
	return 0;
}

int
parse_literal(struct parser *p, struct ast_expr **out)
{
	static const char *const names[] = { "null", "true", "false" };
	static const enum ast_lit_kind kinds[] = { LIT_NULL, LIT_TRUE, LIT_FALSE };
	int first = p->i;
	struct ast_string s;

	if (at_kind(p, 0, TOK_NUMBER) ||
	    (at_op(p, 0, "-") && at_kind(p, 1, TOK_NUMBER))) {
		*out = parse_number(p);
		return 1;
	}
	if (at_kind(p, 0, TOK_STRING)) {
		TRY(parse_string(p, "a string", &s));
		*out = lit_new(p, LIT_STR, first, s.p, s.n);
		return 1;
	}
	if (!at_kind(p, 0, TOK_WORD))
		return 0;
	for (int i = 0; i < 3; i++)
		if (take_word(p, names[i])) {
			*out = lit_new(p, kinds[i], first, names[i],
			    (int)strlen(names[i]));
			return 1;
		}
	if (at_word(p, 0, "interval") &&
	    (at_interval_part(p, 1) || at_kind(p, 1, TOK_STRING))) {
		TRY(parse_interval(p, out));
		return 1;
	}
	if (!at_kind(p, 1, TOK_STRING) || (p->message == 2 && !p->bracket))
		return 0;
	return parse_typed(p, out);
}
