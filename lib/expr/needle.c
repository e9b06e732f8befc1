/*
 * needle -- byte search by first and last byte.
 *
 * Sixteen places at a time are compared with the needle's first and last
 * byte (Mula's "generic SIMD"); only places where both agree are looked at
 * in full.  Long needles, for which that could become quadratic, go to libc's
 * two-way search, which is linear.  Without SSE2 everything goes there.
 */
#include "expr/needle.h"

#include <stdbool.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { LONG_NEEDLE = 32 };      /* from here on two-way search */

#ifdef __SSE2__
static inline unsigned
mask16(const char *s, __m128i c)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)s);

	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, c));
}

static const char *
find_short(const char *s, size_t len, const char *p, size_t n)
{
	const char *last = s + (len - n);       /* last place possible */
	__m128i first = _mm_set1_epi8(p[0]), end = _mm_set1_epi8(p[n - 1]);

	for (; last - s >= 15; s += 16) {
		unsigned m = mask16(s, first) & mask16(s + n - 1, end);

		for (; m; m &= m - 1) {
			const char *at = s + __builtin_ctz(m);

			if (n <= 2 || memcmp(at + 1, p + 1, n - 2) == 0)
				return at;
		}
	}
	for (; s <= last; s++) {
		if (s[0] == p[0] && memcmp(s, p, n) == 0)
			return s;
	}
	return NULL;
}
#endif

const char *
needle_find(const char *s, size_t len, const char *p, size_t n)
{
	if (n == 0)
		return s;
	if (n > len)
		return NULL;
	if (n == 1)
		return memchr(s, p[0], len);
#ifdef __SSE2__
	if (n < LONG_NEEDLE)
		return find_short(s, len, p, n);
#endif
	return memmem(s, len, p, n);
}

const char *
needle_rfind(const char *s, size_t len, const char *p, size_t n)
{
	const char *at, *best = NULL;

	if (n == 0)
		return s + len;
	if (n == 1)
		return memrchr(s, p[0], len);
	while ((at = needle_find(s, len, p, n)) != NULL) {
		best = at;
		len -= (size_t)(at + 1 - s);
		s = at + 1;
	}
	return best;
}
