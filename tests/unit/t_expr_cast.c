/*
 * t_expr_cast -- casts between all kinds of types, their limits and errors.
 */
#include "exprrun.h"

static const struct {
	const char *x, *want;
} cases[] = {
	/* integers */
	{ "(cast a `bigint`)", "1,NULL,3" },
	{ "(cast a `tinyint`)", "1,NULL,3" },
	{ "(cast i `smallint`)", "!the value 2147483647 of the type \"int\" "
	    "cannot be cast to \"smallint\" due to an overflow" },
	{ "(try_cast i `smallint`)", "NULL,NULL,NULL" },
	{ "(try_cast b `int`)", "10,NULL,NULL" },
	{ "(cast d `int`)", "2,NULL,0" },
	{ "(cast -2.5D `int`)", "-2,-2,-2" },
	{ "(cast f `int`)", "!cannot be cast to \"int\"" },
	{ "(try_cast f `bigint`)", "1,NULL,NULL" },
	{ "(cast 9223372036854775807L `double`)",
	    "9.223372036854776E18,9.223372036854776E18,9.223372036854776E18" },
	{ "(cast 1e19D `bigint`)", "!due to an overflow" },
	{ "(cast p `int`)", "1,NULL,99999999" },
	{ "(cast q `bigint`)", "!due to an overflow" },
	{ "(try_cast q `bigint`)", "1,NULL,NULL" },
	{ "(cast z `int`)", "1,NULL,0" },
	{ "(cast a `boolean`)", "true,NULL,true" },
	{ "(cast 0.0D `boolean`)", "false,false,false" },
	{ "(cast a `date`)", "!cannot cast int to date" },
	{ "(cast day `int`)", "!cannot cast date to int" },
	/* decimals */
	{ "(cast a `decimal(5,2)`)", "1.00,NULL,3.00" },
	{ "(cast i `decimal(5,2)`)", "!cannot be cast to \"decimal(5,2)\"" },
	{ "(cast b `decimal(38,10)`)",
	    "10.0000000000,NULL,9223372036854775807.0000000000" },
	{ "(cast p `decimal(4,1)`)", "!due to an overflow" },
	{ "(try_cast p `decimal(4,1)`)", "1.3,NULL,NULL" },
	{ "(cast p `decimal(38,2)`)", "1.25,NULL,99999999.99" },
	{ "(cast q `double`)", "1.5,NULL,1.0E28" },
	{ "(cast p `double`)", "1.25,NULL,9.999999999E7" },
	{ "(cast d `decimal(10,3)`)", "2.500,NULL,0.000" },
	{ "(cast 0.1D `decimal(20,18)`)", "0.100000000000000000,"
	    "0.100000000000000000,0.100000000000000000" },
	{ "(try_cast f `decimal(10,2)`)", "1.50,NULL,NULL" },
	{ "(cast z `decimal(3,1)`)", "1.0,NULL,0.0" },
	/* text */
	{ "(cast n `int`)", "!the value 'x' of the type \"string\" cannot be "
	    "cast to \"int\"" },
	{ "(try_cast n `int`)", "12,NULL,NULL" },
	{ "(try_cast n `tinyint`)", "12,NULL,NULL" },
	{ "(try_cast n `double`)", "12.0,NULL,NULL" },
	{ "(try_cast n `decimal(4,2)`)", "12.00,NULL,NULL" },
	{ "(try_cast n `boolean`)", "NULL,NULL,NULL" },
	{ "(cast ' true ' `boolean`)", "true,true,true" },
	{ "(cast ' 42 ' `int`)", "42,42,42" },
	{ "(cast '1.5' `int`)", "!cannot be cast to \"int\"" },
	{ "(cast '' `bigint`)", "!the value '' of" },
	{ "(cast '9223372036854775808' `bigint`)", "!cannot be cast" },
	{ "(cast '128' `tinyint`)", "!cannot be cast to \"tinyint\"" },
	{ "(cast '1e3' `double`)", "1000.0,1000.0,1000.0" },
	{ "(cast 'NaN' `double`)", "NaN,NaN,NaN" },
	{ "(cast '-Infinity' `float`)", "-Infinity,-Infinity,-Infinity" },
	{ "(cast '123.456' `decimal(5,2)`)", "123.46,123.46,123.46" },
	{ "(cast '1234.5' `decimal(5,2)`)", "!cannot be cast" },
	{ "(cast a `string`)", "1,NULL,3" },
	{ "(cast d `string`)", "2.5,NULL,-0.0" },
	{ "(cast p `string`)", "1.25,NULL,99999999.99" },
	{ "(cast z `string`)", "true,NULL,false" },
	{ "(cast ts `string`)",
	    "2024-01-31 10:00:00,NULL,1969-12-31 23:59:59.5" },
	{ "(cast bin `string`)", "xyz,NULL," },
	{ "(cast t `binary`)", "abc,NULL,a long string beyond 12" },
	{ "(cast ym `string`)", "INTERVAL '1-2' YEAR TO MONTH,NULL,"
	    "INTERVAL '-0-1' YEAR TO MONTH" },
	/* times */
	{ "(cast '2024-02-29' `date`)", "2024-02-29,2024-02-29,2024-02-29" },
	{ "(cast '2023-02-29' `date`)", "!cannot be cast to \"date\"" },
	{ "(try_cast t `date`)", "NULL,NULL,NULL" },
	{ "(cast ts `date`)", "2024-01-31,NULL,1969-12-31" },
	{ "(cast day `timestamp`)",
	    "2024-01-31 00:00:00,NULL,2023-02-28 00:00:00" },
	{ "(cast ts `bigint`)", "1706695200,NULL,-1" },
	{ "(cast ts `double`)", "1.7066952E9,NULL,-0.5" },
	{ "(cast a `timestamp`)",
	    "1970-01-01 00:00:01,NULL,1970-01-01 00:00:03" },
	{ "(cast 1.5 `timestamp`)", "1970-01-01 00:00:01.5,"
	    "1970-01-01 00:00:01.5,1970-01-01 00:00:01.5" },
	{ "(cast ts `timestamp_ntz`)",
	    "2024-01-31 10:00:00,NULL,1969-12-31 23:59:59.5" },
	/* null */
	{ "(cast null `int`)", "NULL,NULL,NULL" },
	{ "(cast null `array<int>`)", "NULL,NULL,NULL" },
	/* titles do not show what coercion inserted: see below */
};

