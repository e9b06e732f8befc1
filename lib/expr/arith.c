/*
 * arith -- arithmetic over integers and floats: one tight loop per type.
 *
 * Null rows are computed too and masked by the caller, which keeps the loops
 * free of branches and lets the compiler vectorise them.  Overflow is or-ed
 * into one word, looked at once a batch; only when it is set are the rows
 * gone through again to find one that is wanted.  Constants are not spread:
 * each loop is compiled for the three ways in which a side may be constant.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/simd.h"
#include "expr/operators.h"

const char *const arith_sign[ARITH_OPS] = { "+", "-", "*", "/", "%" };

#define INLINE static inline __attribute__((always_inline))

static const char *const try_name[ARITH_OPS] = {
	"try_add", "try_subtract", "try_multiply", "try_divide", "try_mod",
};

static const char *
try_of(const struct kernel_call *k)
{
	const char *name = k->call->u.call.fn->name;

	for (int i = 0; i < ARITH_OPS; i++)
		if (arith_sign[i][0] == name[0] && name[1] == '\0')
			return try_name[i];
	return "try_divide";
}

int
kernel_overflow(struct kernel_call *k, int row, struct err *e,
    const char *fmt, ...)
{
	char what[256];
	va_list ap;

	if (kernel_tries(k)) {
		kernel_null(k, row);
		return 0;
	}
	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	err_set(e, ERR_USER, "%s caused overflow", what);
	return err_hint(e, "use %s to get NULL instead", try_of(k));
}

int
kernel_zero(struct kernel_call *k, int row, struct err *e)
{
	const char *name = k->call->u.call.fn->name;

	if (kernel_tries(k)) {
		kernel_null(k, row);
		return 0;
	}
	err_set(e, ERR_USER, "division by zero");
	return err_hint(e, "use %s to get NULL instead",
	    name[0] == '%' || name[0] == 'm' ? "try_mod" : "try_divide");
}

static int64_t
int_at(const struct column *c, int i)
{
	i = (int)col_at(c, i);
	switch ((int)c->type->kind) {
	case TYPE_I8:
		return ((const int8_t *)c->data)[i];
	case TYPE_I16:
		return ((const int16_t *)c->data)[i];
	case TYPE_I32:
	case TYPE_DATE:
	case TYPE_YMI:
		return ((const int32_t *)c->data)[i];
	default:
		return ((const int64_t *)c->data)[i];
	}
}

/* Does no product of 64 bits overflow?  mul_i64 doubts large factors. */
static bool
products_fit(const struct kernel_call *k)
{
	const int64_t *a = k->arg[0].data, *b = k->arg[1].data;
	int sa = k->arg[0].flags & COL_CONST ? 0 : 1;
	int sb = k->arg[1].flags & COL_CONST ? 0 : 1;
	int64_t r;
	int over = 0;

	for (int i = 0; i < k->n; i++)
		over |= __builtin_mul_overflow(a[i * sa], b[i * sb], &r);
	return !over;
}

/* The loops saw an overflow: fails for (or nulls) the rows that have one. */
static int
int_recheck(struct kernel_call *k, enum arith_op op, struct err *e)
{
	int bits = 8 * type_width(k->out->type);
	i128 most = ((i128)1 << (bits - 1)) - 1;

	if (op == ARITH_MUL && bits == 64 && products_fit(k))
		return 0;
	for (int i = 0; i < k->n; i++) {
		i128 a = int_at(&k->arg[0], i), b = int_at(&k->arg[1], i), r;

		r = op == ARITH_ADD ? a + b : op == ARITH_SUB ? a - b : a * b;
		if ((r > most || r < -most - 1) && kernel_wants(k, i))
			TRY(kernel_overflow(k, i, e, "%lld %s %lld",
			    (long long)a, arith_sign[op], (long long)b));
	}
	return 0;
}

