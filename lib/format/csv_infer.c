/*
 * csv_infer -- separator, header and types from the head of a file.
 *
 * Separator: each candidate splits a sample of records; the best one gives
 * the same number of fields in nearly all of them, and more fields rather
 * than fewer.  Header: the first record is one when a column has a type that
 * the first record's value is not of; among strings, when all its values
 * look like names and do not occur again.  Types: format/guess.h.
 */
#include "format/csv.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/err.h"
#include "format/guess.h"
#include "format/rows.h"

#define SAMPLE_ROWS 20480
#define SAMPLE_BID 65536        /* bytes looked at for a bid */

struct sample {
	struct csv_index *x;
	const char *p;
	size_t n, at;
	bool whole;
	int64_t nrow;
};

/* The next records of the sample: 0 at its end. */
static int
sample_next(struct sample *s)
{
	const struct csv_dialect *d = s->x->d;

	if (s->nrow >= SAMPLE_ROWS)
		return 0;
	if (d->simple)
		csv_index(s->x, s->p, s->at, s->n, s->whole);
	else
		csv_index_slow(s->x, s->p, s->at, s->n, s->whole);
	s->at = s->x->next;
	s->nrow += s->x->nrow;
	return s->x->nrow;
}

static size_t
lines_end(const char *p, size_t n, int64_t skip)
{
	size_t at = n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	const char *nl;

	while (skip-- > 0 && (nl = memchr(p + at, '\n', n - at)) != NULL)
		at = (size_t)(nl - p) + 1;
	return at;
}

/* How well a dialect splits the sample: 0 not at all; *fields: how many. */
static double
score(const struct csv_dialect *d, const char *p, size_t n, bool whole,
    uint32_t *fields, int64_t *rows)
{
	struct csv_index *x = xmalloc(sizeof *x);
	struct sample s = { x, p, n, lines_end(p, n, d->skip), whole, 0 };
	int64_t *count = xcalloc(1024, sizeof *count), most = 0;
	uint32_t at = 0;

	csv_index_init(x, d);
	while (s.nrow < 2048 && sample_next(&s) > 0)
		for (int r = 0; r < x->nrow; r++) {
			uint32_t k = x->last[r] - x->first[r] + 1;

			count[k < 1023 ? k : 1023]++;
		}
	for (uint32_t k = 1; k < 1024; k++)
		if (count[k] >= most && count[k] > 0) {
			most = count[k];
			at = k;
		}
	*fields = at;
	*rows = s.nrow;
	free(count);
	csv_index_release(x);
	free(x);
	if (s.nrow == 0 || at < 2 || (double)most < 0.8 * (double)s.nrow)
		return 0;
	return (double)most / (double)s.nrow + 0.001 * (at < 100 ? at : 100) -
	    (*d->sep == ' ' ? 0.3 : 0);
}

static char
sniff_separator(const struct csv_dialect *given, const char *p, size_t n,
    bool whole)
{
	static const char candidates[] = ",|;\t ";
	char best = ',';
	double high = 0;

	for (const char *c = candidates; *c; c++) {
		struct csv_dialect d = *given;
		uint32_t fields;
		int64_t rows;
		double v;

		d.sep = c;
		d.nsep = 1;
		v = score(&d, p, n, whole, &fields, &rows);
		if (v > high) {
			high = v;
			best = *c;
		}
	}
	return best;
}

static int
bid(const char *sep, char quote, const char *head, size_t n)
{
	struct csv_dialect d = { .sep = sep, .nsep = 1, .quote = quote,
	    .escape = quote, .simple = true };
	uint32_t fields;
	int64_t rows;
	size_t m = n < SAMPLE_BID ? n : SAMPLE_BID;
	char *copy;
	double v;

	if (m == 0 || memchr(head, '\0', m))
		return 0;
	copy = xcalloc(1, m + 256);
	memcpy(copy + 128, head, m);
	v = score(&d, copy + 128, m, m == n, &fields, &rows);
	free(copy);
	if (v < 1 || (fields < 3 && rows < 4) || rows < 2)
		return 0;
	return 50;
}

int
csv_bid(const char *head, size_t n)
{
	int high = 0;

	for (const char *c = ",;|"; *c; c++) {
		int b = bid(c, '"', head, n);

		high = b > high ? b : high;
	}
	return high;
}

int
tsv_bid(const char *head, size_t n)
{
	int b = bid("\t", '\0', head, n);

	return b ? b + 10 : 0;
}

/* What was seen in one column. */
struct seen {
	unsigned rest;          /* guess over all rows but the first */
	unsigned first;         /* of the first row */
	const char *name;       /* the first row's value */
	size_t len;
	bool again;             /* occurs in another row */
	int64_t values;         /* in rows but the first */
};

static void
see_cell(struct seen *s, const struct cell *v, bool first, struct arena *a)
{
	if (first) {
		s->first = v->p ? guess_text(v->p, v->n) : GUESS_ALL;
		s->name = arena_memdup(a, v->p ? v->p : "", v->p ? v->n : 0);
		s->len = v->p ? v->n : 0;
		return;
	}
	if (v->p == NULL)
		return;
	s->values++;
	if (s->rest)
		s->rest &= guess_text(v->p, v->n);
	s->again |= v->n == s->len && memcmp(v->p, s->name, v->n) == 0;
}

