/*
 * bind_scope -- inside the binder: relations being built, the columns that
 * are visible in them, and the context of the expression being bound.
 */
#ifndef SQL_BIND_SCOPE_H
#define SQL_BIND_SCOPE_H

#include "base/arena.h"
#include "sql/bind.h"

struct scope_col {
	const char *table;              /* alias of its table, or NULL */
	const char *name;
	struct field f;
	bool hidden;                    /* by table.name only, not in * */
};

struct scope {
	int n, cap;
	struct scope_col *v;
};

/* A relation: the plan so far, and how its columns are called. */
struct rel {
	struct node *node;
	struct scope scope;
	unsigned hint;                  /* HINT_* given for it */
};

/* A subquery that has to be joined to the relation before the expression
 * that mentions it can be evaluated. */
struct pending {
	enum join_kind kind;            /* CROSS (one row), MARK, LEFT */
	struct node *plan;
	int nkey;
	struct expr **lkey, **rkey;
	struct expr *cond;              /* or NULL */
	struct field mark;              /* JOIN_MARK: its column */
	struct pending *next;
};

struct bind_alias {
	const char *name;
	struct expr *x;
};

struct bind_ctx {
	struct binder *b;
	struct rel *rel;                /* columns come from here; may be NULL */
	const struct bind_alias *alias; /* names given in the select list */
	int nalias;
	bool alias_first;               /* before columns (order by, having) */
	const struct scope *outer;      /* of the enclosing query: refused */
	const struct bind_name *names;
	const struct ast_def *def;      /* body of a macro: its arguments … */
	struct expr **def_arg;
	const char *what;               /* "where" …: aggregates are refused
	                                 * with this word; NULL: allowed */
	bool plan;                      /* plan text: no ${x} in strings,
	                                 * hidden functions may be named */
	int in_agg;                     /* inside an aggregate's arguments */
	int nagg;                       /* aggregates seen */
	const struct bind_params *params;       /* sql/bind_lambda.h */
	struct pending *pending;        /* subqueries to join */
};

void scope_add(struct arena *a, struct scope *s, const char *table,
    const char *name, struct field f);

/* Renames the table of all columns (t as x), optionally the columns too. */
int scope_alias(struct arena *a, struct scope *s, const struct ast_ident *table,
    const struct ast_ident *column, int ncolumn, struct err *e);

/* Finds a dotted name: the column, and how many parts it used up (the rest
 * are struct fields).  1 found, 0 not, ERR_USER ambiguous. */
int scope_find(const struct scope *s, const struct ast_name *name,
    struct scope_col **out, int *used, struct err *e);

/* ERR_USER "unknown column …" with near names and the list of columns. */
int scope_unknown(const struct bind_ctx *c, const struct ast_name *name,
    struct err *e);

/* A relation over a node: scope from its columns, all of one table. */
void rel_of(struct arena *a, struct rel *r, struct node *n,
    const char *table);

/* Expressions. */
int bind_expr(struct bind_ctx *c, const struct ast_expr *x,
    struct expr **out, struct err *e);
int bind_call(struct bind_ctx *c, const struct ast_expr *x,
    struct expr **out, struct err *e);
int bind_literal(struct bind_ctx *c, const struct ast_expr *x,
    struct expr **out, struct err *e);
int bind_interval(struct bind_ctx *c, const struct ast_expr *x,
    struct expr **out, struct err *e);
int bind_subquery(struct bind_ctx *c, const struct ast_expr *x,
    struct expr **out, struct err *e);
int bind_in_query(struct bind_ctx *c, const struct ast_expr *x, struct rel *r,
    struct expr ***lkey, struct expr ***rkey, int *n, struct expr **cond,
    struct err *e);
/* Is it an aggregate without over? */
bool ast_is_agg(const struct ast_expr *x);
/* The name that a select item gets: alias, column name or title. */
const char *item_name(struct bind_ctx *c, const struct ast_expr *item,
    const struct expr *x);