/* How each loop is made: STEP sees x, y, &o[i] and the flag word bad. */
#define LOOP(name, T, STEP)                                             \
INLINE int64_t                                                          \
name##_at(const T *a, int sa, const T *b, int sb, T *restrict o, int n) \
{                                                                       \
	T bad = 0;                                                      \
									\
	for (int i = 0; i < n; i++) {                                   \
		T x = a[i * sa], y = b[i * sb];                         \
		STEP                                                    \
	}                                                               \
	return (int64_t)bad;                                            \
}

/* The three ways of constants, and the second look when bad says so. */
#define KERNEL(name, T, op)                                             \
SIMD_CLONES static int                                                  \
name(struct kernel_call *k, struct err *e)                              \
{                                                                       \
	int ca = k->arg[0].flags & COL_CONST;                           \
	int cb = k->arg[1].flags & COL_CONST;                           \
	const T *a = k->arg[0].data, *b = k->arg[1].data;               \
	int64_t bad = cb ? name##_at(a, 1, b, 0, k->out->data, k->n) :  \
	    ca ? name##_at(a, 0, b, 1, k->out->data, k->n) :            \
	    name##_at(a, 1, b, 1, k->out->data, k->n);                  \
	return bad < 0 ? int_recheck(k, op, e) : 0;                     \
}

#define ADD(U) { o[i] = (__typeof__(bad))((U)x + (U)y); \
	bad |= (x ^ o[i]) & (y ^ o[i]); }
#define SUB(U) { o[i] = (__typeof__(bad))((U)x - (U)y); \
	bad |= (x ^ y) & (x ^ o[i]); }
#define MUL(W) { W w = (W)x * y; o[i] = (__typeof__(bad))w; \
	bad |= -(w != o[i]); }
/* Products of 64 bits: exact when both sides have 32. */
#define MUL64 { o[i] = (int64_t)((uint64_t)x * (uint64_t)y); \
	bad |= -(int64_t)((((uint64_t)x + HALF) | ((uint64_t)y + HALF)) \
	    >> 32); }
#define HALF 0x80000000u

LOOP(add_i8, int8_t, ADD(uint8_t))
LOOP(add_i16, int16_t, ADD(uint16_t))
LOOP(add_i32, int32_t, ADD(uint32_t))
LOOP(add_i64, int64_t, ADD(uint64_t))
LOOP(sub_i8, int8_t, SUB(uint8_t))
LOOP(sub_i16, int16_t, SUB(uint16_t))
LOOP(sub_i32, int32_t, SUB(uint32_t))
LOOP(sub_i64, int64_t, SUB(uint64_t))
LOOP(mul_i8, int8_t, MUL(int16_t))
LOOP(mul_i16, int16_t, MUL(int32_t))
LOOP(mul_i32, int32_t, MUL(int64_t))
LOOP(mul_i64, int64_t, MUL64)
KERNEL(add_i8, int8_t, ARITH_ADD)
KERNEL(add_i16, int16_t, ARITH_ADD)
KERNEL(add_i32, int32_t, ARITH_ADD)
KERNEL(add_i64, int64_t, ARITH_ADD)
KERNEL(sub_i8, int8_t, ARITH_SUB)
KERNEL(sub_i16, int16_t, ARITH_SUB)
KERNEL(sub_i32, int32_t, ARITH_SUB)
KERNEL(sub_i64, int64_t, ARITH_SUB)
KERNEL(mul_i8, int8_t, ARITH_MUL)
KERNEL(mul_i16, int16_t, ARITH_MUL)
KERNEL(mul_i32, int32_t, ARITH_MUL)
KERNEL(mul_i64, int64_t, ARITH_MUL)

#define FLOAT(name, T, OP) LOOP(name, T, { o[i] = x OP y; }) \
KERNEL(name, T, ARITH_OPS)
FLOAT(add_f32, float, +)
FLOAT(add_f64, double, +)
FLOAT(sub_f32, float, -)
FLOAT(sub_f64, double, -)
FLOAT(mul_f32, float, *)
FLOAT(mul_f64, double, *)

