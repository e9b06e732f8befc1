/*
 * fn_datetime -- fields of dates and timestamps, and steps between days.
 *
 * Timestamps are looked at in the session's time zone.  Units of date_trunc
 * that do not exist give null, as in Spark.
 */
#include "expr/fn_time.h"

#include <strings.h>

/* Argument 0 becomes a date, unless it is one or a timestamp already. */
static int
time_arg(struct func_bind *b, int i, struct err *e)
{
	enum type_kind k = b->arg[i]->type->kind;

	if (k == TYPE_DATE || k == TYPE_TS || k == TYPE_TSNTZ)
		return 0;
	return bind_cast(b, i, TYPE(TS), e);
}

static int
date_arg(struct func_bind *b, int i, struct err *e)
{
	return bind_cast(b, i, TYPE(DATE), e);
}

static int
iso_week(int32_t days)
{
	int64_t y;
	int m, d;
	int32_t thursday = days - (int32_t)(((days + 3) % 7 + 7) % 7) + 3;

	civil_from_days(thursday, &y, &m, &d);
	return (thursday - civil_days(y, 1, 1)) / 7 + 1;
}

enum part { YEAR, QUARTER, MONTH, WEEK, DAY, DOW, WEEKDAY, DOY, HOUR, MINUTE,
	SECOND, ISO_YEAR, ISO_DOW, NPART };

static const struct { const char *name; enum part part; } parts[] = {
	{ "year", YEAR }, { "years", YEAR }, { "y", YEAR }, { "yr", YEAR },
	{ "quarter", QUARTER }, { "qtr", QUARTER }, { "month", MONTH },
	{ "months", MONTH }, { "mon", MONTH }, { "weekofyear", WEEK },
	{ "week", WEEK }, { "weeks", WEEK }, { "w", WEEK },
	{ "day", DAY }, { "days", DAY }, { "d", DAY }, { "dayofmonth", DAY },
	{ "dayofweek", DOW }, { "dow", DOW }, { "weekday", WEEKDAY },
	{ "dayofyear", DOY }, { "doy", DOY }, { "hour", HOUR },
	{ "hours", HOUR }, { "h", HOUR }, { "minute", MINUTE },
	{ "minutes", MINUTE }, { "min", MINUTE }, { "second", SECOND },
	{ "seconds", SECOND }, { "sec", SECOND }, { "s", SECOND },
	{ "yearofweek", ISO_YEAR }, { "dayofweek_iso", ISO_DOW },
	{ "dow_iso", ISO_DOW },
};

static int
find_part(const char *s, size_t n)
{
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (strlen(parts[i].name) == n &&
		    strncasecmp(parts[i].name, s, n) == 0)
			return (int)parts[i].part;
	return -1;
}

static int32_t
part_of(enum part p, int64_t us)
{
	int32_t days = (int32_t)floor_div(us, DAY_US);
	int64_t rest = us - days * DAY_US, y;
	int m, d;

	civil_from_days(days, &y, &m, &d);
	switch (p) {
	case YEAR:    return (int32_t)y;
	case QUARTER: return (m + 2) / 3;
	case MONTH:   return m;
	case WEEK:    return iso_week(days);
	case DAY:     return d;
	case DOW:     return (int32_t)(((days + 4) % 7 + 7) % 7) + 1;
	case WEEKDAY: return (int32_t)(((days + 3) % 7 + 7) % 7);
	case DOY:     return days - civil_days(y, 1, 1) + 1;
	case HOUR:    return (int32_t)(rest / 3600000000);
	case MINUTE:  return (int32_t)(rest / 60000000 % 60);
	case SECOND:  return (int32_t)(rest / 1000000 % 60);
	case ISO_YEAR:
		civil_from_days(days - (int32_t)(((days + 3) % 7 + 7) % 7) + 3,
		    &y, &m, &d);
		return (int32_t)y;
	case ISO_DOW: return (int32_t)(((days + 3) % 7 + 7) % 7) + 1;
	case NPART:   break;
	}
	return 0;
}

