/*
 * parse -- job text to syntax tree (ast.h).
 *
 * Hand-written recursive descent, precedence climbing for operators.  The
 * tree and all its strings live in the arena; the text may go afterwards.
 * Never looks anything up.  Errors are ERR_USER with a place and mostly a
 * hint; the first error ends the parse.
 *
 * Limits: PARSE_BYTES_MAX bytes, PARSE_DEPTH_MAX levels of nesting (brackets,
 * subqueries, operators, types, blocks together).
 */
#ifndef SQL_PARSE_H
#define SQL_PARSE_H

#include <stddef.h>

#include "sql/ast.h"

struct arena;

enum {
	PARSE_BYTES_MAX = 16 << 20,
	PARSE_DEPTH_MAX = 500,
};

struct parse_options {
	int ansi_quotes;        /* "x" is an identifier, not a string */
	int plan;               /* plan text: a#2 is a name, `` too */
};

/* A whole script: statements separated by ';'.  The text must be UTF-8
 * without NUL.  src goes into every span.  options may be NULL.  An empty
 * script has no statements. */
int parse_script(struct arena *a, const char *text, size_t n, int src,
    const struct parse_options *options, struct ast_script **out,
    struct err *e);

/* One expression and nothing behind it. */
int parse_expr_text(struct arena *a, const char *text, size_t n, int src,
    const struct parse_options *options, struct ast_expr **out,
    struct err *e);

/* One type name: "array<struct<a:int>>". */
int parse_type_text(struct arena *a, const char *text, size_t n, int src,
    const struct type **out, struct err *e);

/* A schema: "id bigint, ms int not null", in brackets or not.  Returns the
 * number of columns. */
int parse_columns_text(struct arena *a, const char *text, size_t n, int src,
    struct ast_column **out, struct err *e);

#endif
