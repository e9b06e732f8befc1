/*
 * crew -- the threads that run task attempts of jobs, and their queue.
 *
 * Work is handed in as ranges of parts and taken part by part, in order.
 * Each attempt is run, committed by the owner's function and reported by
 * another one; both are called in the thread that ran it, without a lock.
 */
#ifndef EXEC_CREW_H
#define EXEC_CREW_H

#include "exec/task.h"

/* An attempt that has ended; the task is released after done() returns. */
struct attempt {
	int stage, part, attempt;       /* stage: index from 0 */
	int code;                       /* 0 or more, or enum err_kind */
	struct err err;
	struct task *task;
	int64_t cpu_us, ran_us;         /* ran: on the clock */
	bool more;                      /* the thread goes on at once */
};

/* A job whose tasks the crew runs; the owner's, until crew_leave. */
struct crew_job {
	struct exec_env *env;
	/* Publishes what the attempt made, as task_commit. */
	int (*commit)(void *arg, struct task *t, struct err *e);
	void (*done)(void *arg, struct attempt *a);
	void *arg;
};

struct crew;

/* Starts the threads; fewer when the machine gives no more, at least one. */
int  crew_new(struct crew **out, int threads, struct err *e);
int  crew_threads(const struct crew *c);

/* Parts [part, part + n) of a stage, all with this attempt number. */
void crew_add(struct crew *c, const struct crew_job *j, int stage, int part,
    int n, int attempt);

/* Takes parts of [part, part + n) that nobody has begun out of the queue:
 * calls gone for each. */
void crew_revoke(struct crew *c, const struct crew_job *j, int stage,
    int part, int n,
    void (*gone)(void *arg, int stage, int part, int attempt), void *arg);

/* An attempt that runs stops soon, as if its job were cancelled. */
void crew_cancel(struct crew *c, const struct crew_job *j, int stage,
    int part, int attempt);

/* Forgets what waits of a job; returns how many threads still run attempts
 * of it (env->cancel makes that short). */
int  crew_clear(struct crew *c, const struct crew_job *j);

/* The same, and waits for those. */
void crew_leave(struct crew *c, const struct crew_job *j);

/* Forgets what waits, waits for what runs, ends the threads. */
void crew_free(struct crew *c);

#endif
