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

#include <stdint.h>

struct cluster;
struct runner;

/* Sums of what runs. */
struct progress {
	int statements, statements_done;
	int stages, stages_done;
	int done, total, running, failed;       /* tasks */
	int64_t bytes;                          /* read */
};

void progress_add(struct progress *p, const struct runner *r);

/* Some times a second; c may be NULL. */
void progress_tick(const struct progress *p, struct cluster *c);
void progress_end(void);        /* takes the line away */

/* A line of its own, with a newline added and nothing in it that a terminal
 * would obey; the progress line makes room. */
void progress_say(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

#endif
