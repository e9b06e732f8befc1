/*
 * csv_cells -- one column of an index as cells, ready to be converted.
 *
 * First the bare spans; then, only where a batch needs it: quotes are taken
 * off (bytes move only when something was escaped), white space trimmed,
 * other encodings decoded, the words for null made null.
 */
#include "format/csv.h"

#include <string.h>

#include "base/arena.h"

#define SLACK 16        /* readable bytes behind a cell */

static void
spans(const struct csv_index *x, const char *p, uint32_t f,
    const int32_t *pick, int n, struct cell *out, bool keep_empty)
{
	uint32_t gap = x->d->nsep;

	for (int i = 0; i < n; i++) {
		int r = pick ? pick[i] : i;
		uint32_t at = x->first[r] + f, from;

		if (__builtin_expect(at > x->last[r], 0)) {
			out[i] = (struct cell){ NULL, 0 };
			continue;
		}
		from = f ? x->end[at - 1] + gap : x->start[r];
		out[i].n = x->end[at] - from;
		out[i].p = out[i].n || keep_empty ? p + from : NULL;
	}
}

/* The inside of a quoted cell that has quotes or escapes in it. */
static void
unescape(const struct csv_dialect *d, struct cell *c, struct arena *heap)
{
	char *to = arena_bytes(heap, c->n + SLACK), *start = to;
	const char *p = c->p + 1, *end = c->p + c->n;
	bool in = true;

	while (p < end) {
		if (in && *p == d->escape && d->escape != d->quote &&
		    p + 1 < end && (p[1] == d->quote || p[1] == d->escape)) {
			*to++ = p[1];
			p += 2;
		} else if (*p != d->quote || !in) {
			*to++ = *p++;
		} else if (p + 1 < end && p[1] == d->quote) {
			*to++ = *p;
			p += 2;
		} else {
			in = false;
			p++;
		}
	}
	c->p = start;
	c->n = (uint32_t)(to - start);
}

/* Takes quotes off.  An empty pair stays a cell of length 0 with p set. */
static void
unquote(const struct csv_dialect *d, struct cell *cell, int n,
    struct arena *heap, bool *heaped)
{
	for (int i = 0; i < n; i++) {
		struct cell *c = &cell[i];

		if (c->n < 2 || *c->p != d->quote)
			continue;
		if (c->p[c->n - 1] == d->quote &&
		    memchr(c->p + 1, d->quote, c->n - 2) == NULL &&
		    (d->escape == d->quote ||
		    memchr(c->p + 1, d->escape, c->n - 2) == NULL)) {
			c->p++;
			c->n -= 2;
		} else {
			unescape(d, c, heap);
			*heaped = true;
		}
		if (c->n == 0 && d->empty) {
			c->p = d->empty;
			c->n = d->nempty;
		} else if (c->n == 0 && d->nnull == 0) {
			c->p = NULL;
		}
	}
}

/* TSV: \t \n \r \\; other backslashes are themselves. */
static void
backslashes(const struct csv_dialect *d, struct cell *cell, int n,
    struct arena *heap, bool *heaped)
{
	for (int i = 0; i < n; i++) {
		struct cell *c = &cell[i];
		const char *p = c->p, *end;
		char *to;

		if (p == NULL || memchr(p, '\\', c->n) == NULL ||
		    (c->n == d->nnull && memcmp(p, d->null, c->n) == 0))
			continue;
		end = p + c->n;
		c->p = to = arena_bytes(heap, c->n + SLACK);
		*heaped = true;
		while (p < end) {
			char b = *p++;

			if (b == '\\' && p < end && (*p == 't' || *p == 'n' ||
			    *p == 'r' || *p == '\\')) {
				b = *p == 't' ? '\t' : *p == 'n' ? '\n' :
				    *p == 'r' ? '\r' : '\\';
				p++;
			}
			*to++ = b;
		}
		c->n = (uint32_t)(to - c->p);
	}
}

static void
trim(const struct csv_dialect *d, struct cell *cell, int n, bool keep_empty)
{
	for (int i = 0; i < n; i++) {
		struct cell *c = &cell[i];

		while (d->trim_left && c->p && c->n && (uint8_t)*c->p <= ' ') {
			c->p++;
			c->n--;
		}
		while (d->trim_right && c->p && c->n &&
		    (uint8_t)c->p[c->n - 1] <= ' ')
			c->n--;
		if (c->n == 0 && !keep_empty)
			c->p = NULL;
	}
}

static void
nulls(const struct csv_dialect *d, struct cell *cell, int n)
{
	for (int i = 0; i < n; i++)
		if (cell[i].p && cell[i].n == d->nnull &&
		    memcmp(cell[i].p, d->null, d->nnull) == 0)
			cell[i].p = NULL;
}

static void
decode(const struct csv_dialect *d, struct cell *cell, int n,
    struct arena *heap, bool *heaped)
{
	for (int i = 0; i < n; i++) {
		size_t len;
		const char *p;

		if (cell[i].p == NULL)
			continue;
		p = encoding_decode(d->encoding, cell[i].p, cell[i].n, heap,
		    &len);
		*heaped |= p != cell[i].p;
		cell[i] = (struct cell){ p, (uint32_t)len };
	}
}

void
csv_cells(const struct csv_index *x, const char *p, uint32_t f,
    const struct type *type, const int32_t *pick, int n, struct cell *out,
    struct arena *heap, bool *heaped)
{
	const struct csv_dialect *d = x->d;
	bool keep_empty = d->backslash && type_is_bytes(type);

	spans(x, p, f, pick, n, out, keep_empty);
	if (d->trim_left || d->trim_right)
		trim(d, out, n, keep_empty);
	if (x->quotes && d->quote)
		unquote(d, out, n, heap, heaped);
	if (d->nnull)
		nulls(d, out, n);
	if (x->quotes && d->backslash)
		backslashes(d, out, n, heap, heaped);
	if (x->high && d->encoding != ENCODING_UTF8)
		decode(d, out, n, heap, heaped);
}
