/*
 * reread -- SP_FORCE=plantext: every plan takes the road over its text.
 */
#ifndef DRIVER_REREAD_H
#define DRIVER_REREAD_H

#include "driver/job.h"

/* When asked for: prints the plan, reads the text back, prints that again
 * (ERR_BUG with both lines when they differ), and puts the plan that was
 * read in place of *s. */
int reread_plan(struct app *a, struct stages **s, struct err *e);

#endif