/* Divides row by row where a divisor is zero, else in one sweep. */
static int
div_f64(struct kernel_call *k, struct err *e)
{
	const double *a = k->arg[0].data, *b = k->arg[1].data;
	double *restrict o = k->out->data;
	int ca = k->arg[0].flags & COL_CONST, cb = k->arg[1].flags & COL_CONST;
	int zero = 0;

	if (cb) {
		zero = b[0] == 0;
		for (int i = 0; i < k->n; i++)
			o[i] = a[i] / b[0];
	} else {
		for (int i = 0; i < k->n; i++) {
			o[i] = a[ca ? 0 : i] / b[i];
			zero |= b[i] == 0;
		}
	}
	for (int i = 0; zero && i < k->n; i++)
		if (b[cb ? 0 : i] == 0 && kernel_wants(k, i))
			TRY(kernel_zero(k, i, e));
	return 0;
}

/* div: bigint by bigint.  Divisors 0 and -1 are replaced in null rows. */
static int
div_i64(struct kernel_call *k, struct err *e)
{
	int64_t *restrict o = k->out->data;

	for (int i = 0; i < k->n; i++) {
		int64_t x = int_at(&k->arg[0], i), y = int_at(&k->arg[1], i);

		o[i] = 0;
		if (y == 0) {
			if (kernel_wants(k, i))
				TRY(kernel_zero(k, i, e));
		} else if (y != -1) {
			o[i] = x / y;
		} else if (x != INT64_MIN) {
			o[i] = -x;
		} else if (kernel_wants(k, i)) {
			TRY(kernel_overflow(k, i, e, "%lld div -1",
			    (long long)x));
		}
	}
	return 0;
}

#define REM(name, T, STEP)                                              \
static int                                                              \
name(struct kernel_call *k, struct err *e)                              \
{                                                                       \
	T *restrict o = k->out->data;                                   \
	for (int i = 0; i < k->n; i++) {                                \
		T x = ((const T *)k->arg[0].data)[col_at(&k->arg[0], i)]; \
		T y = ((const T *)k->arg[1].data)[col_at(&k->arg[1], i)]; \
		o[i] = y == 0 ? 0 : (STEP);                             \
		if (y == 0 && kernel_wants(k, i))                       \
			TRY(kernel_zero(k, i, e));                      \
	}                                                               \
	return 0;                                                       \
}

/* Remainder by a constant without dividing (Barrett 1986): m is 2^64 / d
 * rounded down, so that the quotient is right or one too small. */
__extension__ typedef unsigned __int128 u128;

#define REM_CONST(name, T)                                              \
static void                                                             \
name(const T *a, T *restrict o, int n, uint64_t d)                      \
{                                                                       \
	uint64_t m = UINT64_MAX / d;                                    \
	for (int i = 0; i < n; i++) {                                   \
		uint64_t sign = (uint64_t)(a[i] >> (8 * sizeof(T) - 1)); \
		uint64_t x = ((uint64_t)a[i] ^ sign) - sign;            \
		uint64_t r = x - (uint64_t)((u128)m * x >> 64) * d;     \
		r -= r >= d ? d : 0;                                    \
		o[i] = (T)((r ^ sign) - sign);                          \
	}                                                               \
}

REM_CONST(rem_const_i32, int32_t)
REM_CONST(rem_const_i64, int64_t)

REM(rem_i8, int8_t, (int8_t)(x % y))
REM(rem_i16, int16_t, (int16_t)(x % y))
REM(rem_any_i32, int32_t, y == -1 ? 0 : x % y)
REM(rem_any_i64, int64_t, y == -1 ? 0 : x % y)
REM(rem_f32, float, fmodf(x, y))
REM(rem_f64, double, fmod(x, y))

static int
rem_i32(struct kernel_call *k, struct err *e)
{
	const int32_t *b = k->arg[1].data;

	if (!(k->arg[1].flags & COL_CONST) || b[0] <= 0 ||
	    (k->arg[0].flags & COL_CONST))
		return rem_any_i32(k, e);
	rem_const_i32(k->arg[0].data, k->out->data, k->n, (uint64_t)b[0]);
	return 0;
}

static int
rem_i64(struct kernel_call *k, struct err *e)
{
	const int64_t *b = k->arg[1].data;

	if (!(k->arg[1].flags & COL_CONST) || b[0] <= 0 ||
	    (k->arg[0].flags & COL_CONST))
		return rem_any_i64(k, e);
	rem_const_i64(k->arg[0].data, k->out->data, k->n, (uint64_t)b[0]);
	return 0;
}

