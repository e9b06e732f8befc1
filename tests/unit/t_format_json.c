/*
 * t_format_json -- the JSON reader: types, nested values, what is no JSON.
 */
#include "format/json_mask.h"
#include "tap.h"
#include "format_cuts.h"

static void
test_rows(void)
{
	struct try t = { .format = "json", .schema =
	    "a bigint, b string, c double, d boolean, e date" };

	is_str(rows_of(&t, "{\"a\":1,\"b\":\"x\",\"c\":2.5,\"d\":true,"
	    "\"e\":\"2024-01-31\"}\n"), "1\tx\t2.5\ttrue\t2024-01-31\n",
	    "a record");
	is_str(rows_of(&t, " { \"d\" : false , \"z\":[1,{\"a\":9}], \"a\" : -5 } \r\n\n"
	    "null\n{}\n{\"a\":null,\"b\":\"long enough for a pointer\"}"),
	    "-5\t\\N\t\\N\tfalse\t\\N\n\\N\t\\N\t\\N\t\\N\t\\N\n"
	    "\\N\tlong enough for a pointer\t\\N\t\\N\t\\N\n",
	    "white space, other order, blank lines, null");
	is_str(rows_of(&t, "{\"a\":1,\"a\":2,\"\\u0062\":\"q\"}\n"),
	    "2\tq\t\\N\t\\N\t\\N\n", "a name twice, a name with an escape");
	is_str(rows_of(&t, "{\"b\":\"\\\"\\\\\\/\\n\\u00e4\\ud83d\\ude00\\ud83d\"}\n"),
	    "\\N\t\"\\\\/\\n\xc3\xa4\xf0\x9f\x98\x80\xef\xbf\xbd\t\\N\t\\N\t\\N\n",
	    "escapes");
	is_str(rows_of(&t, "{\"b\":{\"k\" : [1, 2]}}\n{\"b\":12.50}\n"
	    "{\"b\":true}\n"), "\\N\t{\"k\" : [1, 2]}\t\\N\t\\N\t\\N\n"
	    "\\N\t12.50\t\\N\t\\N\t\\N\n\\N\ttrue\t\\N\t\\N\t\\N\n",
	    "anything in a string column keeps its text");
	is_str(rows_of(&t, "[{\"a\":1},null, {\"a\":2}]\n{\"a\":3}\n[]\n"),
	    "1\t\\N\t\\N\t\\N\t\\N\n2\t\\N\t\\N\t\\N\t\\N\n"
	    "3\t\\N\t\\N\t\\N\t\\N\n", "lists of records");
}

static void
test_nested(void)
{
	struct try t = { .format = "json", .schema = "s struct<x: bigint, "
	    "y: array<string>>, m map<string, int>, l array<array<double>>" };

	is_str(rows_of(&t, "{\"s\":{\"y\":[\"a\",null],\"x\":1},"
	    "\"m\":{\"k\":1,\"j\":2},\"l\":[[1],[],[2,3.5]]}\n{}\n"
	    "{\"s\":{},\"m\":{},\"l\":[]}\n"),
	    "{1, [a, null]}\t{k -> 1, j -> 2}\t[[1.0], [], [2.0, 3.5]]\n"
	    "\\N\t\\N\t\\N\n{null, null}\t{}\t[]\n", "nested values");
	rows_of(&t, "{\"m\":{\"k\":1.5}}\n");
	ok(strstr(t.err.text, "is not a map<string,int> (column m)") != NULL,
	    "a nested value of another type: %s", t.err.text);
	t.on_error = ON_ERROR_NULL;
	is_str(rows_of(&t, "{\"m\":{\"k\":1.5,\"j\":2},\"l\":7}\n"),
	    "\\N\t{k -> null, j -> 2}\t\\N\n", "null for what does not fit");
}

static void
test_bad(void)
{
	struct try t = { .format = "json", .schema =
	    "a bigint, _corrupt_record string, b string" };
	const char *bytes = "{\"a\":1,\"b\":\"x\"}\n{\"a\":\"q\",\"b\":\"y\"}\n"
	    "{\"a\":2\n{\"a\":3}\n";
	struct err e;

	rows_of(&t, bytes);
	e = t.err;
	ok(strstr(e.text, ":2:6: error: '\"q\"' is not a bigint (column a)")
	    != NULL, "position of a bad value: %s", e.text);
	is_int(e.code, EXIT_DATA, "exit code");
	rows_of(&t, "{\"a\":1}\n{\"a\":1,}\n");
	ok(strstr(t.err.text, ":2:8: error: ") != NULL,
	    "position of bad JSON: %s", t.err.text);
	t.on_error = ON_ERROR_NULL;
	is_str(rows_of(&t, bytes), "1\t\\N\tx\n\\N\t{\"a\":\"q\",\"b\":\"y\"}"
	    "\ty\n\\N\t{\"a\":2\t\\N\n3\t\\N\t\\N\n", "on_error null");
	t.on_error = ON_ERROR_DROP;
	is_str(rows_of(&t, bytes), "1\t\\N\tx\n3\t\\N\t\\N\n",
	    "on_error drop");
}

