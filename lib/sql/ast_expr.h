/*
 * ast_expr -- expressions as they were written: names, not yet columns.
 *
 * Everything lives in the arena given to the parser and is never changed
 * after it.  Lists are pointer and count.  Every node carries the span of
 * job text that it came from, so that each later error has a place.
 *
 * Operators and functions are the same thing here: AST_CALL with a
 * lower-case name.  What the parser normalises:
 *   != becomes "<>", == becomes "=", ! becomes "not", -x "negative", +x
 *   "positive" (a sign before a number is part of the literal);
 *   "x not in/like/between/… y" becomes not(x in/like/between/… y);
 *   "x is null" isnull, "is not null" isnotnull, "is [not] true/false/unknown"
 *   [not of] istrue, isfalse, isnull; "is [not] distinct from" [not of] "<=>";
 *   "x like y escape z" like(x, y, z), ilike the same; rlike, regexp "rlike";
 *   "like any (a, b)" like_any(x, a, b), like_all, ilike_any, ilike_all;
 *   "x between a and b" between(x, a, b);
 *   extract(f from x) extract('f', x); position(a in b) position(a, b);
 *   substring(x from a for b) substring(x, a, b); overlay(…) overlay(x, y, a, b);
 *   trim([both] [c] from x) btrim(x[, c]), leading ltrim(x[, c]), trailing
 *   rtrim(x[, c]): the string always comes first;
 *   timestampadd/dateadd/date_add(unit, n, t) timestampadd('unit', n, t) and
 *   timestampdiff/datediff/date_diff(unit, a, b) timestampdiff('unit', a, b);
 *   x collate c  collate(x, 'c').
 * current_date, current_timestamp, localtimestamp, current_user, user, … without
 * brackets are AST_NAME: a column of that name wins, then the function.
 */
#ifndef SQL_AST_EXPR_H
#define SQL_AST_EXPR_H

#include "sql/ast_name.h"

enum ast_expr_kind {
	AST_LIT,        /* u.lit */
	AST_INTERVAL,   /* u.interval: interval 3 months 2 days */
	AST_PARAM,      /* u.param: $name */
	AST_NAME,       /* u.name: column, struct field path, or let name */
	AST_STAR,       /* u.star: *, t.*, * except (…) */
	AST_CALL,       /* u.call: operator, function, aggregate, window fn */
	AST_CAST,       /* u.cast: cast(x as t), try_cast(x as t), x::t */
	AST_CASE,       /* u.cas: both forms */
	AST_IN,         /* u.in: x in (a, b, c) */
	AST_SUBQUERY,   /* u.subquery: (query), x in (query), exists (query) */
	AST_LAMBDA,     /* u.lambda: x -> e, (x, y) -> e */
	AST_INDEX,      /* u.index: base[index], array or map */
	AST_FIELD,      /* u.field: base.name where base is no plain name */
	AST_ROW,        /* u.row: (a, b, …), two or more */
	AST_ALIAS,      /* u.alias: x as n, x as (m, n); only in select lists,
	                 * group lists of stages, and call arguments */
	AST_NAMED_ARG,  /* u.named: name => x, only as a call argument */
};

enum ast_lit_kind {
	LIT_NULL, LIT_TRUE, LIT_FALSE,
	LIT_INT,        /* 12: int, bigint or decimal, by size */
	LIT_I8, LIT_I16, LIT_I64,       /* 1Y 1S 1L */
	LIT_F32, LIT_F64,               /* 1F; 1D, 1e3 */
	LIT_DEC,        /* 1.50, 1.5BD: precision and scale as written */
	LIT_STR,
	LIT_BIN,        /* X'1F': the bytes, decoded */
	LIT_DATE, LIT_TS, LIT_TSNTZ, LIT_TSLTZ, /* text as quoted, unchecked */
};

