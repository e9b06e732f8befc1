/*
 * guess -- see guess.h.
 *
 * Whole numbers become bigint, not int: later rows may be larger than those
 * of the sample.  Dates need yyyy-mm-dd; a lone "2024" is a number.
 */
#include "format/guess.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/zone.h"
#include "column/value.h"

static unsigned
guess_number(const char *p, size_t n)
{
	size_t at = *p == '-' || *p == '+', i = at;
	int64_t v;
	double d;

	while (i < n && isdigit((uint8_t)p[i]))
		i++;
	if (i == n && i > at) {
		if (value_get_i64(p, n, &v))
			return GUESS_BIGINT | GUESS_DECIMAL | GUESS_DOUBLE;
		return n - at <= 38 ? GUESS_DECIMAL | GUESS_DOUBLE :
		    GUESS_DOUBLE;
	}
	/* No 1d or 1f, which the cast accepts. */
	if (isdigit((uint8_t)p[n - 1]) || p[n - 1] == '.')
		return value_get_f64(p, n, &d) ? GUESS_DOUBLE : 0;
	return 0;
}

static unsigned
guess_time(const char *p, size_t n)
{
	int32_t days;
	int64_t us;

	for (int i = 0; i < 4; i++)
		if (!isdigit((uint8_t)p[i]))
			return 0;
	if (p[4] != '-')
		return 0;
	if (n <= 10)
		return value_get_date(p, n, &days) ? GUESS_DATE | GUESS_TS : 0;
	return value_get_ts(p, n, zone_utc, &us) ? GUESS_TS : 0;
}

unsigned
guess_text(const char *p, size_t n)
{
	static const char *const words[] = { "NaN", "Infinity", "-Infinity",
	    "Inf", "-Inf" };

	if (n == 0)
		return GUESS_ALL;
	if ((n == 4 && strncasecmp(p, "true", 4) == 0) ||
	    (n == 5 && strncasecmp(p, "false", 5) == 0))
		return GUESS_BOOL;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (n == strlen(words[i]) && memcmp(p, words[i], n) == 0)
			return GUESS_DOUBLE;
	if (n >= 8 && p[4] == '-' && isdigit((uint8_t)*p))
		return guess_time(p, n);
	return isdigit((uint8_t)*p) || *p == '-' || *p == '+' || *p == '.' ?
	    guess_number(p, n) : 0;
}

const struct type *
guess_type(unsigned guess, struct arena *a)
{
	if (guess == GUESS_ALL)
		return TYPE(STR);
	if (guess & GUESS_BIGINT)
		return TYPE(I64);
	if (guess & GUESS_DECIMAL)
		return type_decimal(a, 38, 0);
	if (guess & GUESS_DOUBLE)
		return TYPE(F64);
	if (guess & GUESS_DATE)
		return TYPE(DATE);
	if (guess & GUESS_TS)
		return TYPE(TS);
	if (guess & GUESS_BOOL)
		return TYPE(BOOL);
	return TYPE(STR);
}
