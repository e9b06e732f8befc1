/*
 * local -- an action on this machine: threads of this process run its tasks.
 */
#ifndef DRIVER_LOCAL_H
#define DRIVER_LOCAL_H

#include "driver/runner.h"

/* Runs all stages.  0, or the failure of the task that made the job fail. */
int local_run(struct action *j, struct err *e);

#endif
