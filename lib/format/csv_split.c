/*
 * csv_split -- is a place of a CSV file inside quotes?
 *
 * That depends on all bytes before it.  The file is thought of as pieces of
 * 1 MiB; the state at the end of each is worked out once for all tasks of
 * the scan (format/share.h) by the same rules as the index, so that stray
 * quotes lead nobody astray.  A task thus walks only over pieces that no
 * task did before.  5 GB/s; files without quotes at the speed of memory.
 */
#include "format/csv.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "format/feed.h"
#include "format/share.h"
#include "io/datafile.h"

#define PIECE ((int64_t)1 << 20)

struct walk {
	const struct csv_index *x;
	struct datafile *file;
	char *buf;              /* FEED_SLACK, piece, run of quotes, slack */
	size_t cap;
};

static int
read_all(struct walk *w, char *to, int64_t n, int64_t at, struct err *e)
{
	int64_t done = 0;

	while (done < n) {
		int64_t r = datafile_pread(w->file, to + done,
		    (size_t)(n - done), at + done, e);

		if (r < 0)
			return (int)r;
		if (r == 0)
			break;
		done += r;
	}
	memset(to + done, 0, FEED_SLACK);
	return (int)done;
}

/* Where piece i begins: not behind a quote. */
static int64_t
boundary(struct walk *w, int64_t i, struct err *e)
{
	int64_t at = i * PIECE;
	char c[256 + FEED_SLACK];

	while (at > 0) {
		int n = read_all(w, c, 256, at - 1, e);

		if (n < 0)
			return n;
		for (int k = 0; k < n; k++, at++)
			if (c[k] != w->x->d->quote)
				return at;
		if (n < 256)
			return at;
	}
	return at;
}

static int
step(void *arg, int64_t i, int state, struct err *e)
{
	struct walk *w = arg;
	struct csv_quotes q = { state ? ~(uint64_t)0 : 0, false };
	int64_t from = boundary(w, i, e), to = boundary(w, i + 1, e);
	char *p;
	int n;

	if (from < 0 || to < 0)
		return e->kind;
	if (w->cap < (size_t)(to - from) + 3 * FEED_SLACK) {
		w->cap = (size_t)(to - from) + 3 * FEED_SLACK;
		w->buf = xrealloc(w->buf, w->cap);
	}
	p = w->buf + FEED_SLACK;
	*p = '\n';
	if (from > 0)
		TRY(read_all(w, p, 1, from - 1, e));
	n = read_all(w, p + 1, to - from, from, e);
	if (n < 0)
		return n;
	if (from == 0 && n >= 3 && memcmp(p + 1, "\xef\xbb\xbf", 3) == 0)
		memset(p + 1, '\n', 3);
	csv_walk(w->x, p, 1, (size_t)n + 1, &q, SIZE_MAX);
	return q.inside != 0;
}

int
csv_state_near(const struct csv_index *x, const struct scan *s,
    const char *path, int64_t from, int64_t *place, struct csv_quotes *q,
    struct err *e)
{
	struct share *share = s->shared ? s->shared : share_new(s);
	struct walk w = { .x = x };
	int64_t i = (from - 1) / PIECE;
	int state = 0;

	state = datafile_open(&w.file, path, e);
	if (state < 0)
		goto out;
	do {
		*place = boundary(&w, i, e);
	} while (*place > from - 1 && i-- > 0);
	if (*place < 0) {
		state = e->kind;
		goto out;
	}
	state = share_state(share, path, i, step, &w, e);
	*q = (struct csv_quotes){ state > 0 ? ~(uint64_t)0 : 0, false };
out:
	datafile_close(w.file);
	free(w.buf);
	if (s->shared == NULL)
		share_free(share);
	return state < 0 ? state : 0;
}