/* The verdict on JSON texts, read as they come, schema inferred. */
static void
test_strict(void)
{
	static const char *const good[] = {
		"[]", "[ ]", "[[]   ]", "[\"\"]", "[1\n]", " [1]", "[2] ",
		"[null]", "[-0]", "[1E22]", "[1e-2]", "[0e+1]", "[0.1]",
		"[123.456e78]", "{}", "{\"\":0}", "{\"a\":\"b\",\"a\":\"c\"}",
		"{\n\"a\": \"b\"\n}", "{\"foo\\u0000bar\": 42}", "42", "\"x\"",
		"true", "null", "\"\"", "[\"\\u0060\\u012a\\u12AB\"]",
		"[\"\\uD801\\udc37\"]", "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]",
		"[\"a/*b*/c/*d//e\"]", "[\"\xf0\x9d\x84\x9e\"]",
		"[\"\x7f\"]", "[\"\\\\n\"]", "{\"a\":[]}",
		"[1,null,null,null,2]", "[\"asd \"]", "{\"min\": -1.0e+28}",
	};
	static const char *const bad[] = {
		"[1 true]", "[a\xe5]", "[\"\": 1]", "[\"\"],", "[,1]",
		"[1,,2]", "[\"x\",,]", "[\"x\"]]", "[\"\",]", "[\"x\"",
		"[x", "[3[4]]", "[1:2]", "[,]", "[-]", "[   , \"\"]", "[1,]",
		"[1,,]", "[\"a\",\n4\n,1,", "[*]", "[1", "[1,\n1\n,1",
		"[{}", "[fals]", "[nul]", "[tru]", "[++1234]", "[+1]",
		"[+Inf]", "[-01]", "[-1.0.]", "[-2.]", "[-NaN]", "[.-1]",
		"[.2e-3]", "[0.1.2]", "[0.3e+]", "[0.3e]", "[0.e1]", "[0E+]",
		"[0E]", "[1.0e+]", "[1 000.0]", "[1eE2]", "[2.e+3]", "[9.e+]",
		"[Inf]", "[NaN]", "[1+2]", "[0x1]", "[0x42]", "[Infinity]",
		"[0e+-1]", "[-123.123foo]", "[-Infinity]", "[-foo]", "[- 1]",
		"[-012]", "[-.123]", "[-1x]", "[1ea]", "[1e\xe5]", "[1.]",
		"[.123]", "[1.2a-3]", "[1.8011670033376514H-308]", "[012]",
		"[\"x\", truth]", "{[: \"x\"}\n", "{\"x\", null}",
		"{\"x\"::\"b\"}", "{\"a\":\"a\" 123}", "{key: 'value'}",
		"{\"a\":\"b\"}#", "{\"a\" b}", "{:\"b\"}", "{\"a\" \"b\"}",
		"{\"a\":", "{\"a\"", "{1:1}", "{9999E9999:1}",
		"{null:null,null:null}", "{\"id\":0,,,,,}", "{'a':0}",
		"{\"id\":0,}", "{\"a\":\"b\"}/**/", "{\"a\":\"b\"}/",
		"{\"a\":\"b\",,\"c\":\"d\"}", "{a: \"b\"}", "{\"a\":\"a",
		"{\"a\": true} \"x\"", " x", "[\"\\uD800\\\"]",
		"[\"\\uD800\\u\"]", "[\"\\uD800\\u1\"]", "[\xc3\xa9]",
		"[\"\\\\\\\"]", "[\"\\x00\"]", "[\"\\", "[\"\\\"]", "[\"\\a\"]",
		"[\"\\uqqqq\"]", "[\\n]", "\"", "['single quote']", "abc",
		"[\"\\", "[\"new\nline\"]", "[\"\t\"]", "\"\\UA66D\"", "\"\"x",
		"<.>", "[<null>]", "[1]x", "[1]]", "[\"asd]", "aa", "[True]",
		"1]", "{\"x\": true,", "[][]", "]", "[", "2@", "{}}", "{\"\":",
		"{\"a\":/*comment*/\"b\"}", "{\"a\": true} \"x\"", "['",
		"[\"a", "[\"a\"", "[,", "{,", "{", "{[", "{\"a", "{'a'",
		"[\"\\{[\"\\{[\"\\{[\"\\{", "\xe9", "*", "{\"a\":\"b\"}#{}",
		"[\\u000A\"\"]", "[1,", "{\"asd\":\"asd\"", "\xc3\xa5",
		"[\xe2\x81\xa0]", "\xef\xbb\xbf\x01", "[\f]",
	};
	struct try t = { .format = "json" };
	struct text to = { 0 };

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		ok(scan_rows(&t, good[i], strlen(good[i]), NULL, 0, &to) >= 0,
		    "good: %zu %s", i, t.err.text);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		text_clear(&to);
		if (!ok(scan_rows(&t, bad[i], strlen(bad[i]), NULL, 0, &to) < 0
		    && t.err.code == EXIT_DATA, "bad: %zu", i))
			printf("# %s gives %s\n", bad[i], text_str(&to));
	}
	text_clear(&to);
	for (int i = 0; i < 100000; i++)
		text_addc(&to, '[');
	ok(strstr(rows_of(&t, text_str(&to)), "deep") != NULL,
	    "100000 brackets: %s", t.err.text);
	text_release(&to);
}

