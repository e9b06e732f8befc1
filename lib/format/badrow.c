/*
 * badrow -- see badrow.h.
 */
#include "format/badrow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "base/utf8.h"
#include "format/feed.h"
#include "format/format.h"
#include "io/datafile.h"
#include "io/fd.h"

int
badrow_fail(struct feed *f, int64_t offset, struct err *e, const char *fmt,
    ...)
{
	int64_t column, line = feed_line(f, offset, &column);
	const char *name = datafile_name(f->split->path);
	const char *member = f->split->member;
	char what[768];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	if (line > 0)
		return err_user(e, EXIT_DATA, "%s%s%s:%lld:%lld: error: %s",
		    name, member ? "!" : "", member ? member : "",
		    (long long)line, (long long)column, what);
	return err_user(e, EXIT_DATA, "%s%s%s: byte %lld: error: %s",
	    name, member ? "!" : "", member ? member : "",
	    (long long)offset, what);
}

int
badrow_utf8(struct feed *f, int64_t offset, struct err *e)
{
	badrow_fail(f, offset, e, "the text is not valid UTF-8");
	err_hint(e, "name its encoding, as in \"encoding 'ISO-8859-1'\", or "
	    "have bad bytes replaced: on error null");
	return e->kind;
}

const char *
badrow_repair(const char *p, size_t n, struct arena *heap, size_t *out)
{
	char *to = arena_bytes(heap, 3 * n + 1);
	size_t o = 0;

	for (size_t i = 0; i < n; ) {
		int len = utf8_check(p + i, n - i);

		if (len == 0) {
			memcpy(to + o, "\xef\xbf\xbd", 3);
			o += 3;
			i++;
			continue;
		}
		memcpy(to + o, p + i, (size_t)len);
		o += (size_t)len;
		i += (size_t)len;
	}
	*out = o;
	return to;
}

static int
quarantine_open(struct quarantine *q, const struct scan *s,
    const struct split *split, struct err *e)
{
	const char *path = datafile_name(split->path);
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	struct text name = { 0 };

	if (mkdir(s->quarantine_dir, 0777) < 0 && errno != EEXIST)
		return err_sys(e, "could not make \"%s\"", s->quarantine_dir);
	text_addf(&name, "%s/%s%s%s-%lld.bad", s->quarantine_dir, base,
	    split->member ? "!" : "", split->member ? split->member : "",
	    (long long)split->from);
	for (size_t i = strlen(s->quarantine_dir) + 1; i < name.n; i++)
		if (name.p[i] == '/')
			name.p[i] = '_';
	q->fd = open(text_str(&name),
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (q->fd < 0) {
		err_sys(e, "could not make \"%s\"", text_str(&name));
		text_release(&name);
		q->fd = 0;
		return e->kind;
	}
	text_release(&name);
	return 0;
}

int
quarantine_put(struct quarantine *q, const struct scan *s,
    const struct split *split, const char *p, size_t n, struct err *e)
{
	if (s->quarantine_dir == NULL)
		return 0;
	if (q->fd == 0)
		TRY(quarantine_open(q, s, split, e));
	if (fd_write(q->fd, p, n, NULL) < 0 ||
	    fd_write(q->fd, "\n", 1, NULL) < 0)
		return err_sys(e, "could not write to \"%s\"",
		    s->quarantine_dir);
	return 0;
}

void
quarantine_end(struct quarantine *q)
{
	if (q->fd > 0)
		close(q->fd);
	q->fd = 0;
}
