/*
 * remote_state -- what the two halves of an action on a cluster share:
 * remote.c (orders of the scheduler) and remote_heard.c (what executors say).
 */
#ifndef DRIVER_REMOTE_STATE_H
#define DRIVER_REMOTE_STATE_H

#include "base/arena.h"
#include "driver/bad_rows.h"
#include "driver/executors.h"
#include "driver/remote_job.h"
#include "driver/remote_kept.h"
#include "driver/runner.h"

struct rstage {                 /* a stage, as executors are told of it */
	int nmap;
	int *place, *attempt;           /* of each map output */
	bool *sized;                    /* its sizes are counted, and */
	int64_t bytes;                  /* all together */
	int generation;                 /* of places */
	struct remote_kept *kept;       /* its rows stand, some of them */
	bool fits;                      /* and its tasks are what they were */
	struct exchange_size *size;     /* of each map of a kept stage, and */
	uint64_t *rowset;               /* what its rows are */
	int *gone;                      /* attempt + 1 whose output is there
	                                 * until the job ends; 0: none */
	struct sched_pref pref;
	int *pref_at, *pref_who;
	struct text frame;              /* its STAGE message */
};

struct told {                   /* what an executor knows of this job */
	bool job;
	bool *stage;
	int *generation;                /* of the stage's maps; 0: nothing */
};

struct rows {                   /* collected rows that came in pieces */
	int exec, stage, part, attempt, fd;
	int64_t bytes;
	struct rows *next;
};

struct remote {                 /* an action */
	struct runner base;
	struct action *job;
	struct app *app;
	struct cluster *cluster;
	struct runner *runner;
	struct remote_job files;
	struct bad_rows bad;
	struct rstage *stage;
	struct told **told;             /* by executor; NULL: nothing yet */
	int ntold;
	struct rows *rows;
	struct arena turn;              /* of a frame */
	bool kept_lost;                 /* why it failed: it may be run again, */
	int committed;                  /* unless some of its outputs are there */
	const struct done_msg *done;    /* whose end is being told */
	bool done_sent;
	struct relay *relay;
};

/* The action ends: what was kept is not what this plan makes.  Run again it
 * makes all of it. */
void remote_kept_broken(struct remote *m, int stage);

/* Broadcasts (remote_relay.c).  Shall executors ask before they fetch the
 * stage; two frames of theirs; answers that are due. */
bool remote_relay_wanted(const struct remote *m, int stage);
int  remote_relay_ask(struct remote *m, struct cluster_exec *x,
    const char *body, size_t n, struct err *e);
int  remote_relay_end(struct remote *m, struct cluster_exec *x,
    const char *body, size_t n, struct err *e);
void remote_relay_turn(struct remote *m);

/* A frame of an executor, for struct cluster_ops; arg: the backend. */
void remote_heard(void *arg, struct cluster_exec *x, int type,
    const char *body, size_t n);

/* Rows that came in pieces from an executor, -1: from all, are dropped. */
void remote_drop_rows(struct remote *m, int exec);

#endif
