/*
 * remote -- an action on a cluster: executors run its tasks.
 */
#ifndef DRIVER_REMOTE_H
#define DRIVER_REMOTE_H

#include "driver/runner.h"

struct app;
struct cluster;

/* Runs all stages.  0, or the failure of the task that made the job fail. */
int remote_run(struct action *j, struct app *a, struct cluster *c,
    struct err *e);

#endif