/* An expression over one relation alone: aggregates are refused with the
 * word what; subqueries are joined to the relation. */
int bind_over(struct binder *b, const struct bind_name *names,
    const struct ast_expr *x, const struct scope *outer, const char *what,
    struct rel *r, struct expr **out, struct err *e);

/* Joins what is pending to the relation. */
int bind_pending(struct bind_ctx *c, struct rel *r, struct err *e);

/* Joins to r those that one of the n expressions x reads, and returns them;
 * the others stay pending. */
struct pending *bind_pending_below(struct bind_ctx *c, struct rel *r,
    struct expr *const *x, int n);

/* The id of the column that stands for a subquery. */
int pending_column(const struct pending *p);
/* Layout asked for by hints, stages and clauses: repartition 8 by a … */
int bind_repartition(struct binder *b, enum part_kind part, int n,
    struct sort_key *key, int nkey, struct rel *r, struct span span,
    struct node **out);

int bind_rel(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, const struct scope *outer, struct rel *out,
    struct err *e);
int bind_from(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, const struct scope *outer, struct rel *out,
    struct err *e);
int bind_join(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, const struct scope *outer, struct rel *out,
    struct err *e);
int bind_stage(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, const struct scope *outer, struct rel *out,
    struct err *e);
int bind_select(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, const struct ast_query *order,
    const struct scope *outer, struct rel *out, struct err *e);
int bind_where(struct binder *b, const struct bind_name *names,
    const struct ast_expr *x, const struct scope *outer, const char *what,
    struct rel *r, struct err *e);
int bind_setop(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, const struct scope *outer, struct rel *out,
    struct err *e);
int bind_source(struct binder *b, const struct ast_source *s,
    struct span span, struct rel *out, struct err *e);
int bind_generate(struct bind_ctx *c, const struct ast_expr *call, int outer_rows,
    const struct ast_ident *column, int ncolumn, const char *table,
    struct rel *r, struct err *e);
int bind_write(struct binder *b, const struct ast_query *q, struct rel *r,
    struct node **out, struct err *e);
int bind_pivot(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, struct rel *r, struct err *e);
int bind_unpivot(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, struct rel *r, struct err *e);
int bind_sample(struct binder *b, const struct ast_query *q, struct rel *r,
    struct err *e);
/* A select list or the like: bound items with their names. */
struct items {
	int n, cap;
	struct item {
		struct expr *x;
		const char *name;
		const struct ast_expr *ast;
		bool agg;               /* holds an aggregate */
	} *v;
};
int bind_items(struct bind_ctx *c, struct ast_expr *const *item, int n,
    struct items *out, struct err *e);
struct node *node_items(struct binder *b, struct node *kid,
    const struct items *it);
struct items visible_items(struct binder *b, const struct rel *r);

/* The keys of group by; ordinals and aliases refer to the items. */
int bind_group_keys(struct bind_ctx *c, const struct ast_group *g, int n,
    const struct items *item, struct items *key, struct err *e);

/* Puts an aggregate with these keys over r, and rewrites the expressions
 * x[0..n) (which have EXPR_AGG inside) to refer to its output. */
int bind_group(struct bind_ctx *c, struct rel *r, const struct items *key,
    struct expr **x, int n, struct span span, struct err *e);

struct node *node_project(struct binder *b, struct node *kid,
    struct expr **x, const char **name, int n);
struct node *node_filter(struct binder *b, struct node *kid,
    struct expr *cond);
struct node *node_join(struct binder *b, enum join_kind kind,
    struct node *left, struct node *right);
struct node *node_aggregate(struct binder *b, struct node *kid,
    struct expr **key, const char **key_name, int nkey, struct expr **agg,
    const char **agg_name, int nagg);
struct node *node_distinct(struct binder *b, struct node *kid);
struct sort_key bind_sort_key(struct expr *x, const struct ast_sort *s);
int bind_refuse_ast(struct span span, const char *what, struct err *e);

#endif
