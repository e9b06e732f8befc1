/*
 * utf8 -- reading and writing code points (RFC 3629: no surrogates, nothing
 * above U+10FFFF, no overlong forms).
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Length in bytes (1-4) of the valid code point at s, or 0 when the n bytes
 * do not begin with one. */
int utf8_check(const char *s, size_t n);

/* As utf8_check, and the code point in *cp. */
int utf8_decode(const char *s, size_t n, uint32_t *cp);

/* Writes cp to to[4] and returns its length; 0 when cp is no code point. */
int utf8_encode(uint32_t cp, char *to);

/* Are all n bytes valid UTF-8?  Returns n, or the offset of the first bad
 * byte.  ASCII is skipped eight bytes at a time. */
size_t utf8_valid(const char *s, size_t n);

/* Number of code points: bytes that are not continuation bytes. */
size_t utf8_count(const char *s, size_t n);

/* Byte offset of code point number i (from 0), at most n. */
size_t utf8_offset(const char *s, size_t n, size_t i);

/* 1 when all n bytes are below 0x80. */
int utf8_ascii(const char *s, size_t n);

/* Makes s fit to be shown on a terminal, in place: control characters other
 * than newline and tab become spaces, bytes that are no UTF-8 '?'. */
void utf8_printable(char *s, size_t n);

#endif
