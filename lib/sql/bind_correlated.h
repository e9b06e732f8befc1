/*
 * bind_correlated -- subqueries whose where mentions the query around them.
 */
#ifndef SQL_BIND_CORRELATED_H
#define SQL_BIND_CORRELATED_H

#include "sql/bind_scope.h"

/* Conditions of a subquery that read columns of the query around it. */
struct correlated {
	enum ast_subquery_kind kind;
	int n, cap;
	struct expr **cond;
	struct expr **inner_key, **outer_key;   /* of a scalar: n of each */
	struct expr *of_none;           /* its value for no rows */
};

/* Puts a condition of a where aside that reads outer columns: 1, or 0 when
 * it is an ordinary one. */
int correlated_take(struct binder *b, struct expr *cond, const struct rel *r);

/* All of them, NULL when there is none. */
struct expr *correlated_cond(struct binder *b, const struct correlated *k);

/* The rest of a block with such conditions: r is its from and where. */
int correlated_block(struct bind_ctx *c, const struct ast_query *q,
    struct rel *r, struct correlated *k, struct rel *out, struct err *e);

/* The value of a scalar, over the left join with its plan. */
int correlated_value(struct binder *b, const struct correlated *k,
    const struct node *plan, struct span span, struct expr **out,
    struct err *e);

/* ERR_USER: in a place where in cannot be correlated. */
int correlated_refuse_in(struct span span, struct err *e);

/* "exists (query)": its relation, and the condition when it is correlated,
 * else NULL. */
int bind_exists_query(struct bind_ctx *c, const struct ast_expr *x,
    struct rel *r, struct expr **cond, struct err *e);

#endif
