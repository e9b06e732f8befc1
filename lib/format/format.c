/*
 * format -- see format.h: the table of formats.
 */
#include "format/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/pool.h"
#include "base/text.h"
#include "format/rows.h"

/* One line a format; the first that bids highest wins. */
static const struct format *const table[] = {
	&format_text, &format_csv, &format_tsv, &format_json,
	&format_table,
};

static const struct {
	const char *alias, *name;
} aliases[] = {
	{ "ndjson", "json" }, { "jsonl", "json" }, { "txt", "text" },
};

/* Suffixes of compression, taken off before the extension is looked at. */
static const char *const packed[] = {
	"gz", "gzip", "zst", "zstd", "bz2", "xz", "lzma", "lz4", "lz", "z",
	"br", "snappy", "deflate", NULL
};

const struct format *
format_at(int i)
{
	return i >= 0 && i < (int)(sizeof table / sizeof *table) ? table[i] :
	    NULL;
}

const struct format *
format_find(const char *name)
{
	const struct format *f;

	for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
		if (strcasecmp(aliases[i].alias, name) == 0)
			name = aliases[i].name;
	for (int i = 0; (f = format_at(i)) != NULL; i++)
		if (strcasecmp(f->name, name) == 0)
			return f;
	return NULL;
}

static int
word_in(const char *s, size_t n, const char *const *list)
{
	for (; list && *list; list++)
		if (strlen(*list) == n && strncasecmp(s, *list, n) == 0)
			return 1;
	return 0;
}

/* The extension of path[0..n): its start, length in *len; NULL: none. */
static const char *
extension(const char *path, size_t n, size_t *len)
{
	for (size_t i = n; i > 0 && path[i - 1] != '/' && path[i - 1] != '!'; i--)
		if (path[i - 1] == '.') {
			*len = n - i;
			return path + i;
		}
	return NULL;
}

const struct format *
format_guess(const char *path, const char *head, size_t n)
{
	const struct format *f, *best = &format_text;
	size_t len, plen = strlen(path);
	const char *ext = extension(path, plen, &len);
	int high = 0;

	while (ext && word_in(ext, len, packed)) {
		plen = (size_t)(ext - path) - 1;
		ext = extension(path, plen, &len);
	}
	for (int i = 0; ext && (f = format_at(i)) != NULL; i++)
		if (word_in(ext, len, f->extension))
			return f;
	for (int i = 0; (f = format_at(i)) != NULL; i++) {
		int bid = f->bid ? f->bid(head, n) : 0;

		if (bid > high) {
			high = bid;
			best = f;
		}
	}
	return best;
}

int
reader_open(struct reader **out, const struct scan *s, struct pool *pool,
    void *filter_arg, struct err *e)
{
	struct reader *r;
	int rc;

	*out = NULL;
	if (s->format->begin == NULL)
		return err_user(e, EXIT_USAGE, "format %s cannot be read",
		    s->format->name);
	r = xcalloc(1, s->format->reader_size);
	r->format = s->format;
	r->scan = s;
	r->pool = pool;
	r->filter_arg = filter_arg;
	rc = s->format->check ? s->format->check(&s->options, e) : 0;
	if (rc >= 0 && s->format->open)
		rc = s->format->open(r, e);
	if (rc < 0) {
		reader_close(r);
		return rc;
	}
	*out = r;
	return 0;
}

void
reader_close(struct reader *r)
{
	if (r && r->format->close)
		r->format->close(r);
	free(r);
}

int
writer_open(struct writer **out, const struct format *f,
    const struct schema *schema, const struct options *options,
    const struct zone *zone, struct text *to, struct err *e)
{
	struct writer *w;
	int rc;

	*out = NULL;
	if (f->writer == NULL)
		return err_user(e, EXIT_USAGE, "format %s cannot be written",
		    f->name);
	if (f->check)
		TRY(f->check(options, e));
	w = xcalloc(1, f->writer->size);
	w->class = f->writer;
	w->schema = schema;
	w->options = options;
	w->zone = zone;
	rc = w->class->open ? w->class->open(w, to, e) : 0;
	if (rc < 0) {
		writer_close(w);
		return rc;
	}
	*out = w;
	return 0;
}

void
writer_close(struct writer *w)
{
	if (w && w->class->close)
		w->class->close(w);
	free(w);
}
