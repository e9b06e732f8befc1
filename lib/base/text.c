/*
 * text -- see text.h.
 */
#include "base/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/utf8.h"

void
text_release(struct text *t)
{
	free(t->p);
	memset(t, 0, sizeof *t);
}

char *
text_room(struct text *t, size_t n)
{
	if (t->cap - t->n <= n) {
		size_t cap = t->cap ? t->cap : 64;

		while (cap - t->n <= n)
			cap *= 2;
		t->p = xrealloc(t->p, cap);
		t->cap = cap;
	}
	return t->p + t->n;
}

void
text_add(struct text *t, const void *p, size_t n)
{
	char *to = text_room(t, n);

	if (n)
		memcpy(to, p, n);
	to[n] = '\0';
	t->n += n;
}

void
text_adds(struct text *t, const char *s)
{
	text_add(t, s, strlen(s));
}

void
text_addc(struct text *t, char c)
{
	text_add(t, &c, 1);
}

void
text_addv(struct text *t, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	vsnprintf(text_room(t, (size_t)n), (size_t)n + 1, fmt, ap);
	t->n += (size_t)n;
}

void
text_addf(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_addv(t, fmt, ap);
	va_end(ap);
}

const char *
text_str(struct text *t)
{
	if (t->p == NULL)
		return "";
	t->p[t->n] = '\0';
	return t->p;
}

void
text_add_quoted(struct text *t, const char *s, size_t n)
{
	text_addc(t, '\'');
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		switch (c) {
		case '\'': text_adds(t, "\\'"); break;
		case '\\': text_adds(t, "\\\\"); break;
		case '\n': text_adds(t, "\\n"); break;
		case '\r': text_adds(t, "\\r"); break;
		case '\t': text_adds(t, "\\t"); break;
		case '\0': text_adds(t, "\\0"); break;
		default: text_addc(t, (char)c);
		}
	}
	text_addc(t, '\'');
}

static void
add_json_escape(struct text *t, unsigned char c)
{
	switch (c) {
	case '"':  text_adds(t, "\\\""); break;
	case '\\': text_adds(t, "\\\\"); break;
	case '\b': text_adds(t, "\\b"); break;
	case '\f': text_adds(t, "\\f"); break;
	case '\n': text_adds(t, "\\n"); break;
	case '\r': text_adds(t, "\\r"); break;
	case '\t': text_adds(t, "\\t"); break;
	default:   text_addf(t, "\\u%04x", c);
	}
}

void
text_add_json(struct text *t, const char *s, size_t n)
{
	size_t i = 0, from = 0;

	text_addc(t, '"');
	while (i < n) {
		unsigned char c = (unsigned char)s[i];
		int len = c < 0x80 ? 1 : utf8_check(s + i, n - i);

		if (len > 0 && c >= 0x20 && c != '"' && c != '\\') {
			i += (size_t)len;
			continue;
		}
		text_add(t, s + from, i - from);
		if (len > 0)
			add_json_escape(t, c);
		else
			text_adds(t, "\xef\xbf\xbd");
		from = ++i;
	}
	text_add(t, s + from, i - from);
	text_addc(t, '"');
}

void
text_add_size(struct text *t, double bytes)
{
	static const char *unit[] = { "B", "KB", "MB", "GB", "TB", "PB" };
	int u = 0;

	while (bytes >= 1000 && u < 5) {
		bytes /= 1000;
		u++;
	}
	text_addf(t, u && bytes < 100 ? "%.1f %s" : "%.0f %s", bytes, unit[u]);
}
