/*
 * csv -- the formats "csv" and "tsv": reader.
 *
 * For each batch the index of the next records is made (csv_index.c), then
 * the wanted columns are converted one after the other: first those that
 * the filter wants, the others only for the rows that it kept.  Strings
 * point into the window; only what was escaped is copied.
 *
 * Splits: the state of the quotes at a split's start is exact (csv_split.c),
 * so records may hold line ends anywhere.  Dialects that need the slow index
 * are read by the split at 0 alone.
 *
 * Measured on two threads: see scripts/bench csv.
 */
#include "format/csv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/pool.h"
#include "format/badrow.h"
#include "format/feed.h"
#include "format/rows.h"
#include "format/share.h"
#include "format/writers.h"

struct csv_column {
	int field;              /* of the record; -1: the corrupt record */
	const char *name;
	struct convert convert;
	void *data;
	uint64_t *valid;
};

struct csv {
	struct reader r;
	struct feed feed;
	struct split split;
	struct quarantine quarantine;
	struct arena arena, heap;       /* of the reader, of the batch */
	struct csv_dialect d;
	struct csv_index x;
	enum on_error on_error;
	bool spark;             /* option mode is given: Spark's rules */
	bool done, bom;
	uint32_t nfield;        /* of a good record */
	int nearly;
	struct csv_column *want;
	struct column *col;
	struct cell *cell;
	int32_t *bad, *pick[2];
	uint8_t *badrow;        /* BATCH_ROWS of them; nbadrow are set */
	int nbadrow;
	int skip_rows;          /* leave out: the header */
	size_t at;              /* next record in the window */
};

static const struct option_rule known[] = {
	{ "header", OPTION_FLAG }, { "sep", OPTION_NONEMPTY },
	{ "delimiter", OPTION_NONEMPTY }, { "quote", OPTION_CHAR },
	{ "escape", OPTION_CHAR }, { "comment", OPTION_CHAR },
	{ "nullvalue", OPTION_ANY }, { "emptyvalue", OPTION_ANY },
	{ "nanvalue", OPTION_ANY }, { "positiveinf", OPTION_ANY },
	{ "negativeinf", OPTION_ANY }, { "dateformat", OPTION_ANY },
	{ "timestampformat", OPTION_ANY },
	{ "timestampntzformat", OPTION_ANY },
	{ "ignoreleadingwhitespace", OPTION_FLAG },
	{ "ignoretrailingwhitespace", OPTION_FLAG },
	{ "multiline", OPTION_FLAG }, { "encoding", OPTION_ENCODING },
	{ "charset", OPTION_ENCODING }, { "mode", OPTION_MODE },
	{ "columnnameofcorruptrecord", OPTION_NONEMPTY },
	{ "maxcharspercolumn", OPTION_IGNORED },
	{ "maxcolumns", OPTION_IGNORED }, { "skip", OPTION_NUMBER },
	{ "enforceschema", OPTION_FLAG }, { "linesep", OPTION_NONEMPTY },
	{ "quoteall", OPTION_FLAG }, { "escapequotes", OPTION_FLAG },
	{ "chartoescapequoteescaping", OPTION_CHAR },
	{ "unescapedquotehandling", OPTION_IGNORED },
	{ "prefersdate", OPTION_FLAG }, { "preferdate", OPTION_FLAG },
	{ "enabledatetimeparsingfallback", OPTION_FLAG },
	{ NULL, OPTION_ANY }
};

static int
csv_check(const struct options *o, struct err *e)
{
	return options_check(o, known, "csv", e);
}

static int
tsv_check(const struct options *o, struct err *e)
{
	return options_check(o, known, "tsv", e);
}

