/*
 * value -- see value.h: values as text.
 *
 * Doubles are printed as Java prints them: the shortest digits that read
 * back to the same value, plain between 10^-3 and 10^7, else with exponent.
 */
#include "column/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "base/zone.h"

static const char two_digits[] =
    "000102030405060708091011121314151617181920212223242526272829"
    "303132333435363738394041424344454647484950515253545556575859"
    "606162636465666768697071727374757677787980818283848586878889"
    "90919293949596979899";

static int
put_u64(char *to, uint64_t v)
{
	char buf[20];
	int at = 20;

	while (v >= 100) {
		at -= 2;
		memcpy(buf + at, two_digits + v % 100 * 2, 2);
		v /= 100;
	}
	if (v >= 10) {
		at -= 2;
		memcpy(buf + at, two_digits + v * 2, 2);
	} else {
		buf[--at] = (char)('0' + v);
	}
	memcpy(to, buf + at, (size_t)(20 - at));
	return 20 - at;
}

int
value_put_i64(char *to, int64_t v)
{
	if (v >= 0)
		return put_u64(to, (uint64_t)v);
	*to = '-';
	return 1 + put_u64(to + 1, -(uint64_t)v);
}

/* Shortest of 1..17 (or 9) significant digits that reads back: digits
 * without point, and the decimal exponent of the first one. */
static int
shortest(char *digits, double v, int single, int *exp)
{
	char buf[40];
	double normal = single ? 1.17549435e-38 : 2.2250738585072014e-308;
	int low = v < normal ? 2 : single ? 6 : 15;     /* fewer bits there */
	int high = single ? 9 : 17, n = 0;

	for (int p = low; p <= high; p++) {
		snprintf(buf, sizeof buf, "%.*e", p - 1, v);
		if (p == high || (single ? strtof(buf, NULL) == (float)v :
		    strtod(buf, NULL) == v))
			break;
	}
	for (const char *s = buf; *s && *s != 'e'; s++)
		if (*s != '.')
			digits[n++] = *s;
	*exp = (int)strtol(strchr(buf, 'e') + 1, NULL, 10);
	while (n > 1 && digits[n - 1] == '0')
		n--;
	return n;
}

static int
put_plain(char *to, const char *d, int n, int exp)
{
	char *p = to;

	if (exp < 0) {
		memcpy(p, "0.", 2);
		p += 2;
		for (int i = -1; i > exp; i--)
			*p++ = '0';
		memcpy(p, d, (size_t)n);
		return (int)(p - to) + n;
	}
	for (int i = 0; i <= exp; i++)
		*p++ = i < n ? d[i] : '0';
	*p++ = '.';
	if (n <= exp + 1)
		*p++ = '0';
	for (int i = exp + 1; i < n; i++)
		*p++ = d[i];
	return (int)(p - to);
}

/* Digits of v when it is m / 10^k with m below 10^15; their number, or 0.
 * No two such decimals are the same double, so this is the shortest form. */
static int
few_digits(char *d, double v, int *exp)
{
	static const double scale[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
	    1e8, 1e9, 1e10, 1e11, 1e12 };

	if (v < 1e-3)
		return 0;
	for (int k = 0; k < 13 && v * scale[k] < 1e15; k++) {
		int64_t m = (int64_t)(v * scale[k] + 0.5);

		if ((double)m / scale[k] == v) {
			int n = put_u64(d, (uint64_t)m);

			*exp = n - 1 - k;
			while (n > 1 && d[n - 1] == '0')
				n--;
			return n;
		}
	}
	return 0;
}

