/*
 * write_csv -- rows as comma-separated text, as Spark writes it.
 *
 * A value is quoted only when it has to be: it holds the separator, a
 * quote, a line end, or white space at an end.  Null is empty (or the
 * option nullvalue), an empty string is "" (or emptyvalue).  Quotes inside
 * are doubled, unless the option escape names another character.
 */
#include "format/writers.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "column/batch.h"
#include "format/cellout.h"
#include "format/options.h"

struct csv_out {
	struct writer w;
	struct arena arena;
	struct cellset special;
	cell_put **put;
	struct timepat **pattern;       /* of each column, or NULL */
	const char *null, *empty, *sep, *end;
	size_t nnull, nempty, nsep, nend;
	char quote, escape;
	bool all;               /* quote every value */
	bool odd;               /* numbers and times may need quotes too */
};

static const char *
text_option(struct csv_out *t, const char *key, const char *otherwise,
    size_t *n)
{
	const char *v = option_unescaped(t->w.options, key, &t->arena, n);

	if (v)
		return v;
	*n = strlen(otherwise);
	return otherwise;
}

static void
put_quoted(const struct csv_out *t, struct text *to, const char *p, size_t n)
{
	text_addc(to, t->quote);
	for (size_t i = 0; i < n; i++) {
		if (p[i] == t->quote || p[i] == t->escape)
			text_addc(to, t->escape);
		text_addc(to, p[i]);
	}
	text_addc(to, t->quote);
}

static void
put_string(const struct csv_out *t, struct text *to, const char *p, size_t n)
{
	if (n == 0) {
		text_add(to, t->empty, t->nempty);
		return;
	}
	if (t->quote && (t->all || p[0] == ' ' || p[n - 1] == ' ' ||
	    cell_scan(&t->special, p, n) < n ||
	    (n == t->nnull && memcmp(p, t->null, n) == 0)))
		put_quoted(t, to, p, n);
	else
		text_add(to, p, n);
}

static int
csv_header(struct csv_out *t, struct text *to)
{
	const struct schema *s = t->w.schema;

	for (int i = 0; i < s->ncol; i++) {
		if (i)
			text_add(to, t->sep, t->nsep);
		put_string(t, to, s->col[i].name, strlen(s->col[i].name));
	}
	text_add(to, t->end, t->nend);
	return 0;
}

static int
csv_out_open(struct writer *w, struct text *to, struct err *e)
{
	struct csv_out *t = (struct csv_out *)w;
	const char *quote, *escape;
	size_t n;

	t->sep = text_option(t, "delimiter", ",", &t->nsep);
	t->sep = text_option(t, "sep", t->sep, &t->nsep);
	t->end = text_option(t, "linesep", "\n", &t->nend);
	t->null = text_option(t, "nullvalue", "", &t->nnull);
	t->empty = text_option(t, "emptyvalue", "\"\"", &t->nempty);
	quote = text_option(t, "quote", "\"", &n);
	t->quote = n ? *quote : '\0';
	escape = text_option(t, "escape", n ? quote : "\\", &n);
	t->escape = n ? *escape : t->quote;
	t->all = option_flag(w->options, "quoteall", 0);
	for (const char *s = "\t\n\r"; *s; s++)
		t->special.in[(uint8_t)*s] = 1;
	t->special.in[(uint8_t)t->quote] = t->quote != '\0';
	for (size_t i = 0; i < t->nsep; i++)
		t->special.in[(uint8_t)t->sep[i]] = 1;
	for (const char *s = "0123456789+-.:eE TZtrufalsNIniy"; *s; s++)
		t->odd |= t->special.in[(uint8_t)*s];
	t->put = NEW_N(&t->arena, cell_put *, w->schema->ncol + 1);
	t->pattern = NEW_N(&t->arena, struct timepat *, w->schema->ncol + 1);
	for (int i = 0; i < w->schema->ncol; i++) {
		const struct type *type = w->schema->col[i].type;

		if (type_is_nested(type))
			return err_user(e, EXIT_USAGE, "format csv cannot "
			    "hold the nested column %s",
			    w->schema->col[i].name);
		t->put[i] = cell_putter(type);
		TRY(option_timepat(w->options, type, &t->arena,
		    &t->pattern[i], e));
	}
	return option_flag(w->options, "header", 0) ? csv_header(t, to) : 0;
}

static void
csv_cell(struct csv_out *t, struct text *to, const struct column *c,
    int64_t row, int k)
{
	size_t from = to->n;

	if (col_null(c, row)) {
		text_add(to, t->null, t->nnull);
	} else if (type_is_bytes(c->type)) {
		const struct sview *v = (const struct sview *)c->data +
		    col_at(c, row);

		put_string(t, to, sview_ptr(v), v->len);
	} else {
		if (t->pattern[k])
			cell_time(t->pattern[k], to, c, col_at(c, row),
			    t->w.zone);
		else
			t->put[k](to, c, col_at(c, row), t->w.zone);
		if ((t->odd || t->pattern[k]) && cell_scan(&t->special, to->p + from,
		    to->n - from) < to->n - from) {
			struct text one = { 0 };

			text_add(&one, to->p + from, to->n - from);
			to->n = from;
			put_string(t, to, one.p, one.n);
			text_release(&one);
		}
	}
}

static int
csv_put(struct writer *w, const struct batch *b, struct text *to,
    struct err *e)
{
	struct csv_out *t = (struct csv_out *)w;

	(void)e;
	for (int i = 0; i < b->n; i++) {
		int row = batch_row(b, i);

		for (int c = 0; c < b->ncol; c++) {
			if (c)
				text_add(to, t->sep, t->nsep);
			csv_cell(t, to, &b->col[c], row, c);
		}
		text_add(to, t->end, t->nend);
	}
	return 0;
}

static void
csv_out_close(struct writer *w)
{
	arena_release(&((struct csv_out *)w)->arena);
}

const struct writer_class writer_csv = {
	.size = sizeof(struct csv_out), .open = csv_out_open, .put = csv_put,
	.close = csv_out_close,
};
