/*
 * aggfn -- the table of aggregate functions.
 *
 * A group's state is a fixed number of bytes in a row of the aggregation
 * table, zeros at first (plus, for states that grow, memory from the table's
 * heap).  Between the map side and the reduce side a state travels as ordinary
 * columns, none of which may rely on the other rows that travel with it.
 *
 * Calls get a vector of pointers to the states, one a row: state[i] is the
 * state of row i's group; many rows may share one.
 */
#ifndef EXPR_AGGFN_H
#define EXPR_AGGFN_H

#include "expr/expr.h"

#define AGG_COLS_MAX 6          /* columns a travelling state has at most */

struct agg_heap;                /* growing memory of a table, see below */

/* A bound aggregate: what every call below gets. */
struct agg {
	const struct aggfn *fn;
	const struct expr *call;        /* EXPR_AGG */
	const struct type *arg_type[8];
	const struct type *type;        /* result */
	int size;                       /* state bytes, multiple of align */
	int align;                      /* of states: 8, or 16 */
	int ncol;                       /* columns of the travelling state */
	const struct type *col[AGG_COLS_MAX];
	const void *state;              /* constants (percentile …), or NULL */
	struct agg_heap *heap;          /* set by the operator */
	const struct zone *zone;
};

struct agg_bind {
	const struct expr_env *env;
	struct expr **arg;              /* may be replaced by casts */
	int narg;
	struct span span;
	const struct type *type;        /* out: result */
};

struct aggfn {
	const char *name;
	int min, max;                   /* arguments */
	unsigned flags;                 /* AGG_* */
	/* Result type and coercion of arguments, at bind time.  distinct and
	 * filter are the operator's business: rows come filtered. */
	int (*bind)(struct agg_bind *b, struct err *e);
	/* Fills size, ncol, col, state from call: at plan and at run time. */
	int (*plan)(struct agg *g, struct arena *a, struct err *e);
	/* Adds rows arg[..] 0..n (flat or constant columns). */
	int (*update)(const struct agg *g, void *const *state,
	    const struct column *arg, int n, struct err *e);
	/* Adds travelled states: col[0..ncol). */
	int (*merge)(const struct agg *g, void *const *state,
	    const struct column *col, int n, struct err *e);
	/* Writes the states of n groups as columns out[0..ncol) (memory for
	 * fixed-width data is there, heap for the rest). */
	int (*save)(const struct agg *g, void *const *state, int n,
	    struct column *out, struct arena *heap, struct err *e);
	/* Writes the results of n groups. */
	int (*final)(const struct agg *g, void *const *state, int n,
	    struct column *out, struct arena *heap, struct err *e);
	/* Adds all n rows to one state: fast path without groups; or NULL. */
	int (*update_all)(const struct agg *g, void *state,
	    const struct column *arg, int n, struct err *e);
	/* The states of n rows, each of its own, as columns out[0..ncol),
	 * which may be views of the arguments: what update on fresh states
	 * and save would make, only faster; or NULL. */
	int (*lift)(const struct agg *g, const struct column *arg, int n,
	    struct column *out, struct arena *heap, struct err *e);
	/* As in struct func, but the example is a query and its one value:
	 * "select sum(x) from values (1), (2) as t(x) = 3". */
	const char *usage, *help, *example;
};

enum aggfn_flags {
	AGG_NONNULL  = 1 << 0,  /* count: result is never null */
	AGG_ORDERED  = 1 << 1,  /* depends on row order (first, collect_list) */
	AGG_NODISTINCT = 1 << 2, /* distinct changes nothing (min, max) */
	AGG_HIDDEN   = 1 << 3,
};

/* As func_find and func_at. */
const struct aggfn *aggfn_find(const char *name);
const struct aggfn *aggfn_at(int i);

/* Makes a struct agg from an EXPR_AGG. */
int agg_open(struct agg *g, const struct expr *call, struct arena *a,
    struct err *e);

/* Memory of states that grow (lists, sets, digests): an arena that tells
 * how much it holds, so that the operator can charge its pool and spill. */
struct agg_heap {
	struct arena *arena;
	int64_t grown;          /* bytes added since the operator last looked */
};
void *agg_heap_alloc(struct agg_heap *h, size_t n);

#endif
