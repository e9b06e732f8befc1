/*
 * local -- one job on this machine: the scheduler, and threads that run its
 * tasks.
 */
#ifndef DRIVER_LOCAL_H
#define DRIVER_LOCAL_H

#include "exec/task.h"
#include "sched/sched.h"

struct conf;

/* Figures of a finished stage, for reports. */
struct stage_figures {
	int tasks, failed;
	int64_t rows_in, bytes_in, rows_out, bytes_out, spilled;
	int64_t start_us, end_us, cpu_us;
};


struct local_job {
	struct exec_env env;            /* filled by the caller but for run */
	const struct conf *conf;
	const struct stages *stages;
	/* Gets the collected rows of each partition, in partition order; may
	 * return < 0 to stop the job (closed stdout). */
	int (*emit)(void *arg, struct collected *c, struct err *e);
	void *arg;
	void (*tick)(void *arg, const struct sched_count *count,
	    const struct exec_env *env);        /* or NULL; some times a second */
	int64_t deadline_ms;            /* on the monotonic clock; 0: none */
	volatile const int *interrupt;  /* signal number, 0: none */
	struct stage_figures *figures;  /* out: stages->n of them */
	bool verbose;
};

/* Runs all stages.  0, or the failure of the task that made the job fail. */
int local_run(struct local_job *j, struct err *e);

#endif
