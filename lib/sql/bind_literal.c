/*
 * bind_literal -- numbers, strings, dates, timestamps and intervals.
 *
 * 12 is an int, or a bigint or decimal when it is too large; 1.50 is
 * decimal(3,2).  Interval literals become YMI (years and months) or DTI
 * (days to microseconds); mixing both is refused as in ANSI mode.
 */
#include "sql/bind_scope.h"

#include <stdlib.h>

#include "base/zone.h"
#include "column/value.h"

static int
bad(const struct ast_expr *x, const char *type, struct err *e)
{
	return err_at(e, x->span, "'%.80s' is not a %s", x->u.lit.p, type);
}

static int
integer(const struct ast_expr *x, const struct type *t, int64_t low,
    int64_t high, struct datum *d, struct err *e)
{
	if (!value_get_i64(x->u.lit.p, (size_t)x->u.lit.n, &d->i) ||
	    d->i < low || d->i > high)
		return err_at(e, x->span, "%s is out of range", x->u.lit.p);
	d->type = t;
	return 0;
}

/* Precision and scale as written; leading zeros do not count. */
static int
decimal(struct arena *a, const struct ast_expr *x, struct datum *d,
    struct err *e)
{
	const char *s = x->u.lit.p;
	int digits = 0, scale = 0, seen = 0;
	const char *exp;
	i128 v;

	exp = strpbrk(s, "eE");
	for (const char *p = s; *p && p != exp; p++) {
		if (*p == '.')
			seen = 1;
		else if (*p != '-' && *p != '+') {
			digits += digits || *p != '0' || 0;
			scale += seen;
		}
	}
	scale -= exp ? (int)strtol(exp + 1, NULL, 10) : 0;
	if (scale < 0) {
		digits -= scale;
		scale = 0;
	}
	if (digits < scale)
		digits = scale;
	if (digits == 0)
		digits = 1;
	if (digits > 38)
		return err_at(e, x->span, "%.50s has more than 38 digits", s);
	if (!value_get_dec(s, (size_t)x->u.lit.n, digits, scale, &v))
		return bad(x, "decimal", e);
	d->type = type_decimal(a, digits, scale);
	if (d->type->kind == TYPE_DEC64)
		d->i = (int64_t)v;
	else
		d->d = v;
	return 0;
}

static int
whole(struct arena *a, const struct ast_expr *x, struct datum *d,
    struct err *e)
{
	if (!value_get_i64(x->u.lit.p, (size_t)x->u.lit.n, &d->i))
		return decimal(a, x, d, e);
	d->type = d->i >= INT32_MIN && d->i <= INT32_MAX ? TYPE(I32) : TYPE(I64);
	return 0;
}

static int
floating(const struct ast_expr *x, const struct type *t, struct datum *d,
    struct err *e)
{
	if (!value_get_f64(x->u.lit.p, (size_t)x->u.lit.n, &d->f))
		return bad(x, "number", e);
	if (t->kind == TYPE_F32)
		d->f = (double)(float)d->f;
	d->type = t;
	return 0;
}

static int
timestamp(struct bind_ctx *c, const struct ast_expr *x, struct datum *d,
    struct err *e)
{
	const char *s = x->u.lit.p;
	size_t n = (size_t)x->u.lit.n;

	if (x->u.lit.kind == LIT_TSNTZ) {
		d->type = TYPE(TSNTZ);
		return value_get_tsntz(s, n, &d->i) ? 0 :
		    bad(x, "timestamp", e);
	}
	d->type = TYPE(TS);
	return value_get_ts(s, n, c->b->env.zone, &d->i) ? 0 :
	    bad(x, "timestamp", e);
}

static int
literal(struct bind_ctx *c, const struct ast_expr *x, struct datum *d,
    struct err *e)
{
	int32_t days;

	switch (x->u.lit.kind) {
	case LIT_NULL:  d->type = TYPE(NULL); d->null = true; return 0;
	case LIT_TRUE:
	case LIT_FALSE: d->type = TYPE(BOOL);
			d->b = x->u.lit.kind == LIT_TRUE; return 0;
	case LIT_INT:   return whole(c->b->arena, x, d, e);
	case LIT_I8:    return integer(x, TYPE(I8), -128, 127, d, e);
	case LIT_I16:   return integer(x, TYPE(I16), -32768, 32767, d, e);
	case LIT_I64:   return integer(x, TYPE(I64), INT64_MIN, INT64_MAX, d, e);
	case LIT_F32:   return floating(x, TYPE(F32), d, e);
	case LIT_F64:   return floating(x, TYPE(F64), d, e);
	case LIT_DEC:   return decimal(c->b->arena, x, d, e);
	case LIT_STR:
	case LIT_BIN:   d->type = x->u.lit.kind == LIT_STR ? TYPE(STR) :
			    TYPE(BIN);
			d->s.p = x->u.lit.p;
			d->s.n = (size_t)x->u.lit.n; return 0;
	case LIT_DATE:  if (!value_get_date(x->u.lit.p, (size_t)x->u.lit.n,
			    &days))
				return bad(x, "date", e);
			d->type = TYPE(DATE);
			d->i = days; return 0;
	case LIT_TS:
	case LIT_TSNTZ:
	case LIT_TSLTZ: return timestamp(c, x, d, e);
	}
	return err_set(e, ERR_BUG, "literal kind %d", (int)x->u.lit.kind);
}

