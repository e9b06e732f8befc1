/*
 * digits -- a number as decimal digits, to be rounded and printed as Java
 * does it: on the shortest digits that mean the double, not on its binary
 * value, so that round(1.005, 2) is 1.01.
 */
#ifndef EXPR_DIGITS_H
#define EXPR_DIGITS_H

#include <stdbool.h>
#include <stddef.h>

#include "column/type.h"

#define DIGITS_MAX 40

/* 0.d0 d1 d2 … times 10^point; n 0: zero. */
struct digits {
	bool negative;
	int n, point;
	char d[DIGITS_MAX];     /* 0 … 9, not characters */
};

enum digits_mode { DIGITS_HALF_UP, DIGITS_HALF_EVEN };

/* x must be finite. */
void digits_of_f64(struct digits *t, double x);
void digits_of_f32(struct digits *t, float x);
void digits_of_i128(struct digits *t, i128 v, int scale);

/* Rounds to places decimals (negative: tens, hundreds …). */
void digits_round(struct digits *t, int places, enum digits_mode mode);

/* Writes the number, after digits_round to places >= 0, with as many
 * decimals; with commas if group.  Returns the length; to NULL: only that.
 * The sign is left out. */
size_t digits_put(const struct digits *t, int places, char group, char *to);

/* The double nearest to the digits. */
double digits_f64(const struct digits *t);

#endif
