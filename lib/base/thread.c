/*
 * thread -- see thread.h.
 */
#include "base/thread.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "base/err.h"

int
thread_start(pthread_t *t, void *(*run)(void *), void *arg, struct err *e)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(t, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r == 0)
		return 0;
	errno = r;
	return err_sys(e, "could not start a thread");
}

void
thread_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int ms)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += ms % 1000 * 1000000L;
	t.tv_sec += ms / 1000 + t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	pthread_cond_timedwait(cond, lock, &t);
}
