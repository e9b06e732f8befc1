/*
 * zst -- single blocks through zstd.
 */
#ifndef IO_ZST_H
#define IO_ZST_H

#include <stddef.h>

/* Bytes that zst_pack may need for n. */
size_t zst_bound(size_t n);

/* Compresses p[0..n) at level 1 into to[0..cap); 0 when it does not fit or
 * does not pay.  The context is the thread's, reused. */
size_t zst_pack(char *to, size_t cap, const char *p, size_t n);

/* Expands into exactly n bytes: 1, or 0 when the data is damaged. */
int zst_unpack(char *to, size_t n, const char *p, size_t stored);

#endif
