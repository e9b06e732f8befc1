/*
 * progress -- what is said on stderr while a job runs: one line on a
 * terminal with stages, tasks, executors, bytes, rate and time left, and
 * lines about events (-v).
 *
 * The line is silent when stderr is not a terminal, and for the first half
 * second.
 */
#ifndef DRIVER_PROGRESS_H
#define DRIVER_PROGRESS_H

#include "exec/task.h"
#include "sched/sched.h"

/* For struct action; arg is the action's struct rows_out. */
void progress_tick(void *arg, const struct sched_count *c,
    const struct exec_env *env);
void progress_end(void);        /* takes the line away */

/* A line of its own, with a newline added and nothing in it that a terminal
 * would obey; the progress line makes room. */
void progress_say(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

#endif