/* The wanted columns: which field, how converted, memory for a batch. */
static int
open_columns(struct csv *c, struct err *e)
{
	const struct scan *s = c->r.scan;
	const struct options *o = &s->options;
	const char *corrupt = options_get(o, "columnnameofcorruptrecord",
	    "_corrupt_record");
	int64_t held = 0;

	c->nearly = s->filter ? s->nearly : 0;
	for (int i = 0; i < s->file->ncol; i++)
		c->nfield += strcasecmp(s->file->col[i].name, corrupt) != 0;
	for (int i = 0; i < s->nout; i++) {
		const struct field *f = &s->file->col[s->out[i]];
		struct csv_column *w = &c->want[i];
		size_t width = (size_t)type_width(f->type);
		struct timepat *pattern;

		w->name = f->name;
		for (int k = 0; k < s->out[i]; k++)
			w->field += strcasecmp(s->file->col[k].name,
			    corrupt) != 0;
		if (strcasecmp(f->name, corrupt) == 0) {
			w->field = -1;
			c->nearly = i < c->nearly ? s->nout : c->nearly;
		}
		if (!convert_can(f->type))
			return err_user(e, EXIT_USAGE, "format %s cannot hold "
			    "column %s of type %s", c->r.format->name, f->name,
			    type_name(&c->arena, f->type));
		w->convert = (struct convert){ .type = f->type,
		    .zone = s->zone, .nan = options_get(o, "nanvalue", "NaN"),
		    .inf = options_get(o, "positiveinf", "Inf"),
		    .ninf = options_get(o, "negativeinf", "-Inf") };
		TRY(option_timepat(o, f->type, &c->arena, &pattern, e));
		w->convert.pattern = pattern;
		w->data = arena_alloc(&c->arena, width * BATCH_ROWS);
		w->valid = arena_alloc(&c->arena, BITS_BYTES(BATCH_ROWS));
		held += (int64_t)(width * BATCH_ROWS);
	}
	pool_force(c->r.pool, held + (int64_t)sizeof *c);
	return 0;
}

static int
csv_open(struct reader *r, struct err *e)
{
	struct csv *c = (struct csv *)r;
	int nout = r->scan->nout;

	TRY(csv_dialect(&c->d, &r->scan->options, &c->arena, r->format, e));
	csv_index_init(&c->x, &c->d);
	c->on_error = option_on_error(r->scan);
	c->spark = options_get(&r->scan->options, "mode", NULL) != NULL;
	c->want = NEW_N(&c->arena, struct csv_column, nout + 1);
	c->col = NEW_N(&c->arena, struct column, nout + 1);
	c->cell = NEW_N(&c->arena, struct cell, BATCH_ROWS);
	c->bad = NEW_N(&c->arena, int32_t, BATCH_ROWS);
	c->pick[0] = NEW_N(&c->arena, int32_t, BATCH_ROWS);
	c->pick[1] = NEW_N(&c->arena, int32_t, BATCH_ROWS);
	c->badrow = NEW_N(&c->arena, uint8_t, BATCH_ROWS);
	return open_columns(c, e);
}

/* Goes behind n lines, whatever they hold. */
static int
skip_lines(struct csv *c, int64_t n, struct err *e)
{
	while (n > 0) {
		const char *nl = memchr(c->feed.p + c->at, '\n',
		    c->feed.n - c->at);

		if (nl) {
			c->at = (size_t)(nl - c->feed.p) + 1;
			n--;
		} else if (c->feed.last) {
			c->at = c->feed.n;
			return 0;
		} else {
			TRY(feed_slide(&c->feed, c->feed.n, e));
			c->at = 0;
		}
	}
	return 0;
}

/* Nothing but line ends before at in the window, which begins the file? */
static bool
blank_before(const struct csv *c)
{
	for (size_t i = c->bom ? 3 : 0; i < c->at; i++)
		if (c->feed.p[i] != '\n' && c->feed.p[i] != '\r')
			return false;
	return true;
}

static struct share *
feed_share(const struct csv *c)
{
	return c->r.stable ? c->r.scan->shared : NULL;
}

static bool
has_bom(const struct feed *f)
{
	return f->at == 0 && f->n >= 3 && memcmp(f->p, "\xef\xbb\xbf", 3) == 0;
}

/* Puts at behind the record that the byte before from lies in. */
static int
begin_inside(struct csv *c, int64_t from, struct err *e)
{
	struct csv_quotes q = { 0, false };
	int64_t place = from - 1;
	size_t found;

	if (c->d.quote)
		TRY(csv_state_near(&c->x, c->r.scan, c->split.path, from,
		    &place, &q, e));
	else if (c->d.header && from < 65536)
		place = 0;
	TRY(feed_open(&c->feed, &c->split, place > 0 ? place - 1 : 0,
	    feed_share(c), c->r.pool, e));
	TRY(feed_slide(&c->feed, 0, e));
	c->bom = place == 0 && has_bom(&c->feed);
	c->at = place > 0 ? 1 : c->bom ? 3 : 0;
	for (;;) {
		int64_t line = from - 1 - c->feed.at;

		found = csv_walk(&c->x, c->feed.p, c->at, c->feed.n, &q,
		    line > 0 ? (size_t)line : 0);
		if (found <= c->feed.n)
			break;
		if (c->feed.last) {
			c->done = true;
			return 0;
		}
		TRY(feed_slide(&c->feed, c->feed.n ? c->feed.n - 1 : 0, e));
		c->at = 1;
	}
	c->at = found;
	c->skip_rows = c->d.header && c->feed.at == 0 && place == 0 &&
	    blank_before(c);
	return 0;
}

