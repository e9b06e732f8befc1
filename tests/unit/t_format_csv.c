/*
 * t_format_csv -- the CSV and TSV readers on nasty files, with every cut.
 */
#include <sys/stat.h>

#include "format/bytemask.h"
#include "tap.h"
#include "format_cuts.h"

static void
test_plain(void)
{
	struct try t = { .format = "csv", .schema = "a bigint, b string, c double" };
	const char *const header[] = { "header", "true", NULL };
	const char *const nulls[] = { "nullvalue", "NA", NULL };

	is_str(rows_of(&t, "1,x,2.5\n-20,hello world and more,1e3\n"),
	    "1\tx\t2.5\n-20\thello world and more\t1000.0\n", "plain rows");
	is_str(rows_of(&t, "1,x,2.5"), "1\tx\t2.5\n", "no line end at the end");
	is_str(rows_of(&t, "1,x,2.5\r\n\r\n\n2,y,\r\n"),
	    "1\tx\t2.5\n2\ty\t\\N\n", "\\r\\n and blank lines");
	is_str(rows_of(&t, "1,x,2\r2,y,3\r"), "1\tx\t2.0\n2\ty\t3.0\n",
	    "lone \\r ends lines");
	is_str(rows_of(&t, ",,\n\"\",\"\",\"\"\n"),
	    "\\N\t\\N\t\\N\n\\N\t\\N\t\\N\n", "empty is null, quoted or not");
	is_str(rows_of(&t, "1,\"a,b\",2\n2,\"say \"\"hi\"\"\",3\n"),
	    "1\ta,b\t2.0\n2\tsay \"hi\"\t3.0\n", "quotes");
	is_str(rows_of(&t, "1,\"two\nlines\",2\n"), "1\ttwo\\nlines\t2.0\n",
	    "a quoted line end");
	is_str(rows_of(&t, "1,5\" nail,2\n2,6\" nail,3\n3,\"q\"x,4\n"),
	    "1\t5\" nail\t2.0\n2\t6\" nail\t3.0\n3\tqx\t4.0\n",
	    "quotes inside of unquoted values");
	is_str(rows_of(&t, "\xef\xbb\xbf" "1,x,2\n"), "1\tx\t2.0\n",
	    "byte order mark");
	is_str(rows_of(&t, ""), "", "no bytes");
	t.option = header;
	is_str(rows_of(&t, "a,b,c\n1,x,2\n"), "1\tx\t2.0\n", "header");
	is_str(rows_of(&t, "\n\na,b,c\n"), "", "only a header");
	t.option = nulls;
	is_str(rows_of(&t, "1,NA,NA\n2,\"\",\n"), "1\t\\N\t\\N\n2\t\t\\N\n",
	    "nullValue");
}

static void
test_types(void)
{
	struct try t = { .format = "csv", .schema = "a int, b decimal(6,2), "
	    "c date, d timestamp, e boolean, f smallint, g float" };
	struct try w = { .format = "csv", .schema = "a bigint" };

	is_str(rows_of(&t, "2147483647,12.5,2024-02-29,2024-01-01 10:11:12.5,"
	    "true,-5,1.5\n"), "2147483647\t12.50\t2024-02-29\t"
	    "2024-01-01 10:11:12.5\ttrue\t-5\t1.5\n", "all kinds of types");
	is_str(rows_of(&t, "1,1234.565,0001-01-01,2024-01-01T00:00:00Z,FALSE,"
	    "1,0.1\n"), "1\t1234.57\t0001-01-01\t2024-01-01 00:00:00\tfalse\t"
	    "1\t0.1\n", "rounding, first date");
	is_str(rows_of(&w, "9223372036854775807\n-9223372036854775808\n"
	    "12345678\n123456789\n1234567890123456\n12345678901234567\n"),
	    "9223372036854775807\n-9223372036854775808\n12345678\n123456789\n"
	    "1234567890123456\n12345678901234567\n", "whole numbers");
	rows_of(&w, "1\n9223372036854775808\n");
	is_int(t.err.kind, 0, "no error before");
	is_int(w.err.code, EXIT_DATA, "out of range");
	rows_of(&t, "1,2,2023-02-29,,,,\n");
	ok(strstr(t.err.text, ":1:5: error: '2023-02-29' is not a date "
	    "(column c)") != NULL, "a bad date: %s", t.err.text);
}

