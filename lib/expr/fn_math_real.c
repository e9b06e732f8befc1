/*
 * fn_math_real -- functions of doubles: one plain loop each, null rows
 * computed too and masked by the caller.
 *
 * Logarithms of what is not positive are null, as in Spark; other functions
 * give NaN outside of their domain.
 */
#include "expr/fn_math.h"

#include <math.h>

#define REAL(name, formula)                                             \
int                                                                     \
name(struct kernel_call *k, struct err *e)                              \
{                                                                       \
	const double *a = k->arg[0].data;                               \
	double *restrict o = k->out->data;                              \
	(void)e;                                                        \
	for (int i = 0; i < k->n; i++)                                  \
		o[i] = (formula);                                       \
	return 0;                                                       \
}

/* libc's may be off by one bit even for cubes of whole numbers. */
static double
cube_root(double x)
{
	double r = cbrt(x), whole = rint(r);

	return whole * whole * whole == x ? whole : r;
}

REAL(k_sqrt, sqrt(a[i]))
REAL(k_cbrt, cube_root(a[i]))
REAL(k_exp, exp(a[i]))
REAL(k_expm1, expm1(a[i]))
REAL(k_rint, rint(a[i]))
REAL(k_sign, isnan(a[i]) ? a[i] : (double)((a[i] > 0) - (a[i] < 0)))
REAL(k_sin, sin(a[i]))
REAL(k_cos, cos(a[i]))
REAL(k_tan, tan(a[i]))
REAL(k_cot, 1.0 / tan(a[i]))
REAL(k_sec, 1.0 / cos(a[i]))
REAL(k_csc, 1.0 / sin(a[i]))
REAL(k_asin, asin(a[i]))
REAL(k_acos, acos(a[i]))
REAL(k_atan, atan(a[i]))
REAL(k_sinh, sinh(a[i]))
REAL(k_cosh, cosh(a[i]))
REAL(k_tanh, tanh(a[i]))
REAL(k_asinh, asinh(a[i]))
REAL(k_acosh, acosh(a[i]))
REAL(k_atanh, atanh(a[i]))
REAL(k_degrees, a[i] * (180.0 / M_PI))
REAL(k_radians, a[i] / 180.0 * M_PI)

#define REAL2(name, call)                                               \
int                                                                     \
name(struct kernel_call *k, struct err *e)                              \
{                                                                       \
	const double *a = k->arg[0].data, *b = k->arg[1].data;          \
	double *restrict o = k->out->data;                              \
	(void)e;                                                        \
	for (int i = 0; i < k->n; i++)                                  \
		o[i] = call(a[i], b[i]);                                \
	return 0;                                                       \
}

REAL2(k_pow, pow)
REAL2(k_hypot, hypot)
REAL2(k_atan2, atan2)

/* A logarithm: null where x <= least. */
static int
logarithm(struct kernel_call *k, double (*f)(double), double least)
{
	const double *a = k->arg[0].data;
	double *o = k->out->data;

	ROWS(k, i) {
		if (a[i] <= least)
			kernel_null(k, i);
		else
			o[i] = f(a[i]);
	}
	return 0;
}

int
k_ln(struct kernel_call *k, struct err *e)
{
	(void)e;
	return logarithm(k, log, 0);
}

int
k_log2(struct kernel_call *k, struct err *e)
{
	(void)e;
	return logarithm(k, log2, 0);
}

int
k_log10(struct kernel_call *k, struct err *e)
{
	(void)e;
	return logarithm(k, log10, 0);
}

int
k_log1p(struct kernel_call *k, struct err *e)
{
	(void)e;
	return logarithm(k, log1p, -1);
}

static int
k_log_base(struct kernel_call *k, struct err *e)
{
	const double *a = k->arg[0].data, *b = k->arg[1].data;
	double *o = k->out->data;

	(void)e;
	ROWS(k, i) {
		if (a[i] <= 0 || b[i] <= 0)
			kernel_null(k, i);
		else
			o[i] = log(b[i]) / log(a[i]);
	}
	return 0;
}

int
bind_log(struct func_bind *b, struct err *e)
{
	b->kernel = b->narg == 1 ? k_ln : k_log_base;
	return bind_sig(b, "d", 'd', e);
}

static struct expr *
real_lit(struct func_bind *b, double v)
{
	return expr_lit(b->env->arena,
	    (struct datum){ .type = TYPE(F64), .f = v });
}

int
bind_pi(struct func_bind *b, struct err *e)
{
	(void)e;
	b->instead = real_lit(b, M_PI);
	return 0;
}

int
bind_e(struct func_bind *b, struct err *e)
{
	(void)e;
	b->instead = real_lit(b, M_E);
	return 0;
}

static int
k_isnan_f64(struct kernel_call *k, struct err *e)
{
	uint8_t *o = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++)
		o[i] = !col_null(&k->arg[0], i) && isnan(row_f64(k, 0, i));
	return 0;
}

static int
k_isnan_f32(struct kernel_call *k, struct err *e)
{
	const float *a = k->arg[0].data;
	uint8_t *o = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++)
		o[i] = !col_null(&k->arg[0], i) &&
		    isnan(a[col_at(&k->arg[0], i)]);
	return 0;
}

int
bind_isnan(struct func_bind *b, struct err *e)
{
	bool single = b->arg[0]->type->kind == TYPE_F32;

	b->kernel = single ? k_isnan_f32 : k_isnan_f64;
	return bind_sig(b, single ? "?" : "d", 'B', e);
}

static int
k_nanvl(struct kernel_call *k, struct err *e)
{
	double *o = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++) {
		int a = 0;

		if (!col_null(&k->arg[0], i) && isnan(row_f64(k, 0, i)))
			a = 1;
		if (col_null(&k->arg[a], i))
			kernel_null(k, i);
		else
			o[i] = row_f64(k, a, i);
	}
	return 0;
}

int
bind_nanvl(struct func_bind *b, struct err *e)
{
	b->kernel = k_nanvl;
	return bind_sig(b, "d", 'd', e);
}

/* Bucket of v among n equal ones from low to high (or down to it); -1:
 * there is no answer. */
static int64_t
bucket(double v, double low, double high, int64_t n)
{
	if (n <= 0 || n == INT64_MAX || isnan(v) || !isfinite(low) ||
	    !isfinite(high) || low == high)
		return -1;
	if (low < high)
		return v < low ? 0 : v >= high ? n + 1 :
		    (int64_t)((double)n * (v - low) / (high - low)) + 1;
	return v > low ? 0 : v <= high ? n + 1 :
	    (int64_t)((double)n * (low - v) / (low - high)) + 1;
}

int
k_width_bucket(struct kernel_call *k, struct err *e)
{
	int64_t *o = k->out->data;

	(void)e;
	ROWS(k, i) {
		o[i] = bucket(row_f64(k, 0, i), row_f64(k, 1, i),
		    row_f64(k, 2, i), row_i64(k, 3, i));
		if (o[i] < 0)
			kernel_null(k, i);
	}
	return 0;
}
