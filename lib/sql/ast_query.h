/*
 * ast_query -- queries as they were written: a chain of nodes over a source.
 *
 * One tree for tables, SQL clauses and pipeline stages.  A node reads its
 * input; leaves have none; so a pipeline is a left-deep chain whose top is
 * the last stage:
 *
 *   from "a.csv" | where x > 1 | limit 3
 *   AST_LIMIT(3) -> AST_WHERE(x > 1) -> AST_SOURCE("a.csv")
 *
 *   select a from t join u on … order by a limit 3
 *   AST_LIMIT -> AST_ORDER -> AST_SELECT -> AST_JOIN(right: AST_TABLE u) ->
 *   AST_TABLE t
 *
 * piped is 1 when the node is a stage behind | or |>, and 0 when it is a
 * clause of a SQL query: an AST_ORDER with piped 0 over an AST_SELECT may
 * also use columns that the select list dropped (and its aggregates), one
 * with piped 1 sees only the columns of its input.
 *
 * In a FROM list "a, b" is an AST_JOIN of kind AST_JOIN_COMMA.  A FROM list that
 * stands alone ("from a", "from a join b on …") is its tree of tables.
 */
#ifndef SQL_AST_QUERY_H
#define SQL_AST_QUERY_H

#include "sql/ast_from.h"
#include "sql/ast_stage.h"

enum ast_query_kind {
	/* sources: no input */
	AST_TABLE,      /* u.table: a let name, CTE, view or table */
	AST_SOURCE,     /* u.source: files, stdin, a command */
	AST_TABLE_FN,   /* u.expr: range(10), explode(x), … (an AST_CALL) */
	AST_VALUES,     /* u.values: rows; columns are col1, col2, … */
	AST_ONE_ROW,    /* one row, no columns: select without from */

	/* tables of a FROM list; also stages where Spark has them as such */
	AST_AS,         /* u.as: input as t(a, b); also the stage "as t" */
	AST_JOIN,       /* u.join: input is the left side */
	AST_LATERAL,    /* lateral (query): input may see the tables before it */
	AST_VIEW,       /* u.view: lateral view [outer] f(…) t as a, b */
	AST_PIVOT,      /* u.pivot */
	AST_UNPIVOT,    /* u.unpivot */
	AST_SAMPLE,     /* u.sample: tablesample */

	/* queries */
	AST_SELECT,     /* u.select: a select block; input is its from, and the
	                 * stage "select" (piped 1: no where, group by, having) */
	AST_SETOP,      /* u.setop: input is the left side */
	AST_WITH,       /* u.with: names for input */
	AST_ORDER, AST_SORT,            /* u.sort: order by; sort by */
	AST_DISTRIBUTE, AST_CLUSTER,    /* u.exprs: distribute by; cluster by */
	AST_LIMIT, AST_OFFSET,          /* u.expr; NULL: limit all */
	AST_WINDOWS,    /* u.windows: stage "window w as (…)": names only */

	/* stages only (piped is always 1) */
	AST_EXTEND,     /* u.exprs: more columns, aliases as AST_ALIAS */
	AST_SET,        /* u.set: columns replaced in place, left to right */
	AST_DROP,       /* u.drop: columns */
	AST_WHERE,      /* u.expr: after an aggregate it sees its output */
	AST_AGGREGATE,  /* u.aggregate: output is the keys, then the items */
	AST_REPARTITION,        /* u.repartition */
	AST_COALESCE,   /* u.repartition.n */
	AST_REBALANCE,  /* u.repartition: by only */
	AST_PIPE,       /* u.pipe: rows through a Unix command */
	AST_WRITE,      /* u.write: an output, always the top of a query */
	AST_TEE,        /* u.write: an output, rows go on */
	AST_CACHE,      /* u.cache */
	AST_CHECKPOINT, /* u.cache: dir only */
	AST_ASSERT,     /* u.assertion */
};

struct ast_hint {               /* BROADCAST(d), REPARTITION(3, c) */
	const char *name;       /* lower case */
	struct ast_expr **arg;
	int narg;
	struct span span;
};

struct ast_named_window {
	struct ast_ident name;
	struct ast_window *window;
};

struct ast_windows {
	struct ast_named_window *v;
	int n;
};

struct ast_transform {          /* select transform(…) using 'cmd' as (…) */
	struct ast_expr **expr; /* sent to the command */
	int nexpr;
	struct ast_string cmd;
	struct ast_column *column;
	int ncolumn;
	struct span span;
};

struct ast_select {
	struct ast_hint *hint;
	int nhint;
	int distinct;
	struct ast_expr **item; /* AST_STAR, AST_ALIAS or a bare expression */
	int nitem;
	struct ast_transform *transform;        /* instead of items, or NULL */
	struct ast_expr *where, *having, *qualify;      /* or NULL */
	struct ast_group *group;
	int ngroup;             /* 0: no group by */
	struct ast_windows windows;
};

enum ast_setop_kind { SET_UNION, SET_INTERSECT, SET_EXCEPT };

struct ast_setop {
	enum ast_setop_kind kind;
	int all;                /* keeps duplicates */
	int by_name;            /* union by name: columns matched by name */
	struct ast_query *right;
};

struct ast_cte {
	struct ast_ident name;
	struct ast_ident *column;
	int ncolumn;
	struct ast_query *query;
};

struct ast_query {
	enum ast_query_kind kind;
	struct span span;       /* of the clause or stage, not of its input */
	struct ast_query *input;        /* NULL for sources */
	int piped;
	union {
		struct { struct ast_name name; struct ast_option *option;
			int noption; } table;
		struct ast_source source;
		struct ast_expr *expr;
		struct ast_exprs exprs;
		struct { struct ast_exprs *row; int nrow; } values;
		struct { struct ast_ident name; struct ast_ident *column;
			int ncolumn; } as;
		struct ast_join join;
		struct { struct ast_expr *call; int outer;
			struct ast_ident table; /* name NULL: none */
			struct ast_ident *column; int ncolumn; } view;
		struct ast_pivot pivot;
		struct ast_unpivot unpivot;
		struct ast_sample sample;
		struct ast_select select;
		struct ast_setop setop;
		struct { struct ast_cte *cte; int ncte, recursive; } with;
		struct { struct ast_sort *key; int nkey; } sort;
		struct ast_windows windows;
		struct { struct ast_set *v; int n; } set;
		struct { struct ast_ident *v; int n; } drop;
		struct ast_aggregate aggregate;
		struct { struct ast_expr *n; struct ast_expr **by;
			int nby; } repartition; /* n NULL: not given */
		struct ast_pipe pipe;
		struct ast_write write;
		struct { struct ast_ident *level; struct ast_string dir; } cache;
		struct { struct ast_expr *cond; struct ast_string message; }
			assertion;      /* message.p NULL: none */
	} u;
};

#endif
