/*
 * value_time -- dates and timestamps from text (see value.h), in the forms
 * that Spark's casts accept.
 */
#include <ctype.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/zone.h"
#include "column/value.h"

static const uint8_t month_days[] = { 0, 31, 29, 31, 30, 31, 30, 31, 31, 30,
	31, 30, 31 };

static bool
valid_date(int64_t y, int m, int d)
{
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

	if (m < 1 || m > 12 || d < 1 || d > month_days[m])
		return false;
	return m != 2 || d < 29 || leap;
}

static inline unsigned
digit(const char *s, int i)
{
	return (unsigned)(s[i] - '0');
}

/* A number of low to high digits; 0 when there are not as many. */
static int
number(const char **s, const char *end, int low, int high, int64_t *v)
{
	int n = 0;

	for (*v = 0; *s < end && n < high && (unsigned)(**s - '0') < 10; n++)
		*v = *v * 10 + (*(*s)++ - '0');
	return n >= low && !(*s < end && (unsigned)(**s - '0') < 10);
}

/* yyyy[-m[-d]]; *s is left behind it. */
static int
get_date(const char **s, const char *end, int32_t *days)
{
	int64_t y, m = 1, d = 1;
	bool minus = false;

	if (*s < end && (**s == '-' || **s == '+'))
		minus = *(*s)++ == '-';
	if (!number(s, end, 4, 7, &y))
		return 0;
	if (*s < end && **s == '-') {
		++*s;
		if (!number(s, end, 1, 2, &m))
			return 0;
		if (*s < end && **s == '-') {
			++*s;
			if (!number(s, end, 1, 2, &d))
				return 0;
		}
	}
	y = minus ? -y : y;
	if (!valid_date(y, (int)m, (int)d) || y > 5881580 || y < -5877641)
		return 0;
	*days = civil_days(y, (int)m, (int)d);
	return 1;
}

static void
trim(const char **s, const char **end)
{
	while (*s < *end && (unsigned char)**s <= ' ')
		++*s;
	while (*s < *end && (unsigned char)(*end)[-1] <= ' ')
		--*end;
}

int
value_get_date(const char *s, size_t n, int32_t *days)
{
	const char *end = s + n;

	if (n == 10 && s[4] == '-' && s[7] == '-') {
		unsigned y0 = digit(s, 0), y1 = digit(s, 1), y2 = digit(s, 2),
		    y3 = digit(s, 3), m0 = digit(s, 5), m1 = digit(s, 6),
		    d0 = digit(s, 8), d1 = digit(s, 9);

		if ((y0 > 9) | (y1 > 9) | (y2 > 9) | (y3 > 9) | (m0 > 9) |
		    (m1 > 9) | (d0 > 9) | (d1 > 9))
			return 0;
		int y = (int)(y0 * 1000 + y1 * 100 + y2 * 10 + y3);
		int m = (int)(m0 * 10 + m1), d = (int)(d0 * 10 + d1);

		if (!valid_date(y, m, d))
			return 0;
		*days = civil_days(y, m, d);
		return 1;
	}
	trim(&s, &end);
	if (!get_date(&s, end, days))
		return 0;
	return s == end || *s == ' ' || *s == 'T';
}

/* [h]h[:[m]m[:[s]s[.fraction]]] as microseconds; only hours: at the end. */
static int
get_time(const char **s, const char *end, int64_t *us, bool *seconds)
{
	int64_t h, m = 0, sec = 0, frac = 0;

	*seconds = false;
	if (!number(s, end, 1, 2, &h) || (*s < end && **s != ':'))
		return 0;
	if (*s < end) {
		++*s;
		if (!number(s, end, 1, 2, &m))
			return 0;
	}
	if (*s < end && **s == ':') {
		++*s;
		*seconds = true;
		if (!number(s, end, 1, 2, &sec))
			return 0;
		if (*s < end && **s == '.') {
			int k = 0;

			for (++*s; *s < end && isdigit((unsigned char)**s); ++*s)
				if (k++ < 6)
					frac = frac * 10 + (**s - '0');
			for (; k < 6; k++)
				frac *= 10;
		}
	}
	if (h > 23 || m > 59 || sec > 59)
		return 0;
	*us = ((h * 60 + m) * 60 + sec) * 1000000 + frac;
	return 1;
}

/* Local microseconds; what follows is left to the caller. */
static int
get_local(const char **s, const char *end, int64_t *us, bool *seconds,
    bool *has_time)
{
	int64_t time = 0;
	int32_t days;

	*has_time = *seconds = false;
	if (!get_date(s, end, &days))
		return 0;
	if (*s < end && (**s == ' ' || **s == 'T')) {
		++*s;
		if (*s < end) {
			*has_time = true;
			if (!get_time(s, end, &time, seconds))
				return 0;
		}
	}
	return !__builtin_mul_overflow((int64_t)days, (int64_t)86400000000,
	    us) && !__builtin_add_overflow(*us, time, us);
}

/* The zone behind a time: Z, an offset, a name.  Into us, or only checked. */
static int
get_zone(const char *s, const char *end, int64_t *us)
{
	const struct zone *named;
	char name[64];
	struct arena a;
	struct err e;
	int r;

	while (s < end && *s == ' ')
		s++;
	if ((size_t)(end - s) >= sizeof name)
		return 0;
	memcpy(name, s, (size_t)(end - s));
	name[end - s] = '\0';
	if (strcmp(name, "Z") == 0)
		return 1;
	arena_init(&a);
	r = zone_load(&a, name, &named, &e);
	if (r >= 0 && us)
		*us = zone_to_utc(named, *us);
	arena_release(&a);
	return r >= 0;
}

int
value_get_tsntz(const char *s, size_t n, int64_t *us)
{
	const char *end = s + n;
	bool seconds, has_time;

	trim(&s, &end);
	if (!get_local(&s, end, us, &seconds, &has_time))
		return 0;
	return s == end || (seconds && get_zone(s, end, NULL));
}

int
value_get_ts(const char *s, size_t n, const struct zone *z, int64_t *us)
{
	const char *end = s + n;
	bool seconds, has_time;

	trim(&s, &end);
	if (!get_local(&s, end, us, &seconds, &has_time))
		return 0;
	if (s == end) {
		*us = zone_to_utc(z, *us);
		return 1;
	}
	return seconds && get_zone(s, end, us);
}
