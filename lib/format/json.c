/*
 * json -- the format "json": a JSON object a line, or with multiLine any
 * sequence of objects and lists of objects; reader.
 *
 * A list on a line gives a row for each element.  Blank lines and null are
 * passed over.  Records become cells (format/json_walk.h), columns are
 * converted afterwards: first those of the filter, the others for the rows
 * it kept.  Nested columns are built value by value.
 *
 * What is looked at has to be strict JSON; members that no column wants are
 * only passed over.  Of a name that comes twice the last value counts.
 */
#include "format/json.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/pool.h"
#include "base/utf8.h"
#include "format/badrow.h"
#include "format/feed.h"
#include "format/json_records.h"
#include "format/json_value.h"
#include "format/json_walk.h"
#include "format/options.h"
#include "format/rows.h"
#include "format/share.h"
#include "format/writers.h"

struct json_column {
	struct convert convert;
	int want;               /* of the walk; -1: the corrupt record */
	const char *name;
	void *data;
	uint64_t *valid;
	struct builder builder; /* of nested types */
};

struct json_reader {
	struct reader r;
	struct json_records in;
	struct quarantine quarantine;
	struct arena arena, heap;       /* of the reader, of the batch */
	enum on_error on_error;
	struct json_walk walk;
	struct json_column *column;
	int nearly;
	bool texts;             /* one column, value: whatever JSON there is */
	struct column *col;
	int nrow;
	struct cell *record;    /* text of each row */
	struct cell *cells;     /* BATCH_ROWS of each want */
	int32_t *bad, *pick[2];
	uint8_t *badrow;
	int nbadrow;
};

static const struct option_rule known[] = {
	{ "multiline", OPTION_FLAG }, { "mode", OPTION_MODE },
	{ "columnnameofcorruptrecord", OPTION_NONEMPTY },
	{ "dateformat", OPTION_ANY }, { "timestampformat", OPTION_ANY },
	{ "timestampntzformat", OPTION_ANY },
	{ "primitivesasstring", OPTION_FLAG },
	{ "prefersdecimal", OPTION_REFUSED }, { "linesep", OPTION_ANY },
	{ "encoding", OPTION_ENCODING }, { "charset", OPTION_ENCODING },
	{ "dropfieldifallnull", OPTION_REFUSED },
	{ "ignorenullfields", OPTION_FLAG },
	{ "allowcomments", OPTION_REFUSED },
	{ "allowunquotedfieldnames", OPTION_REFUSED },
	{ "allowsinglequotes", OPTION_FLAG },
	{ "allownumericleadingzeros", OPTION_REFUSED },
	{ "allownonnumericnumbers", OPTION_REFUSED },
	{ "allowbackslashescapinganycharacter", OPTION_REFUSED },
	{ "allowunquotedcontrolchars", OPTION_REFUSED },
	{ "enabledatetimeparsingfallback", OPTION_FLAG },
	{ NULL, OPTION_ANY }
};

static int
json_check(const struct options *o, struct err *e)
{
	const char *end = options_get(o, "linesep", "\n");

	TRY(options_check(o, known, "json", e));
	if (strspn(end, "\r\n") != strlen(end) && strcmp(end, "\\n") != 0 &&
	    strcmp(end, "\\r\\n") != 0)
		return err_user(e, EXIT_USAGE, "option linesep: json knows "
		    "\\n and \\r\\n");
	return 0;
}

/* One wanted column. */
static int
open_column(struct json_reader *c, int i, const char *corrupt, struct err *e)
{
	const struct scan *s = c->r.scan;
	const struct field *f = &s->file->col[s->out[i]];
	struct json_column *w = &c->column[i];
	size_t width = (size_t)type_width(f->type);
	struct timepat *pattern;

	w->name = f->name;
	w->convert = (struct convert){ .type = f->type, .zone = s->zone,
	    .ascii = true };
	TRY(option_timepat(&s->options, f->type, &c->arena, &pattern, e));
	w->convert.pattern = pattern;
	w->valid = arena_alloc(&c->arena, BITS_BYTES(BATCH_ROWS));
	if (type_is_nested(f->type))
		builder_init(&w->builder, f->type);
	else if (!convert_can(f->type))
		return err_user(e, EXIT_USAGE, "format json cannot hold column "
		    "%s of type %s", f->name, type_name(&c->arena, f->type));
	else
		w->data = arena_alloc(&c->arena, width * BATCH_ROWS);
	if (strcasecmp(f->name, corrupt) == 0) {
		w->want = -1;
		c->nearly = i < c->nearly ? s->nout : c->nearly;
		return 0;
	}
	w->want = c->walk.nwant;
	c->walk.want[c->walk.nwant++] = (struct json_want){ .name = f->name,
	    .nname = (uint32_t)strlen(f->name), .type = f->type,
	    .cell = c->cells + (size_t)i * BATCH_ROWS };
	pool_force(c->r.pool, (int64_t)(width + sizeof(struct cell)) *
	    BATCH_ROWS);
	return 0;
}

