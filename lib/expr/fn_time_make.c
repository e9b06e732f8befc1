/*
 * fn_time_make -- dates, timestamps and intervals made of numbers, and the
 * numbers that they are.
 */
#include "expr/fn_time.h"

#include <math.h>

static bool
is_try(const struct kernel_call *k)
{
	return strncmp(k->call->u.call.fn->name, "try_", 4) == 0;
}

/* Row i is null (try_…), or the error e was set to. */
static int
invalid(struct kernel_call *k, int i, const char *what, struct err *e)
{
	if (is_try(k)) {
		kernel_null(k, i);
		return 0;
	}
	return err_user(e, EXIT_JOB, "%s: %s", k->call->u.call.fn->name, what);
}

static bool
valid_day(int64_t y, int m, int d)
{
	return y >= -999999 && y <= 999999 && m >= 1 && m <= 12 && d >= 1 &&
	    d <= month_days(y, m);
}

static int
bind_make_date(struct func_bind *b, struct err *e)
{
	return bind_sig(b, "i", 'i', e) < 0 ? e->kind :
	    (b->type = TYPE(DATE), 0);
}

static int
k_make_date(struct kernel_call *k, struct err *e)
{
	int32_t *out = k->out->data;

	ROWS(k, i) {
		int32_t y = row_i32(k, 0, i), m = row_i32(k, 1, i),
		    d = row_i32(k, 2, i);

		if (!valid_day(y, m, d))
			return err_user(e, EXIT_JOB, "there is no date "
			    "%d-%02d-%02d", y, m, d);
		out[i] = civil_days(y, m, d);
	}
	return 0;
}

/* make_timestamp(y, m, d, h, min, s[, zone]) and its like. */
static int
bind_make_ts(struct func_bind *b, struct err *e)
{
	const struct zone *z = NULL;

	for (int i = 0; i < 5; i++)
		TRY(bind_cast(b, i, TYPE(I32), e));
	TRY(bind_cast(b, 5, type_decimal(b->env->arena, 16, 6), e));
	if (b->narg == 7)
		TRY(zone_arg_bind(b, 6, &z, e));
	b->state = (void *)(uintptr_t)z;
	b->type = strstr(b->fn->name, "_ntz") ? TYPE(TSNTZ) : TYPE(TS);
	return 0;
}

/* Local microseconds of row i; false when there is no such time. */
static bool
local_of(const struct kernel_call *k, int i, int64_t *us)
{
	int32_t y = row_i32(k, 0, i), m = row_i32(k, 1, i),
	    d = row_i32(k, 2, i), h = row_i32(k, 3, i), min = row_i32(k, 4, i);
	int64_t s = row_i64(k, 5, i);

	if (!valid_day(y, m, d) || h < 0 || h > 23 || min < 0 || min > 59 ||
	    s < 0 || s > 60 * SECOND_US)
		return false;
	*us = civil_days(y, m, d) * DAY_US + (h * 60 + min) * 60 * SECOND_US +
	    s;
	return true;
}

static int
k_make_ts(struct kernel_call *k, struct err *e)
{
	struct zone_arg a = { .zone = k->state };
	int64_t *out = k->out->data;

	ROWS(k, i) {
		const struct zone *z = k->zone;

		if (k->narg == 7 && zone_arg_at(k, 6, i, &a, &z, e) < 0) {
			TRY(is_try(k) ? 0 : e->kind);
			kernel_null(k, i);
			continue;
		}
		if (!local_of(k, i, &out[i])) {
			TRY(invalid(k, i, "there is no such date or time", e));
			continue;
		}
		if (k->out->type->kind == TYPE_TS)
			out[i] = zone_to_utc(z, out[i]);
	}
	return 0;
}

static int
bind_make_ymi(struct func_bind *b, struct err *e)
{
	TRY(bind_sig(b, "i", 'i', e));
	b->type = TYPE(YMI);
	return 0;
}

static int
k_make_ymi(struct kernel_call *k, struct err *e)
{
	int32_t *out = k->out->data;

	ROWS(k, i) {
		int64_t v = k->narg > 0 ? (int64_t)row_i32(k, 0, i) * 12 : 0;

		v += k->narg > 1 ? row_i32(k, 1, i) : 0;
		if (v != (int32_t)v)
			return err_user(e, EXIT_JOB,
			    "make_ym_interval: the interval is too long");
		out[i] = (int32_t)v;
	}
	return 0;
}

static int
bind_make_dti(struct func_bind *b, struct err *e)
{
	for (int i = 0; i < b->narg && i < 3; i++)
		TRY(bind_cast(b, i, TYPE(I32), e));
	if (b->narg > 3)
		TRY(bind_cast(b, 3, type_decimal(b->env->arena, 18, 6), e));
	b->type = TYPE(DTI);
	return 0;
}

