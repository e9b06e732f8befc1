/*
 * simd -- one loop, compiled for several machines, chosen when the program
 * starts.
 *
 * SIMD_CLONES before a function makes gcc build it for AVX-512, AVX2 and
 * the plain instruction set.  Under sanitizers and clang it is left out
 * (their ifunc support is not there yet), which is also how the portable
 * road is tested.
 */
#ifndef BASE_SIMD_H
#define BASE_SIMD_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__) && !defined(SIMD_OFF)
#define SIMD_CLONES __attribute__((target_clones("arch=x86-64-v4", \
	"arch=x86-64-v3", "default")))
#else
#define SIMD_CLONES
#endif

#endif
