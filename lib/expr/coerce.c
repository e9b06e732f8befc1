/*
 * coerce -- which types turn into which: Spark 4's rules with ANSI on.
 *
 * After AnsiTypeCoercion and Cast.canAnsiCast: numbers widen along tinyint,
 * smallint, int, bigint, (decimal,) float, double, where an integer meeting
 * a float gives double; strings give way to the atomic type they meet;
 * dates to timestamps; nested types element by element.
 */
#include "expr/coerce.h"

#include <strings.h>

#include "base/arena.h"
#include "expr/expr.h"

#define PRECISION_MAX 38
#define SCALE_KEPT 6            /* decimals kept when digits run out */

static const unsigned char int_digits[] = {
	[TYPE_I8] = 3, [TYPE_I16] = 5, [TYPE_I32] = 10, [TYPE_I64] = 20,
};

const struct type *
coerce_decimal(struct arena *a, const struct type *t)
{
	if (type_is_decimal(t))
		return t;
	return type_is_int(t) ? type_decimal(a, int_digits[t->kind], 0) : NULL;
}

const struct type *
coerce_decimal_of(struct arena *a, const struct expr *x)
{
	uint64_t u;
	int n = 1;

	if (x->kind != EXPR_LIT || !type_is_int(x->type) || x->u.lit.null)
		return coerce_decimal(a, x->type);
	u = (uint64_t)x->u.lit.i;
	if (x->u.lit.i < 0)
		u = -u;
	while (u >= 10) {
		u /= 10;
		n++;
	}
	return type_decimal(a, n, 0);
}

const struct type *
coerce_adjust(struct arena *a, int precision, int scale)
{
	int whole = precision - scale, least;

	if (precision <= PRECISION_MAX)
		return type_decimal(a, precision, scale);
	least = scale < SCALE_KEPT ? scale : SCALE_KEPT;
	scale = PRECISION_MAX - whole > least ? PRECISION_MAX - whole : least;
	return type_decimal(a, PRECISION_MAX, scale);
}

static const struct type *
wider_decimal(struct arena *a, const struct type *x, const struct type *y)
{
	int wx = x->precision - x->scale, wy = y->precision - y->scale;
	int scale = x->scale > y->scale ? x->scale : y->scale;
	int precision = (wx > wy ? wx : wy) + scale;

	if (precision > PRECISION_MAX) {
		scale -= precision - PRECISION_MAX;
		precision = PRECISION_MAX;
	}
	return type_decimal(a, precision, scale > 0 ? scale : 0);
}

static const struct type *
wider_number(struct arena *a, const struct type *x, const struct type *y)
{
	if (type_is_decimal(x) || type_is_decimal(y)) {
		if (type_is_float(x) || type_is_float(y))
			return TYPE(F64);
		return wider_decimal(a, coerce_decimal(a, x),
		    coerce_decimal(a, y));
	}
	if (type_is_float(x) || type_is_float(y))
		return TYPE(F64);       /* int with float: double, as Spark */
	return x->kind > y->kind ? x : y;
}

static bool
is_time(const struct type *t)
{
	return t->kind == TYPE_DATE || t->kind == TYPE_TS ||
	    t->kind == TYPE_TSNTZ;
}

typedef const struct type *merge_fn(struct arena *, const struct type *,
    const struct type *);

/* Common type of two nested types, whose parts are merged by f. */
static const struct type *
merge_nested(struct arena *a, const struct type *x, const struct type *y,
    merge_fn *f)
{
	struct type_field *p;
	struct type t;

	if (x->kind != y->kind || x->nfield != y->nfield)
		return NULL;
	p = NEW_N(a, struct type_field, x->nfield);
	for (int i = 0; i < x->nfield; i++) {
		if (x->kind == TYPE_STRUCT &&
		    strcasecmp(x->field[i].name, y->field[i].name) != 0)
			return NULL;
		p[i] = x->field[i];
		p[i].type = f(a, x->field[i].type, y->field[i].type);
		p[i].nullable |= y->field[i].nullable;
		if (p[i].type == NULL)
			return NULL;
	}
	t = *x;
	t.field = p;
	return type_copy(a, &t);
}

static const struct type *
tightest_atomic(struct arena *a, const struct type *x, const struct type *y)
{
	if (type_equal(x, y))
		return x;
	if (x->kind == TYPE_NULL || y->kind == TYPE_NULL)
		return x->kind == TYPE_NULL ? y : x;
	if (type_is_numeric(x) && type_is_numeric(y))
		return wider_number(a, x, y);
	if (is_time(x) && is_time(y)) {
		if (x->kind == TYPE_TS || y->kind == TYPE_TS)
			return TYPE(TS);
		return TYPE(TSNTZ);
	}
	return NULL;
}

