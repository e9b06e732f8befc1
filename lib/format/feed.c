/*
 * feed -- see feed.h.
 *
 * Plain files are read by pread into one buffer that is used again and
 * again (it stays in the cache: 7.7 GB/s), or mapped where strings shall
 * stay; everything else comes as a stream.
 */
#include "format/feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fail.h"
#include "base/pool.h"
#include "format/format.h"
#include "format/share.h"
#include "format/head.h"
#include "io/datafile.h"
#include "io/standard.h"
#include "io/stream.h"

static int
buffer_grow(struct feed *f, size_t cap, struct err *e)
{
	char *buf;

	TRY(pool_take(f->pool, (int64_t)(cap + 2 * FEED_SLACK), e));
	buf = xmalloc(cap + 2 * FEED_SLACK);
	memset(buf, 0, FEED_SLACK);
	if (f->buf) {
		memcpy(buf + FEED_SLACK, f->buf + FEED_SLACK, f->n);
		pool_give(f->pool, (int64_t)(f->cap + 2 * FEED_SLACK));
		free(f->buf);
	}
	f->buf = buf;
	f->cap = cap;
	f->p = buf + FEED_SLACK;
	return 0;
}

/* A file that another host has: if it was cut it is plain. */
static int
open_far(struct feed *f, const char *path, struct err *e)
{
	unsigned char m[6] = { 0 };
	int64_t n = 0, r = datafile_open(&f->file, path, e);

	if (r < 0 || f->split->from > 0)
		return (int)r;
	while (n < (int64_t)sizeof m && (r = datafile_pread(f->file,
	    (char *)m + n, sizeof m - (size_t)n, n, e)) > 0)
		n += r;
	if (r < 0)
		return (int)r;
	if (n < 2 || !stream_is_packed(m, (size_t)n))
		return 0;
	datafile_close(f->file);
	f->file = NULL;
	return stream_open(&f->stream, path, e);
}

static int
open_file(struct feed *f, struct err *e)
{
	const char *path = f->split->path;

	if (datafile_is_far(path))
		return open_far(f, path, e);
	if (strncmp(path, "cmd:", 4) == 0 || !head_is_plain(path))
		return stream_open(&f->stream, path, e);
	f->standard = strcmp(path, "-") == 0;
	if (f->standard)
		return 0;
	return datafile_open(&f->file, path, e);
}

static void feed_end(struct feed *f);

int
feed_open(struct feed *f, const struct split *s, int64_t from,
    struct share *map_in, struct pool *pool, struct err *e)
{
	feed_end(f);
	f->split = s;
	f->pool = pool;
	f->at = from;
	f->n = 0;
	f->last = f->stable = false;
	f->nread = f->nline = f->line_at = 0;
	f->standard = false;
	f->map = map_in && !datafile_is_far(s->path) &&
	    head_is_plain(s->path) ?
	    share_map(map_in, s->path, &f->size) : NULL;
	if (f->map) {
		f->stable = true;
		if (from > f->size)
			f->at = f->size;
		f->p = f->map + f->at;
		return 0;
	}
	if (f->buf == NULL)
		TRY(buffer_grow(f, FEED_BLOCK, e));
	f->p = f->buf + FEED_SLACK;
	return open_file(f, e);
}

/* Bytes of the split that end before an offset of the file. */
static int64_t
of_split(const struct feed *f, int64_t end)
{
	int64_t to = f->split->to;

	return to >= 0 && end > to ? to : end;
}

/* A mapped file: the window is a piece of it. */
static int
map_slide(struct feed *f, size_t keep)
{
	size_t before = f->n - keep;
	int64_t rest, seen = of_split(f, f->at + (int64_t)f->n);

	f->p += keep;
	f->at += (int64_t)keep;
	rest = f->size - f->at;
	f->n = rest < (int64_t)FEED_WINDOW_MAX / 2 ? (size_t)rest :
	    FEED_WINDOW_MAX / 2;
	if (f->n <= before && (int64_t)before < rest)
		f->n = before * 2 < (size_t)rest ? before * 2 : (size_t)rest;
	f->last = (int64_t)f->n == rest;
	f->nread += of_split(f, f->at + (int64_t)f->n) - seen;
	return f->n > before;
}

/* Decoders give little at a time: a full window makes full batches.  What a
 * command has printed is taken as it comes. */
static int64_t
read_stream(struct feed *f, char *to, size_t n, struct err *e)
{
	bool wait = strncmp(f->split->path, "cmd:", 4) != 0;
	int64_t r, got = 0;

	do {
		r = stream_read(f->stream, to + got, n - (size_t)got, e);
		if (r < 0)
			return r;
		got += r;
	} while (wait && r > 0 && (size_t)got < n);
	return got;
}

