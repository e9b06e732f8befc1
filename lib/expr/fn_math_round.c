/*
 * fn_math_round -- abs, round, bround, ceil, floor: each for every
 * numeric type.
 *
 * Doubles are rounded on their shortest decimal digits, as Java's BigDecimal
 * does.  Nearly always that equals scaling, rounding and scaling back; only
 * where the scaled value is close to a tie are the digits made.  Whole
 * numbers fail on overflow (ANSI).
 */
#include "expr/fn_math.h"

#include <math.h>

#include "column/value.h"
#include "expr/coerce.h"
#include "expr/digits.h"

static int
overflow(const struct kernel_call *k, struct err *e)
{
	err_user(e, EXIT_DATA, "%s overflows %s",
	    k->call->u.call.fn->name, type_name(k->heap, k->call->type));
	return ERR_USER;
}

/* Rows of whole numbers and decimals as i128. */
static i128
wide_get(const struct column *c, int i)
{
	switch (type_width(c->type)) {
	case 1: return ((const int8_t *)c->data)[i];
	case 2: return ((const int16_t *)c->data)[i];
	case 4: return ((const int32_t *)c->data)[i];
	case 8: return ((const int64_t *)c->data)[i];
	default: return ((const i128 *)c->data)[i];
	}
}

/* Stores v if it fits the type. */
static bool
wide_put(struct column *c, const struct type *t, int i, i128 v)
{
	if (type_is_decimal(t) && !dec_fits(v, t->precision))
		return false;
	switch (type_width(t)) {
	case 1:
		((int8_t *)c->data)[i] = (int8_t)v;
		return v == (int8_t)v;
	case 2:
		((int16_t *)c->data)[i] = (int16_t)v;
		return v == (int16_t)v;
	case 4:
		((int32_t *)c->data)[i] = (int32_t)v;
		return v == (int32_t)v;
	case 8:
		((int64_t *)c->data)[i] = (int64_t)v;
		return v == (int64_t)v;
	default:
		((i128 *)c->data)[i] = v;
		return true;
	}
}

static int
k_abs_wide(struct kernel_call *k, struct err *e)
{
	ROWS(k, i) {
		i128 v = wide_get(&k->arg[0], i);

		if (!wide_put(k->out, k->call->type, i, v < 0 ? -v : v))
			return overflow(k, e);
	}
	return 0;
}

#define REAL(name, T, call)                                             \
static int                                                              \
name(struct kernel_call *k, struct err *e)                              \
{                                                                       \
	const T *a = k->arg[0].data;                                    \
	T *restrict o = k->out->data;                                   \
	(void)e;                                                        \
	for (int i = 0; i < k->n; i++)                                  \
		o[i] = call(a[i]);                                      \
	return 0;                                                       \
}

REAL(k_abs_f32, float, fabsf)
REAL(k_abs_f64, double, fabs)

/* Numbers and intervals stay what they are, the rest becomes double. */
int
bind_abs(struct func_bind *b, struct err *e)
{
	const struct type *t = b->arg[0]->type;

	if (!type_is_numeric(t) && t->kind != TYPE_YMI && t->kind != TYPE_DTI)
		TRY(bind_cast(b, 0, TYPE(F64), e));
	t = b->type = b->arg[0]->type;
	b->kernel = t->kind == TYPE_F32 ? k_abs_f32
	    : t->kind == TYPE_F64 ? k_abs_f64 : k_abs_wide;
	if (type_is_float(t) || type_is_decimal(t))
		b->flags &= ~(unsigned)FN_FAILS;
	return 0;
}

enum round_mode { HALF_UP, HALF_EVEN, CEILING, FLOOR };

struct rounding {
	enum round_mode mode;
	int places;
};

