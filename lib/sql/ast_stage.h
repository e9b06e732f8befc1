/*
 * ast_stage -- what the stages of a pipeline hold.
 */
#ifndef SQL_AST_STAGE_H
#define SQL_AST_STAGE_H

#include "sql/ast_expr.h"

struct ast_set {                /* one column of the stage "set" */
	struct ast_ident column;
	struct ast_expr *expr;
};

enum ast_group_kind { GROUP_PLAIN, GROUP_ALL, GROUP_CUBE, GROUP_ROLLUP, GROUP_SETS };

struct ast_exprs {
	struct ast_expr **v;
	int n;
};

/*
 * One element of group by.  PLAIN: one set of one expression, which in a
 * stage may be an AST_ALIAS.  CUBE, ROLLUP, SETS: the elements in brackets,
 * each a list of one or more ("()": none).  A cube or rollup inside SETS is a
 * kid; kids come after all sets.
 */
struct ast_group {
	enum ast_group_kind kind;
	struct ast_exprs *set;
	int nset;
	struct ast_group *kid;
	int nkid;
	struct span span;
};

struct ast_aggregate {          /* aggregate items group by keys */
	struct ast_expr **item; /* AST_ALIAS or a bare expression */
	int nitem;
	struct ast_group *group;
	int ngroup;
};

struct ast_pipe {               /* pipe by k order by t "cmd" … as (…) */
	struct ast_expr **by;
	int nby;
	struct ast_sort *sort;
	int nsort;
	struct ast_string cmd;
	struct ast_ident *in, *out;     /* formats, lower case; NULL: tsv */
	int *ok;                /* exit codes that are no failure; none: 0 */
	int nok;
	long timeout_ms;        /* 0: none */
	int pure;
	struct ast_string *file;        /* with file "f" */
	int nfile;
	struct ast_column *column;      /* as (…); none: as the input */
	int ncolumn;
};

enum ast_write_mode {
	AST_WRITE_DEFAULT, AST_WRITE_ERROR, AST_WRITE_OVERWRITE,
	AST_WRITE_APPEND, AST_WRITE_IGNORE
};

struct ast_write {
	enum { TO_FILES, TO_STDOUT, TO_CMD } kind;
	struct ast_string path; /* TO_CMD: the command */
	struct ast_ident *format;       /* lower case, or NULL: by name */
	struct ast_option *option;
	int noption;
	struct ast_ident *part; /* partition by (…) */
	int npart;
	enum ast_write_mode mode;
	int single;             /* one file, not a directory */
	int files;              /* files N; 0: not given */
};

#endif