static int
part_bind(struct func_bind *b, struct err *e)
{
	TRY(time_arg(b, 0, e));
	b->type = TYPE(I32);
	return 0;
}

static int
part_kernel(struct kernel_call *k, struct err *e)
{
	const char *name = k->call->u.call.fn->name;
	enum part p = (enum part)find_part(name, strlen(name));
	int32_t *out = k->out->data;

	(void)e;
	ROWS(k, i)
		out[i] = part_of(p, time_local(k, 0, i));
	return 0;
}

/* Parts of an interval have its sign. */
static int
extract_interval(struct kernel_call *k, struct err *e)
{
	enum part p = *(const enum part *)k->state;
	void *out = k->out->data;

	(void)e;
	ROWS(k, i) {
		bool ym = k->arg[1].type->kind == TYPE_YMI;
		int64_t v = ym ? row_i32(k, 1, i) : row_i64(k, 1, i);

		switch (p) {
		case YEAR:   ((int32_t *)out)[i] = (int32_t)(v / 12); break;
		case MONTH:  ((int8_t *)out)[i] = (int8_t)(v % 12); break;
		case DAY:    ((int32_t *)out)[i] = (int32_t)(v / DAY_US); break;
		case HOUR:   ((int8_t *)out)[i] = (int8_t)(v % DAY_US /
			         (3600 * SECOND_US)); break;
		case MINUTE: ((int8_t *)out)[i] = (int8_t)(v %
			         (3600 * SECOND_US) / (60 * SECOND_US)); break;
		default:     ((int64_t *)out)[i] = v % (60 * SECOND_US);
		}
	}
	return 0;
}

/* Types of the parts of intervals; NULL: there is no such part. */
static const struct type *
interval_part_type(struct func_bind *b, const struct type *t, int p)
{
	if (t->kind == TYPE_YMI)
		return p == YEAR ? TYPE(I32) : p == MONTH ? TYPE(I8) : NULL;
	switch (p) {
	case DAY:    return TYPE(I32);
	case HOUR: case MINUTE:
		     return TYPE(I8);
	case SECOND: return type_decimal(b->env->arena, 8, 6);
	default:     return NULL;
	}
}

/* extract(unit, t): seconds as decimal(8,6). */
static int
extract_bind(struct func_bind *b, struct err *e)
{
	const struct type *t = b->arg[1]->type;
	struct datum d;
	int p;

	TRY(bind_must_const(b, 0, "the unit", &d, e));
	p = d.type->kind == TYPE_STR ? find_part(d.s.p, d.s.n) : -1;
	if (p < 0)
		return err_at(e, b->arg[0]->span, "'%.*s' is not a field of "
		    "dates or timestamps", (int)d.s.n, d.s.p);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if ((int)parts[i].part == p)
			b->state = (void *)(uintptr_t)&parts[i].part;
	if (t->kind == TYPE_YMI || t->kind == TYPE_DTI) {
		b->kernel = extract_interval;
		b->type = interval_part_type(b, t, p);
		return b->type ? 0 : err_at(e, b->arg[0]->span, "'%.*s' is "
		    "not a field of this interval", (int)d.s.n, d.s.p);
	}
	TRY(time_arg(b, 1, e));
	b->type = p == SECOND ? type_decimal(b->env->arena, 8, 6) : TYPE(I32);
	return 0;
}

static int
extract_kernel(struct kernel_call *k, struct err *e)
{
	enum part p = *(const enum part *)k->state;

	(void)e;
	ROWS(k, i) {
		int64_t us = time_local(k, 1, i);

		if (p == SECOND)
			((int64_t *)k->out->data)[i] = us -
			    floor_div(us, 60000000) * 60000000;
		else
			((int32_t *)k->out->data)[i] = part_of(p, us);
	}
	return 0;
}

static int
days_bind(struct func_bind *b, struct err *e)
{
	TRY(date_arg(b, 0, e));
	TRY(bind_cast(b, 1, TYPE(I32), e));
	b->type = TYPE(DATE);
	return 0;
}

