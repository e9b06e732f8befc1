/*
 * master_state -- what a master knows, and the records that change it.
 *
 * Whatever must survive the master changes only in state_apply, by a record
 * that also goes into the journal; so replaying the journal gives the same
 * state by construction.  What a restarted master hears again (links, leases,
 * whether an executor is up) is changed by the machine directly and is not
 * part of state_dump.  Private to master*.c and their tests.
 */
#ifndef CLUSTER_MASTER_STATE_H
#define CLUSTER_MASTER_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "cluster/cluster.h"

struct err;
struct record;
struct text;

enum worker_state {
	WORKER_ALIVE,
	WORKER_UNKNOWN,         /* master was restarted, it has not come yet */
	WORKER_DOWN,            /* its link broke; lease still runs */
};

struct exec {
	struct app *app;
	struct worker *worker;
	struct exec *app_next, *worker_next;
	int  num, cores;
	int64_t memory_mb;
	int  ending;            /* killed by us; holds its cores until gone */
	/* not in the journal */
	enum exec_state state;
	int  revoking;          /* 1: the driver is to empty it, 2: and knows */
	int64_t since_ms;       /* started, or revoked */
};

/* A driver under a worker. */
struct seat {
	struct seat *next;
	char id[ID_SIZE];
	int  cores;
	int64_t memory_mb;
};

/* An executor that a worker reported and the state does not know: it was
 * told to end it and its cores are not free before.  When its application is
 * not known either, its driver is waited for: another master may have started
 * it. */
struct foreign {
	struct foreign *next;
	struct exec_name name;  /* num -1: only files of the application */
	int  cores;
	int64_t memory_mb;
	int64_t until_ms;       /* waits so long; 0: was told to end */
};

struct worker {
	struct worker *next;
	struct worker_hello hello;      /* exec, nexec unused */
	int  draining;
	struct exec *exec;
	struct seat *seat;
	/* not in the journal */
	int  cores_used;        /* by executors and drivers */
	int64_t memory_used_mb;
	struct foreign *foreign;
	enum worker_state state;
	int  link;              /* -1: none */
	int64_t heard_ms;
	int64_t down_ms;        /* WORKER_DOWN: since then */
	struct app *reserved;   /* free cores are kept for this application */
};

enum app_state { APP_LIVE, APP_ENDED };

/* A worker where an application's executors fail. */
struct avoid {
	char worker[ID_SIZE];
	int  nfail;
	int64_t until_ms;
};

enum { AVOID_MAX = 8 };

struct app {
	struct app *next;       /* in order of registration */
	struct app_hello hello; /* its key is not in the journal */
	int  number;
	enum app_state state;
	int64_t submitted_ms, ended_ms;         /* wall time, to be shown */
	int  status;            /* exit code, when ended */
	char why[WHY_SIZE];
	int  next_exec;
	int  nfail;             /* executors that failed at start, in a row */
	struct exec *exec;
	/* not in the journal */
	int  cores_used;        /* of executors that are not ending */
	int  nexec;
	int  held;              /* cores_used without revoked ones */
	double share;           /* cores that are its own in fairness */
	int  blocked;           /* cannot be placed in this round */
	int  link;              /* -1: none */
	int64_t heard_ms;
	int64_t gone_ms;        /* its link broke then; 0: it did not */
	int64_t waits_ms;       /* since then it wants cores; 0: it does not */
	int  noted;             /* told that it waits */
	int64_t adopt_ms;       /* until then executors that only its driver
				 * or a worker knows are taken over; 0: no */
	int *expect, nexpect;   /* those that its driver knows, no worker yet */
	struct avoid avoid[AVOID_MAX];
};

struct state {
	int64_t epoch;          /* goes up at each start of a master */
	int  next_app;
	struct worker *worker;
	struct app *app, **app_tail;
	int  nworker, napp, nended;
};

void state_init(struct state *s);
void state_release(struct state *s);

/* Changes the state as the record says.  ERR_USER with EXIT_DATA for a record
 * that does not fit it: unknown verb, worker, application. */
int state_apply(struct state *s, const struct record *r, struct err *e);

/* Adds the records that make this state out of nothing, in an order that
 * depends on nothing but the state. */
void state_dump(const struct state *s, struct text *to);

struct worker *state_worker(const struct state *s, const char *id);
struct app *state_app(const struct state *s, const char *id);
struct app *state_app_token(const struct state *s, uint64_t token);
struct exec *app_exec(const struct app *a, int num);

/* The driver, and its worker; NULL: there is none. */
struct seat *state_seat(const struct state *s, const char *id,
    struct worker **at);
/* Cores of a worker that drivers do not have. */
int worker_exec_cores(const struct worker *w);

/* Forgets the foreign executors of a worker. */
void worker_clear_foreign(struct worker *w);

/* Cores and memory that the worker can still give. */
int worker_free_cores(const struct worker *w);
int64_t worker_free_mb(const struct worker *w);

#endif