/* Casts of nested values fail only for elements that are looked at. */
static void
test_nested(void)
{
	static const int32_t first[] = { 0 };
	const struct type *from = test_type("array<string>");
	const struct type *to = test_type("array<int>");
	struct program_env env = { .zone = zone_utc };
	struct builder b;
	struct schema *s = schema_new(&test_arena, 1);
	struct column c, out;
	struct batch batch = { .col = &c, .ncol = 1, .nrow = 2, .n = 2 };
	struct program *p;
	struct expr *x;
	struct text t = { 0 };
	struct err e = { 0 };

	builder_init(&b, from);
	builder_bytes(&b.kid[0], "1", 1);
	builder_bytes(&b.kid[0], "2", 1);
	builder_list(&b);
	builder_bytes(&b.kid[0], "bad", 3);
	builder_list(&b);
	builder_column(&b, 0, 2, &c, &test_arena);
	s->col[0] = (struct field){ "v", from, true, 1 };
	ok(expr_cast(&test_env, expr_col(&test_arena, &s->col[0]), to,
	    (struct span){ 0, 0, 0 }, &x, &e) == 0, "cast of an array binds");
	ok(program_new(&p, &test_arena, s, &x, 1, &env, &e) == 0, "compiles");
	ok(program_run(p, &batch, &out, &e) < 0 && strstr(e.text, "'bad'"),
	    "a bad element fails: %s", e.text);
	batch_pick(&batch, first, 1);
	ok(program_run(p, &batch, &out, &e) == 0, "not when it is not picked");
	column_text(&t, &out, 1);
	is_str(text_str(&t), "[1, 2]", "elements are cast");
	text_release(&t);
	program_release(p);
	builder_release(&b);
}

int
main(void)
{
	test_start();
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *s = cases[i].x, *want = cases[i].want;
		const char *got = test_eval(s, &test_batch);

		if (want[0] == '!')
			ok(got[0] == '!' && strstr(got, want + 1),
			    "%s fails: %s", s, got);
		else
			is_str(got, want, s);
	}
	test_nested();
	return done_testing();
}
