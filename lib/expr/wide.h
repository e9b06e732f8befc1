/*
 * wide -- 256-bit magnitudes with a sign: what decimals of 38 digits need
 * between a multiplication and the rounding that follows it.
 *
 * Slow paths only: the kernels of decimals use int64_t and i128 where the
 * types promise that these are wide enough.
 */
#ifndef EXPR_WIDE_H
#define EXPR_WIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "column/type.h"

struct wide {
	bool neg;
	uint64_t w[4];          /* magnitude, least significant first */
};

/* a * b, exact. */
struct wide wide_mul(i128 a, i128 b);

/* Multiplies by 10^k; false when 256 bits are not enough. */
bool wide_scale_up(struct wide *x, int k);

/* Divides by 10^k, rounding half away from zero. */
void wide_scale_down(struct wide *x, int k);

/* x + y, which must not overflow (both below 2^254). */
struct wide wide_add(const struct wide *x, const struct wide *y);

/* Divides x by y (not 0), truncating; the rest, if asked for, has x's sign. */
struct wide wide_div(const struct wide *x, const struct wide *y,
    struct wide *rest);

/* Is |x| * 2 >= |y|? */
bool wide_half(const struct wide *x, const struct wide *y);

/* As i128; false when it does not fit. */
bool wide_get(const struct wide *x, i128 *out);

#endif
