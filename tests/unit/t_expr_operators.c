/*
 * t_expr_operators -- arithmetic, comparison, logic and bits: results, types,
 * limits and errors.
 */
#include "exprrun.h"

static const struct {
	const char *x, *want;           /* want "!text": fails with it */
} cases[] = {
	/* integers */
	{ "(+ a 1)", "2,NULL,4" },
	{ "(- a)", "-1,NULL,-3" },
	{ "(negative d)", "-2.5,NULL,0.0" },
	{ "(+ i 0)", "2147483647,NULL,-2147483648" },
	{ "(+ i 1)", "!2147483647 + 1 caused overflow" },
	{ "(try_add i 1)", "NULL,NULL,-2147483647" },
	{ "(+ 1 i)", "!caused overflow" },
	{ "(- i 1)", "!-2147483648 - 1 caused overflow" },
	{ "(- 0 i)", "!0 - -2147483648 caused overflow" },
	{ "(- i)", "!caused overflow" },
	{ "(* i 2)", "!2147483647 * 2 caused overflow" },
	{ "(* i 1L)", "2147483647,NULL,-2147483648" },
	{ "(* b 2)", "!9223372036854775807 * 2 caused overflow" },
	{ "(* b b)", "!caused overflow" },
	{ "(try_multiply b b)", "100,NULL,NULL" },
	{ "(* b 1)", "10,NULL,9223372036854775807" },
	{ "(* y y)", "!127 * 127 caused overflow" },
	{ "(+ y y)", "!127 + 127 caused overflow" },
	{ "(* s s)", "!caused overflow" },
	{ "(* y a)", "1,NULL,381" },
	{ "(+ a null)", "NULL,NULL,NULL" },
	{ "(+ null null)", "NULL,NULL,NULL" },
	{ "(+ 1 '4')", "5,5,5" },
	{ "(+ a n)", "!the value 'x' of the type \"string\" cannot be cast "
	    "to \"bigint\"" },
	{ "(+ '3' '4')", "!no operator string + string" },
	{ "(+ z 1)", "!no operator boolean + int" },
	/* division */
	{ "(/ a 2)", "0.5,NULL,1.5" },
	{ "(/ '5' 2)", "2.5,2.5,2.5" },
	{ "(/ a 0)", "!division by zero" },
	{ "(/ 1.0D 0.0D)", "!division by zero" },
	{ "(try_divide a 0)", "NULL,NULL,NULL" },
	{ "(div 7 2)", "3,3,3" },
	{ "(div -7 2)", "-3,-3,-3" },
	{ "(div b 0)", "!division by zero" },
	{ "(div -9223372036854775808L -1L)", "!caused overflow" },
	{ "(div d 2)", "!cannot call div" },
	{ "(% -7 3)", "-1,-1,-1" },
	{ "(% i -1)", "0,NULL,0" },
	{ "(% 5.5D 2)", "1.5,1.5,1.5" },
	{ "(% b 7)", "3,NULL,0" },
	{ "(% i 10)", "7,NULL,-8" },
	{ "(% (- b) 1000)", "-10,NULL,-807" },
	{ "(% a 1)", "0,NULL,0" },
	{ "(% b 2147483647)", "10,NULL,1" },
	{ "(% a 0)", "!division by zero" },
	{ "(try_mod a 0)", "NULL,NULL,NULL" },
	/* floats */
	{ "(+ a d)", "3.5,NULL,3.0" },
	{ "(+ f 1)", "2.5,NULL,NaN" },
	{ "(* 1e3D 2)", "2000.0,2000.0,2000.0" },
	/* decimals */
	{ "(+ p 1)", "2.25,NULL,100000000.99" },
	{ "(* p 2)", "2.50,NULL,199999999.98" },
	{ "(* p p)", "1.5625,NULL,9999999998000000.0001" },
	{ "(- p 0.005)", "1.245,NULL,99999999.985" },
	{ "(/ 1.0 3.0)", "0.333333,0.333333,0.333333" },
	{ "(/ p 3)", "0.416667,NULL,33333333.330000" },
	{ "(% p 0.3)", "0.05,NULL,0.09" },
	{ "(* q q)", "!caused overflow" },
	{ "(try_multiply q q)", "2.250000,NULL,NULL" },
	{ "(+ q q)", "3.000000000,NULL,19999999999999999999999999998.000000000" },
	{ "(+ q 0.5D)", "2.0,NULL,1.0E28" },
	{ "(* (* r r) r)", "!caused overflow" },
	{ "(try_multiply (* r r) r)", "343,NULL,NULL" },
	{ "(+ (cast q `decimal(38,2)`) (cast q `decimal(38,2)`))",
	    "3.00,NULL,19999999999999999999999999998.00" },
	{ "(* (cast r `decimal(38,0)`) (cast r `decimal(38,0)`))",
	    "49,NULL,999999999999999998000000000000000001" },
	{ "(/ q 0)", "!division by zero" },
	{ "(div p 0.5)", "2,NULL,199999999" },
	{ "(* r r)", "49,NULL,999999999999999998000000000000000001" },
	{ "(- r)", "-7,NULL,-999999999999999999" },
	{ "(- 0.00 p)", "-1.25,NULL,-99999999.99" },
	/* comparison */
	{ "(= a 1)", "true,NULL,false" },
	{ "(<> a 1)", "false,NULL,true" },
	{ "(< 1 a)", "false,NULL,true" },
	{ "(>= a '3')", "false,NULL,true" },
	{ "(= 1 '1.5')", "!cannot be cast to \"bigint\"" },
	{ "(= d 0)", "false,NULL,true" },
	{ "(= f f)", "true,NULL,true" },
	{ "(> f 1e308D)", "false,NULL,true" },
	{ "(< f 1e308D)", "true,NULL,false" },
	{ "(= t 'abc')", "true,NULL,false" },
	{ "(>= t 'a long string beyond 12')", "true,NULL,true" },
	{ "(> t 'a long string beyond 11')", "true,NULL,true" },
	{ "(< p 1.250001)", "true,NULL,false" },
	{ "(= p 99999999.99)", "false,NULL,true" },
	{ "(= z true)", "true,NULL,false" },
	{ "(= z 1)", "!no operator boolean = int" },
	{ "(= z 'true')", "true,NULL,false" },
	{ "(= day '2024-01-31')", "true,NULL,false" },
	{ "(< day ts)", "true,NULL,false" },
	{ "(= null null)", "NULL,NULL,NULL" },
	{ "(<> t 'abc')", "false,NULL,true" },
	{ "(< t 'b')", "true,NULL,true" },
	{ "(<=> a null)", "false,true,false" },
	{ "(<=> a 1)", "true,false,false" },
	{ "(<=> t t)", "true,true,true" },
	{ "(between a 1 2)", "true,NULL,false" },
	{ "(in a 1 2)", "true,NULL,false" },
	{ "(in a 1 null)", "true,NULL,NULL" },
	{ "(in t 'abc' 'x')", "true,NULL,false" },
	{ "(in d 2.5 '1')", "true,NULL,false" },
	{ "(in a 5 6 7 8 9 10 11 3)", "false,NULL,true" },
	{ "(in t 'b' 'c' 'd' 'e' 'f' 'g' 'h' 'a long string beyond 12')",
	    "false,NULL,true" },
	{ "(in 3 a 7)", "false,NULL,true" },
	{ "(in p 1.25 7)", "true,NULL,false" },
	/* logic */
	{ "(and z null)", "NULL,NULL,false" },
	{ "(or z null)", "true,NULL,NULL" },
	{ "(not z)", "false,NULL,true" },
	{ "(and z (> a 0))", "true,NULL,false" },
	{ "(or (isnull z) z)", "true,true,false" },
	{ "(istrue z)", "true,false,false" },
	{ "(isnottrue z)", "false,true,true" },
	{ "(isfalse z)", "false,false,true" },
	{ "(isnotfalse z)", "true,true,false" },
	{ "(isnull a)", "false,true,false" },
	{ "(isnotnull t)", "true,false,true" },
	{ "(and a true)", "!must be boolean" },
	/* bits */
	{ "(& a 2)", "0,NULL,2" }, { "(| a 4)", "5,NULL,7" },
	{ "(^ a 1)", "0,NULL,2" }, { "(~ a)", "-2,NULL,-4" },
	{ "(<< a 33)", "2,NULL,6" }, { "(>> -8 1)", "-4,-4,-4" },
	{ "(>>> -1 31)", "1,1,1" }, { "(>>> -1L 63)", "1,1,1" },
	{ "(shiftrightunsigned -1 31)", "1,1,1" },
	{ "(shiftleft a 1)", "2,NULL,6" },
	{ "(shiftright -8 1)", "-4,-4,-4" },
	/* strings */
	{ "(|| t '-' a)", "abc-1,NULL,a long string beyond 12-3" },
	{ "(|| (|| n n) n)", "121212,NULL,xxx" },
	/* times */
	{ "(+ day 1)", "2024-02-01,NULL,2023-03-01" },
	{ "(+ 1 day)", "2024-02-01,NULL,2023-03-01" },
	{ "(- day day)", "INTERVAL '0 00:00:00' DAY TO SECOND,NULL,"
	    "INTERVAL '0 00:00:00' DAY TO SECOND" },
	{ "(+ day ym)", "2025-03-31,NULL,2023-01-28" },
	{ "(- day ym)", "2022-11-30,NULL,2023-03-28" },
	{ "(+ ts dt)", "2024-02-01 12:03:04.5,NULL,1969-12-30 23:59:59.5" },
	{ "(- ts ym)", "2022-11-30 10:00:00,NULL,1970-01-31 23:59:59.5" },
	{ "(+ day dt)", "2024-02-01 02:03:04.5,NULL,2023-02-27 00:00:00" },
	{ "(+ day day)", "!no operator date + date" },
	{ "(/ dt 0)", "!division by zero" },
	{ "(+ day 2147483647)", "!caused overflow" },
};

/* The same result whether rows are picked or not. */
static void
test_picked(const char *s)
{
	static const int32_t last[] = { 2 };
	struct batch b = test_batch;
	const char *all = test_eval(s, &test_batch), *one, *comma;

	if (all[0] == '!')
		return;
	batch_pick(&b, last, 1);
	one = test_eval(s, &b);
	comma = strlen(all) >= strlen(one) ? all + strlen(all) - strlen(one) :
	    "";
	is_str(one, comma, s);
}

int
main(void)
{
	test_start();
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *s = cases[i].x, *want = cases[i].want;

		if (want[0] == '!') {
			const char *got = test_eval(s, &test_batch);

			ok(got[0] == '!' && strstr(got, want + 1),
			    "%s fails: %s", s, got);
			continue;
		}
		is_expr(s, want);
		test_picked(s);
	}
	return done_testing();
}
