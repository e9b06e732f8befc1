/*
 * held_jobs -- the actions of one driver that an executor runs at one time.
 *
 * A job is held from its JOB frame until it was ended and its tasks have
 * stopped: nobody waits for them, the loop asks again (held_jobs_reap).
 * Frames for a job that ends find nothing, as those for a job that is over.
 *
 *	held_jobs_open -> find ... -> end -> reap, again while it says true
 *
 * The connection goes and the process lives on: held_jobs_close waits.
 *
 * All of it belongs to the loop's thread.  A look-up is a walk: a driver has
 * a few jobs at one time, and at most HELD_JOBS_MAX.
 */
#ifndef EXECUTOR_HELD_JOBS_H
#define EXECUTOR_HELD_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HELD_JOBS_MAX 256       /* of a driver, at one time */

struct err;
struct exec_host;
struct exec_job;
struct held_job;

struct held_jobs {                      /* all zero: no job */
	struct held_job *first;         /* in the order they came */
	int n;
};

/* Begins the job of a JOB frame on host, which must outlive it; *number is
 * its number.  Returns 1.  A plan that cannot be begun is the job's trouble,
 * not the executor's: 0, and *why says it.  A frame that is not understood, a
 * second job of one number and one too many are an error in e. */
int held_jobs_open(struct held_jobs *all, struct exec_host *host,
    const char *body, size_t n, int *number, struct err *why, struct err *e);

/* A job that has not been ended, or NULL. */
struct exec_job *held_jobs_find(const struct held_jobs *all, int number);

/* Its tasks are told to stop.  A number of no job is ignored. */
void held_jobs_end(struct held_jobs *all, int number);

/* Jobs that were ended and whose tasks have stopped go, with what host holds
 * of them.  True when there are some that have not stopped. */
bool held_jobs_reap(struct held_jobs *all, struct exec_host *host);

/* Stops all, waits for their tasks, and forgets them.  What they put into
 * the outbox of host must be thrown away meanwhile (outbox_deaf). */
void held_jobs_close(struct held_jobs *all, struct exec_host *host);

/* Adds what running tasks have read since the last time. */
void held_jobs_read(const struct held_jobs *all, int64_t *rows,
    int64_t *bytes);

#endif
