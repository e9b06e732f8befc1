/*
 * fn_sig -- signatures in a few letters, and the accessors that kernels of
 * the function tables share.
 *
 * A signature is one letter an argument (the last one repeats):
 *   s string   x string or binary, whichever it is
 *   b binary, and strings as they are (kernels see bytes)
 *   i int      l bigint     d double    B boolean    ? any, left as it is
 * and a letter for the result, where 0 is the type of argument 0 and a is
 * array<string>.
 *
 * Strings that are parts of argument 0 point into it: columns live as long
 * as their batch.  A kernel that makes only such parts says so with
 * row_parts(), which hands on COL_STABLE.
 */
#ifndef EXPR_FN_SIG_H
#define EXPR_FN_SIG_H

#include "base/arena.h"
#include "expr/func.h"

/* Casts the arguments to the letters and sets b->type. */
int bind_sig(struct func_bind *b, const char *args, char result,
    struct err *e);

/* A bind function from a signature. */
#define SIG(name, args, result)                                         \
static int                                                              \
name(struct func_bind *b, struct err *e)                                \
{                                                                       \
	return bind_sig(b, args, result, e);                            \
}

/* Value of argument i when it is constant (a literal, or an expression of
 * literals, computed now): 1, 0 when it is not, < 0 when computing fails. */
int bind_value(struct func_bind *b, int i, struct datum *out, struct err *e);

/* As bind_value, but the argument must be a constant that is not null. */
int bind_must_const(struct func_bind *b, int i, const char *what,
    struct datum *out, struct err *e);

struct bytes {
	const char *p;
	size_t n;
};

/* Each row of the result that is wanted: ROWS(k, i) { … } */
#define ROWS(k, i)                                                      \
	for (int i = 0; i < (k)->n; i++)                                \
		if (kernel_wants(k, i))

static inline struct bytes
row_bytes(const struct kernel_call *k, int a, int i)
{
	const struct sview *v = kernel_str(k, a, i);

	return (struct bytes){ sview_ptr(v), v->len };
}

static inline int32_t
row_i32(const struct kernel_call *k, int a, int i)
{
	return ((const int32_t *)k->arg[a].data)[col_at(&k->arg[a], i)];
}

static inline int64_t
row_i64(const struct kernel_call *k, int a, int i)
{
	return ((const int64_t *)k->arg[a].data)[col_at(&k->arg[a], i)];
}

static inline double
row_f64(const struct kernel_call *k, int a, int i)
{
	return ((const double *)k->arg[a].data)[col_at(&k->arg[a], i)];
}

static inline uint8_t
row_bool(const struct kernel_call *k, int a, int i)
{
	return ((const uint8_t *)k->arg[a].data)[col_at(&k->arg[a], i)];
}

/* Row i of the result is p[0..n), bytes that live as long as the batch. */
static inline void
row_part(struct kernel_call *k, int i, const char *p, size_t n)
{
	((struct sview *)k->out->data)[i] = sview_of(p, n);
}

/* All results are parts of argument 0. */
static inline void
row_parts(struct kernel_call *k)
{
	k->out->flags = k->arg[0].flags & COL_STABLE;
}

/* Room for a result of at most cap bytes, to be ended by row_done at once:
 * what was not used goes back to the heap. */
static inline char *
row_room(struct kernel_call *k, size_t cap)
{
	return arena_bytes(k->heap, cap);
}

static inline void
row_done(struct kernel_call *k, int i, char *p, size_t n, size_t cap)
{
	row_part(k, i, p, n);
	if (k->heap->at == p + cap)
		k->heap->at = n <= SVIEW_INLINE ? p : p + n;
}

/* Longest string that a function makes by itself (repeat, lpad, space). */
#define ROW_STRING_MAX  ((size_t)1 << 30)

/* Fails when a result of n bytes would be too long. */
int row_fits(const struct kernel_call *k, size_t n, struct err *e);

/* Makes out a list column over n strings (element type string), returns
 * their views; the caller fills out->data (struct lview). */
struct sview *row_list(struct kernel_call *k, int64_t n);

#endif
