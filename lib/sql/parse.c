/*
 * parse -- the doors of the parser: check the text, cut it, parse all of it.
 */
#include "sql/parser.h"

#include <string.h>

#include "base/utf8.h"

int
parser_open(struct parser *p, struct arena *a, const char *text, size_t n,
    int src, const struct parse_options *options, struct err *e)
{
	const char *nul;
	size_t ok;

	*p = (struct parser){ .a = a, .text = text, .src = src, .e = e };
	if (n > PARSE_BYTES_MAX)
		return err_user(e, EXIT_JOB, "the job text has %zu bytes; "
		    "at most %d are allowed", n, PARSE_BYTES_MAX);
	if (n && (nul = memchr(text, 0, n)))
		return err_at(e, (struct span){ src, (int)(nul - text), 1 },
		    "the job text contains a NUL byte");
	ok = utf8_valid(text, n);
	if (ok < n)
		return err_at(e, (struct span){ src, (int)ok, 1 },
		    "the job text is not UTF-8: byte 0x%02x",
		    (unsigned char)text[ok]);
	TRY(p->ntok = lex(a, text, n, src, options, &p->tok, e));
	return 0;
}

static int
parser_close(struct parser *p, const char *what)
{
	return at_kind(p, 0, TOK_END) ? 0 : parse_expected(p, what);
}

int
parse_script(struct arena *a, const char *text, size_t n, int src,
    const struct parse_options *options, struct ast_script **out,
    struct err *e)
{
	struct parser p;

	*out = NEW(a, struct ast_script);
	TRY(parser_open(&p, a, text, n, src, options, e));
	return parse_statements(&p, *out);
}

int
parse_expr_text(struct arena *a, const char *text, size_t n, int src,
    const struct parse_options *options, struct ast_expr **out,
    struct err *e)
{
	struct parser p;

	TRY(parser_open(&p, a, text, n, src, options, e));
	p.bracket = 1;          /* no stages here */
	TRY(parse_expr(&p, out));
	return parser_close(&p, "the end of the expression");
}

int
parse_type_text(struct arena *a, const char *text, size_t n, int src,
    const struct type **out, struct err *e)
{
	struct parser p;

	TRY(parser_open(&p, a, text, n, src, NULL, e));
	TRY(parse_type(&p, out));
	return parser_close(&p, "the end of the type");
}

int
parse_columns_text(struct arena *a, const char *text, size_t n, int src,
    struct ast_column **out, struct err *e)
{
	struct parser p;
	int ncolumn;

	TRY(parser_open(&p, a, text, n, src, NULL, e));
	if (at_op(&p, 0, "("))
		TRY(parse_column_list(&p, 1, out, &ncolumn));
	else
		TRY(parse_columns(&p, 1, out, &ncolumn));
	TRY(parser_close(&p, "the end of the schema"));
	return ncolumn;
}
