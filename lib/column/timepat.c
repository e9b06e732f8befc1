/*
 * timepat -- see timepat.h.
 *
 * A pattern is a row of items, one a run of the same letter; optional
 * sections are tried first and left out when they do not match.
 */
#include "column/timepat.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "base/zone.h"
#include "column/value.h"

struct item {
	char letter;            /* '\'': text; '[' and ']' */
	int count;              /* letters, or bytes of text */
	const char *text;
	int to;                 /* '[': the item of its ']' */
};

struct timepat {
	int n;
	struct item *item;
};

/* What a text says. */
struct moment {
	int64_t year;
	int month, day, yday, hour, minute, second, half;  /* half: 1 am, 2 pm */
	bool twelve;            /* hour is 1 … 12 */
	int64_t micros;
	bool zoned;
	int offset;             /* seconds east */
};

struct state {
	const struct timepat *t;
	const char *p, *end;
	struct moment m;
};

static const char letters[] = "yuMLQqGdDHhkKmsSaEXxZzVO";
static const char *const months[] = { "January", "February", "March", "April",
	"May", "June", "July", "August", "September", "October", "November",
	"December" };
static const char *const weekdays[] = { "Thursday", "Friday", "Saturday",
	"Sunday", "Monday", "Tuesday", "Wednesday" };  /* from 1970-01-01 */
static const char *const nth[] = { "st", "nd", "rd", "th" };

int
timepat_new(struct timepat **out, struct arena *a, const char *s,
    struct err *e)
{
	struct timepat *t = NEW(a, struct timepat);
	int open[8], nopen = 0;

	t->item = NEW_N(a, struct item, strlen(s) + 1);
	while (*s) {
		struct item *x = &t->item[t->n++];
		const char *from = s;

		*x = (struct item){ .letter = *s, .count = 1, .text = s };
		if (*s == '\'') {
			const char *end = strchr(s + 1, '\'');

			if (end == NULL)
				return err_user(e, EXIT_USAGE, "pattern: a "
				    "quote is not closed");
			x->text = end == s + 1 ? s : arena_memdup(a, s + 1,
			    (size_t)(end - s - 1));
			x->count = end == s + 1 ? 1 : (int)(end - s - 1);
			s = end + 1;
		} else if (*s == '[' && nopen < 8) {
			open[nopen++] = t->n - 1;
			s++;
		} else if (*s == ']' && nopen > 0) {
			t->item[open[--nopen]].to = t->n - 1;
			s++;
		} else if (strchr(letters, *s)) {
			while (*s == *from)
				s++;
			x->count = (int)(s - from);
		} else if (isalpha((uint8_t)*s) || *s == '[' || *s == ']') {
			return err_user(e, EXIT_USAGE, "pattern: '%c' is not "
			    "known", *s);
		} else {
			x->letter = '\'';
			s++;
		}
	}
	if (nopen)
		return err_user(e, EXIT_USAGE, "pattern: '[' is not closed");
	*out = t;
	return 0;
}

static bool
is_number(const struct item *x)
{
	if (x->letter == 'M' || x->letter == 'L')
		return x->count <= 2;
	return x->letter != '\'' && strchr("yudDHhkKmsS", x->letter) != NULL;
}

/* A number of low to high digits. */
static bool
read_number(struct state *s, int low, int high, int64_t *v)
{
	int n = 0;

	*v = 0;
	while (n < high && s->p < s->end && isdigit((uint8_t)*s->p)) {
		*v = *v * 10 + (*s->p++ - '0');
		n++;
	}
	return n >= low;
}

static bool
read_name(struct state *s, const char *const *names, int n, int len, int *at)
{
	for (int i = 0; i < n; i++) {
		size_t k = len > 3 ? strlen(names[i]) : 3;

		if ((size_t)(s->end - s->p) >= k &&
		    strncasecmp(s->p, names[i], k) == 0) {
			s->p += k;
			*at = i;
			return true;
		}
	}
	return false;
}

/* Z, UTC, GMT, or +hh[[:]mm[[:]ss]]. */
static bool
read_offset(struct state *s)
{
	int64_t part[3] = { 0, 0, 0 };
	int sign, i;

	s->m.zoned = true;
	s->m.offset = 0;
	if (s->p < s->end && *s->p == 'Z') {
		s->p++;
		return true;
	}
	if (s->end - s->p >= 3 && (memcmp(s->p, "UTC", 3) == 0 ||
	    memcmp(s->p, "GMT", 3) == 0))
		s->p += 3;
	if (s->p == s->end || (*s->p != '+' && *s->p != '-'))
		return s->p > s->end - 3 || s->p == s->end;
	sign = *s->p++ == '-' ? -1 : 1;
	for (i = 0; i < 3; i++) {
		if (i && s->p < s->end && *s->p == ':')
			s->p++;
		else if (i && (s->p == s->end || !isdigit((uint8_t)*s->p)))
			break;
		if (!read_number(s, 2, 2, &part[i]))
			return false;
	}
	s->m.offset = sign * (int)(part[0] * 3600 + part[1] * 60 + part[2]);
	return part[0] <= 18 && part[1] < 60 && part[2] < 60;
}

