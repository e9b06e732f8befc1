/*
 * lambda -- calls with functions as arguments: transform(a, x -> x + k).
 *
 * The body of a lambda is an expression over columns that exist nowhere
 * else: its parameters (negative ids) and, under their old ids, the columns
 * around it that it mentions.  Those become more arguments of the call, so
 * that whoever walks or rewrites expressions sees them and need not know
 * about bodies.  Bodies run as programs over the elements of a whole batch.
 */
#ifndef EXPR_LAMBDA_H
#define EXPR_LAMBDA_H

#include "expr/expr.h"

struct kernel_call;

#define LAMBDA_PARAMS 3
#define LAMBDAS 2

struct lambda {
	int nparam;
	struct field param[LAMBDA_PARAMS];
	struct expr *body;
};

/* u.call.state of a call with lambdas. */
struct lambda_call {
	int narg;                       /* arguments before the captures */
	int nlambda;
	struct lambda lambda[LAMBDAS];
	int ncapture;
	struct field *capture;          /* what argument narg + i is inside */
};

/* Does the function take a lambda as argument number at? */
bool lambda_taken(const char *fn, int at);

/* Types of the nparam parameters of the lambda number at of fn, when the
 * arguments before it are arg[0..at) (NULL for lambdas; before[]: those).
 * Sets l->param[].type; ERR_USER when the lambda or an argument is wrong. */
int lambda_types(const struct expr_env *env, const char *fn,
    struct expr *const *arg, int at, const struct lambda *before,
    struct lambda *l, struct span span, struct err *e);

/* The call.  arg: the arguments that are no lambdas. */
int lambda_call(const struct expr_env *env, const char *fn,
    struct expr *const *arg, int narg, const struct lambda *l, int nlambda,
    struct span span, struct expr **out, struct err *e);

/* Do two calls of one function with equal arguments compute the same? */
bool lambda_same(const struct lambda_call *a, const struct lambda_call *b);

/* The lambdas of a call as text needs them: captured columns replaced by
 * the arguments that they are now. */
struct expr *lambda_body(struct arena *a, const struct expr *call, int i);

/* Runs body i of k's call on n rows: columns of its parameters, and for
 * each row the row of k that it belongs to.  out lives in k->heap. */
int lambda_run(struct kernel_call *k, int i, const struct column *param,
    const int32_t *row, int n, struct column *out, struct err *e);

/* A body made ready once, to be run many times. */
struct lambda_program;
int lambda_open(struct kernel_call *k, int i, struct lambda_program **out,
    struct err *e);
int lambda_step(struct lambda_program *p, const struct column *param,
    const int32_t *row, int n, struct column *out, struct err *e);
void lambda_close(struct lambda_program *p);

#endif