/* Numbers are text: optional '-', digits, '.', exponent; no suffix. */
struct ast_lit {
	enum ast_lit_kind kind;
	const char *p;          /* ends in a NUL */
	int n;
};

/* Units are singular and lower case: year month week day hour minute second
 * millisecond microsecond nanosecond. */
struct ast_interval_part {
	const char *value;      /* "3", "-1.5", "1-2" */
	const char *unit;       /* NULL: interval '3 days 2 hours' */
	const char *to;         /* year TO month: the second unit, or NULL */
};

struct ast_interval {
	struct ast_interval_part *part;
	int npart;
};

enum ast_subquery_kind {
	SUB_SCALAR,     /* one row, one column */
	SUB_IN,         /* left in (query); left may be an AST_ROW */
	SUB_EXISTS,
};

struct ast_sort {               /* one key of an order by */
	struct ast_expr *expr;
	int desc;
	enum ast_nulls { NULLS_DEFAULT, NULLS_FIRST, NULLS_LAST } nulls;
	struct span span;
};

enum ast_bound_kind {
	BOUND_UNBOUNDED_PRECEDING, BOUND_PRECEDING, BOUND_CURRENT,
	BOUND_FOLLOWING, BOUND_UNBOUNDED_FOLLOWING,
};

struct ast_bound {
	enum ast_bound_kind kind;
	struct ast_expr *expr;  /* for N preceding, N following */
};

struct ast_frame {
	enum { FRAME_ROWS, FRAME_RANGE } unit;
	struct ast_bound lo, hi;        /* hi is CURRENT when not written */
	struct span span;
};

struct ast_window {             /* over (…), or the body of a named window */
	struct ast_ident *name; /* over w: nothing else is set; or NULL */
	struct ast_expr **part; /* partition by */
	int npart;
	struct ast_sort *sort;
	int nsort;
	struct ast_frame *frame;        /* or NULL */
	struct span span;
};

struct ast_when {
	struct ast_expr *when, *then;
};

struct ast_call {
	const char *name;       /* lower case; a qualified one keeps its dots */
	struct ast_expr **arg;
	int narg;
	int op;                 /* 1: was written as an operator */
	int distinct;           /* count(distinct x) */
	int ignore_nulls;       /* 1 ignore nulls, -1 respect nulls, 0 none */
	struct ast_expr *filter;        /* filter (where x), or NULL */
	struct ast_sort *within;        /* within group (order by …) */
	int nwithin;
	struct ast_window *over;        /* or NULL */
	struct span name_span;  /* of the name or the operator alone */
};

struct ast_expr {
	enum ast_expr_kind kind;
	struct span span;
	union {
		struct ast_lit lit;
		struct ast_interval interval;
		struct { const char *name; } param;
		struct ast_name name;
		struct {
			struct ast_name of;     /* t in t.*; npart 0: all */
			struct ast_name *except;
			int nexcept;
		} star;
		struct ast_call call;
		struct {
			struct ast_expr *expr;
			const struct type *type;
			int try;        /* try_cast */
		} cast;
		struct {
			struct ast_expr *operand;       /* or NULL */
			struct ast_when *when;
			int nwhen;
			struct ast_expr *other;         /* else, or NULL */
		} cas;
		struct {
			struct ast_expr *left, **item;
			int nitem;
		} in;
		struct {
			enum ast_subquery_kind kind;
			struct ast_expr *left;          /* SUB_IN */
			struct ast_query *query;
		} subquery;
		struct {
			struct ast_ident *param;
			int nparam;
			struct ast_expr *body;
		} lambda;
		struct { struct ast_expr *base, *index; } index;
		struct { struct ast_expr *base; struct ast_ident name; } field;
		struct { struct ast_expr **item; int nitem; } row;
		struct {
			struct ast_expr *expr;
			struct ast_ident *name; /* several: x as (m, n) */
			int nname;
		} alias;
		struct { struct ast_ident name; struct ast_expr *expr; } named;
	} u;
};

#endif