static int64_t
read_some(struct feed *f, char *to, size_t n, struct err *e)
{
	ssize_t r;

	if (f->stream)
		return read_stream(f, to, n, e);
	if (fail_here("format.read"))
		return err_sys(e, "could not read \"%s\"",
		    datafile_name(f->split->path));
	if (!f->standard)
		return datafile_pread(f->file, to, n, f->at + (int64_t)f->n,
		    e);
	do {
		r = standard_read(to, n);
	} while (r < 0 && errno == EINTR);
	return r < 0 ? err_sys(e, "could not read \"-\"") : r;
}

/* How much to read: not much more than the split needs; when a record is
 * longer than the window, as much again, since it is looked at anew. */
static size_t
wanted(const struct feed *f, bool longer)
{
	size_t room = f->cap - f->n, want = FEED_BLOCK;
	int64_t end = f->at + (int64_t)f->n;

	if (f->split->to >= 0 && end + (int64_t)want > f->split->to + 65536)
		want = f->split->to > end ?
		    (size_t)(f->split->to - end) + 65536 : 65536;
	if (longer && want < f->n)
		want = f->n;
	return want < room ? want : room;
}

/* Counts the lines of p[0..n), which is about to be forgotten and cannot be
 * read again. */
static void
count_lines(struct feed *f, size_t n)
{
	const char *nl = memrchr(f->p, '\n', n);
	int64_t lines = 0;

	for (size_t i = 0; i < n; i++)
		lines += f->p[i] == '\n';
	f->nline += lines;
	if (nl)
		f->line_at = f->at + (nl - f->p) + 1;
}

int
feed_slide(struct feed *f, size_t keep, struct err *e)
{
	int64_t r;

	if (f->map)
		return map_slide(f, keep);
	if (keep) {
		if (f->stream || f->standard)
			count_lines(f, keep);
		memmove(f->buf + FEED_SLACK, f->p + keep, f->n - keep);
		f->n -= keep;
		f->at += (int64_t)keep;
	}
	if (f->last)
		return 0;
	if (f->cap - f->n < FEED_BLOCK / 2) {
		if (f->cap >= FEED_WINDOW_MAX)
			return err_user(e, EXIT_DATA,
			    "%s: a record is longer than %zu bytes",
			    datafile_name(f->split->path), f->cap);
		TRY(buffer_grow(f, 2 * f->cap, e));
	}
	r = read_some(f, f->buf + FEED_SLACK + f->n, wanted(f, keep == 0), e);
	if (r < 0)
		return (int)r;
	f->n += (size_t)r;
	f->nread += r;
	f->last = r == 0;
	memset(f->buf + FEED_SLACK + f->n, 0, FEED_SLACK);
	return r > 0;
}

/* Line and column of an offset in the window, by what was counted. */
static int64_t
window_line(const struct feed *f, int64_t offset, int64_t *column)
{
	size_t n = (size_t)(offset - f->at);
	int64_t line = f->nline + 1, start = f->line_at;

	if (offset < f->at || n > f->n)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (f->p[i] == '\n') {
			line++;
			start = f->at + (int64_t)i + 1;
		}
	*column = offset - start + 1;
	return line;
}

int64_t
feed_line(struct feed *f, int64_t offset, int64_t *column)
{
	int64_t line = 1, at = 0, start = 0;
	struct datafile *file;
	struct err ignored;
	char *buf;

	*column = 0;
	if (f->stream || f->standard)
		return window_line(f, offset, column);
	if (datafile_open(&file, f->split->path, &ignored) < 0)
		return 0;
	buf = xmalloc(FEED_BLOCK);
	while (at < offset) {
		int64_t want = offset - at;
		int64_t r = datafile_pread(file, buf,
		    want < (int64_t)FEED_BLOCK ? (size_t)want : FEED_BLOCK,
		    at, &ignored);
		char *p = buf, *nl;

		if (r <= 0)
			break;
		while ((nl = memchr(p, '\n', (size_t)(buf + r - p))) != NULL) {
			line++;
			p = nl + 1;
			start = at + (p - buf);
		}
		at += r;
	}
	datafile_close(file);
	free(buf);
	*column = offset - start + 1;
	return at == offset ? line : 0;
}

/* Ends with the current input, keeps the buffer. */
static void
feed_end(struct feed *f)
{
	stream_close(f->stream);
	f->stream = NULL;
	datafile_close(f->file);
	f->file = NULL;
	f->split = NULL;
	f->map = NULL;
}

void
feed_close(struct feed *f)
{
	feed_end(f);
	if (f->buf)
		pool_give(f->pool, (int64_t)(f->cap + 2 * FEED_SLACK));
	free(f->buf);
	f->buf = NULL;
}
