/*
 * single -- see single.h.
 *
 * One thread at a time writes: the owner of the turn, or (busy) the one that
 * writes a part that has waited.  An attempt that fails leaves bytes behind
 * the end; the next one writes over them.
 */
#include "store/single.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fail.h"
#include "base/pool.h"
#include "base/text.h"
#include "io/fd.h"
#include "io/tree.h"

#define SYNC_BYTES ((int64_t)8 << 20)   /* written before the disk is asked */

struct piece {
	struct piece *next;
	struct text text;
};

struct waiting {                /* a part, or its beginning */
	struct waiting *next;
	int part, attempt;
	bool committed;
	struct piece *first, **last;
	char *path;             /* of what follows the pieces, or NULL */
	struct pool *pool;
};

struct single {
	pthread_mutex_t lock;
	char *path;
	int fd;
	int turn;               /* parts before it are in the file, */
	int64_t end;            /* which end here */
	int owner;              /* attempt that writes it, -1: none */
	int64_t at;             /* where the owner writes next */
	int64_t asked;          /* bytes that go to the disk already */
	bool busy, stuck;
	struct waiting *wait;
};

int
single_open(struct single **out, const char *path, struct err *e)
{
	int fd = fail_here("sink.open") < 0 ? -1 : open(path,
	    O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666);
	struct single *s;

	*out = NULL;
	if (fd < 0)
		return err_sys(e, "could not create \"%s\"", path);
	s = xcalloc(1, sizeof *s);
	s->fd = fd;
	s->path = strdup(path);
	s->owner = -1;
	pthread_mutex_init(&s->lock, NULL);
	*out = s;
	return 0;
}

int
single_turn(struct single *s, int part, int attempt)
{
	int yes;

	pthread_mutex_lock(&s->lock);
	yes = part == s->turn && !s->busy && (s->owner < 0 ||
	    s->owner == attempt);
	if (yes && s->owner < 0) {
		s->owner = attempt;
		s->at = s->end;
	}
	pthread_mutex_unlock(&s->lock);
	return yes;
}

static int
write_at(struct single *s, const char *p, size_t n, int64_t at,
    struct err *e)
{
	int64_t end = at + (int64_t)n;

	if (fd_write_at(s->fd, p, n, at, "sink.write") < 0)
		return err_sys(e, "could not write \"%s\"", s->path);
	if (end - s->asked >= SYNC_BYTES) {
		sync_file_range(s->fd, s->asked, end - s->asked,
		    SYNC_FILE_RANGE_WRITE);
		s->asked = end;
	}
	return 0;
}

static void
piece_free(struct waiting *w)
{
	struct piece *p = w->first;

	w->first = p->next;
	if (p->next == NULL)
		w->last = &w->first;
	if (w->pool)
		pool_give(w->pool, (int64_t)p->text.cap);
	text_release(&p->text);
	free(p);
}

void
single_leave(struct single *s, int part, int attempt)
{
	struct waiting *w;

	pthread_mutex_lock(&s->lock);
	if (part == s->turn && s->owner == attempt)
		s->owner = -1;
	for (w = s->wait; w; w = w->next)
		while (w->part == part && w->attempt == attempt && w->first)
			piece_free(w);
	pthread_mutex_unlock(&s->lock);
}

/* The entry of a part, made when there is none. */
static struct waiting *
waiting_of(struct single *s, int part, int attempt)
{
	struct waiting *w;

	for (w = s->wait; w; w = w->next)
		if (w->part == part && w->attempt == attempt)
			return w;
	w = xcalloc(1, sizeof *w);
	w->part = part;
	w->attempt = attempt;
	w->last = &w->first;
	w->next = s->wait;
	s->wait = w;
	return w;
}

static void
waiting_free(struct waiting *w)
{
	while (w->first)
		piece_free(w);
	free(w->path);
	free(w);
}

void
single_wait(struct single *s, int part, int attempt, struct text *t,
    struct pool *pool)
{
	struct piece *p = xcalloc(1, sizeof *p);
	struct waiting *w;

	p->text = *t;
	memset(t, 0, sizeof *t);
	if (pool)
		pool_force(pool, (int64_t)p->text.cap);
	pthread_mutex_lock(&s->lock);
	w = waiting_of(s, part, attempt);
	w->pool = pool;
	*w->last = p;
	w->last = &p->next;
	pthread_mutex_unlock(&s->lock);
}

