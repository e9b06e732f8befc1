/*
 * setup -- what all executors of an application are told at their start: the
 * settings as they are when the first action begins.
 */
#ifndef DRIVER_SETUP_H
#define DRIVER_SETUP_H

#include "executor/job_msg.h"

struct app;
struct arena;

#define LEASE_MS 15000          /* of executors; less than SILENT_MS */

/* All but the name of the application and what one executor has.  Strings of
 * settings are copied into mem; the key is not.  serve: map outputs travel
 * over the network. */
void setup_fill(struct setup_msg *m, struct app *a, struct arena *mem,
    int serve, const unsigned char *key);

#endif
