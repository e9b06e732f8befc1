/*
 * expr -- bound expression trees: every node knows its type.
 *
 * The binder and the rules make them, the plan text prints and parses them,
 * expr/program.h runs them.  Immutable once made (rules copy on change);
 * memory is the plan's arena.  Everything that computes is a call of a row
 * of the function table (expr/func.h): operators, CASE, CAST, AND, IN too.
 */
#ifndef EXPR_EXPR_H
#define EXPR_EXPR_H

#include <stdbool.h>

#include "base/err.h"
#include "column/datum.h"
#include "column/schema.h"

struct aggfn;
struct arena;
struct func;
struct kernel_call;

enum expr_kind {
	EXPR_LIT,               /* a constant */
	EXPR_COL,               /* a column of the input, by id */
	EXPR_CALL,              /* a scalar function */
	EXPR_AGG,               /* an aggregate; only in aggregate nodes */
};

struct expr {
	enum expr_kind kind;
	const struct type *type;
	bool nullable;
	struct span span;       /* in the job text; len 0 if made by a rule */
	union {
		struct datum lit;
		struct {
			int id;
			const char *name;       /* for people */
		} col;
		struct {
			const struct func *fn;
			struct expr **arg;
			int narg;
			void *state;    /* what fn->bind left for the kernel */
			int (*kernel)(struct kernel_call *, struct err *);
			unsigned flags; /* fn->flags as bind refined them */
		} call;
		struct {
			const struct aggfn *fn;
			struct expr **arg;
			int narg;
			bool distinct;
			struct expr *filter;    /* or NULL */
		} agg;
	} u;
};

/* Context of binding: what types and folding may depend on. */
struct expr_env {
	struct arena *arena;            /* where expressions are made */
	const struct zone *zone;        /* session time zone */
	int64_t now_us;                 /* fixed for the whole job */
	uint64_t seed;                  /* of rand(), uuid(), shuffle() */
	const char *user;               /* current_user() */
};

/* A literal; a column reference. */
struct expr *expr_lit(struct arena *a, struct datum d);
struct expr *expr_col(struct arena *a, const struct field *f);
struct expr *expr_int(struct arena *a, int32_t v);
struct expr *expr_str(struct arena *a, const char *s);
struct expr *expr_bool(struct arena *a, bool v);
struct expr *expr_null(struct arena *a, const struct type *t);

/* Calls function name on args: finds it, checks the number of arguments,
 * applies Spark's coercion (inserting casts), computes the result type.
 * ERR_USER with span, and a did-you-mean for unknown names. */
int expr_call(const struct expr_env *env, const char *name,
    struct expr **arg, int narg, struct span span, struct expr **out,
    struct err *e);

/* cast(x as t): x itself when it already has the type.  ERR_USER when Spark
 * allows no such cast.  expr_try_cast gives NULL for bad values. */
int expr_cast(const struct expr_env *env, struct expr *x,
    const struct type *t, struct span span, struct expr **out,
    struct err *e);
int expr_try_cast(const struct expr_env *env, struct expr *x,
    const struct type *t, struct span span, struct expr **out,
    struct err *e);

/* Conversion that Spark does by itself where a value of type t is wanted
 * (implicit cast under ANSI store assignment); error when it would not. */
int expr_coerce(const struct expr_env *env, struct expr *x,
    const struct type *t, struct expr **out, struct err *e);

/* The common type that Spark gives to branches of CASE, columns of UNION,
 * elements of array() …; NULL when there is none. */
const struct type *expr_common_type(struct arena *a, const struct type *x,
    const struct type *y);

/* An aggregate call, typed and coerced like expr_call. */
int expr_agg(const struct expr_env *env, const char *name,
    struct expr **arg, int narg, struct span span, struct expr **out,
    struct err *e);

/* Conjunction of two conditions, either may be NULL. */
struct expr *expr_and(const struct expr_env *env, struct expr *x,
    struct expr *y);

/* Calls f on every node, children first. */
void expr_walk(struct expr *x, void (*f)(struct expr *, void *), void *arg);

/* A copy in which f has replaced nodes, children first: f returns the node
 * itself or another one.  Unchanged subtrees are shared. */
struct expr *expr_map(struct arena *a, struct expr *x,
    struct expr *(*f)(struct expr *, void *), void *arg);

/* Same value whenever evaluated on the same row (spans and column names do
 * not count; calls of non-deterministic functions are never equal). */
bool expr_equal(const struct expr *a, const struct expr *b);

/* One value where both are evaluated by one operator on one row: as
 * expr_equal, but two rand(3) are the same. */
bool expr_same(const struct expr *a, const struct expr *b);

/* No column inside; no non-deterministic call; may it raise an error? */
bool expr_is_const(const struct expr *x);
bool expr_is_deterministic(const struct expr *x);
bool expr_can_fail(const struct expr *x);

/* The value when x is a literal TRUE/FALSE/NULL of boolean: 1, 0, -1; any
 * other expression: -2. */
int expr_truth(const struct expr *x);

/* Evaluates a constant expression now (expr_is_const must hold). */
int expr_eval_const(const struct expr_env *env, const struct expr *x,
    struct datum *out, struct err *e);

/* Appends the expression as text that parse_expr_text (sql/parse.h) reads
 * back: infix operators, function calls, casts; columns by name through
 * the callback (name may need a number when it is not unique). */
void expr_print(struct text *to, const struct expr *x,
    const char *(*name)(const struct expr *col, void *arg), void *arg);

/* Automatic column name as Spark makes it: "sum(amount)", "(a + 1)". */
const char *expr_title(struct arena *a, const struct expr *x);

#endif