static int
csv_begin(struct reader *r, const struct split *s, struct err *e)
{
	struct csv *c = (struct csv *)r;
	bool alone = !c->d.simple || c->d.skip > 0;

	quarantine_end(&c->quarantine);
	c->split = *s;
	c->at = 0;
	c->bom = false;
	c->done = alone && (s->from > 0 || s->to == 0);
	c->skip_rows = c->d.header;
	if (alone)
		c->split.to = -1;
	if (c->done)
		return 0;
	if (s->from > 0)
		return begin_inside(c, s->from, e);
	TRY(feed_open(&c->feed, &c->split, 0, feed_share(c), r->pool, e));
	TRY(feed_slide(&c->feed, 0, e));
	c->bom = has_bom(&c->feed);
	c->at = c->bom ? 3 : 0;
	return skip_lines(c, c->d.skip, e);
}

static int
too_long(struct csv *c, size_t start, struct err *e)
{
	badrow_fail(&c->feed, c->feed.at + (int64_t)start, e,
	    "the record is longer than max_record, %lld bytes%s",
	    (long long)c->r.scan->max_record,
	    c->x.quotes ? " (is a quote not closed?)" : "");
	return err_hint(e, "the limit is the setting sp.max.record");
}

static int
check_length(struct csv *c, struct err *e)
{
	const struct csv_index *x = &c->x;
	int64_t max = c->r.scan->max_record;

	if (max <= 0 || (int64_t)(x->next - c->at) <= max)
		return 1;
	for (int r = 0; r < x->nrow; r++)
		if (x->end[x->last[r]] - x->start[r] > max)
			return too_long(c, x->start[r], e);
	return 1;
}

/* Indexes the next records; 0 at the end. */
static int
next_index(struct csv *c, struct err *e)
{
	int64_t max = c->r.scan->max_record;

	for (;;) {
		if (c->d.simple)
			csv_index(&c->x, c->feed.p, c->at, c->feed.n,
			    c->feed.last);
		else
			csv_index_slow(&c->x, c->feed.p, c->at, c->feed.n,
			    c->feed.last);
		if (c->x.nrow > 0)
			return check_length(c, e);
		if (c->feed.last)
			return 0;
		if (max > 0 && (int64_t)(c->feed.n - c->x.next) > max)
			return too_long(c, c->x.next, e);
		TRY(feed_slide(&c->feed, c->x.next, e));
		c->at = 0;
	}
}

/* With enforceschema false the names in the header must be the schema's. */
static int
check_header(struct csv *c, struct err *e)
{
	const struct schema *s = c->r.scan->file;
	bool heaped = false;

	if (option_flag(&c->r.scan->options, "enforceschema", 1))
		return 0;
	for (int i = 0; i < s->ncol; i++) {
		struct cell *v = c->cell;

		csv_cells(&c->x, c->feed.p, (uint32_t)i, TYPE(STR), NULL, 1, v,
		    &c->heap, &heaped);
		if (v->p == NULL || strlen(s->col[i].name) != v->n ||
		    strncasecmp(s->col[i].name, v->p, v->n) != 0)
			return badrow_fail(&c->feed, c->feed.at +
			    c->x.start[0], e, "column %d of the header is "
			    "'%.*s', not '%s'", i + 1, v->p ? (int)v->n : 0,
			    v->p ? v->p : "", s->col[i].name);
	}
	return 0;
}

/* Leaves out the header, and rows that start at or after the split's end. */
static int
trim_rows(struct csv *c, struct err *e)
{
	struct csv_index *x = &c->x;

	if (x->open && c->on_error == ON_ERROR_FAIL)
		return badrow_fail(&c->feed, c->feed.at +
		    x->start[x->nrow - 1], e,
		    "a quote in this record is not closed");
	if (c->skip_rows) {
		TRY(check_header(c, e));
		c->skip_rows = 0;
		x->nrow--;
		memmove(x->start, x->start + 1, (size_t)x->nrow * 4);
		memmove(x->first, x->first + 1, (size_t)x->nrow * 4);
		memmove(x->last, x->last + 1, (size_t)x->nrow * 4);
	}
	while (c->split.to >= 0 && x->nrow > 0) {
		int64_t start = c->feed.at + x->start[x->nrow - 1];

		if (start == 3 && c->bom)
			start = 0;
		if (start < c->split.to)
			break;
		x->nrow--;
		c->done = true;
	}
	return 0;
}

