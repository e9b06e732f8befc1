/*
 * fn_time_zone -- from one time zone to another.
 *
 * A timestamp is a point in time; from_utc_timestamp and its like shift it
 * so that it shows the clock of another place.
 */
#include "expr/fn_time.h"

int64_t
time_local(const struct kernel_call *k, int a, int i)
{
	const struct column *c = &k->arg[a];

	if (c->type->kind == TYPE_DATE)
		return ((const int32_t *)c->data)[i] * DAY_US;
	if (c->type->kind == TYPE_TSNTZ)
		return ((const int64_t *)c->data)[i];
	return zone_to_local(k->zone, ((const int64_t *)c->data)[i]);
}

int64_t
time_add_months(int64_t local, int64_t months)
{
	int64_t days = floor_div(local, DAY_US), y, all;
	int m, d, last;

	civil_from_days((int32_t)days, &y, &m, &d);
	all = y * 12 + m - 1 + months;
	y = floor_div(all, 12);
	m = (int)(all - y * 12) + 1;
	last = month_days(y, m);
	return civil_days(y, m, d < last ? d : last) * DAY_US +
	    local - days * DAY_US;
}

int
zone_arg_bind(struct func_bind *b, int i, const struct zone **zone,
    struct err *e)
{
	struct datum d;
	int r;

	*zone = NULL;
	TRY(bind_cast(b, i, TYPE(STR), e));
	r = bind_value(b, i, &d, e);
	if (r <= 0 || d.null)
		return r < 0 ? r : 0;
	r = zone_load(b->env->arena, arena_memdup(b->env->arena, d.s.p,
	    d.s.n), zone, e);
	if (r < 0) {
		e->code = EXIT_JOB;
		return err_place(e, b->arg[i]->span.len ? b->arg[i]->span :
		    b->span);
	}
	return 0;
}

int
zone_arg_at(struct kernel_call *k, int a, int i, struct zone_arg *z,
    const struct zone **out, struct err *e)
{
	struct bytes s;

	if (z->zone && z->name.p == NULL) {
		*out = z->zone;
		return 0;
	}
	s = row_bytes(k, a, i);
	if (z->name.p == NULL || z->name.n != s.n ||
	    memcmp(z->name.p, s.p, s.n) != 0) {
		z->name.p = arena_memdup(k->heap, s.p, s.n);
		z->name.n = s.n;
		if (zone_load(k->heap, z->name.p, &z->zone, e) < 0) {
			z->name.p = NULL;
			z->zone = NULL;
			e->code = EXIT_JOB;
			return e->kind;
		}
	}
	*out = z->zone;
	return 0;
}

static int
bind_utc(struct func_bind *b, struct err *e)
{
	const struct zone *z = NULL;

	TRY(bind_cast(b, 0, TYPE(TS), e));
	TRY(zone_arg_bind(b, 1, &z, e));
	b->state = (void *)(uintptr_t)z;
	b->type = TYPE(TS);
	return 0;
}

static int
k_from_utc(struct kernel_call *k, struct err *e)
{
	struct zone_arg a = { .zone = k->state };
	int64_t *out = k->out->data;

	ROWS(k, i) {
		const struct zone *z = NULL;

		TRY(zone_arg_at(k, 1, i, &a, &z, e));
		out[i] = zone_to_local(z, row_i64(k, 0, i));
	}
	return 0;
}

static int
k_to_utc(struct kernel_call *k, struct err *e)
{
	struct zone_arg a = { .zone = k->state };
	int64_t *out = k->out->data;

	ROWS(k, i) {
		const struct zone *z = NULL;

		TRY(zone_arg_at(k, 1, i, &a, &z, e));
		out[i] = zone_to_utc(z, row_i64(k, 0, i));
	}
	return 0;
}

/* convert_timezone([from,] to, time): state are the two constants. */
static int
bind_convert(struct func_bind *b, struct err *e)
{
	const struct zone **z = NEW_N(b->env->arena, const struct zone *, 2);
	int n = b->narg;

	z[0] = b->env->zone;
	if (n == 3)
		TRY(zone_arg_bind(b, 0, &z[0], e));
	TRY(zone_arg_bind(b, n - 2, &z[1], e));
	TRY(bind_cast(b, n - 1, TYPE(TSNTZ), e));
	b->state = z;
	b->type = TYPE(TSNTZ);
	return 0;
}

static int
k_convert(struct kernel_call *k, struct err *e)
{
	const struct zone *const *z = k->state;
	struct zone_arg from = { .zone = z[0] }, to = { .zone = z[1] };
	int64_t *out = k->out->data;
	int n = k->narg;

	ROWS(k, i) {
		const struct zone *x = z[0], *y = NULL;

		if (n == 3)
			TRY(zone_arg_at(k, 0, i, &from, &x, e));
		TRY(zone_arg_at(k, n - 2, i, &to, &y, e));
		out[i] = zone_to_local(y, zone_to_utc(x, row_i64(k, n - 1,
		    i)));
	}
	return 0;
}

static int
bind_zone_name(struct func_bind *b, struct err *e)
{
	(void)e;
	b->instead = expr_str(b->env->arena, zone_name(b->env->zone));
	return 0;
}

#define ROW(NAME, MIN, MAX, FLAGS, BIND, KERNEL, USAGE, HELP, EXAMPLE)  \
	{ .name = NAME, .min = MIN, .max = MAX, .flags = FLAGS,         \
	  .bind = BIND, .kernel = KERNEL, .group = "date",              \
	  .usage = USAGE, .help = HELP, .example = EXAMPLE }

const struct func func_time_zone[] = {
	ROW("from_utc_timestamp", 2, 2, FN_FAILS, bind_utc, k_from_utc,
	    "from_utc_timestamp(time, zone)",
	    "A time in UTC as the clock of the zone shows it.",
	    "from_utc_timestamp('2016-08-31', 'Asia/Seoul') = "
	    "timestamp '2016-08-31 09:00:00'"),
	ROW("to_utc_timestamp", 2, 2, FN_FAILS, bind_utc, k_to_utc,
	    "to_utc_timestamp(time, zone)",
	    "A time on the clock of the zone as UTC.",
	    "to_utc_timestamp('2016-08-31', '+09:00') = "
	    "timestamp '2016-08-30 15:00:00'"),
	ROW("convert_timezone", 2, 3, FN_FAILS, bind_convert, k_convert,
	    "convert_timezone([from, ]to, time)",
	    "A local time of one zone (the session's) as that of another.",
	    "convert_timezone('UTC', '+02:00', timestamp_ntz "
	    "'2021-12-06 00:00:00') = timestamp_ntz '2021-12-06 02:00:00'"),
	ROW("current_timezone", 0, 0, 0, bind_zone_name, NULL,
	    "current_timezone()", "Name of the session's time zone.",
	    "length(current_timezone()) > 0"),
	{ 0 }
};
