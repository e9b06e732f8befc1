/*
 * fn_time -- what the files of date and time functions share: local time,
 * months, zones given as arguments.
 */
#ifndef EXPR_FN_TIME_H
#define EXPR_FN_TIME_H

#include "base/zone.h"
#include "column/value.h"
#include "expr/fn_sig.h"

#define SECOND_US ((int64_t)1000000)
#define DAY_US    ((int64_t)86400 * SECOND_US)

static inline int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static inline int
month_days(int64_t y, int m)
{
	return civil_days(m == 12 ? y + 1 : y, m == 12 ? 1 : m + 1, 1) -
	    civil_days(y, m, 1);
}

/* Local microseconds of row i of argument a: a date, timestamp or
 * timestamp_ntz, in the session's zone. */
int64_t time_local(const struct kernel_call *k, int a, int i);

/* The local time so many months later, at most the month's last day. */
int64_t time_add_months(int64_t local, int64_t months);

/* A zone that is an argument: loaded once if constant, else when its name
 * changes. */
struct zone_arg {
	const struct zone *zone;
	struct bytes name;
};

/* Argument i becomes a string; a constant is loaded into *zone. */
int zone_arg_bind(struct func_bind *b, int i, const struct zone **zone,
    struct err *e);

/* The zone of row i of argument a; *z begins as { constant or NULL }. */
int zone_arg_at(struct kernel_call *k, int a, int i, struct zone_arg *z,
    const struct zone **out, struct err *e);

#endif
