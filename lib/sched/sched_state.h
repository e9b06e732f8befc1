/*
 * sched_state -- what the files of this folder share: the tables of a
 * struct sched and the few verbs that go from one file to another.
 *
 * Attempts under way stand in the table of the executor that has them, in
 * the order of their launch; the first `slots` of them run, the others wait
 * there.  A task is 24 bytes, whatever became of it.
 *
 * SCHED_BUG=1..10 builds one of ten faults in; tests/sim has to find each.
 */
#ifndef SCHED_SCHED_STATE_H
#define SCHED_SCHED_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "sched/sched.h"

#ifndef SCHED_BUG
#define SCHED_BUG 0
#endif

/* S_ASLEEP: only what stands already was made of it. */
enum stage_state { S_WAITING, S_PLANNING, S_RUNNING, S_DONE, S_ASLEEP };
enum task_state { T_PENDING, T_RUNNING, T_COMMIT, T_DONE, T_GONE };
enum { T_HASHED = 1, T_COPY = 2 };      /* task_rec.flags */
enum { F_CANCELLED = 1, F_REVOKING = 2 }; /* flight.flags */

struct task_rec {
	uint8_t  state, failures;
	uint8_t  nrun;          /* attempts under way, cancelled ones apart */
	uint8_t  flags;
	uint16_t attempt;       /* number of the next launch */
	uint16_t won;           /* the attempt that may commit */
	int32_t  place;         /* of the output */
	uint32_t start;         /* when the attempt that made it began */
	uint64_t rowset;        /* what the first output was */
};

struct flight {                 /* an attempt under way */
	int32_t job, stage, part;
	uint32_t start;         /* ms since the first event */
	uint16_t attempt;
	uint8_t flags;
};

struct int_list {
	int *v, n, cap;
};

struct cause { int who, n; };   /* a place, or ~host, that lost us blocks */
struct fail_rec { int part, exec, n; };
struct wish { int part, exec, attempt; }; /* a copy of what runs there */

struct sstage {
	int *in, nin;           /* stages that it reads */
	int *out, nout;         /* and that read it */
	bool barrier, commits, planned, forgotten;
	bool stands;            /* since before the job */
	enum stage_state state;
	int npart, ndone, ngone, npend, nlive;
	int ndone_ever, times_done, opens;
	int next;               /* first part never looked at */
	struct task_rec *task;
	struct int_list again;  /* pending parts for anybody, newest last */
	/* Preferences: for each name (key) a stretch of home_part. */
	bool has_pref;
	int *pref_at, *pref_who;
	struct home { int key, first, next, end; } *home;
	int nhome, *home_part;
	int64_t local_ms;       /* since when tasks wait for their place */
	struct cause *cause;
	int ncause;
	struct fail_rec *fail;
	int nfail;
	struct wish *wish;
	int nwish, wish_cap;
	int64_t mean_us;
	uint32_t *took;         /* run times, by quarters of powers of two */
};

struct job {
	bool there, started, ended, dirty;
	int pool, nstage;
	struct sstage *stage;
	int64_t moved_ms;
	int nlive, nfailed, nrerun, ncopy;
	char reason[200];
};

struct executor {
	bool up, drain, place_stays;
	int slots, host, place;
	struct flight *run;             /* inside base[0, cap) */
	struct flight *base;
	int nrun, cap;
	int failures;
	int64_t excluded_ms;    /* until then; 0: is not */
	int64_t hungry_ms;      /* since when nothing near was to be had */
	int mean_job, mean_stage;
	int64_t mean_us, end_ms; /* end: when an attempt last ended there */
};

struct host { int nexec, nexcluded; int64_t excluded_ms; };
struct place { int host, blamed; bool known, lost; };
struct pool_rec { int weight, min_share, nlive; };

struct sched {
	struct sched_conf conf;
	struct job *job;
	int njob, first_job;    /* first: all before it have ended */
	struct executor *exec;
	int nexec;
	struct host *host;
	int nhost;
	struct place *place;
	int nplace;
	struct pool_rec *pool;
	int npool;
	int nup, nusable, nslots, nusable_hosts;
	int64_t base_ms, now_ms, steal_ms, spec_ms, starved_ms, barred_ms;
	int turn;
	bool begun, dirty;      /* dirty: look at every executor */
	bool choosy;            /* there are executors whose maps can be read */
	struct sched_orders *out;
};

/* sched.c */
void sched_say(struct sched *s, struct sched_order what);
void job_fail(struct sched *s, int job, const struct sched_order *what,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void list_push(struct int_list *l, int v);
static inline uint32_t
since_start(const struct sched *s)
{
	return (uint32_t)(s->now_ms - s->base_ms);
}

/* lineage.c: stages */
void job_begin(struct sched *s, int job);
void job_submit(struct sched *s, int job);
void stage_check(struct sched *s, int job, int stage);
void places_lost(struct sched *s, int cause);
bool maps_lost(struct sched *s, int job, const struct sched_event *ev,
    uint32_t start);

/* taskset.c: tasks and attempts */
void flight_room(struct executor *x);
void flight_end(struct sched *s, int exec, struct flight *f);
void stage_cancel(struct sched *s, int job, int stage, int part);
void task_again(struct sched *s, int job, int stage, int part);
int on_task_done(struct sched *s, const struct sched_event *ev);
int on_task_failed(struct sched *s, const struct sched_event *ev);
int on_revoked(struct sched *s, const struct sched_event *ev);
int on_commit(struct sched *s, const struct sched_event *ev);
void task_blame(struct sched *s, const struct flight *f, int exec, int why,
    const char *reason);
bool task_avoids(const struct sched *s, const struct sstage *g, int part,
    int exec);

/* nearby.c: preferences */
void home_init(struct sched *s, struct sstage *g,
    const struct sched_pref *pref);
void home_exec_down(struct sched *s, int exec);
int home_take(struct sched *s, struct sstage *g, int exec);

/* offer.c: executors get tasks */
void offer_all(struct sched *s);
void offer_one(struct sched *s, int exec);
void offer_steal(struct sched *s);
void queue_revoke(struct sched *s, int exec, int job, int stage, int keep);
int pending(const struct sched *s);

/* standing.c: which executors may be used */
bool exec_usable(const struct sched *s, const struct executor *x);
void exec_recount(struct sched *s);
void exec_blame(struct sched *s, int exec);
void standing_tick(struct sched *s);

/* straggler.c */
void straggler_note(struct sstage *g, int64_t us);
void straggler_tick(struct sched *s);
int straggler_take(struct sched *s, struct sstage *g, int exec);

#endif
