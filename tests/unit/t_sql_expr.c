/*
 * t_sql_expr -- expressions: precedence, literals, special forms, names.
 */
#include "tap.h"

#include "base/arena.h"
#include "sql_show_query.h"

struct pair {
	const char *text, *want;
};

static const struct pair operators[] = {
	{ "1 + 2 * 3", "(+ 1 (* 2 3))" },
	{ "(1 + 2) * 3", "(* (+ 1 2) 3)" },
	{ "a - b - c", "(- (- a b) c)" },
	{ "a || b + c", "(+ (|| a b) c)" },
	{ "a | b ^ c & d << 1 + 2", "(| a (^ b (& c (<< d (+ 1 2)))))" },
	{ "a >> 1 >>> 2", "(>>> (>> a 1) 2)" },
	{ "a div b % c / d", "(/ (% (div a b) c) d)" },
	{ "-a * b", "(* (negative a) b)" },
	{ "- -a", "(negative (negative a))" },
	{ "~a & +b", "(& (~ a) (positive b))" },
	{ "-1", "-1" }, { "- 1", "-1" }, { "1 -2", "(- 1 2)" },
	{ "-2::string", "(cast:10 -2)" },
	{ "1 = 1 = true", "(= (= 1 1) true)" },
	{ "a == b", "(= a b)" }, { "a != b", "(<> a b)" },
	{ "a <=> b", "(<=> a b)" }, { "a !< b", "(>= a b)" },
	{ "not a = b and c", "(and (not (= a b)) c)" },
	{ "!a or b", "(or (not a) b)" },
	{ "a or b and c", "(or a (and b c))" },
	{ "a and b and c and d", "(and (and a b) (and c d))" },
	{ "a between 1 and 2 and b", "(and (between a 1 2) b)" },
	{ "a not between 1 and 2", "(not (between a 1 2))" },
	{ "a + 1 in (1, 2)", "(in (+ a 1) 1 2)" },
	{ "a not in (1)", "(not (in a 1))" },
	{ "(1 in (1)) = true", "(= (in 1 1) true)" },
	{ "a = b is null", "(isnull (= a b))" },
	{ "a is not null", "(isnotnull a)" },
	{ "a is not true", "(not (istrue a))" },
	{ "a is false", "(isfalse a)" }, { "a is unknown", "(isnull a)" },
	{ "a is distinct from b", "(not (<=> a b))" },
	{ "a is not distinct from b", "(<=> a b)" },
	{ "a like 'x%' escape '!'", "(like a 'x%' '!')" },
	{ "a not ilike b", "(not (ilike a b))" },
	{ "a regexp 'b'", "(rlike a 'b')" },
	{ "a like any ('x', 'y')", "(like_any a 'x' 'y')" },
	{ "a not like all ('x', 'y')", "(not (like_any a 'x' 'y'))" },
	{ "a like all", "(like a all)" },
	{ "true or a is null and b", "(or true (and (isnull a) b))" },
};

static const struct pair literals[] = {
	{ "1L", "i64:1" }, { "1s", "i16:1" }, { "1Y", "i8:1" },
	{ "1.0BD", "dec:1.0" }, { "1.0D", "f64:1.0" }, { "1f", "f32:1" },
	{ "1e3", "f64:1e3" }, { "1.5E-3", "f64:1.5E-3" }, { "1.5", "dec:1.5" },
	{ ".5", "dec:0.5" }, { "1.", "dec:1" }, { "-.5", "dec:-0.5" },
	{ "-9223372036854775808L", "i64:-9223372036854775808" },
	{ "1e3bd", "dec:1e3" },
	{ "'it''s'", "'it\\'s'" }, { "'a' 'b' \"c\"", "'abc'" },
	{ "\"it's\"", "'it\\'s'" }, { "'\\'\\\"'", "'\\'\"'" },
	{ "'\\u0041\\101\\x'", "'AAx'" },
	{ "'\\uD83D\\uDE00'", "'\xf0\x9f\x98\x80'" },
	{ "'\\U0001F600'", "'\xf0\x9f\x98\x80'" },
	{ "'a\\%b\\_'", "'a\\\\%b\\\\_'" },
	{ "r'a\\n'", "'a\\\\n'" }, { "R\"\\d'\"", "'\\\\d\\''" },
	{ "'in/dt=${name}/'", "'in/dt=${name}/'" },
	{ "X'41'", "bin:'A'" }, { "x '2414'", "bin:'$\024'" },
	{ "date '2024-01-01'", "date:'2024-01-01'" },
	{ "timestamp_ntz'2024-01-01'", "tsntz:'2024-01-01'" },
	{ "timestamp '2024-01-01'", "ts:'2024-01-01'" },
	{ "null", "null" }, { "TRUE", "true" },
	{ "interval '90' day", "(interval '90' day)" },
	{ "interval 3 months 2 days", "(interval '3' month '2' day)" },
	{ "interval '1-2' year to month", "(interval '1-2' year to month)" },
	{ "interval -'1-2' year to month", "(interval '-1-2' year to month)" },
	{ "interval '3 days 2 hours'", "(interval '3 days 2 hours' -)" },
	{ "interval - 1.5 seconds", "(interval '-1.5' second)" },
	{ "d - interval '1' day", "(- d (interval '1' day))" },
	{ "interval - 1", "(- interval 1)" },
	{ "$name + 1", "(+ $name 1)" },
};

