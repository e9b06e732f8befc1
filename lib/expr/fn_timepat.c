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

static bool
is_date(const struct func *f)
{
	return strstr(f->name, "date") != NULL;
}

static int
parse_bind(struct func_bind *b, struct err *e)
{
	const struct type *t = is_date(b->fn) ? TYPE(DATE) : TYPE(TS);

	if (b->narg == 1) {
		if (strncmp(b->fn->name, "try_", 4) == 0)
			return expr_try_cast(b->env, b->arg[0], t, b->span,
			    &b->instead, e);
		return expr_cast(b->env, b->arg[0], t, b->span, &b->instead,
		    e);
	}
	TRY(bind_cast(b, 0, TYPE(STR), e));
	b->type = t;
	return compile(b, 1, NULL, e);
}

static int
parse_kernel(struct kernel_call *k, struct err *e)
{
	const struct func *f = k->call->u.call.fn;
	bool date = is_date(f), try = strncmp(f->name, "try_", 4) == 0;

	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		bool good = date ? timepat_date(k->state, s.p, s.n,
		    (int32_t *)k->out->data + i) : timepat_utc(k->state, s.p,
		    s.n, k->zone, (int64_t *)k->out->data + i);

		if (good)
			continue;
		if (!try) {
			err_user(e, EXIT_JOB, "'%.*s' does not match the "
			    "pattern", (int)(s.n < 100 ? s.n : 100), s.p);
			return err_hint(e, "use try_%s to get NULL instead",
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
	ROW("try_to_date", 1, 2, FN_NULLS, parse_bind, parse_kernel,
	    "try_to_date(text[, pattern])", "As to_date, null when it fails.",
	    "try_to_date('x', 'dd.MM.yyyy') is null"),
	ROW("try_to_timestamp", 1, 2, FN_NULLS, parse_bind, parse_kernel,
	    "try_to_timestamp(text[, pattern])",
	    "As to_timestamp, null when it fails.",
	    "try_to_timestamp('x', 'yyyy') is null"),
	{ 0 }
};