static bool
read_year(struct state *s, const struct item *x, bool tight)
{
	int64_t v;
	bool sign = s->p < s->end && x->count != 2 &&
	    (*s->p == '-' || (*s->p == '+' && x->count >= 4));
	bool minus = sign && *s->p == '-';

	/* yyyy: more digits only behind a sign. */
	s->p += sign;
	if (!read_number(s, x->count, tight || x->count == 2 ||
	    (x->count >= 4 && !sign) ? x->count : 9, &v))
		return false;
	s->m.year = x->count == 2 ? 2000 + v : minus ? -v : v;
	return true;
}

static bool
read_fraction(struct state *s, const struct item *x)
{
	const char *from = s->p;
	int64_t v;
	int n;

	if (!read_number(s, x->count, x->count, &v))
		return false;
	for (n = (int)(s->p - from); n < 6; n++)
		v *= 10;
	for (; n > 6; n--)
		v /= 10;
	s->m.micros = v;
	return true;
}

/* One item of digits or a name. */
static bool
read_item(struct state *s, const struct item *x, bool tight)
{
	int high = tight ? x->count : x->count > 2 ? x->count : 2, day;
	int *to = NULL;
	int64_t v;

	switch (x->letter) {
	case 'y': case 'u':
		return read_year(s, x, tight);
	case 'S':
		return read_fraction(s, x);
	case 'a':
		if (s->end - s->p < 2 || (s->p[1] | 32) != 'm')
			return false;
		s->m.half = (*s->p | 32) == 'a' ? 1 : 2;
		s->p += 2;
		return (s->p[-2] | 32) == 'a' || (s->p[-2] | 32) == 'p';
	case 'E':
		return read_name(s, weekdays, 7, x->count, &day);
	case 'Q': case 'q': case 'G':
		return false;           /* only printed */
	case 'X': case 'x': case 'Z': case 'z': case 'V': case 'O':
		return read_offset(s);
	case 'M': case 'L':
		if (x->count > 2) {
			if (!read_name(s, months, 12, x->count, &s->m.month))
				return false;
			s->m.month++;
			return true;
		}
		to = &s->m.month;
		break;
	case 'd':
		to = &s->m.day;
		break;
	case 'D':
		to = &s->m.yday;
		high = 3;
		break;
	case 'h': case 'K':
		s->m.twelve = true;
		to = &s->m.hour;
		break;
	case 'H': case 'k':
		to = &s->m.hour;
		break;
	case 'm':
		to = &s->m.minute;
		break;
	default:
		to = &s->m.second;
	}
	if (!read_number(s, x->count, high, &v))
		return false;
	*to = x->letter == 'k' && v == 24 ? 0 : (int)v;
	return true;
}

static bool
read_items(struct state *s, int i)
{
	for (; i < s->t->n; i++) {
		const struct item *x = &s->t->item[i];
		bool tight = i + 1 < s->t->n && is_number(x) &&
		    is_number(x + 1);

		if (x->letter == '[') {
			struct state with = *s;

			if (read_items(&with, i + 1)) {
				*s = with;
				return true;
			}
			i = x->to;
		} else if (x->letter == '\'') {
			if (s->end - s->p < x->count ||
			    memcmp(s->p, x->text, (size_t)x->count) != 0)
				return false;
			s->p += x->count;
		} else if (x->letter != ']' && !read_item(s, x, tight)) {
			return false;
		}
	}
	return s->p == s->end;
}

/* The moment as local microseconds; false when there is no such time. */
static bool
resolve(struct moment *m, int64_t *us)
{
	static const int8_t len[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30,
	    31 };
	int64_t y = m->year, days;
	bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);

	if (m->twelve) {
		if (m->hour > 12)
			return false;
		m->hour = m->hour % 12 + (m->half == 2 ? 12 : 0);
	}
	if (m->month < 1 || m->month > 12 || m->day < 1 ||
	    m->day > len[m->month - 1] || (m->month == 2 && m->day == 29 &&
	    !leap) || m->hour > 23 || m->minute > 59 || m->second > 59 ||
	    y < -290000 || y > 290000 || m->yday > 365 + leap)
		return false;
	days = m->yday ? civil_days(y, 1, 1) + m->yday - 1 :
	    civil_days(y, m->month, m->day);
	*us = ((days * 24 + m->hour) * 3600 + m->minute * 60 + m->second) *
	    1000000 + m->micros;
	return true;
}

static bool
match(const struct timepat *t, const char *p, size_t n, struct moment *m,
    int64_t *us)
{
	struct state s = { t, p, p + n, { .year = 1970, .month = 1,
	    .day = 1 } };

	if (!read_items(&s, 0) || !resolve(&s.m, us))
		return false;
	*m = s.m;
	return true;
}

