/*
 * abreast -- statements that run at once (spark.scheduler.mode FAIR).
 *
 * A statement whose only effect are files may run beside others of its kind:
 * outputs are committed together at the end of the script anyway, so none of
 * them sees what another one writes.  Such statements wait in the application
 * until one comes that must not run beside them, then all are run, as many at
 * once as sp.statements.at.once says.
 *
 * What a person sees is as if they had run one after the other: of several
 * errors the first in the script is told.  When a statement fails, those after
 * it are stopped or not begun; those before it go on, for the error may yet be
 * theirs.
 */
#ifndef DRIVER_ABREAST_H
#define DRIVER_ABREAST_H

#include "driver/job.h"

/* Adds the action to those that wait.  0: it must run alone. */
int  abreast_add(struct app *a, const struct stages *s);

/* Runs what waits, if anything. */
int  abreast_flush(struct app *a, struct err *e);

/* The same, since a statement has failed with *e: an error of those before
 * it takes its place.  Returns what is to be returned. */
int  abreast_failed(struct app *a, int code, struct err *e);

/* Runs n actions, at most so many at once. */
int  abreast_run(struct app *a, struct running *v, int n, int most,
    struct err *e);

#endif
