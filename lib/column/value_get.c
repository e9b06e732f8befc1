/*
 * value_get -- numbers and booleans from text (see value.h).
 *
 * The inner loop of CSV scans: no allocation, eight digits at a time.
 * Doubles with up to 19 digits and small exponents are exact by Clinger's
 * fast path; others go to strtod.
 */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "column/value.h"

static void
trim(const char **s, size_t *n)
{
	while (*n && (unsigned char)**s <= ' ') {
		++*s;
		--*n;
	}
	while (*n && (unsigned char)(*s)[*n - 1] <= ' ')
		--*n;
}

/* All eight bytes are digits: their value by three multiplications. */
static inline uint64_t
eight_digits(const char *s)
{
	uint64_t v;

	memcpy(&v, s, 8);
	v = (v & 0x0f0f0f0f0f0f0f0fu) * 2561 >> 8;
	v = (v & 0x00ff00ff00ff00ffu) * 6553601 >> 16;
	return (v & 0x0000ffff0000ffffu) * 42949672960001u >> 32;
}

static inline bool
are_digits(const char *s)
{
	uint64_t v;

	memcpy(&v, s, 8);
	return ((v & 0xf0f0f0f0f0f0f0f0u) |
	    (((v + 0x0606060606060606u) & 0xf0f0f0f0f0f0f0f0u) >> 4)) ==
	    0x3333333333333333u;
}

/* Digits into *v while there are any; false when it overflows 64 bits. */
static bool
digits_u64(const char **sp, const char *end, uint64_t *v)
{
	const char *s = *sp;
	uint64_t u = *v;

	while (end - s >= 8 && are_digits(s)) {
		uint64_t chunk = eight_digits(s);

		if (__builtin_mul_overflow(u, (uint64_t)100000000, &u) ||
		    __builtin_add_overflow(u, chunk, &u))
			return false;
		s += 8;
	}
	while (s < end && (unsigned)(*s - '0') < 10) {
		if (__builtin_mul_overflow(u, (uint64_t)10, &u) ||
		    __builtin_add_overflow(u, (uint64_t)(*s - '0'), &u))
			return false;
		s++;
	}
	*sp = s;
	*v = u;
	return true;
}

int
value_get_i64(const char *s, size_t n, int64_t *v)
{
	const char *end, *from;
	uint64_t u = 0;
	bool minus = false;

	if (n == 0 || (unsigned char)s[0] <= ' ' ||
	    (unsigned char)s[n - 1] <= ' ')
		trim(&s, &n);
	end = s + n;
	if (n && (*s == '-' || *s == '+'))
		minus = *s++ == '-';
	from = s;
	if (!digits_u64(&s, end, &u) || s == from || s != end)
		return 0;
	if (u > (uint64_t)INT64_MAX + minus)
		return 0;
	*v = minus ? (int64_t)-u : (int64_t)u;
	return 1;
}

static int
get_word(const char *s, size_t n, double *v)
{
	static const struct { const char *word; double value; } words[] = {
		{ "nan", NAN }, { "infinity", INFINITY }, { "inf", INFINITY },
		{ "+infinity", INFINITY }, { "+inf", INFINITY },
		{ "-infinity", -INFINITY }, { "-inf", -INFINITY },
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i].word) == n &&
		    strncasecmp(words[i].word, s, n) == 0) {
			*v = words[i].value;
			return 1;
		}
	return 0;
}

struct number {
	uint64_t mant;
	int exp, ndigit;
	bool minus, exact;
};

/* Scans sign digits[.digits][e[sign]digits]; false when it is none. */
static bool
scan_number(const char *s, const char *end, struct number *x)
{
	const char *p = s;

	memset(x, 0, sizeof *x);
	x->exact = true;
	if (p < end && (*p == '-' || *p == '+'))
		x->minus = *p++ == '-';
	for (int dot = 0; p < end; p++) {
		unsigned d = (unsigned)(*p - '0');

		if (*p == '.' && !dot) {
			dot = 1;
			continue;
		}
		if (d > 9)
			break;
		x->ndigit++;
		if (x->mant < 1000000000000000000u) {
			x->mant = x->mant * 10 + d;
			x->exp -= dot;
		} else {
			x->exact &= d == 0;
			x->exp += !dot;
		}
	}
	if (x->ndigit == 0)
		return false;
	if (p < end && (*p == 'e' || *p == 'E')) {
		int e = 0, neg = 0;
		const char *from;

		p++;
		if (p < end && (*p == '-' || *p == '+'))
			neg = *p++ == '-';
		for (from = p; p < end && (unsigned)(*p - '0') < 10; p++)
			e = e < 100000 ? e * 10 + (*p - '0') : e;
		if (p == from)
			return false;
		x->exp += neg ? -e : e;
	}
	return p == end;
}

