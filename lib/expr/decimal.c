/*
 * decimal -- + - * / % and div of decimals, with Spark's result types.
 *
 *	+ -   scale max(s1, s2), one more whole digit than the wider side
 *	*     precision p1 + p2 + 1, scale s1 + s2
 *	/     scale max(6, s1 + p2 + 1), whole digits p1 - s1 + s2
 *	%     scale max(s1, s2), whole digits of the narrower side
 *
 * Beyond 38 digits decimals are cut, but never below 6 (coerce_adjust), and
 * values are rounded half up.  When nothing was cut the result type holds
 * every result, so + - * are loops without checks: in int64_t when the
 * result has at most 18 digits, and int64_t by int64_t into i128 as one
 * machine multiplication.  All else goes row by row through 256 bits.
 */
#include "base/arena.h"
#include "base/simd.h"
#include "column/value.h"
#include "expr/coerce.h"
#include "expr/operators.h"
#include "expr/wide.h"

#define INLINE static inline __attribute__((always_inline))

struct decimal_state {
	enum arith_op op;
	int s1, s2;             /* scales of the arguments */
	i128 m1, m2;            /* + -: what the sides are multiplied by */
};

/* Fast loops.  A and B: types of the sides, R: of the result, in which all
 * is computed; m1 and m2 bring both sides to one scale. */
#define LOOP(name, A, B, R, STEP)                                       \
INLINE void                                                             \
name##_at(const A *a, int sa, const B *b, int sb, R m1, R m2,           \
    R *restrict o, int n)                                               \
{                                                                       \
	(void)m1, (void)m2;                                             \
	for (int i = 0; i < n; i++) {                                   \
		R x = a[i * sa], y = b[i * sb];                         \
		o[i] = STEP;                                            \
	}                                                               \
}

#define KERNEL(name, A, B, R)                                           \
SIMD_CLONES static int                                                  \
name(struct kernel_call *k, struct err *e)                              \
{                                                                       \
	const struct decimal_state *s = k->state;                       \
	int sa = !(k->arg[0].flags & COL_CONST);                        \
	int sb = !(k->arg[1].flags & COL_CONST);                        \
	R m1 = (R)s->m1, m2 = (R)s->m2;                                 \
	const A *a = k->arg[0].data; const B *b = k->arg[1].data;       \
	(void)e;                                                        \
	if (sa && sb) name##_at(a, 1, b, 1, m1, m2, k->out->data, k->n);\
	else if (sa) name##_at(a, 1, b, 0, m1, m2, k->out->data, k->n); \
	else name##_at(a, 0, b, sb, m1, m2, k->out->data, k->n);        \
	return 0;                                                       \
}

/* Garbage in null rows may overflow: unsigned arithmetic wraps quietly. */
#define U64(x) ((uint64_t)(x))
#define U128(x) ((u128)(x))
__extension__ typedef unsigned __int128 u128;

#define ADD64 ((int64_t)(U64(x) * U64(m1) + U64(y) * U64(m2)))
#define SUB64 ((int64_t)(U64(x) * U64(m1) - U64(y) * U64(m2)))
#define ADD128 ((i128)(U128(x) * U128(m1) + U128(y) * U128(m2)))
#define SUB128 ((i128)(U128(x) * U128(m1) - U128(y) * U128(m2)))
#define MUL64 ((int64_t)(U64(x) * U64(y)))
#define MUL128 ((i128)(U128(x) * U128(y)))

LOOP(add_64_64, int64_t, int64_t, int64_t, ADD64)
LOOP(add_64_64_128, int64_t, int64_t, i128, ADD128)
LOOP(add_64_128, int64_t, i128, i128, ADD128)
LOOP(add_128_64, i128, int64_t, i128, ADD128)
LOOP(add_128_128, i128, i128, i128, ADD128)
LOOP(sub_64_64, int64_t, int64_t, int64_t, SUB64)
LOOP(sub_64_64_128, int64_t, int64_t, i128, SUB128)
LOOP(sub_64_128, int64_t, i128, i128, SUB128)
LOOP(sub_128_64, i128, int64_t, i128, SUB128)
LOOP(sub_128_128, i128, i128, i128, SUB128)
LOOP(mul_64_64, int64_t, int64_t, int64_t, MUL64)
LOOP(mul_64_64_128, int64_t, int64_t, i128, MUL128)
LOOP(mul_64_128, int64_t, i128, i128, MUL128)
LOOP(mul_128_64, i128, int64_t, i128, MUL128)
LOOP(mul_128_128, i128, i128, i128, MUL128)
KERNEL(add_64_64, int64_t, int64_t, int64_t)
KERNEL(add_64_64_128, int64_t, int64_t, i128)
KERNEL(add_64_128, int64_t, i128, i128)
KERNEL(add_128_64, i128, int64_t, i128)
KERNEL(add_128_128, i128, i128, i128)
KERNEL(sub_64_64, int64_t, int64_t, int64_t)
KERNEL(sub_64_64_128, int64_t, int64_t, i128)
KERNEL(sub_64_128, int64_t, i128, i128)
KERNEL(sub_128_64, i128, int64_t, i128)
KERNEL(sub_128_128, i128, i128, i128)
KERNEL(mul_64_64, int64_t, int64_t, int64_t)
KERNEL(mul_64_64_128, int64_t, int64_t, i128)
KERNEL(mul_64_128, int64_t, i128, i128)
KERNEL(mul_128_64, i128, int64_t, i128)
KERNEL(mul_128_128, i128, i128, i128)

