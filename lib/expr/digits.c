/*
 * digits -- see digits.h.  Rounding looks at one digit and, for ties, at
 * whether anything follows it.
 */
#include "expr/digits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "column/value.h"

/* Reads a printed number: "-12.50", "1.0E-5". */
static void
digits_read(struct digits *t, const char *s, int len)
{
	int point = -1, lead = 1;

	memset(t, 0, sizeof *t);
	for (int i = 0; i < len; i++) {
		char c = s[i];

		if (c == '-') {
			t->negative = true;
		} else if (c == '.') {
			point = 0;
		} else if (c == 'E' || c == 'e') {
			t->point += (int)strtol(s + i + 1, NULL, 10);
			break;
		} else if (c >= '0' && c <= '9') {
			if (point >= 0)
				point++;
			if (lead && c == '0') {
				if (point > 0)
					t->point--;
				continue;
			}
			if (point <= 0)
				t->point++;
			lead = 0;
			if (t->n < DIGITS_MAX)
				t->d[t->n++] = (char)(c - '0');
		}
	}
	while (t->n > 0 && t->d[t->n - 1] == 0)
		t->n--;
	if (t->n == 0)
		t->point = 0;
}

void
digits_of_f64(struct digits *t, double x)
{
	char buf[40];
	int n = value_put_f64(buf, x);

	buf[n] = '\0';
	digits_read(t, buf, n);
}

void
digits_of_f32(struct digits *t, float x)
{
	char buf[40];
	int n = value_put_f32(buf, x);

	buf[n] = '\0';
	digits_read(t, buf, n);
}

void
digits_of_i128(struct digits *t, i128 v, int scale)
{
	char buf[64];
	int n = value_put_dec(buf, v, scale);

	buf[n] = '\0';
	digits_read(t, buf, n);
}

void
digits_round(struct digits *t, int places, enum digits_mode mode)
{
	int keep = t->point + places;
	bool up;

	if (keep >= t->n)
		return;
	if (keep < 0) {
		t->n = t->point = 0;
		return;
	}
	up = t->d[keep] >= 5;
	if (mode == DIGITS_HALF_EVEN && t->d[keep] == 5 && keep + 1 == t->n)
		up = keep > 0 && (t->d[keep - 1] & 1);
	t->n = keep;
	if (up) {
		while (t->n > 0 && t->d[t->n - 1] == 9)
			t->n--;
		if (t->n > 0) {
			t->d[t->n - 1]++;
		} else {
			t->d[t->n++] = 1;
			t->point++;
		}
	}
	while (t->n > 0 && t->d[t->n - 1] == 0)
		t->n--;
	if (t->n == 0)
		t->point = 0;
}

static char
digit_at(const struct digits *t, int i)
{
	return i >= 0 && i < t->n ? (char)('0' + t->d[i]) : '0';
}

size_t
digits_put(const struct digits *t, int places, char group, char *to)
{
	int whole = t->point > 0 ? t->point : 1;
	int first = t->point > 0 ? 0 : t->point - 1;
	size_t n = 0;

	for (int i = 0; i < whole; i++) {
		if (to)
			to[n] = digit_at(t, first + i);
		n++;
		if (group && i + 1 < whole && (whole - 1 - i) % 3 == 0) {
			if (to)
				to[n] = group;
			n++;
		}
	}
	if (places > 0) {
		if (to)
			to[n] = '.';
		n++;
	}
	for (int i = 0; i < places; i++, n++)
		if (to)
			to[n] = digit_at(t, t->point + i);
	return n;
}

double
digits_f64(const struct digits *t)
{
	char buf[DIGITS_MAX + 32];
	int n = 0;

	if (t->negative)
		buf[n++] = '-';
	buf[n++] = '0';
	buf[n++] = '.';
	for (int i = 0; i < t->n; i++)
		buf[n++] = digit_at(t, i);
	snprintf(buf + n, sizeof buf - (size_t)n, "e%d", t->point);
	return strtod(buf, NULL);
}
