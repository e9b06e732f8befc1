/*
 * json_text -- see json_text.h.
 */
#include "format/json_text.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"

static bool
fail(struct jtext *j, const char *why)
{
	if (j->wrong == NULL)
		j->wrong = why;
	return false;
}

void
jtext_space(struct jtext *j)
{
	while (j->p < j->end && (*j->p == ' ' || *j->p == '\t' ||
	    *j->p == '\n' || *j->p == '\r'))
		j->p++;
}

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* End of the number at p, or NULL. */
static const char *
number_end(const char *p, const char *end, bool *whole)
{
	const char *s;

	*whole = true;
	if (p < end && *p == '-')
		p++;
	if (p == end || !is_digit(*p))
		return NULL;
	if (*p == '0')
		p++;
	else
		while (p < end && is_digit(*p))
			p++;
	if (p < end && *p == '.') {
		*whole = false;
		for (s = ++p; p < end && is_digit(*p); p++)
			;
		if (p == s)
			return NULL;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		*whole = false;
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		for (s = p; p < end && is_digit(*p); p++)
			;
		if (p == s)
			return NULL;
	}
	return p;
}

bool
jtext_is_number(const char *p, size_t n)
{
	bool whole;

	return number_end(p, p + n, &whole) == p + n;
}

bool
jtext_number(struct jtext *j, const char **s, size_t *n, bool *whole)
{
	const char *end = number_end(j->p, j->end, whole);

	if (end == NULL)
		return fail(j, "not a number");
	*s = j->p;
	*n = (size_t)(end - j->p);
	j->p = end;
	return true;
}

bool
jtext_word(struct jtext *j)
{
	static const char *const words[] = { "true", "false", "null" };

	for (int i = 0; i < 3; i++) {
		size_t n = strlen(words[i]);

		if ((size_t)(j->end - j->p) >= n &&
		    memcmp(j->p, words[i], n) == 0) {
			j->p += n;
			return true;
		}
	}
	return fail(j, "not a JSON value");
}

static bool
check_escape(struct jtext *j)
{
	const char *p = j->p + 1;

	if (p < j->end && *p && strchr("\"\\/bfnrt", *p)) {
		j->p += 2;
		return true;
	}
	if (j->end - p < 5 || *p != 'u')
		return fail(j, "an unknown escape in a string");
	for (int i = 1; i < 5; i++)
		if (!is_digit(p[i]) && !((p[i] | 32) >= 'a' &&
		    (p[i] | 32) <= 'f'))
			return fail(j, "an unknown escape in a string");
	j->p += 6;
	return true;
}

bool
jtext_string(struct jtext *j, const char **s, size_t *n, bool *escapes)
{
	*escapes = false;
	if (j->p == j->end || *j->p != '"')
		return fail(j, "expected a string");
	*s = ++j->p;
	while (j->p < j->end) {
		uint8_t c = (uint8_t)*j->p;

		if (c == '"') {
			*n = (size_t)(j->p++ - *s);
			return true;
		}
		if (c < 0x20)
			return fail(j, "a control character in a string");
		if (c == '\\') {
			*escapes = true;
			if (!check_escape(j))
				return false;
		} else if (c < 0x80) {
			j->p++;
		} else {
			int len = utf8_check(j->p, (size_t)(j->end - j->p));

			if (len == 0)
				return fail(j, "the text is not valid UTF-8");
			j->p += len;
		}
	}
	return fail(j, "a string is not closed");
}

int
jtext_member(struct jtext *j, char close, bool first)
{
	jtext_space(j);
	if (j->p < j->end && *j->p == close) {
		j->p++;
		return 0;
	}
	if (first)
		return 1;
	if (j->p == j->end || *j->p != ',') {
		fail(j, close == '}' ? "expected ',' or '}'" :
		    "expected ',' or ']'");
		return -1;
	}
	j->p++;
	jtext_space(j);
	return 1;
}

bool
jtext_key(struct jtext *j, const char **s, size_t *n, bool *escapes)
{
	if (!jtext_string(j, s, n, escapes))
		return false;
	jtext_space(j);
	if (j->p == j->end || *j->p != ':')
		return fail(j, "expected ':'");
	j->p++;
	jtext_space(j);
	return true;
}

static bool
skip_nested(struct jtext *j, char close)
{
	bool first = true, escapes;
	const char *s;
	size_t n;
	int r;

	if (++j->depth > JSON_DEPTH_MAX)
		return fail(j, "nested too deeply (1000 levels at most)");
	j->p++;
	while ((r = jtext_member(j, close, first)) > 0) {
		first = false;
		if (close == '}' && !jtext_key(j, &s, &n, &escapes))
			return false;
		if (!jtext_skip(j))
			return false;
	}
	j->depth--;
	return r == 0;
}

bool
jtext_skip(struct jtext *j)
{
	const char *s;
	size_t n;
	bool b;

	if (j->p == j->end)
		return fail(j, "a value is missing");
	switch (*j->p) {
	case '{':
		return skip_nested(j, '}');
	case '[':
		return skip_nested(j, ']');
	case '"':
		return jtext_string(j, &s, &n, &b);
	case '-': case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		return jtext_number(j, &s, &n, &b);
	}
	return jtext_word(j);
}

const char *
jtext_extent(const char *p, const char *end, bool last)
{
	int64_t depth = 0;

	for (; p < end; p++) {
		switch (*p) {
		case '"':
			for (p++; p < end && *p != '"'; p++)
				p += *p == '\\';
			if (p >= end)
				return last ? end : NULL;
			if (depth == 0)
				return p + 1;
			break;
		case '{': case '[':
			depth++;
			break;
		case '}': case ']':
			if (--depth == 0)
				return p + 1;
			if (depth < 0)
				return p;
			break;
		case ',': case ' ': case '\t': case '\n': case '\r':
			if (depth == 0)
				return p;
			break;
		}
	}
	return last ? end : NULL;
}

static uint32_t
hex4(const char *s)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++)
		v = v << 4 | (uint32_t)(is_digit(s[i]) ? s[i] - '0' :
		    (s[i] | 32) - 'a' + 10);
	return v;
}

/* \uXXXX at s, or two of them for one code point. */
static const char *
unescape_unicode(const char *s, const char *end, char **to)
{
	uint32_t u = hex4(s + 2), low;

	s += 6;
	if (u >= 0xd800 && u < 0xdc00 && end - s >= 6 && s[0] == '\\' &&
	    s[1] == 'u') {
		low = hex4(s + 2);
		if (low >= 0xdc00 && low < 0xe000) {
			u = 0x10000 + ((u - 0xd800) << 10) + (low - 0xdc00);
			s += 6;
		}
	}
	if (u >= 0xd800 && u < 0xe000)
		u = 0xfffd;
	*to += utf8_encode(u, *to);
	return s;
}

bool
jtext_unescape(const char *s, size_t n, struct arena *heap, const char **out,
    size_t *len)
{
	static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
	char *to = arena_bytes(heap, n + 16), *start = to;
	const char *end = s + n;

	while (s < end) {
		const char *b = memchr(s, '\\', (size_t)(end - s)), *k;
		size_t run = (size_t)((b ? b : end) - s);
		struct jtext j = { b, end, NULL, 0 };

		memcpy(to, s, run);
		to += run;
		s += run;
		if (b == NULL)
			break;
		if (!check_escape(&j))
			return false;
		if (s[1] == 'u') {
			s = unescape_unicode(s, end, &to);
			continue;
		}
		k = strchr(from, s[1]);
		*to++ = into[k - from];
		s += 2;
	}
	*out = start;
	*len = (size_t)(to - start);
	return true;
}
