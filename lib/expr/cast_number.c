/*
 * cast_number -- casts between booleans, integers, floats and decimals.
 *
 * The widening ones that coercion inserts all the time are plain loops that
 * the compiler vectorises; narrowing ones go row by row through i128 or
 * double and check the range.  Fractions are cut towards zero on the way to
 * integers, rounded half up on the way to decimals.
 */
#include <math.h>
#include <string.h>

#include "base/simd.h"
#include "column/value.h"
#include "expr/cast.h"

#define EXACT_SCALE 22          /* 10^22 is the last exact power in double */
#define EXACT_MAX ((i128)1 << 53)

i128
cast_int_at(const struct column *c, int i)
{
	int64_t r = col_at(c, i);

	switch (c->type->kind) {
	case TYPE_BOOL:
		return ((const uint8_t *)c->data)[r];
	case TYPE_I8:
		return ((const int8_t *)c->data)[r];
	case TYPE_I16:
		return ((const int16_t *)c->data)[r];
	case TYPE_I32:
	case TYPE_DATE:
	case TYPE_YMI:
		return ((const int32_t *)c->data)[r];
	case TYPE_DEC128:
		return ((const i128 *)c->data)[r];
	default:
		return ((const int64_t *)c->data)[r];
	}
}

double
cast_float_at(const struct column *c, int i)
{
	int64_t r = col_at(c, i);

	return c->type->kind == TYPE_F32 ? ((const float *)c->data)[r] :
	    ((const double *)c->data)[r];
}

void
cast_put(struct column *c, int i, i128 v)
{
	switch (c->type->kind) {
	case TYPE_BOOL:
		((uint8_t *)c->data)[i] = v != 0;
		break;
	case TYPE_I8:
		((int8_t *)c->data)[i] = (int8_t)v;
		break;
	case TYPE_I16:
		((int16_t *)c->data)[i] = (int16_t)v;
		break;
	case TYPE_I32:
		((int32_t *)c->data)[i] = (int32_t)v;
		break;
	case TYPE_DEC128:
		((i128 *)c->data)[i] = v;
		break;
	default:
		((int64_t *)c->data)[i] = (int64_t)v;
		break;
	}
}

#define WIDEN(name, A, B)                                               \
SIMD_CLONES static int                                                  \
name(struct kernel_call *k, struct err *e)                              \
{                                                                       \
	const A *a = k->arg[0].data;                                    \
	B *restrict o = k->out->data;                                   \
									\
	(void)e;                                                        \
	for (int i = 0; i < k->n; i++)                                  \
		o[i] = (B)a[i];                                         \
	return 0;                                                       \
}

WIDEN(i8_i16, int8_t, int16_t)
WIDEN(i8_i32, int8_t, int32_t)
WIDEN(i8_i64, int8_t, int64_t)
WIDEN(i8_f32, int8_t, float)
WIDEN(i8_f64, int8_t, double)
WIDEN(i16_i32, int16_t, int32_t)
WIDEN(i16_i64, int16_t, int64_t)
WIDEN(i16_f32, int16_t, float)
WIDEN(i16_f64, int16_t, double)
WIDEN(i32_i64, int32_t, int64_t)
WIDEN(i32_f32, int32_t, float)
WIDEN(i32_f64, int32_t, double)
WIDEN(i64_f32, int64_t, float)
WIDEN(i64_f64, int64_t, double)
WIDEN(f32_f64, float, double)
WIDEN(f64_f32, double, float)
WIDEN(bool_i8, uint8_t, int8_t)
WIDEN(bool_i16, uint8_t, int16_t)
WIDEN(bool_i32, uint8_t, int32_t)
WIDEN(bool_i64, uint8_t, int64_t)
WIDEN(bool_f32, uint8_t, float)
WIDEN(bool_f64, uint8_t, double)

