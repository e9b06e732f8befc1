/*
 * spool -- see spool.h.
 *
 * A thread reads, so that the driver's can look at signals and the clock.
 * One that still reads when the action is stopped is cancelled: the process
 * is about to end, what the thread has allocated does not matter.
 */
#include "driver/spool.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/thread.h"
#include "driver/runner.h"
#include "io/fd.h"
#include "io/stream.h"

#define LOOK_MS 50
#define DEPTH 8                 /* of processes below a command */

struct spool {
	const char *path;
	char *to;
	pid_t tid;                      /* of the thread */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool done;
	int code;
	struct err e;
};

static int
copy(const char *path, char *to, struct err *e)
{
	char *buf = xmalloc((size_t)1 << 18);
	struct stream *s = NULL;
	int fd = mkstemp(to), r;
	int64_t n = 0;

	r = fd < 0 ? err_sys(e, "could not create \"%s\"", to) :
	    stream_open(&s, path, e);
	while (r >= 0 && (n = stream_read(s, buf, (size_t)1 << 18, e)) > 0)
		if (fd_write(fd, buf, (size_t)n, NULL) < 0)
			r = err_sys(e, "could not write \"%s\"", to);
	if (r >= 0 && n < 0)
		r = (int)n;
	stream_close(s);
	if (fd >= 0)
		close(fd);
	free(buf);
	return r;
}

static void *
run(void *arg)
{
	struct spool *s = arg;
	int before;

	pthread_mutex_lock(&s->lock);
	s->tid = gettid();
	pthread_mutex_unlock(&s->lock);
	s->code = copy(s->path, s->to, &s->e);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	pthread_mutex_lock(&s->lock);
	s->done = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* Ends what a thread has started, and what that has: a command belongs to the
 * terminal's group, like the driver. */
static void
kill_below(pid_t pid, pid_t tid, int depth)
{
	char path[64];
	FILE *f;
	int child;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid,
	    (int)tid);
	f = depth > 0 ? fopen(path, "re") : NULL;
	while (f && fscanf(f, "%d", &child) == 1) {
		kill_below(child, child, depth - 1);
		kill(child, SIGKILL);
	}
	if (f)
		fclose(f);
}

static int
await(struct spool *s, const struct action *j, struct err *e)
{
	int r = 0;

	pthread_mutex_lock(&s->lock);
	while (!s->done && r >= 0) {
		thread_wait(&s->wake, &s->lock, LOOK_MS);
		r = s->done ? 0 : action_stopped(j, e);
	}
	pthread_mutex_unlock(&s->lock);
	return r;
}

int
spool(const struct action *j, const char *dir, const char *path,
    struct arena *a, const char **out, struct err *e)
{
	struct spool s = { .path = path,
	    .to = arena_printf(a, "%s/input-XXXXXX", dir) };
	pthread_t t;
	int r;

	pthread_mutex_init(&s.lock, NULL);
	pthread_cond_init(&s.wake, NULL);
	TRY(thread_start(&t, run, &s, e));
	r = await(&s, j, e);
	if (r < 0) {
		if (s.tid)
			kill_below(getpid(), s.tid, DEPTH);
		pthread_cancel(t);
	}
	pthread_join(t, NULL);
	pthread_mutex_destroy(&s.lock);
	pthread_cond_destroy(&s.wake);
	if (r >= 0 && s.code < 0) {
		*e = s.e;
		r = s.code;
	}
	*out = s.to;
	return r;
}
