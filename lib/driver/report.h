/*
 * report -- what a run did, as JSON (--report FILE) and as one line (-v).
 */
#ifndef DRIVER_REPORT_H
#define DRIVER_REPORT_H

#include "driver/job.h"

/* Adds a job's figures to the application's report. */
void report_job(struct app *a, const struct stages *s,
    const struct stage_figures *f, const struct pool *pool,
    const struct err *failed);

/* Writes the report file, if one was asked for. */
int report_write(struct app *a, int exit_code, struct err *e);

/* The summary line of -v. */
void report_summary(const struct app *a);

#endif
