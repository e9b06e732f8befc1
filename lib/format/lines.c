/*
 * lines -- the format "text": one string column, value, a row a line.
 *
 * Lines end at \n, \r\n or \r (or at the option linesep), which are not part
 * of the value; with wholetext the file is one row.  Strings point into the
 * window of the feed, nothing is copied.  4 GB/s a core on lines of 80 bytes.
 */
#include "format/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/pool.h"
#include "base/text.h"
#include "base/utf8.h"
#include "column/value.h"
#include "format/badrow.h"
#include "format/bytemask.h"
#include "format/feed.h"
#include "format/options.h"
#include "format/share.h"

#define CHUNK 16        /* words of 64 bytes looked at in one go */

struct lines {
	struct reader r;
	struct feed feed;
	struct split split;
	struct quarantine quarantine;
	struct arena arena, heap;
	enum on_error on_error;
	const char *sep;        /* or NULL: the three usual ends */
	size_t nsep;
	bool whole, done, alone, bom;
	size_t at;              /* where the next line starts */
	bytemask_fn *masks;
	int n;                  /* lines found: */
	uint32_t *start, *len;
	int32_t *pick;          /* those that the scan's filter kept */
	bool high;              /* bytes >= 0x80 among them */
	struct sview *v;
	struct column *col;
};

static const struct option_rule known[] = {
	{ "wholetext", OPTION_FLAG }, { "linesep", OPTION_NONEMPTY },
	{ "encoding", OPTION_ENCODING }, { "charset", OPTION_ENCODING },
	{ "mode", OPTION_MODE },
	{ NULL, OPTION_ANY }
};

static int
lines_check(const struct options *o, struct err *e)
{
	return options_check(o, known, "text", e);
}

static int
lines_infer(struct arena *a, const char *path, const char *head, size_t n,
    bool whole, struct options *options, struct schema **out, struct err *e)
{
	struct schema *s = schema_new(a, 1);

	(void)path, (void)head, (void)n, (void)whole, (void)options, (void)e;
	s->col[0].name = "value";
	s->col[0].type = TYPE(STR);
	s->col[0].nullable = true;
	*out = s;
	return 0;
}

static int
lines_open(struct reader *r, struct err *e)
{
	struct lines *t = (struct lines *)r;
	const struct options *o = &r->scan->options;

	(void)e;
	t->masks = bytemask_best();
	t->on_error = option_on_error(r->scan);
	t->whole = option_flag(o, "wholetext", 0);
	t->sep = option_unescaped(o, "linesep", &t->arena, &t->nsep);
	/* A separator that overlaps itself cannot be found from the middle. */
	for (size_t i = 1; t->sep && i < t->nsep; i++)
		t->alone |= memcmp(t->sep, t->sep + i, t->nsep - i) == 0;
	t->alone |= t->whole;
	t->start = NEW_N(&t->arena, uint32_t, BATCH_ROWS + 64);
	t->len = NEW_N(&t->arena, uint32_t, BATCH_ROWS + 64);
	t->v = NEW_N(&t->arena, struct sview, BATCH_ROWS + 64);
	t->pick = NEW_N(&t->arena, int32_t, BATCH_ROWS + 64);
	t->col = NEW_N(&t->arena, struct column, r->scan->nout + 1);
	pool_force(r->pool, (BATCH_ROWS + 64) * 28);
	return 0;
}

static inline void
line_add(struct lines *t, size_t end)
{
	t->start[t->n] = (uint32_t)t->at;
	t->len[t->n++] = (uint32_t)(end - t->at);
}

/* Lines that end in p[from..to) at \n, \r or both, at most BATCH_ROWS; the
 * byte at to can be read. */
static void
find_usual(struct lines *t, size_t from, size_t to)
{
	const char *p = t->feed.p;
	struct bytemask m[CHUNK];

	while (from < to && t->n < BATCH_ROWS) {
		size_t nword = (to - from + 63) / 64;

		nword = nword < CHUNK ? nword : CHUNK;
		t->masks(p + from, nword, "\n\r\n\n", m);
		for (size_t i = 0; i < nword; i++, from += 64) {
			uint64_t end = m[i].m[0] | m[i].m[1];

			if (to - from < 64) {
				end &= ((uint64_t)1 << (to - from)) - 1;
				m[i].high &= ((uint64_t)1 << (to - from)) - 1;
			}
			t->high |= m[i].high != 0;
			for (; end; end &= end - 1) {
				size_t q = from +
				    (size_t)__builtin_ctzll(end);

				if (q < t->at)
					continue;       /* \n of \r\n */
				line_add(t, q);
				t->at = q + 1 + (p[q] == '\r' &&
				    p[q + 1] == '\n');
				if (t->n == BATCH_ROWS)
					return;
			}
		}
	}
}

static void
find_sep(struct lines *t, size_t from, size_t to)
{
	const char *p = t->feed.p, *q;

	while (t->n < BATCH_ROWS && (q = memmem(p + from, to - from, t->sep,
	    t->nsep)) != NULL) {
		line_add(t, (size_t)(q - p));
		from = t->at = (size_t)(q - p) + t->nsep;
	}
	t->high = true;
}

