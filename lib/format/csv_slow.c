/*
 * csv_slow -- the index of CSV records by a plain state machine: for
 * separators of several bytes, escapes other than doubled quotes, comments
 * and white space before quotes.  0.4 GB/s.
 */
#include "format/csv.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

struct slow {
	struct csv_index *x;
	const char *p;
	size_t at, to;
	bool last;
};

static inline bool
at_sep(const struct slow *s)
{
	const struct csv_dialect *d = s->x->d;

	return s->to - s->at >= d->nsep && s->p[s->at] == *d->sep &&
	    memcmp(s->p + s->at, d->sep, d->nsep) == 0;
}

static inline bool
at_line_end(const struct slow *s)
{
	return s->p[s->at] == '\n' || s->p[s->at] == '\r';
}

/* Goes behind the quote that closes, or to the end. */
static void
skip_quoted(struct slow *s)
{
	const struct csv_dialect *d = s->x->d;

	s->x->quotes = true;
	for (s->at++; s->at < s->to; s->at++) {
		char c = s->p[s->at];

		if (c == d->escape && d->escape != d->quote) {
			s->at++;
		} else if (c == d->quote) {
			if (s->at + 1 < s->to && s->p[s->at + 1] == c) {
				s->at++;
				continue;
			}
			s->at++;
			return;
		}
	}
	s->at = s->to;
	s->x->open = s->last;
}

/* One field: at is left at the separator, the line end or to. */
static void
skip_field(struct slow *s)
{
	const struct csv_dialect *d = s->x->d;

	while (d->trim_left && s->at < s->to && (s->p[s->at] == ' ' ||
	    s->p[s->at] == '\t') && !at_sep(s))
		s->at++;
	if (d->quote && s->at < s->to && s->p[s->at] == d->quote)
		skip_quoted(s);
	while (s->at < s->to && !at_line_end(s) && !at_sep(s))
		s->at++;
}

/* One line: false when it is not complete. */
static bool
skip_line(struct slow *s)
{
	struct csv_index *x = s->x;

	for (;;) {
		skip_field(s);
		if (x->cap == x->nend) {
			x->cap = x->cap ? 2 * x->cap : 1 << 12;
			x->end = xrealloc(x->end, x->cap * sizeof *x->end);
		}
		x->end[x->nend++] = (uint32_t)s->at;
		if (s->at >= s->to || at_line_end(s))
			break;
		s->at += x->d->nsep;
	}
	if (s->at >= s->to)
		return s->last;
	if (s->p[s->at] == '\r' && s->at + 1 == s->to && !s->last)
		return false;
	s->at += 1 + (s->p[s->at] == '\r' && s->at + 1 < s->to &&
	    s->p[s->at + 1] == '\n');
	return true;
}

void
csv_index_slow(struct csv_index *x, const char *p, size_t from, size_t to,
    bool last)
{
	struct slow s = { x, p, from, to, last };

	x->nrow = 0;
	x->nend = 0;
	x->quotes = x->d->backslash;
	x->cr = x->open = false;
	x->high = true;
	x->next = from;
	while (s.at < to && x->nrow < BATCH_ROWS) {
		size_t first = x->nend, start = s.at;
		bool note = x->d->comment && p[start] == x->d->comment;

		while (note && s.at < to && !at_line_end(&s))
			s.at++;
		if (note) {
			if (s.at >= to && !last)
				break;
			s.at += s.at < to;
			x->next = s.at;
			continue;
		}
		if (!skip_line(&s))
			break;
		x->next = s.at;
		if (x->nend == first + 1 && x->end[first] == start)
			continue;
		x->start[x->nrow] = (uint32_t)start;
		x->first[x->nrow] = (uint32_t)first;
		x->last[x->nrow++] = (uint32_t)x->nend - 1;
	}
}