const struct type *
coerce_tightest(struct arena *a, const struct type *x, const struct type *y)
{
	const struct type *t = tightest_atomic(a, x, y);

	if (t || !type_is_nested(x) || !type_is_nested(y))
		return t;
	return merge_nested(a, x, y, coerce_tightest);
}

/* A string meets an atomic type. */
static const struct type *
promote_string(const struct type *t)
{
	if (type_is_int(t))
		return TYPE(I64);
	if (type_is_numeric(t))
		return TYPE(F64);
	if (t->kind == TYPE_YMI || t->kind == TYPE_DTI || type_is_nested(t))
		return NULL;
	return t;
}

const struct type *
coerce_common(struct arena *a, const struct type *x, const struct type *y)
{
	const struct type *t = tightest_atomic(a, x, y);

	if (t)
		return t;
	if (type_is_nested(x) && type_is_nested(y))
		return merge_nested(a, x, y, coerce_common);
	if (x->kind == TYPE_STR)
		return promote_string(y);
	if (y->kind == TYPE_STR)
		return promote_string(x);
	return NULL;
}

static bool
every_field(const struct type *from, const struct type *to,
    bool (*f)(const struct type *, const struct type *))
{
	if (from->kind != to->kind || from->nfield != to->nfield)
		return false;
	for (int i = 0; i < from->nfield; i++)
		if (!f(from->field[i].type, to->field[i].type))
			return false;
	return true;
}

static bool
some_field(const struct type *from, const struct type *to,
    bool (*f)(const struct type *, const struct type *))
{
	for (int i = 0; i < from->nfield; i++)
		if (f(from->field[i].type, to->field[i].type))
			return true;
	return false;
}

bool
coerce_store(const struct type *from, const struct type *to)
{
	if (from->kind == TYPE_NULL || type_equal(from, to))
		return true;
	if (type_is_nested(from) || type_is_nested(to))
		return every_field(from, to, coerce_store);
	if (type_is_numeric(from) && type_is_numeric(to))
		return true;
	if (to->kind == TYPE_STR)
		return from->kind != TYPE_BIN;
	return is_time(from) && is_time(to);
}

bool
coerce_argument(const struct type *from, const struct type *to)
{
	if (from->kind == TYPE_STR && !type_is_nested(to))
		return to->kind != TYPE_YMI && to->kind != TYPE_DTI &&
		    to->kind != TYPE_NULL;
	if (from->kind == TYPE_BIN && to->kind == TYPE_STR)
		return true;
	if (type_is_nested(from) || type_is_nested(to))
		return from->kind == TYPE_NULL ||
		    every_field(from, to, coerce_argument);
	return coerce_store(from, to);
}

bool
cast_allowed(const struct type *from, const struct type *to)
{
	if (from->kind == TYPE_NULL || type_equal(from, to))
		return true;
	if (to->kind == TYPE_STR)
		return true;
	if (type_is_nested(from) || type_is_nested(to))
		return every_field(from, to, cast_allowed);
	if (from->kind == TYPE_STR)
		return to->kind != TYPE_NULL;
	switch ((int)to->kind) {
	case TYPE_BOOL:
		return type_is_numeric(from);
	case TYPE_TS:
		return type_is_numeric(from) || is_time(from);
	case TYPE_DATE:
	case TYPE_TSNTZ:
		return is_time(from);
	}
	if (type_is_numeric(to))
		return type_is_numeric(from) || from->kind == TYPE_BOOL ||
		    from->kind == TYPE_TS;
	return false;
}

/* Whole digits that a numeric or boolean type may have. */
static int
whole_digits(const struct type *t)
{
	if (type_is_decimal(t))
		return t->precision - t->scale;
	if (t->kind == TYPE_I64)
		return 19;
	return type_is_int(t) ? int_digits[t->kind] : 1;
}

bool
cast_can_fail(const struct type *from, const struct type *to)
{
	if (from->kind == TYPE_NULL || type_equal(from, to))
		return false;
	if (to->kind == TYPE_STR || to->kind == TYPE_BIN)
		return false;
	if (type_is_nested(from))
		return some_field(from, to, cast_can_fail);
	if (from->kind == TYPE_STR)
		return true;
	if (is_time(from))
		return type_is_decimal(to) ||
		    (type_is_int(to) && to->kind != TYPE_I64);
	if (type_is_float(to) || to->kind == TYPE_BOOL)
		return false;
	if (to->kind == TYPE_TS)
		return type_is_float(from);
	if (from->kind == TYPE_BOOL)
		return type_is_decimal(to) && whole_digits(to) < 1;
	if (type_is_int(from) && type_is_int(to))
		return from->kind > to->kind;
	if (type_is_decimal(to) && !type_is_float(from))
		return whole_digits(from) > whole_digits(to) ||
		    (type_is_decimal(from) && from->scale > to->scale &&
		    whole_digits(from) == whole_digits(to));
	return true;
}
