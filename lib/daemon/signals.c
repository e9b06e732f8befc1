/*
 * signals -- see signals.h.
 */
#include "daemon/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "net/loop.h"

static void
the_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGCHLD);
}

static void
ready(void *arg, int events)
{
	struct signals *s = arg;
	struct signalfd_siginfo info;

	(void)events;
	while (read(s->fd, &info, sizeof info) == sizeof info)
		s->got(s->arg, (int)info.ssi_signo);
}

int
signals_open(struct signals *s, struct loop *l,
    void (*got)(void *arg, int number), void *arg, struct err *e)
{
	sigset_t set;

	the_set(&set);
	s->got = got;
	s->arg = arg;
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_sys(e, "could not block signals");
	s->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->fd < 0)
		return err_sys(e, "could not watch signals");
	s->watch = loop_watch(l, s->fd, LOOP_IN, ready, s);
	return s->watch ? 0 : err_sys(e, "could not watch signals");
}

void
signals_close(struct signals *s)
{
	watch_drop(s->watch);
	if (s->fd >= 0)
		close(s->fd);
}

void
signals_restore(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

void
signals_ready(int fd, const char *line)
{
	if (fd < 0)
		return;
	while (write(fd, line, strlen(line)) < 0 && errno == EINTR)
		;
	close(fd);
}

const char *
signals_stamp(char to[SIGNALS_STAMP])
{
	struct timespec now;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	n = strftime(to, SIGNALS_STAMP, "%H:%M:%S", &tm);
	snprintf(to + n, SIGNALS_STAMP - n, ".%03d",
	    (int)(now.tv_nsec / 1000000));
	return to;
}
