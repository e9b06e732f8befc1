/*
 * executor -- the body of sp-executor: one application's tasks on one node.
 *
 * It speaks frames with the driver (executor/job_msg.h, task_msg.h), runs
 * attempts on its threads and publishes map outputs as files in its scratch
 * directory.  It ends, with all that it started, when the driver closes the
 * connection or was silent for longer than the lease.
 */
#ifndef EXECUTOR_EXECUTOR_H
#define EXECUTOR_EXECUTOR_H

#include <stdbool.h>

struct err;

struct executor_conf {
	int in, out;                    /* the driver's frames */
	bool connect;                   /* instead: in has an assignment
	                                 * (net/assignment.h), which says where
	                                 * the driver listens; when in ends, so
	                                 * does the executor */
};

/* Serves until the driver ends: 0; or fails. */
int executor_run(const struct executor_conf *conf, struct err *e);

#endif
