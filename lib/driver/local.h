/*
 * local -- actions on this machine: threads of this process run their tasks.
 */
#ifndef DRIVER_LOCAL_H
#define DRIVER_LOCAL_H

#include "driver/runner.h"

/* Starts so many threads; ended by p->close. */
int local_open(struct backend *p, const struct conf *conf, int threads,
    struct err *e);

#endif
