/*
 * bits -- bitmaps in 64-bit words, bit i in word i / 64.  In validity
 * bitmaps 1 means present.  Words past the last bit may hold anything.
 */
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BITS_WORDS(n)   (((size_t)(n) + 63) / 64)
#define BITS_BYTES(n)   (BITS_WORDS(n) * 8)

static inline bool
bit_get(const uint64_t *w, int64_t i)
{
	return w[i >> 6] >> (i & 63) & 1;
}

static inline void
bit_set(uint64_t *w, int64_t i)
{
	w[i >> 6] |= (uint64_t)1 << (i & 63);
}

static inline void
bit_clear(uint64_t *w, int64_t i)
{
	w[i >> 6] &= ~((uint64_t)1 << (i & 63));
}

static inline void
bit_put(uint64_t *w, int64_t i, bool on)
{
	uint64_t m = (uint64_t)1 << (i & 63);

	w[i >> 6] = (w[i >> 6] & ~m) | (on ? m : 0);
}

/* Sets bits [0, n) and clears the rest of the last word. */
static inline void
bits_fill(uint64_t *w, int64_t n)
{
	memset(w, 0xff, BITS_BYTES(n));
	if (n & 63)
		w[n >> 6] = ((uint64_t)1 << (n & 63)) - 1;
}

/* Sets n bits from bit from on, and perhaps some behind them. */
static inline void
bits_append(uint64_t *w, int64_t from, int64_t n)
{
	int64_t end = from + n;

	if (n == 0)
		return;
	w[from >> 6] |= ~(uint64_t)0 << (from & 63);
	for (int64_t i = (from >> 6) + 1; i < (end + 63) >> 6; i++)
		w[i] = ~(uint64_t)0;
}

/* Number of ones in bits [0, n). */
static inline int64_t
bits_count(const uint64_t *w, int64_t n)
{
	int64_t c = 0, i;

	for (i = 0; i < n >> 6; i++)
		c += __builtin_popcountll(w[i]);
	if (n & 63)
		c += __builtin_popcountll(w[i] & (((uint64_t)1 << (n & 63)) - 1));
	return c;
}

/* Are bits [0, n) all ones? */
static inline bool
bits_all(const uint64_t *w, int64_t n)
{
	return bits_count(w, n) == n;
}

#endif
