/*
 * table -- the format "table": rows for people, as columns that line up.
 *
 * The first rows (option rows, 1000) are kept until their widths are known,
 * later ones are printed as they come, cut where they are wider.  Numbers
 * stand right; null is NULL; control characters are escaped.  The table is
 * made as wide as the option width says (0: as wide as it gets): the widest
 * columns are cut first, with an ellipsis.
 *
 * Width of characters: two columns for East Asian wide ones and emoji, none
 * for combining marks, by a short table of ranges; a terminal may differ.
 */
#include "format/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "base/utf8.h"
#include "column/batch.h"
#include "format/cellout.h"
#include "format/options.h"
#include "format/writers.h"

#define NARROWEST 6     /* a column is not cut below this */

struct table {
	struct writer w;
	struct arena arena;
	cell_put **put;
	struct text one;        /* a cell being made */
	struct text kept;       /* cells of the rows kept, each ends in NUL */
	int64_t nkept, most;    /* rows kept; at most */
	int *width;             /* of the columns */
	int total;              /* columns of the terminal, 0: any */
	bool printed;           /* the head, and the rows kept */
};

static const struct {
	uint32_t from, to;
	int width;
} ranges[] = {
	{ 0x0300, 0x036f, 0 }, { 0x0483, 0x0489, 0 }, { 0x0591, 0x05bd, 0 },
	{ 0x0610, 0x061a, 0 }, { 0x064b, 0x065f, 0 }, { 0x0900, 0x0902, 0 },
	{ 0x093c, 0x093c, 0 }, { 0x0941, 0x0948, 0 }, { 0x0e31, 0x0e31, 0 },
	{ 0x0e34, 0x0e3a, 0 }, { 0x0e47, 0x0e4e, 0 }, { 0x1100, 0x115f, 2 },
	{ 0x1ab0, 0x1aff, 0 }, { 0x1dc0, 0x1dff, 0 }, { 0x200b, 0x200f, 0 },
	{ 0x202a, 0x202e, 0 }, { 0x2060, 0x2064, 0 }, { 0x20d0, 0x20ff, 0 },
	{ 0x231a, 0x231b, 2 }, { 0x23e9, 0x23ec, 2 }, { 0x2614, 0x2615, 2 },
	{ 0x2648, 0x2653, 2 }, { 0x26a1, 0x26a1, 2 }, { 0x26bd, 0x26be, 2 },
	{ 0x2705, 0x2705, 2 }, { 0x2728, 0x2728, 2 }, { 0x274c, 0x274c, 2 },
	{ 0x2753, 0x2755, 2 }, { 0x2795, 0x2797, 2 }, { 0x2b50, 0x2b50, 2 },
	{ 0x2e80, 0x303e, 2 }, { 0x3041, 0xa4cf, 2 }, { 0xa960, 0xa97f, 2 },
	{ 0xac00, 0xd7a3, 2 }, { 0xf900, 0xfaff, 2 }, { 0xfe00, 0xfe0f, 0 },
	{ 0xfe20, 0xfe2f, 0 }, { 0xfe30, 0xfe6f, 2 }, { 0xff00, 0xff60, 2 },
	{ 0xffe0, 0xffe6, 2 }, { 0x1f300, 0x1f64f, 2 },
	{ 0x1f680, 0x1f6ff, 2 }, { 0x1f900, 0x1f9ff, 2 },
	{ 0x20000, 0x3fffd, 2 }, { 0xe0100, 0xe01ef, 0 },
};

static int
char_width(uint32_t c)
{
	size_t low = 0, high = sizeof ranges / sizeof *ranges;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (c > ranges[mid].to)
			low = mid + 1;
		else if (c < ranges[mid].from)
			high = mid;
		else
			return ranges[mid].width;
	}
	return 1;
}

/* Columns that s[0..n) takes; *fit: bytes that fit into at most max. */
static int
text_width(const char *s, size_t n, int max, size_t *fit)
{
	int width = 0;
	size_t i = 0;

	*fit = n;
	while (i < n) {
		uint32_t c = (uint8_t)s[i];
		int len = c < 0x80 ? 1 : utf8_decode(s + i, n - i, &c);
		int w = c < 0x80 ? 1 : char_width(c);

		if (width <= max && width + w > max)
			*fit = i;
		width += w;
		i += len ? (size_t)len : 1;
	}
	return width;
}

static bool
right_aligned(const struct type *t)
{
	return type_is_numeric(t);
}

static int
table_open(struct writer *w, struct text *to, struct err *e)
{
	struct table *t = (struct table *)w;

	(void)to, (void)e;
	t->put = NEW_N(&t->arena, cell_put *, w->schema->ncol + 1);
	t->width = NEW_N(&t->arena, int, w->schema->ncol + 1);
	t->most = atoll(options_get(w->options, "rows", "1000"));
	t->total = (int)atoll(options_get(w->options, "width", "0"));
	for (int i = 0; i < w->schema->ncol; i++) {
		const char *name = w->schema->col[i].name;
		size_t fit;

		t->put[i] = cell_putter(w->schema->col[i].type);
		t->width[i] = text_width(name, strlen(name), 1 << 20, &fit);
	}
	return 0;
}