static const struct pair primaries[] = {
	{ "a.b.c", "a.b.c" }, { "`a b`.`c``d`", "a b.c`d" },
	{ "2024_sales", "2024_sales" }, { "t.2024_x", "t.2024_x" },
	{ "a[0].b[1]", "(index (field (index a 0)) b 1)" },
	{ "f(x).y", "(field (f x)) y" },
	{ "a.b::int", "(cast:4 a.b)" }, { "x::decimal(10,2)", "(cast:8 x)" },
	{ "cast(a as array<array<int>>)", "(cast:17 a)" },
	{ "try_cast(a as struct<x: int not null, y string>)",
	  "(try_cast:19 a)" },
	{ "cast(a as interval day to second)", "(cast:16 a)" },
	{ "cast(a as map<string, struct<>>)", "(cast:18 a)" },
	{ "cast(a as varchar(3))", "(cast:10 a)" },
	{ "case when a then 1 else 2 end", "(case when a then 1 else 2)" },
	{ "case a when 1 then 'x' when 2 then 'y' end",
	  "(case of a when 1 then 'x' when 2 then 'y')" },
	{ "transform(xs, x -> x + 1)", "(transform xs (-> x (+ x 1)))" },
	{ "f((x, y) -> x < y, 2)", "(f (-> x y (< x y)) 2)" },
	{ "(a, b)", "(row a b)" }, { "((a))", "a" },
	{ "count(*)", "(count *)" }, { "count(t.*)", "(count t.*)" },
	{ "count(distinct a, b)", "(count distinct a b)" },
	{ "f(a => 1, b => 2)", "(f (=> a 1) (=> b 2))" },
	{ "struct(a as x, b)", "(struct (as a x) b)" },
	{ "sum(x) filter (where y > 1)", "(sum x filter (> y 1))" },
	{ "percentile_cont(0.5) within group (order by x desc)",
	  "(percentile_cont dec:0.5 within desc:x)" },
	{ "first(x) ignore nulls over w",
	  "(first x ignore-nulls over (window w))" },
	{ "first(x respect nulls)", "(first x respect-nulls)" },
	{ "sum(x) over (partition by a, b order by c rows 3 preceding)",
	  "(sum x over (window a b asc:c rows preceding:3 current))" },
	{ "rank() over (order by c desc nulls last range between unbounded "
	  "preceding and interval 1 day following)",
	  "(rank over (window desc:c nulls-last range start "
	  "following:(interval '1' day)))" },
	{ "sum(x) over ()", "(sum x over (window))" },
	{ "extract(year from d)", "(extract 'year' d)" },
	{ "position('a' in b)", "(position 'a' b)" },
	{ "position('a', b, 2)", "(position 'a' b 2)" },
	{ "substring(a from 2 for 3)", "(substring a 2 3)" },
	{ "substr(a, 2)", "(substr a 2)" },
	{ "trim(a)", "(trim a)" }, { "trim(both 'x' from a)", "(btrim a 'x')" },
	{ "trim(leading from a)", "(ltrim a)" },
	{ "trim('x' from a)", "(btrim a 'x')" },
	{ "overlay(a placing b from 1 for 2)", "(overlay a b 1 2)" },
	{ "timestampadd(month, 1, d)", "(timestampadd 'month' 1 d)" },
	{ "datediff(DAY, a, b)", "(timestampdiff 'day' a b)" },
	{ "date_add(day, 1)", "(date_add day 1)" },
	{ "if(a, left(b, 1), replace(c, 'x'))",
	  "(if a (left b 1) (replace c 'x'))" },
	{ "like(a, 'b')", "(like a 'b')" }, { "exists(xs, x -> x)",
	  "(exists xs (-> x x))" },
	{ "db.f(1)", "(db.f 1)" }, { "COUNT(A)", "(count A)" },
	{ "a collate utf8_lcase", "(collate a 'utf8_lcase')" },
	{ "order + limit + values + set + date",
	  "(+ (+ (+ (+ order limit) values) set) date)" },
	{ "(select 1) + 1", "(+ (scalar one .select 1) 1)" },
	{ "a in (select b from t)", "(in a t .select b)" },
	{ "(a, b) not in (table t)", "(not (in (row a b) t))" },
	{ "not exists (select 1 from t)", "(not (exists t .select 1))" },
	{ "((select 1) union all (select 2))",
	  "(scalar one .select 1 .union all (one .select 2))" },
	{ "(from t | where a | b | limit 1)",
	  "(scalar t | where (| a b) | limit n 1)" },
	{ "(a | left)", "(| a left)" },
};

