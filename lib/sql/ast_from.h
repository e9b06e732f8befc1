/*
 * ast_from -- what stands in a FROM list: sources, joins, pivots, samples.
 */
#ifndef SQL_AST_FROM_H
#define SQL_AST_FROM_H

#include "sql/ast_expr.h"

enum ast_on_error { BAD_DEFAULT, BAD_FAIL, BAD_NULL, BAD_DROP, BAD_QUARANTINE };

struct ast_source {
	enum { FROM_FILES, FROM_STDIN, FROM_CMD } kind;
	struct ast_string *path;        /* FROM_CMD: one, the command */
	int npath;
	struct ast_column *column;      /* written schema, or none */
	int ncolumn;
	struct ast_ident *format;       /* lower case, or NULL: find it */
	struct ast_option *option;
	int noption;
	enum ast_on_error on_error;
	struct ast_string quarantine;   /* p NULL: none */
};

enum ast_join_kind {
	AST_JOIN_INNER, AST_JOIN_LEFT, AST_JOIN_RIGHT, AST_JOIN_FULL,
	AST_JOIN_SEMI, AST_JOIN_ANTI, AST_JOIN_CROSS,
	AST_JOIN_COMMA,         /* a, b: as cross, the where says the rest */
};

struct ast_join {
	enum ast_join_kind kind;
	int natural;
	int broadcast;          /* join broadcast d */
	struct ast_query *right;
	struct ast_expr *on;    /* or NULL */
	struct ast_ident *column;       /* using (a, b) */
	int ncolumn;
	struct span kind_span;  /* of "left join", "," … */
};

struct ast_pivot_value {
	struct ast_expr *expr;  /* an AST_ROW for several pivot columns */
	struct ast_ident *alias;        /* or NULL */
};

struct ast_pivot {
	struct ast_expr **agg;  /* AST_ALIAS or a bare aggregate */
	int nagg;
	struct ast_name *column;        /* for c, for (c, d) */
	int ncolumn;
	struct ast_pivot_value *value;
	int nvalue;
};

struct ast_unpivot_group {      /* (a, b) as 'x' */
	struct ast_name *column;
	int ncolumn;
	struct ast_ident *alias;        /* or NULL */
};

struct ast_unpivot {
	int include_nulls;
	struct ast_ident *value;        /* new value columns: one or more */
	int nvalue;
	struct ast_ident name;          /* new name column */
	struct ast_unpivot_group *group;
	int ngroup;
};

enum ast_sample_kind { SAMPLE_PERCENT, SAMPLE_ROWS, SAMPLE_BUCKET, SAMPLE_BYTES };

struct ast_sample {
	enum ast_sample_kind kind;
	struct ast_expr *n;     /* percent, rows, or bucket number; 10M: bytes */
	struct ast_expr *of;    /* buckets in all */
	struct ast_expr *seed;  /* repeatable (n), or NULL */
};

#endif
