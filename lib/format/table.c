/*
 * table -- the format "table": rows for people (format/grid.h).
 *
 * Options: rows, how many are looked at for the widths (1000); width, of the
 * whole (0: as wide as it gets).  Null is NULL.
 */
#include "format/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "column/batch.h"
#include "format/cellout.h"
#include "format/grid.h"
#include "format/options.h"
#include "format/writers.h"

struct table {
	struct writer w;
	struct arena arena;
	cell_put **put;
	struct text one;        /* a cell being made */
	struct grid grid;
};

static int
table_open(struct writer *w, struct text *to, struct err *e)
{
	struct table *t = (struct table *)w;

	(void)to, (void)e;
	t->put = NEW_N(&t->arena, cell_put *, w->schema->ncol + 1);
	for (int i = 0; i < w->schema->ncol; i++)
		t->put[i] = cell_putter(w->schema->col[i].type);
	grid_init(&t->grid, &t->arena, w->schema,
	    (int)atoll(options_get(w->options, "width", "0")),
	    atoll(options_get(w->options, "rows", "1000")));
	return 0;
}

static int
table_put(struct writer *w, const struct batch *b, struct text *to,
    struct err *e)
{
	struct table *t = (struct table *)w;

	(void)e;
	for (int k = 0; k < b->n; k++) {
		int row = batch_row(b, k);

		for (int i = 0; i < b->ncol; i++) {
			const struct column *c = &b->col[i];

			text_clear(&t->one);
			if (col_null(c, row))
				text_adds(&t->one, "NULL");
			else
				t->put[i](&t->one, c, col_at(c, row),
				    t->w.zone);
			grid_add(&t->grid, to, text_str(&t->one), t->one.n);
		}
	}
	return 0;
}

static int
table_finish(struct writer *w, struct text *to, struct err *e)
{
	struct table *t = (struct table *)w;

	(void)e;
	grid_finish(&t->grid, to);
	return 0;
}

static void
table_close(struct writer *w)
{
	struct table *t = (struct table *)w;

	text_release(&t->one);
	grid_release(&t->grid);
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
