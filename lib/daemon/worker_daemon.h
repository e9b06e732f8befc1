/*
 * worker_daemon -- the body of sp-worker: processes, sockets and time around
 * the machine of cluster/worker.h.
 */
#ifndef DAEMON_WORKER_DAEMON_H
#define DAEMON_WORKER_DAEMON_H

#include <stdint.h>

struct err;
struct host;

struct worker_daemon_conf {
	const char *masters;    /* URL */
	const char *host;       /* name of this node; NULL: found */
	int  cores;             /* 0: all that the process may use */
	int64_t memory_mb;      /* 0: that of the machine but 1 GiB */
	const char *dir;        /* NULL: the usual one */
	const char *key_file;   /* NULL: the usual one */
	const char *executor;   /* program; NULL: sp-executor beside ours */
	struct host *node;      /* executors run there, by SSH; NULL: here */
	int  keep;              /* do not remove files of ended applications */
	int  ready_fd;          /* the id and a newline go there when it is
	                         * registered; -1: none */
	void (*log)(const char *line);  /* of what happens; NULL: nobody */
	void (*warn)(const char *line); /* once, when no master is there at
	                                 * the start; NULL: nobody */
};

/* Runs until SIGTERM or SIGINT (the second one kills), or until the master
 * refuses it for good.  Returns 0 or a failure. */
int worker_daemon_run(const struct worker_daemon_conf *conf, struct err *e);

#endif
