/*
 * operators -- the kernels of the operators, chosen by type.
 *
 * Private to lib/expr: the table in operators.c binds them, the program uses
 * some of them directly (comparisons that pick rows).
 */
#ifndef EXPR_OPERATORS_H
#define EXPR_OPERATORS_H

#include "expr/func.h"

enum arith_op { ARITH_ADD, ARITH_SUB, ARITH_MUL, ARITH_DIV, ARITH_REM,
	ARITH_OPS };
enum compare_op { COMPARE_EQ, COMPARE_NE, COMPARE_LT, COMPARE_LE, COMPARE_GT,
	COMPARE_GE, COMPARE_OPS };

/* The operator as people write it: "+". */
extern const char *const arith_sign[ARITH_OPS];

/* Kernel over two arguments of type t giving t; DIV of doubles, and of
 * bigints (div).  NULL: there is none. */
kernel_fn arith_kernel(enum arith_op op, const struct type *t);
kernel_fn negate_kernel(const struct type *t);

/* Sets type, kernel and state for decimal arguments (both decimals). */
int decimal_bind(struct func_bind *b, enum arith_op op, struct err *e);
int decimal_div_bind(struct func_bind *b, struct err *e);
int negate_decimal(struct kernel_call *k, struct err *e);

/* Kernel over two arguments of type t giving boolean. */
kernel_fn compare_kernel(enum compare_op op, const struct type *t);
int compare_same(struct kernel_call *k, struct err *e);         /* <=> */

/* Writes those of the rows pick[0..n) (NULL: 0..n) for which "row op
 * constant" holds to out, which may be pick; returns their number.  No row
 * may be null.  Only for types that compare_can_pick. */
int compare_pick(enum compare_op op, const struct column *c,
    const struct column *constant, const int32_t *pick, int n, int32_t *out);
bool compare_can_pick(const struct type *t);

/* The rows pick[i] (NULL: i) for which v[i] is not 0. */
int pick_bools(const uint8_t *v, const int32_t *pick, int n, int32_t *out);

/* Rows that are (not) null; rows where a flat boolean column is true. */
int pick_valid(const struct column *c, const int32_t *pick, int n,
    int32_t *out);
int pick_null(const struct column *c, const int32_t *pick, int n,
    int32_t *out);
int pick_true(const struct column *c, const int32_t *pick, int n,
    int32_t *out);

/* Three-valued logic over two boolean columns; and IS … tests. */
int logic_and(struct kernel_call *k, struct err *e);
int logic_or(struct kernel_call *k, struct err *e);
int logic_not(struct kernel_call *k, struct err *e);
int logic_isnull(struct kernel_call *k, struct err *e);
int logic_isnotnull(struct kernel_call *k, struct err *e);
int logic_istrue(struct kernel_call *k, struct err *e);
int logic_isfalse(struct kernel_call *k, struct err *e);
int logic_isnottrue(struct kernel_call *k, struct err *e);
int logic_isnotfalse(struct kernel_call *k, struct err *e);

/* & | ^ ~ << >> >>> */
kernel_fn bitwise_kernel(char op, const struct type *t);
kernel_fn shift_kernel(int op, const struct type *t);   /* '<' '>' 'u' */

/* x [not] in (…). */
int in_bind(struct func_bind *b, struct err *e);

/* Dates, timestamps and intervals with + - * /: sets type and kernel; 0
 * when the argument types are none of these. */
int time_bind(struct func_bind *b, enum arith_op op, struct err *e);

/* Row of a try_ function: failures become NULL. */
static inline bool
kernel_tries(const struct kernel_call *k)
{
	return k->call->u.call.fn->flags & FN_NULLS;
}

/* A row failed: NULL for try_ functions, else "TEXT caused overflow". */
int kernel_overflow(struct kernel_call *k, int row, struct err *e,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
int kernel_zero(struct kernel_call *k, int row, struct err *e);

#endif
