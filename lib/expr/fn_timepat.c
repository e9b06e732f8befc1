/*
 * fn_timepat -- dates and timestamps by patterns: date_format, to_date and
 * to_timestamp with a pattern and their try_ forms, from_unixtime.
 *
 * A constant pattern is compiled once, at bind time; others are refused.
 */
#include "base/text.h"
#include "column/timepat.h"
#include "expr/fn_sig.h"

static int
compile(struct func_bind *b, int i, const char *otherwise, struct err *e)
{
	struct timepat *p;
	struct datum d;

	if (i < b->narg) {
		TRY(bind_must_const(b, i, "the pattern", &d, e));
		if (d.type->kind != TYPE_STR)
			return bind_refuse(b, e);
		otherwise = arena_memdup(b->env->arena, d.s.p, d.s.n);
	}
	if (strcmp(b->fn->name, "date_format") == 0 &&
	    strpbrk(otherwise, "YwWuec"))
		return err_at(e, b->span, "week-based letters are not "
		    "supported in '%s'", otherwise);
	if (timepat_new(&p, b->env->arena, otherwise, e) < 0) {
		e->code = EXIT_JOB;
		return err_place(e, b->span);
	}
	b->state = p;
	return 0;
}

static int
format_bind(struct func_bind *b, struct err *e)
{
	if (b->arg[0]->type->kind != TYPE_TSNTZ)
		TRY(bind_cast(b, 0, TYPE(TS), e));
	b->type = TYPE(STR);
	return compile(b, 1, NULL, e);
}

static int
unixtime_bind(struct func_bind *b, struct err *e)
{
	TRY(bind_cast(b, 0, TYPE(I64), e));
	b->type = TYPE(STR);
	return compile(b, 1, "yyyy-MM-dd HH:mm:ss", e);
}

static int
format_kernel(struct kernel_call *k, struct err *e)
{
	bool seconds = k->arg[0].type->kind == TYPE_I64;
	const int64_t *v = k->arg[0].data;
	struct text t = { 0 };

	(void)e;
	ROWS(k, i) {
		text_clear(&t);
		timepat_print(k->state, &t, seconds ? v[i] * 1000000 : v[i],
		    k->arg[0].type->kind == TYPE_TSNTZ ? NULL : k->zone);
		kernel_bytes(k, i, t.p ? t.p : "", t.n);
	}
	text_release(&t);
	return 0;
}

/* What the text becomes: a date, a timestamp, local time or seconds. */
static const struct type *
result_type(const struct func *f)
{
	if (strstr(f->name, "date"))
		return TYPE(DATE);
	if (strstr(f->name, "unix"))
		return TYPE(I64);
	return strstr(f->name, "_ntz") ? TYPE(TSNTZ) : TYPE(TS);
}

static bool
is_try(const struct func *f)
{
	return strncmp(f->name, "try_", 4) == 0;
}

/* Only texts meet the pattern; other types are cast. */
static int
parse_bind(struct func_bind *b, struct err *e)
{
	const struct type *t = result_type(b->fn);
	enum type_kind k = b->arg[0]->type->kind;

	if (b->narg == 1 || k == TYPE_DATE || k == TYPE_TS || k == TYPE_TSNTZ)
		return is_try(b->fn) ? expr_try_cast(b->env, b->arg[0], t,
		    b->span, &b->instead, e) : expr_cast(b->env, b->arg[0], t,
		    b->span, &b->instead, e);
	TRY(bind_cast(b, 0, TYPE(STR), e));
	b->type = t;
	return compile(b, 1, NULL, e);
}

static int64_t
seconds_of(int64_t us)
{
	return us / 1000000 - (us % 1000000 < 0);
}

static int
seconds_kernel(struct kernel_call *k, struct err *e)
{
	const int64_t *us = k->arg[0].data;
	int64_t *out = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++)
		out[i] = seconds_of(us[i]);
	return 0;
}

/* unix_timestamp(): now; of a text by a pattern; of a time. */
static int
unix_bind(struct func_bind *b, struct err *e)
{
	struct datum d;

	b->type = TYPE(I64);
	if (b->narg == 0) {
		memset(&d, 0, sizeof d);
		d.type = TYPE(I64);
		d.i = seconds_of(b->env->now_us);
		b->instead = expr_lit(b->env->arena, d);
		return 0;
	}
	if (b->arg[0]->type->kind == TYPE_STR)
		return compile(b, 1, "yyyy-MM-dd HH:mm:ss", e);
	b->kernel = seconds_kernel;
	return bind_cast(b, 0, TYPE(TS), e);
}