/* The cell's text in t->one, control characters escaped. */
static void
make_cell(struct table *t, const struct column *c, int64_t row, cell_put *put)
{
	struct text *o = &t->one;

	text_clear(o);
	if (col_null(c, row)) {
		text_adds(o, "NULL");
		return;
	}
	put(o, c, col_at(c, row), t->w.zone);
	text_str(o);
	for (size_t i = 0; i < o->n; i++) {
		uint8_t b = (uint8_t)o->p[i];

		if (b >= 0x20 && b != 0x7f)
			continue;
		text_room(o, 1);
		memmove(o->p + i + 1, o->p + i, o->n++ - i);
		o->p[i++] = '\\';
		o->p[i] = b == '\n' ? 'n' : b == '\t' ? 't' :
		    b == '\r' ? 'r' : '?';
	}
}

static void
pad(struct text *to, int n)
{
	if (n <= 0)
		return;
	memset(text_room(to, (size_t)n), ' ', (size_t)n);
	to->n += (size_t)n;
}

/* One cell, padded or cut to its column's width. */
static void
print_cell(const struct table *t, struct text *to, int i, const char *s,
    size_t n)
{
	bool right = right_aligned(t->w.schema->col[i].type);
	bool end = i + 1 == t->w.schema->ncol;
	size_t fit;
	int width = text_width(s, n, t->width[i], &fit);

	if (width > t->width[i]) {
		text_width(s, n, t->width[i] - 1, &fit);
		width = text_width(s, fit, t->width[i], &n) + 1;
		text_add(to, s, fit);
		text_adds(to, "…");
		if (!end)
			pad(to, t->width[i] - width);
	} else {
		if (right)
			pad(to, t->width[i] - width);
		text_add(to, s, n);
		if (!right && !end)
			pad(to, t->width[i] - width);
	}
	text_adds(to, end ? "\n" : "  ");
}

/* Takes from the widest columns until the table fits. */
static void
fit_widths(struct table *t)
{
	int ncol = t->w.schema->ncol, sum = 2 * (ncol - 1);

	for (int i = 0; i < ncol; i++) {
		t->width[i] = t->width[i] > 0 ? t->width[i] : 1;
		sum += t->width[i];
	}
	while (t->total > 0 && sum > t->total) {
		int widest = 0;

		for (int i = 1; i < ncol; i++)
			if (t->width[i] > t->width[widest])
				widest = i;
		if (t->width[widest] <= NARROWEST)
			return;
		t->width[widest]--;
		sum--;
	}
}

/* The head and the rows kept. */
static void
print_kept(struct table *t, struct text *to)
{
	const struct schema *s = t->w.schema;
	const char *p = t->kept.p;

	fit_widths(t);
	for (int i = 0; i < s->ncol; i++)
		print_cell(t, to, i, s->col[i].name, strlen(s->col[i].name));
	for (int64_t r = 0; r < t->nkept; r++)
		for (int i = 0; i < s->ncol; i++) {
			print_cell(t, to, i, p, strlen(p));
			p += strlen(p) + 1;
		}
	text_release(&t->kept);
	t->printed = true;
}

static int
table_put(struct writer *w, const struct batch *b, struct text *to,
    struct err *e)
{
	struct table *t = (struct table *)w;

	(void)e;
	for (int k = 0; k < b->n && b->ncol > 0; k++) {
		int row = batch_row(b, k);

		if (!t->printed && t->nkept == t->most)
			print_kept(t, to);
		t->nkept += !t->printed;
		for (int i = 0; i < b->ncol; i++) {
			size_t fit;
			int width;

			make_cell(t, &b->col[i], row, t->put[i]);
			if (t->printed) {
				print_cell(t, to, i, t->one.p, t->one.n);
				continue;
			}
			width = text_width(t->one.p, t->one.n, 1 << 20, &fit);
			if (width > t->width[i])
				t->width[i] = width;
			text_add(&t->kept, t->one.p, t->one.n + 1);
		}
	}
	return 0;
}

static int
table_finish(struct writer *w, struct text *to, struct err *e)
{
	struct table *t = (struct table *)w;

	(void)e;
	if (!t->printed && w->schema->ncol > 0)
		print_kept(t, to);
	return 0;
}

static void
table_close(struct writer *w)
{
	struct table *t = (struct table *)w;

	text_release(&t->one);
	text_release(&t->kept);
	arena_release(&t->arena);
}

static const struct writer_class writer_table = {
	.size = sizeof(struct table), .open = table_open, .put = table_put,
	.finish = table_finish, .close = table_close,
};

static const struct option_rule known[] = {
	{ "width", OPTION_NUMBER }, { "rows", OPTION_NUMBER },
	{ NULL, OPTION_ANY }
};

static int
table_check(const struct options *o, struct err *e)
{
	return options_check(o, known, "table", e);
}

static const char *const extensions[] = { NULL };

const struct format format_table = {
	.name = "table", .extension = extensions, .check = table_check,
	.writer = &writer_table,
};
