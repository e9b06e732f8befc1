/*
 * t_sql_complain -- an error and its place, as people see it.
 */
#include "tap.h"

#include "base/arena.h"
#include "base/text.h"
#include "sql/complain.h"
#include "sql/parse.h"

static struct text out;

static const char *
shown(const char *job, struct span at, const char *hint)
{
	struct source s[] = { { "lib.sp", "x", 1 },
	    { "job.sp", job, strlen(job) } };
	struct err e = { 0 };

	err_at(&e, at, "bad");
	if (hint)
		err_hint(&e, "%s", hint);
	text_clear(&out);
	complain(&out, s, 2, &e);
	return text_str(&out);
}

static const char *
parsed(const char *job)
{
	struct source s = { "job.sp", job, strlen(job) };
	struct arena a;
	struct ast_script *script;
	struct err e = { 0 };

	arena_init(&a);
	text_clear(&out);
	if (parse_script(&a, job, s.n, 0, NULL, &script, &e) < 0)
		complain(&out, &s, 1, &e);
	arena_release(&a);
	return text_str(&out);
}

static void
check_long(void)
{
	struct text t = { 0 };
	const char *got, *nl;

	for (int i = 0; i < 300; i++)
		text_adds(&t, "ä");
	text_adds(&t, "here");
	for (int i = 0; i < 300; i++)
		text_adds(&t, "ö");
	got = shown(text_str(&t), (struct span){ 1, 600, 4 }, NULL);
	ok(strstr(got, "job.sp:1:301: error: bad\n  1 | …ä"),
	    "a long line is cut in front");
	ok(strstr(got, "ö…\n    | "), "and behind");
	nl = strstr(got, "\n    | ");
	ok(strspn(nl + 7, " ") == 61 && strcmp(nl + 7 + 61, "^^^^\n") == 0,
	    "the caret stays under its place");
	text_release(&t);
}

int
main(void)
{
	is_str(shown("from t\nwhere x\nlimit 3", (struct span){ 1, 13, 1 },
	    "try y"),
	    "job.sp:2:7: error: bad\n  2 | where x\n    |       ^\n"
	    "hint: try y\n", "line, column, caret, hint");
	is_str(shown("äö x", (struct span){ 1, 5, 1 }, NULL),
	    "job.sp:1:4: error: bad\n  1 | äö x\n    |    ^\n",
	    "columns count characters");
	is_str(shown("\tab", (struct span){ 1, 2, 1 }, NULL),
	    "job.sp:1:3: error: bad\n  1 | \tab\n    | \t ^\n", "tabs stay");
	is_str(shown("ab\ncd", (struct span){ 1, 1, 4 }, NULL),
	    "job.sp:1:2: error: bad\n  1 | ab\n    |  ^\n",
	    "a place of several lines is marked on the first");
	is_str(shown("ab", (struct span){ 1, 2, 1 }, NULL),
	    "job.sp:1:3: error: bad\n  1 | ab\n    |   ^\n", "at the end");
	is_str(shown("a\r\nb\r\n", (struct span){ 1, 3, 1 }, NULL),
	    "job.sp:2:1: error: bad\n  2 | b\n    | ^\n", "DOS lines");
	is_str(shown("ab", (struct span){ 1, 0, 0 }, NULL), "error: bad\n",
	    "without a place");
	is_str(shown("ab", (struct span){ 7, 0, 1 }, NULL), "error: bad\n",
	    "of an unknown source");
	check_long();
	is_str(parsed("from t\n| wher a = 1"),
	    "job.sp:2:3: error: unknown stage 'wher'\n"
	    "  2 | | wher a = 1\n    |   ^^^^\n"
	    "hint: did you mean 'where'?\n", "from the parser");
	is_str(parsed("select f(a\n"),
	    "job.sp:1:11: error: expected ')' to close the argument list, "
	    "found the end\n  1 | select f(a\n    |           ^\n",
	    "at the end of the text");
	text_release(&out);
	return done_testing();
}
