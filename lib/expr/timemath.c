/*
 * timemath -- + - * / of dates, timestamps and intervals.
 *
 *	date + int, date - int            date
 *	date - date                       interval day
 *	date +- months                    date (day cut to the month's last)
 *	date +- day-time interval         timestamp
 *	timestamp - timestamp, - date     interval day to second
 *	timestamp +- interval             timestamp; months in local time
 *	interval +- interval, * number, / number
 *
 * Microseconds and days are added with overflow checks row by row: these
 * are rarely the hot loop, except date +- int, which is one.
 */
#include <math.h>
#include <string.h>

#include "base/zone.h"
#include "column/value.h"
#include "expr/coerce.h"
#include "expr/func_bind.h"
#include "expr/operators.h"

#define DAY_US 86400000000LL

static int64_t
i64_at(const struct kernel_call *k, int a, int i)
{
	const struct column *c = &k->arg[a];
	int64_t r = col_at(c, i);

	return type_width(c->type) == 4 ? ((const int32_t *)c->data)[r] :
	    ((const int64_t *)c->data)[r];
}

static bool
is_minus(const struct kernel_call *k)
{
	const char *name = k->call->u.call.fn->name;

	return name[0] == '-' || strcmp(name, "try_subtract") == 0;
}

static int
overflow(struct kernel_call *k, int i, struct err *e)
{
	return kernel_overflow(k, i, e, "%s of a date or an interval",
	    is_minus(k) ? "subtraction" : "addition");
}

/* date +- days */
static int
date_days(struct kernel_call *k, struct err *e)
{
	int32_t *restrict o = k->out->data;
	bool minus = is_minus(k);

	for (int i = 0; i < k->n; i++) {
		int64_t d = i64_at(k, 1, i);
		int64_t v = i64_at(k, 0, i) + (minus ? -d : d);

		o[i] = (int32_t)v;
		if (v != o[i] && kernel_wants(k, i))
			TRY(overflow(k, i, e));
	}
	return 0;
}

static int32_t
add_months(int32_t days, int64_t months)
{
	static const int last[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
	    30, 31 };
	int64_t y, t;
	int m, d, most;

	civil_from_days(days, &y, &m, &d);
	t = y * 12 + m - 1 + months;
	y = t >= 0 ? t / 12 : -((-t + 11) / 12);
	m = (int)(t - y * 12);
	most = last[m] + (m == 1 && y % 4 == 0 &&
	    (y % 100 != 0 || y % 400 == 0));
	return civil_days(y, m + 1, d < most ? d : most);
}

static int
date_months(struct kernel_call *k, struct err *e)
{
	int32_t *o = k->out->data;
	bool minus = is_minus(k);

	(void)e;
	for (int i = 0; i < k->n; i++) {
		int64_t m = i64_at(k, 1, i);

		if (kernel_wants(k, i))
			o[i] = add_months((int32_t)i64_at(k, 0, i),
			    minus ? -m : m);
	}
	return 0;
}

static int
date_minus_date(struct kernel_call *k, struct err *e)
{
	int64_t *o = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++)
		o[i] = (int64_t)((uint64_t)(i64_at(k, 0, i) -
		    i64_at(k, 1, i)) * (uint64_t)DAY_US);
	return 0;
}

/* timestamps and day-time intervals: all are microseconds */
static int
us_add(struct kernel_call *k, struct err *e)
{
	int64_t *restrict o = k->out->data;
	bool minus = is_minus(k);

	for (int i = 0; i < k->n; i++) {
		int64_t x = i64_at(k, 0, i), y = i64_at(k, 1, i);

		if ((minus ? __builtin_sub_overflow(x, y, &o[i]) :
		    __builtin_add_overflow(x, y, &o[i])) &&
		    kernel_wants(k, i))
			TRY(overflow(k, i, e));
	}
	return 0;
}

static int
ts_months(struct kernel_call *k, struct err *e)
{
	int64_t *o = k->out->data;
	bool minus = is_minus(k);
	const struct zone *z = k->out->type->kind == TYPE_TS ? k->zone : NULL;

	(void)e;
	for (int i = 0; i < k->n; i++) {
		int64_t m = i64_at(k, 1, i), us = i64_at(k, 0, i), day;

		if (!kernel_wants(k, i))
			continue;
		if (z)
			us = zone_to_local(z, us);
		day = us >= 0 ? us / DAY_US : -((DAY_US - 1 - us) / DAY_US);
		us = add_months((int32_t)day, minus ? -m : m) * DAY_US +
		    (us - day * DAY_US);
		o[i] = z ? zone_to_utc(z, us) : us;
	}
	return 0;
}