static void
test_bad(void)
{
	struct try t = { .format = "csv", .schema = "a bigint, b string" };
	const char *const drop[] = { "mode", "DROPMALFORMED", NULL };
	const char *bytes = "1,x\nabc,y\n3\n4,z,w\n5,v\n";
	char name[128];
	struct stat st;

	rows_of(&t, bytes);
	ok(strstr(t.err.text, ":2:1: error: 'abc' is not a bigint (column a)")
	    || strstr(t.err.text, ":3:1: error: expected 2 fields, found 1"),
	    "position of a bad record: %s", t.err.text);
	is_int(t.err.code, EXIT_DATA, "exit code of bad data");
	rows_of(&t, "1,\"a\nb\"\nabc,y\n");
	ok(strstr(t.err.text, ":3:1: error: 'abc'") != NULL,
	    "lines inside of quotes count: %s", t.err.text);
	t.on_error = ON_ERROR_NULL;
	is_str(rows_of(&t, bytes), "1\tx\n\\N\ty\n3\t\\N\n4\tz\n5\tv\n",
	    "on_error null");
	is_int(t.nbad, 3, "bad rows are counted");
	t.on_error = ON_ERROR_DROP;
	is_str(rows_of(&t, bytes), "1\tx\n5\tv\n", "on_error drop");
	t.on_error = ON_ERROR_FAIL;
	t.option = drop;
	is_str(rows_of(&t, bytes), "1\tx\n5\tv\n", "mode DROPMALFORMED");
	t.option = NULL;
	t.on_error = ON_ERROR_QUARANTINE;
	t.quarantine_dir = "/tmp/t_format_csv.quarantine";
	is_str(rows_of(&t, bytes), "1\tx\n5\tv\n", "quarantine");
	snprintf(name, sizeof name, "%s/%d-0.bad", t.quarantine_dir, 3);
	is_int(stat(name, &st) == 0 ? st.st_size : -1, 14,
	    "the bad records are kept");
	unlink(name);
	rmdir(t.quarantine_dir);
	t.quarantine_dir = NULL;
	t.on_error = ON_ERROR_NULL;
	t.schema = "a bigint, _corrupt_record string, b string";
	is_str(rows_of(&t, "1,x\nabc,y\n"), "1\t\\N\tx\n\\N\tabc,y\ty\n",
	    "the corrupt record's column");
}

static void
test_utf8(void)
{
	struct try t = { .format = "csv", .schema = "a string, b string" };
	const char *const latin[] = { "encoding", "ISO-8859-1", NULL };

	is_str(rows_of(&t, "\xc3\xa4,\xe2\x82\xac\n"),
	    "\xc3\xa4\t\xe2\x82\xac\n", "UTF-8");
	rows_of(&t, "x,y\nz,b\xe4r\n");
	ok(strstr(t.err.text, ":2:3: error: the text is not valid UTF-8") !=
	    NULL, "bad UTF-8: %s", t.err.text);
	t.on_error = ON_ERROR_NULL;
	is_str(rows_of(&t, "x,b\xe4r\n"), "x\tb\xef\xbf\xbdr\n", "repaired");
	t.option = latin;
	is_str(rows_of(&t, "x,b\xe4r\n"), "x\tb\xc3\xa4r\n", "ISO-8859-1");
}