bool
timepat_local(const struct timepat *t, const char *s, size_t n, int64_t *us)
{
	struct moment m;

	return match(t, s, n, &m, us);
}

bool
timepat_date(const struct timepat *t, const char *s, size_t n, int32_t *days)
{
	const int64_t day = (int64_t)86400 * 1000000;
	int64_t us;

	if (!timepat_local(t, s, n, &us))
		return false;
	*days = (int32_t)(us / day - (us % day < 0));
	return true;
}

bool
timepat_utc(const struct timepat *t, const char *s, size_t n,
    const struct zone *z, int64_t *us)
{
	struct moment m;

	if (!match(t, s, n, &m, us))
		return false;
	if (m.zoned)
		*us -= (int64_t)m.offset * 1000000;
	else if (z)
		*us = zone_to_utc(z, *us);
	return true;
}

static void
print_offset(struct text *to, const struct item *x, int offset)
{
	int a = offset < 0 ? -offset : offset;

	if (offset == 0 && (x->letter == 'X' || x->letter == 'V' ||
	    x->letter == 'z')) {
		text_adds(to, x->letter == 'X' ? "Z" : "UTC");
		return;
	}
	text_addf(to, "%c%02d", offset < 0 ? '-' : '+', a / 3600);
	if ((x->letter == 'X' || x->letter == 'x') && x->count == 1) {
		if (a % 3600)
			text_addf(to, "%02d", a % 3600 / 60);
		return;
	}
	text_addf(to, "%s%02d", x->letter == 'Z' || x->count == 2 ? "" : ":",
	    a % 3600 / 60);
}

/* The local time being printed. */
struct local {
	int64_t year, days, micros;     /* micros of the day */
	int month, day, offset;
};

static void
print_quarter(struct text *to, int count, int quarter)
{
	if (count < 3)
		text_addf(to, "%0*d", count, quarter);
	else if (count == 3)
		text_addf(to, "Q%d", quarter);
	else
		text_addf(to, "%d%s quarter", quarter, nth[quarter - 1]);
}

static void
print_item(struct text *to, const struct item *x, const struct local *v)
{
	int hour = (int)(v->micros / 3600000000), n = x->count;
	char frac[16];

	switch (x->letter) {
	case 'y': case 'u':
		if (n == 2)
			text_addf(to, "%02d", (int)(v->year % 100));
		else if (n >= 4 && v->year > 9999)
			text_addf(to, "+%lld", (long long)v->year);
		else
			text_addf(to, "%0*lld", n, (long long)v->year);
		return;
	case 'M': case 'L':
		if (n > 2)
			text_add(to, months[v->month - 1], n == 3 ? 3 :
			    strlen(months[v->month - 1]));
		else
			text_addf(to, "%0*d", n, v->month);
		return;
	case 'Q': case 'q':
		print_quarter(to, n, (v->month + 2) / 3);
		return;
	case 'G':
		text_adds(to, v->year > 0 ? "AD" : "BC");
		return;
	case 'E':
		n = (int)((v->days % 7 + 7) % 7);
		text_add(to, weekdays[n], x->count > 3 ? strlen(weekdays[n]) :
		    3);
		return;
	case 'S':
		snprintf(frac, sizeof frac, "%06d000",
		    (int)(v->micros % 1000000));
		text_addf(to, "%.*s", n, frac);
		return;
	case 'a':
		text_adds(to, hour < 12 ? "AM" : "PM");
		return;
	case 'd':
		text_addf(to, "%0*d", n, v->day);
		return;
	case 'D':
		text_addf(to, "%0*d", n, (int)(v->days -
		    civil_days(v->year, 1, 1)) + 1);
		return;
	case 'H':
		text_addf(to, "%0*d", n, hour);
		return;
	case 'h':
		text_addf(to, "%0*d", n, hour % 12 ? hour % 12 : 12);
		return;
	case 'K':
		text_addf(to, "%0*d", n, hour % 12);
		return;
	case 'k':
		text_addf(to, "%0*d", n, hour ? hour : 24);
		return;
	case 'm':
		text_addf(to, "%0*d", n, (int)(v->micros / 60000000 % 60));
		return;
	case 's':
		text_addf(to, "%0*d", n, (int)(v->micros / 1000000 % 60));
		return;
	default:
		print_offset(to, x, v->offset);
	}
}

void
timepat_print(const struct timepat *t, struct text *to, int64_t us,
    const struct zone *z)
{
	const int64_t day = (int64_t)86400 * 1000000;
	struct local v = { .offset = z ? zone_offset(z, us) : 0 };

	us += (int64_t)v.offset * 1000000;
	v.days = us / day - (us % day < 0);
	v.micros = us - v.days * day;
	civil_from_days((int32_t)v.days, &v.year, &v.month, &v.day);
	for (int i = 0; i < t->n; i++) {
		const struct item *x = &t->item[i];

		if (x->letter == '\'')
			text_add(to, x->text, (size_t)x->count);
		else if (x->letter != '[' && x->letter != ']')
			print_item(to, x, &v);
	}
}
