/*
 * func -- the function table: one row describes each scalar function; it
 * feeds the binder, the folder, the programs, did-you-mean and
 * sp-functions(7).
 *
 * A row's bind looks at the arguments, coerces them (replacing bind->arg[i]
 * by casts), sets the result type and the kernel.  Tables live beside their
 * kernels: func_string[] in fn_string.c and so on; func.c lists the tables.
 */
#ifndef EXPR_FUNC_H
#define EXPR_FUNC_H

#include "expr/expr.h"
#include "expr/kernel.h"

enum func_flags {
	FN_FAILS   = 1 << 0,    /* may raise an error on some values */
	FN_NONDET  = 1 << 1,    /* rand, uuid: depends on the row's position */
	FN_CUSTOM  = 1 << 2,    /* kernel sees nulls; else strict: null in, null
	                         * out, validity is computed before the kernel */
	FN_NULLS   = 1 << 3,    /* result may be null though no argument is */
	FN_NONNULL = 1 << 4,    /* result is never null (isnull, concat_ws …) */
	FN_CONSTS  = 1 << 5,    /* kernel handles COL_CONST arguments itself;
	                         * else they are spread out before the call */
	FN_LAZY    = 1 << 6,    /* control flow (case, if, and, or, coalesce …):
	                         * run by the program, not by a kernel */
	FN_OPERATOR = 1 << 7,   /* printed infix or in another special form */
	FN_HIDDEN  = 1 << 8,    /* internal: users cannot call it by name */
	FN_GENERATOR = 1 << 9,  /* explode & co: only in generate nodes; type is
	                         * the struct of the columns that it makes, the
	                         * kernel's result an array of it */
	FN_IMPLICIT = 1 << 10,  /* of a call: a cast that coercion inserted */
	FN_LAMBDA = 1 << 11,    /* takes lambdas: called by lambda_call */
};

/* What bind gets and gives. */
struct func_bind {
	const struct expr_env *env;
	const struct func *fn;
	struct expr **arg;              /* may be replaced by bind */
	int narg;
	struct span span;               /* of the call, for errors */
	const struct type *type;        /* out: result; in: target of a cast */
	kernel_fn kernel;               /* out, unless fn->kernel is right */
	void *state;                    /* out: for the kernel, plan's arena */
	unsigned flags;                 /* fn->flags; bind may refine them (drop
	                                 * FN_FAILS, add FN_CONSTS …) */
	int nullable;                   /* 0, 1; -1: as flags and arguments say */
	struct expr *instead;           /* out: this expression is the result
	                                 * (nullif, between); or NULL */
};

struct func {
	const char *name;               /* lower case; operators as "+" */
	int min, max;                   /* arguments; max -1: any number */
	unsigned flags;
	/* 0, or ERR_USER with span.  NULL: never (every row has one). */
	int (*bind)(struct func_bind *b, struct err *e);
	kernel_fn kernel;               /* NULL when bind chooses */
	const char *group;              /* "string", "math", "date" … */
	const char *usage;              /* "substring(str, pos[, len])" */
	const char *help;               /* one sentence for the man page */
	const char *example;            /* "substring('spark', 2, 3) = 'par'":
	                                 * run as a test; or NULL */
};

/* The row for a name (any case), or NULL. */
const struct func *func_find(const char *name);

/* Row number i in the order of the tables, NULL past the end. */
const struct func *func_at(int i);

/* Helpers for bind functions.  bind_cast makes argument i be of the type
 * (implicit cast as Spark does it, else ERR_USER "argument 2 of substring
 * must be int, not map<…>"); bind_const says whether argument i is a literal and
 * gives its value. */
int bind_cast(struct func_bind *b, int i, const struct type *t,
    struct err *e);
bool bind_const(const struct func_bind *b, int i, const struct datum **out);

/* Fails with "cannot call NAME with (types…)" and usage as hint. */
int bind_refuse(struct func_bind *b, struct err *e);

/* Makes all arguments from..narg-1 one common type. */
int bind_common(struct func_bind *b, int from, struct err *e);

/* Most binds are one line: SIG() of expr/fn_sig.h makes them from letters. */

#endif