/* Goes through the sample; returns the number of columns, 0: no record. */
static uint32_t
see_rows(const struct csv_dialect *d, const char *p, size_t n, bool whole,
    struct arena *a, struct seen **out, int64_t *rows)
{
	struct csv_index *x = xmalloc(sizeof *x);
	struct sample s = { x, p, n, lines_end(p, n, d->skip), whole, 0 };
	struct cell *cell = xmalloc(BATCH_ROWS * sizeof *cell);
	struct arena heap = { 0 };
	struct seen *seen = NULL;
	uint32_t ncol = 0;
	bool heaped = false, first = true;

	csv_index_init(x, d);
	while (sample_next(&s) > 0) {
		if (first) {
			ncol = x->last[0] - x->first[0] + 1;
			seen = NEW_N(a, struct seen, ncol);
		}
		for (uint32_t f = 0; f < ncol; f++) {
			if (first)
				seen[f].rest = GUESS_ALL;
			csv_cells(x, p, f, TYPE(I64), NULL, x->nrow, cell,
			    &heap, &heaped);
			for (int r = 0; r < x->nrow; r++)
				see_cell(&seen[f], &cell[r], first && r == 0,
				    a);
			arena_reset(&heap);
		}
		first = false;
	}
	*rows = s.nrow;
	*out = seen;
	arena_release(&heap);
	free(cell);
	csv_index_release(x);
	free(x);
	return ncol;
}

static bool
looks_like_name(const char *s, size_t n)
{
	if (n == 0 || n > 64 || (!isalpha((uint8_t)*s) && *s != '_' &&
	    (uint8_t)*s < 0x80))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((uint8_t)s[i]) && strchr("_ .-#()/%", s[i]) == NULL &&
		    (uint8_t)s[i] < 0x80)
			return false;
	return true;
}

static bool
guess_header(const struct seen *s, uint32_t ncol, int64_t rows)
{
	bool names = true;

	for (uint32_t f = 0; f < ncol; f++) {
		names &= looks_like_name(s[f].name, s[f].len) && !s[f].again;
		for (uint32_t k = 0; k < f; k++)
			names &= s[k].len != s[f].len ||
			    strcasecmp(s[k].name, s[f].name) != 0;
		/* A number, date, … below something else. */
		if (s[f].values && s[f].rest && s[f].len &&
		    (s[f].first & s[f].rest) == 0)
			return true;
		if (s[f].first && s[f].first != GUESS_ALL)
			return false;
	}
	return names && (rows > 1 || ncol > 1);
}

/* Names of the columns as Spark gives them: _c0 where there is none, the
 * number behind names that occur more than once. */
static void
name_columns(struct arena *a, struct schema *s, const struct seen *seen,
    bool header)
{
	for (int i = 0; i < s->ncol; i++) {
		const char *name = seen[i].name;
		bool twice = false;

		if (!header || seen[i].len == 0) {
			s->col[i].name = arena_printf(a, "_c%d", i);
			continue;
		}
		for (int k = 0; k < s->ncol; k++)
			twice |= k != i && strcasecmp(seen[k].name, name) == 0;
		s->col[i].name = twice ? arena_printf(a, "%s%d", name, i) :
		    name;
	}
}

static unsigned
column_guess(const struct seen *s, bool header)
{
	if (header)
		return s->values ? s->rest : GUESS_ALL;
	if (s->len == 0)
		return s->rest;
	return s->rest & s->first;
}

static int
infer(struct arena *a, const char *path, const char *p, size_t n, bool whole,
    struct options *o, const struct format *f, struct schema **out,
    struct err *e)
{
	struct csv_dialect d;
	struct seen *seen;
	char sep[2] = { 0 };
	uint32_t ncol;
	int64_t rows;
	int header;

	TRY(csv_dialect(&d, o, a, f, e));
	if (f == &format_csv && options_get(o, "sep", NULL) == NULL &&
	    options_get(o, "delimiter", NULL) == NULL) {
		*sep = sniff_separator(&d, p, n, whole);
		options_put(o, a, "sep", sep);
		TRY(csv_dialect(&d, o, a, f, e));
	}
	ncol = see_rows(&d, p, n, whole, a, &seen, &rows);
	if (ncol == 0 && n > 0 && !whole)
		return err_user(e, EXIT_DATA, "%s: the first record is longer "
		    "than %zu bytes", path, n);
	header = option_flag(o, "header", -1);
	if (header < 0) {
		header = ncol > 0 && guess_header(seen, ncol, rows);
		options_put(o, a, "header", header ? "true" : "false");
	}
	*out = schema_new(a, (int)ncol);
	if (ncol > 0)
		name_columns(a, *out, seen, header);
	for (uint32_t i = 0; i < ncol; i++) {
		(*out)->col[i].nullable = true;
		(*out)->col[i].type = option_flag(o, "inferschema", 1) ?
		    guess_type(column_guess(&seen[i], header), a) : TYPE(STR);
	}
	return 0;
}

/* Fields are ended in a copy, with room around it. */
static int
infer_copy(struct arena *a, const char *path, const char *head, size_t n,
    bool whole, struct options *options, const struct format *f,
    struct schema **out, struct err *e)
{
	char *copy = xcalloc(1, n + 256);
	int rc;

	memcpy(copy + 128, head, n);
	rc = infer(a, path, copy + 128, n, whole, options, f, out, e);
	free(copy);
	return rc;
}

int
csv_infer(struct arena *a, const char *path, const char *head, size_t n,
    bool whole, struct options *options, struct schema **out, struct err *e)
{
	return infer_copy(a, path, head, n, whole, options, &format_csv, out,
	    e);
}

int
tsv_infer(struct arena *a, const char *path, const char *head, size_t n,
    bool whole, struct options *options, struct schema **out, struct err *e)
{
	return infer_copy(a, path, head, n, whole, options, &format_tsv, out,
	    e);
}
