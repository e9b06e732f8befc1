/*
 * t_expr_program -- control flow, filters, picks, shared subexpressions,
 * trees and titles.
 */
#include "exprrun.h"

static const struct {
	const char *x, *want;
} values[] = {
	{ "(if (> a 1) 'big' 'small')", "small,small,big" },
	{ "(if (> a 1) a d)", "2.5,NULL,3.0" },
	{ "(case (= a 1) 'one' (= a 3) 'three')", "one,NULL,three" },
	{ "(case (= a 1) 10 (= a 3) 30 0)", "10,0,30" },
	{ "(case (isnull a) -1L 0)", "0,-1,0" },
	{ "(case (> b 100) -1 (/ 100 (- b 10)))", "!division by zero" },
	{ "(case (> b 5) 1 (> (/ 1 (- b 10)) 0) 2 3)", "1,3,1" },
	{ "(if (= a 1) 0 (/ 6 (- a 1)))", "0.0,NULL,3.0" },
	{ "(if null 1 2)", "!must be boolean" },
	{ "(case true (cast n `int`) 1)", "!cannot be cast" },
	{ "(case (= n '12') (cast n `int`) 1)", "12,1,1" },
	{ "(case false 1 'a')", "!cannot be cast to \"bigint\"" },
	{ "(and (<> n 'x') (> (cast n `int`) 3))", "true,NULL,false" },
	{ "(and (> (cast n `int`) 3) (<> n 'x'))", "!cannot be cast" },
	{ "(or (= n 'x') (> (cast n `int`) 30))", "false,NULL,true" },
	{ "(and (isnotnull a) (> (/ 6 a) 3))", "true,false,false" },
	{ "(coalesce a 9)", "1,9,3" },
	{ "(coalesce null a b 4)", "1,4,3" },
	{ "(coalesce a (/ 1 0))", "!division by zero" },
	{ "(coalesce (cast 1 `int`) (/ 1 0))", "1.0,1.0,1.0" },
	{ "(nvl t n)", "abc,NULL,a long string beyond 12" },
	{ "(nvl2 a 'yes' 'no')", "yes,no,yes" },
	{ "(ifnull a 7L)", "1,7,3" },
	{ "(nullif a 3)", "1,NULL,NULL" },
	{ "(nullif t 'abc')", "NULL,NULL,a long string beyond 12" },
	{ "(nullifzero (- a 1))", "NULL,NULL,2" },
	{ "(zeroifnull a)", "1,0,3" },
	{ "(greatest a 2 null)", "2,2,3" },
	{ "(least a 2 null)", "1,2,2" },
	{ "(greatest d 1e300D)", "1.0E300,1.0E300,1.0E300" },
	{ "(greatest t 'b')", "b,b,b" },
	{ "(greatest f 1e3D)", "1000.0,1000.0,NaN" },
	{ "(greatest null null)", "NULL,NULL,NULL" },
	{ "(+ (* a 2) (* a 2))", "4,NULL,12" },
	{ "(if (> a 1) (if (> a 2) (cast n `string`) 'w') (|| t n))",
	    "abc12,NULL,x" },
};

static const struct {
	const char *x, *want;
} picks[] = {
	{ "(> a 1)", "2" }, { "(< 1 a)", "2" }, { "(<> a 7)", "0,2" },
	{ "(<= y 127Y)", "0,2" }, { "(>= s -5S)", "0,2" },
	{ "(= t 'abc')", "0" }, { "(>= t 'abc')", "0" },
	{ "(< t 'abd')", "0,2" }, { "(<> t 'a long string beyond 12')", "0" },
	{ "(> d 1.5D)", "0" }, { "(= d 0.0D)", "2" },
	{ "(isnull a)", "1" }, { "(isnotnull a)", "0,2" }, { "z", "0" },
	{ "(not z)", "2" }, { "(and (> a 0) (< a 3))", "0" },
	{ "(and (> a 0) (and z (> b 1L)))", "0" },
	{ "(and (= n '12') (= (cast n `int`) 12))", "0" },
	{ "(and (> a 0) (= (cast n `int`) 12))", "!cannot be cast" },
	{ "(and (> (cast n `int`) 0) (= n '12'))", "!cannot be cast" },
	{ "(or (= a 1) (isnull a))", "0,1" },
	{ "(in a 1 3)", "0,2" }, { "(in t 'abc')", "0" },
	{ "(= a null)", "" }, { "true", "0,1,2" }, { "false", "" },
	{ "(and true (> a 1))", "2" }, { "(= a (- 4 a))", "" },
	{ "(= p 1.25)", "0" }, { "(< (* a a) 5)", "0" },
	{ "(> day '2023-12-31')", "0" },
	{ "(between (|| t n) 'abc' 'abd')", "0" },
	{ "(and (> a 0) (between (|| t n) 'a' 'abd'))", "0,2" },
};