static void
test_infer(void)
{
	struct try t = { .format = "json" };
	const char *const words[] = { "primitivesasstring", "true", NULL };

	rows_of(&t, "{\"b\":1,\"a\":\"x\"}\n{\"c\":[1,2.5],\"b\":null}\n"
	    "{\"d\":{\"z\":true,\"y\":null}}\n");
	is_str(t.schema_text, "a string, b bigint, c array<double>, "
	    "d struct<y:string,z:boolean>", "the union of fields, sorted");
	rows_of(&t, "{\"a\":1}\n{\"a\":\"x\"}\n{\"b\":1}\n{\"b\":2.5}\n"
	    "{\"c\":12345678901234567890}\n{\"d\":[]}\n{\"e\":{}}\n");
	is_str(t.schema_text, "a string, b double, c decimal(38,0), "
	    "d array<string>, e string", "kinds that differ");
	is_str(rows_of(&t, "{\n \"a\": 1\n}\n{\n \"a\": 2\n}\n"), "1\n2\n",
	    "objects over several lines");
	is_str(rows_of(&t, "[\n {\"a\": 1},\n {\"a\": 2}\n]\n"), "1\n2\n",
	    "a list over several lines");
	is_str(rows_of(&t, "1\n\"x\"\n[2,3]\n"), "1\n\"x\"\n2\n3\n",
	    "values that are no objects");
	is_str(t.schema_text, "value string", "… in one column");
	t.option = words;
	rows_of(&t, "{\"a\":1,\"b\":true}\n");
	is_str(t.schema_text, "a string, b string", "primitivesAsString");
}

static int
keep_even(void *arg, const struct batch *b, int32_t *pick, struct err *e)
{
	const int64_t *v = b->col[0].data;
	int n = 0;

	(void)arg, (void)e;
	for (int i = 0; i < b->n; i++)
		if (v[batch_row(b, i)] % 2 == 0)
			pick[n++] = batch_row(b, i);
	return n;
}

static void
test_columns(void)
{
	static const int two[] = { 1, 0 };
	struct try t = { .format = "json", .schema =
	    "a array<bigint>, b bigint, c string",
	    .out = two, .nout = 2, .nearly = 1, .filter = keep_even,
	    .stable = true };

	is_str(rows_of(&t, "{\"a\":[1],\"b\":1}\n{\"a\":[2],\"b\":2}\n"
	    "{\"a\":[3,3],\"b\":3}\n{\"a\":[4,4],\"b\":4}\n"),
	    "2\t[2]\n4\t[4, 4]\n", "filter and late columns");
}

static void
test_cuts(void)
{
	static const char *const nasty[] = {
		"{\"a\":\"1\"}\n{\"a\":\"2\"}\n",
		"{\"a\":\"1\"}\r\n\r\n[{\"a\":\"2\"},{\"a\":\"3\"}]\r\n{}",
		"\xef\xbb\xbf{\"a\":\"\\\"{\"}\n\n\n{\"a\":\"\\\\\"}\n",
	};
	struct try t = { .format = "json", .schema = "a string" };

	for (size_t i = 0; i < sizeof nasty / sizeof *nasty; i++)
		is_int(cuts_differ(&t, nasty[i], strlen(nasty[i])), -1,
		    "every cut");
}

static void
test_masks(void)
{
	char bytes[256 + 64];
	struct jsonmask want[4], got[4];
	const char *name;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)i;
	jsonmask_level(0, &name)(bytes, 4, want);
	for (int level = 1; level < 3; level++) {
		jsonmask_fn *f = jsonmask_level(level, &name);

		if (f == NULL) {
			skip("simd", name);
			continue;
		}
		f(bytes, 4, got);
		ok(memcmp(want, got, sizeof got) == 0, "masks by %s", name);
	}
}

int
main(void)
{
	test_masks();
	test_rows();
	test_nested();
	test_bad();
	test_strict();
	test_infer();
	test_columns();
	test_cuts();
	return done_testing();
}
