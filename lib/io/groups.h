/*
 * groups -- process groups of commands that run now, so that a signal which
 * ends this process at once can end them, too.
 *
 * Even one that cannot be caught: a small process, the guard, waits for the
 * end of this one and kills the groups that are still noted then.  A group is
 * noted before its command begins: there is no moment at which the command
 * runs and the guard does not know it.
 */
#ifndef IO_GROUPS_H
#define IO_GROUPS_H

#include <sys/types.h>

/* A command for /bin/sh. */
struct group_command {
	const char *text;
	char *const *environment;
	int fd[3];              /* become its 0, 1 and 2; -1: as ours */
};

/* Starts it in a group of its own with the number *pid, no signal blocked and
 * none but those that we ignore, without SIGPIPE, ignored.  The group is noted;
 * without a free place (there are thousands) it is not.  Returns 0 or an
 * errno. */
int groups_start(const struct group_command *c, pid_t *pid);

/* Its command was reaped, and what is left of it killed if it must be. */
void groups_remove(pid_t group);

/* The process ends in an orderly way: the guard goes, too. */
void groups_end(void);

/* SIGKILLs all of them.  May be called in a signal handler. */
void groups_kill(void);

#endif
