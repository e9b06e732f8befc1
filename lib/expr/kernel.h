/*
 * kernel -- what a function does with columns: one call a batch.
 *
 * Strict kernels (no FN_CUSTOM) find out->valid already computed as the AND
 * of the arguments' (NULL when no argument has nulls) and may compute null
 * rows too, but must not raise errors for them, divide by zero on them, or
 * follow their string pointers: the bytes of null rows are garbage (views
 * of null rows are zeroed by readers but do not rely on it: ask col_null).
 */
#ifndef EXPR_KERNEL_H
#define EXPR_KERNEL_H

#include "column/column.h"

struct arena;
struct err;
struct expr;
struct zone;

struct kernel_call {
	int n;                          /* rows 0..n, all wanted */
	int narg;
	const struct column *arg;       /* flat, unless FN_CONSTS */
	struct column *out;             /* data for n values is there; for
	                                 * STRUCT kids too; lists: see heap */
	struct arena *heap;             /* memory that lives as long as the
	                                 * batch: string bytes, kids, bitmaps */
	const struct expr *call;        /* types: call->type, u.call.arg[i]->type */
	const void *state;              /* u.call.state */
	const struct zone *zone;        /* session time zone */
	uint64_t seed;                  /* job seed */
	int64_t row;                    /* number of row 0 in its partition */
	int part;                       /* partition number */
};

/* 0, or ERR_USER (with the text only: position is put by the program). */
typedef int (*kernel_fn)(struct kernel_call *k, struct err *e);

/* Is row i of the result wanted (not null so far)? */
static inline bool
kernel_wants(const struct kernel_call *k, int i)
{
	return k->out->valid == NULL || bit_get(k->out->valid, i);
}

/* Marks row i of the result null; makes the bitmap when there is none. */
void kernel_null(struct kernel_call *k, int i);

/* Sets row i of a string result to p[0..n): the bytes are copied into the
 * heap when they are longer than a view holds. */
void kernel_bytes(struct kernel_call *k, int i, const char *p, size_t n);

/* The string of argument a, row i. */
static inline const struct sview *
kernel_str(const struct kernel_call *k, int a, int i)
{
	const struct sview *v = k->arg[a].data;

	return &v[col_at(&k->arg[a], i)];
}

#endif