static const kernel_fn fast[3][5] = {
	{ add_64_64, add_64_64_128, add_64_128, add_128_64, add_128_128 },
	{ sub_64_64, sub_64_64_128, sub_64_128, sub_128_64, sub_128_128 },
	{ mul_64_64, mul_64_64_128, mul_64_128, mul_128_64, mul_128_128 },
};

static i128
dec_at(const struct column *c, int i)
{
	int64_t r = col_at(c, i);

	return c->type->kind == TYPE_DEC128 ? ((const i128 *)c->data)[r] :
	    ((const int64_t *)c->data)[r];
}

/* The exact road: 1 and the result at scale, or 0 when 128 bits do not
 * hold it.  y is not 0 for / and %. */
static int
exact(const struct decimal_state *s, i128 x, i128 y, int scale, i128 *out)
{
	int top = s->s1 > s->s2 ? s->s1 : s->s2;
	struct wide a, b, r, rest;

	if (s->op == ARITH_MUL) {
		r = wide_mul(x, y);
		wide_scale_down(&r, s->s1 + s->s2 - scale);
		return wide_get(&r, out);
	}
	a = wide_mul(x, 1);
	b = wide_mul(y, 1);
	if (s->op == ARITH_DIV) {
		if (!wide_scale_up(&a, scale - s->s1 + s->s2))
			return 0;
		r = wide_div(&a, &b, &rest);
		if (wide_half(&rest, &b)) {
			struct wide one = { r.neg, { 1, 0, 0, 0 } };

			r = wide_add(&r, &one);
		}
		return wide_get(&r, out);
	}
	/* 38 digits at most 38 places up: always below 2^254. */
	wide_scale_up(&a, top - s->s1);
	wide_scale_up(&b, top - s->s2);
	if (s->op == ARITH_REM) {
		wide_div(&a, &b, &r);
	} else {
		b.neg ^= s->op == ARITH_SUB;
		r = wide_add(&a, &b);
	}
	wide_scale_down(&r, top - scale);
	return wide_get(&r, out);
}

/* The common case of * + - when no digit is lost: the factors or the sum
 * fit into 64 or 128 bits. */
static int
narrow_exact(const struct decimal_state *s, i128 x, i128 y, i128 *out)
{
	switch (s->op) {
	case ARITH_MUL:
		if (x != (int64_t)x || y != (int64_t)y)
			return 0;
		*out = (i128)(int64_t)x * (int64_t)y;
		return 1;
	case ARITH_ADD:
		return !__builtin_add_overflow(x, y, out);
	default:
		return !__builtin_sub_overflow(x, y, out);
	}
}

/* The common case of / and %: all fits into 128 bits. */
static int
narrow(const struct decimal_state *s, i128 x, i128 y, int scale, i128 *out)
{
	i128 up = pow10_i128[s->op == ARITH_DIV ? scale - s->s1 + s->s2 : 0];
	i128 q, r;

	if (s->op == ARITH_REM && s->s1 == s->s2 && scale == s->s1) {
		*out = x % y;
		return 1;
	}
	if (s->op != ARITH_DIV || __builtin_mul_overflow(x, up, &x) ||
	    y > (i128)1 << 125 || y < -((i128)1 << 125))
		return 0;
	if (x == (int64_t)x && y == (int64_t)y && x != INT64_MIN) {
		q = (int64_t)x / (int64_t)y;
		r = (int64_t)x % (int64_t)y;
	} else {
		q = x / y;
		r = x % y;
	}
	if ((r < 0 ? -r : r) * 2 >= (y < 0 ? -y : y))
		q += (x < 0) == (y < 0) ? 1 : -1;
	*out = q;
	return 1;
}

static void
put(struct column *out, int i, i128 v)
{
	if (out->type->kind == TYPE_DEC128)
		((i128 *)out->data)[i] = v;
	else
		((int64_t *)out->data)[i] = (int64_t)v;
}

static int
too_large(struct kernel_call *k, int row, i128 x, i128 y, struct err *e)
{
	const struct decimal_state *s = k->state;
	char a[64], b[64];

	a[value_put_dec(a, x, s->s1)] = '\0';
	b[value_put_dec(b, y, s->s2)] = '\0';
	return kernel_overflow(k, row, e, "%s %s %s (beyond decimal(%d,%d))",
	    a, arith_sign[s->op], b, k->out->type->precision,
	    k->out->type->scale);
}

