/*
 * waiting -- see waiting.h.
 */
#include "driver/waiting.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "io/fd.h"

struct waiting_rows {
	struct collected c;
	int64_t at;                     /* of its text in the file, */
	size_t stored;                  /* so many bytes; 0: in memory */
	bool there;
};

void
collected_free(struct collected *c)
{
	text_release(&c->text);
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

void
waiting_open(struct waiting *w, const char *dir)
{
	*w = (struct waiting){ .dir = dir, .fd = -1 };
}

void
waiting_close(struct waiting *w)
{
	for (int i = 0; i < w->n; i++)
		if (w->v[i].there)
			collected_free(&w->v[i].c);
	free(w->v);
	if (w->fd >= 0)
		close(w->fd);
}

static void
grow(struct waiting *w, int part)
{
	int n = part + 1;

	if (part < w->n)
		return;
	n = n < 2 * w->n ? 2 * w->n : n;
	w->v = xrealloc(w->v, (size_t)n * sizeof *w->v);
	memset(w->v + w->n, 0, (size_t)(n - w->n) * sizeof *w->v);
	w->n = n;
}

static int
store(struct waiting *w, struct waiting_rows *r, struct err *e)
{
	size_t done = 0;

	if (w->fd < 0)
		w->fd = open(w->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	while (w->fd >= 0 && done < r->c.text.n) {
		ssize_t k = pwrite(w->fd, r->c.text.p + done,
		    r->c.text.n - done, w->end + (int64_t)done);

		if (k < 0 && errno != EINTR)
			break;
		done += k > 0 ? (size_t)k : 0;
	}
	if (w->fd < 0 || done < r->c.text.n)
		return err_sys(e, "could not keep results in \"%s\"", w->dir);
	r->at = w->end;
	r->stored = r->c.text.n;
	w->end += (int64_t)r->stored;
	text_release(&r->c.text);
	return 0;
}

int
waiting_put(struct waiting *w, int part, struct collected *c, struct err *e)
{
	struct waiting_rows *r;

	grow(w, part);
	r = &w->v[part];
	*r = (struct waiting_rows){ .c = *c, .there = true };
	if (c->text.n && w->held + c->text.n > WAITING_MEMORY)
		return store(w, r, e);
	w->held += c->text.n;
	return 0;
}

static int
load(const struct waiting *w, const struct waiting_rows *r, struct text *to,
    struct err *e)
{
	char *p = text_room(to, r->stored);

	if (fd_read_at(w->fd, p, r->stored, r->at, NULL) != (ssize_t)r->stored)
		return err_sys(e, "could not read results back");
	to->n = r->stored;
	return 0;
}

int
waiting_take(struct waiting *w, int part, struct collected *c, struct err *e)
{
	struct waiting_rows *r;

	if (part >= w->n || !w->v[part].there)
		return 0;
	r = &w->v[part];
	if (r->stored)
		TRY(load(w, r, &r->c.text, e));
	else
		w->held -= r->c.text.n;
	*c = r->c;
	r->there = false;
	return 1;
}

int
waiting_next(const struct waiting *w, int part)
{
	for (int i = part; i < w->n; i++)
		if (w->v[i].there)
			return i;
	return -1;
}
