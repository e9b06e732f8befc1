/*
 * shell -- see shell.h.
 */
#include "io/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "io/groups.h"

extern char **environ;

/* In a group of its own. */
static int
spawn_group(struct shell *s, const char *command, int theirs, int as)
{
	struct group_command c = { command, environ, { -1, -1, -1 } };

	c.fd[as] = theirs;
	return groups_start(&c, &s->pid);
}

static int
spawn(struct shell *s, const char *command, int theirs, int as)
{
	char sh[] = "sh", c[] = "-c";
	char *argv[] = { sh, c, (char *)(uintptr_t)command, NULL };
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	sigset_t none, def;
	int r;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, theirs, as);
	posix_spawnattr_init(&at);
	sigemptyset(&none);
	sigemptyset(&def);
	sigaddset(&def, SIGPIPE);
	posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGMASK |
	    POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&at, &none);
	posix_spawnattr_setsigdefault(&at, &def);
	r = posix_spawn(&s->pid, "/bin/sh", &fa, &at, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	posix_spawnattr_destroy(&at);
	return r;
}

int
shell_start(struct shell *s, const char *command, enum shell_side side,
    struct err *e)
{
	int p[2], r, theirs = side == SHELL_READ ? 1 : 0;

	s->pid = 0;
	s->fd = -1;
	s->group = side == SHELL_WRITE && !isatty(STDOUT_FILENO);
	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(e, "could not start \"%s\"", command);
	r = (s->group ? spawn_group : spawn)(s, command, p[theirs], theirs);
	close(p[theirs]);
	if (r != 0) {
		close(p[!theirs]);
		s->pid = 0;
		errno = r;
		return err_sys(e, "could not start \"%s\"", command);
	}
	s->fd = p[!theirs];
	return 0;
}

/* It is reaped. */
static void
ended(struct shell *s, int status)
{
	if (s->group)
		groups_remove(s->pid);
	s->pid = 0;
	s->status = WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

int
shell_wait(struct shell *s, int ms)
{
	int64_t until = clock_mono_ms() + ms;
	int status;

	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	while (s->pid > 0) {
		if (waitpid(s->pid, &status, WNOHANG) == s->pid)
			ended(s, status);
		else if (clock_mono_ms() >= until)
			return 0;
		else
			usleep(1000);
	}
	return 1;
}

void
shell_kill(struct shell *s)
{
	pid_t whom = s->group ? -s->pid : s->pid;

	if (s->pid <= 0)
		return;
	kill(whom, SIGTERM);
	shell_wait(s, 100);
	kill(whom, SIGKILL);    /* what is left of its group */
	shell_end(s);
}

int
shell_end(struct shell *s)
{
	int status = 0;

	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	if (s->pid <= 0)
		return 0;
	while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
		;
	ended(s, status);
	return s->status;
}
