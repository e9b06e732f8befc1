/*
 * pick -- from booleans and bitmaps to lists of row numbers.
 *
 * Where the machine has AVX-512, 16 rows at a time: the row numbers whose
 * mask bit is set are packed in a register and stored, the end of the list
 * moves by the number of bits.  Elsewhere each row number is stored and the
 * end moves on hits, without a branch.  The list may be written over the
 * pick that is read: it never gets ahead of it.
 */
#include "expr/operators.h"

#if defined(__x86_64__) && !defined(SIMD_OFF)
#include <immintrin.h>
#define WIDE __attribute__((target("avx512f,avx512bw,avx512vl,bmi2")))

WIDE static int
bools_wide(const uint8_t *v, const int32_t *pick, int n, int32_t *out)
{
	const __m512i step = _mm512_set1_epi32(16);
	__m512i row = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
	    12, 13, 14, 15);
	int m = 0, i;

	for (i = 0; i + 16 <= n; i += 16) {
		__m128i b = _mm_loadu_si128((const __m128i *)(v + i));
		__mmask16 k = _mm_test_epi8_mask(b, b);
		__m512i r = pick ? _mm512_loadu_si512(pick + i) : row;

		_mm512_storeu_si512(out + m,
		    _mm512_maskz_compress_epi32(k, r));
		m += __builtin_popcount(k);
		row = _mm512_add_epi32(row, step);
	}
	for (; i < n; i++) {
		out[m] = pick ? pick[i] : i;
		m += v[i] != 0;
	}
	return m;
}

WIDE static int
bits_wide(const uint64_t *w, int n, int32_t *out)
{
	const __m512i step = _mm512_set1_epi32(16);
	__m512i row = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
	    12, 13, 14, 15);
	int m = 0, i;

	for (i = 0; i + 16 <= n; i += 16) {
		__mmask16 k = (__mmask16)(w[i >> 6] >> (i & 63));

		_mm512_storeu_si512(out + m,
		    _mm512_maskz_compress_epi32(k, row));
		m += __builtin_popcount(k);
		row = _mm512_add_epi32(row, step);
	}
	for (; i < n; i++) {
		out[m] = i;
		m += bit_get(w, i);
	}
	return m;
}

static bool
has_wide(void)
{
	return __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512vl") &&
	    __builtin_cpu_supports("bmi2");
}
#else
#define has_wide() false
#define bools_wide(v, pick, n, out) 0
#define bits_wide(w, n, out) 0
#endif

int
pick_bools(const uint8_t *v, const int32_t *pick, int n, int32_t *out)
{
	int m = 0;

	if (has_wide())
		return bools_wide(v, pick, n, out);
	for (int i = 0; i < n; i++) {
		out[m] = pick ? pick[i] : i;
		m += v[i] != 0;
	}
	return m;
}

static int
pick_bits(const uint64_t *w, int n, int32_t *out)
{
	int m = 0;

	if (has_wide())
		return bits_wide(w, n, out);
	for (int i = 0; i < n; i++) {
		out[m] = i;
		m += bit_get(w, i);
	}
	return m;
}

static int
pick_all(const int32_t *pick, int n, int32_t *out)
{
	for (int i = 0; i < n; i++)
		out[i] = pick ? pick[i] : i;
	return n;
}

int
pick_valid(const struct column *c, const int32_t *pick, int n, int32_t *out)
{
	int m = 0;

	if (c->valid == NULL)
		return pick_all(pick, n, out);
	if (pick == NULL)
		return pick_bits(c->valid, n, out);
	for (int i = 0; i < n; i++) {
		int32_t r = pick[i];

		out[m] = r;
		m += bit_get(c->valid, r);
	}
	return m;
}

int
pick_null(const struct column *c, const int32_t *pick, int n, int32_t *out)
{
	int m = 0;

	for (int i = 0; c->valid && i < n; i++) {
		int32_t r = pick ? pick[i] : i;

		out[m] = r;
		m += !bit_get(c->valid, r);
	}
	return m;
}

int
pick_true(const struct column *c, const int32_t *pick, int n, int32_t *out)
{
	const uint8_t *v = c->data;
	int m = 0;

	if (pick == NULL && c->valid == NULL)
		return pick_bools(v, NULL, n, out);
	for (int i = 0; i < n; i++) {
		int32_t r = pick ? pick[i] : i;

		out[m] = r;
		m += (v[r] != 0) & (c->valid == NULL ||
		    bit_get(c->valid, r));
	}
	return m;
}
