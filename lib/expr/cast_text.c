/*
 * cast_text -- casts from strings, by the readers of column/value.h, and to
 * strings, by its writers.
 *
 * Numbers, dates and timestamps are written into a small buffer and copied
 * into the result; nested values and intervals go through a struct text.
 */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "column/value.h"
#include "expr/cast.h"

/* One loop for each reader: GET(s, n) stores *v and says whether it could. */
#define PARSE(name, T, GET)                                             \
static int                                                              \
name(struct kernel_call *k, struct err *e)                              \
{                                                                       \
	for (int i = 0; i < k->n; i++) {                                \
		const struct sview *s = kernel_str(k, 0, i);            \
		T *v = (T *)k->out->data + i;                           \
									\
		if (kernel_wants(k, i) && !GET(sview_ptr(s), s->len))   \
			TRY(cast_fail(k, i, e));                        \
	}                                                               \
	return 0;                                                       \
}

static int
get_int(const char *s, size_t n, int64_t least, int64_t most, int64_t *v)
{
	return value_get_i64(s, n, v) && *v >= least && *v <= most;
}

static int
get_i8(const char *s, size_t n, int8_t *v)
{
	int64_t x = 0;
	int ok = get_int(s, n, INT8_MIN, INT8_MAX, &x);

	*v = (int8_t)x;
	return ok;
}

static int
get_i16(const char *s, size_t n, int16_t *v)
{
	int64_t x = 0;
	int ok = get_int(s, n, INT16_MIN, INT16_MAX, &x);

	*v = (int16_t)x;
	return ok;
}

static int
get_i32(const char *s, size_t n, int32_t *v)
{
	int64_t x = 0;
	int ok = get_int(s, n, INT32_MIN, INT32_MAX, &x);

	*v = (int32_t)x;
	return ok;
}

#define GET_BOOL(s, n) value_get_bool(s, n, v)
#define GET_I8(s, n) get_i8(s, n, v)
#define GET_I16(s, n) get_i16(s, n, v)
#define GET_I32(s, n) get_i32(s, n, v)
#define GET_I64(s, n) value_get_i64(s, n, v)
#define GET_F32(s, n) value_get_f32(s, n, v)
#define GET_F64(s, n) value_get_f64(s, n, v)
#define GET_DATE(s, n) value_get_date(s, n, v)
#define GET_TS(s, n) value_get_ts(s, n, k->zone, v)
#define GET_TSNTZ(s, n) value_get_tsntz(s, n, v)

PARSE(parse_bool, uint8_t, GET_BOOL)
PARSE(parse_i8, int8_t, GET_I8)
PARSE(parse_i16, int16_t, GET_I16)
PARSE(parse_i32, int32_t, GET_I32)
PARSE(parse_i64, int64_t, GET_I64)
PARSE(parse_f32, float, GET_F32)
PARSE(parse_f64, double, GET_F64)
PARSE(parse_date, int32_t, GET_DATE)
PARSE(parse_ts, int64_t, GET_TS)
PARSE(parse_tsntz, int64_t, GET_TSNTZ)

static int
parse_dec(struct kernel_call *k, struct err *e)
{
	const struct type *t = k->out->type;

	for (int i = 0; i < k->n; i++) {
		const struct sview *s = kernel_str(k, 0, i);
		i128 v;

		if (!kernel_wants(k, i))
			continue;
		if (value_get_dec(sview_ptr(s), s->len, t->precision,
		    t->scale, &v))
			cast_put(k->out, i, v);
		else
			TRY(cast_fail(k, i, e));
	}
	return 0;
}

/* Digits of an interval string; -1 when there are none or too many. */
static int64_t
digits(const char **s, const char *end)
{
	const char *p = *s;
	int64_t v = 0;

	while (p < end && *p >= '0' && *p <= '9' && p - *s < 18)
		v = v * 10 + (*p++ - '0');
	if (p == *s)
		return -1;
	*s = p;
	return v;
}

/* The part between quotes of INTERVAL '…' UNITS, or all of it; the sign is
 * taken off. */
static int
unwrap(const char **s, const char **end, bool *neg)
{
	const char *open = memchr(*s, '\'', (size_t)(*end - *s)), *close;

	if (open) {
		close = memchr(open + 1, '\'', (size_t)(*end - open - 1));
		if (close == NULL)
			return 0;
		*s = open + 1;
		*end = close;
	}
	while (*s < *end && **s == ' ')
		++*s;
	while (*s < *end && (*end)[-1] == ' ')
		--*end;
	*neg = *s < *end && **s == '-';
	if (*s < *end && (**s == '-' || **s == '+'))
		++*s;
	return *s < *end;
}

