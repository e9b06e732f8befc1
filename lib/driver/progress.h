/*
 * progress -- one line on a terminal: stages, tasks, bytes, rate, time left.
 * Silent when stderr is not a terminal, and for the first half second.
 */
#ifndef DRIVER_PROGRESS_H
#define DRIVER_PROGRESS_H

#include "exec/task.h"
#include "sched/sched.h"

void progress_tick(void *arg, const struct sched_count *c,
    const struct exec_env *env);
void progress_end(void);        /* takes the line away */

#endif