static int
put_real(char *to, double v, int single)
{
	char d[24] = "", *p = to;
	int n, exp;

	if (isnan(v))
		return (int)(stpcpy(to, "NaN") - to);
	if (signbit(v)) {
		*p++ = '-';
		v = -v;
	}
	if (isinf(v))
		return (int)(stpcpy(p, "Infinity") - to);
	if (v == 0)
		return (int)(stpcpy(p, "0.0") - to);
	if (v < 1e7 && v == (double)(int64_t)v) {
		p += put_u64(p, (uint64_t)v);
		return (int)(stpcpy(p, ".0") - to);
	}
	n = single ? 0 : few_digits(d, v, &exp);
	if (n == 0)
		n = shortest(d, v, single, &exp);
	if (exp >= -3 && exp < 7)
		return (int)(p - to) + put_plain(p, d, n, exp);
	*p++ = d[0];
	*p++ = '.';
	if (n == 1)
		*p++ = '0';
	memcpy(p, d + 1, (size_t)(n - 1));
	p += n - 1;
	*p++ = 'E';
	p += value_put_i64(p, exp);
	return (int)(p - to);
}

int
value_put_f64(char *to, double v)
{
	return put_real(to, v, 0);
}

int
value_put_f32(char *to, float v)
{
	return put_real(to, (double)v, 1);
}

int
value_put_dec(char *to, i128 v, int scale)
{
	u128 u = v < 0 ? -(u128)v :
	    (u128)v;
	char buf[48], *p = to;
	int n = 0;

	if (v < 0)
		*p++ = '-';
	if (u <= UINT64_MAX) {
		char tmp[20];
		int k = put_u64(tmp, (uint64_t)u);

		for (int i = k - 1; i >= 0; i--)
			buf[n++] = tmp[i];
	}
	for (; u > UINT64_MAX || (n == 0 && u); u /= 10) {
		buf[n++] = (char)('0' + (int)(u % 10));
		if (u / 10 <= UINT64_MAX) {
			uint64_t rest = (uint64_t)(u / 10);

			for (; rest; rest /= 10)
				buf[n++] = (char)('0' + (int)(rest % 10));
			break;
		}
	}
	while (n <= scale)
		buf[n++] = '0';
	while (n) {
		if (n == scale)
			*p++ = '.';
		*p++ = buf[--n];
	}
	return (int)(p - to);
}

static char *
put2(char *p, int v)
{
	memcpy(p, two_digits + v * 2, 2);
	return p + 2;
}

int
value_put_date(char *to, int32_t days)
{
	int64_t y;
	int m, d;
	char *p = to;

	civil_from_days(days, &y, &m, &d);
	if (y >= 0 && y <= 9999) {
		p = put2(p, (int)(y / 100));
		p = put2(p, (int)(y % 100));
	} else {
		*p++ = y < 0 ? '-' : '+';
		p += snprintf(p, 12, "%04lld", (long long)(y < 0 ? -y : y));
	}
	*p++ = '-';
	p = put2(p, m);
	*p++ = '-';
	return (int)(put2(p, d) - to);
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	int64_t q = a / b;

	return q - (a % b < 0);
}

int
value_put_ts(char *to, int64_t us, const struct zone *z)
{
	int64_t local = z ? zone_to_local(z, us) : us;
	int64_t days = floor_div(local, 86400000000), rest;
	char *p = to + value_put_date(to, (int32_t)days);

	rest = local - days * 86400000000;
	*p++ = ' ';
	p = put2(p, (int)(rest / 3600000000));
	*p++ = ':';
	p = put2(p, (int)(rest / 60000000 % 60));
	*p++ = ':';
	p = put2(p, (int)(rest / 1000000 % 60));
	rest %= 1000000;
	if (rest) {
		*p++ = '.';
		for (int64_t unit = 100000; rest; unit /= 10) {
			*p++ = (char)('0' + rest / unit);
			rest %= unit;
		}
	}
	return (int)(p - to);
}

int
value_put_ymi(char *to, int32_t months)
{
	int64_t m = months < 0 ? -(int64_t)months : months;

	return snprintf(to, 64, "INTERVAL '%s%lld-%lld' YEAR TO MONTH",
	    months < 0 ? "-" : "", (long long)(m / 12), (long long)(m % 12));
}