/* "y-m" */
static int
get_ymi(const char *s, size_t n, int32_t *v)
{
	const char *end = s + n;
	int64_t y, m;
	bool neg;

	if (!unwrap(&s, &end, &neg))
		return 0;
	y = digits(&s, end);
	if (y < 0 || y > 178956970 || s == end || *s++ != '-')
		return 0;
	m = digits(&s, end);
	if (m < 0 || m > 11 || s != end)
		return 0;
	y = neg ? -(y * 12 + m) : y * 12 + m;
	*v = (int32_t)y;
	return *v == y;
}

/* Microseconds of ".ffffff" at the end. */
static int
get_fraction(const char *s, const char *end, int64_t *us)
{
	int64_t unit = 100000;

	if (s == end)
		return 1;
	if (*s++ != '.' || s == end)
		return 0;
	for (; s < end; s++) {
		if (*s < '0' || *s > '9')
			return 0;
		*us += (*s - '0') * unit;
		unit /= 10;
	}
	return 1;
}

/* "d h:m:s[.f]" */
static int
get_dti(const char *s, size_t n, int64_t *v)
{
	static const int64_t most[4] = { 106751990, 23, 59, 59 };
	static const int64_t unit[4] = { 86400, 3600, 60, 1 };
	const char *end = s + n;
	int64_t us = 0, seconds = 0;
	bool neg;

	if (!unwrap(&s, &end, &neg))
		return 0;
	for (int i = 0; i < 4; i++) {
		int64_t part;

		if (i > 0 && (s == end || *s++ != (i == 1 ? ' ' : ':')))
			return 0;
		part = digits(&s, end);
		if (part < 0 || part > most[i])
			return 0;
		seconds += part * unit[i];
	}
	if (!get_fraction(s, end, &us))
		return 0;
	us += seconds * 1000000;
	*v = neg ? -us : us;
	return 1;
}

#define GET_YMI(s, n) get_ymi(s, n, v)
#define GET_DTI(s, n) get_dti(s, n, v)
PARSE(parse_ymi, int32_t, GET_YMI)
PARSE(parse_dti, int64_t, GET_DTI)

kernel_fn
cast_parse(const struct type *to)
{
	static const kernel_fn table[TYPE_KINDS] = {
		[TYPE_BOOL] = parse_bool, [TYPE_I8] = parse_i8,
		[TYPE_I16] = parse_i16, [TYPE_I32] = parse_i32,
		[TYPE_I64] = parse_i64, [TYPE_F32] = parse_f32,
		[TYPE_F64] = parse_f64, [TYPE_DEC64] = parse_dec,
		[TYPE_DEC128] = parse_dec, [TYPE_DATE] = parse_date,
		[TYPE_TS] = parse_ts, [TYPE_TSNTZ] = parse_tsntz,
		[TYPE_YMI] = parse_ymi, [TYPE_DTI] = parse_dti,
	};

	return table[to->kind];
}

/* Writes the value of row i; returns its length, -1 for types that need a
 * struct text. */
static int
put(char *s, const struct column *c, int i, const struct zone *z)
{
	switch (c->type->kind) {
	case TYPE_I8:
	case TYPE_I16:
	case TYPE_I32:
	case TYPE_I64:
		return value_put_i64(s, (int64_t)cast_int_at(c, i));
	case TYPE_F32:
		return value_put_f32(s, (float)cast_float_at(c, i));
	case TYPE_F64:
		return value_put_f64(s, cast_float_at(c, i));
	case TYPE_DEC64:
	case TYPE_DEC128:
		return value_put_dec(s, cast_int_at(c, i), c->type->scale);
	case TYPE_DATE:
		return value_put_date(s, (int32_t)cast_int_at(c, i));
	case TYPE_TS:
		return value_put_ts(s, (int64_t)cast_int_at(c, i), z);
	default:
		return -1;
	}
}

int
cast_print(struct kernel_call *k, struct err *e)
{
	const struct column *c = &k->arg[0];
	struct text t = { 0 };

	(void)e;
	for (int i = 0; i < k->n; i++) {
		char s[96];
		int n;

		if (!kernel_wants(k, i))
			continue;
		n = put(s, c, i, k->zone);
		if (n >= 0) {
			kernel_bytes(k, i, s, (size_t)n);
			continue;
		}
		text_clear(&t);
		value_print(&t, c, i, k->zone);
		kernel_bytes(k, i, text_str(&t), t.n);
	}
	text_release(&t);
	return 0;
}