static void
test_dialects(void)
{
	struct try t = { .format = "csv", .schema = "a bigint, b string" };
	const char *const backslash[] = { "escape", "\\", NULL };
	const char *const comment[] = { "comment", "#", "sep", "||", NULL };
	const char *const skip[] = { "skip", "2", "header", "true", NULL };
	const char *const wrong[] = { "heder", "true", NULL };
	const char *const noquote[] = { "quote", "", NULL };
	const char *const trim[] = { "ignoreleadingwhitespace", "true",
	    "ignoretrailingwhitespace", "true", NULL };

	t.option = backslash;
	is_str(rows_of(&t, "1,\"a\\\"b,c\"\n2,\"x\\\\\"\n"),
	    "1\ta\"b,c\n2\tx\\\\\n", "backslash escapes");
	t.option = comment;
	is_str(rows_of(&t, "# \"note\n1||a|b\n#x\n2||\"c||d\"\n"),
	    "1\ta|b\n2\tc||d\n", "comments, a separator of two bytes");
	t.option = skip;
	is_str(rows_of(&t, "title\n\"x\na,b\n1,c\n"), "1\tc\n", "skip");
	t.option = noquote;
	is_str(rows_of(&t, "1,\"a\n2,b\"\n"), "1\t\"a\n2\tb\"\n", "no quotes");
	t.option = trim;
	is_str(rows_of(&t, " 1 , \"a, b\" \n"), "1\ta, b\n", "white space");
	t.option = wrong;
	rows_of(&t, "");
	is_str(t.err.text, "csv has no option 'heder'", "unknown option");
	is_str(t.err.hint, "did you mean 'header'?", "did you mean");
	t.option = NULL;
	t.format = "tsv";
	is_str(rows_of(&t, "1\ta\\tb\\\\\\n\n2\t\\N\n\\N\t\n3\t\"x\n"),
	    "1\ta\\tb\\\\\\n\n2\t\\N\n\\N\t\n3\t\"x\n",
	    "tsv comes back as it was written");
}

static void
test_patterns(void)
{
	struct try t = { .format = "csv", .schema = "d date, t timestamp" };
	const char *const german[] = { "dateformat", "dd.MM.yyyy",
	    "timestampformat", "d MMM yy hh:mm a[ XXX]", NULL };
	const char *const tight[] = { "dateformat", "yyyyMMdd",
	    "timestampformat", "yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]", NULL };
	const char *const bad[] = { "dateformat", "yyyy-bb", NULL };

	t.option = german;
	is_str(rows_of(&t, "31.01.2024,5 Feb 24 12:30 PM +01:00\n"
	    "01.12.1999,15 dec 23 03:04 am\n"),
	    "2024-01-31\t2024-02-05 11:30:00\n"
	    "1999-12-01\t2023-12-15 03:04:00\n", "patterns with names");
	rows_of(&t, "31.02.2024,\n");
	ok(strstr(t.err.text, "'31.02.2024' is not a date") != NULL,
	    "no such day: %s", t.err.text);
	t.option = tight;
	is_str(rows_of(&t, "20240131,2024-01-31T10:00:00.250Z\n"
	    "20240201,2024-01-31T10:00:00\n"),
	    "2024-01-31\t2024-01-31 10:00:00.25\n"
	    "2024-02-01\t2024-01-31 10:00:00\n", "digits that touch, options");
	t.option = bad;
	rows_of(&t, "");
	is_str(t.err.text, "option dateformat: pattern: 'b' is not known",
	    "a bad pattern");
}

static void
test_infer(void)
{
	struct try t = { .format = "csv" };

	is_str(rows_of(&t, "id,name,price,day\n1,x,2.5,2024-01-01\n2,y,3,"
	    "2024-01-02\n"), "1\tx\t2.5\t2024-01-01\n2\ty\t3.0\t2024-01-02\n",
	    "sniffed rows");
	is_str(t.schema_text, "id bigint, name string, price double, day date",
	    "sniffed schema");
	rows_of(&t, "a;b\n1,5;2\n2,5;3\n");
	is_str(t.schema_text, "a string, b bigint", "semicolons");
	rows_of(&t, "1|2|x\n3|4|y\n");
	is_str(t.schema_text, "_c0 bigint, _c1 bigint, _c2 string",
	    "no header");
	rows_of(&t, "name,city\nann,rome\nbob,oslo\n");
	is_str(t.schema_text, "name string, city string",
	    "a header above strings");
	rows_of(&t, "a,a,\n1,2,3\n");
	is_str(t.schema_text, "a0 bigint, a1 bigint, _c2 bigint",
	    "names twice or empty");
	rows_of(&t, "x,t,b,n\n,2024-01-01 10:00:00,true,\n,,false,\n");
	is_str(t.schema_text,
	    "x string, t timestamp, b boolean, n string", "other types");
	rows_of(&t, "word\nhello\nyou\n");
	is_str(t.schema_text, "word string", "one column");
	rows_of(&t, "");
	is_str(t.schema_text, "", "nothing to infer from");
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
	static const int two[] = { 2, 0 }, none[] = { 0 };
	struct try t = { .format = "csv", .schema =
	    "a string, b bigint, c bigint, d string",
	    .out = two, .nout = 2, .nearly = 1, .filter = keep_even };
	const char *bytes = "a,9,1,x\nb,8,2,y\nc,7,4,z\n";

	is_str(rows_of(&t, bytes), "2\tb\n4\tc\n", "filter and late columns");
	t.filter = NULL;
	t.stable = true;
	is_str(rows_of(&t, bytes), "1\ta\n2\tb\n4\tc\n", "mapped");
	t.out = none;
	t.nout = 0;
	is_str(rows_of(&t, bytes), "3 rows\n", "no columns at all");
}