/* interval * number and interval / number, computed in double when the
 * number is one, else exactly; rounded half up. */
static int
scale_interval(struct kernel_call *k, bool divide, struct err *e)
{
	bool wide = k->out->type->kind == TYPE_DTI;
	const struct column *c = &k->arg[1];
	bool real = c->type->kind == TYPE_F64;

	for (int i = 0; i < k->n; i++) {
		int64_t x = i64_at(k, 0, i), y = 0;
		double f = real ? ((const double *)c->data)[col_at(c, i)] : 0;
		i128 v;

		if (!kernel_wants(k, i))
			continue;
		if (!real)
			y = i64_at(k, 1, i);
		if (divide && (real ? f == 0 : y == 0)) {
			TRY(kernel_zero(k, i, e));
			continue;
		}
		if (real) {
			f = round(divide ? (double)x / f : (double)x * f);
			if (!(f > -9.2e18 && f < 9.2e18)) {
				TRY(overflow(k, i, e));
				continue;
			}
			v = (int64_t)f;
		} else if (divide) {
			i128 rest = x % y;

			v = x / y;
			if ((rest < 0 ? -rest : rest) * 2 >=
			    (y < 0 ? -(i128)y : y))
				v += (x < 0) == (y < 0) ? 1 : -1;
		} else {
			v = (i128)x * y;
		}
		if (wide ? v != (int64_t)v : v != (int32_t)v)
			TRY(overflow(k, i, e));
		else if (wide)
			((int64_t *)k->out->data)[i] = (int64_t)v;
		else
			((int32_t *)k->out->data)[i] = (int32_t)v;
	}
	return 0;
}

static int
interval_mul(struct kernel_call *k, struct err *e)
{
	return scale_interval(k, false, e);
}

static int
interval_div(struct kernel_call *k, struct err *e)
{
	return scale_interval(k, true, e);
}

enum cast_of { AS_IS, TO_TS, TO_I32 };

/* What + and - do; A_CAST, B_CAST: what the sides are cast to first. */
static const struct time_rule {
	const char *ops;
	enum type_kind a, b;
	enum cast_of a_cast, b_cast;
	enum type_kind result;
	kernel_fn kernel;
} rules[] = {
	{ "+-", TYPE_DATE, TYPE_I32, AS_IS, AS_IS, TYPE_DATE, date_days },
	{ "+-", TYPE_DATE, TYPE_I16, AS_IS, TO_I32, TYPE_DATE, date_days },
	{ "+-", TYPE_DATE, TYPE_I8, AS_IS, TO_I32, TYPE_DATE, date_days },
	{ "+-", TYPE_DATE, TYPE_YMI, AS_IS, AS_IS, TYPE_DATE, date_months },
	{ "+-", TYPE_DATE, TYPE_DTI, TO_TS, AS_IS, TYPE_TS, us_add },
	{ "-", TYPE_DATE, TYPE_DATE, AS_IS, AS_IS, TYPE_DTI,
	  date_minus_date },
	{ "+-", TYPE_TS, TYPE_DTI, AS_IS, AS_IS, TYPE_TS, us_add },
	{ "+-", TYPE_TSNTZ, TYPE_DTI, AS_IS, AS_IS, TYPE_TSNTZ, us_add },
	{ "+-", TYPE_TS, TYPE_YMI, AS_IS, AS_IS, TYPE_TS, ts_months },
	{ "+-", TYPE_TSNTZ, TYPE_YMI, AS_IS, AS_IS, TYPE_TSNTZ, ts_months },
	{ "-", TYPE_TS, TYPE_TS, AS_IS, AS_IS, TYPE_DTI, us_add },
	{ "-", TYPE_TSNTZ, TYPE_TSNTZ, AS_IS, AS_IS, TYPE_DTI, us_add },
	{ "-", TYPE_TS, TYPE_DATE, AS_IS, TO_TS, TYPE_DTI, us_add },
	{ "-", TYPE_DATE, TYPE_TS, TO_TS, AS_IS, TYPE_DTI, us_add },
	{ "-", TYPE_TS, TYPE_TSNTZ, AS_IS, TO_TS, TYPE_DTI, us_add },
	{ "-", TYPE_TSNTZ, TYPE_TS, TO_TS, AS_IS, TYPE_DTI, us_add },
	{ "+-", TYPE_YMI, TYPE_YMI, AS_IS, AS_IS, TYPE_YMI, NULL },
	{ "+-", TYPE_DTI, TYPE_DTI, AS_IS, AS_IS, TYPE_DTI, NULL },
};

