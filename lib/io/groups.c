/*
 * groups -- see groups.h: an array of atomic numbers, 0 where a place is free,
 * in memory that the guard shares.
 *
 * The guard is forked before the first command is noted.  It holds nothing
 * but the reading end of a pipe, whose other end only this process has: the
 * end of that pipe is the end of this process, however it came.
 */
#include "io/groups.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

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

void
groups_add(pid_t group)
{
	pthread_once(&once, start_guard);
	for (int i = 0; i < PLACES; i++) {
		int none = 0, n = atomic_load(&state->used);

		if (!atomic_compare_exchange_strong(&state->place[i], &none,
		    group))
			continue;
		while (n <= i && !atomic_compare_exchange_weak(&state->used,
		    &n, i + 1))
			;
		return;
	}
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