static void
test_batches(void)
{
	static const int32_t pick[] = { 0, 2 };
	struct batch b = test_batch;

	batch_pick(&b, pick, 2);
	is_str(test_pick("(> a 1)", &b), "2", "a filter on picked rows");
	is_str(test_pick("(< (* a a) 5)", &b), "0", "computed, picked");
	is_str(test_pick("(isnull a)", &b), "", "nothing left");
	is_str(test_eval("(+ a 1)", &b), "2,4", "values of picked rows");
	is_str(test_eval("a", &b), "1,3", "a column of picked rows");
	is_str(test_eval("t", &b), "abc,a long string beyond 12", "strings");
	is_str(test_eval("(case (= a 3) (cast b `string`) t)", &b),
	    "abc,9223372036854775807", "control flow on picked rows");
	b.n = 0;
	is_str(test_eval("(/ 1 0)", &b), "", "no rows, no error");
	is_str(test_pick("(= (/ 1 0) 1)", &b), "", "nor in a filter");
	b = test_batch;
	batch_head(&b, 1);
	is_str(test_eval("(+ a 1)", &b), "2", "the head of a batch");
	is_str(test_pick("(> a 0)", &b), "0", "a filter on it");
}

/* Many rows: the vectorised loops and their ends; a program run twice. */
static void
test_many(void)
{
	int64_t v[BATCH_ROWS];
	uint64_t valid[BITS_WORDS(BATCH_ROWS)];
	struct column c = { .type = TYPE(I64), .data = v, .valid = valid };
	struct batch b = { .col = &c, .ncol = 1, .nrow = BATCH_ROWS,
	    .n = BATCH_ROWS };
	struct schema *s = schema_new(&test_arena, 1);
	struct schema *keep = test_schema;
	struct program_env env = { .zone = zone_utc };
	const char *src = "(if (> b 5L) (+ (* b 3) 1) (- 0 b))";
	struct program *p;
	struct column out;
	struct err e = { 0 };
	struct expr *x;
	int bad = 0;

	x = test_read(&src, &e);
	s->col[0] = (struct field){ "b", TYPE(I64), true, 5 };
	test_schema = s;
	ok(program_new(&p, &test_arena, s, &x, 1, &env, &e) == 0, "compiles");
	for (int turn = 0; turn < 3; turn++) {
		bits_fill(valid, BATCH_ROWS);
		for (int i = 0; i < BATCH_ROWS; i++) {
			v[i] = i % 11 + turn;
			if (i % 7 == 3)
				bit_clear(valid, i);
		}
		c.valid = turn == 2 ? NULL : valid;
		ok(program_run(p, &b, &out, &e) == 0, "run %d", turn);
		for (int i = 0; i < BATCH_ROWS; i++) {
			bool null = col_null(&c, i);
			int64_t want = v[i] > 5 ? v[i] * 3 + 1 : -v[i];

			bad += null != col_null(&out, i) || (!null &&
			    ((int64_t *)out.data)[col_at(&out, i)] != want);
		}
	}
	is_int(bad, 0, "all rows as computed one by one");
	program_release(p);
	test_schema = keep;
}

static struct expr *
tree(const char *s)
{
	struct err e = { 0 };

	return test_read(&s, &e);
}

static void
count_nodes(struct expr *x, void *arg)
{
	(void)x;
	++*(int *)arg;
}

static struct expr *
bump(struct expr *x, void *arg)
{
	if (x->kind != EXPR_LIT || x->type->kind != TYPE_I32)
		return x;
	return expr_int(arg, (int32_t)x->u.lit.i + 1);
}