static int
add_days(struct kernel_call *k, struct err *e)
{
	int sign = strcmp(k->call->u.call.fn->name, "date_sub") == 0 ? -1 : 1;
	const int32_t *d = k->arg[0].data, *n = k->arg[1].data;
	int32_t *out = k->out->data;

	ROWS(k, i)
		if (__builtin_add_overflow(d[i], (int64_t)sign * n[i], &out[i]))
			return err_user(e, EXIT_JOB, "the date is out of range");
	return 0;
}

static int
datediff_bind(struct func_bind *b, struct err *e)
{
	TRY(date_arg(b, 0, e));
	TRY(date_arg(b, 1, e));
	b->type = TYPE(I32);
	return 0;
}

static int
datediff(struct kernel_call *k, struct err *e)
{
	const int32_t *a = k->arg[0].data, *c = k->arg[1].data;
	int32_t *out = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++)
		out[i] = (int32_t)((uint32_t)a[i] - (uint32_t)c[i]);
	return 0;
}

static int
add_months(struct kernel_call *k, struct err *e)
{
	const int32_t *days = k->arg[0].data, *n = k->arg[1].data;
	int32_t *out = k->out->data;

	(void)e;
	ROWS(k, i) {
		int64_t t = time_add_months(days[i] * DAY_US, n[i]);

		out[i] = (int32_t)floor_div(t, DAY_US);
	}
	return 0;
}

static int
last_day_bind(struct func_bind *b, struct err *e)
{
	TRY(date_arg(b, 0, e));
	b->type = TYPE(DATE);
	return 0;
}

static int
last_day(struct kernel_call *k, struct err *e)
{
	const int32_t *days = k->arg[0].data;
	int32_t *out = k->out->data;

	(void)e;
	ROWS(k, i) {
		int64_t y;
		int m, d;

		civil_from_days(days[i], &y, &m, &d);
		out[i] = civil_days(y, m, month_days(y, m));
	}
	return 0;
}

/* The first day of the unit that a day lies in; 0 when there is none. */
static int
trunc_days(const struct bytes *unit, int32_t days, int32_t *out)
{
	static const struct { const char *name; int months; } names[] = {
		{ "year", 12 }, { "yyyy", 12 }, { "yy", 12 }, { "quarter", 3 },
		{ "month", 1 }, { "mon", 1 }, { "mm", 1 }, { "week", 0 },
		{ "day", -1 }, { "dd", -1 },
	};
	int64_t y;
	int m, d;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strlen(names[i].name) != unit->n || strncasecmp(
		    names[i].name, unit->p, unit->n) != 0)
			continue;
		civil_from_days(days, &y, &m, &d);
		if (names[i].months > 0)
			*out = civil_days(y, (m - 1) / names[i].months *
			    names[i].months + 1, 1);
		else if (names[i].months == 0)
			*out = days - (int32_t)(((days + 3) % 7 + 7) % 7);
		else
			*out = days;
		return 1;
	}
	return 0;
}

static int
trunc_bind(struct func_bind *b, struct err *e)
{
	TRY(date_arg(b, 0, e));
	TRY(bind_cast(b, 1, TYPE(STR), e));
	b->type = TYPE(DATE);
	return 0;
}

static int
trunc_kernel(struct kernel_call *k, struct err *e)
{
	const int32_t *days = k->arg[0].data;
	int32_t *out = k->out->data;

	(void)e;
	ROWS(k, i) {
		struct bytes unit = row_bytes(k, 1, i);

		if (!trunc_days(&unit, days[i], &out[i]) || (unit.n &&
		    (unit.p[0] | 32) == 'd'))
			kernel_null(k, i);
	}
	return 0;
}

static int
date_trunc_bind(struct func_bind *b, struct err *e)
{
	TRY(bind_cast(b, 0, TYPE(STR), e));
	TRY(bind_cast(b, 1, TYPE(TS), e));
	b->type = TYPE(TS);
	return 0;
}

