/*
 * utf8 -- see utf8.h.
 */
#include "base/utf8.h"

#include <string.h>

int
utf8_decode(const char *str, size_t n, uint32_t *cp)
{
	const unsigned char *s = (const unsigned char *)str;
	uint32_t c;
	int len;

	if (n == 0)
		return 0;
	if (s[0] < 0x80) {
		*cp = s[0];
		return 1;
	}
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (n < (size_t)len)
		return 0;
	c = s[0] & (0xffu >> (len + 1));
	for (int i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if ((len == 3 && c < 0x800) || (len == 4 && c < 0x10000) ||
	    (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff)
		return 0;
	*cp = c;
	return len;
}

int
utf8_check(const char *s, size_t n)
{
	uint32_t cp;

	return utf8_decode(s, n, &cp);
}

int
utf8_encode(uint32_t cp, char *to)
{
	if (cp < 0x80) {
		to[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		to[0] = (char)(0xc0 | cp >> 6);
		to[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if ((cp >= 0xd800 && cp <= 0xdfff) || cp > 0x10ffff)
		return 0;
	if (cp < 0x10000) {
		to[0] = (char)(0xe0 | cp >> 12);
		to[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		to[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | cp >> 18);
	to[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	to[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	to[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

/* Number of leading bytes of s that are ASCII, in steps of eight. */
static size_t
ascii_run(const char *s, size_t n)
{
	size_t i = 0;
	uint64_t w;

	for (; i + 8 <= n; i += 8) {
		memcpy(&w, s + i, 8);
		if (w & 0x8080808080808080u)
			break;
	}
	return i;
}

size_t
utf8_valid(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n) {
		int len;

		i += ascii_run(s + i, n - i);
		if (i == n)
			break;
		len = utf8_check(s + i, n - i);
		if (len == 0)
			return i;
		i += (size_t)len;
	}
	return n;
}

size_t
utf8_count(const char *s, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += (s[i] & 0xc0) != 0x80;
	return count;
}

size_t
utf8_offset(const char *s, size_t n, size_t i)
{
	size_t at = 0;

	while (at < n && i > 0) {
		at++;
		while (at < n && (s[at] & 0xc0) == 0x80)
			at++;
		i--;
	}
	return at;
}

int
utf8_ascii(const char *s, size_t n)
{
	size_t i = ascii_run(s, n);

	for (; i < n; i++)
		if (s[i] & 0x80)
			return 0;
	return 1;
}

void
utf8_printable(char *s, size_t n)
{
	for (size_t i = 0; i < n; ) {
		unsigned char c = (unsigned char)s[i];
		int len = utf8_check(s + i, n - i);

		if (len == 0)
			s[i] = '?';
		else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			s[i] = ' ';
		else if (len == 2 && c == 0xc2 && (s[i + 1] & 0xe0) == 0x80)
			memset(s + i, ' ', 2);          /* C1 controls */
		i += len ? (size_t)len : 1;
	}
}