/* v / p rounded; p > 0. */
static i128
divide(i128 v, i128 p, enum round_mode mode)
{
	i128 q = v / p, r = v % p, twice;

	if (r == 0)
		return q;
	if (mode == CEILING)
		return q + (r > 0);
	if (mode == FLOOR)
		return q - (r < 0);
	twice = (r < 0 ? -r : r) - (p - (r < 0 ? -r : r));      /* 2|r| - p */
	if (twice > 0 || (twice == 0 && (mode == HALF_UP || (q & 1))))
		q += v < 0 ? -1 : 1;
	return q;
}

/* Whole numbers and decimals: from the argument's scale to that of the
 * result, with zeros before the point when places is negative. */
static int
k_round_wide(struct kernel_call *k, struct err *e)
{
	const struct rounding *r = k->state;
	const struct type *from = k->call->u.call.arg[0]->type;
	const struct type *to = k->call->type;
	int drop = (type_is_decimal(from) ? from->scale : 0) - r->places;
	int back = r->places < 0 ? -r->places : 0;

	ROWS(k, i) {
		i128 v = wide_get(&k->arg[0], i);

		if (drop > 38)
			v = r->mode == CEILING ? v > 0
			    : r->mode == FLOOR ? -(v < 0) : 0;
		else if (drop > 0)
			v = divide(v, pow10_i128[drop], r->mode);
		if (v && (back > 38 || !dec_fits(v, 38 - back)))
			return overflow(k, e);
		if (back && v)
			v *= pow10_i128[back];
		if (!wide_put(k->out, to, i, v))
			return overflow(k, e);
	}
	return 0;
}

static double
round_digits(struct digits *t, const struct rounding *r)
{
	digits_round(t, r->places, r->mode == HALF_UP ? DIGITS_HALF_UP
	    : DIGITS_HALF_EVEN);
	return digits_f64(t);
}

/* Zeros may come out negative: the caller adds 0.0, which a BigDecimal has
 * no sign for. */
static double
round_f64(double x, const struct rounding *r)
{
	struct digits t;
	double p, y, down, part;

	if (!isfinite(x) || x == 0)
		return x;
	if (r->places >= 0 && r->places <= 15) {
		p = (double)pow10_i128[r->places];
		y = fabs(x) * p;
		down = floor(y);
		part = y - down;
		if (y < 1e15 && fabs(part - 0.5) > 1e-3)
			return copysign((part > 0.5 ? down + 1 : down) / p, x);
	}
	digits_of_f64(&t, x);
	return round_digits(&t, r);
}

static int
k_round_f64(struct kernel_call *k, struct err *e)
{
	double *o = k->out->data;

	(void)e;
	ROWS(k, i)
		o[i] = round_f64(((const double *)k->arg[0].data)[i],
		    k->state) + 0.0;
	return 0;
}

static int
k_round_f32(struct kernel_call *k, struct err *e)
{
	float *o = k->out->data;

	(void)e;
	ROWS(k, i) {
		float x = ((const float *)k->arg[0].data)[i];
		struct digits t;

		o[i] = x + 0.0f;
		if (!isfinite(x) || x == 0)
			continue;
		digits_of_f32(&t, x);
		o[i] = (float)round_digits(&t, k->state) + 0.0f;
	}
	return 0;
}

/* Type of a decimal rounded to places: one more whole digit. */
static const struct type *
round_type(struct arena *a, const struct type *t, int places)
{
	int whole = t->precision - t->scale + 1;
	int scale = places < t->scale ? places : t->scale;

	if (places < 0) {
		whole = whole > 1 - places ? whole : 1 - places;
		scale = 0;
	}
	return type_decimal(a, whole + scale < 38 ? whole + scale : 38, scale);
}

/* The second argument into r->places; 1 when it is null. */
static int
round_places(struct func_bind *b, struct rounding *r, struct err *e)
{
	struct datum d;
	int got;

	r->places = 0;
	if (b->narg < 2)
		return 0;
	TRY(bind_cast(b, 1, TYPE(I32), e));
	got = bind_value(b, 1, &d, e);
	if (got < 0)
		return got;
	if (got == 0) {
		err_at(e, b->arg[1]->span,
		    "the places of %s must be a constant", b->fn->name);
		return ERR_USER;
	}
	if (!d.null)
		r->places = d.i < -400 ? -400 : d.i > 400 ? 400 : (int)d.i;
	return d.null;
}

