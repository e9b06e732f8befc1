/*
 * exec_job -- a job in an executor: its stages as read from plan text, the
 * exchanges that its tasks write and read.  All jobs share the threads and the
 * memory.
 *
 * Everything here is called by the executor's loop thread; the tasks talk to
 * the driver through the outbox.
 */
#ifndef EXECUTOR_EXEC_JOB_H
#define EXECUTOR_EXEC_JOB_H

#include <stdint.h>

#include "base/pool.h"
#include "executor/job_msg.h"
#include "executor/outbox.h"
#include "executor/task_msg.h"

struct block_cache;
struct crew;
struct exec_job;
struct pool;
struct serve;

/* What all jobs of an executor share. */
struct exec_host {
	const struct setup_msg *setup;
	const char *scratch;            /* directory of spills */
	const char *maps;               /* of published map outputs */
	struct made_maps *made;         /* which of them are ours */
	struct outbox *out;
	struct serve *serve;
	struct crew *crew;              /* made for the first job */
	struct pool *memory;            /* of all jobs */
	struct block_cache *kept;       /* kept rows in it */
};

/* Reads the plan, opens outputs, starts the host's threads.  m is the
 * caller's and must stay. */
int  exec_job_open(struct exec_job **out, struct exec_host *host,
    const struct job_msg *m, struct err *e);
/* Its tasks stop soon; does any still run? */
void exec_job_stop(struct exec_job *j);
bool exec_job_busy(struct exec_job *j);
/* Stops its tasks, waits for them; what it published stays. */
void exec_job_close(struct exec_job *j);
int  exec_job_number(const struct exec_job *j);

/* The frames of the same names. */
int  exec_job_stage(struct exec_job *j, const struct stage_msg *m,
    struct err *e);
int  exec_job_maps(struct exec_job *j, const struct maps_msg *m,
    struct err *e);
int  exec_job_relay_go(struct exec_job *j, const struct relay_msg *m,
    struct err *e);
int  exec_job_launch(struct exec_job *j, const struct launch_msg *m,
    struct err *e);
void exec_job_cancel(struct exec_job *j, const struct launch_msg *m);
void exec_job_revoke(struct exec_job *j, const struct launch_msg *m);
/* The map outputs of a job's stage (from 0) go; -1: of all its stages. */
void exec_host_forget(const struct exec_host *host, int job, int stage);

/* Adds rows and bytes that scans have read since the last call. */
void exec_job_read(struct exec_job *j, int64_t *rows, int64_t *bytes);

#endif
