/*
 * literal -- what the text of a string or quoted name means (lexer.h).
 *
 * Escapes are Spark's: an unknown one is the character itself, but \% and
 * \_ keep their backslash because they are meant for like.
 */
#include "sql/lexer.h"

#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads exactly n hex digits at s[left], or returns -1. */
static long
hex_read(const char *s, int left, int n)
{
	long v = 0;

	if (left < n)
		return -1;
	for (int i = 0; i < n; i++) {
		int d = hex_digit(s[i]);

		if (d < 0)
			return -1;
		v = v * 16 + d;
	}
	return v;
}

/* \uXXXX, a surrogate pair of them, or \UXXXXXXXX at s[left] (behind the
 * backslash).  Appends to *to.  Returns the bytes read, 0 when the digits
 * are missing (then it is no escape), -1 when it is no character. */
static int
unicode_escape(const char *s, int left, char **to)
{
	int n = *s == 'u' ? 4 : 8, used = 1 + n, len;
	long c = hex_read(s + 1, left - 1, n);

	if (c < 0)
		return 0;
	if (c >= 0xd800 && c < 0xdc00 && n == 4 && left >= 11 &&
	    s[5] == '\\' && s[6] == 'u') {
		long low = hex_read(s + 7, left - 7, 4);

		if (low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			used = 11;
		}
	}
	if (c > 0x10ffff || !(len = utf8_encode((uint32_t)c, *to)))
		return -1;
	*to += len;
	return used;
}

/* One escape at s[left] (behind the backslash).  Returns the bytes read, or
 * -1 when it is no character. */
static int
escape(const char *s, int left, char **to)
{
	static const char from[] = "0bnrtZ", is[] = "\0\b\n\r\t\032";
	const char *at;

	if (*s == 'u' || *s == 'U') {
		int r = unicode_escape(s, left, to);

		if (r)
			return r;
	}
	if (left >= 3 && (*s == '0' || *s == '1') && s[1] >= '0' &&
	    s[1] <= '7' && s[2] >= '0' && s[2] <= '7') {
		int c = (s[0] - '0') * 64 + (s[1] - '0') * 8 + (s[2] - '0');

		*to += utf8_encode((uint32_t)c, *to);
		return 3;
	}
	if ((at = strchr(from, *s)) && *at) {
		*(*to)++ = is[at - from];
		return 1;
	}
	if (*s == '%' || *s == '_')
		*(*to)++ = '\\';
	*(*to)++ = *s;          /* a longer character copies its rest as is */
	return 1;
}

int
lex_string(struct arena *a, const char *text, const struct token *t, int src,
    struct ast_string *out, struct err *e)
{
	const char *s = text + t->at, *end = s + t->len - 1;
	int raw = *s == 'r' || *s == 'R';
	char q = s[raw], *p, *to;

	/* An escape never grows: \% stays two bytes, \101 may become two. */
	p = to = arena_bytes(a, (size_t)t->len + 1);
	for (s += raw + 1; s < end; ) {
		int r = 1;

		if (raw || (*s != '\\' && *s != q)) {
			*to++ = *s++;
			continue;
		}
		if (*s == q) {          /* doubled */
			*to++ = q;
			s += 2;
			continue;
		}
		r = escape(s + 1, (int)(end - s) - 1, &to);
		if (r < 0)
			return err_at(e, (struct span){ src,
			    (int)(s - text), 6 },
			    "the escape is no Unicode character");
		s += 1 + r;
	}
	*to = 0;
	*out = (struct ast_string){ p, (int)(to - p),
	    { src, t->at, t->len } };
	return 0;
}

const char *
lex_name(struct arena *a, const char *text, const struct token *t)
{
	const char *s = text + t->at;
	char *p, *to, q;

	if (t->kind == TOK_WORD)
		return arena_memdup(a, s, (size_t)t->len);
	if (t->kind == TOK_PARAM)
		return arena_memdup(a, s + 1, (size_t)t->len - 1);
	q = *s;
	p = to = arena_bytes(a, (size_t)t->len);
	for (int i = 1; i < t->len; i++) {
		if (s[i] == q && (i + 1 >= t->len || s[++i] != q)) {
			while (i < t->len && s[i] != q)
				*to++ = s[i++];         /* `a`#2 in plan text */
			break;
		}
		*to++ = s[i];
	}
	*to = 0;
	return p;
}
