/*
 * needle -- where a byte string lies in another: the search under contains,
 * like '%x%', locate, replace and split.
 */
#ifndef EXPR_NEEDLE_H
#define EXPR_NEEDLE_H

#include <stddef.h>

/* First place of p[0..n) in s[0..len), or NULL.  n 0: s itself. */
const char *needle_find(const char *s, size_t len, const char *p, size_t n);

/* Last place, or NULL.  n 0: s + len. */
const char *needle_rfind(const char *s, size_t len, const char *p, size_t n);

#endif