static int
k_make_dti(struct kernel_call *k, struct err *e)
{
	static const int64_t unit[] = { DAY_US, 3600 * SECOND_US,
	    60 * SECOND_US };
	int64_t *out = k->out->data;

	ROWS(k, i) {
		i128 us = 0;

		for (int a = 0; a < k->narg; a++)
			us += a < 3 ? (i128)row_i32(k, a, i) * unit[a] :
			    row_i64(k, a, i);
		if (us != (int64_t)us)
			return err_user(e, EXIT_JOB,
			    "make_dt_interval: the interval is too long");
		out[i] = (int64_t)us;
	}
	return 0;
}

/* Timestamps from numbers: seconds may be of any numeric type. */
static int
bind_from_seconds(struct func_bind *b, struct err *e)
{
	const struct type *t = b->arg[0]->type;

	b->type = TYPE(TS);
	if (t->kind == TYPE_DEC128) {
		struct arena *a = b->env->arena;

		return bind_cast(b, 0, type_decimal(a, 38, t->scale), e);
	}
	if (type_is_decimal(t))
		return 0;
	if (type_is_float(t) || t->kind == TYPE_STR)
		return bind_cast(b, 0, TYPE(F64), e);
	return type_is_int(t) || t->kind == TYPE_NULL ? bind_cast(b, 0,
	    TYPE(I64), e) : bind_refuse(b, e);
}

static int
bind_from_int(struct func_bind *b, struct err *e)
{
	b->type = TYPE(TS);
	if (!type_is_int(b->arg[0]->type) &&
	    b->arg[0]->type->kind != TYPE_NULL &&
	    b->arg[0]->type->kind != TYPE_STR)
		return bind_refuse(b, e);
	return bind_cast(b, 0, TYPE(I64), e);
}

static int
out_of_range(struct kernel_call *k, struct err *e)
{
	return err_user(e, EXIT_JOB, "%s: the time is out of range",
	    k->call->u.call.fn->name);
}

/* A decimal of seconds in microseconds; digits must not be lost. */
static int
decimal_us(struct kernel_call *k, int i, int64_t *us, struct err *e)
{
	const struct type *t = k->arg[0].type;
	i128 v = t->kind == TYPE_DEC64 ? ((const int64_t *)k->arg[0].data)[i] :
	    ((const i128 *)k->arg[0].data)[i], back, cut;

	if (!dec_rescale(v, t->scale, 6, &cut) || cut != (int64_t)cut)
		return out_of_range(k, e);
	if (!dec_rescale(cut, 6, t->scale, &back) || back != v)
		return err_user(e, EXIT_JOB, "timestamp_seconds: more digits "
		    "than microseconds have");
	*us = (int64_t)cut;
	return 0;
}

static int
k_from_seconds(struct kernel_call *k, struct err *e)
{
	int64_t *out = k->out->data;

	ROWS(k, i) {
		double d;

		if (type_is_decimal(k->arg[0].type)) {
			TRY(decimal_us(k, i, &out[i], e));
			continue;
		}
		if (k->arg[0].type->kind == TYPE_I64) {
			if (__builtin_mul_overflow(row_i64(k, 0, i),
			    SECOND_US, &out[i]))
				return out_of_range(k, e);
			continue;
		}
		d = row_f64(k, 0, i) * (double)SECOND_US;
		if (!isfinite(d)) {
			kernel_null(k, i);
			continue;
		}
		out[i] = d >= 0x1p63 ? INT64_MAX : d <= -0x1p63 ? INT64_MIN :
		    (int64_t)d;
	}
	return 0;
}

static int
k_from_millis(struct kernel_call *k, struct err *e)
{
	int64_t *out = k->out->data;

	ROWS(k, i)
		if (__builtin_mul_overflow(row_i64(k, 0, i), (int64_t)1000,
		    &out[i]))
			return out_of_range(k, e);
	return 0;
}

/* The numbers that dates and timestamps are. */
static int
bind_number(struct func_bind *b, struct err *e)
{
	bool date = strcmp(b->fn->name, "unix_date") == 0;

	TRY(bind_cast(b, 0, date ? TYPE(DATE) : TYPE(TS), e));
	b->type = date ? TYPE(I32) : TYPE(I64);
	return 0;
}

static int
bind_from_day(struct func_bind *b, struct err *e)
{
	TRY(bind_cast(b, 0, TYPE(I32), e));
	b->type = TYPE(DATE);
	return 0;
}

static int
k_same(struct kernel_call *k, struct err *e)
{
	(void)e;
	memcpy(k->out->data, k->arg[0].data, (size_t)k->n *
	    (size_t)type_width(k->out->type));
	return 0;
}

static int
k_unix_millis(struct kernel_call *k, struct err *e)
{
	int64_t *out = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++)
		out[i] = floor_div(row_i64(k, 0, i), 1000);
	return 0;
}

