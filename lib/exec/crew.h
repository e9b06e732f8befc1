/*
 * crew -- the threads that run a job's task attempts, and their queue.
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

struct crew_conf {
	struct exec_env *env;
	int threads;
	/* Publishes what the attempt made, as task_commit. */
	int (*commit)(void *arg, struct task *t, struct err *e);
	void (*done)(void *arg, struct attempt *a);
	void *arg;
};

struct crew;

/* Starts the threads; fewer when the machine gives no more, at least one. */
int  crew_new(struct crew **out, const struct crew_conf *conf, struct err *e);
int  crew_threads(const struct crew *c);

/* Parts [part, part + n) of a stage, all with this attempt number. */
void crew_add(struct crew *c, int stage, int part, int n, int attempt);

/* Takes parts of [part, part + n) that nobody has begun out of the queue:
 * calls gone for each. */
void crew_revoke(struct crew *c, int stage, int part, int n,
    void (*gone)(void *arg, int stage, int part, int attempt), void *arg);

/* An attempt that runs stops soon, as if its job were cancelled. */
void crew_cancel(struct crew *c, int stage, int part, int attempt);

/* Forgets what waits, waits for what runs (env->cancel makes that short),
 * ends the threads. */
void crew_free(struct crew *c);

#endif