static int
too_long(struct lines *t, size_t start, struct err *e)
{
	badrow_fail(&t->feed, t->feed.at + (int64_t)start, e,
	    "the line is longer than max_record, %lld bytes",
	    (long long)t->r.scan->max_record);
	return err_hint(e, "the limit is the setting sp.max.record");
}

/* Finds lines from at on; reads more until there is one or the end. */
static int
find_lines(struct lines *t, struct err *e)
{
	size_t from = t->at, to;
	int64_t max = t->r.scan->max_record;

	t->n = 0;
	t->high = false;
	for (;;) {
		to = t->feed.n;
		if (t->sep) {
			find_sep(t, from, to);
		} else if (!t->whole) {
			if (!t->feed.last && to > 0)
				to--;           /* half of \r\n? */
			find_usual(t, from, to);
		}
		if (t->n > 0)
			return 1;
		if (t->feed.last)
			break;
		if (max > 0 && (int64_t)(to - t->at) > max)
			return too_long(t, t->at, e);
		from = t->sep || to < t->at ? 0 : to - t->at;
		to = t->at;
		t->at = 0;
		TRY(feed_slide(&t->feed, to, e));
	}
	if (t->at == t->feed.n && !t->whole)
		return 0;
	line_add(t, t->feed.n);
	t->high = true;
	t->at = t->feed.n;
	t->done |= t->whole;
	return 1;
}

static int
lines_begin(struct reader *r, const struct split *s, struct err *e)
{
	struct lines *t = (struct lines *)r;
	int64_t back = t->sep ? (int64_t)t->nsep : 1;
	int64_t from = s->from > back ? s->from - back : 0;
	int rc;

	quarantine_end(&t->quarantine);
	t->split = *s;
	t->at = 0;
	t->bom = false;
	t->done = t->alone && (s->from > 0 || s->to == 0);
	if (t->alone)
		t->split.to = -1;
	if (t->done)
		return 0;
	TRY(feed_open(&t->feed, &t->split, from,
	    r->stable ? r->scan->shared : NULL, r->pool, e));
	TRY(feed_slide(&t->feed, 0, e));
	if (s->from == 0) {
		t->bom = t->feed.n >= 3 &&
		    memcmp(t->feed.p, "\xef\xbb\xbf", 3) == 0;
		t->at = t->bom ? 3 : 0;
		return 0;
	}
	/* The line that from lies in belongs to the split before. */
	do {
		rc = find_lines(t, e);
		if (rc <= 0) {
			t->done = true;
			return rc;
		}
		t->at = t->start[0] + t->len[0];
		if (t->sep)
			t->at += t->nsep;
		else if (t->at < t->feed.n)
			t->at += 1 + (t->feed.p[t->at] == '\r' &&
			    t->feed.p[t->at + 1] == '\n');
	} while (t->feed.at + (int64_t)t->at < s->from);
	return 0;
}

/* Is a line longer than max_record? */
static int
check_length(struct lines *t, struct err *e)
{
	int64_t max = t->r.scan->max_record;

	if (max <= 0 || (int64_t)(t->at - t->start[0]) <= max)
		return 0;
	for (int i = 0; i < t->n; i++)
		if (t->len[i] > max)
			return too_long(t, t->start[i], e);
	return 0;
}

/* Leaves out the lines that start at or after the split's end. */
static void
cut_at_end(struct lines *t)
{
	int64_t to = t->split.to;

	if (to < 0)
		return;
	while (t->n > 0) {
		int64_t start = t->feed.at + t->start[t->n - 1];

		if (start < to || (start == 3 && t->bom && to > 0))
			break;
		t->n--;
		t->done = true;
	}
}

static int
repair(struct lines *t, int *kept, int i, size_t bad, struct err *e)
{
	const char *p = t->feed.p + t->start[i];
	enum encoding enc = encoding_find(options_get(
	    &t->r.scan->options, "encoding", options_get(
	    &t->r.scan->options, "charset", "utf-8")));
	size_t n;

	if (enc != ENCODING_UTF8) {
		p = encoding_decode(enc, p, t->len[i], &t->heap, &n);
		t->v[(*kept)++] = sview_of(p, n);
		return 0;
	}
	t->r.nbad++;
	switch (t->on_error) {
	case ON_ERROR_FAIL:
		return badrow_utf8(&t->feed, t->feed.at + t->start[i] +
		    (int64_t)bad, e);
	case ON_ERROR_NULL:
		p = badrow_repair(p, t->len[i], &t->heap, &n);
		t->v[(*kept)++] = sview_of(p, n);
		return 0;
	case ON_ERROR_QUARANTINE:
		return quarantine_put(&t->quarantine, t->r.scan, &t->split, p,
		    t->len[i], e);
	case ON_ERROR_DROP:
		break;
	}
	return 0;
}

