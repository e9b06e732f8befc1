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

#include "base/err.h"

extern char **environ;

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
	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(e, "could not start \"%s\"", command);
	r = spawn(s, command, p[theirs], theirs);
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

int
shell_end(struct shell *s)
{
	int status = 0;

	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	if (s->pid > 0)
		while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
			;
	s->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}