static int
date_trunc(struct kernel_call *k, struct err *e)
{
	static const struct { const char *name; int64_t us; } small[] = {
		{ "hour", 3600000000 }, { "minute", 60000000 },
		{ "second", 1000000 }, { "millisecond", 1000 },
		{ "microsecond", 1 },
	};
	int64_t *out = k->out->data;

	(void)e;
	ROWS(k, i) {
		struct bytes unit = row_bytes(k, 0, i);
		int64_t us = time_local(k, 1, i), t = us;
		int32_t days;
		bool known = trunc_days(&unit, (int32_t)floor_div(us, DAY_US),
		    &days);

		if (known)
			t = days * DAY_US;
		for (size_t s = 0; s < 5; s++)
			if (strlen(small[s].name) == unit.n && strncasecmp(
			    small[s].name, unit.p, unit.n) == 0) {
				t = floor_div(us, small[s].us) * small[s].us;
				known = true;
			}
		if (!known) {
			kernel_null(k, i);
			continue;
		}
		out[i] = zone_to_utc(k->zone, t);
	}
	return 0;
}

static int
now_bind(struct func_bind *b, struct err *e)
{
	bool date = strcmp(b->fn->name, "current_date") == 0 ||
	    strcmp(b->fn->name, "curdate") == 0;
	int64_t local = zone_to_local(b->env->zone, b->env->now_us);
	struct datum d;

	(void)e;
	memset(&d, 0, sizeof d);
	d.type = date ? TYPE(DATE) : strcmp(b->fn->name, "localtimestamp") ==
	    0 ? TYPE(TSNTZ) : TYPE(TS);
	d.i = date ? floor_div(local, DAY_US) :
	    d.type->kind == TYPE_TSNTZ ? local : b->env->now_us;
	b->instead = expr_lit(b->env->arena, d);
	return 0;
}

static int
seconds_bind(struct func_bind *b, struct err *e)
{
	TRY(bind_cast(b, 0, TYPE(TS), e));
	b->type = TYPE(I64);
	return 0;
}

static int
unix_seconds(struct kernel_call *k, struct err *e)
{
	const int64_t *us = k->arg[0].data;
	int64_t *out = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++)
		out[i] = floor_div(us[i], 1000000);
	return 0;
}

#define PART(NAME, HELP, EXAMPLE)                                       \
	{ .name = NAME, .min = 1, .max = 1, .flags = FN_FAILS,          \
	  .bind = part_bind, .kernel = part_kernel, .group = "date",    \
	  .usage = NAME "(time)", .help = HELP, .example = EXAMPLE }
#define ROW(NAME, MIN, MAX, FLAGS, BIND, KERNEL, USAGE, HELP, EXAMPLE)  \
	{ .name = NAME, .min = MIN, .max = MAX, .flags = FLAGS,         \
	  .bind = BIND, .kernel = KERNEL, .group = "date",              \
	  .usage = USAGE, .help = HELP, .example = EXAMPLE }