int
value_put_dti(char *to, int64_t us)
{
	uint64_t u = us < 0 ? -(uint64_t)us : (uint64_t)us;
	uint64_t frac = u % 1000000;
	int n = snprintf(to, 80, "INTERVAL '%s%llu %02d:%02d:%02d",
	    us < 0 ? "-" : "", (unsigned long long)(u / 86400000000u),
	    (int)(u / 3600000000u % 24), (int)(u / 60000000 % 60),
	    (int)(u / 1000000 % 60));

	if (frac) {
		n += snprintf(to + n, 80 - (size_t)n, ".%06d", (int)frac);
		while (to[n - 1] == '0')
			n--;
	}
	return n + snprintf(to + n, 80 - (size_t)n, "' DAY TO SECOND");
}

static void
print_kids(struct text *to, const struct column *c, int64_t i,
    const struct zone *z)
{
	struct lview v = { 0, 1 };
	bool map = c->type->kind == TYPE_MAP;
	int nf = c->type->nfield;

	if (c->type->kind != TYPE_STRUCT)
		v = ((const struct lview *)c->data)[i];
	else
		v.off = (uint32_t)i;
	text_addc(to, c->type->kind == TYPE_ARRAY ? '[' : '{');
	for (uint32_t k = 0; k < v.len; k++)
		for (int f = 0; f < nf; f++) {
			if (f || k)
				text_adds(to, map && f ? " -> " : ", ");
			if (col_null(&c->kid[f], v.off + k))
				text_adds(to, "null");
			else
				value_print(to, &c->kid[f], v.off + k, z);
		}
	text_addc(to, c->type->kind == TYPE_ARRAY ? ']' : '}');
}

/* A scalar other than strings into to[96]; its length. */
static int
put_scalar(char *to, const struct column *c, int64_t i, const struct zone *z)
{
	const void *d = c->data;

	switch (c->type->kind) {
	case TYPE_BOOL:   return (int)(stpcpy(to, ((const uint8_t *)d)[i] ?
			      "true" : "false") - to);
	case TYPE_I8:     return value_put_i64(to, ((const int8_t *)d)[i]);
	case TYPE_I16:    return value_put_i64(to, ((const int16_t *)d)[i]);
	case TYPE_I32:    return value_put_i64(to, ((const int32_t *)d)[i]);
	case TYPE_I64:    return value_put_i64(to, ((const int64_t *)d)[i]);
	case TYPE_F32:    return value_put_f32(to, ((const float *)d)[i]);
	case TYPE_F64:    return value_put_f64(to, ((const double *)d)[i]);
	case TYPE_DEC64:  return value_put_dec(to, ((const int64_t *)d)[i],
			      c->type->scale);
	case TYPE_DEC128: return value_put_dec(to, ((const i128 *)d)[i],
			      c->type->scale);
	case TYPE_DATE:   return value_put_date(to, ((const int32_t *)d)[i]);
	case TYPE_TS:     return value_put_ts(to, ((const int64_t *)d)[i], z);
	case TYPE_TSNTZ:  return value_put_ts(to, ((const int64_t *)d)[i],
			      NULL);
	case TYPE_YMI:    return value_put_ymi(to, ((const int32_t *)d)[i]);
	case TYPE_DTI:    return value_put_dti(to, ((const int64_t *)d)[i]);
	default:          return 0;
	}
}

void
value_print(struct text *to, const struct column *c, int64_t i,
    const struct zone *z)
{
	i = col_at(c, i);
	if (type_is_nested(c->type)) {
		print_kids(to, c, i, z);
	} else if (type_is_bytes(c->type)) {
		const struct sview *v = (const struct sview *)c->data + i;

		text_add(to, sview_ptr(v), v->len);
	} else {
		char *p = text_room(to, 96);

		to->n += (size_t)put_scalar(p, c, i, z);
	}
}
