/*
 * tsv_table -- see tsv_table.h.
 */
#include "format/tsv_table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/utf8.h"

#define CELL_MAX 60

static int
terminal_width(void)
{
	const char *c = getenv("COLUMNS");
	struct winsize w;

	if (c && strtol(c, NULL, 10) > 0)
		return (int)strtol(c, NULL, 10);
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
		return w.ws_col;
	return 80;
}

/* Cells a code point takes: 2 for wide East Asian ones and emoji. */
static int
cells(uint32_t cp)
{
	if (cp < 0x300)
		return 1;
	if (cp < 0x370)
		return 0;
	return (cp >= 0x1100 && cp <= 0x115f) || (cp >= 0x2e80 && cp <= 0xa4cf) ||
	    (cp >= 0xac00 && cp <= 0xd7a3) || (cp >= 0xf900 && cp <= 0xfaff) ||
	    (cp >= 0xfe30 && cp <= 0xfe6f) || (cp >= 0xff00 && cp <= 0xff60) ||
	    (cp >= 0x1f300 && cp <= 0x1faff) || (cp >= 0x20000 &&
	    cp <= 0x3fffd) ? 2 : 1;
}

static int
width(const char *s, size_t n)
{
	uint32_t cp;
	int w = 0, len;

	for (size_t i = 0; i < n; i += (size_t)(len ? len : 1)) {
		len = utf8_decode(s + i, n - i, &cp);
		w += len ? cells(cp) : 1;
	}
	return w;
}

static void
add_cell(struct text *to, const char *s, size_t n, int w, int right)
{
	int have = width(s, n), pad = w - have;
	uint32_t cp;

	for (int i = 0; right && i < pad; i++)
		text_addc(to, ' ');
	if (have > w) {
		int used = 0;

		for (size_t i = 0; i < n;) {
			int len = utf8_decode(s + i, n - i, &cp);
			int k = len ? cells(cp) : 1;

			if (used + k > w - 1)
				break;
			text_add(to, s + i, (size_t)(len ? len : 1));
			used += k;
			i += (size_t)(len ? len : 1);
		}
		text_adds(to, "…");
		pad = w - used - 1;
	} else {
		text_add(to, s, n);
	}
	for (int i = 0; !right && i < pad; i++)
		text_addc(to, ' ');
}

struct cell {
	const char *p;
	size_t n;
};

/* Splits TSV into cells; \N becomes NULL. */
static struct cell *
split(struct arena *a, const char *p, size_t n, int ncol, int64_t *rows)
{
	struct cell *v = NULL;
	const char *end = p + n;
	int64_t used = 0, cap = 0;

	while (p < end) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));

		stop = stop ? stop : end;
		for (int c = 0; c < ncol; c++) {
			const char *tab = p <= stop ? memchr(p, '\t',
			    (size_t)(stop - p)) : NULL;

			tab = tab ? tab : stop;
			ARENA_GROW(a, v, used, cap);
			v[used] = (struct cell){ p, p <= tab ?
			    (size_t)(tab - p) : 0 };
			if (v[used].n == 2 && memcmp(p, "\\N", 2) == 0)
				v[used] = (struct cell){ "NULL", 4 };
			used++;
			p = tab < stop ? tab + 1 : stop;
		}
		p = stop + 1;
	}
	*rows = ncol ? used / ncol : 0;
	return v;
}

/* Widest columns shrink until the table fits. */
static void
fit(int *w, int ncol, int room)
{
	for (;;) {
		int sum = 2 * (ncol - 1), widest = 0;

		for (int c = 0; c < ncol; c++) {
			sum += w[c];
			if (w[c] > w[widest])
				widest = c;
		}
		if (sum <= room || w[widest] <= 6)
			return;
		w[widest] -= sum - room < w[widest] - 6 ? 1 : w[widest] / 4 + 1;
	}
}

void
tsv_table_print(struct text *to, const struct schema *s, const char *tsv,
    size_t n)
{
	struct arena a = { 0 };
	int64_t rows;
	struct cell *v = split(&a, tsv, n, s->ncol, &rows);
	int *w = NEW_N(&a, int, s->ncol + 1);

	for (int c = 0; c < s->ncol; c++) {
		w[c] = width(s->col[c].name, strlen(s->col[c].name));
		for (int64_t r = 0; r < rows; r++) {
			struct cell *x = &v[r * s->ncol + c];
			int k = width(x->p, x->n);

			w[c] = k > w[c] ? k : w[c];
		}
		w[c] = w[c] > CELL_MAX && s->ncol > 1 ? CELL_MAX : w[c];
	}
	fit(w, s->ncol, terminal_width());
	for (int64_t r = -1; r < rows; r++) {
		for (int c = 0; c < s->ncol; c++) {
			struct cell head = { s->col[c].name,
			    strlen(s->col[c].name) };
			struct cell *x = r < 0 ? &head : &v[r * s->ncol + c];

			if (c)
				text_adds(to, "  ");
			add_cell(to, x->p, x->n, w[c],
			    type_is_numeric(s->col[c].type));
		}
		while (to->n && to->p[to->n - 1] == ' ')
			to->n--;
		text_addc(to, '\n');
	}
	text_addf(to, "(%lld row%s)\n", (long long)rows, rows == 1 ? "" : "s");
	arena_release(&a);
}
