/*
 * bind_lambda -- calls with lambdas and the names of their parameters.
 */
#ifndef SQL_BIND_LAMBDA_H
#define SQL_BIND_LAMBDA_H

#include "sql/bind_scope.h"

/* Parameters of the lambdas around an expression, innermost first. */
struct bind_params {
	const struct bind_params *up;
	int n;
	const struct field *v;
};

/* Is one of the arguments a lambda? */
bool ast_has_lambda(const struct ast_call *call);

/* Binds such a call. */
int bind_lambda_call(struct bind_ctx *c, const struct ast_expr *x,
    struct expr **out, struct err *e);

/* The parameter of a lambda around that has this name, or NULL. */
struct expr *bind_lambda_param(const struct bind_ctx *c, const char *name);

#endif
