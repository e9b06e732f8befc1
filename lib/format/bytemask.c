/*
 * bytemask -- see bytemask.h.
 *
 * The exclusive-or prefix is a carry-less multiplication by all ones where
 * the machine has one (as in simdcsv and simdjson), shifts otherwise; words
 * without the byte skip it.
 */
#include "format/bytemask.h"

#include <stdatomic.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* 0x80 in every byte of x that equals the byte repeated in y; exact. */
static inline uint64_t
equal_bytes(uint64_t x, uint64_t y)
{
	const uint64_t low = 0x7f7f7f7f7f7f7f7fu;
	uint64_t v = x ^ y;

	return ~(((v & low) + low) | v | low);
}

/* Bits 7, 15, … 63 gathered into the low 8 bits. */
static inline uint64_t
gather_high(uint64_t x)
{
	return ((x >> 7) * 0x0102040810204080u) >> 56;
}

static void
masks_plain(const char *p, size_t nword, const char byte[4],
    struct bytemask *to)
{
	const uint64_t ones = 0x0101010101010101u;

	for (; nword; nword--, p += 64, to++) {
		memset(to, 0, sizeof *to);
		for (int i = 0; i < 8; i++) {
			uint64_t x;

			memcpy(&x, p + 8 * i, 8);
			for (int j = 0; j < 4; j++)
				to->m[j] |= gather_high(equal_bytes(x,
				    ones * (uint8_t)byte[j])) << 8 * i;
			to->high |= gather_high(x & 0x8080808080808080u)
			    << 8 * i;
		}
		to->inside = to->m[3] ? prefix_xor(to->m[3]) : 0;
	}
}

#if defined(__x86_64__)
static void
masks_sse2(const char *p, size_t nword, const char byte[4],
    struct bytemask *to)
{
	for (; nword; nword--, p += 64, to++) {
		__m128i x[4];

		to->high = 0;
		for (int i = 0; i < 4; i++) {
			x[i] = _mm_loadu_si128((const __m128i *)(const void *)
			    (p + 16 * i));
			to->high |= (uint64_t)(uint32_t)
			    _mm_movemask_epi8(x[i]) << 16 * i;
		}
		for (int j = 0; j < 4; j++) {
			__m128i y = _mm_set1_epi8(byte[j]);
			uint64_t m = 0;

			for (int i = 0; i < 4; i++)
				m |= (uint64_t)(uint32_t)_mm_movemask_epi8(
				    _mm_cmpeq_epi8(x[i], y)) << 16 * i;
			to->m[j] = m;
		}
		to->inside = to->m[3] ? prefix_xor(to->m[3]) : 0;
	}
}

__attribute__((target("avx2,pclmul"))) static void
masks_avx2(const char *p, size_t nword, const char byte[4],
    struct bytemask *to)
{
	__m256i y[4];

	for (int j = 0; j < 4; j++)
		y[j] = _mm256_set1_epi8(byte[j]);
	for (; nword; nword--, p += 64, to++) {
		__m256i a = _mm256_loadu_si256((const __m256i *)(const void *)p);
		__m256i b = _mm256_loadu_si256(
		    (const __m256i *)(const void *)(p + 32));

		for (int j = 0; j < 4; j++)
			to->m[j] = (uint32_t)_mm256_movemask_epi8(
			    _mm256_cmpeq_epi8(a, y[j])) |
			    (uint64_t)(uint32_t)_mm256_movemask_epi8(
			    _mm256_cmpeq_epi8(b, y[j])) << 32;
		to->high = (uint32_t)_mm256_movemask_epi8(a) |
		    (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32;
		to->inside = to->m[3] ? (uint64_t)_mm_cvtsi128_si64(
		    _mm_clmulepi64_si128(_mm_set_epi64x(0,
		    (long long)to->m[3]), _mm_set1_epi8(-1), 0)) : 0;
	}
}

__attribute__((target("avx512f,avx512bw,pclmul"))) static void
masks_avx512(const char *p, size_t nword, const char byte[4],
    struct bytemask *to)
{
	__m512i y[4];

	for (int j = 0; j < 4; j++)
		y[j] = _mm512_set1_epi8(byte[j]);
	for (; nword; nword--, p += 64, to++) {
		__m512i x = _mm512_loadu_si512((const void *)p);

		for (int j = 0; j < 4; j++)
			to->m[j] = _mm512_cmpeq_epi8_mask(x, y[j]);
		to->high = _mm512_movepi8_mask(x);
		to->inside = to->m[3] ? (uint64_t)_mm_cvtsi128_si64(
		    _mm_clmulepi64_si128(_mm_set_epi64x(0,
		    (long long)to->m[3]), _mm_set1_epi8(-1), 0)) : 0;
	}
}
#endif

bytemask_fn *
bytemask_level(int level, const char **name)
{
	static const char *const names[] = { "plain", "sse2", "avx2", "avx512" };

	*name = level >= 0 && level < 4 ? names[level] : NULL;
	if (level == 0)
		return masks_plain;
#if defined(__x86_64__)
	__builtin_cpu_init();
	if (level == 1)
		return masks_sse2;
	if (level == 2 && __builtin_cpu_supports("avx2") &&
	    __builtin_cpu_supports("pclmul"))
		return masks_avx2;
	if (level == 3 && __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("pclmul"))
		return masks_avx512;
#endif
	return NULL;
}

bytemask_fn *
bytemask_best(void)
{
	static _Atomic(bytemask_fn *) best;
	bytemask_fn *f = atomic_load_explicit(&best, memory_order_relaxed);
	const char *name;

	for (int level = 3; f == NULL; level--)
		f = bytemask_level(level, &name);
	atomic_store_explicit(&best, f, memory_order_relaxed);
	return f;
}