static const struct {
	const char *x, *title, *text;
} titles[] = {
	{ "(+ a 1)", "(a + 1)", "a + 1" },
	{ "(/ a 2)", "(a / 2)", NULL },
	{ "(* (+ a 1) 2)", "((a + 1) * 2)", "(a + 1) * 2" },
	{ "(cast a `string`)", "CAST(a AS STRING)", "cast(a as string)" },
	{ "(+ b 1)", "(b + 1)", "b + 1L" },
	{ "(<> a 1)", "(NOT (a = 1))", "a <> 1" },
	{ "(and z (not z))", "(z AND (NOT z))", "z and (not z)" },
	{ "(isnull a)", "(a IS NULL)", "a is null" },
	{ "(in a 1 2)", "(a IN (1, 2))", "a in (1, 2)" },
	{ "(case z 'x' 'y')", "CASE WHEN z THEN x ELSE y END",
	    "case when z then 'x' else 'y' end" },
	{ "(if z a 2)", "(IF(z, a, 2))", "if(z, a, 2)" },
	{ "(coalesce a 2)", "coalesce(a, 2)", "coalesce(a, 2)" },
	{ "(- a)", "(- a)", "- a" },
	{ "(|| t 'x')", "concat(t, x)", "t || 'x'" },
	{ "'abc'", "abc", "'abc'" },
};

static void
test_trees(void)
{
	struct text t = { 0 };
	struct expr *x = tree("(+ (* a 2) 1)"), *y;
	int n = 0;

	for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
		const char *s = titles[i].x;

		is_str(expr_title(&test_arena, tree(s)), titles[i].title, s);
		text_clear(&t);
		expr_print(&t, tree(s), NULL, NULL);
		if (titles[i].text)
			is_str(text_str(&t), titles[i].text, s);
	}
	text_release(&t);
	expr_walk(x, count_nodes, &n);
	is_int(n, 5, "walk sees every node");
	y = expr_map(&test_arena, x, bump, &test_arena);
	is_str(expr_title(&test_arena, y), "((a * 3) + 2)", "map replaces");
	is_str(expr_title(&test_arena, x), "((a * 2) + 1)", "and copies");
	ok(expr_equal(tree("(+ a 1)"), tree("(+ a 1)")), "equal trees");
	ok(!expr_equal(tree("(+ a 1)"), tree("(+ a 2)")), "other literal");
	ok(!expr_equal(tree("(+ a 1)"), tree("(- a 1)")), "other function");
	ok(!expr_can_fail(tree("(= t 'x')")), "= cannot fail");
	ok(!expr_can_fail(tree("(* d 2.0D)")), "nor floats");
	ok(!expr_can_fail(tree("(+ p 1)")), "nor decimals with room");
	ok(expr_can_fail(tree("(+ a 1)")), "integers can");
	ok(!expr_can_fail(tree("(/ a 2)")), "/ 2 cannot");
	ok(expr_can_fail(tree("(/ a b)")), "/ b can");
	ok(expr_is_const(tree("(+ 1 2)")), "1 + 2 is constant");
	ok(!expr_is_const(tree("(+ 1 a)")), "1 + a is not");
	ok(!tree("(isnull a)")->nullable, "is null is never null");
	ok(tree("(+ a 1)")->nullable && !tree("(+ 1 1)")->nullable,
	    "nullable follows the arguments");
	ok(!tree("(coalesce a 1)")->nullable, "coalesce with a literal");
	ok(tree("(case z 1)")->nullable, "case without else");
	is_int(expr_truth(tree("true")), 1, "truth of true");
	is_int(expr_truth(tree("(not true)")), -2, "truth of a call");
}

static void
test_errors(void)
{
	struct err e = { 0 };
	const char *s = "(greatst a 1)";

	ok(test_read(&s, &e) == NULL, "unknown function: %s", e.text);
	is_str(e.hint, "did you mean 'greatest'?", "with a hint");
	is_int(e.span.len, 1, "and its place");
	s = "(nvl a)";
	ok(test_read(&s, &e) == NULL && strstr(e.text, "takes 2 arguments"),
	    "wrong number: %s", e.text);
}

int
main(void)
{
	test_start();
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		const char *s = values[i].x, *want = values[i].want;
		const char *got = test_eval(s, &test_batch);

		if (want[0] == '!')
			ok(got[0] == '!' && strstr(got, want + 1),
			    "%s fails: %s", s, got);
		else
			is_str(got, want, s);
	}
	for (size_t i = 0; i < sizeof picks / sizeof picks[0]; i++) {
		const char *s = picks[i].x, *want = picks[i].want;
		const char *got = test_pick(s, &test_batch);

		if (want[0] == '!')
			ok(got[0] == '!' && strstr(got, want + 1),
			    "%s fails: %s", s, got);
		else
			is_str(got, want, s);
	}
	test_batches();
	test_many();
	test_trees();
	test_errors();
	return done_testing();
}
