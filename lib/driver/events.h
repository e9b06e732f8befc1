/*
 * events -- what the driver tells the report and the event log (lib/event).
 *
 * There is a struct events only when one of them is wanted; every function
 * takes NULL and then does nothing.  The ends of the first EVENT_TASKS tasks
 * of a run are events of their own, later ones are summed up by stage and
 * executor, so that a log stays small.
 */
#ifndef DRIVER_EVENTS_H
#define DRIVER_EVENTS_H

#include "event/event.h"

struct app;
struct ended;
struct err;
struct events;
struct pool;
struct run_figures;
struct sched_order;
struct stage_figures;
struct stages;

enum { EVENT_TASKS = 10000 };

/* Opens what --report, --event-log and spark.eventLog.* ask for.  Trouble
 * with the log is a warning. */
void events_open(struct app *a);

/* Sets the time and passes it on. */
void events_emit(struct events *v, struct event *ev);

/* An action begins, with its stages; ends, failed or (NULL) done.  job: its
 * number; several may run. */
void events_job_start(struct events *v, int job, const struct stages *s);
void events_job_end(struct events *v, int job, const struct stages *s,
    const struct stage_figures *f, const struct pool *pool,
    const struct err *failed);

/* Stages from 0.  from: partitions before they were coalesced, 0: as they
 * were; split: skewed ones that became the tasks split_into. */
struct stage_layout {
	int tasks, from, split, split_into;
};
void events_stage_start(struct events *v, int job, int stage,
    const struct stage_layout *l);
void events_stage_end(struct events *v, int job, int stage);
/* Attempts after the first, as they are launched. */
void events_again(struct events *v, int job, enum event_again why,
    const struct sched_order *o);
void events_task(struct events *v, int job, const struct ended *x);

/* The run has ended: the log is closed. */
void events_end(struct app *a, int exit_code);
void events_release(struct app *a);

const struct run_figures *events_figures(const struct events *v);

#endif