static int
json_open(struct reader *r, struct err *e)
{
	struct json_reader *c = (struct json_reader *)r;
	const struct scan *s = r->scan;
	size_t nout = (size_t)s->nout;
	const char *corrupt = options_get(&s->options,
	    "columnnameofcorruptrecord", "_corrupt_record");

	c->on_error = option_on_error(s);
	c->nearly = s->filter ? s->nearly : 0;
	c->column = NEW_N(&c->arena, struct json_column, nout + 1);
	c->col = NEW_N(&c->arena, struct column, nout + 1);
	c->cells = NEW_N(&c->arena, struct cell, nout * BATCH_ROWS + 1);
	c->record = NEW_N(&c->arena, struct cell, BATCH_ROWS);
	c->bad = NEW_N(&c->arena, int32_t, BATCH_ROWS);
	c->pick[0] = NEW_N(&c->arena, int32_t, BATCH_ROWS);
	c->pick[1] = NEW_N(&c->arena, int32_t, BATCH_ROWS);
	c->badrow = NEW_N(&c->arena, uint8_t, BATCH_ROWS);
	c->walk.want = NEW_N(&c->arena, struct json_want, nout + 1);
	for (int i = 0; i < s->nout; i++)
		TRY(open_column(c, i, corrupt, e));
	json_walk_init(&c->walk, &c->arena);
	c->texts = s->file->ncol == 1 &&
	    s->file->col[0].type->kind == TYPE_STR &&
	    strcmp(s->file->col[0].name, "value") == 0;
	c->in.multi = option_flag(&s->options, "multiline", 0);
	c->in.max_record = s->max_record;
	if (encoding_find(options_get(&s->options, "encoding",
	    options_get(&s->options, "charset", "utf-8"))) != ENCODING_UTF8)
		return err_user(e, EXIT_USAGE, "format json is UTF-8 only");
	return 0;
}

static int
json_begin(struct reader *r, const struct split *s, struct err *e)
{
	struct json_reader *c = (struct json_reader *)r;

	quarantine_end(&c->quarantine);
	return json_records_begin(&c->in, s,
	    r->stable ? r->scan->shared : NULL, r->pool, e);
}

static int64_t
offset_of(const struct json_reader *c, const char *p)
{
	return c->in.feed.at + (p - c->in.feed.p);
}

static void
mark_bad(struct json_reader *c, int row)
{
	c->nbadrow += !c->badrow[row];
	c->badrow[row] = 1;
}

static int
fail_value(struct json_reader *c, const struct json_column *w,
    const char *where, const struct cell *v, struct err *e)
{
	const char *type = type_name(&c->heap, w->convert.type);
	int n = v->n < 64 ? (int)v->n : 64;

	return badrow_fail(&c->in.feed, offset_of(c, where), e,
	    "'%.*s%s' is not %s %s (column %s)", n, v->p,
	    v->n > 64 ? "…" : "", strchr("aeiou", *type) ? "an" : "a", type,
	    w->name);
}

static int
bad_record(struct json_reader *c, int row, const char *why,
    const char *where, struct err *e)
{
	if (c->on_error == ON_ERROR_FAIL)
		return badrow_fail(&c->in.feed, offset_of(c, where), e, "%s",
		    why);
	for (int i = 0; i < c->walk.nwant; i++)
		c->walk.want[i].cell[row] = (struct cell){ NULL, 0 };
	mark_bad(c, row);
	return 0;
}

