/*
 * t_format_lines -- the text reader, guessing formats, and the writers.
 */
#include "tap.h"
#include "format_cuts.h"

static void
test_text(void)
{
	struct try t = { .format = "text" };
	const char *const whole[] = { "wholetext", "true", NULL };
	const char *const sep[] = { "linesep", "--", NULL };

	is_str(rows_of(&t, "a\nb\r\nc\rd\n\ne"), "a\nb\nc\nd\n\ne\n", "line ends");
	is_str(t.schema_text, "value string", "schema");
	is_str(rows_of(&t, ""), "", "no bytes");
	is_str(rows_of(&t, "\n"), "\n", "one empty line");
	rows_of(&t, "ok\nb\xe4r\n");
	ok(strstr(t.err.text, ":2:2: error: the text is not valid UTF-8") !=
	    NULL, "bad UTF-8: %s", t.err.text);
	t.on_error = ON_ERROR_NULL;
	is_str(rows_of(&t, "ok\nb\xe4r\n"), "ok\nb\xef\xbf\xbdr\n", "repaired");
	t.on_error = ON_ERROR_FAIL;
	t.option = whole;
	is_str(rows_of(&t, "a\nb\n"), "a\\nb\\n\n", "wholetext");
	is_str(rows_of(&t, ""), "\n", "wholetext of nothing");
	t.option = sep;
	is_str(rows_of(&t, "a--b\n--c"), "a\nb\\n\nc\n", "linesep");
	is_int(cuts_differ(&t, "a--b--c", 7), -1, "every cut, linesep");
}

static void
test_cuts(void)
{
	static const char *const nasty[] = {
		"a\nb\n\nc", "a\r\nb\r\r\nc\r", "\xef\xbb\xbf" "a\nb\n",
		"\n\n\n", "one line of text, longer than sixty-four bytes, to "
		"be sure of it\nand another\n",
	};
	struct try t = { .format = "text" };
	struct text big = { 0 }, one = { 0 }, two = { 0 };

	for (size_t i = 0; i < sizeof nasty / sizeof *nasty; i++)
		is_int(cuts_differ(&t, nasty[i], strlen(nasty[i])), -1,
		    "every cut");
	for (int i = 0; i < 300000; i++)
		text_addf(&big, "%*d%s", i % 40, i, i % 3 ? "\n" : "\r\n");
	for (int64_t at = 1; at < (int64_t)big.n; at += 1000003) {
		text_clear(&one);
		text_clear(&two);
		t.stable = at & 1;
		scan_rows(&t, big.p, big.n, NULL, 0, &one);
		scan_rows(&t, big.p, big.n, &at, 1, &two);
		ok(one.n == two.n && memcmp(one.p, two.p, one.n) == 0,
		    "cut at %lld of many lines", (long long)at);
	}
	t.max_record = 1000;
	for (size_t i = 0; i < big.n; i++)
		big.p[i] = 'x';
	scan_rows(&t, big.p, big.n, NULL, 0, &one);
	ok(strstr(t.err.text, "max_record") != NULL, "too long a line: %s",
	    t.err.text);
	text_release(&big);
	text_release(&one);
	text_release(&two);
}

static const char *
guess(const char *path, const char *head)
{
	return format_guess(path, head, strlen(head))->name;
}

static void
test_guess(void)
{
	is_str(guess("a/b.csv", ""), "csv", "by name");
	is_str(guess("a/b.tsv.gz", ""), "tsv", "behind a compression suffix");
	is_str(guess("b.tar.d/x", "{\"a\":1}"), "json", "JSON by its bytes");
	is_str(guess("x", "[{\"a\":1}]"), "json", "a list of objects");
	is_str(guess("x", "a,b,c\n1,2,3\n"), "csv", "CSV by its bytes");
	is_str(guess("x", "a\tb\tc\n1\t2\t3\n"), "tsv", "TSV by its bytes");
	is_str(guess("x", "Hello, you.\nHow are you?\n"), "text", "prose");
	is_str(guess("x", ""), "text", "nothing");
	is_str(format_find("ndjson")->name, "json", "another name");
	ok(format_find("nosuch") == NULL, "no such format");
}

