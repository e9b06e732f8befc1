/*
 * fn_time_step -- steps between times: units added, units between, months
 * between, the next day of a name; and the names of days and months.
 *
 * Units of a day and more count in local time, smaller ones in real time.
 * A unit lasts until the same point in the next one, as in java.time.
 */
#include "expr/fn_time.h"

#include <math.h>
#include <strings.h>

/* How much a unit is: of months, of local days, of microseconds. */
struct unit {
	const char *name;
	int months, days;
	int64_t us;
};

static const struct unit units[] = {
	{ "YEAR", 12, 0, 0 }, { "QUARTER", 3, 0, 0 }, { "MONTH", 1, 0, 0 },
	{ "WEEK", 0, 7, 0 }, { "DAY", 0, 1, 0 }, { "DAYOFYEAR", 0, 1, 0 },
	{ "HOUR", 0, 0, 3600 * SECOND_US }, { "MINUTE", 0, 0, 60 * SECOND_US },
	{ "SECOND", 0, 0, SECOND_US }, { "MILLISECOND", 0, 0, 1000 },
	{ "MICROSECOND", 0, 0, 1 },
};

static int
unit_arg(struct func_bind *b, struct err *e)
{
	struct datum d;

	TRY(bind_must_const(b, 0, "the unit", &d, e));
	for (size_t i = 0; d.type->kind == TYPE_STR &&
	    i < sizeof units / sizeof *units; i++)
		if (strlen(units[i].name) == d.s.n &&
		    strncasecmp(units[i].name, d.s.p, d.s.n) == 0) {
			b->state = (void *)(uintptr_t)&units[i];
			return 0;
		}
	err_at(e, b->arg[0]->span, "'%.*s' is not a unit of time",
	    d.type->kind == TYPE_STR ? (int)d.s.n : 1,
	    d.type->kind == TYPE_STR ? d.s.p : "?");
	return err_hint(e, "units are year, quarter, month, week, day, hour, "
	    "minute, second, millisecond and microsecond");
}

static int
bind_add(struct func_bind *b, struct err *e)
{
	TRY(unit_arg(b, e));
	TRY(bind_cast(b, 1, TYPE(I64), e));
	if (b->arg[2]->type->kind != TYPE_TSNTZ)
		TRY(bind_cast(b, 2, TYPE(TS), e));
	b->type = b->arg[2]->type;
	return 0;
}

static int
out_of_range(struct err *e)
{
	return err_user(e, EXIT_JOB, "timestampadd: the time is out of range");
}

static int
k_add(struct kernel_call *k, struct err *e)
{
	const struct unit *u = k->state;
	bool utc = k->out->type->kind == TYPE_TS;
	int64_t *out = k->out->data;

	ROWS(k, i) {
		int64_t n = row_i64(k, 1, i), t = row_i64(k, 2, i), by;

		if (u->us) {
			if (__builtin_mul_overflow(n, u->us, &by) ||
			    __builtin_add_overflow(t, by, &out[i]))
				return out_of_range(e);
			continue;
		}
		if (n > 200000000 || n < -200000000)
			return out_of_range(e);
		t = utc ? zone_to_local(k->zone, t) : t;
		if (u->months)
			t = time_add_months(t, n * u->months);
		else if (__builtin_mul_overflow(n * u->days, DAY_US, &by) ||
		    __builtin_add_overflow(t, by, &t))
			return out_of_range(e);
		out[i] = utc ? zone_to_utc(k->zone, t) : t;
	}
	return 0;
}

static int
bind_between(struct func_bind *b, struct err *e)
{
	TRY(unit_arg(b, e));
	TRY(bind_cast(b, 1, TYPE(TS), e));
	TRY(bind_cast(b, 2, TYPE(TS), e));
	b->type = TYPE(I64);
	return 0;
}

/* Whole units from local time x to local time y. */
static int64_t
units_between(const struct unit *u, int64_t x, int64_t y)
{
	int64_t dx = floor_div(x, DAY_US), dy = floor_div(y, DAY_US);
	int64_t tx = x - dx * DAY_US, ty = y - dy * DAY_US, yx, yy;
	int mx, my, a, b;

	if (u->us)
		return (y - x) / u->us;
	if (dy > dx && ty < tx)
		dy--;
	else if (dy < dx && ty > tx)
		dy++;
	if (u->days)
		return (dy - dx) / u->days;
	civil_from_days((int32_t)dx, &yx, &mx, &a);
	civil_from_days((int32_t)dy, &yy, &my, &b);
	return (((yy * 12 + my) * 32 + b) - ((yx * 12 + mx) * 32 + a)) / 32 /
	    u->months;
}

static int
k_between(struct kernel_call *k, struct err *e)
{
	int64_t *out = k->out->data;

	(void)e;
	ROWS(k, i)
		out[i] = units_between(k->state, time_local(k, 1, i),
		    time_local(k, 2, i));
	return 0;
}

static int
bind_months(struct func_bind *b, struct err *e)
{
	TRY(bind_cast(b, 0, TYPE(TS), e));
	TRY(bind_cast(b, 1, TYPE(TS), e));
	if (b->narg > 2)
		TRY(bind_cast(b, 2, TYPE(BOOL), e));
	b->type = TYPE(F64);
	return 0;
}

/* Months with a fraction of 31 days; whole ones between equal days or last
 * days of months. */
