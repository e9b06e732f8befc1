/*
 * cast_time -- casts among dates and timestamps, and of timestamps from and
 * to numbers (seconds since 1970 in UTC).
 */
#include <math.h>

#include "base/zone.h"
#include "column/value.h"
#include "expr/cast.h"

#define SECOND_US 1000000LL
#define DAY_US (86400 * SECOND_US)

static int64_t
floor_div(int64_t x, int64_t y)
{
	return x / y - (x % y < 0);
}

static int
date_ts(struct kernel_call *k, struct err *e)
{
	const int32_t *a = k->arg[0].data;
	int64_t *o = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++)
		if (kernel_wants(k, i))
			o[i] = zone_to_utc(k->zone, a[i] * DAY_US);
	return 0;
}

static int
date_tsntz(struct kernel_call *k, struct err *e)
{
	const int32_t *a = k->arg[0].data;
	int64_t *o = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++)
		o[i] = a[i] * DAY_US;
	return 0;
}

static int
ts_date(struct kernel_call *k, struct err *e)
{
	const int64_t *a = k->arg[0].data;
	int32_t *o = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++)
		if (kernel_wants(k, i))
			o[i] = (int32_t)floor_div(zone_to_local(k->zone,
			    a[i]), DAY_US);
	return 0;
}

static int
tsntz_date(struct kernel_call *k, struct err *e)
{
	const int64_t *a = k->arg[0].data;
	int32_t *o = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++)
		o[i] = (int32_t)floor_div(a[i], DAY_US);
	return 0;
}

static int
ts_tsntz(struct kernel_call *k, struct err *e)
{
	const int64_t *a = k->arg[0].data;
	int64_t *o = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++)
		if (kernel_wants(k, i))
			o[i] = zone_to_local(k->zone, a[i]);
	return 0;
}

static int
tsntz_ts(struct kernel_call *k, struct err *e)
{
	const int64_t *a = k->arg[0].data;
	int64_t *o = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++)
		if (kernel_wants(k, i))
			o[i] = zone_to_utc(k->zone, a[i]);
	return 0;
}

/* Seconds as integers are cut down, as floats and decimals exact. */
static int
ts_number(struct kernel_call *k, struct err *e)
{
	const int64_t *a = k->arg[0].data;
	const struct type *t = k->out->type;

	for (int i = 0; i < k->n; i++) {
		int64_t s = floor_div(a[i], SECOND_US);
		i128 v;

		if (!kernel_wants(k, i))
			continue;
		if (t->kind == TYPE_F64) {
			((double *)k->out->data)[i] = (double)a[i] / 1e6;
		} else if (t->kind == TYPE_F32) {
			((float *)k->out->data)[i] = (float)(a[i] / 1e6);
		} else if (type_is_decimal(t)) {
			if (dec_rescale(a[i], 6, t->scale, &v) &&
			    dec_fits(v, t->precision))
				cast_put(k->out, i, v);
			else
				TRY(cast_fail(k, i, e));
		} else {
			int64_t top = (int64_t)(UINT64_MAX >>
			    (65 - 8 * type_width(t)));

			cast_put(k->out, i, s);
			if (s > top || s < -top - 1)
				TRY(cast_fail(k, i, e));
		}
	}
	return 0;
}

static int64_t
clamp(i128 v)
{
	return v > INT64_MAX ? INT64_MAX : v < INT64_MIN ? INT64_MIN :
	    (int64_t)v;
}

static int
number_ts(struct kernel_call *k, struct err *e)
{
	const struct column *c = &k->arg[0];
	int64_t *o = k->out->data;
	int scale = c->type->scale;

	for (int i = 0; i < k->n; i++) {
		i128 v;
		double f;

		if (!kernel_wants(k, i))
			continue;
		if (type_is_float(c->type)) {
			f = cast_float_at(c, i) * 1e6;
			if (isfinite(f))
				o[i] = f >= 9.2e18 ? INT64_MAX :
				    f <= -9.2e18 ? INT64_MIN : (int64_t)f;
			else
				TRY(cast_fail(k, i, e));
			continue;
		}
		v = cast_int_at(c, i);
		if (scale > 6)
			v /= pow10_i128[scale - 6];
		else if (__builtin_mul_overflow(v, pow10_i128[6 - scale], &v))
			v = v < 0 ? INT64_MIN : INT64_MAX;
		o[i] = clamp(v);
	}
	return 0;
}

kernel_fn
cast_time(const struct type *from, const struct type *to)
{
	static const struct { enum type_kind from, to; kernel_fn f; } v[] = {
		{ TYPE_DATE, TYPE_TS, date_ts },
		{ TYPE_DATE, TYPE_TSNTZ, date_tsntz },
		{ TYPE_TS, TYPE_DATE, ts_date },
		{ TYPE_TSNTZ, TYPE_DATE, tsntz_date },
		{ TYPE_TS, TYPE_TSNTZ, ts_tsntz },
		{ TYPE_TSNTZ, TYPE_TS, tsntz_ts },
	};

	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++)
		if (v[i].from == from->kind && v[i].to == to->kind)
			return v[i].f;
	if (from->kind == TYPE_TS && type_is_numeric(to))
		return ts_number;
	if (to->kind == TYPE_TS && type_is_numeric(from))
		return number_ts;
	return NULL;
}
