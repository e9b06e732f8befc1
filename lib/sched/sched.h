/*
 * sched -- the brain of one application's jobs: events in, orders out.
 *
 * Owns the executors' slots and the jobs' stages, task sets and attempts.
 * Has no descriptors, threads or clock: time arrives in the event.  The same
 * events always give the same orders, so a simulation can replay any failure
 * from its seed.
 *
 *	pending -> running -> [committing] -> done -> gone
 *	   ^__________|____________|___________________|
 *
 * Each launched attempt ends with one of EV_TASK_DONE, EV_TASK_FAILED and
 * EV_REVOKED, cancelled ones too, or with the loss of its executor; its slot
 * is taken until then.  A stage starts when all stages that it reads are
 * complete.  Map output that is lost while somebody may still read it is made
 * again; what nobody reads at present is only remembered as gone.  So is what
 * stands since an earlier job (struct sched_standing).
 *
 *	s = sched_new(&conf); job = sched_add(s, stages, n, 0);
 *	sched_event(s, EV_EXEC_UP), sched_event(s, EV_START) ...
 */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include <stdint.h>

struct sched;

enum sched_event_kind {
	EV_START,               /* job: begin */
	EV_EXEC_UP,             /* exec has slots, lives on host; its map outputs
	                         * are served by place, which dies with it
	                         * unless place_stays */
	EV_EXEC_LOST,           /* exec; why: ERR_TEMP it crashed (counts as a
	                         * failure of what it ran), else taken away */
	EV_EXEC_DRAIN,          /* exec: gets nothing new, ends what it runs */
	EV_HOST_LOST,           /* host: its executors and places, one cause;
	                         * exec: whose loss told it (late when that is
	                         * lost already), or -1 */
	EV_PLACE_LOST,          /* place: the map outputs there, one cause */
	EV_TASK_DONE,           /* job, stage, part, attempt, exec; place of the
	                         * output (-1: the driver has it), rowset hash,
	                         * ran_us */
	EV_TASK_FAILED,         /* the same, and why (enum err_kind); for
	                         * ERR_LOST also lost_stage and lost_part, or
	                         * lost_part -1 and lost_place: all maps there */
	EV_REVOKED,             /* the attempt did not start and will not */
	EV_COMMITTED,           /* answer to ORDER_COMMIT: it is in the output */
	EV_COMMIT_FAILED,       /* nothing of the attempt is there or will be;
	                         * why as for EV_TASK_FAILED */
	EV_STAGE_PARTS,         /* answer to ORDER_PLAN: stage has part tasks,
	                         * with preferences pref (copied) or NULL */
	EV_CANCEL,              /* job: stop; why tells the class */
	EV_TICK,                /* time passed; send every 10 to 200 ms */
};

/* Where the tasks of a stage like to run: for part p the items
 * who[at[p]] .. who[at[p + 1] - 1]. */
struct sched_pref {
	const int *at;          /* npart + 1 of them */
	const int *who;         /* SCHED_AT_EXEC or SCHED_AT_HOST */
};
#define SCHED_AT_EXEC(exec)     (exec)          /* its data is cached there */
#define SCHED_AT_HOST(host)     (~(host))

struct sched_event {
	enum sched_event_kind kind;
	int64_t now_ms;         /* monotonic; never goes back */
	int job;                /* from sched_add */
	int exec, slots, host;  /* small numbers from 0 */
	int place, place_stays;
	int stage, part, attempt;
	int why;
	int lost_stage, lost_part, lost_place;
	uint64_t rowset;
	int64_t ran_us;         /* run time of the attempt, not its CPU time; 0:
	                         * not known */
	const struct sched_pref *pref;
};

enum sched_order_kind {
	ORDER_PLAN,             /* stage is about to start: decide its number
	                         * of tasks from real sizes, send EV_STAGE_PARTS */
	ORDER_LAUNCH,           /* on exec: parts [part, part + n) of stage, all
	                         * with this attempt number, to be run in order */
	ORDER_REVOKE,           /* exec: give [part, part + n) back where not yet
	                         * started: EV_REVOKED for each such one */
	ORDER_CANCEL,           /* exec: stop this attempt; answer as always */
	ORDER_COMMIT,           /* make this attempt's files part of the output */
	ORDER_LOST,             /* the outputs of maps [part, part + n) count no
	                         * more: forget their places */
	ORDER_STAGE_DONE,       /* all tasks are done; attempt: how often before */
	ORDER_STAGE_FORGET,     /* nobody will read the stage's outputs or run it
	                         * again: they and its inputs' copies may go */
	ORDER_FINISH,           /* the job is done */
	ORDER_FAIL,             /* the job failed: why, the task that did it or
	                         * stage -1, sched_reason() has words for it */
};

