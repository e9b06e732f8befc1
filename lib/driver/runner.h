/*
 * runner -- one action between the scheduler and those who run its tasks:
 * ends of attempts become events, orders become calls of a backend.
 *
 * There are two backends: threads of this process (driver/local.h) and
 * executors (driver/remote.h).  What both have in common is here: rows are
 * passed on in partition order, figures are added up, failures kept, time
 * limits and signals looked at.
 *
 * Several actions may run over one scheduler and one backend (struct backend):
 * an event of one may bring orders for others.
 */
#ifndef DRIVER_RUNNER_H
#define DRIVER_RUNNER_H

#include "driver/waiting.h"
#include "exec/task.h"
#include "sched/sched.h"

struct conf;
struct events;
struct backend;
struct runner;

/* Figures of a finished stage, for reports. */
struct stage_figures {
	int tasks, failed;
	bool done;
	int64_t rows_in, bytes_in, rows_out, bytes_out, spilled;
	int64_t fetched_local, fetched_remote;  /* map outputs of executors */
	int64_t start_us, end_us, cpu_us;
};

/* What is to be run. */
struct action {
	struct exec_env env;            /* filled by the caller but for run */
	const struct conf *conf;
	const struct stages *stages;
	int number;                     /* of the job, from 1 */
	int reported;                   /* in reports: the number of the first
	                                 * try, if there were several */
	int pool;                       /* of the scheduler */
	int tries;                      /* before this one */
	/* Gets the collected rows of each partition, in partition order; may
	 * return < 0 to stop the job (closed stdout). */
	int (*emit)(void *arg, struct collected *c, struct err *e);
	void *arg;
	int64_t deadline_ms;            /* on the monotonic clock; 0: none */
	volatile const int *interrupt;  /* signal number, 0: none */
	struct stage_figures *figures;  /* out: stages->n of them */
	bool verbose;                   /* a line about each event */
	struct events *events;          /* or NULL */
};

/* Was there a signal, is the time up?  < 0, with what to say. */
int action_stopped(const struct action *j, struct err *e);

/* The end of an attempt. */
struct ended {
	int stage, part, attempt, exec;
	int code;
	struct err err;
	struct collected collected;     /* owned, if has_rows */
	bool has_rows;
	int place;                      /* of its map output, -1: here */
	uint64_t rowset;
	int64_t ran_us;                 /* on the clock */
	int lost_stage, lost_part, lost_place;  /* ERR_LOST; stage from 0 */
	struct stage_figures figures;   /* of this attempt */
};

/* A backend; r->backend is its own.  Orders come as lib/sched gives them;
 * functions may be NULL where there is nothing to do. */
struct runner_ops {
	/* Outputs of a stage that are there already, *npart of them, borrowed
	 * during the call; NULL: none. */
	const struct sched_standing *(*standing)(struct runner *r, int stage,
	    int *npart);
	/* Decides the number of tasks of a stage (ORDER_PLAN), and where they
	 * like to run: *pref is NULL or stays as long as the job. */
	int  (*plan)(struct runner *r, int stage, int *npart,
	    const struct sched_pref **pref, struct err *e);
	void (*launch)(struct runner *r, const struct sched_order *o);
	void (*revoke)(struct runner *r, const struct sched_order *o);
	void (*cancel)(struct runner *r, const struct sched_order *o);
	/* Makes an attempt's files part of its outputs. */
	int  (*commit)(struct runner *r, const struct sched_order *o,
	    struct err *e);
	void (*lost)(struct runner *r, const struct sched_order *o);
	void (*stage_done)(struct runner *r, int stage);
	void (*stage_forget)(struct runner *r, int stage);
	/* An executor, in words; NULL: there is only this process. */
	const char *(*name)(struct runner *r, int exec);
};

/* Where actions run. */
struct backend {
	struct sched *sched;
	void *own;                      /* the backend's */
	/* Begins an action; then its runner is in v.  ended: its tasks are
	 * stopped and all of it is freed; code is how it ended.  1: it must
	 * be begun again, for what it had kept was lost. */
	int  (*begin)(struct backend *p, struct action *j, struct runner **out,
	    struct err *e);
	int  (*end)(struct backend *p, struct runner *r, int code);
	/* Waits a little for ends of attempts and reports them. */
	int  (*wait)(struct backend *p, int ms, struct err *e);
	void (*close)(struct backend *p);
	struct runner **v;              /* what runs */
	int n, cap;
	bool telling;                   /* orders are being obeyed */
	struct sched_event *later;      /* events that wait for their end */
	int nlater, later_cap;
};

struct runner {
	struct action *job;
	const struct runner_ops *ops;
	void *backend;
	struct backend *home;
	struct sched *sched;
	int number;                     /* of the job in sched */
	struct waiting wait;            /* rows of the collect stage */
	int next_out;                   /* partition to be passed on next */
	struct err error;               /* of the last failed attempt */
	int error_code;
	struct { int stage, part, attempt, exec; } at;  /* which one that was;
	                                 * exec -1: it was no attempt's */
	unsigned char **ended_once;     /* by stage and part: it has been done;
	                                 * 2: before the job, and it stands */
	const struct ended *ending;     /* that is being told: not counted yet */
	int copies;                     /* speculative attempts so far */
	bool ended, failed;
};

/* Adds the action's stages to the backend's scheduler, and starts it.  commits:
 * tasks with outputs are done when ORDER_COMMIT was obeyed. */
void runner_open(struct runner *r, struct backend *p, struct action *job,
    bool commits);
void runner_start(struct runner *r);

/* After backend->wait: passes rows on, looks at signals and time.  1: the
 * action has ended, 0: not yet. */
int  runner_turn(struct runner *r);

/* How it has ended. */
int  runner_result(struct runner *r, struct err *e);

/* Frees what is left; the backend's tasks have ended. */
void runner_close(struct runner *r);

/* An event of its job; the orders that follow are obeyed at once.  1: it
 * counted.  backend_tell: one of no job. */
int  runner_tell(struct runner *r, struct sched_event *ev);
int  backend_tell(struct backend *p, struct sched_event *ev);

/* Frees what all have in common. */
void backend_release(struct backend *p);

/* An attempt has ended; its rows are taken over.  1: it counted. */
int  runner_ended(struct runner *r, struct ended *x);

/* An end that is not told after all: frees its rows. */
void runner_drop(struct ended *x);

/* The job ends with this error, the first one counts. */
void runner_fail(struct runner *r, const struct err *e, int code);

/* Settings of the scheduler; ahead: tasks beyond the slots. */
struct sched *runner_sched(const struct conf *conf, int ahead);

#endif
