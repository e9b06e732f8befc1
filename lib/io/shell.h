/*
 * shell -- a command of /bin/sh whose output is read or whose input is
 * written here.
 *
 * Unlike popen, the command gets SIGPIPE as it was meant: "yes | head -n 1"
 * ends quietly although this process ignores the signal.
 *
 * A command that is written to runs in a process group of its own, which can
 * be killed as a whole, unless stdout is a terminal: then it may want the
 * keyboard, as less does, and only the shell itself is killed.
 */
#ifndef IO_SHELL_H
#define IO_SHELL_H

#include <sys/types.h>

struct err;

enum shell_side { SHELL_READ, SHELL_WRITE };

struct shell {
	pid_t pid;              /* 0: none */
	int fd;                 /* its stdout, or its stdin; -1: closed */
	int group;              /* it leads a process group */
	int status;             /* of its end, as shell_end gives it */
};

/* ERR_TEMP when there are no descriptors or processes left. */
int shell_start(struct shell *s, const char *command, enum shell_side side,
    struct err *e);

/* Closes the descriptor and waits: the exit status, or 128 plus the number
 * of the signal. */
int shell_end(struct shell *s);

/* Closes the descriptor and waits so long at most.  Returns 1 when it has
 * ended (s->status), else 0. */
int shell_wait(struct shell *s, int ms);

/* Ends it: SIGTERM, soon SIGKILL; waits. */
void shell_kill(struct shell *s);

#endif