static double
slow_real(const char *s, size_t n, int single)
{
	char buf[512], *p = buf;
	double v;

	if (n >= sizeof buf)
		p = malloc(n + 1);
	if (p == NULL)
		return NAN;
	memcpy(p, s, n);
	p[n] = '\0';
	v = single ? (double)strtof(p, NULL) : strtod(p, NULL);
	if (p != buf)
		free(p);
	return v;
}

static int
get_real(const char *s, size_t n, double *v, int single)
{
	static const double p10[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
	    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
	    1e19, 1e20, 1e21, 1e22 };
	struct number x;
	char last;

	trim(&s, &n);
	if (n == 0)
		return 0;
	last = s[n - 1];
	if (n > 1 && strchr("dDfF", last) &&
	    (isdigit((unsigned char)s[n - 2]) || s[n - 2] == '.'))
		n--;
	if (!scan_number(s, s + n, &x))
		return get_word(s, n, v);
	if (x.exact && x.mant < (uint64_t)1 << 53 && x.exp >= -22 &&
	    x.exp <= 22 && !single) {
		*v = x.exp < 0 ? (double)x.mant / p10[-x.exp] :
		    (double)x.mant * p10[x.exp];
		*v = x.minus ? -*v : *v;
		return 1;
	}
	*v = slow_real(s, n, single);
	return 1;
}

int
value_get_f64(const char *s, size_t n, double *v)
{
	return get_real(s, n, v, 0);
}

int
value_get_f32(const char *s, size_t n, float *v)
{
	double d;

	if (!get_real(s, n, &d, 1))
		return 0;
	*v = (float)d;
	return 1;
}

int
value_get_bool(const char *s, size_t n, uint8_t *v)
{
	static const char *const yes[] = { "true", "t", "yes", "y", "1" };
	static const char *const no[] = { "false", "f", "no", "n", "0" };

	trim(&s, &n);
	for (int i = 0; i < 5; i++) {
		if (strlen(yes[i]) == n && strncasecmp(yes[i], s, n) == 0) {
			*v = 1;
			return 1;
		}
		if (strlen(no[i]) == n && strncasecmp(no[i], s, n) == 0) {
			*v = 0;
			return 1;
		}
	}
	return 0;
}

/* The exponent behind e or E; false when it is none. */
static bool
get_exponent(const char *e, const char *end, int64_t *x)
{
	*x = 0;
	if (e == end)
		return true;
	return value_get_i64(e + 1, (size_t)(end - e - 1), x) &&
	    *x < 10000 && *x > -10000;
}

/* Any length and exponent.  Of the nd digits without leading zeros the first
 * keep = nd + exponent + scale make the result; the next one rounds. */
static int
slow_dec(const char *s, const char *end, int precision, int scale, i128 *out)
{
	const char *e = s, *p = s;
	int64_t exp, nd = 0, frac = 0, keep, at = 0;
	bool minus = false, point = false, any = false;
	i128 v = 0;

	while (e < end && *e != 'e' && *e != 'E')
		e++;
	if (!get_exponent(e, end, &exp))
		return 0;
	if (p < e && (*p == '-' || *p == '+'))
		minus = *p++ == '-';
	for (const char *q = p; q < e; q++) {
		if (*q == '.' && !point) {
			point = true;
			continue;
		}
		if ((unsigned)(*q - '0') > 9)
			return 0;
		any = true;
		frac += point;
		nd += nd || *q != '0';
	}
	if (!any)
		return 0;
	keep = nd + exp - frac + scale;
	if (nd && keep > 38)
		return 0;
	for (; p < e && at <= keep && nd; p++) {
		int d = *p - '0';

		if (*p == '.' || (at == 0 && d == 0))
			continue;
		if (at < keep)
			v = v * 10 + d;
		else if (d >= 5)
			v++;
		at++;
	}
	for (; nd && at < keep; at++)
		v *= 10;
	*out = minus ? -v : v;
	return dec_fits(*out, precision);
}

int
value_get_dec(const char *s, size_t n, int precision, int scale, i128 *v)
{
	const char *end, *p;
	uint64_t u = 0;
	bool minus = false;
	int frac = 0;

	trim(&s, &n);
	end = s + n;
	p = s;
	if (n == 0)
		return 0;
	if (n > 19)
		return slow_dec(s, end, precision, scale, v);
	if (*p == '-' || *p == '+')
		minus = *p++ == '-';
	if (p == end || (*p == '.' && p + 1 == end))
		return 0;
	digits_u64(&p, end, &u);
	if (p < end && *p == '.') {
		const char *from = ++p;

		digits_u64(&p, end, &u);
		frac = (int)(p - from);
	}
	if (p != end || frac > scale)
		return slow_dec(s, end, precision, scale, v);
	*v = (i128)u * pow10_i128[scale - frac];
	if (minus)
		*v = -*v;
	return dec_fits(*v, precision);
}