/* Rows of many shapes, with quotes now and then; > 2 index chunks. */
static void
make_rows(struct text *to, int n)
{
	unsigned x = 7;

	for (int i = 0; i < n; i++) {
		x = x * 1103515245 + 12345;
		text_addf(to, "%d,", i);
		if (x >> 16 & 1)
			text_addf(to, "\"%.*s\"\"q\n,\"", (int)(x >> 20 & 63),
			    "lorem ipsum dolor sit amet consetetur sadipscing "
			    "elitr sed diam nonumy");
		else
			text_addf(to, "v%u", x >> 10 & 0xffff);
		text_adds(to, x >> 17 & 1 ? "\r\n" : "\n");
	}
}

static void
test_cuts(void)
{
	static const char *const nasty[] = {
		"1,x\n2,y\n3,z\n",
		"1,x\r\n2,y\r\n\r\n3,z",
		"1,x\r2,\"y\ry\"\r3,z\r",
		"1,\"a\n2,b\n\"\n2,\"\"\"\n\"\n3,\"\"\n",
		"\xef\xbb\xbf" "1,x\n2,y\n",
		"\n\n1,x\n\n",
		"1,\"\"\"\"\"\"\n2,\"\"\"\n\"\"\"\n",
		"1,a\"b\n2,\"c\nd\"\n3,e\"\n4,\"f\n\"\n",
		"\"1\",\"x\n\"\"\n\"\"\n\"\n\"2\",y\n",
	};
	const char *const header[] = { "header", "true", NULL };
	struct try t = { .format = "csv", .schema = "a string, b string" };
	struct text big = { 0 }, one = { 0 }, two = { 0 };

	for (size_t i = 0; i < sizeof nasty / sizeof *nasty; i++) {
		t.option = NULL;
		is_int(cuts_differ(&t, nasty[i], strlen(nasty[i])), -1,
		    "every cut");
		t.option = header;
		is_int(cuts_differ(&t, nasty[i], strlen(nasty[i])), -1,
		    "every cut, with a header");
	}
	t.option = NULL;
	make_rows(&big, 100000);
	for (int64_t at = 1; at < (int64_t)big.n; at += 400009) {
		int64_t cut[2] = { at, at + 70001 };

		text_clear(&one);
		text_clear(&two);
		t.stable = at & 1;
		scan_rows(&t, big.p, big.n, NULL, 0, &one);
		scan_rows(&t, big.p, big.n, cut, 2, &two);
		ok(one.n == two.n && memcmp(one.p, two.p, one.n) == 0,
		    "cut at %lld of many rows", (long long)at);
	}
	text_release(&big);
	text_release(&one);
	text_release(&two);
}

static void
test_masks(void)
{
	char bytes[256 + 64];
	struct bytemask want[4], got[4];
	const char *name;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(i * 37 % 7 == 0 ? ',' : i % 5 == 0 ? '"' :
		    i % 11 == 0 ? '\n' : (int)(i * 29));
	bytemask_level(0, &name)(bytes, 4, ",\n\r\"", want);
	for (int level = 1; level < 4; level++) {
		bytemask_fn *f = bytemask_level(level, &name);

		if (f == NULL) {
			skip("simd", name);
			continue;
		}
		f(bytes, 4, ",\n\r\"", got);
		ok(memcmp(want, got, sizeof got) == 0, "masks by %s", name);
	}
}

int
main(void)
{
	test_masks();
	test_plain();
	test_types();
	test_bad();
	test_utf8();
	test_dialects();
	test_patterns();
	test_infer();
	test_columns();
	test_cuts();
	return done_testing();
}