static void
mark_bad(struct csv *c, int row)
{
	c->nbadrow += !c->badrow[row];
	c->badrow[row] = 1;
}

/* A record with too few or too many fields.  One empty field behind the
 * last, from a separator at the line's end, is let through. */
static int
check_count(struct csv *c, int row, struct err *e)
{
	const struct csv_index *x = &c->x;
	uint32_t n = x->last[row] - x->first[row] + 1;
	uint32_t end = x->end[x->last[row]];

	if (n == c->nfield)
		return 0;
	if (!c->spark && n == c->nfield + 1 &&
	    end == x->end[x->last[row] - 1] + c->d.nsep)
		return 0;
	if (c->on_error == ON_ERROR_FAIL)
		return badrow_fail(&c->feed, c->feed.at + x->start[row], e,
		    "expected %u fields, found %u", c->nfield, n);
	mark_bad(c, row);
	return 0;
}

static int
check_counts(struct csv *c, struct err *e)
{
	const struct csv_index *x = &c->x;
	uint32_t ragged = 0;

	for (int r = 0; r < x->nrow; r++)
		ragged |= (x->last[r] - x->first[r]) ^ (c->nfield - 1);
	for (int r = 0; ragged && r < x->nrow; r++)
		TRY(check_count(c, r, e));
	return 0;
}

static int
fail_cell(struct csv *c, const struct csv_column *w, int row,
    const struct cell *v, struct err *e)
{
	const struct csv_index *x = &c->x;
	uint32_t at = x->first[row] + (uint32_t)w->field;
	int64_t from = w->field ? x->end[at - 1] + c->d.nsep : x->start[row];
	const char *type = type_name(&c->heap, w->convert.type);
	int n = v->n < 64 ? (int)v->n : 64;

	if (w->convert.type->kind == TYPE_STR)
		return badrow_utf8(&c->feed, c->feed.at + from, e);
	return badrow_fail(&c->feed, c->feed.at + from, e,
	    "'%.*s%s' is not %s %s (column %s)", n, v->p,
	    v->n > 64 ? "…" : "", strchr("aeiou", *type) ? "an" : "a", type,
	    w->name);
}

/* Cells that could not be read: fail, or mark their rows.  Bad UTF-8 is
 * repaired. */
static int
bad_cells(struct csv *c, const struct csv_column *w, struct converted *to,
    const int32_t *pick, bool *heaped, struct err *e)
{
	for (int k = 0; k < to->nbad; k++) {
		int row = pick ? pick[to->bad[k]] : to->bad[k];
		const struct cell *v = &c->cell[to->bad[k]];
		size_t n;
		const char *p;

		if (c->on_error == ON_ERROR_FAIL)
			return fail_cell(c, w, row, v, e);
		mark_bad(c, row);
		if (w->convert.type->kind != TYPE_STR ||
		    c->on_error != ON_ERROR_NULL)
			continue;
		p = badrow_repair(v->p, v->n, &c->heap, &n);
		((struct sview *)w->data)[row] = sview_of(p, n);
		bit_set(w->valid, row);
		*heaped = true;
	}
	return 0;
}

/* The column of raw records: null for good rows. */
static void
corrupt_column(struct csv *c, struct csv_column *w, struct column *out)
{
	struct sview *v = w->data;

	memset(w->valid, 0, BITS_BYTES(BATCH_ROWS));
	for (int r = 0; r < c->x.nrow; r++) {
		const char *p = c->feed.p + c->x.start[r];

		memset(&v[r], 0, sizeof v[r]);
		if (!c->badrow[r])
			continue;
		v[r] = sview_of(p, c->x.end[c->x.last[r]] - c->x.start[r]);
		bit_set(w->valid, r);
	}
	*out = (struct column){ .type = w->convert.type, .data = v,
	    .valid = w->valid, .flags = c->feed.stable ? COL_STABLE : 0 };
}

