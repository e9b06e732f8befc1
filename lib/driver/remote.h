/*
 * remote -- actions on a cluster: executors run their tasks.
 */
#ifndef DRIVER_REMOTE_H
#define DRIVER_REMOTE_H

#include "driver/runner.h"

struct app;
struct cluster;

/* The caller is inside (driver/keeper.h) until p->close. */
void remote_open(struct backend *p, struct app *a, struct cluster *c);

#endif