/* A record that is no object: text for the column value, if that is all. */
static int
other_record(struct json_reader *c, int row, struct err *e)
{
	struct cell *t = &c->record[row];
	struct jtext j = { t->p, t->p + t->n, NULL, 0 };

	if (!jtext_skip(&j))
		return bad_record(c, row, j.wrong, j.p, e);
	if (j.p < j.end)
		return bad_record(c, row, "text behind the record", j.p, e);
	if (!c->texts)
		return bad_record(c, row, "expected an object", t->p, e);
	for (int i = 0; i < c->walk.nwant; i++)
		c->walk.want[i].cell[row] = *t;
	return 0;
}

static int
read_record(struct json_reader *c, int row, struct err *e)
{
	struct cell *t = &c->record[row];

	if (c->in.wrong)
		return bad_record(c, row, c->in.wrong, c->in.where, e);
	if (*t->p != '{')
		return other_record(c, row, e);
	if (!json_walk(&c->walk, t->p, t->n, row, &c->heap))
		return bad_record(c, row, c->walk.wrong, c->walk.where, e);
	if (c->walk.misfit < 0)
		return 0;
	for (int i = 0; i < c->r.scan->nout; i++)
		if (c->column[i].want == c->walk.misfit &&
		    c->on_error == ON_ERROR_FAIL)
			return fail_value(c, &c->column[i], c->walk.value.p,
			    &c->walk.value, e);
	mark_bad(c, row);
	return 0;
}

/* Fills a batch of records. */
static int
read_records(struct json_reader *c, struct err *e)
{
	c->nrow = 0;
	if (c->nbadrow)
		memset(c->badrow, 0, BATCH_ROWS);
	c->nbadrow = 0;
	arena_reset(&c->heap);
	for (int i = 0; i < c->walk.nwant; i++) {
		memset(c->walk.want[i].cell, 0,
		    BATCH_ROWS * sizeof(struct cell));
		c->walk.want[i].heaped = false;
	}
	while (c->nrow < BATCH_ROWS) {
		int r = json_records_next(&c->in, &c->record[c->nrow],
		    c->nrow == 0, e);

		if (r < 0)
			return r;
		if (r == 0)
			break;
		TRY(read_record(c, c->nrow, e));
		c->nrow++;
	}
	return c->nrow;
}

static int
nested_column(struct json_reader *c, int i, const int32_t *pick, int n,
    struct err *e)
{
	struct json_column *w = &c->column[i];
	const struct cell *cell = c->walk.want[w->want].cell;
	int at = 0;

	builder_clear(&w->builder);
	for (int r = 0; r < c->nrow; r++) {
		bool wanted = at < n && (pick ? pick[at] : at) == r;

		at += wanted;
		if (!wanted || cell[r].p == NULL) {
			builder_null(&w->builder);
			continue;
		}
		if (json_build(&w->builder, c->r.scan->zone, cell[r].p,
		    cell[r].n, &c->heap))
			continue;
		if (c->on_error == ON_ERROR_FAIL)
			return fail_value(c, w, cell[r].p, &cell[r], e);
		mark_bad(c, r);
	}
	builder_column(&w->builder, 0, c->nrow, &c->col[i], &c->heap);
	return 0;
}

static int
read_column(struct json_reader *c, int i, const int32_t *pick, int n,
    struct err *e)
{
	struct json_column *w = &c->column[i];
	struct json_want *x;
	struct converted to = { .data = w->data, .valid = w->valid,
	    .bad = c->bad };
	struct cell *cell;

	if (w->want < 0)
		return 0;
	if (type_is_nested(w->convert.type))
		return nested_column(c, i, pick, n, e);
	x = &c->walk.want[w->want];
	cell = x->cell;
	for (int k = 0; pick && k < n; k++)     /* pick[k] >= k */
		cell[k] = cell[pick[k]];
	memset(w->valid, 0xff, BITS_BYTES(BATCH_ROWS));
	convert_cells(&w->convert, cell, pick, n, &to);
	for (int k = 0; k < to.nbad; k++) {
		int at = c->bad[k], row = pick ? pick[at] : at;

		if (c->on_error == ON_ERROR_FAIL)
			return fail_value(c, w, x->heaped ?
			    c->record[row].p : cell[at].p, &cell[at], e);
		mark_bad(c, row);
	}
	c->col[i] = (struct column){ .type = w->convert.type,
	    .data = w->data, .valid = to.nnull ? w->valid : NULL,
	    .flags = c->in.feed.stable && !x->heaped ? COL_STABLE : 0 };
	return 0;
}