const struct func func_datetime[] = {
	PART("year", "The year.", "year(date '2024-02-29') = 2024"),
	PART("quarter", "The quarter, 1 to 4.",
	    "quarter(date '2024-05-01') = 2"),
	PART("month", "The month, 1 to 12.", "month(date '2024-02-29') = 2"),
	PART("weekofyear", "The ISO week.",
	    "weekofyear(date '2024-01-01') = 1"),
	PART("day", "The day of the month.", "day(date '2024-02-29') = 29"),
	PART("dayofmonth", "The day of the month.",
	    "dayofmonth(date '2024-02-29') = 29"),
	PART("dayofweek", "The day of the week, 1 is Sunday.",
	    "dayofweek(date '2024-02-29') = 5"),
	PART("weekday", "The day of the week, 0 is Monday.",
	    "weekday(date '2024-02-29') = 3"),
	PART("dayofyear", "The day of the year.",
	    "dayofyear(date '2024-02-29') = 60"),
	PART("hour", "The hour.", "hour(timestamp_ntz '2024-01-01 10:20:30') = 10"),
	PART("minute", "The minute.",
	    "minute(timestamp_ntz '2024-01-01 10:20:30') = 20"),
	PART("second", "The second.",
	    "second(timestamp_ntz '2024-01-01 10:20:30') = 30"),
	ROW("extract", 2, 2, FN_FAILS, extract_bind, extract_kernel,
	    "extract(field from time)", "A field of a date or timestamp.",
	    "extract(year from date '2024-02-29') = 2024"),
	ROW("date_part", 2, 2, FN_FAILS, extract_bind, extract_kernel,
	    "date_part(field, time)", "A field of a date or timestamp.",
	    "date_part('month', date '2024-02-29') = 2"),
	ROW("datepart", 2, 2, FN_FAILS, extract_bind, extract_kernel,
	    "datepart(field, time)", "The same as date_part.",
	    "datepart('month', date '2024-02-29') = 2"),
	ROW("dateadd", 2, 2, FN_FAILS, days_bind, add_days,
	    "dateadd(date, days)", "The same as date_add.",
	    "dateadd(date '2024-02-28', 2) = date '2024-03-01'"),
	ROW("date_add", 2, 2, FN_FAILS, days_bind, add_days,
	    "date_add(date, days)", "The date so many days later.",
	    "date_add(date '2024-02-28', 2) = date '2024-03-01'"),
	ROW("date_sub", 2, 2, FN_FAILS, days_bind, add_days,
	    "date_sub(date, days)", "The date so many days earlier.",
	    "date_sub(date '2024-03-01', 1) = date '2024-02-29'"),
	ROW("datediff", 2, 2, FN_FAILS, datediff_bind, datediff,
	    "datediff(end, start)", "Days from start to end.",
	    "datediff(date '2024-03-01', date '2024-02-28') = 2"),
	ROW("date_diff", 2, 2, FN_FAILS, datediff_bind, datediff,
	    "date_diff(end, start)", "The same as datediff.",
	    "date_diff(date '2024-03-01', date '2024-02-28') = 2"),
	ROW("add_months", 2, 2, FN_FAILS, days_bind, add_months,
	    "add_months(date, months)",
	    "The date so many months later, at most the month's last day.",
	    "add_months(date '2024-01-31', 1) = date '2024-02-29'"),
	ROW("last_day", 1, 1, FN_FAILS, last_day_bind, last_day,
	    "last_day(date)", "The last day of the month.",
	    "last_day(date '2024-02-03') = date '2024-02-29'"),
	ROW("trunc", 2, 2, FN_FAILS | FN_NULLS, trunc_bind, trunc_kernel,
	    "trunc(date, unit)", "The first day of the year, quarter, month or "
	    "week.", "trunc(date '2024-02-29', 'month') = date '2024-02-01'"),
	ROW("date_trunc", 2, 2, FN_FAILS | FN_NULLS, date_trunc_bind,
	    date_trunc, "date_trunc(unit, time)", "The beginning of the unit.",
	    "date_trunc('hour', timestamp '2024-01-01 10:20:30') = "
	    "timestamp '2024-01-01 10:00:00'"),
	ROW("current_date", 0, 0, 0, now_bind, datediff, "current_date()",
	    "The day on which the job began.", NULL),
	ROW("curdate", 0, 0, 0, now_bind, datediff, "curdate()",
	    "The day on which the job began.", NULL),
	ROW("current_timestamp", 0, 0, 0, now_bind, datediff,
	    "current_timestamp()", "The time at which the job began.", NULL),
	ROW("now", 0, 0, 0, now_bind, datediff, "now()",
	    "The time at which the job began.", NULL),
	ROW("localtimestamp", 0, 0, 0, now_bind, datediff, "localtimestamp()",
	    "The time at which the job began, without zone.", NULL),
	ROW("unix_seconds", 1, 1, FN_FAILS, seconds_bind, unix_seconds,
	    "unix_seconds(time)", "Seconds since 1970.",
	    "unix_seconds(timestamp '1970-01-01 00:00:10Z') = 10"),
	{ 0 }
};