struct sched_order {
	enum sched_order_kind kind;
	int job, exec;
	int stage, part, n, attempt;
	int why;                /* ORDER_FAIL: enum err_kind */
};

struct sched_orders {
	struct sched_order *v;  /* malloc'd, grows */
	int n, cap;
};

/* The output of a task that was there before the job: rows that are kept. */
struct sched_standing {
	int place;              /* -1: it is gone, and is made when needed */
	int attempt;            /* that made it: others get other numbers */
	uint64_t rowset;
};

/* What the scheduler needs to know of a stage. */
struct sched_stage {
	int nin;
	const int *in;          /* stage numbers from 0, all below its own */
	int barrier;            /* run after all stages before it (outputs) */
	int commits;            /* its tasks are done when they are committed */
	/* Its outputs stand already, npart of them (copied), or NULL: it is
	 * done, nobody asks for its plan, and what only it reads sleeps until
	 * one of them is gone and needed. */
	const struct sched_standing *standing;
	int npart;
};

/* A zero in any field but the first two means what is said there. */
struct sched_conf {
	int max_failures;       /* spark.task.maxFailures */
	int max_stage_attempts; /* spark.stage.maxConsecutiveAttempts: how often
	                         * one cause may open a stage again */
	int max_stage_opens;    /* by all causes; 0: 25 times as often */
	int max_attempts;       /* of one task, failed or not; 0: 1000 */
	int64_t stall_ms;       /* nothing runs for so long: fail; 0: never */
	int ahead;              /* tasks beyond its slots that an executor may
	                         * have; 0: none */
	int ahead_ms;           /* and not more than this much work; 0: 50 */
	int locality_wait_ms;   /* spark.locality.wait */
	int fair;               /* between pools; 0: jobs in their order */
	/* spark.speculation and its .interval, .minTaskRuntime, .multiplier,
	 * .quantile (the last two in hundredths) */
	int speculation;
	int spec_interval_ms, spec_min_ms, spec_multiplier, spec_quantile;
	/* spark.excludeOnFailure: failures on an executor, excluded executors
	 * on a host (0: off), for how long (0: for ever), and how long all may
	 * be excluded before the job fails; 0: then all
	 * are let in again at once */
	int exclude_exec, exclude_host;
	int64_t exclude_ms, exclude_wait_ms;
};

struct sched *sched_new(const struct sched_conf *conf);
void sched_free(struct sched *s);

/* Adds a job to a pool; returns its number.  EV_START lets it begin. */
int sched_add(struct sched *s, const struct sched_stage *stage, int nstage,
    int pool);

/* Forgets a job.  The slots of its attempts count as free: the executors must
 * have been told that it ended.  Late events about it stay harmless. */
void sched_drop(struct sched *s, int job);

/* Adds a pool (number 0 is there: weight 1, no share); returns its number. */
int sched_pool(struct sched *s, int weight, int min_share);

/* Appends to *out what must happen now.  Returns 1 when the event counted, 0
 * when it was late, double or about nothing we know: what it carries (rows,
 * places, files) must then not be used.  Both are normal. */
int sched_event(struct sched *s, const struct sched_event *ev,
    struct sched_orders *out);

/* Progress of a job: tasks done, running and known so far. */
struct sched_count {
	int done, running, total, stages_done, failed_attempts;
	int reruns, copies;     /* maps made again, speculative attempts */
};
struct sched_count sched_count(const struct sched *s, int job);

/* Since when (now_ms of an event) there is a task to run and no executor
 * that could ever run it; -1: there is one, or no task. */
int64_t sched_starved(const struct sched *s);

/* Why the job failed, in words; "" when its task's own error says it. */
const char *sched_reason(const struct sched *s, int job);

void sched_orders_release(struct sched_orders *o);

#endif