/* Writes the pieces of a part from *at on, and moves it. */
static int
write_pieces(struct single *s, struct waiting *w, int64_t *at, struct err *e)
{
	while (w->first) {
		const struct text *t = &w->first->text;

		TRY(write_at(s, t->p, t->n, *at, e));
		*at += (int64_t)t->n;
		piece_free(w);
	}
	return 0;
}

/* What the owner left waiting before its turn. */
static struct waiting *
owners(struct single *s)
{
	struct waiting *w;

	pthread_mutex_lock(&s->lock);
	for (w = s->wait; w; w = w->next)
		if (w->part == s->turn && w->attempt == s->owner)
			break;
	pthread_mutex_unlock(&s->lock);
	return w;
}

int
single_put(struct single *s, const char *p, size_t n, struct err *e)
{
	struct waiting *w = owners(s);

	if (w)
		TRY(write_pieces(s, w, &s->at, e));
	TRY(write_at(s, p, n, s->at, e));
	s->at += (int64_t)n;
	return 0;
}

/* Takes the entry of the part whose turn it is out of the list. */
static struct waiting *
take_next(struct single *s)
{
	for (struct waiting **p = &s->wait; *p; p = &(*p)->next)
		if ((*p)->part == s->turn && (*p)->committed) {
			struct waiting *w = *p;

			*p = w->next;
			return w;
		}
	return NULL;
}

/* Pieces that are written are gone: the end moves with them. */
static int
write_waiting(struct single *s, struct waiting *w, struct err *e)
{
	off_t end;

	TRY(write_pieces(s, w, &s->end, e));
	if (w->path == NULL)
		return 0;
	if (lseek(s->fd, s->end, SEEK_SET) < 0)
		return err_sys(e, "could not write \"%s\"", s->path);
	TRY(tree_append(s->fd, w->path, e));
	end = lseek(s->fd, 0, SEEK_CUR);
	if (end < 0)
		return err_sys(e, "could not write \"%s\"", s->path);
	s->end = (int64_t)end;
	unlink(w->path);
	return 0;
}

/* Writes committed parts whose turn has come. */
static int
go_on(struct single *s, struct err *e)
{
	int r = 0;

	pthread_mutex_lock(&s->lock);
	while (!s->busy && !s->stuck) {
		struct waiting *w = take_next(s);

		if (w == NULL)
			break;
		s->busy = true;
		s->owner = -1;
		pthread_mutex_unlock(&s->lock);
		r = write_waiting(s, w, e);
		pthread_mutex_lock(&s->lock);
		s->busy = false;
		if (r < 0) {
			s->stuck = true;
			w->next = s->wait;
			s->wait = w;
			break;
		}
		s->turn++;
		waiting_free(w);
	}
	pthread_mutex_unlock(&s->lock);
	return r;
}

void
single_commit(struct single *s, int part, int attempt, const char *path)
{
	struct err e;

	pthread_mutex_lock(&s->lock);
	if (part == s->turn && s->owner == attempt && path == NULL) {
		s->end = s->at;
		s->turn++;
		s->owner = -1;
	} else {
		struct waiting *w = waiting_of(s, part, attempt);

		w->committed = true;
		if (path)
			w->path = strdup(path);
	}
	pthread_mutex_unlock(&s->lock);
	go_on(s, &e);
}

/* Parts may be missing: those of tasks that were not needed. */
static int
write_rest(struct single *s, struct err *e)
{
	int most = s->turn;

	s->stuck = false;
	for (struct waiting *w = s->wait; w; w = w->next) {
		w->pool = NULL;
		if (w->committed && w->part >= most)
			most = w->part + 1;
	}
	for (; s->turn < most; s->turn++) {
		TRY(go_on(s, e));
		if (s->turn >= most)
			break;
	}
	return 0;
}

int
single_close(struct single *s, struct err *e)
{
	int fd = s->fd;

	TRY(write_rest(s, e));
	if (ftruncate(fd, s->end) < 0)
		return err_sys(e, "could not cut \"%s\"", s->path);
	if (fail_here("commit.join") < 0 || fsync(fd) < 0)
		return err_sys(e, "could not make \"%s\" durable", s->path);
	s->fd = -1;
	if (close(fd) < 0)
		return err_sys(e, "could not close \"%s\"", s->path);
	return 0;
}

void
single_free(struct single *s)
{
	if (s == NULL)
		return;
	while (s->wait) {
		struct waiting *w = s->wait;

		s->wait = w->next;
		w->pool = NULL;
		waiting_free(w);
	}
	if (s->fd >= 0)
		close(s->fd);
	pthread_mutex_destroy(&s->lock);
	free(s->path);
	free(s);
}