/* The columns of raw records: null for good rows.  Bytes that are no UTF-8
 * are repaired. */
static void
corrupt_columns(struct json_reader *c)
{
	for (int i = 0; i < c->r.scan->nout; i++) {
		struct json_column *w = &c->column[i];
		struct sview *v = w->data;

		if (w->want >= 0)
			continue;
		memset(w->valid, 0, BITS_BYTES(BATCH_ROWS));
		memset(v, 0, BATCH_ROWS * sizeof *v);
		for (int r = 0; c->nbadrow && r < c->nrow; r++) {
			const char *p = c->record[r].p;
			size_t n = c->record[r].n;

			if (!c->badrow[r])
				continue;
			if (utf8_valid(p, n) < n)
				p = badrow_repair(p, n, &c->heap, &n);
			v[r] = sview_of(p, n);
			bit_set(w->valid, r);
		}
		c->col[i] = (struct column){ .type = w->convert.type,
		    .data = v, .valid = w->valid };
	}
}

static int
drop_bad(struct json_reader *c, struct batch *b, struct err *e)
{
	int n = 0;

	if (c->nbadrow == 0 || c->on_error == ON_ERROR_NULL)
		return 0;
	for (int i = 0; i < b->n; i++) {
		int r = batch_row(b, i);

		if (!c->badrow[r]) {
			c->pick[0][n++] = r;
			continue;
		}
		c->r.nbad++;
		if (c->on_error == ON_ERROR_QUARANTINE)
			TRY(quarantine_put(&c->quarantine, c->r.scan,
			    &c->in.split, c->record[r].p, c->record[r].n, e));
	}
	batch_pick(b, c->pick[0], n);
	return 0;
}

static int
read_batch(struct json_reader *c, struct batch *b, struct err *e)
{
	const struct scan *s = c->r.scan;
	int i = 0, n;

	for (; i < c->nearly; i++)
		TRY(read_column(c, i, NULL, b->n, e));
	TRY(drop_bad(c, b, e));
	if (s->filter && b->n > 0) {
		corrupt_columns(c);
		b->ncol = s->nearly;
		n = s->filter(c->r.filter_arg, b, c->pick[1], e);
		b->ncol = s->nout;
		if (n < 0)
			return n;
		if (n < b->n)
			batch_pick(b, c->pick[1], n);
	}
	for (; i < s->nout && b->n > 0; i++)
		TRY(read_column(c, i, b->pick, b->n, e));
	TRY(drop_bad(c, b, e));
	corrupt_columns(c);
	return 0;
}

static int
json_next(struct reader *r, struct batch *b, struct err *e)
{
	struct json_reader *c = (struct json_reader *)r;
	int n;

	do {
		n = read_records(c, e);
		if (n <= 0)
			return n;
		*b = (struct batch){ .col = c->col, .ncol = r->scan->nout,
		    .nrow = n, .n = n };
		TRY(read_batch(c, b, e));
		r->nbyte = c->in.feed.nread;
		r->nrow += n;
		if (c->on_error == ON_ERROR_NULL)
			r->nbad += c->nbadrow;
	} while (b->n == 0);
	return 1;
}

static void
json_close(struct reader *r)
{
	struct json_reader *c = (struct json_reader *)r;

	quarantine_end(&c->quarantine);
	feed_close(&c->in.feed);
	json_walk_release(&c->walk);
	for (int i = 0; c->column && i < r->scan->nout; i++)
		if (c->column[i].builder.type)
			builder_release(&c->column[i].builder);
	arena_release(&c->arena);
	arena_release(&c->heap);
}

static const char *const extensions[] = { "json", "jsonl", "ndjson", NULL };

const struct format format_json = {
	.name = "json", .extension = extensions, .splits = true,
	.bid = json_bid, .infer = json_infer, .check = json_check,
	.share = share_new, .unshare = share_free,
	.reader_size = sizeof(struct json_reader), .open = json_open,
	.begin = json_begin, .next = json_next, .close = json_close,
	.writer = &writer_json,
};
