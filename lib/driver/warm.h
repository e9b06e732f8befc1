/*
 * warm -- executors that stay for the next job of a shell script (--keep).
 *
 * When an application ends, its executors forget it and a keeper
 * (net/handover.h, sp-worker --keep) holds their streams.  The next driver
 * takes them if it would have started the very same ones: same slots, same
 * programs, same directory, same environment, same umask; else they end when
 * their time is up.
 */
#ifndef DRIVER_WARM_H
#define DRIVER_WARM_H

#include <stdint.h>

struct err;
struct handover;
struct launch_plan;

enum { WARM_ANSWER_MS = 2000 };         /* for executors to forget */

/* What stands for all that executors are started with; 0: nothing does. */
uint64_t warm_name(const struct launch_plan *p);

/* Starts a keeper for n streams; the caller then closes its own.  Somebody
 * keeps executors of that name already: an error. */
int warm_leave(uint64_t name, int64_t ms, const struct handover *v, int n,
    struct err *e);

#endif
