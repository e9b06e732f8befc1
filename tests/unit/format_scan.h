/*
 * format_scan -- reads bytes with a format and prints the rows as TSV: what
 * the tests of formats share.
 */
#ifndef TESTS_FORMAT_SCAN_H
#define TESTS_FORMAT_SCAN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/pool.h"
#include "base/text.h"
#include "base/zone.h"
#include "column/schema.h"
#include "format/format.h"

/* A scan to be: set what matters, then scan_rows. */
struct try {
	const char *format;
	const char *schema;             /* NULL: inferred */
	const char *const *option;      /* key, value, …, NULL */
	enum on_error on_error;
	const char *quarantine_dir;
	const int *out;                 /* wanted columns, NULL: all */
	int nout;
	int nearly;
	int (*filter)(void *arg, const struct batch *b, int32_t *pick,
	    struct err *e);
	bool stable;
	int64_t max_record;
	const char *path;               /* where the bytes are, NULL: a file */
	struct err err;                 /* what went wrong */
	char schema_text[4096];         /* as read or inferred */
	int64_t nbad;
};

/* The path of an unnamed file with these bytes; *fd is to be closed. */
__attribute__((unused)) static const char *
file_of(const char *p, size_t n, int *fd)
{
	static char path[64];

	*fd = memfd_create("test", 0);
	if (*fd < 0 || write(*fd, p, n) != (ssize_t)n)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", *fd);
	return path;
}

static int
scan_setup(struct try *t, const char *p, size_t n, struct scan *s,
    struct arena *a)
{
	struct schema *file = NULL;
	struct text schema = { 0 };
	int rc;

	memset(s, 0, sizeof *s);
	memset(&t->err, 0, sizeof t->err);
	s->format = format_find(t->format);
	for (int i = 0; t->option && t->option[i]; i += 2) {
		struct option *v = NEW_N(a, struct option, s->options.n + 1);

		if (s->options.n)
			memcpy(v, s->options.v,
			    (size_t)s->options.n * sizeof *v);
		v[s->options.n++] = (struct option){ t->option[i],
		    t->option[i + 1] };
		s->options.v = v;
	}
	if (s->format->check && s->format->check(&s->options, &t->err) < 0)
		return t->err.kind;
	if (t->schema)
		rc = schema_parse(a, t->schema, strlen(t->schema), &file,
		    &t->err);
	else
		rc = s->format->infer(a, "x", p, n, true, &s->options, &file,
		    &t->err);
	if (rc < 0)
		return rc;
	schema_print(&schema, file);
	snprintf(t->schema_text, sizeof t->schema_text, "%s",
	    text_str(&schema));
	text_release(&schema);
	s->file = file;
	s->on_error = t->on_error;
	s->quarantine_dir = t->quarantine_dir;
	s->nout = t->out ? t->nout : file->ncol;
	if (t->out == NULL) {
		int *all = NEW_N(a, int, file->ncol + 1);

		for (int i = 0; i < file->ncol; i++)
			all[i] = i;
		s->out = all;
	} else {
		s->out = t->out;
	}
	s->nearly = t->nearly;
	s->filter = t->filter;
	s->max_record = t->max_record ? t->max_record : 1 << 24;
	s->zone = zone_utc;
	s->shared = s->format->share ? s->format->share(s) : NULL;
	return 0;
}

static int
scan_split(struct try *t, const struct scan *s, struct reader *r,
    const struct split *split, struct writer *w, struct text *to)
{
	struct batch b;
	int rc = s->format->begin(r, split, &t->err);

	while (rc >= 0 && (rc = s->format->next(r, &b, &t->err)) > 0)
		if (w)
			rc = w->class->put(w, &b, to, &t->err);
		else
			text_addf(to, "%d rows\n", b.n);
	return rc;
}

/* Appends the rows of the splits between cut[0..ncut) to the text as TSV;
 * < 0 and t->err on failure. */
__attribute__((unused)) static int
scan_rows(struct try *t, const char *p, size_t n, const int64_t *cut,
    int ncut, struct text *to)
{
	struct arena a = { 0 };
	struct pool pool;
	struct scan s;
	struct schema out = { 0 };
	struct reader *r = NULL;
	struct writer *w = NULL;
	struct options none = { 0 };
	int fd, rc;
	const char *path = file_of(p, n, &fd);
	int64_t size = (int64_t)n;

	pool_init(&pool, NULL, "test", 0);
	rc = scan_setup(t, p, n, &s, &a);
	if (rc < 0)
		goto out;
	out.ncol = s.nout;
	out.col = NEW_N(&a, struct field, s.nout + 1);
	for (int i = 0; i < s.nout; i++)
		out.col[i] = s.file->col[s.out[i]];
	rc = reader_open(&r, &s, &pool, NULL, &t->err);
	if (rc >= 0 && s.nout > 0)
		rc = writer_open(&w, format_find("tsv"), &out, &none, zone_utc,
		    to, &t->err);
	if (r)
		r->stable = t->stable;
	for (int i = 0; rc >= 0 && i <= ncut; i++) {
		struct split split = { .path = t->path ? t->path : path,
		    .size = size,
		    .from = i ? cut[i - 1] : 0,
		    .to = i < ncut ? cut[i] : -1 };

		rc = scan_split(t, &s, r, &split, w, to);
	}
	t->nbad = r ? r->nbad : 0;
out:
	writer_close(w);
	reader_close(r);
	if (s.shared)
		s.format->unshare(s.shared);
	arena_release(&a);
	close(fd);
	return rc;
}

/* The rows as text (static, until the next call), or the error's. */
__attribute__((unused)) static const char *
rows_of(struct try *t, const char *p)
{
	static struct text to;

	text_clear(&to);
	if (scan_rows(t, p, strlen(p), NULL, 0, &to) < 0)
		return t->err.text;
	return text_str(&to);
}

#endif