static int
cast_as(struct func_bind *b, int i, enum cast_of to, struct err *e)
{
	if (to == AS_IS)
		return 0;
	return cast_implicit(b->env, b->arg[i], to == TO_TS ? TYPE(TS) :
	    TYPE(I32), &b->arg[i], e);
}

static void
swap_args(struct func_bind *b)
{
	struct expr *x = b->arg[0];

	b->arg[0] = b->arg[1];
	b->arg[1] = x;
}

static int
rule_bind(struct func_bind *b, enum arith_op op, struct err *e)
{
	enum type_kind x = b->arg[0]->type->kind, y = b->arg[1]->type->kind;
	size_t n = sizeof rules / sizeof rules[0];

	for (size_t i = 0; i < n; i++) {
		const struct time_rule *r = &rules[i];

		if (strchr(r->ops, arith_sign[op][0]) == NULL)
			continue;
		if (op == ARITH_ADD && r->a == y && r->b == x && x != y)
			swap_args(b);
		else if (r->a != x || r->b != y)
			continue;
		TRY(cast_as(b, 0, r->a_cast, e));
		TRY(cast_as(b, 1, r->b_cast, e));
		b->type = &type_plain[r->result];
		b->kernel = r->kernel ? r->kernel :
		    arith_kernel(op, b->type);
		return 1;
	}
	return bind_refuse(b, e);
}

/* Numbers that an interval is multiplied with: integers as bigint, others
 * as double. */
static int
scale_bind(struct func_bind *b, enum arith_op op, struct err *e)
{
	const struct type *t;

	if (op == ARITH_MUL && type_is_numeric(b->arg[0]->type))
		swap_args(b);
	t = b->arg[1]->type;
	if (b->arg[0]->type->kind != TYPE_YMI &&
	    b->arg[0]->type->kind != TYPE_DTI)
		return bind_refuse(b, e);
	if (!type_is_numeric(t) && t->kind != TYPE_STR && t->kind != TYPE_NULL)
		return bind_refuse(b, e);
	TRY(cast_implicit(b->env, b->arg[1], type_is_int(t) ? TYPE(I64) :
	    TYPE(F64), &b->arg[1], e));
	b->type = b->arg[0]->type;
	b->kernel = op == ARITH_MUL ? interval_mul : interval_div;
	return 1;
}

static bool
is_interval(const struct type *t)
{
	return t->kind == TYPE_YMI || t->kind == TYPE_DTI;
}

static bool
is_point(const struct type *t)
{
	return t->kind == TYPE_DATE || t->kind == TYPE_TS ||
	    t->kind == TYPE_TSNTZ;
}

/* A string or bare NULL beside a time takes its type; beside a date, after
 * minus, a string is a date as well. */
static int
adapt(struct func_bind *b, struct err *e)
{
	for (int i = 0; i < 2; i++) {
		const struct type *t = b->arg[i]->type;
		const struct type *other = b->arg[!i]->type;

		if (t->kind == TYPE_NULL && is_point(other))
			TRY(cast_implicit(b->env, b->arg[i], TYPE(DTI),
			    &b->arg[i], e));
		else if (t->kind == TYPE_NULL)
			TRY(cast_implicit(b->env, b->arg[i], other,
			    &b->arg[i], e));
		else if (t->kind == TYPE_STR && is_interval(other))
			TRY(cast_implicit(b->env, b->arg[i], TYPE(TS),
			    &b->arg[i], e));
		else if (t->kind == TYPE_STR && is_point(other))
			TRY(cast_implicit(b->env, b->arg[i], other,
			    &b->arg[i], e));
	}
	return 0;
}

int
time_bind(struct func_bind *b, enum arith_op op, struct err *e)
{
	const struct type *x = b->arg[0]->type, *y = b->arg[1]->type;

	if (!is_interval(x) && !is_point(x) && !is_interval(y) &&
	    !is_point(y))
		return 0;
	if (op == ARITH_REM)
		return bind_refuse(b, e);
	if (op == ARITH_MUL || op == ARITH_DIV)
		return scale_bind(b, op, e);
	TRY(adapt(b, e));
	return rule_bind(b, op, e);
}