static int
round_bind(struct func_bind *b, enum round_mode mode, struct err *e)
{
	struct rounding *r = NEW(b->env->arena, struct rounding);
	const struct type *t = b->arg[0]->type;
	int null = round_places(b, r, e);

	if (null < 0)
		return null;
	if (!type_is_numeric(t))
		TRY(bind_cast(b, 0, TYPE(F64), e));
	t = b->type = b->arg[0]->type;
	r->mode = mode;
	b->state = r;
	b->kernel = t->kind == TYPE_F32 ? k_round_f32
	    : t->kind == TYPE_F64 ? k_round_f64 : k_round_wide;
	if (type_is_decimal(t))
		b->type = round_type(b->env->arena, t, r->places);
	if (null)
		b->instead = expr_null(b->env->arena, b->type);
	else if (type_is_int(t) && r->places >= 0)
		b->instead = b->arg[0];
	if (type_is_float(t))
		b->flags &= ~(unsigned)FN_FAILS;
	return 0;
}

int
bind_round(struct func_bind *b, struct err *e)
{
	return round_bind(b, HALF_UP, e);
}

int
bind_bround(struct func_bind *b, struct err *e)
{
	return round_bind(b, HALF_EVEN, e);
}

/* Java's conversion: saturates, NaN is 0. */
static int64_t
to_i64(double x)
{
	return isnan(x) ? 0 : x >= 9223372036854775808.0 ? INT64_MAX
	    : x <= -9223372036854775808.0 ? INT64_MIN : (int64_t)x;
}

static int
k_ceil_f64(struct kernel_call *k, struct err *e)
{
	const double *a = k->arg[0].data;
	int64_t *o = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++)
		o[i] = to_i64(ceil(a[i]));
	return 0;
}

static int
k_floor_f64(struct kernel_call *k, struct err *e)
{
	const double *a = k->arg[0].data;
	int64_t *o = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++)
		o[i] = to_i64(floor(a[i]));
	return 0;
}

/* With a scale the argument becomes decimal, as in Spark. */
static int
ceil_scaled(struct func_bind *b, enum round_mode mode, struct err *e)
{
	const struct type *t = b->arg[0]->type, *dec;
	struct arena *a = b->env->arena;

	if (!type_is_decimal(t)) {
		dec = type_is_int(t) ? coerce_decimal(a, t)
		    : t->kind == TYPE_F32 ? type_decimal(a, 14, 7)
		    : type_decimal(a, 30, 15);
		TRY(expr_cast(b->env, b->arg[0], dec, b->span, &b->arg[0], e));
	}
	return round_bind(b, mode, e);
}

static int
ceil_bind(struct func_bind *b, enum round_mode mode, struct err *e)
{
	const struct type *t = b->arg[0]->type;
	struct rounding *r;

	if (b->narg > 1)
		return ceil_scaled(b, mode, e);
	if (type_is_decimal(t)) {
		r = NEW(b->env->arena, struct rounding);
		r->mode = mode;
		b->state = r;
		b->kernel = k_round_wide;
		b->type = t->scale == 0 ? t : type_decimal(b->env->arena,
		    t->precision - t->scale + 1, 0);
		return 0;
	}
	b->flags &= ~(unsigned)FN_FAILS;
	b->type = TYPE(I64);
	if (type_is_int(t)) {
		TRY(bind_cast(b, 0, TYPE(I64), e));
		b->instead = b->arg[0];
		return 0;
	}
	b->kernel = mode == CEILING ? k_ceil_f64 : k_floor_f64;
	return bind_cast(b, 0, TYPE(F64), e);
}

int
bind_ceil(struct func_bind *b, struct err *e)
{
	return ceil_bind(b, CEILING, e);
}

int
bind_floor(struct func_bind *b, struct err *e)
{
	return ceil_bind(b, FLOOR, e);
}
