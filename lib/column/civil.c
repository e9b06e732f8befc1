/*
 * civil -- the calendar, decimals' powers and rounding (see value.h).
 */
#include "column/value.h"

/* Howard Hinnant, chrono-compatible low-level date algorithms. */
int32_t
civil_days(int64_t y, int m, int d)
{
	int64_t era, yoe, doy, doe;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return (int32_t)(era * 146097 + doe - 719468);
}

void
civil_from_days(int32_t days, int64_t *y, int *m, int *d)
{
	int64_t z = (int64_t)days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*d = (int)(doy - (153 * mp + 2) / 5 + 1);
	*m = (int)(mp < 10 ? mp + 3 : mp - 9);
	*y = yoe + era * 400 + (*m <= 2);
}

#define E9  ((i128)1000000000)
#define E18 (E9 * E9)
#define E27 (E18 * E9)
#define E36 (E18 * E18)
const i128 pow10_i128[39] = {
	1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
	E9, E9 * 10, E9 * 100, E9 * 1000, E9 * 10000, E9 * 100000,
	E9 * 1000000, E9 * 10000000, E9 * 100000000,
	E18, E18 * 10, E18 * 100, E18 * 1000, E18 * 10000, E18 * 100000,
	E18 * 1000000, E18 * 10000000, E18 * 100000000,
	E27, E27 * 10, E27 * 100, E27 * 1000, E27 * 10000, E27 * 100000,
	E27 * 1000000, E27 * 10000000, E27 * 100000000,
	E36, E36 * 10, E36 * 100,
};

bool
dec_rescale(i128 v, int from, int to, i128 *out)
{
	i128 p, half;

	if (to >= from) {
		if (to - from > 38)
			return v == 0 ? (*out = 0, true) : false;
		return !__builtin_mul_overflow(v, pow10_i128[to - from], out);
	}
	if (from - to > 38) {
		*out = 0;
		return true;
	}
	p = pow10_i128[from - to];
	half = p / 2;
	*out = v / p;
	if (v >= 0 ? v % p >= half : -(v % p) >= half)
		*out += v >= 0 ? 1 : -1;
	return true;
}

bool
dec_fits(i128 v, int precision)
{
	return v < pow10_i128[precision] && v > -pow10_i128[precision];
}
