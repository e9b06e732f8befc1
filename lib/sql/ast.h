/*
 * ast -- a parsed script: a list of statements.
 *
 * A statement is what stands between two semicolons.  The tree below it is
 * in ast_query.h (queries and stages) and ast_expr.h (expressions).  The
 * parser has checked the grammar only: no name is looked up, no type is
 * computed, no file is opened.
 */
#ifndef SQL_AST_H
#define SQL_AST_H

#include "sql/ast_query.h"

enum ast_stmt_kind {
	STMT_QUERY,     /* u.query: an action; AST_WRITE on top (or right below
	                 * AST_WITH): an output, of which
	                 * "insert overwrite directory" is one too */
	STMT_LET,       /* u.view: let name = query; also temporary views */
	STMT_SET,       /* u.set: set key = value, set key, set, reset [key] */
	STMT_PARAM,     /* u.param */
	STMT_INCLUDE,   /* u.include: a path; the binder reads and parses it */
	STMT_DEF,       /* u.def */
	STMT_REPEAT,    /* u.repeat */
	STMT_EXPLAIN,   /* u.explain */
	STMT_DESCRIBE,  /* u.describe */
	STMT_SHOW,      /* u.show */
	STMT_CREATE_TABLE,      /* u.table */
	STMT_DROP,      /* u.drop: drop table or [temporary] view */
	STMT_CACHE,     /* u.cache: cache [lazy] table t [as query] */
	STMT_UNCACHE,   /* u.cache: uncache table [if exists] t; clear cache */
	STMT_INSERT,    /* u.insert: into a table */
};

struct ast_view {
	struct ast_ident name;
	struct ast_column *column;      /* names (types NULL) and comments */
	int ncolumn;
	struct ast_query *query;        /* NULL: create temporary view v … using */
	struct ast_source *source;      /* … using fmt options (…), or NULL */
	int let;                /* 1: let; 0: create temporary view */
	int replace;            /* or replace */
	int global;             /* global temporary */
	int if_not_exists;
};

struct ast_def {
	struct ast_ident name;
	struct ast_column *param;
	int nparam;
	const struct type *type;        /* of the result */
	struct ast_expr *body;  /* macro, or NULL: */
	struct ast_string cmd;  /* co-process */
};

struct ast_repeat {
	struct ast_expr *times; /* literal or parameter */
	struct ast_expr *every; /* checkpoint every K, or NULL */
	struct ast_stmt **stmt;
	int nstmt;
};

enum ast_explain_mode {
	EXPLAIN_SIMPLE, EXPLAIN_EXTENDED, EXPLAIN_FORMATTED, EXPLAIN_COST,
	EXPLAIN_CODEGEN
};

enum ast_describe_kind { DESCRIBE_TABLE, DESCRIBE_QUERY, DESCRIBE_FUNCTION };

enum ast_show_kind {
	SHOW_TABLES, SHOW_VIEWS, SHOW_FUNCTIONS, SHOW_COLUMNS, SHOW_DATABASES,
	SHOW_CREATE_TABLE, SHOW_PARTITIONS, SHOW_TBLPROPERTIES,
};

struct ast_create_table {
	struct ast_name name;
	struct ast_column *column;
	int ncolumn;
	struct ast_ident *format;       /* using … */
	struct ast_option *option;
	int noption;
	struct ast_ident *part;         /* partitioned by (…) */
	int npart;
	struct ast_string location;     /* p NULL: none */
	const char *comment;
	struct ast_query *query;        /* as query, or NULL */
	int replace, if_not_exists;
};

struct ast_insert {
	struct ast_name table;
	int overwrite;
	int by_name;
	int if_not_exists;
	struct ast_ident *column;       /* insert into t (a, b) */
	int ncolumn;
	struct ast_part { struct ast_ident key; struct ast_expr *value; } *part;
	int npart;              /* partition (k = v, d); value NULL: dynamic */
	struct ast_query *query;
};

struct ast_stmt {
	enum ast_stmt_kind kind;
	struct span span;
	union {
		struct ast_query *query;
		struct ast_view view;
		struct { const char *key;       /* NULL: show all settings */
			const char *value;      /* NULL: show this one */
			struct span key_span, value_span;
			int reset; } set;
		struct { struct ast_ident name; const struct type *type;
			struct ast_expr *init; } param; /* NULL: must be given */
		struct { struct ast_string path; } include;
		struct ast_def def;
		struct ast_repeat repeat;
		struct { enum ast_explain_mode mode;
			struct ast_stmt *stmt; } explain;
		struct { enum ast_describe_kind kind; int extended;
			struct ast_name name;
			struct ast_query *query; } describe;
		struct { enum ast_show_kind kind;
			struct ast_name of;     /* npart 0: none */
			struct ast_string like; } show; /* p NULL: none */
		struct ast_create_table table;
		struct { int view, temporary, if_exists;
			struct ast_name name; } drop;
		struct { struct ast_name name;  /* npart 0: clear cache */
			int lazy, if_exists;
			struct ast_option *option; int noption;
			struct ast_query *query; } cache;
		struct ast_insert insert;
	} u;
};

struct ast_script {
	struct ast_stmt **stmt;
	int nstmt;
};

#endif