static int
read_column(struct csv *c, int i, const int32_t *pick, int n, struct err *e)
{
	struct csv_column *w = &c->want[i];
	bool heaped = c->d.empty != NULL;
	struct converted to = { .data = w->data, .valid = w->valid,
	    .bad = c->bad };

	if (w->field < 0)
		return 0;
	csv_cells(&c->x, c->feed.p, (uint32_t)w->field, w->convert.type, pick,
	    n, c->cell, &c->heap, &heaped);
	memset(w->valid, 0xff, BITS_BYTES(BATCH_ROWS));
	w->convert.ascii = !c->x.high;
	convert_cells(&w->convert, c->cell, pick, n, &to);
	if (to.nbad)
		TRY(bad_cells(c, w, &to, pick, &heaped, e));
	c->col[i] = (struct column){ .type = w->convert.type,
	    .data = w->data, .valid = to.nnull ? w->valid : NULL,
	    .flags = c->feed.stable && !heaped ? COL_STABLE : 0 };
	return 0;
}

/* Takes the rows marked bad out of the batch, where the policy says so. */
static int
drop_bad(struct csv *c, struct batch *b, int32_t *pick, struct err *e)
{
	const struct csv_index *x = &c->x;
	int n = 0;

	if (c->nbadrow == 0 || c->on_error == ON_ERROR_NULL)
		return 0;
	for (int i = 0; i < b->n; i++) {
		int r = batch_row(b, i);

		if (!c->badrow[r]) {
			pick[n++] = r;
			continue;
		}
		c->r.nbad++;
		if (c->on_error == ON_ERROR_QUARANTINE)
			TRY(quarantine_put(&c->quarantine, c->r.scan,
			    &c->split, c->feed.p + x->start[r],
			    x->end[x->last[r]] - x->start[r], e));
	}
	batch_pick(b, pick, n);
	return 0;
}

/* The columns of the batch.  b->n may become 0. */
static int
read_batch(struct csv *c, struct batch *b, struct err *e)
{
	const struct scan *s = c->r.scan;
	int i = 0;

	for (; i < c->nearly; i++)
		TRY(read_column(c, i, NULL, b->n, e));
	TRY(drop_bad(c, b, c->pick[0], e));
	if (s->filter && b->n > 0) {
		int n;

		if (c->nearly > s->nearly)
			for (int k = 0; k < s->nout; k++)
				if (c->want[k].field < 0)
					corrupt_column(c, &c->want[k],
					    &c->col[k]);
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
	TRY(drop_bad(c, b, c->pick[0], e));
	for (i = 0; i < s->nout; i++)
		if (c->want[i].field < 0)
			corrupt_column(c, &c->want[i], &c->col[i]);
	return 0;
}

static int
csv_next(struct reader *r, struct batch *b, struct err *e)
{
	struct csv *c = (struct csv *)r;
	int rc;

	for (;;) {
		if (c->done)
			return 0;
		rc = next_index(c, e);
		if (rc <= 0)
			return rc;
		TRY(trim_rows(c, e));
		c->at = c->x.next;
		if (c->x.nrow == 0)
			continue;
		arena_reset(&c->heap);
		if (c->nbadrow)
			memset(c->badrow, 0, BATCH_ROWS);
		c->nbadrow = 0;
		TRY(check_counts(c, e));
		*b = (struct batch){ .col = c->col, .ncol = r->scan->nout,
		    .nrow = c->x.nrow, .n = c->x.nrow };
		TRY(read_batch(c, b, e));
		r->nbyte = c->feed.nread;
		r->nrow += c->x.nrow;
		if (c->on_error == ON_ERROR_NULL)
			r->nbad += c->nbadrow;
		if (b->n > 0)
			return 1;
	}
}

static void
csv_close(struct reader *r)
{
	struct csv *c = (struct csv *)r;

	quarantine_end(&c->quarantine);
	feed_close(&c->feed);
	csv_index_release(&c->x);
	arena_release(&c->arena);
	arena_release(&c->heap);
}

static const char *const csv_extensions[] = { "csv", NULL };
static const char *const tsv_extensions[] = { "tsv", "tab", NULL };

const struct format format_csv = {
	.name = "csv", .extension = csv_extensions, .splits = true,
	.bid = csv_bid, .infer = csv_infer, .check = csv_check,
	.share = share_new, .unshare = share_free,
	.reader_size = sizeof(struct csv), .open = csv_open,
	.begin = csv_begin, .next = csv_next, .close = csv_close,
	.writer = &writer_csv,
};

const struct format format_tsv = {
	.name = "tsv", .extension = tsv_extensions, .splits = true,
	.bid = tsv_bid, .infer = tsv_infer, .check = tsv_check,
	.share = share_new, .unshare = share_free,
	.reader_size = sizeof(struct csv), .open = csv_open,
	.begin = csv_begin, .next = csv_next, .close = csv_close,
	.writer = &writer_tsv,
};