static const kernel_fn widen[TYPE_F64 + 1][TYPE_F64 + 1] = {
	[TYPE_BOOL] = { [TYPE_I8] = bool_i8, bool_i16, bool_i32, bool_i64,
		bool_f32, bool_f64 },
	[TYPE_I8] = { [TYPE_I16] = i8_i16, i8_i32, i8_i64, i8_f32, i8_f64 },
	[TYPE_I16] = { [TYPE_I32] = i16_i32, i16_i64, i16_f32, i16_f64 },
	[TYPE_I32] = { [TYPE_I64] = i32_i64, i32_f32, i32_f64 },
	[TYPE_I64] = { [TYPE_F32] = i64_f32, i64_f64 },
	[TYPE_F32] = { [TYPE_F64] = f32_f64 },
	[TYPE_F64] = { [TYPE_F32] = f64_f32 },
};

/* Does v fit an integer type? */
static bool
fits(i128 v, const struct type *t)
{
	i128 most = ((i128)1 << (8 * type_width(t) - 1)) - 1;

	return v <= most && v >= -most - 1;
}

static int
int_int(struct kernel_call *k, struct err *e)
{
	const struct type *t = k->out->type;

	for (int i = 0; i < k->n; i++) {
		i128 v = cast_int_at(&k->arg[0], i);

		cast_put(k->out, i, v);
		if (!fits(v, t) && kernel_wants(k, i))
			TRY(cast_fail(k, i, e));
	}
	return 0;
}

static int
float_int(struct kernel_call *k, struct err *e)
{
	const struct type *t = k->out->type;
	double top = ldexp(1, 8 * type_width(t) - 1);

	for (int i = 0; i < k->n; i++) {
		double v = cast_float_at(&k->arg[0], i);

		if (floor(v) < top && ceil(v) >= -top)
			cast_put(k->out, i, (int64_t)v);
		else if (t->kind == TYPE_I64 && v == top)
			cast_put(k->out, i, INT64_MAX);
		else if (kernel_wants(k, i))
			TRY(cast_fail(k, i, e));
	}
	return 0;
}

static int
any_bool(struct kernel_call *k, struct err *e)
{
	const struct column *c = &k->arg[0];
	uint8_t *o = k->out->data;
	bool real = type_is_float(c->type);

	(void)e;
	for (int i = 0; i < k->n; i++)
		o[i] = real ? cast_float_at(c, i) != 0 :
		    cast_int_at(c, i) != 0;
	return 0;
}

static int
dec_int(struct kernel_call *k, struct err *e)
{
	const struct column *c = &k->arg[0];
	i128 one = pow10_i128[c->type->scale];

	for (int i = 0; i < k->n; i++) {
		i128 v = cast_int_at(c, i) / one;

		cast_put(k->out, i, v);
		if (!fits(v, k->out->type) && kernel_wants(k, i))
			TRY(cast_fail(k, i, e));
	}
	return 0;
}

static double
dec_double(i128 v, int scale)
{
	char s[64];
	double f = 0;

	if (v <= EXACT_MAX && v >= -EXACT_MAX && scale <= EXACT_SCALE)
		return (double)(int64_t)v / (double)pow10_i128[scale];
	value_get_f64(s, (size_t)value_put_dec(s, v, scale), &f);
	return f;
}

/* Short decimals all at once: 1 when they were exact. */
SIMD_CLONES static int
dec64_f64(const int64_t *a, int scale, double *restrict o, int n)
{
	double one = (double)pow10_i128[scale];
	int64_t top = (int64_t)EXACT_MAX, bad = 0;

	for (int i = 0; i < n; i++) {
		o[i] = (double)a[i] / one;
		bad |= (a[i] > top) | (a[i] < -top);
	}
	return !bad;
}

static int
dec_float(struct kernel_call *k, struct err *e)
{
	const struct column *c = &k->arg[0];
	int scale = c->type->scale;

	(void)e;
	if (c->type->kind == TYPE_DEC64 && k->out->type->kind == TYPE_F64 &&
	    dec64_f64(c->data, scale, k->out->data, k->n))
		return 0;
	for (int i = 0; i < k->n; i++) {
		double f;

		if (!kernel_wants(k, i))
			continue;
		f = dec_double(cast_int_at(c, i), scale);
		if (k->out->type->kind == TYPE_F32)
			((float *)k->out->data)[i] = (float)f;
		else
			((double *)k->out->data)[i] = f;
	}
	return 0;
}

/* Decimals and integers to decimals that hold all their values: a
 * multiplication. */