/* The rows of CSV bytes as another format writes them. */
static const char *
written(const char *format, const char *schema, const char *bytes,
    const char *key, const char *value)
{
	static struct text to;
	static struct try t;
	struct arena a = { 0 };
	struct pool pool;
	struct scan s;
	struct reader *r;
	struct writer *w = NULL;
	struct batch b;
	struct option option = { key, value };
	struct options options = { key ? 1 : 0, &option };
	int fd;
	struct split split = { .path = file_of(bytes, strlen(bytes), &fd),
	    .to = -1 };

	t = (struct try){ .format = "csv", .schema = schema };
	text_clear(&to);
	pool_init(&pool, NULL, "test", 0);
	if (scan_setup(&t, bytes, strlen(bytes), &s, &a) < 0 ||
	    reader_open(&r, &s, &pool, NULL, &t.err) < 0)
		return t.err.text;
	if (writer_open(&w, format_find(format), s.file, &options, zone_utc,
	    &to, &t.err) >= 0) {
		s.format->begin(r, &split, &t.err);
		while (s.format->next(r, &b, &t.err) > 0)
			w->class->put(w, &b, &to, &t.err);
		if (w->class->finish)
			w->class->finish(w, &to, &t.err);
		writer_close(w);
	}
	reader_close(r);
	s.format->unshare(s.shared);
	arena_release(&a);
	close(fd);
	return t.err.kind ? t.err.text : text_str(&to);
}

static void
test_writers(void)
{
	const char *schema = "a bigint, b string, c double, d timestamp, "
	    "e boolean, f decimal(5,2)";
	const char *rows = "1,\"x\"\"y,\",1.5,2024-01-01 10:00:00,true,1.5\n"
	    ",,,,,\n-7,\" z \",1e10,,false,-3\n";

	is_str(written("json", schema, rows, NULL, NULL),
	    "{\"a\":1,\"b\":\"x\\\"y,\",\"c\":1.5,"
	    "\"d\":\"2024-01-01T10:00:00.000Z\",\"e\":true,\"f\":1.50}\n{}\n"
	    "{\"a\":-7,\"b\":\" z \",\"c\":1.0E10,\"e\":false,\"f\":-3.00}\n",
	    "json");
	is_str(written("csv", schema, rows, "header", "true"),
	    "a,b,c,d,e,f\n1,\"x\"\"y,\",1.5,2024-01-01 10:00:00,true,1.50\n"
	    ",,,,,\n-7,\" z \",1.0E10,,false,-3.00\n", "csv");
	is_str(written("csv", "a string", "\"a\nb\"\nc\n", NULL, NULL),
	    "\"a\nb\"\nc\n", "csv: a line end is quoted");
	is_str(written("csv", "d date", "2024-01-05\n", "dateformat",
	    "EEE, d MMMM yyyy"), "\"Fri, 5 January 2024\"\n", "csv: dateFormat");
	is_str(written("json", "t timestamp", "2024-01-05 13:07:09.5\n",
	    "timestampformat", "yy/M/d h:mm:ss.SS a XXX"),
	    "{\"t\":\"24/1/5 1:07:09.50 PM Z\"}\n", "json: timestampFormat");
	is_str(written("tsv", "a string, b string", "\"a\tb\\\",\n", NULL,
	    NULL), "a\\tb\\\\\t\\N\n", "tsv");
	is_str(written("table", "name string, n bigint, s string",
	    "ann,1,x\nbob,-200,\"a\nb\"\n\xe4\xb8\xad\xe6\x96\x87,,"
	    "longer than the others\n", "width", "24"),
	    "name     n  s\nann      1  x\nbob   -200  a\\nb\n"
	    "\xe4\xb8\xad\xe6\x96\x87  NULL  longer than\xe2\x80\xa6\n", "table");
	is_str(written("text", "a string", "x\ny\n", NULL, NULL), "x\ny\n",
	    "text");
	is_str(written("text", "a string, b string", "x,y\n", NULL, NULL),
	    "format text has one column, not 2", "text of two columns");
}

/* Keeps the lines of one byte. */
static int
keep_short(void *arg, const struct batch *b, int32_t *pick, struct err *e)
{
	const struct sview *v = b->col[0].data;
	int n = 0;

	(void)arg, (void)e;
	for (int i = 0; i < b->n; i++)
		if (v[batch_row(b, i)].len == 1)
			pick[n++] = batch_row(b, i);
	return n;
}

static void
test_filter(void)
{
	static const int one[] = { 0 };
	struct try t = { .format = "text", .schema = "value string",
	    .out = one, .nout = 1, .nearly = 1, .filter = keep_short };

	is_str(rows_of(&t, "a\nbc\n\nd\nef"), "a\nd\n", "filter");
	is_str(rows_of(&t, "ab\n"), "", "filter keeps nothing");
}

int
main(void)
{
	test_text();
	test_filter();
	test_cuts();
	test_guess();
	test_writers();
	return done_testing();
}