/* The value of row i by the pattern; false: it does not match. */
static bool
parse_row(struct kernel_call *k, int i, struct bytes s)
{
	int64_t *out = k->out->data;

	switch (k->out->type->kind) {
	case TYPE_DATE:
		return timepat_date(k->state, s.p, s.n,
		    (int32_t *)k->out->data + i);
	case TYPE_TSNTZ:
		return timepat_local(k->state, s.p, s.n, &out[i]);
	default:
		if (!timepat_utc(k->state, s.p, s.n, k->zone, &out[i]))
			return false;
		if (k->out->type->kind == TYPE_I64)
			out[i] = seconds_of(out[i]);
		return true;
	}
}

static int
parse_kernel(struct kernel_call *k, struct err *e)
{
	const struct func *f = k->call->u.call.fn;

	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);

		if (parse_row(k, i, s))
			continue;
		if (!is_try(f)) {
			err_user(e, EXIT_JOB, "'%.*s' does not match the "
			    "pattern", (int)(s.n < 100 ? s.n : 100), s.p);
			return strstr(f->name, "unix") ? ERR_USER :
			    err_hint(e, "use try_%s to get NULL instead",
			    f->name);
		}
		kernel_null(k, i);
	}
	return 0;
}

#define ROW(NAME, MIN, MAX, FLAGS, BIND, KERNEL, USAGE, HELP, EXAMPLE)  \
	{ .name = NAME, .min = MIN, .max = MAX, .flags = FLAGS,         \
	  .bind = BIND, .kernel = KERNEL, .group = "date",              \
	  .usage = USAGE, .help = HELP, .example = EXAMPLE }

const struct func func_timepat[] = {
	ROW("date_format", 2, 2, FN_FAILS, format_bind, format_kernel,
	    "date_format(time, pattern)", "The time by a pattern.",
	    "date_format(timestamp_ntz '2024-02-29 10:20:30', "
	    "'dd.MM.yyyy HH:mm') = '29.02.2024 10:20'"),
	ROW("from_unixtime", 1, 2, FN_FAILS, unixtime_bind, format_kernel,
	    "from_unixtime(seconds[, pattern])",
	    "Seconds since 1970 as text.",
	    "length(from_unixtime(0)) = 19"),
	ROW("to_date", 1, 2, FN_FAILS | FN_NULLS, parse_bind, parse_kernel,
	    "to_date(text[, pattern])", "The text as a date.",
	    "to_date('29.02.2024', 'dd.MM.yyyy') = date '2024-02-29'"),
	ROW("to_timestamp", 1, 2, FN_FAILS | FN_NULLS, parse_bind,
	    parse_kernel, "to_timestamp(text[, pattern])",
	    "The text as a timestamp.",
	    "to_timestamp('29.02.2024 10', 'dd.MM.yyyy HH') = "
	    "timestamp '2024-02-29 10:00:00'"),
	ROW("to_timestamp_ltz", 1, 2, FN_FAILS | FN_NULLS, parse_bind,
	    parse_kernel, "to_timestamp_ltz(text[, pattern])",
	    "The same as to_timestamp.",
	    "to_timestamp_ltz('29.02.2024 10', 'dd.MM.yyyy HH') = "
	    "timestamp '2024-02-29 10:00:00'"),
	ROW("to_timestamp_ntz", 1, 2, FN_FAILS | FN_NULLS, parse_bind,
	    parse_kernel, "to_timestamp_ntz(text[, pattern])",
	    "The text as a local time.",
	    "to_timestamp_ntz('29.02.2024 10', 'dd.MM.yyyy HH') = "
	    "timestamp_ntz '2024-02-29 10:00:00'"),
	ROW("unix_timestamp", 0, 2, FN_FAILS, unix_bind, parse_kernel,
	    "unix_timestamp([time[, pattern]])", "Seconds since 1970.",
	    "unix_timestamp(timestamp '1970-01-01 00:00:10Z') = 10"),
	ROW("to_unix_timestamp", 1, 2, FN_FAILS, unix_bind, parse_kernel,
	    "to_unix_timestamp(time[, pattern])",
	    "The same as unix_timestamp.",
	    "to_unix_timestamp(timestamp '1970-01-01 00:00:10Z') = 10"),
	ROW("try_to_date", 1, 2, FN_NULLS, parse_bind, parse_kernel,
	    "try_to_date(text[, pattern])", "As to_date, null when it fails.",
	    "try_to_date('x', 'dd.MM.yyyy') is null"),
	ROW("try_to_timestamp", 1, 2, FN_NULLS, parse_bind, parse_kernel,
	    "try_to_timestamp(text[, pattern])",
	    "As to_timestamp, null when it fails.",
	    "try_to_timestamp('x', 'yyyy') is null"),
	{ 0 }
};
