/*
 * worker_groups -- memory cgroups of executors, where the worker may make
 * them.
 *
 *     OWN/sp-worker-HASH          OWN: the worker's own group, HASH: of the
 *         APP.N                   device and number of its directory
 *
 * An executor and all that it starts (commands of pipe) may have no more
 * memory than its group: the kernel then kills the largest of them, not a
 * daemon.  v1 and v2.  v2 wants that a group with members has no groups
 * below that bound memory: a worker that is alone in its group moves into
 * one below it; one that is not does without.  So does a worker without the
 * right to make groups, and one whose files are in memory (tmpfs), as those
 * count, too, and cannot be given back.
 *
 * The directory of the worker is locked (worker_dirs), so what has its hash
 * is ours: it is swept at the start.  A worker holds its group locked (flock);
 * empty groups of workers that do not, because they were killed, go, too.
 */
#ifndef DAEMON_WORKER_GROUPS_H
#define DAEMON_WORKER_GROUPS_H

#include <stddef.h>
#include <stdint.h>

struct exec_name;

struct worker_groups {
	int  version;           /* enum limits_version; 0: none are made */
	int  lock;              /* held while the worker runs */
	char home[4096];
	char left[4096];        /* v2: the group that the worker was in, if it
				 * had to move */
	const char *why;        /* version 0: why, in words */
};

/* root: /sys/fs/cgroup; self: /proc/self/cgroup.  dir: of the worker. */
void worker_groups_open(struct worker_groups *g, const char *root,
    const char *self, const char *dir);
/* Removes what is empty. */
void worker_groups_close(struct worker_groups *g);

/* Makes a group of so many bytes.  Returns a descriptor: a process that
 * writes "0" there is in it; 0: there is no group. */
int worker_groups_add(struct worker_groups *g, const struct exec_name *name,
    int64_t bytes);

/* How often the kernel has killed one of it for want of memory. */
int64_t worker_groups_kills(const struct worker_groups *g,
    const struct exec_name *name);

/* Kills what is left in it and removes it. */
void worker_groups_remove(struct worker_groups *g,
    const struct exec_name *name);

#endif