#define SCALE(name, A, B, U)                                            \
SIMD_CLONES static int                                                  \
name(struct kernel_call *k, struct err *e)                              \
{                                                                       \
	const A *a = k->arg[0].data;                                    \
	B *restrict o = k->out->data;                                   \
	U m = (U)pow10_i128[k->out->type->scale - k->arg[0].type->scale]; \
									\
	(void)e;                                                        \
	for (int i = 0; i < k->n; i++)                                  \
		o[i] = (B)((U)a[i] * m);                                \
	return 0;                                                       \
}

__extension__ typedef unsigned __int128 u128;
SCALE(i8_dec64, int8_t, int64_t, uint64_t)
SCALE(i16_dec64, int16_t, int64_t, uint64_t)
SCALE(i32_dec64, int32_t, int64_t, uint64_t)
SCALE(i64_dec64, int64_t, int64_t, uint64_t)
SCALE(i8_dec128, int8_t, i128, u128)
SCALE(i16_dec128, int16_t, i128, u128)
SCALE(i32_dec128, int32_t, i128, u128)
SCALE(i64_dec128, int64_t, i128, u128)
SCALE(i128_dec128, i128, i128, u128)

static int
any_dec(struct kernel_call *k, struct err *e)
{
	const struct column *c = &k->arg[0];
	const struct type *t = k->out->type;

	for (int i = 0; i < k->n; i++) {
		i128 v;

		if (!kernel_wants(k, i))
			continue;
		if (dec_rescale(cast_int_at(c, i), c->type->scale, t->scale,
		    &v) && dec_fits(v, t->precision))
			cast_put(k->out, i, v);
		else
			TRY(cast_fail(k, i, e));
	}
	return 0;
}

/* By way of the shortest text that reads back, as Spark does. */
static int
float_dec(struct kernel_call *k, struct err *e)
{
	const struct column *c = &k->arg[0];
	const struct type *t = k->out->type;

	for (int i = 0; i < k->n; i++) {
		char s[40];
		int n;
		i128 v;

		if (!kernel_wants(k, i))
			continue;
		n = value_put_f64(s, cast_float_at(c, i));
		if (value_get_dec(s, (size_t)n, t->precision, t->scale, &v))
			cast_put(k->out, i, v);
		else
			TRY(cast_fail(k, i, e));
	}
	return 0;
}

static int
digits_of(const struct type *t)
{
	static const unsigned char digits[TYPE_I64 + 1] = {
		[TYPE_BOOL] = 1, [TYPE_I8] = 3, [TYPE_I16] = 5,
		[TYPE_I32] = 10, [TYPE_I64] = 19,
	};

	return type_is_decimal(t) ? t->precision - t->scale : digits[t->kind];
}

static kernel_fn
to_decimal(const struct type *from, const struct type *to)
{
	bool wide = to->kind == TYPE_DEC128;

	if (type_is_float(from))
		return float_dec;
	if (digits_of(from) > to->precision - to->scale ||
	    from->scale > to->scale)
		return any_dec;
	switch (from->kind) {
	case TYPE_I8:
		return wide ? i8_dec128 : i8_dec64;
	case TYPE_I16:
		return wide ? i16_dec128 : i16_dec64;
	case TYPE_I32:
		return wide ? i32_dec128 : i32_dec64;
	case TYPE_I64:
	case TYPE_DEC64:
		return wide ? i64_dec128 : i64_dec64;
	case TYPE_DEC128:
		return wide ? i128_dec128 : any_dec;
	default:
		return any_dec;
	}
}

kernel_fn
cast_number(const struct type *from, const struct type *to)
{
	if (!type_is_numeric(from) && from->kind != TYPE_BOOL)
		return NULL;
	if (to->kind == TYPE_BOOL)
		return any_bool;
	if (type_is_decimal(to))
		return to_decimal(from, to);
	if (type_is_decimal(from))
		return type_is_float(to) ? dec_float :
		    type_is_int(to) ? dec_int : NULL;
	if (!type_is_numeric(to))
		return NULL;
	if (widen[from->kind][to->kind])
		return widen[from->kind][to->kind];
	return type_is_float(from) ? float_int : int_int;
}
