/*
 * bind -- from syntax trees to logical plans: names become columns, every
 * expression gets a type, files are asked for from the catalog.
 *
 * A binder lives as long as a script: it keeps the names that let, views and
 * parameters have given.  What the grammar knows and the engine cannot do
 * yet is refused here, with its name and place.
 */
#ifndef SQL_BIND_H
#define SQL_BIND_H

#include "plan/catalog.h"
#include "sql/ast.h"

/* A name that stands for a query: let, view, CTE; inner ones first. */
struct bind_name {
	const char *name;
	const struct ast_query *query;          /* both NULL: dropped */
	const struct ast_source *source;        /* view using …, or NULL */
	const struct ast_ident *column;         /* renamed columns, or none */
	int ncolumn;
	struct kept *kept;                      /* cached, or NULL */
	const struct bind_name *next;           /* outer or older */
};

struct bind_param {
	const char *name;
	struct datum value;
	struct bind_param *next;
};

struct bind_def {                       /* def f(a type, …) type = expr */
	const struct ast_def *def;
	struct bind_def *next;
};

struct binder {
	struct arena *arena;            /* the script's */
	struct plan_ids ids;
	struct expr_env env;
	struct catalog *catalog;
	const struct bind_name *names;
	struct bind_param *params;
	struct bind_def *defs;
	struct kept *kept;              /* the newest first */
	int nkept;                      /* highest number of one */
	int noutput;                    /* outputs of the script so far */
	int depth;                      /* of names inside names */
	const struct ast_select *hints; /* select block being bound, or NULL */
	struct correlated *corr;        /* of the next block, a subquery */
	struct correlated *collect;     /* of the where being bound */
};

/* An action: the plan's root is a write or a collect node. */
int bind_action(struct binder *b, const struct ast_query *q,
    struct node **out, struct err *e);

/* A query without a root: for describe, explain and views. */
int bind_query(struct binder *b, const struct ast_query *q,
    struct node **out, struct err *e);

/* let, create temporary view: binds the query once to find its errors. */
int bind_view(struct binder *b, const struct ast_view *v, struct err *e);

/* Forgets the newest meaning of a name: 1, or 0 when there is none. */
int bind_drop(struct binder *b, const char *name);

/* "unknown table" with a name that is near. */
int bind_unknown_table(const struct bind_name *names,
    const struct ast_name *name, struct err *e);

/* --- relations that are kept, plan/kept.h --- */

struct kept *bind_kept_find(const struct binder *b, int number);

/* number 0: the next one. */
struct kept *bind_kept_new(struct binder *b, int number,
    const struct kept_level *level);

/* A storage level by name; ERR_USER with a level that is near. */
int bind_level(const char *name, struct span span,
    const struct kept_level **out, struct err *e);

/* From now on the rows of the name (which is there) are kept. */
int bind_name_keep(struct binder *b, const char *name, struct span span,
    const struct kept_level *level, int checkpoint, struct kept **out,
    struct err *e);

/* A node that reads it, and makes it when it is not there. */
struct node *bind_kept_node(struct binder *b, const struct kept *k);

/* What a name means at this place of the chain, or NULL. */
const struct bind_name *bind_name_find(const struct bind_name *names,
    const char *name);

/* param name type [= default]: given is the text of -D, or NULL. */
int bind_param(struct binder *b, const struct ast_stmt *s, const char *given,
    struct err *e);

int bind_def(struct binder *b, const struct ast_def *d, struct err *e);

/* A constant expression: limits, parameters, repeat counts. */
int bind_const_expr(struct binder *b, const struct ast_expr *x,
    struct datum *out, struct err *e);

/* "in/dt=${day}/": puts parameters into a string literal. */
int bind_string(struct binder *b, const struct ast_string *s,
    const char **out, struct err *e);

/* The same for a command of the shell: each value becomes one word. */
int bind_command(struct binder *b, const struct ast_string *s,
    const char **out, struct err *e);

#endif
