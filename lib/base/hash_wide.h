/*
 * hash_wide -- XXH3-64 for processors with AVX2; of hash.c only.
 */
#ifndef BASE_HASH_WIDE_H
#define BASE_HASH_WIDE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    defined(__OPTIMIZE__) && !defined(SIMD_OFF)
#define HASH_WIDE 1
#else
#define HASH_WIDE 0
#endif

/* Only where the processor has AVX2. */
uint64_t hash_sum_wide(const void *p, size_t n);

#endif