/* Views of the lines; returns how many are left. */
static int
make_views(struct lines *t, bool *stable, struct err *e)
{
	int kept = 0;

	for (int i = 0; i < t->n; i++) {
		const char *p = t->feed.p + t->start[i];
		size_t bad = t->high ? utf8_valid(p, t->len[i]) : t->len[i];

		if (bad == t->len[i]) {
			t->v[kept++] = sview_of(p, t->len[i]);
			continue;
		}
		*stable = false;
		TRY(repair(t, &kept, i, bad, e));
	}
	return kept;
}

/* The next lines that the split has, as views: 1, or 0 at its end. */
static int
next_lines(struct lines *t, bool *stable, struct err *e)
{
	int n = 0;

	while (n == 0) {
		if (t->done)
			return 0;
		n = find_lines(t, e);
		if (n <= 0)
			return n;
		cut_at_end(t);
		TRY(check_length(t, e));
		arena_reset(&t->heap);
		if (t->r.scan->nout > 0 || t->high)
			n = make_views(t, stable, e);
		else
			n = t->n;
		if (n < 0)
			return n;
	}
	t->n = n;
	return 1;
}

static int
lines_next(struct reader *r, struct batch *b, struct err *e)
{
	struct lines *t = (struct lines *)r;
	const struct scan *s = r->scan;
	bool stable = t->feed.stable;
	int rc, n;

	for (;;) {
		rc = next_lines(t, &stable, e);
		if (rc <= 0)
			return rc;
		for (int i = 0; i < s->nout; i++)
			t->col[i] = (struct column){ .type = TYPE(STR),
			    .data = t->v, .flags = stable ? COL_STABLE : 0 };
		*b = (struct batch){ .col = t->col, .ncol = s->nout,
		    .nrow = t->n, .n = t->n };
		r->nrow += t->n;
		r->nbyte = t->feed.nread;
		if (s->filter == NULL)
			return 1;
		b->ncol = s->nearly;
		n = s->filter(r->filter_arg, b, t->pick, e);
		b->ncol = s->nout;
		if (n < 0)
			return n;
		if (n < b->n)
			batch_pick(b, t->pick, n);
		if (n > 0)
			return 1;
	}
}

static void
lines_close(struct reader *r)
{
	struct lines *t = (struct lines *)r;

	quarantine_end(&t->quarantine);
	feed_close(&t->feed);
	arena_release(&t->arena);
	arena_release(&t->heap);
}

static int
text_open(struct writer *w, struct text *to, struct err *e)
{
	(void)to;
	if (w->schema->ncol == 1)
		return 0;
	return err_user(e, EXIT_USAGE, "format text has one column, not %d",
	    w->schema->ncol);
}

/* n >= 16 bytes, the last ones twice. */
static inline void
copy_long(char *to, const char *from, size_t n)
{
	for (size_t i = 0; i + 16 < n; i += 16)
		memcpy(to + i, from + i, 16);
	memcpy(to + n - 16, from + n - 16, 16);
}

/* Rows that were sorted lie anywhere. */
#define AHEAD 12

static inline void
prefetch(const struct sview *v)
{
	if (v->len <= SVIEW_INLINE)
		return;
	for (uint32_t i = 0; i < v->len && i < 256; i += 64)
		__builtin_prefetch(v->ptr + i);
	__builtin_prefetch(v->ptr + v->len - 1);
}

/* Strings without nulls, all in one piece. */
static void
put_strings(const struct sview *v, const struct batch *b, struct text *to)
{
	size_t sum = (size_t)b->n;
	char *p;

	for (int i = 0; i < b->n; i++)
		sum += v[batch_row(b, i)].len;
	p = text_room(to, sum);
	to->n += sum;
	for (int i = 0; i < b->n; i++) {
		const struct sview *s = &v[batch_row(b, i)];

		if (i + AHEAD < b->n)
			prefetch(&v[batch_row(b, i + AHEAD)]);
		if (s->len >= 16)
			copy_long(p, s->ptr, s->len);
		else
			memcpy(p, sview_ptr(s), s->len);
		p += s->len;
		*p++ = '\n';
	}
}

static int
text_put(struct writer *w, const struct batch *b, struct text *to,
    struct err *e)
{
	const struct column *c = b->col;

	(void)e;
	if (c->type->kind == TYPE_STR && !c->valid &&
	    !(c->flags & COL_CONST)) {
		put_strings(c->data, b, to);
		return 0;
	}
	for (int i = 0; i < b->n; i++) {
		int row = batch_row(b, i);

		if (!col_null(c, row))
			value_print(to, c, col_at(c, row), w->zone);
		text_addc(to, '\n');
	}
	return 0;
}

static const struct writer_class text_writer = {
	.size = sizeof(struct writer), .open = text_open, .put = text_put,
};

static const char *const extensions[] = { "txt", "text", "log", NULL };

const struct format format_text = {
	.name = "text", .extension = extensions, .splits = true,
	.infer = lines_infer, .check = lines_check,
	.share = share_new, .unshare = share_free,
	.reader_size = sizeof(struct lines), .open = lines_open,
	.begin = lines_begin, .next = lines_next, .close = lines_close,
	.writer = &text_writer,
};
