/*
 * master_int -- the machine behind master.h and the steps that its files
 * share.  Private to master*.c.
 */
#ifndef CLUSTER_MASTER_INT_H
#define CLUSTER_MASTER_INT_H

#include "cluster/master.h"
#include "cluster/master_state.h"
#include "cluster/record.h"

struct master {
	struct master_conf conf;
	struct state state;
	struct record record;           /* being built */
	/* of the event at hand */
	int64_t now_ms, wall_ms;
	struct orders *out;
	struct text *journal;
};

/* Applies m->record and puts it into the journal. */
void master_change(struct master *m);

/* An executor is gone: its application is told.  nfail: the application's
 * count of bad starts from now on. */
void master_exec_gone(struct master *m, struct exec *x, enum end_reason r,
    const char *why, int nfail);

/* Tells the worker to end an executor and counts it as leaving; the
 * application is told for this reason, unless why is NULL. */
void master_exec_stop(struct master *m, struct exec *x, enum end_reason r,
    const char *why);

/* The worker and all that runs there is lost. */
void master_worker_lost(struct master *m, struct worker *w, const char *why);

/* Ends an application and its executors.  Its driver, if its link is up, is
 * refused with the text when status is not 0. */
void master_app_end(struct master *m, struct app *a, int status,
    const char *why);

/* Starts what can be started, takes back what fairness wants. */
void master_schedule(struct master *m);

/* Adds an order whose text is printed. */
struct order *master_order(struct master *m, enum order_kind kind, int link,
    const char *text);

/* master_adopt.c.  The epoch goes up to this, and numbers of executors with
 * it. */
void master_raise_epoch(struct master *m, int64_t epoch);

/* The number of the first new executor of an application; a is NULL when
 * another master began it. */
int master_adopt_number(const struct master *m, const struct app *a,
    const struct app_hello *h);

/* Whether executors of this application are taken over now. */
int master_adopts(const struct master *m, const char *app);

/* Takes one over that runs on w.  Returns 0 if there is no room for it, if
 * it is there already, or if its driver is here and does not know it. */
int master_adopt(struct master *m, struct worker *w,
    const struct exec_name *name, enum exec_state state, int cores,
    int64_t memory_mb);

/* Applications of the journal may have gone on with another master since. */
void master_adopt_known(struct master *m, int64_t now_ms);

/* The driver of an unknown application came: begins to take over. */
void master_adopt_all(struct master *m, struct app *a);

/* Its driver knows this executor, no worker does yet. */
void master_expect(struct app *a, int num);

/* With time: executors that were not found are lost; those whose driver did
 * not come are ended. */
void master_expect_end(struct master *m, struct app *a);
void master_foreign_end(struct master *m, struct worker *w);
/* Drivers: a new one (ERR_USER: no place), one that ended, all of a worker
 * that is gone, those of one that registers. */
int  master_driver_submit(struct master *m, const struct master_event *ev,
    struct err *e);
void master_driver_gone(struct master *m, const struct master_event *ev);
void master_drivers_lost(struct master *m, struct worker *w);
void master_drivers_reconcile(struct master *m, struct worker *w,
    const struct worker_hello *h);

/* Handlers of the events of workers and of applications. */
void master_worker_register(struct master *m, const struct master_event *ev);
void master_worker_renew(struct master *m, const struct master_event *ev);
void master_worker_report(struct master *m, const struct master_event *ev);
void master_worker_leave(struct master *m, const struct master_event *ev);
void master_app_register(struct master *m, const struct master_event *ev);
void master_app_renew(struct master *m, const struct master_event *ev);
void master_app_want(struct master *m, const struct master_event *ev);
void master_app_release(struct master *m, const struct master_event *ev);
void master_app_done(struct master *m, const struct master_event *ev);
void master_tick(struct master *m, const struct master_event *ev);

#endif
