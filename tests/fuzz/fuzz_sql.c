/*
 * fuzz_sql -- any bytes through the lexer and the parser.
 *
 * What is accepted is walked whole: every span must lie in the text, every
 * name must be there.  What is refused must have a message, and that must
 * be shown without harm.  The first byte chooses the door: 'E' an
 * expression, 'S' a schema, 'Q' a script with ansi quotes; else a script.
 */
#include "fuzz.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/sql_show_stmt.h"
#include "base/arena.h"
#include "sql/complain.h"

static void
refused(const char *text, size_t n, const struct err *e)
{
	struct source s = { "fuzz.sp", text, n };
	struct text out = { 0 };

	assert(e->text[0] && e->kind == ERR_USER);
	if (e->span.len)
		assert(e->span.at >= 0 && (size_t)e->span.at <= n);
	complain(&out, &s, 1, e);
	text_release(&out);
}

static int
parse_any(struct arena *a, const char *text, size_t n, struct show *s,
    struct err *e)
{
	struct parse_options options = { .ansi_quotes = n && *text == 'Q' };
	size_t skip = n && strchr("ESQ", *text) && *text;
	struct ast_script *script;
	struct ast_expr *x;
	struct ast_column *c;
	int r;

	if (skip && *text == 'E') {
		TRY(parse_expr_text(a, text + 1, n - 1, 0, NULL, &x, e));
		show_expr(s, x);
	} else if (skip && *text == 'S') {
		TRY(r = parse_columns_text(a, text + 1, n - 1, 0, &c, e));
		show_columns(s, c, r);
	} else {
		TRY(parse_script(a, text + skip, n - skip, 0, &options,
		    &script, e));
		show_stmts(s, script->stmt, script->nstmt);
	}
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena a;
	struct text out = { 0 };
	struct show s = { &out, n };
	struct err e = { 0 };
	const char *text = (const char *)bytes;

	arena_init(&a);
	if (parse_any(&a, text, n, &s, &e) < 0)
		refused(text, n, &e);
	text_release(&out);
	arena_release(&a);
	return 0;
}
