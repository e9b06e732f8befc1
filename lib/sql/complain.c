/*
 * complain -- see complain.h.
 *
 * One line of text is shown, the caret under it.  Tabs are kept in both
 * lines so that they line up.  A line of more than WINDOW_MAX characters is
 * cut on both sides, at characters, so that the place stays visible.
 */
#include "sql/complain.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "base/utf8.h"

enum {
	WINDOW_MAX = 100,       /* characters of the line that are shown */
	WINDOW_BEFORE = 60,     /* of them before the place when cut */
};

struct place {
	const char *line;       /* the line's first byte */
	size_t n;               /* its bytes, without the newline */
	size_t at, len;         /* the place in it, in bytes */
	int number;             /* of the line, from 1 */
	size_t column;          /* in characters, from 1 */
};

static void
find_place(const struct source *s, const struct span *span, struct place *p)
{
	size_t at = span->at < 0 ? 0 : (size_t)span->at, end;
	const char *nl;

	if (at > s->n)
		at = s->n;
	*p = (struct place){ .line = s->text, .number = 1 };
	while ((nl = memchr(p->line, '\n', (size_t)(s->text + at - p->line)))) {
		p->line = nl + 1;
		p->number++;
	}
	end = (size_t)(s->text + s->n - p->line);
	nl = end ? memchr(p->line, '\n', end) : NULL;
	p->n = nl ? (size_t)(nl - p->line) : end;
	if (p->n && p->line[p->n - 1] == '\r')
		p->n--;
	p->at = (size_t)(s->text + at - p->line);
	if (p->at > p->n)
		p->at = p->n;
	p->len = (size_t)span->len < p->n - p->at ? (size_t)span->len :
	    p->n - p->at;
	p->column = utf8_count(p->line, p->at) + 1;
}

/* The bytes [*from, *to) of the line that are shown. */
static void
find_window(const struct place *p, size_t *from, size_t *to)
{
	size_t before = p->column - 1, skip = 0;

	if (utf8_count(p->line, p->n) > WINDOW_MAX) {
		if (before > WINDOW_BEFORE)
			skip = before - WINDOW_BEFORE;
		*from = utf8_offset(p->line, p->n, skip);
		*to = utf8_offset(p->line, p->n, skip + WINDOW_MAX);
		return;
	}
	*from = 0;
	*to = p->n;
}

/* Control characters would move the caret; they are shown as spaces. */
static void
add_visible(struct text *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		text_addc(out, (unsigned char)s[i] < 0x20 && s[i] != '\t' ?
		    ' ' : s[i]);
}

static void
add_line(struct text *out, const struct place *p)
{
	size_t from, to, end = p->at + p->len;
	size_t ncaret;
	int width = snprintf(NULL, 0, "%3d", p->number);

	find_window(p, &from, &to);
	if (end > to)
		end = to;
	ncaret = end > p->at ? utf8_count(p->line + p->at, end - p->at) : 1;
	text_addf(out, "%3d | %s", p->number, from ? "…" : "");
	add_visible(out, p->line + from, to - from);
	text_addf(out, "%s\n%*s | %s", to < p->n ? "…" : "", width, "",
	    from ? " " : "");
	for (size_t i = from; i < p->at; i++)
		if (((unsigned char)p->line[i] & 0xc0) != 0x80)
			text_addc(out, p->line[i] == '\t' ? '\t' : ' ');
	while (ncaret--)
		text_addc(out, '^');
	text_addc(out, '\n');
}

void
complain(struct text *out, const struct source *source, int nsource,
    const struct err *e)
{
	struct place p;
	const char *text = e->text[0] ? e->text : "unknown error";

	if (e->span.len > 0 && e->span.src >= 0 && e->span.src < nsource) {
		const struct source *s = &source[e->span.src];

		find_place(s, &e->span, &p);
		text_addf(out, "%s:%d:%zu: error: %s\n", s->name, p.number,
		    p.column, text);
		add_line(out, &p);
	} else {
		text_addf(out, "error: %s\n", text);
	}
	if (e->hint[0])
		text_addf(out, "hint: %s\n", e->hint);
}
