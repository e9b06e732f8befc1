/*
 * write_tsv -- rows as tab-separated text with escapes: \t \n \r \\ inside
 * values, \N for null.  What reads it back: format tsv.
 *
 * Options: header (false), sep (tab), nullvalue (\N).
 */
#include "format/writers.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "column/batch.h"
#include "format/cellout.h"
#include "format/options.h"

struct tsv {
	struct writer w;
	struct arena arena;
	struct cellset special;
	cell_put **put;
	const char *null;
	size_t nnull;
	char sep;
};

static void
put_escaped(const struct tsv *t, struct text *to, const char *p, size_t n)
{
	size_t at;

	while ((at = cell_scan(&t->special, p, n)) < n) {
		char c = p[at];

		text_add(to, p, at);
		text_addc(to, '\\');
		text_addc(to, c == '\t' ? 't' : c == '\n' ? 'n' :
		    c == '\r' ? 'r' : c);
		p += at + 1;
		n -= at + 1;
	}
	text_add(to, p, n);
}

static int
tsv_open(struct writer *w, struct text *to, struct err *e)
{
	struct tsv *t = (struct tsv *)w;
	const char *sep;
	size_t n;

	(void)e;
	sep = option_unescaped(w->options, "sep", &t->arena, &n);
	if (sep == NULL)
		sep = option_unescaped(w->options, "delimiter", &t->arena, &n);
	t->sep = sep && n ? *sep : '\t';
	t->null = options_get(w->options, "nullvalue", "\\N");
	t->nnull = strlen(t->null);
	t->put = NEW_N(&t->arena, cell_put *, w->schema->ncol + 1);
	for (const char *s = "\t\n\r\\"; *s; s++)
		t->special.in[(uint8_t)*s] = 1;
	t->special.in[(uint8_t)t->sep] = 1;
	for (int i = 0; i < w->schema->ncol; i++)
		t->put[i] = cell_putter(w->schema->col[i].type);
	if (!option_flag(w->options, "header", 0))
		return 0;
	for (int i = 0; i < w->schema->ncol; i++) {
		const char *name = w->schema->col[i].name;

		if (i)
			text_addc(to, t->sep);
		put_escaped(t, to, name, strlen(name));
	}
	text_addc(to, '\n');
	return 0;
}

static void
put_cell(struct tsv *t, struct text *to, const struct column *c, int64_t row,
    cell_put *put)
{
	if (col_null(c, row)) {
		text_add(to, t->null, t->nnull);
	} else if (type_is_bytes(c->type)) {
		const struct sview *v = (const struct sview *)c->data +
		    col_at(c, row);

		put_escaped(t, to, sview_ptr(v), v->len);
	} else if (type_is_nested(c->type)) {
		struct text one = { 0 };

		put(&one, c, col_at(c, row), t->w.zone);
		put_escaped(t, to, text_str(&one), one.n);
		text_release(&one);
	} else {
		put(to, c, col_at(c, row), t->w.zone);
	}
}

static int
tsv_put(struct writer *w, const struct batch *b, struct text *to,
    struct err *e)
{
	struct tsv *t = (struct tsv *)w;

	(void)e;
	for (int i = 0; i < b->n; i++) {
		int row = batch_row(b, i);

		for (int c = 0; c < b->ncol; c++) {
			put_cell(t, to, &b->col[c], row, t->put[c]);
			text_addc(to, c + 1 < b->ncol ? t->sep : '\n');
		}
	}
	return 0;
}

static void
tsv_close(struct writer *w)
{
	arena_release(&((struct tsv *)w)->arena);
}

const struct writer_class writer_tsv = {
	.size = sizeof(struct tsv), .open = tsv_open, .put = tsv_put,
	.close = tsv_close,
};