#define ROW(NAME, MIN, MAX, FLAGS, BIND, KERNEL, USAGE, HELP, EXAMPLE)  \
	{ .name = NAME, .min = MIN, .max = MAX, .flags = FLAGS,         \
	  .bind = BIND, .kernel = KERNEL, .group = "date",              \
	  .usage = USAGE, .help = HELP, .example = EXAMPLE }
#define MAKE(NAME, MAX, FLAGS, HELP, EXAMPLE)                           \
	ROW(NAME, 6, MAX, FLAGS, bind_make_ts, k_make_ts,               \
	    NAME "(year, month, day, hour, min, sec" MAKE_##MAX ")",    \
	    HELP, EXAMPLE)
#define MAKE_6
#define MAKE_7 "[, zone]"

const struct func func_time_make[] = {
	ROW("make_date", 3, 3, FN_FAILS, bind_make_date, k_make_date,
	    "make_date(year, month, day)", "The date with these numbers.",
	    "make_date(2013, 7, 15) = date '2013-07-15'"),
	MAKE("make_timestamp", 7, FN_FAILS, "The time with these numbers.",
	    "make_timestamp(2014, 12, 28, 6, 30, 45.887) = "
	    "timestamp '2014-12-28 06:30:45.887'"),
	MAKE("make_timestamp_ltz", 7, FN_FAILS, "The same as make_timestamp.",
	    "make_timestamp_ltz(2014, 12, 28, 6, 30, 45) = "
	    "timestamp '2014-12-28 06:30:45'"),
	MAKE("make_timestamp_ntz", 6, FN_FAILS,
	    "The local time with these numbers.",
	    "make_timestamp_ntz(2014, 12, 28, 6, 30, 45) = "
	    "timestamp_ntz '2014-12-28 06:30:45'"),
	MAKE("try_make_timestamp", 7, FN_NULLS,
	    "As make_timestamp, null when there is no such time.",
	    "try_make_timestamp(2019, 13, 1, 10, 11, 12) is null"),
	MAKE("try_make_timestamp_ltz", 7, FN_NULLS,
	    "The same as try_make_timestamp.",
	    "try_make_timestamp_ltz(2019, 13, 1, 10, 11, 12) is null"),
	MAKE("try_make_timestamp_ntz", 6, FN_NULLS,
	    "As make_timestamp_ntz, null when there is no such time.",
	    "try_make_timestamp_ntz(2019, 13, 1, 10, 11, 12) is null"),
	ROW("make_ym_interval", 0, 2, FN_FAILS, bind_make_ymi, k_make_ymi,
	    "make_ym_interval([years[, months]])", "An interval of months.",
	    "make_ym_interval(1, 2) = interval '1-2' year to month"),
	ROW("make_dt_interval", 0, 4, FN_FAILS, bind_make_dti, k_make_dti,
	    "make_dt_interval([days[, hours[, mins[, secs]]]])",
	    "An interval of days and seconds.",
	    "make_dt_interval(1, 2) = interval '1 02:00:00' day to second"),
	ROW("timestamp_seconds", 1, 1, FN_FAILS | FN_NULLS, bind_from_seconds,
	    k_from_seconds, "timestamp_seconds(n)",
	    "The time n seconds after 1970.",
	    "timestamp_seconds(10) = timestamp '1970-01-01 00:00:10Z'"),
	ROW("timestamp_millis", 1, 1, FN_FAILS, bind_from_int, k_from_millis,
	    "timestamp_millis(n)", "The time n milliseconds after 1970.",
	    "timestamp_millis(10000) = timestamp '1970-01-01 00:00:10Z'"),
	ROW("timestamp_micros", 1, 1, 0, bind_from_int, k_same,
	    "timestamp_micros(n)", "The time n microseconds after 1970.",
	    "timestamp_micros(10000000) = timestamp '1970-01-01 00:00:10Z'"),
	ROW("unix_date", 1, 1, FN_FAILS, bind_number, k_same,
	    "unix_date(date)", "Days since 1970.",
	    "unix_date(date '1970-01-02') = 1"),
	ROW("unix_millis", 1, 1, FN_FAILS, bind_number, k_unix_millis,
	    "unix_millis(time)", "Milliseconds since 1970.",
	    "unix_millis(timestamp '1970-01-01 00:00:01Z') = 1000"),
	ROW("unix_micros", 1, 1, FN_FAILS, bind_number, k_same,
	    "unix_micros(time)", "Microseconds since 1970.",
	    "unix_micros(timestamp '1970-01-01 00:00:01Z') = 1000000"),
	ROW("date_from_unix_date", 1, 1, 0, bind_from_day, k_same,
	    "date_from_unix_date(days)", "The date so many days after 1970.",
	    "date_from_unix_date(1) = date '1970-01-02'"),
	{ 0 }
};
