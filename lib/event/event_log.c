/*
 * event_log -- see event_log.h.
 *
 * Method: lines are added to a text under a lock; the thread takes the whole
 * text and writes it.  A thread that hangs in write() at the end (a dead
 * network file system) is left behind with what it uses: the process is
 * about to end.
 */
#include "event/event_log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "base/thread.h"
#include "io/fd.h"

#define BEHIND_MAX ((size_t)16 << 20)
#define END_S 5                 /* seconds that the end waits */

struct event_log {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more, done;
	struct text lines;              /* not taken by the thread yet */
	char *path;
	int fd;
	bool ending, ended;             /* asked to end; the thread has */
	bool failed, told;
	struct err error;
};

/* With the lock held. */
static void
give_up(struct event_log *l, int error)
{
	if (!l->failed && error) {
		errno = error;
		err_sys(&l->error, "could not write the event log \"%s\"",
		    l->path);
	}
	l->failed = true;
	text_release(&l->lines);
}

static void *
work(void *arg)
{
	struct event_log *l = arg;

	pthread_mutex_lock(&l->lock);
	for (;;) {
		struct text t = l->lines;
		int error;

		if (t.n == 0 && l->ending)
			break;
		if (t.n == 0) {
			pthread_cond_wait(&l->more, &l->lock);
			continue;
		}
		l->lines = (struct text){ 0 };
		pthread_mutex_unlock(&l->lock);
		error = fd_write(l->fd, t.p, t.n, "event.write") < 0 ?
		    errno : 0;
		text_release(&t);
		pthread_mutex_lock(&l->lock);
		if (error)
			give_up(l, error);
	}
	l->ended = true;
	pthread_cond_signal(&l->done);
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

static void
release(struct event_log *l)
{
	close(l->fd);
	text_release(&l->lines);
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->more);
	pthread_cond_destroy(&l->done);
	free(l->path);
	free(l);
}

int
event_log_open(struct event_log **out, const char *path, struct err *e)
{
	struct event_log *l;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
	    O_NOCTTY | O_NONBLOCK, 0600);       /* a FIFO that nobody reads */

	*out = NULL;
	if (fd < 0)
		return err_sys(e, "could not write the event log \"%s\"",
		    path);
	fcntl(fd, F_SETFL, 0);
	l = xcalloc(1, sizeof *l);
	l->fd = fd;
	l->path = strdup(path);
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->more, NULL);
	pthread_cond_init(&l->done, NULL);
	if (l->path == NULL || thread_start(&l->thread, work, l, e) < 0) {
		release(l);
		return err_set(e, ERR_TEMP, "could not start the event log");
	}
	*out = l;
	return 0;
}

void
event_log_add(struct event_log *l, const struct event *ev)
{
	bool first;

	pthread_mutex_lock(&l->lock);
	first = l->lines.n == 0;
	if (!l->failed && l->lines.n > BEHIND_MAX) {
		err_set(&l->error, ERR_TEMP, "the event log \"%s\" is given up: "
		    "it is written too slowly", l->path);
		give_up(l, 0);
	}
	if (!l->failed)
		event_print(&l->lines, ev);
	if (first)
		pthread_cond_signal(&l->more);
	pthread_mutex_unlock(&l->lock);
}

int
event_log_trouble(struct event_log *l, struct err *e)
{
	int news;

	pthread_mutex_lock(&l->lock);
	news = l->failed && !l->told;
	if (news) {
		*e = l->error;
		l->told = true;
	}
	pthread_mutex_unlock(&l->lock);
	return news;
}

int
event_log_close(struct event_log *l, struct err *e)
{
	struct timespec until;
	bool ended;
	int r = 0;

	if (l == NULL)
		return 0;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += END_S;
	pthread_mutex_lock(&l->lock);
	l->ending = true;
	pthread_cond_signal(&l->more);
	while (!l->ended)
		if (pthread_cond_timedwait(&l->done, &l->lock, &until) != 0)
			break;
	ended = l->ended;
	if (!ended && !l->failed)
		err_set(&l->error, ERR_TEMP, "the event log \"%s\" is not "
		    "whole: it is written too slowly", l->path);
	if ((l->failed || !ended) && !l->told) {
		*e = l->error;
		r = e->kind;
	}
	l->told = true;
	pthread_mutex_unlock(&l->lock);
	if (!ended) {
		pthread_detach(l->thread);
		return r;
	}
	pthread_join(l->thread, NULL);
	release(l);
	return r;
}