static double
months(int64_t x, int64_t y)
{
	int64_t dx = floor_div(x, DAY_US), dy = floor_div(y, DAY_US), yx, yy;
	int mx, my, a, b;
	int64_t seconds, whole;

	civil_from_days((int32_t)dx, &yx, &mx, &a);
	civil_from_days((int32_t)dy, &yy, &my, &b);
	whole = (yx * 12 + mx) - (yy * 12 + my);
	if (a == b || (a == month_days(yx, mx) && b == month_days(yy, my)))
		return (double)whole;
	seconds = (a - b) * (int64_t)86400 +
	    (x - dx * DAY_US) / SECOND_US - (y - dy * DAY_US) / SECOND_US;
	return (double)whole + (double)seconds / (31.0 * 86400.0);
}

static int
k_months(struct kernel_call *k, struct err *e)
{
	double *out = k->out->data;

	(void)e;
	ROWS(k, i) {
		out[i] = months(time_local(k, 0, i), time_local(k, 1, i));
		if (k->narg < 3 || row_bool(k, 2, i))
			out[i] = floor(out[i] * 1e8 + 0.5) / 1e8;
	}
	return 0;
}

static const char *const day_names[] = { "monday", "tuesday", "wednesday",
	"thursday", "friday", "saturday", "sunday" };
static const char *const month_names[] = { "Jan", "Feb", "Mar", "Apr", "May",
	"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

/* 0: Monday … 6, or -1. */
static int
day_named(struct bytes s)
{
	for (int i = 0; i < 7; i++)
		if ((s.n == 2 || s.n == 3 || s.n == strlen(day_names[i])) &&
		    strncasecmp(s.p, day_names[i], s.n) == 0)
			return i;
	return -1;
}

static int
bind_next_day(struct func_bind *b, struct err *e)
{
	TRY(bind_cast(b, 0, TYPE(DATE), e));
	TRY(bind_cast(b, 1, TYPE(STR), e));
	b->type = TYPE(DATE);
	return 0;
}

static int
day_of_week(int32_t days)
{
	return (int)(((int64_t)days + 3) % 7 + 7) % 7;
}

static int
k_next_day(struct kernel_call *k, struct err *e)
{
	int32_t *out = k->out->data;

	ROWS(k, i) {
		struct bytes s = row_bytes(k, 1, i);
		int32_t d = row_i32(k, 0, i);
		int day = day_named(s), way;

		if (day < 0)
			return err_user(e, EXIT_JOB, "next_day: '%.*s' is not "
			    "a day of the week", (int)(s.n < 80 ? s.n : 80),
			    s.p);
		way = (day - day_of_week(d) + 6) % 7 + 1;
		if (__builtin_add_overflow(d, way, &out[i]))
			return err_user(e, EXIT_JOB,
			    "next_day: the date is out of range");
	}
	return 0;
}

static int
bind_name(struct func_bind *b, struct err *e)
{
	TRY(bind_cast(b, 0, TYPE(DATE), e));
	b->type = TYPE(STR);
	return 0;
}

static int
k_dayname(struct kernel_call *k, struct err *e)
{
	(void)e;
	ROWS(k, i) {
		const char *s = day_names[day_of_week(row_i32(k, 0, i))];
		char name[3] = { (char)(s[0] - 'a' + 'A'), s[1], s[2] };

		kernel_bytes(k, i, name, 3);
	}
	return 0;
}

static int
k_monthname(struct kernel_call *k, struct err *e)
{
	(void)e;
	ROWS(k, i) {
		int64_t y;
		int m, d;

		civil_from_days(row_i32(k, 0, i), &y, &m, &d);
		kernel_bytes(k, i, month_names[m - 1], 3);
	}
	return 0;
}

#define ROW(NAME, MIN, MAX, FLAGS, BIND, KERNEL, USAGE, HELP, EXAMPLE)  \
	{ .name = NAME, .min = MIN, .max = MAX, .flags = FLAGS,         \
	  .bind = BIND, .kernel = KERNEL, .group = "date",              \
	  .usage = USAGE, .help = HELP, .example = EXAMPLE }

const struct func func_time_step[] = {
	ROW("timestampadd", 3, 3, FN_FAILS, bind_add, k_add,
	    "timestampadd(unit, n, time)", "The time n units later; also "
	    "dateadd and date_add with a unit.",
	    "timestampadd(hour, 8, timestamp_ntz '2022-02-11 20:30:00') = "
	    "timestamp_ntz '2022-02-12 04:30:00'"),
	ROW("timestampdiff", 3, 3, FN_FAILS, bind_between, k_between,
	    "timestampdiff(unit, start, end)",
	    "Whole units from start to end; also datediff with a unit.",
	    "timestampdiff(month, date '2022-01-01', date '2022-02-28') = 1"),
	ROW("months_between", 2, 3, FN_FAILS, bind_months, k_months,
	    "months_between(end, start[, round])",
	    "Months from start to end, a day being 1/31 of one; rounded to 8 "
	    "digits.",
	    "months_between(date '2024-03-31', date '2024-02-29') = 1"),
	ROW("next_day", 2, 2, FN_FAILS, bind_next_day, k_next_day,
	    "next_day(date, day)", "The next Monday, Tuesday … after the date.",
	    "next_day(date '2015-01-14', 'TU') = date '2015-01-20'"),
	ROW("dayname", 1, 1, FN_FAILS, bind_name, k_dayname, "dayname(date)",
	    "The day of the week in three letters.",
	    "dayname(date '2008-02-20') = 'Wed'"),
	ROW("monthname", 1, 1, FN_FAILS, bind_name, k_monthname,
	    "monthname(date)", "The month in three letters.",
	    "monthname(date '2008-02-20') = 'Feb'"),
	{ 0 }
};