static const struct pair refused[] = {
	{ "1 in (1) = true", "!expected the end of the expression, found '='" },
	{ "a +", "!expected an expression, found the end" },
	{ "f(a, b", "!expected ')' to close the argument list, found the end" },
	{ "f(a from)", "!expected ')' to close the argument list, found 'from'" },
	{ "case end", "!expected 'when' in case, found the end" },
	{ "case when a then b", "!expected 'end' to close case, found the end" },
	{ "a between 1", "!expected 'and' between the two limits of between, "
	  "found the end" },
	{ "cast(a as blob)", "!unknown type 'blob'" },
	{ "cast(a as decimal(39))", "!expected a precision up to 38, found '39'" },
	{ "cast(a as decimal(3,4))", "!decimal(3,4) has no room for its scale" },
	{ "cast(a as variant)", "!type 'variant' is not supported" },
	{ "'abc", "!unterminated string" }, { "`abc", "!unterminated quoted name" },
	{ "/* a /* b */", "!unterminated comment" },
	{ "1.5x", "!malformed number '1.5x'" },
	{ "1e400x.", "!expected a name behind '.', found the end" },
	{ "X'0g'", "!X'…' takes hexadecimal digits only" },
	{ "'\\uD800'", "!the escape is no Unicode character" },
	{ "a = any (select 1)",
	  "!comparison with 'any (query)' is not supported" },
	{ "sum(x) over (w rows 1 preceding)", "!expected ')' to close the "
	  "window, found 'w'" },
	{ "sum(x) over (groups 1 preceding)",
	  "!window frames by groups are not supported" },
	{ "a is 1", "!expected null, true, false, unknown or distinct from "
	  "behind is, found '1'" },
	{ ":x", "!expected an expression, found ':'" },
	{ "${x}", "!expected the name of a parameter behind '$'" },
	{ "time '10:00'", "!literals of type time are not supported" },
	{ "", "!expected an expression, found the end" },
	{ "a not b", "!expected the end of the expression, found 'not'" },
	{ "select", "!expected an expression, found 'select'" },
};

static struct arena arena;
static struct text text;

static void
check(const struct pair *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		is_str(expr_shown(&arena, &text, v[i].text), v[i].want,
		    v[i].text);
}
#define CHECK(v) check(v, sizeof v / sizeof *v)

/* n levels of brackets, or a chain of n operators. */
static void
check_depth(const char *open, const char *x, const char *close, int n,
    const char *want)
{
	struct text t = { 0 };
	struct ast_expr *out;
	struct err e = { 0 };

	for (int i = 0; i < n; i++)
		text_adds(&t, open);
	text_adds(&t, x);
	for (int i = 0; i < n; i++)
		text_adds(&t, close);
	parse_expr_text(&arena, text_str(&t), t.n, 0, NULL, &out, &e);
	ok(want ? strstr(e.text, want) != NULL : !e.text[0],
	    "%d times %s%s%s: %s", n, open, x, close,
	    e.text[0] ? e.text : "accepted");
	text_release(&t);
}

static void
check_bytes(void)
{
	struct ast_expr *x;
	struct err e = { 0 };

	ok(parse_expr_text(&arena, "a\0b", 3, 0, NULL, &x, &e) < 0 &&
	    strstr(e.text, "NUL"), "NUL is refused");
	ok(parse_expr_text(&arena, "'\xff'", 3, 0, NULL, &x, &e) < 0 &&
	    strstr(e.text, "UTF-8") && e.span.at == 1, "bad UTF-8 is refused");
	ok(parse_expr_text(&arena, "'a\\0b'", 6, 0, NULL, &x, &e) == 0 &&
	    x->u.lit.n == 3 && x->u.lit.p[1] == 0, "\\0 in a string");
	ok(parse_expr_text(&arena, "\"a\"", 3, 0,
	    &(struct parse_options){ .ansi_quotes = 1 }, &x, &e) == 0 &&
	    x->kind == AST_NAME && x->u.name.part[0].quoted,
	    "\"a\" is a name with ansi quotes");
}

int
main(void)
{
	CHECK(operators);
	CHECK(literals);
	CHECK(primaries);
	CHECK(refused);
	check_depth("(", "1", ")", 60, NULL);
	check_depth("(", "1", ")", 5000, "nested more than");
	check_depth("~", "a", "", 100000, "nested more than");
	check_depth("not ", "a", "", 100000, "nested more than");
	check_depth("f(", "1", ")", 100000, "nested more than");
	check_depth("", "a", " + a", 1000, NULL);
	check_depth("", "a", " + a", 100000, "in a row");
	check_depth("", "a", " or a = 1", 100000, NULL);
	check_depth("", "a", "[1]", 100000, "in a row");
	check_depth("", "f(1", ", 1 + 2 + 3", 10000, "')'");
	check_depth("(", "a", " + 1 + 1 + 1)", 100, NULL);
	check_depth("", "'a'", " 'b'", 10000, "in a row");
	check_bytes();
	arena_release(&arena);
	text_release(&text);
	return done_testing();
}
