/*
 * groups -- process groups of commands that run now, so that a signal which
 * ends this process at once can end them, too.
 *
 * Even one that cannot be caught: a small process, the guard, waits for the
 * end of this one and kills the groups that are still noted then.
 */
#ifndef IO_GROUPS_H
#define IO_GROUPS_H

#include <sys/types.h>

/* Notes a group; without a free place (there are thousands) it is not. */
void groups_add(pid_t group);
void groups_remove(pid_t group);

/* The process ends in an orderly way: the guard goes, too. */
void groups_end(void);

/* SIGKILLs all of them.  May be called in a signal handler. */
void groups_kill(void);

#endif
