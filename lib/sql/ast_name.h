/*
 * ast_name -- the small parts that all of the syntax tree is made of.
 *
 * Everything lives in the arena given to the parser and is never changed
 * after it.  Lists are pointer and count.  Every node carries the span of
 * job text that it came from, so that each later error has a place.
 */
#ifndef SQL_AST_NAME_H
#define SQL_AST_NAME_H

#include <stddef.h>

#include "base/err.h"
#include "column/type.h"

struct ast_expr;

/* A name as written, without its back quotes. */
struct ast_ident {
	const char *name;
	struct span span;
	int quoted;             /* was in back quotes */
};

/* a.b.c: one or more parts. */
struct ast_name {
	struct ast_ident *part;
	int npart;
	struct span span;
};

/* Bytes of a string literal after its escapes; may hold NUL; ends in one.
 * A ${name} inside is left as it is. */
struct ast_string {
	const char *p;
	int n;
	struct span span;
};

struct ast_column {             /* one column of a written schema */
	struct ast_ident name;
	const struct type *type;        /* NULL: not written (pipe … as (a, b)) */
	int not_null;
	struct ast_expr *init;  /* default expr, or NULL */
	const char *comment;    /* or NULL */
	struct span span;
};

struct ast_option {             /* header true, 'sep' = ';' */
	const char *key;        /* as written */
	struct span key_span;
	struct ast_string value;        /* true, 10, -1.5, permissive as text */
};

#endif