static int
row_by_row(struct kernel_call *k, struct err *e)
{
	const struct decimal_state *s = k->state;
	const struct type *t = k->out->type;
	bool divides = s->op == ARITH_DIV || s->op == ARITH_REM;
	bool keeps = !divides && t->scale == (s->op == ARITH_MUL ?
	    s->s1 + s->s2 : s->s1) && (s->op == ARITH_MUL || s->s1 == s->s2);

	for (int i = 0; i < k->n; i++) {
		i128 x, y, r;

		put(k->out, i, 0);
		if (!kernel_wants(k, i))
			continue;
		x = dec_at(&k->arg[0], i);
		y = dec_at(&k->arg[1], i);
		if (divides && y == 0) {
			TRY(kernel_zero(k, i, e));
			continue;
		}
		if ((keeps && narrow_exact(s, x, y, &r)) ||
		    (divides && narrow(s, x, y, t->scale, &r)) ||
		    exact(s, x, y, t->scale, &r)) {
			if (dec_fits(r, t->precision)) {
				put(k->out, i, r);
				continue;
			}
		}
		TRY(too_large(k, i, x, y, e));
	}
	return 0;
}

/* div: the quotient cut to a bigint. */
static int
integral_div(struct kernel_call *k, struct err *e)
{
	const struct decimal_state *s = k->state;
	int64_t *o = k->out->data;
	int top = s->s1 > s->s2 ? s->s1 : s->s2;

	for (int i = 0; i < k->n; i++) {
		struct wide a, b, q;
		i128 r;

		o[i] = 0;
		if (!kernel_wants(k, i))
			continue;
		a = wide_mul(dec_at(&k->arg[0], i), 1);
		b = wide_mul(dec_at(&k->arg[1], i), 1);
		wide_scale_up(&a, top - s->s1);
		wide_scale_up(&b, top - s->s2);
		if ((b.w[0] | b.w[1] | b.w[2] | b.w[3]) == 0) {
			TRY(kernel_zero(k, i, e));
			continue;
		}
		q = wide_div(&a, &b, NULL);
		if (wide_get(&q, &r) && r == (int64_t)r)
			o[i] = (int64_t)r;
		else
			TRY(kernel_overflow(k, i, e, "div (beyond bigint)"));
	}
	return 0;
}

int
negate_decimal(struct kernel_call *k, struct err *e)
{
	(void)e;
	for (int i = 0; i < k->n; i++)
		put(k->out, i, (i128)-(u128)dec_at(&k->arg[0], i));
	return 0;
}

static int
larger(int x, int y)
{
	return x > y ? x : y;
}

/* Precision and scale of the result, before they are cut. */
static void
result_digits(enum arith_op op, const struct type *x, const struct type *y,
    int *precision, int *scale)
{
	int wx = x->precision - x->scale, wy = y->precision - y->scale;

	*scale = larger(x->scale, y->scale);
	switch (op) {
	case ARITH_MUL:
		*scale = x->scale + y->scale;
		*precision = x->precision + y->precision + 1;
		break;
	case ARITH_DIV:
		*scale = larger(6, x->scale + y->precision + 1);
		*precision = wx + y->scale + *scale;
		break;
	case ARITH_REM:
		*precision = (wx < wy ? wx : wy) + *scale;
		break;
	default:
		*precision = larger(wx, wy) + *scale + 1;
		break;
	}
}

static struct decimal_state *
state_new(struct func_bind *b, enum arith_op op)
{
	struct decimal_state *s = NEW(b->env->arena, struct decimal_state);

	s->op = op;
	s->s1 = b->arg[0]->type->scale;
	s->s2 = b->arg[1]->type->scale;
	return s;
}

int
decimal_bind(struct func_bind *b, enum arith_op op, struct err *e)
{
	const struct type *x = b->arg[0]->type, *y = b->arg[1]->type;
	struct decimal_state *s = state_new(b, op);
	int precision, scale, top = larger(s->s1, s->s2);
	bool x128 = x->kind == TYPE_DEC128, y128 = y->kind == TYPE_DEC128;

	(void)e;
	result_digits(op, x, y, &precision, &scale);
	if (precision == 0)
		precision = 1;          /* decimal(n,n) % decimal(m,m) … */
	b->type = coerce_adjust(b->env->arena, precision, scale);
	s->m1 = pow10_i128[top - s->s1];
	s->m2 = pow10_i128[top - s->s2];
	b->state = s;
	b->kernel = row_by_row;
	b->flags |= FN_CONSTS;
	if (precision <= 38 && op <= ARITH_MUL) {
		b->flags &= ~(unsigned)(FN_FAILS | FN_NULLS);
		b->kernel = fast[op][b->type->kind == TYPE_DEC64 ? 0 :
		    1 + 2 * x128 + y128];
	}
	return 0;
}

int
decimal_div_bind(struct func_bind *b, struct err *e)
{
	(void)e;
	b->state = state_new(b, ARITH_DIV);
	b->type = TYPE(I64);
	b->kernel = integral_div;
	b->flags |= FN_CONSTS;
	return 0;
}
