/*
 * sim_world -- a whole cluster in one thread, replayable from one number.
 *
 * Time is a number, the network a heap of messages.  Between the driver and
 * an executor messages keep their order; across executors they do not.  The
 * real lib/sched decides; sim_driver does what its orders say and checks
 * after each event what must hold; sim_exec runs tasks, sim_faults makes
 * trouble.  Map outputs have contents, so that wrong rows are noticed at
 * their end and not by trusting the hash that the scheduler compares.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "sched/sched.h"

enum { HOSTS = 8, STAGES = 8, JOBS = 3, EXECS = 4096 };

enum what {
	W_TO_EXEC,      /* a message arrives at an executor */
	W_TO_DRIVER,    /* an event arrives at the scheduler */
	W_TASK_END,     /* an attempt has run its time */
	W_FAULT,        /* time for some trouble */
	W_TICK,
	W_JOIN,         /* an executor starts on host a */
	W_NOTICE,       /* the driver notices that executor a is gone */
	W_CUT,          /* executor a notices that it is cut off, and ends */
};

/* One thing that will happen. */
struct happen {
	int64_t at;
	uint64_t seq;           /* of two at once the older one first */
	enum what what;
	int a, b;
	struct sched_order order;
	struct sched_event event;
};

/* An attempt, as the driver should see it. */
enum life { A_LIVE, A_CANCELLED, A_OVER };

struct att {
	int attempt, exec;
	enum life life;
	int64_t began;          /* event number */
};

/* A finished output: where it is and what is in it. */
struct version {
	int attempt, place;
	bool there;
	int64_t counted;        /* event number when it was accepted; 0: never */
	uint64_t content;
	uint64_t *seen;         /* contents that it was made from, or NULL */
	int nseen;
};

struct stask {
	struct att *att;
	int natt, att_cap;
	struct version *ver;
	int nver, ver_cap;
	int failures, crashes;  /* counted ones; with its executor */
	int out_ver;            /* the registered version + 1, or 0 */
	bool done, committed, token;
	bool used;              /* a reader was accepted that read used_as */
	uint64_t used_as;
	int64_t idle_since;     /* runnable since, with a slot free; -1 */
};

struct wstage {
	int in[STAGES], nin, nout, npart, ndone;
	bool commits, planned, forgotten;
	int64_t task_us;
	struct stask *task;
};

struct wjob {
	int nstage, number, pool;
	struct wstage stage[STAGES];
	bool finished, failed;
	int losses;             /* events that may open a stage */
	bool cancelled, dropped;
	char reason[200];
};

/* An attempt inside an executor. */
struct running {
	int job, stage, part, attempt;
	bool started, cancelled;
	uint64_t token;         /* of its W_TASK_END */
	uint64_t *seen;         /* contents read so far, by map, or NULL */
	int nseen;
	int64_t began;          /* as in struct att */
	int lost_stage, lost_part, lost_place;  /* stage -1: nothing lost */
};

struct wexec {
	bool alive;             /* the process runs */
	bool deaf, mute;        /* orders, answers do not arrive any more */
	int64_t paused_until;
	bool known, drained;    /* what the driver has told the scheduler */
	bool bad;               /* its tasks often fail */
	int host, place, slots, slow;
	int nrun, cap, given;   /* given: not answered yet, as the driver sees */
	struct running *run;
	int64_t last_in, last_out;      /* arrival of the last message */
	int failures;
	int64_t failed_at;
};

struct world {
	uint64_t rng, seed, seq, token;
	struct sched *s;
	struct sched_conf conf;
	int64_t now, end;       /* ms; end: of the trouble, or of patience */
	int64_t delay_ms;
	struct happen *heap;
	int nheap, heap_cap;
	struct wjob job[JOBS];
	int njob;
	struct wexec *exec;
	int nexec, nhost;
	int host_place[HOSTS + 1024];
	bool *place_alive, *place_reported;
	bool *place_walled;     /* runs, but nobody can fetch from it */
	int *place_host, *place_doubt;  /* doubt: maps that were not readable */
	int nplace, place_cap;
	bool live_mode, stays, moody, big, trace;
	int p_fail, p_dup, p_fault, moody_stage, moody_part;
	int64_t nevent, nlaunch, nlost, nfaults;
	char wrong[300];
};

/* sim_world.c */
uint32_t draw(struct world *w, uint32_t n);
bool chance(struct world *w, int percent);
void wrong(struct world *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
struct happen *happen_later(struct world *w, int64_t at, enum what what);
bool happen_next(struct world *w, struct happen *h);
uint64_t mix(uint64_t a, uint64_t b);

/* sim_exec.c */
int exec_start(struct world *w, int host, int place);
void exec_message(struct world *w, int exec, const struct sched_order *o);
void exec_task_end(struct world *w, int exec, uint64_t token);
void exec_die(struct world *w, int exec);
void to_driver(struct world *w, int exec, const struct sched_event *ev);

/* sim_driver.c */
void tell(struct world *w, struct sched_event *ev);
void from_exec(struct world *w, struct sched_event *ev);
void driver_notice(struct world *w, int exec, int why);
void driver_drop(struct world *w, int job);
void check_awake(struct world *w);
void check_counts(struct world *w);
bool over(const struct world *w);

/* sim_faults.c */
void fault(struct world *w);
void place_die(struct world *w, int place);
int place_new(struct world *w, int host);

#endif