static const kernel_fn kernels[ARITH_OPS][TYPE_KINDS] = {
	[ARITH_ADD] = { [TYPE_I8] = add_i8, [TYPE_I16] = add_i16,
		[TYPE_I32] = add_i32, [TYPE_I64] = add_i64,
		[TYPE_F32] = add_f32, [TYPE_F64] = add_f64,
		[TYPE_YMI] = add_i32, [TYPE_DTI] = add_i64 },
	[ARITH_SUB] = { [TYPE_I8] = sub_i8, [TYPE_I16] = sub_i16,
		[TYPE_I32] = sub_i32, [TYPE_I64] = sub_i64,
		[TYPE_F32] = sub_f32, [TYPE_F64] = sub_f64,
		[TYPE_YMI] = sub_i32, [TYPE_DTI] = sub_i64 },
	[ARITH_MUL] = { [TYPE_I8] = mul_i8, [TYPE_I16] = mul_i16,
		[TYPE_I32] = mul_i32, [TYPE_I64] = mul_i64,
		[TYPE_F32] = mul_f32, [TYPE_F64] = mul_f64 },
	[ARITH_DIV] = { [TYPE_I64] = div_i64, [TYPE_F64] = div_f64 },
	[ARITH_REM] = { [TYPE_I8] = rem_i8, [TYPE_I16] = rem_i16,
		[TYPE_I32] = rem_i32, [TYPE_I64] = rem_i64,
		[TYPE_F32] = rem_f32, [TYPE_F64] = rem_f64 },
};

kernel_fn
arith_kernel(enum arith_op op, const struct type *t)
{
	return kernels[op][t->kind];
}

#define NEGATE(name, T, U)                                              \
static int                                                              \
name(struct kernel_call *k, struct err *e)                              \
{                                                                       \
	const T *a = k->arg[0].data;                                    \
	T *restrict o = k->out->data, bad = 0;                          \
									\
	for (int i = 0; i < k->n; i++) {                                \
		o[i] = (T)((U)0 - (U)a[i]);                             \
		bad |= a[i] & o[i];                                     \
	}                                                               \
	return bad < 0 ? negate_recheck(k, e) : 0;                      \
}

static int
negate_recheck(struct kernel_call *k, struct err *e)
{
	int bits = 8 * type_width(k->out->type);
	int64_t least = (int64_t)(UINT64_MAX << (bits - 1));

	for (int i = 0; i < k->n; i++)
		if (int_at(&k->arg[0], i) == least && kernel_wants(k, i)) {
			err_set(e, ERR_USER, "- (%lld) caused overflow",
			    (long long)least);
			return err_hint(e, "cast to a wider type first");
		}
	return 0;
}

NEGATE(neg_i8, int8_t, uint8_t)
NEGATE(neg_i16, int16_t, uint16_t)
NEGATE(neg_i32, int32_t, uint32_t)
NEGATE(neg_i64, int64_t, uint64_t)

static int
neg_f32(struct kernel_call *k, struct err *e)
{
	const float *a = k->arg[0].data;
	float *restrict o = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++)
		o[i] = -a[i];
	return 0;
}

static int
neg_f64(struct kernel_call *k, struct err *e)
{
	const double *a = k->arg[0].data;
	double *restrict o = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++)
		o[i] = -a[i];
	return 0;
}

kernel_fn
negate_kernel(const struct type *t)
{
	static const kernel_fn table[TYPE_KINDS] = {
		[TYPE_I8] = neg_i8, [TYPE_I16] = neg_i16,
		[TYPE_I32] = neg_i32, [TYPE_I64] = neg_i64,
		[TYPE_F32] = neg_f32, [TYPE_F64] = neg_f64,
		[TYPE_YMI] = neg_i32, [TYPE_DTI] = neg_i64,
		[TYPE_DEC64] = negate_decimal, [TYPE_DEC128] = negate_decimal,
	};

	return table[t->kind];
}
