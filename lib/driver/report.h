/*
 * report -- what a run did, as JSON (--report FILE, --report-from LOG) and as
 * one line (-v).
 */
#ifndef DRIVER_REPORT_H
#define DRIVER_REPORT_H

#include "driver/job.h"

/* Writes the report file, if one was asked for, after events_end. */
int report_write(struct app *a, struct err *e);

/* Prints the report of the run that wrote an event log. */
int report_from(const char *path, struct err *e);

/* The summary line of -v. */
void report_summary(const struct app *a);

#endif
