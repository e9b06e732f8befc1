/*
 * json_scan -- see json_scan.h.
 */
#include "expr/json_scan.h"

#include <string.h>

#include "base/text.h"
#include "base/utf8.h"

void
json_begin(struct json *j, const char *p, size_t n)
{
	j->p = p;
	j->end = p + n;
	j->depth = 0;
	j->first = false;
}

static void
space(struct json *j)
{
	while (j->p < j->end && (*j->p == ' ' || *j->p == '\n' ||
	    *j->p == '\t' || *j->p == '\r'))
		j->p++;
}

bool
json_done(struct json *j)
{
	space(j);
	return j->p == j->end;
}

enum json_kind
json_peek(struct json *j)
{
	space(j);
	if (j->p == j->end)
		return JSON_BAD;
	switch (*j->p) {
	case '{': return JSON_OBJECT;
	case '[': return JSON_ARRAY;
	case '"': return JSON_STRING;
	case 't': return JSON_TRUE;
	case 'f': return JSON_FALSE;
	case 'n': return JSON_NULL;
	default:
		return *j->p == '-' || (*j->p >= '0' && *j->p <= '9')
		    ? JSON_NUMBER : JSON_BAD;
	}
}

bool
json_enter(struct json *j)
{
	if (j->depth == JSON_DEPTH)
		return false;
	j->p++;
	j->depth++;
	j->first = true;
	return true;
}

int
json_step(struct json *j, enum json_kind kind)
{
	char close = kind == JSON_ARRAY ? ']' : '}';

	space(j);
	if (j->p == j->end)
		return -1;
	if (*j->p == close) {
		j->p++;
		j->depth--;
		j->first = false;
		return 0;
	}
	if (!j->first) {
		if (*j->p != ',')
			return -1;
		j->p++;
		space(j);
		if (j->p == j->end || *j->p == close)
			return -1;
	}
	j->first = false;
	return kind == JSON_ARRAY || *j->p == '"' ? 1 : -1;
}

