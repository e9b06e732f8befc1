/*
 * grid -- see grid.h.
 *
 * Width of characters: two columns for East Asian wide ones and emoji, none
 * for combining marks, by a short table of ranges; a terminal may differ.
 */
#include "format/grid.h"

#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "column/schema.h"

#define NARROWEST 6     /* a column is not cut below this */

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

void
grid_init(struct grid *g, struct arena *a, const struct schema *s, int total,
    int64_t most)
{
	size_t fit;

	*g = (struct grid){ .schema = s, .total = total, .most = most };
	g->width = NEW_N(a, int, s->ncol + 1);
	for (int i = 0; i < s->ncol; i++)
		g->width[i] = text_width(s->col[i].name,
		    strlen(s->col[i].name), 1 << 20, &fit);
}

void
grid_release(struct grid *g)
{
	text_release(&g->kept);
	text_release(&g->one);
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
print_cell(const struct grid *g, struct text *to, int i, const char *s,
    size_t n)
{
	bool right = type_is_numeric(g->schema->col[i].type);
	bool end = i + 1 == g->schema->ncol;
	size_t fit;
	int width = text_width(s, n, g->width[i], &fit);

	if (width > g->width[i]) {
		text_width(s, n, g->width[i] - 1, &fit);
		width = text_width(s, fit, g->width[i], &n) + 1;
		text_add(to, s, fit);
		text_adds(to, "…");
		if (!end)
			pad(to, g->width[i] - width);
	} else {
		if (right)
			pad(to, g->width[i] - width);
		text_add(to, s, n);
		if (!right && !end)
			pad(to, g->width[i] - width);
	}
	text_adds(to, end ? "\n" : "  ");
}

/* Takes from the widest columns until the table fits. */
static void
fit_widths(struct grid *g)
{
	int ncol = g->schema->ncol, sum = 2 * (ncol - 1);

	for (int i = 0; i < ncol; i++) {
		g->width[i] = g->width[i] > 0 ? g->width[i] : 1;
		sum += g->width[i];
	}
	while (g->total > 0 && sum > g->total) {
		int widest = 0;

		for (int i = 1; i < ncol; i++)
			if (g->width[i] > g->width[widest])
				widest = i;
		if (g->width[widest] <= NARROWEST)
			return;
		g->width[widest]--;
		sum--;
	}
}

/* The head and the rows kept. */
static void
print_kept(struct grid *g, struct text *to)
{
	const struct schema *s = g->schema;
	const char *p = g->kept.p;

	fit_widths(g);
	for (int i = 0; i < s->ncol; i++)
		print_cell(g, to, i, s->col[i].name, strlen(s->col[i].name));
	for (int64_t r = 0; r < g->nkept; r++)
		for (int i = 0; i < s->ncol; i++) {
			print_cell(g, to, i, p, strlen(p));
			p += strlen(p) + 1;
		}
	text_release(&g->kept);
	g->printed = true;
}

/* The cell in g->one, control characters escaped. */
static void
escape(struct grid *g, const char *p, size_t n)
{
	text_clear(&g->one);
	for (size_t i = 0; i < n; i++) {
		uint8_t b = (uint8_t)p[i];

		if (b < 0x20 || b == 0x7f) {
			text_addc(&g->one, '\\');
			b = b == '\n' ? 'n' : b == '\t' ? 't' :
			    b == '\r' ? 'r' : '?';
		}
		text_addc(&g->one, (char)b);
	}
}

void
grid_add(struct grid *g, struct text *to, const char *p, size_t n)
{
	int i = g->at, width;
	size_t fit;

	if (i == 0) {
		if (!g->printed && g->nkept == g->most)
			print_kept(g, to);
		g->nkept += !g->printed;
	}
	g->at = i + 1 == g->schema->ncol ? 0 : i + 1;
	escape(g, p, n);
	if (g->printed) {
		print_cell(g, to, i, text_str(&g->one), g->one.n);
		return;
	}
	width = text_width(text_str(&g->one), g->one.n, 1 << 20, &fit);
	if (width > g->width[i])
		g->width[i] = width;
	text_add(&g->kept, text_str(&g->one), g->one.n + 1);
}

void
grid_finish(struct grid *g, struct text *to)
{
	if (!g->printed && g->schema->ncol > 0)
		print_kept(g, to);
}
