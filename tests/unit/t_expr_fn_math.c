/*
 * t_expr_fn_math -- mathematical, hash and context functions over a batch:
 * types, limits, nulls, repeatable random numbers.
 */
#include "exprrun.h"

static const struct {
	const char *x, *want;           /* want "!text": fails with it */
} cases[] = {
	{ "(abs s)", "5,NULL,32767" },
	{ "(abs i)", "!abs overflows int" },
	{ "(abs p)", "1.25,NULL,99999999.99" },
	{ "(abs dt)", "INTERVAL '1 02:03:04.5' DAY TO SECOND,NULL,"
	    "INTERVAL '1 00:00:00' DAY TO SECOND" },
	{ "(typeof (abs s))", "smallint,smallint,smallint" },
	{ "(sign s)", "-1.0,NULL,1.0" },
	/* rounding */
	{ "(round 2.5D)", "3.0,3.0,3.0" },
	{ "(round -2.5D)", "-3.0,-3.0,-3.0" },
	{ "(bround 2.5D)", "2.0,2.0,2.0" },
	{ "(round 1.005D 2)", "1.01,1.01,1.01" },
	{ "(round 0.285D 2)", "0.29,0.29,0.29" },
	{ "(round 1234.5D -2)", "1200.0,1200.0,1200.0" },
	{ "(round f)", "2.0,NULL,NaN" },
	{ "(round d 1)", "2.5,NULL,0.0" },
	{ "(round a -1)", "0,NULL,0" },
	{ "(round i -1)", "!round overflows int" },
	{ "(round 25 -1)", "30,30,30" },
	{ "(bround 25 -1)", "20,20,20" },
	{ "(round p 1)", "1.3,NULL,100000000.0" },
	{ "(bround p 1)", "1.2,NULL,100000000.0" },
	{ "(round p -3)", "0,NULL,100000000" },
	{ "(typeof (round p 1))", "decimal(10,1),decimal(10,1),decimal(10,1)" },
	{ "(typeof (round p 5))", "decimal(11,2),decimal(11,2),decimal(11,2)" },
	{ "(typeof (round p -12))",
	    "decimal(13,0),decimal(13,0),decimal(13,0)" },
	{ "(round a b)", "!must be a constant" },
	{ "(round d null)", "NULL,NULL,NULL" },
	{ "(ceil p)", "2,NULL,100000000" },
	{ "(floor (- p))", "-2,NULL,-100000000" },
	{ "(typeof (ceil p))", "decimal(9,0),decimal(9,0),decimal(9,0)" },
	{ "(ceil d)", "3,NULL,0" },
	{ "(ceil f)", "2,NULL,0" },
	{ "(ceil a)", "1,NULL,3" },
	{ "(ceil 3.1411 3)", "3.142,3.142,3.142" },
	{ "(ceil -12.345 1)", "-12.3,-12.3,-12.3" },
	{ "(floor p 1)", "1.2,NULL,99999999.9" },
	/* reals */
	{ "(ln a)", "0.0,NULL,1.0986122886681098" },
	{ "(ln 0)", "NULL,NULL,NULL" },
	{ "(log 2 8)", "3.0,3.0,3.0" },
	{ "(log 0 8)", "NULL,NULL,NULL" },
	{ "(log1p -1)", "NULL,NULL,NULL" },
	{ "(sqrt -1)", "NaN,NaN,NaN" },
	{ "(cbrt -27)", "-3.0,-3.0,-3.0" },
	{ "(pow a 2)", "1.0,NULL,9.0" },
	{ "(isnan f)", "false,false,true" },
	{ "(nanvl f a)", "1.5,NULL,3.0" },
	{ "(width_bucket d 0 5 10)", "6,NULL,1" },
	{ "(width_bucket 5 5 0 10)", "1,1,1" },
	{ "(width_bucket 1 0 0 10)", "NULL,NULL,NULL" },
	/* whole numbers */
	{ "(factorial a)", "1,NULL,6" },
	{ "(factorial 21)", "NULL,NULL,NULL" },
	{ "(pmod s 3)", "1,NULL,1" },
	{ "(pmod a 0)", "!division by zero" },
	{ "(pmod (- p) 1)", "0.75,NULL,0.01" },
	{ "(pmod -7.5D 2)", "0.5,0.5,0.5" },
	{ "(pmod -9223372036854775808L -1L)", "0,0,0" },
	{ "(bin y)", "1,NULL,1111111" },
	{ "(conv 'ff' 16 10)", "255,255,255" },
	{ "(conv '-1' 10 16)", "FFFFFFFFFFFFFFFF,FFFFFFFFFFFFFFFF,"
	    "FFFFFFFFFFFFFFFF" },
	{ "(conv '-10' 10 -2)", "-1010,-1010,-1010" },
	{ "(conv '12x' 10 10)", "12,12,12" },
	{ "(conv '1' 1 10)", "NULL,NULL,NULL" },
	{ "(conv '99999999999999999999' 10 16)", "!does not fit" },
	{ "(bit_count -1)", "64,64,64" },
	{ "(bit_get y 6)", "0,NULL,1" },
	{ "(bit_get y 8)", "!no bit 8" },
	/* hashes: values of Spark */
	{ "(hash null)", "42,42,42" },
	{ "(hash 1)", "-559580957,-559580957,-559580957" },
	{ "(hash 1L)", "-1712319331,-1712319331,-1712319331" },
	{ "(hash -0.0D)", "-1670924195,-1670924195,-1670924195" },
	{ "(xxhash64 1L)", "-7001672635703045582,-7001672635703045582,"
	    "-7001672635703045582" },
	{ "(md5 '')", "d41d8cd98f00b204e9800998ecf8427e,"
	    "d41d8cd98f00b204e9800998ecf8427e,"
	    "d41d8cd98f00b204e9800998ecf8427e" },
	{ "(md5 (repeat 'a' 64))", "014842d480b571495a4a0363793f7367,"
	    "014842d480b571495a4a0363793f7367,"
	    "014842d480b571495a4a0363793f7367" },
	{ "(substring (sha1 (repeat 'a' 120)) 1 8)",
	    "f34c1488,f34c1488,f34c1488" },
	{ "(substring (sha2 t 224) 1 8)", "23097d22,NULL,e1c04c2b" },
	{ "(substring (sha2 (repeat 'a' 111) 384) 1 8)",
	    "3c379550,3c379550,3c379550" },
	{ "(substring (sha2 (repeat 'a' 112) 512) 1 8)",
	    "c01d080e,c01d080e,c01d080e" },
	{ "(sha2 t 100)", "NULL,NULL,NULL" },
	{ "(crc32 t)", "891568578,NULL,1998087776" },
	/* JSON */
	{ "(get_json_object '{\"a\": {\"b\": [1, {\"c\": \"x\\n\"}]}}' "
	    "'$.a.b[1].c')", "x\n,x\n,x\n" },
	{ "(get_json_object '{\"a\": { \"b\" : 1.50 }}' '$.a')",
	    "{\"b\":1.50},{\"b\":1.50},{\"b\":1.50}" },
	{ "(get_json_object '[{\"a\":1},{\"a\":\"z\"}]' '$[*].a')",
	    "[1,\"z\"],[1,\"z\"],[1,\"z\"]" },
	{ "(get_json_object '{\"a\":null}' '$.a')", "NULL,NULL,NULL" },
	{ "(get_json_object t '$.a')", "NULL,NULL,NULL" },
	{ "(get_json_object '{}' 'a')", "!not a JSON path" },
	{ "(json_array_length '[1,]')", "NULL,NULL,NULL" },
	{ "(json_object_keys '{\"a\":1,\"b\":{}}')", "[a, b],[a, b],[a, b]" },
	{ "(from_json '{\"a\":1,\"b\":[\"x\",null]}' 'a int, b array<string>')",
	    "{1, [x, null]},{1, [x, null]},{1, [x, null]}" },
	{ "(from_json '{\"a\":\"no\"}' 'a int')", "{null},{null},{null}" },
	{ "(from_json '{\"a\":300}' 'a tinyint')", "{null},{null},{null}" },
	{ "(from_json '{\"a\":' 'a int')", "{null},{null},{null}" },
	{ "(from_json '' 'a int')", "NULL,NULL,NULL" },
	{ "(from_json '[1]' 'array<int>')", "[1],[1],[1]" },
	{ "(from_json '{\"k\": 2}' 'map<string,int>')",
	    "{k -> 2},{k -> 2},{k -> 2}" },
	{ "(to_json (from_json '{\"b\":\"2024-01-02\"}' 'a int, b date'))",
	    "{\"b\":\"2024-01-02\"},{\"b\":\"2024-01-02\"},"
	    "{\"b\":\"2024-01-02\"}" },
	{ "(schema_of_json '{\"b\":[1,2.5],\"a\":{\"x\":null}}')",
	    "STRUCT<a: STRUCT<x: STRING>, b: ARRAY<DOUBLE>>,"
	    "STRUCT<a: STRUCT<x: STRING>, b: ARRAY<DOUBLE>>,"
	    "STRUCT<a: STRUCT<x: STRING>, b: ARRAY<DOUBLE>>" },
	/* URLs and the run */
	{ "(parse_url 'http://u:p@h.org:80/a/b?x=1&y=2#r' 'HOST')",
	    "h.org,h.org,h.org" },
	{ "(parse_url 'http://u:p@h.org:80/a/b?x=1&y=2#r' 'FILE')",
	    "/a/b?x=1&y=2,/a/b?x=1&y=2,/a/b?x=1&y=2" },
	{ "(parse_url 'http://h.org?x=1&y=2' 'QUERY' 'y')", "2,2,2" },
	{ "(parse_url 'http://h o' 'HOST')", "!not a URL" },
	{ "(raise_error 'stop')", "!stop" },
	{ "(assert_true (> a 0))", "!not true" },
	{ "(assert_true true 'm')", "NULL,NULL,NULL" },
	{ "(monotonically_increasing_id)", "0,1,2" },
};

/* The same seed gives the same rows, another call others. */
static void
test_random(void)
{
	const char *x = test_eval("(rand 7)", &test_batch);

	is_str(test_eval("(rand 7)", &test_batch), x, "rand repeats itself");
	ok(strcmp(test_eval("(rand 8)", &test_batch), x) != 0,
	    "another seed, other numbers");
	ok(strchr(x, ',') && strncmp(x, strchr(x, ',') + 1, 8) != 0,
	    "rows differ: %s", x);
	x = test_eval("(uuid 1)", &test_batch);
	ok(strlen(x) == 110 && x[14] == '4', "uuid: %s", x);
}

int
main(void)
{
	test_start();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *got = test_eval(cases[i].x, &test_batch);
		const char *want = cases[i].want;

		if (*want == '!')
			ok(*got == '!' && strstr(got, want + 1), "%s: %s",
			    cases[i].x, got);
		else
			is_str(got, want, cases[i].x);
	}
	test_random();
	return done_testing();
}