/* Four hexadecimal digits after \u, or -1. */
static int
hex4(struct json *j)
{
	int v = 0;

	if (j->end - j->p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = *j->p++;
		int d = c >= '0' && c <= '9' ? c - '0'
		    : c >= 'a' && c <= 'f' ? c - 'a' + 10
		    : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

		if (d < 0)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

/* Decodes what follows a backslash. */
static bool
escape(struct json *j, struct text *to)
{
	static const char from[] = "\"\\/bfnrt", by[] = "\"\\/\b\f\n\r\t";
	const char *at;
	char buf[4];
	int u, low, n;

	if (j->p == j->end)
		return false;
	if (*j->p != 'u') {
		at = *j->p ? strchr(from, *j->p) : NULL;
		if (at == NULL)
			return false;
		text_addc(to, by[at - from]);
		j->p++;
		return true;
	}
	j->p++;
	u = hex4(j);
	if (u < 0)
		return false;
	if (u >= 0xd800 && u < 0xdc00 && j->end - j->p >= 6 &&
	    j->p[0] == '\\' && j->p[1] == 'u') {
		const char *back = j->p;

		j->p += 2;
		low = hex4(j);
		if (low >= 0xdc00 && low < 0xe000)
			u = 0x10000 + ((u - 0xd800) << 10) + (low - 0xdc00);
		else
			j->p = back;
	}
	n = utf8_encode((uint32_t)u, buf);
	if (n == 0)                     /* half a pair */
		n = utf8_encode(0xfffd, buf);
	text_add(to, buf, (size_t)n);
	return true;
}

bool
json_scan_string(struct json *j, struct text *to)
{
	text_clear(to);
	j->p++;
	for (;;) {
		const char *start = j->p;

		while (j->p < j->end && *j->p != '"' && *j->p != '\\')
			j->p++;
		if (j->p == j->end)
			return false;
		text_add(to, start, (size_t)(j->p - start));
		if (*j->p++ == '"')
			return true;
		if (!escape(j, to))
			return false;
	}
}

static bool
colon(struct json *j)
{
	space(j);
	if (j->p == j->end || *j->p != ':')
		return false;
	j->p++;
	return true;
}

bool
json_scan_key(struct json *j, struct text *to)
{
	return json_scan_string(j, to) && colon(j);
}

static bool
skip_string(struct json *j)
{
	j->p++;
	for (;;) {
		const char *quote = memchr(j->p, '"', (size_t)(j->end - j->p));
		const char *back;

		if (quote == NULL)
			return false;
		back = memchr(j->p, '\\', (size_t)(quote - j->p));
		if (back == NULL) {
			j->p = quote + 1;
			return true;
		}
		j->p = back + 1;
		if (j->p == j->end ||
		    !memchr("\"\\/bfnrtu", *j->p, 9))
			return false;
		if (*j->p++ == 'u' && hex4(j) < 0)
			return false;
	}
}

static bool
digits(struct json *j)
{
	const char *start = j->p;

	while (j->p < j->end && *j->p >= '0' && *j->p <= '9')
		j->p++;
	return j->p > start;
}

static bool
skip_number(struct json *j)
{
	if (*j->p == '-')
		j->p++;
	if (j->p < j->end && *j->p == '0')
		j->p++;
	else if (!digits(j))
		return false;
	if (j->p < j->end && *j->p == '.') {
		j->p++;
		if (!digits(j))
			return false;
	}
	if (j->p < j->end && (*j->p == 'e' || *j->p == 'E')) {
		j->p++;
		if (j->p < j->end && (*j->p == '+' || *j->p == '-'))
			j->p++;
		if (!digits(j))
			return false;
	}
	return true;
}

static bool
skip_word(struct json *j, const char *word, size_t n)
{
	if ((size_t)(j->end - j->p) < n || memcmp(j->p, word, n) != 0)
		return false;
	j->p += n;
	return true;
}

static bool
skip_plain(struct json *j, enum json_kind kind)
{
	switch (kind) {
	case JSON_STRING: return skip_string(j);
	case JSON_NUMBER: return skip_number(j);
	case JSON_TRUE: return skip_word(j, "true", 4);
	case JSON_FALSE: return skip_word(j, "false", 5);
	case JSON_NULL: return skip_word(j, "null", 4);
	default: return false;
	}
}

bool
json_scan_skip(struct json *j, const char **p, size_t *n)
{
	enum json_kind kind = json_peek(j);
	const char *start = j->p;
	int r;

	if (kind == JSON_ARRAY || kind == JSON_OBJECT) {
		if (!json_enter(j))
			return false;
		while ((r = json_step(j, kind)) > 0) {
			if (kind == JSON_OBJECT &&
			    !(skip_string(j) && colon(j)))
				return false;
			if (!json_scan_skip(j, NULL, NULL))
				return false;
		}
		if (r < 0)
			return false;
	} else if (!skip_plain(j, kind)) {
		return false;
	}
	if (p)
		*p = start;
	if (n)
		*n = (size_t)(j->p - start);
	return true;
}

static bool
copy_string(struct json *j, struct text *to)
{
	const char *start = j->p;
	struct text t = { 0 };
	struct json again = *j;

	if (!skip_string(j))
		return false;
	if (!memchr(start, '\\', (size_t)(j->p - start))) {
		text_add(to, start, (size_t)(j->p - start));
		return true;
	}
	json_scan_string(&again, &t);
	text_add_json(to, text_str(&t), t.n);
	text_release(&t);
	return true;
}

bool
json_copy(struct json *j, struct text *to)
{
	enum json_kind kind = json_peek(j);
	const char *start = j->p;
	bool some = false;
	int r;

	if (kind == JSON_STRING)
		return copy_string(j, to);
	if (kind != JSON_ARRAY && kind != JSON_OBJECT) {
		if (!skip_plain(j, kind))
			return false;
		text_add(to, start, (size_t)(j->p - start));
		return true;
	}
	if (!json_enter(j))
		return false;
	text_addc(to, kind == JSON_ARRAY ? '[' : '{');
	for (; (r = json_step(j, kind)) > 0; some = true) {
		if (some)
			text_addc(to, ',');
		if (kind == JSON_OBJECT) {
			if (!copy_string(j, to) || !colon(j))
				return false;
			text_addc(to, ':');
		}
		if (!json_copy(j, to))
			return false;
	}
	text_addc(to, kind == JSON_ARRAY ? ']' : '}');
	return r == 0;
}