int
bind_literal(struct bind_ctx *c, const struct ast_expr *x, struct expr **out,
    struct err *e)
{
	struct ast_expr text = *x;
	struct datum d;

	memset(&d, 0, sizeof d);
	if (x->u.lit.kind == LIT_STR && !c->plan && memchr(x->u.lit.p, '$', (size_t)x->u.lit.n) &&
	    strstr(x->u.lit.p, "${")) {
		struct ast_string s = { x->u.lit.p, x->u.lit.n, x->span };

		TRY(bind_string(c->b, &s, &text.u.lit.p, e));
		text.u.lit.n = (int)strlen(text.u.lit.p);
	}
	TRY(literal(c, &text, &d, e));
	*out = expr_lit(c->b->arena, d);
	(*out)->span = x->span;
	return 0;
}

struct unit {
	const char *name;
	int64_t months, us;
};

static const struct unit units[] = {
	{ "year", 12, 0 }, { "month", 1, 0 },
	{ "week", 0, 604800000000 }, { "day", 0, 86400000000 },
	{ "hour", 0, 3600000000 }, { "minute", 0, 60000000 },
	{ "second", 0, 1000000 }, { "millisecond", 0, 1000 },
	{ "microsecond", 0, 1 }, { NULL, 0, 0 }
};

static const struct unit *
unit_find(const char *name, size_t n)
{
	for (const struct unit *u = units; u->name; u++) {
		size_t len = strlen(u->name);

		if ((n == len || (n == len + 1 && name[len] == 's')) &&
		    strncasecmp(u->name, name, len) == 0)
			return u;
	}
	return NULL;
}

struct sum {
	int64_t months, us;
	bool has_months, has_us;
};

static bool
add_unit(struct sum *s, const struct unit *u, const char *v, size_t n)
{
	i128 micro;
	int64_t k;

	if (u->months) {
		if (!value_get_i64(v, n, &k))
			return false;
		s->months += k * u->months;
		s->has_months = true;
		return true;
	}
	if (!value_get_dec(v, n, 38, 9, &micro))
		return false;
	micro = micro * u->us / 1000000000;
	s->us += (int64_t)micro;
	s->has_us = true;
	return true;
}

/* '1-2' year to month; '1 02:03:04.5' day to second and its parts. */
static bool
add_range(struct sum *s, const char *v, const struct unit *from,
    const struct unit *to)
{
	const struct unit *u = from;
	bool minus = *v == '-';
	struct sum part = { 0, 0, false, false };

	v += minus || *v == '+';
	while (*v && u <= to) {
		size_t n = strspn(v, "0123456789.");

		if (u->us == 604800000000)
			u++;
		if (n == 0 || !add_unit(&part, u, v, n))
			return false;
		v += n;
		if (*v)
			v++;
		if (u == to)
			break;
		u++;
		if (u->us == 604800000000)
			u++;
	}
	s->months += minus ? -part.months : part.months;
	s->us += minus ? -part.us : part.us;
	s->has_months |= part.has_months;
	s->has_us |= part.has_us;
	return *v == '\0' && u == to;
}

/* "3 days -2 hours" inside one string. */
static bool
add_words(struct sum *s, const char *v)
{
	bool any = false;

	for (;;) {
		const struct unit *u;
		const char *num;
		size_t n, len;

		v += strspn(v, " ");
		if (*v == '\0')
			return any;
		num = v;
		n = strcspn(v, " ");
		v += n;
		v += strspn(v, " ");
		len = strcspn(v, " ");
		u = unit_find(v, len);
		if (len == 0 || u == NULL || !add_unit(s, u, num, n))
			return false;
		v += len;
		any = true;
	}
}

int
bind_interval(struct bind_ctx *c, const struct ast_expr *x,
    struct expr **out, struct err *e)
{
	struct sum s = { 0, 0, false, false };
	struct datum d;

	for (int i = 0; i < x->u.interval.npart; i++) {
		const struct ast_interval_part *p = &x->u.interval.part[i];
		const struct unit *u = p->unit ?
		    unit_find(p->unit, strlen(p->unit)) : NULL;
		const struct unit *to = p->to ?
		    unit_find(p->to, strlen(p->to)) : NULL;
		bool good;

		if (p->unit == NULL)
			good = add_words(&s, p->value);
		else if (u == NULL)
			return bind_refuse_ast(x->span, p->unit, e);
		else if (to)
			good = add_range(&s, p->value, u, to);
		else
			good = add_unit(&s, u, p->value, strlen(p->value));
		if (!good)
			return err_at(e, x->span, "'%.60s' is not an interval",
			    p->value);
	}
	if (s.has_months && s.has_us)
		return err_at(e, x->span,
		    "an interval cannot mix months with days or seconds");
	memset(&d, 0, sizeof d);
	d.type = s.has_months ? TYPE(YMI) : TYPE(DTI);
	d.i = s.has_months ? s.months : s.us;
	*out = expr_lit(c->b->arena, d);
	(*out)->span = x->span;
	return 0;
}
