/*
 * sched -- the driver's brain for one job: events in, orders out.
 *
 * Owns the job's stages, task sets and attempts.  Has no descriptors,
 * threads or clock: time arrives in the event.  The same events always give
 * the same orders, so a simulation can replay any failure from its seed.
 *
 *	pending -> running -> done
 *	             |  ^ retry (temporary: up to max_failures attempts)
 *	             v  |
 *	           failed        user error: the job fails at once
 *
 * A stage is submitted when all stages that it reads are complete; a lost
 * block (ERR_LOST) makes its map task run again, its stage is then
 * incomplete and its readers wait.
 */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include <stdint.h>

struct sched;

enum sched_event_kind {
	EV_START,               /* begin */
	EV_EXEC_UP,             /* executor exec has slots free task slots */
	EV_EXEC_LOST,           /* its attempts and map outputs are gone */
	EV_TASK_DONE,           /* stage, part, attempt, exec */
	EV_TASK_FAILED,         /* the same, and why (enum err_kind); for
	                         * ERR_LOST also lost_stage, lost_part */
	EV_STAGE_PARTS,         /* answer to ORDER_PLAN: stage has part tasks */
	EV_CANCEL,              /* stop: why tells the class */
	EV_TICK,
};

struct sched_event {
	enum sched_event_kind kind;
	int64_t now_ms;
	int exec, slots;
	int stage, part, attempt;
	int why;
	int lost_stage, lost_part;
};

enum sched_order_kind {
	ORDER_PLAN,             /* stage is about to start: decide its number
	                         * of tasks from real sizes, send EV_STAGE_PARTS */
	ORDER_LAUNCH,           /* on exec: parts [part, part + n) of stage */
	ORDER_CANCEL,           /* this attempt */
	ORDER_STAGE_DONE,       /* all tasks of the stage are done */
	ORDER_FINISH,           /* the job is done */
	ORDER_FAIL,             /* the job failed: the task that did it */
};

struct sched_order {
	enum sched_order_kind kind;
	int exec;
	int stage, part, n, attempt;
};

struct sched_orders {
	struct sched_order *v;  /* malloc'd, grows */
	int n, cap;
};

/* What the scheduler needs to know of a stage. */
struct sched_stage {
	int npart;              /* 0: told by EV_STAGE_PARTS */
	int nin;
	const int *in;          /* stage numbers from 0 */
	int barrier;            /* run after all stages before it (outputs) */
};

struct sched_conf {
	int max_failures;       /* spark.task.maxFailures */
	int max_stage_attempts; /* spark.stage.maxConsecutiveAttempts */
	int64_t stall_ms;       /* no progress for so long: the job fails */
};

struct sched *sched_new(const struct sched_stage *stage, int nstage,
    const struct sched_conf *conf);
void sched_free(struct sched *s);

/* Appends to *out what must happen now.  Late and duplicate events are
 * normal and change nothing. */
void sched_event(struct sched *s, const struct sched_event *ev,
    struct sched_orders *out);

/* Progress: tasks done, running and known so far. */
struct sched_count { int done, running, total, stages_done, failed_attempts; };
struct sched_count sched_count(const struct sched *s);

void sched_orders_release(struct sched_orders *o);

#endif
