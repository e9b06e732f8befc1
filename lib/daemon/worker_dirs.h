/*
 * worker_dirs -- a worker's directory: scratch, logs, and who runs in it.
 *
 *     DIR/lock                    held while the worker lives
 *     DIR/app/APP/N               scratch of executor N
 *     DIR/app/APP/maps            map outputs, which outlive executors
 *     DIR/log/APP/N               stdout and stderr of executor N
 *     DIR/run/APP.N               its process: pid, start time, boot id
 *
 * All is 0700.  An application's files go when it ends, its logs with the
 * LOG_APPS newer ones after it.  Nothing is followed out of DIR: removal
 * never follows a symbolic link.
 */
#ifndef DAEMON_WORKER_DIRS_H
#define DAEMON_WORKER_DIRS_H

#include <sys/types.h>

#include "cluster/cluster.h"

struct err;
struct text;

enum { LOG_APPS = 20, WORKERS_PER_DIR = 64 };

struct worker_dirs {
	char *path;             /* owned */
	int lock;
	int norphan;            /* processes that were ended at the start */
};

/* Takes dir; NULL: the usual one (or, when another worker holds that, the
 * same with a number behind).  Ends what an earlier worker left running
 * there and removes its files. */
int worker_dirs_open(struct worker_dirs *d, const char *dir, struct err *e);
void worker_dirs_close(struct worker_dirs *d);

/* Makes the directories of an executor and prints their names.  Returns the
 * descriptor of its log. */
int worker_dirs_add(struct worker_dirs *d, const struct exec_name *name,
    struct text *scratch, struct text *maps, struct err *e);

/* Remembers its process; forgets it, with its scratch. */
void worker_dirs_began(struct worker_dirs *d, const struct exec_name *name,
    pid_t pid);
void worker_dirs_ended(struct worker_dirs *d, const struct exec_name *name);

/* The last lines of its log, on one line, at most n bytes with the NUL. */
void worker_dirs_tail(struct worker_dirs *d, const struct exec_name *name,
    char *to, size_t n);

/* Removes the files of an application. */
void worker_dirs_forget(struct worker_dirs *d, const char *app);

#endif
