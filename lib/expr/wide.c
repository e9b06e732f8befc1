/*
 * wide -- 256-bit magnitudes with a sign.
 *
 * Schoolbook multiplication by words.  Division by one word uses the
 * machine's 128/64 division; by more, shift and subtract (256 steps), which
 * only decimals near the limit of 38 digits pay for.
 */
#include "expr/wide.h"

#include <string.h>

#include "column/value.h"

__extension__ typedef unsigned __int128 u128;

static struct wide
wide_of(u128 v, bool neg)
{
	return (struct wide){ neg, { (uint64_t)v, (uint64_t)(v >> 64), 0, 0 } };
}

static u128
magnitude(i128 v)
{
	return v < 0 ? -(u128)v : (u128)v;
}

/* Multiplies by one word; returns the carry. */
static uint64_t
mul_word(struct wide *x, uint64_t m)
{
	u128 c = 0;

	for (int i = 0; i < 4; i++) {
		c += (u128)x->w[i] * m;
		x->w[i] = (uint64_t)c;
		c >>= 64;
	}
	return (uint64_t)c;
}

/* Divides by one word; returns the rest. */
static uint64_t
div_word(struct wide *x, uint64_t d)
{
	u128 r = 0;

	for (int i = 3; i >= 0; i--) {
		r = r << 64 | x->w[i];
		x->w[i] = (uint64_t)(r / d);
		r %= d;
	}
	return (uint64_t)r;
}

static void
add_magnitude(struct wide *x, const struct wide *y)
{
	u128 c = 0;

	for (int i = 0; i < 4; i++) {
		c += (u128)x->w[i] + y->w[i];
		x->w[i] = (uint64_t)c;
		c >>= 64;
	}
}

/* x -= y, |x| >= |y|. */
static void
sub_magnitude(struct wide *x, const struct wide *y)
{
	uint64_t borrow = 0;

	for (int i = 0; i < 4; i++) {
		u128 d = (u128)x->w[i] - y->w[i] - borrow;

		x->w[i] = (uint64_t)d;
		borrow = d >> 64 != 0;
	}
}

static int
cmp_magnitude(const struct wide *x, const struct wide *y)
{
	for (int i = 3; i >= 0; i--)
		if (x->w[i] != y->w[i])
			return x->w[i] < y->w[i] ? -1 : 1;
	return 0;
}

struct wide
wide_mul(i128 a, i128 b)
{
	u128 m = magnitude(b);
	struct wide lo = wide_of(magnitude(a), (a < 0) != (b < 0)), hi = lo;

	mul_word(&lo, (uint64_t)m);
	mul_word(&hi, (uint64_t)(m >> 64));
	memmove(&hi.w[1], &hi.w[0], 3 * sizeof hi.w[0]);
	hi.w[0] = 0;
	add_magnitude(&lo, &hi);
	return lo;
}

bool
wide_scale_up(struct wide *x, int k)
{
	uint64_t lost = 0;

	for (; k > 0; k -= 18)
		lost |= mul_word(x, (uint64_t)pow10_i128[k < 18 ? k : 18]);
	return lost == 0 && x->w[3] >> 62 == 0;
}

void
wide_scale_down(struct wide *x, int k)
{
	struct wide half;

	if (k <= 0)
		return;
	half = wide_of(5, false);
	if (!wide_scale_up(&half, k - 1)) {
		memset(x->w, 0, sizeof x->w);   /* 10^k is above 2^254 */
		return;
	}
	add_magnitude(x, &half);
	for (; k > 0; k -= 18)
		div_word(x, (uint64_t)pow10_i128[k < 18 ? k : 18]);
}

struct wide
wide_add(const struct wide *x, const struct wide *y)
{
	struct wide r = *x;

	if (x->neg == y->neg) {
		add_magnitude(&r, y);
	} else if (cmp_magnitude(x, y) >= 0) {
		sub_magnitude(&r, y);
	} else {
		r = *y;
		sub_magnitude(&r, x);
	}
	return r;
}

static void
shift_in(struct wide *x, unsigned bit)
{
	for (int i = 3; i > 0; i--)
		x->w[i] = x->w[i] << 1 | x->w[i - 1] >> 63;
	x->w[0] = x->w[0] << 1 | bit;
}

struct wide
wide_div(const struct wide *x, const struct wide *y, struct wide *rest)
{
	struct wide q = *x, r = { .neg = x->neg };

	q.neg = x->neg != y->neg;
	if (y->w[1] == 0 && y->w[2] == 0 && y->w[3] == 0) {
		r.w[0] = div_word(&q, y->w[0]);
	} else {
		for (int i = 0; i < 256; i++) {
			shift_in(&r, (unsigned)(q.w[3] >> 63));
			shift_in(&q, 0);
			if (cmp_magnitude(&r, y) >= 0) {
				sub_magnitude(&r, y);
				q.w[0] |= 1;
			}
		}
	}
	if (rest)
		*rest = r;
	return q;
}

bool
wide_half(const struct wide *x, const struct wide *y)
{
	struct wide twice = *x;

	shift_in(&twice, 0);
	return cmp_magnitude(&twice, y) >= 0;
}

bool
wide_get(const struct wide *x, i128 *out)
{
	u128 m = (u128)x->w[1] << 64 | x->w[0];

	if (x->w[2] || x->w[3] || m >> 127)
		return false;
	*out = x->neg ? -(i128)m : (i128)m;
	return true;
}
