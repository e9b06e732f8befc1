/*
 * runner_say -- what a runner tells people (-v), events and errors about
 * stages and attempts.  Attempts count from 1 for people.
 */
#ifndef DRIVER_RUNNER_SAY_H
#define DRIVER_RUNNER_SAY_H

#include "driver/runner.h"

/* A stage begins with npart tasks; is done. */
void runner_say_stage(struct runner *r, int stage, int npart);
void runner_say_done(struct runner *r, int stage);

/* An order launches attempts that are not the first. */
void runner_say_again(struct runner *r, const struct sched_order *o);

/* Outputs of maps have gone. */
void runner_say_lost(struct runner *r, const struct sched_order *o);

/* An attempt has failed (only for -v). */
void runner_say_failed(struct runner *r, const struct ended *x);

/* Adds to the hint of what ended the job: which attempt it was, and where;
 * nothing when there is only this process. */
void runner_say_where(struct runner *r, struct err *e);

#endif
