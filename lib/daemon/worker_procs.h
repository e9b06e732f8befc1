/*
 * worker_procs -- the processes that a worker has started: executors and its
 * block server.
 *
 * Each leads a process group of its own and dies with the worker.  Its
 * descriptor 0 is one end of a stream to the worker; the other end's closing
 * asks it to end.
 */
#ifndef DAEMON_WORKER_PROCS_H
#define DAEMON_WORKER_PROCS_H

#include <stdint.h>
#include <sys/types.h>

struct err;

struct proc_conf {
	char *const *argv;      /* argv[0]: path of the program */
	int  log;               /* stdout and stderr; consumed */
	int  both_ways;         /* a socket pair, not a pipe */
	int64_t data_max;       /* bytes, RLIMIT_DATA; 0: as the worker's */
	int  group;             /* cgroup.procs that it joins; consumed; 0:
				 * none */
	int  oom_score;         /* added to its oom_score_adj: the kernel
				 * takes it before others; 0 to 1000 */
};

/* Starts it.  Returns our end of its descriptor 0 (non-blocking, CLOEXEC) and
 * sets *pid. */
int proc_start(const struct proc_conf *conf, pid_t *pid, struct err *e);

/* SIGKILL to it and its group. */
void proc_kill(pid_t pid);

/* If it has ended: 1, with its status as a shell would say it, and what was
 * left of its group is killed. */
int proc_reap(pid_t pid, int *status);

/* "exited with status 3", "was killed by signal 9 (Killed)". */
void proc_explain(int status, char *to, unsigned n);

#endif
