/*
 * groups -- see groups.h: an array of atomic numbers, 0 where a place is free,
 * in memory that the guard shares.
 *
 * The guard is forked before the first command is noted.  It holds nothing
 * but the reading end of a pipe, whose other end only this process has: the
 * end of that pipe is the end of this process, however it came.
 *
 * A child has that end, too, until it is the command: a guard that sees the end
 * of the pipe sees the groups of all commands that ever began, for children
 * note their groups themselves.  They are made by vfork, which copies nothing
 * of a large process.
 */
#include "io/groups.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fail.h"

#define PLACES 4096
#define FDS_MAX 65536           /* closed, where there is no close_range */

struct shared {
	atomic_int place[PLACES];
	atomic_int used;        /* places that were ever taken */
};

static struct shared own;       /* when there is no shared memory */
static struct shared *_Atomic state = &own;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pid_t guard;
static int guard_fd = -1;

void
groups_kill(void)
{
	struct shared *s = state;

	for (int i = 0; i < atomic_load(&s->used); i++) {
		int group = atomic_load(&s->place[i]);

		if (group > 0)
			kill(-group, SIGKILL);
	}
}

/* Async-signal-safe calls only: other threads may hold any lock. */
static void
watch(int fd)
{
	sigset_t all;
	char c;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	dup2(fd, 0);
	if (close_range(1, ~0U, 0) < 0)
		for (int i = 1; i < FDS_MAX; i++)
			close(i);
	while (read(0, &c, 1) < 0 && errno == EINTR)
		;
	groups_kill();
	_exit(0);               /* tidy: allowed, a child */
}

static void
start_guard(void)
{
	void *p = mmap(NULL, sizeof own, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int end[2];

	if (p == MAP_FAILED)
		return;
	state = p;
	if (pipe2(end, O_CLOEXEC) < 0)
		return;
	guard = fork();
	if (guard == 0) {
		close(end[1]);
		watch(end[0]);
	}
	close(end[0]);
	if (guard > 0)
		guard_fd = end[1];
	else
		close(end[1]);
}

/* In a child, which borrows our memory: nothing else may be called. */
static void
note(pid_t group)
{
	struct shared *s = state;

	for (int i = 0; i < PLACES; i++) {
		int none = 0, n = atomic_load(&s->used);

		if (!atomic_compare_exchange_strong(&s->place[i], &none,
		    group))
			continue;
		while (n <= i && !atomic_compare_exchange_weak(&s->used,
		    &n, i + 1))
			;
		return;
	}
}

/* Our handlers must not run in a child that has our memory. */
static void
drop_handlers(void)
{
	struct sigaction now, def = { .sa_handler = SIG_DFL };

	for (int i = 1; i < NSIG; i++)
		if (sigaction(i, NULL, &now) == 0 && (i == SIGPIPE ||
		    now.sa_handler != SIG_IGN) && now.sa_handler != SIG_DFL)
			sigaction(i, &def, NULL);
}

/* The child, until it is the command; *why: an errno. */
static void
become(const struct group_command *c, bool orphan, volatile int *why)
{
	char sh[] = "sh", minus_c[] = "-c";
	char *argv[] = { sh, minus_c, (char *)(uintptr_t)c->text, NULL };
	sigset_t none;

	if (orphan)
		kill(getppid(), SIGKILL);
	drop_handlers();
	setpgid(0, 0);
	note(getpid());
	for (int i = 0; i < 3; i++) {
		if (c->fd[i] == i)
			fcntl(i, F_SETFD, 0);
		else if (c->fd[i] >= 0 && dup2(c->fd[i], i) < 0)
			goto fail;
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve("/bin/sh", argv, c->environment);
fail:
	*why = errno;
	_exit(127);             /* tidy: allowed, a child */
}

static pid_t
child(const struct group_command *c, bool orphan, volatile int *why)
{
	pid_t pid = vfork();

	if (pid == 0)
		become(c, orphan, why);
	return pid;
}

int
groups_start(const struct group_command *c, pid_t *pid)
{
	volatile int why = 0;
	sigset_t all, before;
	/* A test wants us to be killed when a child is there. */
	bool orphan = fail_here("command-starts") < 0;

	pthread_once(&once, start_guard);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	*pid = child(c, orphan, &why);
	if (*pid < 0)
		why = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (*pid > 0 && why != 0) {
		while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
			;
		groups_remove(*pid);
	}
	return why;
}

void
groups_remove(pid_t group)
{
	for (int i = 0; i < atomic_load(&state->used); i++) {
		int mine = group;

		if (atomic_compare_exchange_strong(&state->place[i], &mine, 0))
			return;
	}
}

void
groups_end(void)
{
	if (guard_fd < 0)
		return;
	close(guard_fd);
	guard_fd = -1;
	while (waitpid(guard, NULL, 0) < 0 && errno == EINTR)
		;
}
